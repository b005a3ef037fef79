package app

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"nadel/internal/store"
)

// TestMain lets the test binary be the program itself, so that tests can start
// it as a process of its own, and kill it. Such a process may have shorter
// leases, less patience, and a clock that is wrong.
func TestMain(m *testing.M) {
	if os.Getenv("NADEL_AS_PROGRAM") == "1" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		o := settings{store: store.Options{Lease: duration("NADEL_TEST_LEASE")}, patience: duration("NADEL_TEST_PATIENCE")}
		if wrong := duration("NADEL_TEST_CLOCK"); wrong != 0 {
			o.store.Now = func() time.Time { return time.Now().Add(wrong) }
		}
		longest := &longestTime{}
		o.store.Held = longest.see
		status := run(ctx, os.Args[1:], os.Stdout, os.Stderr, o)
		longest.write(os.Getenv("NADEL_TEST_HELD"))
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// longestTime is how long the longest writing transaction of a process lasted.
type longestTime struct{ nanoseconds atomic.Int64 }

func (l *longestTime) see(d time.Duration) {
	for was := l.nanoseconds.Load(); int64(d) > was && !l.nanoseconds.CompareAndSwap(was, int64(d)); was = l.nanoseconds.Load() {
	}
}

// write leaves the time in a file for whoever started the process; "" is nobody.
func (l *longestTime) write(file string) {
	if file == "" {
		return
	}
	if err := os.WriteFile(file, []byte(time.Duration(l.nanoseconds.Load()).String()), 0o600); err != nil {
		panic(err)
	}
}

func duration(variable string) time.Duration {
	d, err := time.ParseDuration(os.Getenv(variable))
	if err != nil {
		return 0 // not given
	}
	return d
}

// program is the program as a process, in a folder of its own.
type program struct {
	t   *testing.T
	dir string
	db  string   // address of the database; "" is nadel.db in the folder
	env []string // more of the environment

	nodes *[]*node // that were started
}

// command is the program about to be run.
func (p *program) command(args ...string) *exec.Cmd {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), self, args...) // some outlive the test's own context, for cleaning up
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "NADEL_AS_PROGRAM=1", "NADEL_DB="+p.address(), "NADEL_LANG=ru")
	cmd.Env = append(cmd.Env, p.env...)
	return cmd
}

// with is the same program with more in its environment.
func (p *program) with(env ...string) *program {
	if p.nodes == nil {
		p.nodes = new([]*node)
	}
	return &program{p.t, p.dir, p.db, append(append([]string{}, p.env...), env...), p.nodes}
}

func (p *program) address() string {
	if p.db != "" {
		return p.db
	}
	return filepath.Join(p.dir, "nadel.db")
}

func (p *program) onPostgres() bool { return strings.HasPrefix(p.db, "postgres") }

// run runs the program to its end, which must be a good one, and returns what
// it printed.
func (p *program) run(args ...string) string {
	p.t.Helper()
	out, said, err := p.try(args...)
	if err != nil {
		p.t.Fatalf("nadel %v: %v\n%s%s", args, err, out, said)
	}
	if slices.Contains(args, "seed") { // nobody is asked whether that many may change hands at once
		set := []string{"workspace", "set", "blast_records=100000000"}
		if at := slices.Index(args, "--db"); at >= 0 {
			set = append(set, args[at:at+2]...)
		}
		p.run(set...)
	}
	return out
}

// try runs the program to its end, whatever that is.
func (p *program) try(args ...string) (out, said string, err error) {
	p.t.Helper()
	cmd := p.command(args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	printed, err := cmd.Output()
	return string(printed), complaints.String(), err
}

// behind opens the database behind the program's back.
func (p *program) behind() *sql.DB {
	p.t.Helper()
	driver, address := "sqlite", "file:"+p.address()+"?_pragma=busy_timeout(20000)"
	if p.onPostgres() {
		driver, address = "pgx", p.db+"&options=-c%20nadel.workspace%3Dall"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		p.t.Fatal(err)
	}
	return db
}

// execute changes the database behind the program's back.
func (p *program) execute(statement string) {
	p.t.Helper()
	db := p.behind()
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		p.t.Fatal(err)
	}
}

// text is the one value that a statement finds.
func (p *program) text(statement string) string {
	p.t.Helper()
	db := p.behind()
	defer func() { _ = db.Close() }()
	var value sql.NullString
	if err := db.QueryRowContext(context.Background(), statement).Scan(&value); err != nil {
		p.t.Fatalf("%s: %v", statement, err)
	}
	return value.String
}
