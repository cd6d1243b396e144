package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

const (
	isoTime = "2006-01-02T15:04:05.000Z"
	maxKeys = 1000
)

// list answers ListObjectsV2, and its older form to those that do not name the version; the continuation token is the last key.
func (b *bucket) list(r request) (answer, *failure) {
	prefix, delimiter := r.query.Get("prefix"), r.query.Get("delimiter")
	after := r.query.Get("start-after") + r.query.Get("marker")
	if token := r.query.Get("continuation-token"); token != "" {
		after = token
	}
	limit := maxKeys
	if asked, err := strconv.Atoi(r.query.Get("max-keys")); err == nil && asked < limit {
		limit = asked
	}
	shown := escaped
	if r.query.Get("encoding-type") == "url" {
		shown = urlEncoded
	}
	keys := b.keys()
	var items, prefixes strings.Builder
	count, last, isTruncated := 0, "", false
	for at := sort.SearchStrings(keys, max(prefix, after)); at < len(keys) && strings.HasPrefix(keys[at], prefix); at++ {
		key := keys[at]
		common := commonPrefix(key, prefix, delimiter)
		// Of a token that is a common prefix, all below it was told.
		if key <= after || (common != "" && common == commonPrefix(after, prefix, delimiter)) {
			continue
		}
		if count == limit {
			isTruncated = true
			break
		}
		count++
		if common != "" {
			fmt.Fprintf(&prefixes, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", shown(common))
			after, last = common, common
			continue
		}
		o := b.objects[key]
		items.WriteString("<Contents><Key>")
		items.WriteString(shown(key))
		items.WriteString("</Key><LastModified>")
		items.WriteString(o.modified.Format(isoTime))
		items.WriteString("</LastModified><ETag>&quot;")
		items.WriteString(o.etag)
		items.WriteString("&quot;</ETag><Size>")
		items.WriteString(strconv.Itoa(len(o.body)))
		items.WriteString("</Size><StorageClass>STANDARD</StorageClass></Contents>")
		last = key
	}
	next := ""
	if isTruncated {
		next = "<NextContinuationToken>" + escaped(last) + "</NextContinuationToken><NextMarker>" + shown(last) + "</NextMarker>"
	}
	encoding := ""
	if r.query.Get("encoding-type") == "url" {
		encoding = "<EncodingType>url</EncodingType>"
	}
	return xmlAnswer(fmt.Sprintf(
		`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>%s</Name><Prefix>%s</Prefix><Delimiter>%s</Delimiter>%s<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><IsTruncated>%t</IsTruncated>%s%s%s</ListBucketResult>`,
		escaped(r.bucket), shown(prefix), shown(delimiter), encoding, count, limit, isTruncated, next, items.String(), prefixes.String(),
	)), nil
}

// commonPrefix is what a key shares with others under a delimiter; empty for a key that is listed itself.
func commonPrefix(key, prefix, delimiter string) string {
	if delimiter == "" || !strings.HasPrefix(key, prefix) {
		return ""
	}
	end := strings.Index(key[len(prefix):], delimiter)
	if end < 0 {
		return ""
	}
	return key[:len(prefix)+end+len(delimiter)]
}
