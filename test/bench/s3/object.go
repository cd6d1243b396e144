package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// serveObject reads the body and waits outside of the lock.
func (c *cloud) serveObject(r request) (answer, *failure) {
	operation := operationOf(r)
	c.count("s3." + operation)
	body, failed := readBody(r.Request)
	if failed != nil {
		return answer{}, failed
	}
	if r.Method == http.MethodPut {
		time.Sleep(c.delay)
	}
	var made *object
	if operation == "PutObject" || operation == "UploadPart" {
		made = newObject(body, keptHeaders(r.Header))
	}
	if operation == "GetObject" || operation == "HeadObject" {
		c.store.mutex.RLock()
		defer c.store.mutex.RUnlock()
	} else {
		c.store.mutex.Lock()
		defer c.store.mutex.Unlock()
	}
	b := c.store.buckets[r.bucket]
	if b == nil {
		return answer{}, fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	switch operation {
	case "GetObject", "HeadObject":
		return b.get(r)
	case "PutObject":
		return b.putObject(r, made)
	case "CopyObject":
		return c.store.copyObject(r, b)
	case "DeleteObject":
		return b.deleteObject(r)
	case "CreateMultipartUpload":
		c.store.uploads++
		id := fmt.Sprintf("upload-%d", c.store.uploads)
		b.uploads[id] = &upload{r.key, keptHeaders(r.Header), map[int]*object{}}
		return xmlAnswer(fmt.Sprintf("<InitiateMultipartUploadResult><Bucket>%s</Bucket><Key>%s</Key><UploadId>%s</UploadId></InitiateMultipartUploadResult>",
			escaped(r.bucket), escaped(r.key), id)), nil
	case "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload":
		return b.goOnUpload(r, operation, made)
	}
	return answer{}, notImplemented(r)
}

func operationOf(r request) string {
	isPart := r.query.Has("uploadId")
	switch r.Method {
	case http.MethodGet:
		if isPart || r.query.Has("tagging") || r.query.Has("acl") || r.query.Has("attributes") {
			return "unknown"
		}
		return "GetObject"
	case http.MethodHead:
		return "HeadObject"
	case http.MethodPut:
		if r.Header.Get("X-Amz-Copy-Source") != "" {
			if isPart {
				return "unknown"
			}
			return "CopyObject"
		}
		if isPart {
			return "UploadPart"
		}
		return "PutObject"
	case http.MethodDelete:
		if isPart {
			return "AbortMultipartUpload"
		}
		return "DeleteObject"
	case http.MethodPost:
		if isPart {
			return "CompleteMultipartUpload"
		}
		if r.query.Has("uploads") {
			return "CreateMultipartUpload"
		}
	}
	return "unknown"
}

// keptHeaders are those that S3 keeps with an object.
func keptHeaders(from http.Header) http.Header {
	kept := http.Header{"X-Amz-Server-Side-Encryption": {"AES256"}}
	for name, values := range from {
		switch name {
		case "Content-Type", "Cache-Control", "Content-Disposition", "Content-Language", "Expires", "X-Amz-Server-Side-Encryption":
			kept[name] = values
		case "Content-Encoding":
			if rest := strings.Trim(strings.ReplaceAll(values[0], "aws-chunked", ""), ", "); rest != "" {
				kept[name] = []string{rest}
			}
		default:
			if strings.HasPrefix(name, "X-Amz-Meta-") {
				kept[name] = values
			}
		}
	}
	return kept
}

func (b *bucket) get(r request) (answer, *failure) {
	o := b.objects[r.key]
	if o == nil {
		return answer{}, fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	if wanted := r.Header.Get("If-Match"); wanted != "" && !matches(wanted, o) {
		return answer{}, fail(http.StatusPreconditionFailed, "PreconditionFailed", "If-Match")
	}
	if known := r.Header.Get("If-None-Match"); known != "" && matches(known, o) {
		return answer{}, fail(http.StatusNotModified, "NotModified", "")
	}
	header := o.header.Clone()
	header.Set("Etag", `"`+o.etag+`"`)
	header.Set("Last-Modified", o.modified.Format(http.TimeFormat))
	first, last := 0, len(o.body)-1
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); err != nil || first > last {
		return answer{http.StatusOK, header, o.body}, nil
	}
	last = min(last, len(o.body)-1)
	header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(o.body)))
	return answer{http.StatusPartialContent, header, o.body[first : last+1]}, nil
}

func matches(condition string, o *object) bool {
	return condition == "*" || strings.Trim(condition, `"`) == o.etag
}

// mayChange holds the conditions of a write against what is there.
func (b *bucket) mayChange(r request) *failure {
	o := b.objects[r.key]
	if r.Header.Get("If-None-Match") == "*" && o != nil {
		return fail(http.StatusPreconditionFailed, "PreconditionFailed", "If-None-Match")
	}
	if wanted := r.Header.Get("If-Match"); wanted != "" {
		if o == nil {
			return fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		}
		if !matches(wanted, o) {
			return fail(http.StatusPreconditionFailed, "PreconditionFailed", "If-Match")
		}
	}
	return nil
}

func (b *bucket) putObject(r request, made *object) (answer, *failure) {
	if failed := b.mayChange(r); failed != nil {
		return answer{}, failed
	}
	b.put(r.key, made)
	return answer{http.StatusOK, http.Header{"Etag": {`"` + made.etag + `"`}, "X-Amz-Server-Side-Encryption": {"AES256"}}, nil}, nil
}

func (b *bucket) deleteObject(r request) (answer, *failure) {
	if r.Header.Get("If-Match") != "" {
		if failed := b.mayChange(r); failed != nil {
			return answer{}, failed
		}
	}
	b.remove(r.key)
	return answer{status: http.StatusNoContent}, nil
}

func (s *store) copyObject(r request, to *bucket) (answer, *failure) {
	source, _, _ := strings.Cut(r.Header.Get("X-Amz-Copy-Source"), "?")
	path, err := url.PathUnescape(source)
	if err != nil {
		return answer{}, fail(http.StatusBadRequest, "InvalidArgument", "x-amz-copy-source")
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	from := s.buckets[name]
	if from == nil || from.objects[key] == nil {
		return answer{}, fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	o := from.objects[key]
	if wanted := r.Header.Get("X-Amz-Copy-Source-If-Match"); wanted != "" && !matches(wanted, o) {
		return answer{}, fail(http.StatusPreconditionFailed, "PreconditionFailed", "x-amz-copy-source-If-Match")
	}
	if failed := to.mayChange(r); failed != nil {
		return answer{}, failed
	}
	header := o.header
	if r.Header.Get("X-Amz-Metadata-Directive") == "REPLACE" {
		header = keptHeaders(r.Header)
	}
	made := newObject(o.body, header)
	to.put(r.key, made)
	return xmlAnswer(fmt.Sprintf("<CopyObjectResult><LastModified>%s</LastModified><ETag>&quot;%s&quot;</ETag></CopyObjectResult>",
		made.modified.Format(isoTime), made.etag)), nil
}

func (b *bucket) goOnUpload(r request, operation string, made *object) (answer, *failure) {
	id := r.query.Get("uploadId")
	u := b.uploads[id]
	if u == nil || u.key != r.key {
		return answer{}, fail(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist.")
	}
	switch operation {
	case "UploadPart":
		number, err := strconv.Atoi(r.query.Get("partNumber"))
		if err != nil {
			return answer{}, fail(http.StatusBadRequest, "InvalidArgument", "partNumber")
		}
		u.parts[number] = made
		return answer{http.StatusOK, http.Header{"Etag": {`"` + made.etag + `"`}}, nil}, nil
	case "AbortMultipartUpload":
		delete(b.uploads, id)
		return answer{status: http.StatusNoContent}, nil
	}
	if failed := b.mayChange(r); failed != nil {
		return answer{}, failed
	}
	whole := u.joined()
	b.put(r.key, whole)
	delete(b.uploads, id)
	return xmlAnswer(fmt.Sprintf("<CompleteMultipartUploadResult><Bucket>%s</Bucket><Key>%s</Key><ETag>&quot;%s&quot;</ETag></CompleteMultipartUploadResult>",
		escaped(r.bucket), escaped(r.key), whole.etag)), nil
}
