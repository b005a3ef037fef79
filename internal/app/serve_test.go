package app

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"nadel/internal/demo"
)

// output gathers what a running command prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// waitFor waits until a pattern has been printed and returns its first group.
func (o *output) waitFor(t *testing.T, pattern string) string {
	t.Helper()
	p := regexp.MustCompile(pattern)
	for range 600 {
		if found := p.FindStringSubmatch(o.String()); found != nil {
			return found[1]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%q was not printed; instead:\n%s", pattern, o.String())
	return ""
}

// start runs a command beside the test; stop ends it and returns its status.
func start(t *testing.T, args ...string) (said *output, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	said = &output{}
	status := make(chan int, 1)
	go func() { status <- Run(ctx, args, said, said) }()
	stop = sync.OnceValue(func() int {
		cancel()
		select {
		case s := <-status:
			return s
		case <-time.After(20 * time.Second):
			t.Error("the command did not stop")
			return -1
		}
	})
	t.Cleanup(func() { stop() })
	return said, stop
}

// The demonstration prints a way in that works, and a sample file that imports;
// started again it finds its data and leaves the sample alone.
func TestDemonstration(t *testing.T) {
	db := filepath.Join(t.TempDir(), "demo.db")
	said, stop := start(t, "demo", "--db", db, "--listen", "127.0.0.1:0")
	address := said.waitFor(t, `(http://127\.0\.0\.1:\d+)`)
	said.waitFor(t, `Пароль +(\S+)`)
	sample := said.waitFor(t, `(/\S+-edit\.xlsx)`)

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	if page := get(t, browser, address+"/"); !strings.Contains(page, "<form") {
		t.Errorf("the first page is not the door:\n%s", page)
	}
	answer, err := browser.PostForm(address+"/sign-in", url.Values{"workspace": {demo.Workspace}, "login": {demo.Login}, "password": {demo.Password}})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if page := get(t, browser, address+"/companies"); !strings.Contains(page, "Скачать") && !strings.Contains(page, "Импорт") {
		t.Errorf("signed in by what the demonstration prints, one does not see the companies:\n%s", page)
	}
	if status := stop(); status != 0 {
		t.Errorf("stopped with status %d:\n%s", status, said)
	}

	var out, complaints bytes.Buffer
	if status := Run(t.Context(), []string{"import", "company", sample, "--db", db}, &out, &complaints); status != 4 {
		t.Errorf("the sample imports with status %d, want 4: it shows what careless rows look like\n%s%s", status, &out, &complaints)
	}
	if !strings.Contains(out.String(), "Возможно, имелось в виду") {
		t.Errorf("the sample's mistyped login gets no suggestion:\n%s", &out)
	}

	if err := os.WriteFile(sample, []byte("worked on"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, stop := start(t, "demo", "--db", db, "--listen", "127.0.0.1:0")
	again.waitFor(t, `(http://127\.0\.0\.1:\d+)`)
	if content, err := os.ReadFile(sample); err != nil || string(content) != "worked on" {
		t.Errorf("started again, the demonstration wrote over the sample: %q, %v", content, err)
	}
	if status := stop(); status != 0 {
		t.Errorf("stopped again with status %d", status)
	}
}

func get(t *testing.T, browser *http.Client, address string) string {
	t.Helper()
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s\n%s", address, answer.Status, page)
	}
	return string(page)
}

// A database with somebody's own data is not made a demonstration of.
func TestDemonstrationLeavesOtherDataAlone(t *testing.T) {
	db := filepath.Join(t.TempDir(), "own.db")
	var out, complaints bytes.Buffer
	if status := Run(t.Context(), []string{"workspace", "add", "Своя", "--admin", "boss", "--db", db}, &out, &complaints); status != 0 {
		t.Fatal(&complaints)
	}
	complaints.Reset()
	if status := Run(t.Context(), []string{"demo", "--db", db}, &out, &complaints); status != 2 || !strings.Contains(complaints.String(), "--db") {
		t.Errorf("status %d, want 2 and advice:\n%s", status, &complaints)
	}
}

// Import started at the command line goes on beside a server, and an import
// left by a command is finished by the server.
func TestServerFinishesWhatACommandLeft(t *testing.T) {
	p := &program{t: t, dir: t.TempDir()}
	p.run("seed", "--companies", "50")
	edit := filepath.Join(p.dir, "edit.csv")
	if err := os.WriteFile(edit, []byte("ID;Статус\n1;Деактивировать\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run("import", "company", "edit.csv")
	leaveApplying(t, p)

	db := filepath.Join(p.dir, "nadel.db")
	said, stop := start(t, "serve", "--db", db, "--listen", "127.0.0.1:0")
	said.waitFor(t, `(http://127\.0\.0\.1:\d+)`)
	for n := 0; ; n++ {
		if _, _, state := newest(p); state == "applied" {
			break
		}
		if n == 100 {
			t.Fatalf("the server did not finish the import:\n%s", said)
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.run("undo", "1", "--apply") // beside the running server
	if status := stop(); status != 0 {
		t.Errorf("stopped with status %d:\n%s", status, said)
	}
	if complaints := p.run("check"); complaints != "" {
		t.Errorf("nadel check: %s", complaints)
	}
}

// A port that is taken, a folder that is not there: a sentence and a status.
func TestServeSaysWhyItCannot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var out, complaints bytes.Buffer
	args := []string{"serve", "--db", filepath.Join(t.TempDir(), "nadel.db"), "--listen", l.Addr().String()}
	if status := Run(t.Context(), args, &out, &complaints); status != 1 || !strings.Contains(complaints.String(), l.Addr().String()) {
		t.Errorf("status %d, want 1 and the address:\n%s", status, &complaints)
	}
}
