// An S3 in memory that is never what a benchmark waits for, with fixed answers of the few other services that a publication asks.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type cloud struct {
	site    site
	delay   time.Duration
	store   *store
	server  *server
	counts  sync.Map // operation → *atomic.Int64
	bytesIn atomic.Int64
	bytesTo atomic.Int64
}

func main() {
	c := &cloud{store: newStore(), server: newServer()}
	flag.StringVar(&c.site.id, "site", "", "id of the site")
	flag.StringVar(&c.site.name, "name", "", "name of the site")
	flag.StringVar(&c.site.account, "account", "", "AWS account of the site")
	flag.StringVar(&c.site.region, "region", "us-east-1", "region of the site")
	flag.StringVar(&c.site.bucket, "bucket", "", "bucket that the distribution reads")
	flag.StringVar(&c.site.domain, "domain", "", "domain of the distribution")
	flag.StringVar(&c.site.agentPolicy, "agent-policy", "{}", "the inline policy of the server's role")
	flag.DurationVar(&c.delay, "delay", 0, "what each PUT and each LIST of S3 takes longer")
	address := flag.String("listen", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	// Memory is there to be used; the collector would take time from the programs that are measured.
	debug.SetGCPercent(400)
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	go endWithParent()
	fmt.Fprintln(os.Stderr, (&http.Server{Handler: c}).Serve(listener))
	os.Exit(1)
}

// endWithParent ends the process with the one that holds the other end of its standard input.
func endWithParent() {
	_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
	os.Exit(0)
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_bench/") {
		c.serveBench(w, r)
		return
	}
	body := &meter{ReadCloser: r.Body, bytes: &c.bytesIn}
	r.Body = body
	answer := c.answerOf(r)
	answer.write(w, r.Method)
	if r.Method != http.MethodHead {
		c.bytesTo.Add(int64(len(answer.body)))
	}
}

func (c *cloud) answerOf(r *http.Request) answer {
	switch service := serviceOf(r); service {
	case "s3":
		return c.serveS3(r)
	case "cloudfront":
		return c.serveCloudFront(r)
	case "ssm":
		return c.serveSsm(r)
	default:
		return c.serveQuery(service, r)
	}
}

// serviceOf reads the service from the scope of the signature; what is not signed is for S3.
func serviceOf(r *http.Request) string {
	_, credential, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !found {
		credential = r.URL.Query().Get("X-Amz-Credential")
	}
	credential, _, _ = strings.Cut(credential, ",")
	if scope := strings.Split(credential, "/"); len(scope) == 5 {
		return scope[3]
	}
	return "s3"
}

// serveBench answers what only the benchmark asks: counts, what a bucket holds, and to begin anew.
func (c *cloud) serveBench(w http.ResponseWriter, r *http.Request) {
	bucket := r.URL.Query().Get("bucket")
	switch r.URL.Path {
	case "/_bench/counts":
		requests := map[string]int64{}
		c.counts.Range(func(name, count any) bool {
			requests[name.(string)] = count.(*atomic.Int64).Load()
			return true
		})
		writeJson(w, map[string]any{"requests": requests, "bytesIn": c.bytesIn.Load(), "bytesOut": c.bytesTo.Load()})
	case "/_bench/held":
		writeJson(w, c.store.held(bucket, r.URL.Query().Get("prefix")))
	case "/_bench/reset":
		c.store.empty(bucket)
		if bucket == "" || bucket == c.site.bucket {
			c.server.reset()
		}
		c.counts.Range(func(name, _ any) bool {
			c.counts.Delete(name)
			return true
		})
		c.bytesIn.Store(0)
		c.bytesTo.Store(0)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (c *cloud) count(operation string) {
	counter, found := c.counts.Load(operation)
	if !found {
		counter, _ = c.counts.LoadOrStore(operation, new(atomic.Int64))
	}
	counter.(*atomic.Int64).Add(1)
}

// meter counts what is read of a request's body.
type meter struct {
	io.ReadCloser
	bytes *atomic.Int64
}

func (m *meter) Read(buffer []byte) (int, error) {
	count, err := m.ReadCloser.Read(buffer)
	m.bytes.Add(int64(count))
	return count, err
}

// answer is a whole answer; one to HEAD has a body for its length.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) write(w http.ResponseWriter, method string) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	}
	w.Header().Set("X-Amz-Request-Id", "BENCH")
	w.WriteHeader(a.status)
	if method != http.MethodHead {
		_, _ = w.Write(a.body)
	}
}

func xmlAnswer(body string) answer {
	return answer{http.StatusOK, http.Header{"Content-Type": {"application/xml"}}, []byte(`<?xml version="1.0" encoding="UTF-8"?>` + body)}
}

func writeJson(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#13;")

func escaped(text string) string { return xmlEscapes.Replace(text) }

// urlEncoded is what S3 makes of keys when asked for encoding-type=url.
func urlEncoded(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
