package main

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

type object struct {
	body     []byte
	etag     string // without its quotes
	modified time.Time
	header   http.Header
}

type upload struct {
	key    string
	header http.Header
	parts  map[int]*object
}

type bucket struct {
	objects  map[string]*object
	sorted   []string // nil after a key came or went
	uploads  map[string]*upload
	settings map[string][]byte // by the query that names them, as they were put
}

type store struct {
	mutex   sync.RWMutex
	buckets map[string]*bucket
	uploads int
}

func newStore() *store { return &store{buckets: map[string]*bucket{}} }

func newBucket() *bucket {
	return &bucket{objects: map[string]*object{}, uploads: map[string]*upload{}, settings: map[string][]byte{}}
}

// empty drops the objects of a bucket, or of all of them without a name; the buckets and their settings stay.
func (s *store) empty(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for found, b := range s.buckets {
		if name == "" || name == found {
			b.objects, b.sorted, b.uploads = map[string]*object{}, nil, map[string]*upload{}
		}
	}
}

type held struct {
	Objects int    `json:"objects"`
	Bytes   int    `json:"bytes"`
	Sum     string `json:"sum"`
}

// held tells what is below a prefix; the sum is the MD5 of the lines `key etag`, keys relative and in order.
func (s *store) held(name, prefix string) held {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, sum := held{}, md5.New()
	if b := s.buckets[name]; b != nil {
		for _, key := range b.keys() {
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			found.Objects++
			found.Bytes += len(b.objects[key].body)
			fmt.Fprintf(sum, "%s %s\n", key[len(prefix):], b.objects[key].etag)
		}
	}
	found.Sum = hex.EncodeToString(sum.Sum(nil))
	return found
}

// keys are all keys in order; the caller holds the lock for writing.
func (b *bucket) keys() []string {
	if b.sorted == nil {
		b.sorted = make([]string, 0, len(b.objects))
		for key := range b.objects {
			b.sorted = append(b.sorted, key)
		}
		sort.Strings(b.sorted)
	}
	return b.sorted
}

func (b *bucket) put(key string, o *object) {
	if b.objects[key] == nil {
		b.sorted = nil
	}
	b.objects[key] = o
}

func (b *bucket) remove(key string) {
	if b.objects[key] != nil {
		delete(b.objects, key)
		b.sorted = nil
	}
}

func newObject(body []byte, header http.Header) *object {
	sum := md5.Sum(body)
	return &object{body, hex.EncodeToString(sum[:]), time.Now().UTC(), header}
}

// joined is the object that the parts of an upload make, in the order of their numbers.
func (u *upload) joined() *object {
	numbers := make([]int, 0, len(u.parts))
	for number := range u.parts {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	var body []byte
	sums := md5.New()
	for _, number := range numbers {
		part := u.parts[number]
		body = append(body, part.body...)
		sum, _ := hex.DecodeString(part.etag)
		_, _ = io.WriteString(sums, string(sum))
	}
	o := newObject(body, u.header)
	o.etag = fmt.Sprintf("%x-%d", sums.Sum(nil), len(numbers))
	return o
}
