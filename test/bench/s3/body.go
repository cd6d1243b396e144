package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

var errChunks = errors.New("the chunks of the body cannot be read")

// readBody reads what a request carries, taken out of its aws-chunked framing, and holds it against the sums that the request names.
func readBody(r *http.Request) ([]byte, *failure) {
	raw, err := readAll(r)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "IncompleteBody", err.Error())
	}
	declared := r.Header.Get("X-Amz-Content-Sha256")
	if strings.HasPrefix(declared, "STREAMING-") {
		body, err := unchunked(raw)
		if err != nil {
			return nil, fail(http.StatusBadRequest, "IncompleteBody", err.Error())
		}
		if length := r.Header.Get("X-Amz-Decoded-Content-Length"); length != strconv.Itoa(len(body)) {
			return nil, fail(http.StatusBadRequest, "IncompleteBody", "the decoded length is not "+length)
		}
		return body, nil
	}
	if len(declared) == 2*sha256.Size {
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != strings.ToLower(declared) {
			return nil, fail(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "the body has another SHA-256")
		}
	}
	if declared := r.Header.Get("Content-Md5"); declared != "" {
		if sum := md5.Sum(raw); base64.StdEncoding.EncodeToString(sum[:]) != declared {
			return nil, fail(http.StatusBadRequest, "BadDigest", "the body has another MD5")
		}
	}
	return raw, nil
}

func readAll(r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 {
		return io.ReadAll(r.Body)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// unchunked decodes `length[;chunk-signature=…]\r\n data \r\n … 0\r\n trailers`.
func unchunked(raw []byte) ([]byte, error) {
	body := make([]byte, 0, len(raw))
	for {
		line, rest, found := bytes.Cut(raw, []byte("\r\n"))
		if !found {
			return nil, errChunks
		}
		digits, _, _ := strings.Cut(string(line), ";")
		length, err := strconv.ParseUint(digits, 16, 31)
		if err != nil {
			return nil, errChunks
		}
		if length == 0 {
			return body, nil
		}
		if uint64(len(rest)) < length+2 {
			return nil, errChunks
		}
		body = append(body, rest[:length]...)
		raw = rest[length+2:]
	}
}
