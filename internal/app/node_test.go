package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// node is a server as a process of its own.
type node struct {
	p       *program
	cmd     *exec.Cmd
	said    *output
	address string
	ended   chan struct{}
}

// serve starts a node and waits until it answers.
func (p *program) serve() *node {
	p.t.Helper()
	return p.serveSaying(nil)
}

// serveSaying starts a node whose log goes elsewhere.
func (p *program) serveSaying(log io.Writer) *node {
	p.t.Helper()
	if p.nodes == nil {
		p.nodes = new([]*node)
	}
	n := &node{p: p, said: &output{}, ended: make(chan struct{})}
	*p.nodes = append(*p.nodes, n)
	n.cmd = p.command("serve", "--listen", "127.0.0.1:0")
	n.cmd.Stdout, n.cmd.Stderr = n.said, n.said
	if log != nil {
		n.cmd.Stderr = log
	}
	if err := n.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		_ = n.cmd.Wait() // tests kill it
		close(n.ended)
	}()
	p.t.Cleanup(n.kill)
	n.address = n.said.waitFor(p.t, `(http://127\.0\.0\.1:\d+)`)
	return n
}

// logs is what the nodes of the test have said.
func (p *program) logs() string {
	var b strings.Builder
	if p.nodes == nil {
		return ""
	}
	for _, n := range *p.nodes {
		fmt.Fprintf(&b, "node %d:\n%s\n", n.pid(), n.said)
	}
	return b.String()
}

func (n *node) pid() int { return n.cmd.Process.Pid }

// kill ends the process at once.
func (n *node) kill() {
	_ = n.cmd.Process.Kill() // fails when it has ended already
	<-n.ended
}

// stop ends the process in order.
func (n *node) stop() {
	n.p.t.Helper()
	_ = n.cmd.Process.Signal(syscall.SIGTERM) // fails when it has ended already
	select {
	case <-n.ended:
	case <-time.After(30 * time.Second):
		n.p.t.Fatalf("the server does not stop:\n%s", n.said)
	}
}

func (n *node) signal(s syscall.Signal) {
	n.p.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.p.t.Fatal(err)
	}
}

// memory reads a line of the process's status, in MiB: VmRSS, VmHWM.
func (n *node) memory(which string) float64 {
	n.p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.pid()))
	if err != nil {
		n.p.t.Fatal(err)
	}
	found := regexp.MustCompile(which + `:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		n.p.t.Fatalf("no %s in %s", which, status)
	}
	kilobytes, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		n.p.t.Fatal(err)
	}
	return kilobytes / 1024
}

// person is somebody at a browser.
type person struct {
	t    *testing.T
	http *http.Client
}

const ownPassword = "собственный пароль"

// administrator makes one and signs him in at a node. His browser goes to any
// node after that.
func (n *node) administrator(login string) *person {
	n.p.t.Helper()
	out := n.p.run("employee", "add", login, "--name", "Имя "+login, "--role", "administrator")
	once := regexp.MustCompile(`Пароль: +(\S+)`).FindStringSubmatch(out)
	if once == nil {
		n.p.t.Fatalf("no password in %q", out)
	}
	h := newPerson(n.p.t)
	if a := h.post(n, "/sign-in", url.Values{"login": {login}, "password": {once[1]}}); a.status != http.StatusSeeOther {
		n.p.t.Fatalf("sign in: %d %s", a.status, a.body)
	}
	if a := h.post(n, "/profile/password", url.Values{"old": {once[1]}, "password": {ownPassword}}); a.status != http.StatusSeeOther {
		n.p.t.Fatalf("choose a password: %d %s", a.status, a.body)
	}
	return h
}

func newPerson(t *testing.T) *person {
	jar, err := cookiejar.New(nil) // cookies are of a host, whatever the port: all nodes get them
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 4, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t, &http.Client{
		Jar: jar, Timeout: time.Minute, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is what came back; status 0 is nothing at all.
type reply struct {
	status         int
	location, body string
}

func (h *person) get(n *node, path string) reply { return h.send("GET", n.address+path, "", nil) }

func (h *person) post(n *node, path string, form url.Values) reply {
	return h.send("POST", n.address+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (h *person) send(method, address, kind string, body io.Reader) reply {
	r, err := http.NewRequestWithContext(context.Background(), method, address, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Accept-Language", "ru")
	a, err := h.http.Do(r)
	if err != nil {
		return reply{body: err.Error()}
	}
	defer func() { _ = a.Body.Close() }()
	content, err := io.ReadAll(a.Body)
	if err != nil {
		return reply{body: err.Error()}
	}
	return reply{a.StatusCode, a.Header.Get("Location"), string(content)}
}

// form is a file as a browser sends it.
func form(t *testing.T, content []byte) (body []byte, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "edit.csv")
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// upload sends an edit file of companies.
func (h *person) upload(n *node, content []byte) reply {
	h.t.Helper()
	body, kind := form(h.t, content)
	return h.send("POST", n.address+"/companies/import", kind, bytes.NewReader(body))
}

// press presses Import.
func (h *person) press(n *node, id int64) reply {
	return h.post(n, fmt.Sprintf("/imports/%d/apply", id), nil)
}
