package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nadel/internal/catalog"
	"nadel/internal/store"
)

// cluster is a PostgreSQL server of this test process, on a socket in a
// temporary directory. It goes when the process ends, however it ends.
type cluster struct {
	dir   string
	bin   string
	as    *syscall.SysProcAttr // the server refuses to run as root
	alive io.Closer            // the end of a pipe: when it closes, the server goes
	fast  bool                 // nothing of it survives a power cut
	hit   bool                 // it will be killed, and what was committed has to survive that
	wal   string               // where its log of writes lies; "" is with the rest
	more  string               // options of this server alone

	mu   sync.Mutex
	made int
	free []string // databases that tests have done with, emptied
}

// errNoPostgres means that the server is not installed here.
var errNoPostgres = errors.New("PostgreSQL 15 or newer is not installed (Debian: apt install postgresql)")

// theCluster is started by the first test that needs it. It is the one thing
// that the tests of a process share: starting one takes seconds.
var theCluster = sync.OnceValues(func() (*cluster, error) { return startCluster(&cluster{fast: true}) })

// Postgres is the address of a fresh migrated PostgreSQL database, which is gone
// when the test ends. It belongs to an ordinary role, as it should in
// production: superusers see through the walls between workspaces. Where no
// PostgreSQL is installed the test is skipped, but never in CI (CI=true).
func Postgres(t testing.TB) string {
	t.Helper()
	c := clusterFor(t)
	name, found := c.another()
	if !found {
		c.mustSQL(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE nadel OWNER nadel")
	}
	t.Cleanup(func() {
		// a tenth of the time that a new copy of the template takes
		c.mustSQL(t, name, empty)
		c.mu.Lock()
		c.free = append(c.free, name)
		c.mu.Unlock()
	})
	return c.address(name)
}

// DurablePostgres is the address of a fresh migrated database on a server of its
// own, set as it comes, for measuring. cpu is the processor time that the server
// has used, in all its processes.
func DurablePostgres(t testing.TB) (address string, cpu func() time.Duration) {
	t.Helper()
	c, err := startCluster(&cluster{})
	if errors.Is(err, errNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() { _ = c.alive.Close() }) // the keeper stops the server
	c.mustSQL(t, "postgres", "GRANT pg_checkpoint TO nadel")
	return c.address("nadel"), func() time.Duration { return c.cpu(t) }
}

// cpu sums up the processor time of the server's processes, those that have
// ended among them.
func (c *cluster) cpu(t testing.TB) time.Duration {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	postmaster, _, _ := strings.Cut(string(text), "\n")
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	ticks := int64(0)
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ") // after the name: state, parent, …
		fields := strings.Fields(rest)
		pid := filepath.Base(filepath.Dir(path))
		if len(fields) < 15 || pid != postmaster && fields[1] != postmaster {
			continue
		}
		of := fields[11:13]
		if pid == postmaster {
			of = fields[11:15] // with its children that have ended
		}
		for _, field := range of {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			ticks += n
		}
	}
	const perSecond = 100 // on every Linux that Go runs on
	return time.Duration(ticks) * time.Second / perSecond
}

// BarePostgres is the address of a PostgreSQL database with nothing in it, for
// tests of migrations. with is what CREATE DATABASE is told, "" for nothing.
func BarePostgres(t testing.TB, with string) string {
	t.Helper()
	c := clusterFor(t)
	c.mu.Lock()
	c.made++
	name := fmt.Sprintf("bare%d", c.made)
	c.mu.Unlock()
	c.mustSQL(t, "postgres", "CREATE DATABASE "+name+" OWNER nadel TEMPLATE template0 "+with)
	t.Cleanup(func() { c.mustSQL(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)") })
	return c.address(name)
}

// PostgresSQL runs a statement in the database of an address that this package
// gave, as the superuser: what no Nadel would do, to see whether it withstands.
func PostgresSQL(t testing.TB, address, statement string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	clusterFor(t).mustSQL(t, u.Path[1:], statement)
}

// empty leaves of a migrated database its schema. Foreign keys are not asked.
const empty = `SET session_replication_role = replica; DO $$ DECLARE t regclass; BEGIN
	FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT IN ('goose_db_version', 'compatibility', 'search_tables')
	LOOP EXECUTE 'DELETE FROM ' || t; END LOOP; END $$`

func clusterFor(t testing.TB) *cluster {
	t.Helper()
	c, err := theCluster()
	if errors.Is(err, errNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return c
}

// another is the name of a database for a test; found says whether it exists.
func (c *cluster) another() (name string, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := len(c.free) - 1; last >= 0 {
		name, c.free = c.free[last], c.free[:last]
		return name, true
	}
	c.made++
	return fmt.Sprintf("test%d", c.made), false
}

func startCluster(c *cluster) (*cluster, error) {
	if err := c.find(); err != nil {
		return nil, err
	}
	if c.dir == "" {
		var err error
		if c.dir, err = os.MkdirTemp("", "nadel-postgres-"); err != nil {
			return nil, fmt.Errorf("make a directory: %w", err)
		}
	}
	if c.as != nil {
		if err := os.Chown(c.dir, int(c.as.Credential.Uid), int(c.as.Credential.Gid)); err != nil {
			return nil, fmt.Errorf("give the directory away: %w", err)
		}
	}
	// the order of Russian, so that tests notice whatever relies on the database's
	args := []string{"--no-sync", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--locale-provider=icu", "--icu-locale=ru"}
	if c.wal != "" {
		args = append(args, "--waldir="+c.wal)
	}
	if err := c.run("initdb", args...); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	if err := c.serve(); err != nil {
		return nil, err
	}
	return c, c.makeTemplate()
}

// find looks for the programs of the server and for somebody to run them as.
func (c *cluster) find() error {
	places, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return fmt.Errorf("look for initdb: %w", err)
	}
	newest := 0
	for _, place := range places {
		bin := filepath.Dir(place)
		if version, err := strconv.Atoi(filepath.Base(filepath.Dir(bin))); err == nil && version > newest && version >= 15 {
			newest, c.bin = version, bin
		}
	}
	if c.bin == "" {
		found, err := exec.LookPath("initdb")
		if err != nil {
			return errNoPostgres
		}
		c.bin = filepath.Dir(found)
	}
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		c.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return nil
	}
	return errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) address(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {c.dir}, "user": {"nadel"}, "sslmode": {"disable"}}.Encode()
}

// keeper runs the server until its input ends, which is when the tests' process
// ends, be it killed. Then nothing is left.
const keeper = `
"$1/pg_ctl" start -w -s -D "$2/data" -l "$2/log" -o "$3" && echo started || { cat "$2/log"; exit 1; }
cat
"$1/pg_ctl" stop -m immediate -s -D "$2/data"
rm -rf "$2"
`

// options of the server: of a fast one nothing is to survive a power cut, the
// other is as it comes.
func (c *cluster) options() string {
	options := "-c listen_addresses='' -c unix_socket_directories=" + c.dir
	if c.fast {
		options += " -c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB"
		if !c.hit {
			options += " -c synchronous_commit=off"
		}
	}
	return options + " " + c.more
}

// serve starts the server.
func (c *cluster) serve() error {
	cmd := exec.CommandContext(context.Background(), "sh", "-c", keeper, "keeper", c.bin, c.dir, c.options())
	cmd.SysProcAttr, cmd.Dir = c.as, c.dir
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the server's keeper: %w", err)
	}
	c.alive = in
	said := make([]byte, 4096)
	n, _ := io.ReadAtLeast(out, said, len("started\n")) // what it said is judged below
	if !bytes.HasPrefix(said[:n], []byte("started")) {
		return fmt.Errorf("the server did not start: %s", said[:n])
	}
	return nil
}

// makeTemplate migrates one database, of which every test gets a copy.
func (c *cluster) makeTemplate() error {
	if err := errors.Join(
		c.sql("postgres", "CREATE ROLE nadel LOGIN NOSUPERUSER"),
		c.sql("postgres", "CREATE DATABASE nadel OWNER nadel"),
	); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	st, err := store.Open(ctx, c.address("nadel"), catalog.New(), store.Options{})
	if err != nil {
		return fmt.Errorf("open the template: %w", err)
	}
	return errors.Join(st.Migrate(ctx), st.Close())
}

// sql runs a statement as the superuser.
func (c *cluster) sql(database, statement string) error {
	return c.run("psql", "-X", "-q", "-h", c.dir, "-U", "postgres", "-d", database, "-c", statement)
}

func (c *cluster) mustSQL(t testing.TB, database, statement string) {
	t.Helper()
	if err := c.sql(database, statement); err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) run(program string, args ...string) error {
	_, err := c.output(program, args...)
	return err
}

// output runs a program of the server and gives what it prints.
func (c *cluster) output(program string, args ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), filepath.Join(c.bin, program), args...)
	cmd.SysProcAttr, cmd.Dir = c.as, c.dir
	said, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %v: %w\n%s", program, args, err, said)
	}
	return string(said), nil
}
