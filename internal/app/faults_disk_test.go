package app

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nadel/internal/testkit"
)

// inject lets system calls of an import and of its undo fail, one at a time and
// from some moment on. The program may end with an error; it may not say that all
// is well when it is not, and what it leaves must be sound and go on.
func (f *faults) inject(t *testing.T) {
	if f.engine.postgres {
		f.skip(t, "the server does its own input and output; F4 and F6 break it")
	}
	if err := exec.Command("strace", "-qq", "-o", "/dev/null", "true").Run(); err != nil {
		f.skip(t, "strace may not trace here: "+err.Error())
	}
	p := f.seeded(t, 300)
	calm, drop := f.copyOf(p)
	calm.run("import", "company", "edit.csv", "--apply")
	applied := calm.contents()
	calm.run("undo", "1", "--apply")
	undone := calm.contents()
	drop()
	cases := injections()
	hit := 0
	for n := range f.injections {
		c := cases[n%len(cases)]
		if !f.long {
			c = cases[f.random.IntN(len(cases))]
		}
		one, drop := f.copyOf(p)
		args, want := []string{"import", "company", "edit.csv", "--apply"}, applied
		if n%2 == 1 {
			one.run(args...)
			args, want = []string{"undo", "1", "--apply"}, undone
		}
		if f.injectOne(one, c, args...) {
			hit++
		}
		f.sound(one)
		letTheLeaseRunOut(one)
		f.finish(one, int64(n%2), args...)
		if one.contents() != want {
			t.Fatalf("%s into %v: it ended in another state than the one let alone", c, args)
		}
		f.sound(one)
		drop()
	}
	f.count("%d injections, %d of them met a call", f.injections, hit)
}

// injections is the errors, the calls and the moments.
func injections() []string {
	var list []string
	for _, when := range []string{"1", "2", "3", "5", "8", "13", "21", "34", "55", "89", "144", "3+", "21+", "55+"} {
		for _, what := range []string{"pwrite64:error=ENOSPC", "pwrite64:error=EIO", "fsync:error=EIO", "fdatasync:error=EIO", "ftruncate:error=EIO", "pwrite64:error=EDQUOT"} {
			list = append(list, what+":when="+when)
		}
	}
	return list
}

// injectOne runs a command with one injection, and tells whether it met a call.
func (f *faults) injectOne(p *program, injection string, args ...string) (hit bool) {
	p.t.Helper()
	log := filepath.Join(p.dir, "strace.log")
	cmd := p.command(args...)
	call, _, _ := strings.Cut(injection, ":")
	cmd.Args = append([]string{"strace", "-f", "-qq", "-o", log, "-e", "trace=" + call, "-e", "inject=" + injection, cmd.Path}, cmd.Args[1:]...)
	var err error
	if cmd.Path, err = exec.LookPath("strace"); err != nil {
		p.t.Fatal(err)
	}
	said, err := cmd.CombinedOutput()
	id, mode, state := newest(p)
	if done := state == "applied" && (mode == "undo") == (args[0] == "undo"); err == nil && !done {
		p.t.Fatalf("%s: it ended well, but import %d is %s:\n%s", injection, id, state, said)
	}
	content, err := os.ReadFile(log)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Contains(string(content), "(INJECTED)")
}

// finish brings an import that a command makes to its end, wherever it stands.
func (f *faults) finish(p *program, after int64, args ...string) {
	p.t.Helper()
	id, _, state := newest(p)
	switch {
	case id <= after:
		p.run(args...)
	case state != "applied":
		p.run("apply", strconv.FormatInt(id, 10))
	}
}

// disk is a small disk of its own.
type disk struct {
	t   *testing.T
	dir string
}

// smallDisk mounts one, of so many MiB.
func (f *faults) smallDisk(t *testing.T, size int) *disk {
	t.Helper()
	d := &disk{t, filepath.Join(t.TempDir(), "disk")}
	if err := os.Mkdir(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("none", d.dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0755", size))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		f.skip(t, "a small disk may not be mounted here (not root)")
	}
	if err != nil {
		t.Fatal(err)
	}
	for up := d.dir; up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
		_ = os.Chmod(up, 0o755) // the database server is another user
	}
	t.Cleanup(func() { _ = syscall.Unmount(d.dir, syscall.MNT_DETACH) })
	return d
}

// ballast leaves so many KiB free.
func (d *disk) ballast(free int) {
	d.t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &s); err != nil {
		d.t.Fatal(err)
	}
	take := int64(s.Bavail)*s.Bsize - int64(free)<<10
	file, err := os.OpenFile(filepath.Join(d.dir, "ballast"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	block := make([]byte, 64<<10)
	for ; take > 0; take -= int64(len(block)) {
		if _, err := file.Write(block[:min(int64(len(block)), take)]); err != nil {
			break // full
		}
	}
}

// room takes so many KiB off the ballast.
func (d *disk) room(more int64) {
	d.t.Helper()
	path := filepath.Join(d.dir, "ballast")
	is, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, is.Size()-more<<10)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) relief() {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "ballast")); err != nil {
		d.t.Fatal(err)
	}
}

// fillDatabase fills the disk of the database under a running import: it waits
// and says so, pages are read, a file is refused with 507, and once there is
// room it goes on alone.
func (f *faults) fillDatabase(t *testing.T) {
	rows := max(f.rows, 8000)
	for range pick(f.long, 5, 1) {
		d := f.smallDisk(t, 400)
		p := &program{t: t, dir: t.TempDir(), env: []string{"NADEL_TEST_LEASE=" + shortLease.String()}}
		if f.engine.postgres {
			wal, err := os.MkdirTemp("", "nadel-wal-") //nolint:usetesting // the server runs as another user, who must reach the folder
			if err != nil {
				t.Fatal(err)
			}
			_ = os.Chmod(wal, 0o777)
			t.Cleanup(func() { _ = os.RemoveAll(wal) })
			data := filepath.Join(d.dir, "pg")
			if err := os.Mkdir(data, 0o755); err != nil {
				t.Fatal(err)
			}
			p.db = testkit.OwnPostgres(t, data, filepath.Join(wal, "wal"), "").Address()
		} else {
			p.db = filepath.Join(d.dir, "nadel.db")
		}
		f.fill(p, rows)
		f.fillUp(t, p, d)
		_ = syscall.Unmount(d.dir, syscall.MNT_DETACH) // the cleanup comes too late for the next round
	}
	f.count("%d times full while %d rows were written", pick(f.long, 5, 1), rows)
}

func (f *faults) fillUp(t *testing.T, p *program, d *disk) {
	t.Helper()
	n := p.serve()
	defer n.stop()
	h := n.administrator("boss")
	before := p.contents()
	content, err := os.ReadFile(filepath.Join(p.dir, "edit.csv"))
	if err != nil {
		t.Fatal(err)
	}
	d.ballast(0)
	a := h.upload(n, content)
	for ; a.status == 507; a = h.upload(n, content) { // room for the file, not for its plan; applying needs hardly any more
		d.room(64)
	}
	if !strings.HasPrefix(a.location, "/imports/") {
		t.Fatalf("upload: %d %.200s\n%s", a.status, a.body, p.logs())
	}
	at := a.location
	id, err := strconv.ParseInt(path.Base(at), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	p.eventually(func() bool { return strings.Contains(h.get(n, at).body, "нет места") })
	d.ballast(0)
	for _, page := range []string{"/companies", "/companies/1", "/imports", at} {
		if a := h.get(n, page); a.status != 200 {
			t.Errorf("%s on a full disk: %d %.300s", page, a.status, a.body)
		}
	}
	if a := h.upload(n, content); a.status != 507 {
		t.Errorf("a file for a full disk: %d %.300s", a.status, a.body)
	}
	if s := p.state(id); s != "checking" {
		t.Errorf("on a full disk the import is %s", s)
	}
	d.relief()
	p.eventually(func() bool { return p.state(id) == "ready" })
	if a := h.press(n, id); a.status != 303 {
		t.Fatalf("press: %+v", a)
	}
	p.eventually(func() bool { return p.state(id) == "applied" })
	f.sound(p)
	p.see(id)
	p.run("undo", path.Base(at), "--apply")
	if valuesOf(p.contents()) != valuesOf(before) {
		t.Error("undone, it is not what it was before")
	}
	f.sound(p)
}

// fillElsewhere: the program needs neither its folder for temporary files nor its
// log in order to work.
func (f *faults) fillElsewhere(t *testing.T) {
	d := f.smallDisk(t, 1)
	p := f.seeded(t, 2000).with("TMPDIR="+d.dir, "NADEL_LOG_LEVEL=debug")
	log, err := os.Create(filepath.Join(d.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	d.ballast(0)
	n := p.serveSaying(log)
	defer n.stop()
	h := n.administrator("boss")
	content, err := os.ReadFile(filepath.Join(p.dir, "edit.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if a := h.upload(n, content); a.location != "/imports/1" {
		t.Fatalf("upload: %d %.200s\n%s", a.status, a.body, p.logs())
	}
	p.eventually(func() bool { return p.state(1) == "ready" })
	if a := h.press(n, 1); a.status != 303 {
		t.Fatalf("press: %+v", a)
	}
	p.eventually(func() bool { return p.state(1) == "applied" })
	if a := h.get(n, "/companies/export?for=edit"); a.status != 200 || !strings.HasPrefix(a.body, "PK") {
		t.Errorf("export: %d", a.status)
	}
	f.sound(p)
	p.see(1)
	left, err := filepath.Glob(filepath.Join(d.dir, "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("left among the temporary files: %v, %v", left, err)
	}
	f.count("import and export with both full")
}

// slowUploads holds many connections with a byte a second, breaks uploads off,
// and lies about their length.
func (f *faults) slowUploads(t *testing.T) {
	conns, patience := pick(f.long, 500, 40), time.Duration(pick(f.long, 60, 3))*time.Second
	temporary := t.TempDir()
	p := f.seeded(t, 500).with("TMPDIR="+temporary, "NADEL_TEST_PATIENCE="+patience.String())
	n := p.serve()
	defer n.stop()
	h := n.administrator("boss")
	for range 20 {
		h.get(n, "/companies")
	}
	before := n.memory("VmHWM")
	slow := f.dribble(h, n, conns, patience)
	each := (n.memory("VmHWM") - before) / float64(conns)
	if each > 1 {
		t.Errorf("a slow connection takes %.2f MiB", each)
	}
	if slow.answered != conns {
		t.Errorf("%d of %d slow connections were told 408; others: %v", slow.answered, conns, slow.others)
	}
	if slow.last > patience+15*time.Second {
		t.Errorf("a slow connection was held for %s", slow.last)
	}
	cut := f.cutUploads(h, n)
	p.eventually(func() bool { return p.text("SELECT COUNT(*) FROM imports WHERE state = 'uploading'") == "0" })
	if files := p.text("SELECT COUNT(*) FROM import_files"); files != "0" {
		t.Errorf("%s parts of files are left", files)
	}
	if left, err := filepath.Glob(filepath.Join(temporary, "*")); err != nil || len(left) > 0 {
		t.Errorf("temporary files: %v, %v", left, err)
	}
	f.sound(p)
	f.count("%d connections at 1 byte/s, %.2f MiB each, 408 after %s at most, pages meanwhile in %s at most; %d cut or lying",
		conns, each, slow.last.Round(time.Second), slow.page.Round(time.Millisecond), cut)
}
