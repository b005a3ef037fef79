package testkit

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Server is a PostgreSQL server for one test, to be stopped and broken.
type Server struct {
	t testing.TB
	c *cluster
}

// OwnPostgres starts a server whose files lie in dir, which is empty; its
// write-ahead log lies in wal, which does not exist yet, when one is given.
// options are added to its command line. It is gone when the test ends.
func OwnPostgres(t testing.TB, dir, wal, options string) *Server {
	t.Helper()
	c, err := startCluster(&cluster{dir: dir, wal: wal, more: options, fast: true, hit: true})
	if errors.Is(err, errNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	s := &Server{t, c}
	t.Cleanup(func() {
		s.Stop("immediate")
		_ = c.alive.Close() // the keeper takes the rest away
	})
	return s
}

// Address is that of the server's one database, which is migrated.
func (s *Server) Address() string { return s.c.address("nadel") }

// Stop stops the server: "fast" in order, "immediate" as a crash does. One that
// does not run is left so.
func (s *Server) Stop(mode string) {
	s.t.Helper()
	err := s.c.run("pg_ctl", "stop", "-s", "-m", mode, "-D", s.c.data())
	if err != nil && s.Runs() {
		s.t.Fatal(err)
	}
}

// Runs tells whether the server runs.
func (s *Server) Runs() bool { return s.c.run("pg_ctl", "status", "-D", s.c.data()) == nil }

// Start starts the server again; the error tells why it could not.
func (s *Server) Start() error {
	return s.c.run("pg_ctl", "start", "-w", "-s", "-D", s.c.data(), "-l", filepath.Join(s.c.dir, "log"), "-o", s.c.options())
}

// SQL runs a statement as the superuser.
func (s *Server) SQL(statement string) {
	s.t.Helper()
	s.c.mustSQL(s.t, "nadel", statement)
}

// Backends is the processes of the server that serve Nadel.
func (s *Server) Backends() []string {
	s.t.Helper()
	out, err := s.c.output("psql", "-X", "-A", "-t", "-h", s.c.dir, "-U", "postgres", "-d", "nadel",
		"-c", "SELECT pid FROM pg_stat_activity WHERE application_name = 'nadel'")
	if err != nil {
		return nil // it restarts
	}
	return strings.Fields(out)
}

// CopyPostgres makes another database like the one at address, to which nobody
// may be connected; drop takes it away again.
func CopyPostgres(t testing.TB, address string) (copied string, drop func()) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := clusterFor(t)
	c.mu.Lock()
	c.made++
	name := fmt.Sprintf("copy%d", c.made)
	c.mu.Unlock()
	c.mustSQL(t, "postgres", "CREATE DATABASE "+name+" OWNER nadel TEMPLATE "+u.Path[1:])
	return c.address(name), func() { c.mustSQL(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)") }
}
