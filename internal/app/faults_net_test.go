package app

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// dribbled is what became of many slow connections.
type dribbled struct {
	mu       sync.Mutex
	answered int
	others   map[string]int
	last     time.Duration // until the last of them was answered
	page     time.Duration // the longest that a page took meanwhile
}

// head is the beginning of an upload's request, up to its body.
func (h *person) head(n *node, kind string, length int) string {
	h.t.Helper()
	at, err := url.Parse(n.address)
	if err != nil {
		h.t.Fatal(err)
	}
	cookie := ""
	for _, c := range h.http.Jar.Cookies(at) {
		cookie += c.Name + "=" + c.Value + "; "
	}
	return fmt.Sprintf("POST /companies/import HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		at.Host, cookie, kind, length)
}

func (n *node) host() string { return strings.TrimPrefix(n.address, "http://") }

// dribble sends files at a byte a second through many connections.
func (f *faults) dribble(h *person, n *node, conns int, patience time.Duration) *dribbled {
	d := &dribbled{others: map[string]int{}}
	body, kind := form(h.t, []byte(strings.Repeat("1;Деактивировать\n", 10000)))
	begins := h.head(n, kind, len(body)) + string(body[:len(body)/10]) // into the file
	began := time.Now()
	var wg sync.WaitGroup
	for range conns {
		wg.Go(func() {
			said := dribbleOne(n.host(), begins, body, patience+30*time.Second)
			d.mu.Lock()
			defer d.mu.Unlock()
			if strings.Contains(said, " 408 ") {
				d.answered++
			} else {
				d.others[said]++
			}
			d.last = max(d.last, time.Since(began))
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for {
		asked := time.Now()
		if a := h.get(n, "/companies"); a.status != http.StatusOK {
			h.t.Errorf("a page beside slow uploads: %d %.200s", a.status, a.body)
		}
		d.page = max(d.page, time.Since(asked))
		select {
		case <-done:
			return d
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func dribbleOne(host, begins string, body []byte, most time.Duration) (said string) {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, begins); err != nil {
		return err.Error()
	}
	_ = conn.SetReadDeadline(time.Now().Add(most))
	answered := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			line = err.Error()
		}
		answered <- line
	}()
	for n := 0; ; n++ {
		select {
		case said = <-answered:
			return said
		case <-time.After(time.Second):
			if _, err := conn.Write(body[n : n+1]); err != nil {
				return <-answered
			}
		}
	}
}

// cutUploads breaks uploads off at every tenth of their length, before and after
// their end, and claims lengths that are not theirs.
func (f *faults) cutUploads(h *person, n *node) (made int) {
	h.t.Helper()
	body, kind := form(h.t, []byte("ID;Статус\n"+strings.Repeat("1;Деактивировать\n", 100_000)))
	send := func(length, upTo int) {
		h.t.Helper()
		made++
		conn, err := net.Dial("tcp", n.host())
		if err != nil {
			h.t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, h.head(n, kind, length)) // the server may hang up first
		_, _ = conn.Write(body[:upTo])
	}
	for tenth := range 10 {
		send(len(body), len(body)*tenth/10)
	}
	send(len(body)/2, len(body)/2) // says that half is all
	send(len(body)+1000, len(body)-10)
	return made
}
