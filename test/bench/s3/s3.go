package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type failure struct {
	status  int
	code    string
	message string
}

func fail(status int, code, message string) *failure { return &failure{status, code, message} }

func (f *failure) answer() answer {
	if f.status == http.StatusNotModified {
		return answer{status: f.status}
	}
	made := xmlAnswer(fmt.Sprintf("<Error><Code>%s</Code><Message>%s</Message><RequestId>BENCH</RequestId></Error>", f.code, escaped(f.message)))
	made.status = f.status
	return made
}

// settings are the parts of a bucket that are kept as they were put, with the error of each that is not there.
var settings = map[string]string{
	"policy":            "NoSuchBucketPolicy",
	"tagging":           "NoSuchTagSet",
	"lifecycle":         "NoSuchLifecycleConfiguration",
	"publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
	"ownershipControls": "OwnershipControlsNotFoundError",
}

// request is one of S3, taken apart.
type request struct {
	*http.Request
	query  url.Values
	bucket string
	key    string
}

func (c *cloud) serveS3(r *http.Request) answer {
	req := takeApart(r)
	if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != c.site.account {
		return fail(http.StatusForbidden, "AccessDenied", "the bucket is another's").answer()
	}
	var made answer
	var failed *failure
	if req.key == "" {
		made, failed = c.serveBucket(req)
	} else {
		made, failed = c.serveObject(req)
	}
	if failed != nil {
		return failed.answer()
	}
	return made
}

// takeApart finds bucket and key in the path, or the bucket before the address in the host's name.
func takeApart(r *http.Request) request {
	path := strings.TrimPrefix(r.URL.Path, "/")
	host, _, _ := strings.Cut(r.Host, ":")
	for _, suffix := range []string{".127.0.0.1", ".localhost"} {
		if name, found := strings.CutSuffix(host, suffix); found {
			return request{r, r.URL.Query(), name, path}
		}
	}
	name, key, _ := strings.Cut(path, "/")
	return request{r, r.URL.Query(), name, key}
}

func (c *cloud) serveBucket(r request) (answer, *failure) {
	if r.bucket == "" {
		c.count("s3.ListBuckets")
		return c.listBuckets(), nil
	}
	if r.Method == http.MethodPut && len(r.query) == 0 {
		c.count("s3.CreateBucket")
		return c.createBucket(r)
	}
	body, failed := readBody(r.Request)
	if failed != nil {
		return answer{}, failed
	}
	if r.Method == http.MethodGet && (r.query.Has("list-type") || isPlainList(r.query)) {
		c.count("s3.ListObjects")
		time.Sleep(c.delay)
	}
	c.store.mutex.Lock()
	defer c.store.mutex.Unlock()
	b := c.store.buckets[r.bucket]
	if b == nil {
		return answer{}, fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	for name, missing := range settings {
		if r.query.Has(name) {
			c.count("s3." + r.Method + " " + name)
			return b.serveSetting(r.Method, name, missing, body)
		}
	}
	switch {
	case r.Method == http.MethodHead:
		c.count("s3.HeadBucket")
		return answer{http.StatusOK, http.Header{"X-Amz-Bucket-Region": {c.site.region}}, nil}, nil
	case r.Method == http.MethodPost && r.query.Has("delete"):
		c.count("s3.DeleteObjects")
		return b.deleteObjects(body)
	case r.Method == http.MethodGet && r.query.Has("location"):
		c.count("s3.GetBucketLocation")
		return xmlAnswer("<LocationConstraint/>"), nil
	case r.Method == http.MethodGet && r.query.Has("versioning"):
		c.count("s3.GetBucketVersioning")
		return xmlAnswer("<VersioningConfiguration/>"), nil
	case r.Method == http.MethodGet && r.query.Has("uploads"):
		c.count("s3.ListMultipartUploads")
		return xmlAnswer("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"), nil
	case r.Method == http.MethodGet && (r.query.Has("list-type") || isPlainList(r.query)):
		return b.list(r)
	case r.Method == http.MethodDelete && len(r.query) == 0:
		c.count("s3.DeleteBucket")
		delete(c.store.buckets, r.bucket)
		return answer{status: http.StatusNoContent}, nil
	}
	return answer{}, notImplemented(r)
}

func isPlainList(query url.Values) bool {
	for name := range query {
		switch name {
		case "prefix", "delimiter", "marker", "max-keys", "encoding-type", "x-id":
		default:
			return false
		}
	}
	return true
}

func notImplemented(r request) *failure {
	return fail(http.StatusNotImplemented, "NotImplemented", r.Method+" "+r.URL.RequestURI())
}

func (c *cloud) listBuckets() answer {
	c.store.mutex.RLock()
	defer c.store.mutex.RUnlock()
	var names strings.Builder
	for name := range c.store.buckets {
		fmt.Fprintf(&names, "<Bucket><Name>%s</Name><CreationDate>2024-01-01T00:00:00.000Z</CreationDate></Bucket>", escaped(name))
	}
	return xmlAnswer("<ListAllMyBucketsResult><Buckets>" + names.String() + "</Buckets></ListAllMyBucketsResult>")
}

func (c *cloud) createBucket(r request) (answer, *failure) {
	if _, failed := readBody(r.Request); failed != nil {
		return answer{}, failed
	}
	c.store.mutex.Lock()
	defer c.store.mutex.Unlock()
	if c.store.buckets[r.bucket] != nil {
		return answer{}, fail(http.StatusConflict, "BucketAlreadyOwnedByYou", "the bucket is there")
	}
	c.store.buckets[r.bucket] = newBucket()
	return answer{http.StatusOK, http.Header{"Location": {"/" + r.bucket}}, nil}, nil
}

func (b *bucket) serveSetting(method, name, missing string, body []byte) (answer, *failure) {
	switch method {
	case http.MethodPut:
		b.settings[name] = body
		return answer{status: http.StatusOK}, nil
	case http.MethodDelete:
		delete(b.settings, name)
		return answer{status: http.StatusNoContent}, nil
	}
	found := b.settings[name]
	if found == nil {
		return answer{}, fail(http.StatusNotFound, missing, "the bucket has no "+name)
	}
	return answer{http.StatusOK, http.Header{"Content-Type": {"application/xml"}}, found}, nil
}

func (b *bucket) deleteObjects(body []byte) (answer, *failure) {
	var asked struct {
		Quiet   bool
		Objects []struct{ Key string } `xml:"Object"`
	}
	if err := xml.Unmarshal(body, &asked); err != nil {
		return answer{}, fail(http.StatusBadRequest, "MalformedXML", err.Error())
	}
	var deleted strings.Builder
	for _, o := range asked.Objects {
		b.remove(o.Key)
		if !asked.Quiet {
			fmt.Fprintf(&deleted, "<Deleted><Key>%s</Key></Deleted>", escaped(o.Key))
		}
	}
	return xmlAnswer("<DeleteResult>" + deleted.String() + "</DeleteResult>"), nil
}
