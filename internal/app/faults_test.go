package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"nadel/internal/testkit"
)

// TestFaults does to whole processes of the program what machines, networks and
// people do: kills and freezes them, takes their disk, their database and their
// clock away, on both engines. After each fault nadel check must be silent, the
// receipt must add up, and the work must go on by itself; at the end the database
// is what it is when nothing happens. A table of what was done is printed.
//
// The ordinary run does a little of everything; `make faults` (NADEL_FAULTS=long)
// does what is asked for before a release.
func TestFaults(t *testing.T) {
	long := os.Getenv("NADEL_FAULTS") == "long"
	all := faults{
		long:  long,
		kills: number(t, "NADEL_KILLS", pick(long, 250, 6)), rows: number(t, "NADEL_KILL_ROWS", pick(long, 20000, 3000)),
		injections: number(t, "NADEL_INJECTIONS", pick(long, 240, 6)), pairs: number(t, "NADEL_PAIRS", pick(long, 50, 2)),
	}
	var runs []*faults
	t.Cleanup(func() { printFaults(runs) })
	for n, e := range engines {
		f := all
		f.random, f.engine = rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(n))), e
		runs = append(runs, &f)
		t.Run(e.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			for _, c := range []struct {
				name string
				does func(*faults, *testing.T)
			}{
				{"F1 kill -9 of a check, an apply, an undo", (*faults).kill},
				{"F1 kill -9 of an export", (*faults).killExport},
				{"F13 kill -9 of a migration", (*faults).killMigration},
				{"F2 kill -9 of one of two nodes", (*faults).killNode},
				{"F3 a frozen node", (*faults).freeze},
				{"F4 the database server dies", (*faults).killServer},
				{"F5 errors of input and output", (*faults).inject},
				{"F6 full disk: the database", (*faults).fillDatabase},
				{"F6 full disk: temporary files and log", (*faults).fillElsewhere},
				{"F7 slow and broken uploads", (*faults).slowUploads},
				{"F9 conflicting imports at once", (*faults).conflict},
				{"F10 undo after later changes", (*faults).undoLater},
				{"F11 changed between preview and apply", (*faults).changeBetween},
				{"F12 clocks an hour wrong", (*faults).wrongClocks},
				{"F14 backup while an import runs", (*faults).backup},
			} {
				t.Run(c.name, func(t *testing.T) { f.case_(t, c.name, c.does) })
			}
		})
	}
}

func pick(long bool, much, little int) int {
	if long {
		return much
	}
	return little
}

func number(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// faults is a run of all of them on one engine.
type faults struct {
	random *rand.Rand
	long   bool
	engine engine

	kills, rows, injections, pairs int // how many for each engine

	table []*line
	now   *line
}

// line is what the table says of one fault on one engine.
type line struct {
	fault, engine string
	done          []string
	checks        int
	took          time.Duration
	failed, skip  bool
}

// count notes how much was done.
func (f *faults) count(format string, args ...any) {
	f.now.done = append(f.now.done, fmt.Sprintf(format, args...))
}

func (f *faults) case_(t *testing.T, name string, does func(*faults, *testing.T)) {
	f.now = &line{fault: name, engine: f.engine.name}
	l, began := f.now, time.Now()
	f.table = append(f.table, l)
	defer func() { l.took, l.failed, l.skip = time.Since(began), t.Failed(), t.Skipped() }()
	does(f, t)
}

func printFaults(runs []*faults) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\nfault\tengine\tdone\tchecks\tviolations\ttime")
	for _, f := range runs {
		for _, l := range f.table {
			verdict := "0"
			switch {
			case l.failed:
				verdict = "FAILED"
			case l.skip:
				verdict = "not run"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%.1f s\n", l.fault, l.engine, strings.Join(l.done, ", "), l.checks, verdict, l.took.Seconds())
		}
	}
	_ = w.Flush() // the log of a test takes everything
}

// skip leaves a fault out, with the reason; what is possible on this machine is
// never left out.
func (f *faults) skip(t *testing.T, why string) {
	t.Helper()
	f.count("%s", why)
	t.Skip(why)
}

// engine is where the databases of the faults come from.
type engine struct {
	name     string
	postgres bool
}

var engines = []engine{{"sqlite", false}, {"postgres", true}}

// fresh is a program with an empty database.
func (f *faults) fresh(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir()}
	if f.engine.postgres {
		p.db = testkit.Postgres(t)
	}
	return p
}

// copyOf is a program with a database like that of p; drop takes it away.
func (f *faults) copyOf(p *program) (copied *program, drop func()) {
	p.t.Helper()
	dir, err := os.MkdirTemp(p.dir, "round")
	if err != nil {
		p.t.Fatal(err)
	}
	copied = &program{t: p.t, dir: dir, env: p.env}
	names := []string{"edit.csv"}
	dropped := func() {}
	if f.engine.postgres {
		copied.db, dropped = testkit.CopyPostgres(p.t, p.db)
	} else {
		names = append(names, "nadel.db")
	}
	for _, name := range names {
		if err := copyFile(filepath.Join(p.dir, name), filepath.Join(dir, name)); err != nil {
			p.t.Fatal(err)
		}
	}
	return copied, func() { dropped(); _ = os.RemoveAll(dir) }
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// sound runs nadel check, which must be silent.
func (f *faults) sound(p *program) {
	p.t.Helper()
	f.now.checks++
	if said := p.run("check"); said != "" {
		p.t.Fatalf("nadel check:\n%s", said)
	}
}

// seeded is a program with so many companies and edit.csv, an edit of each of
// them, in an order that is not the database's.
func (f *faults) seeded(t *testing.T, rows int) *program {
	t.Helper()
	p := f.fresh(t)
	f.fill(p, rows)
	return p
}

// fill seeds a database and writes edit.csv.
func (f *faults) fill(p *program, rows int) {
	p.t.Helper()
	p.run("seed", "--companies", strconv.Itoa(rows))
	p.file("edit.csv", edits(f.random, rows))
}

// edits is a file that gives every company another status or another person.
func edits(random *rand.Rand, rows int) string {
	var b strings.Builder
	b.WriteString("ID;Статус;Ответственные\n")
	for _, i := range random.Perm(rows) {
		status := []string{"", "Деактивировать"}[random.IntN(2)]
		fmt.Fprintf(&b, "%d;%s;user%03d\n", i+1, status, random.IntN(20)+1)
	}
	return b.String()
}

// file writes a file into the program's folder.
func (p *program) file(name, content string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// contents is everything that an import can change, as exported: ids, names,
// status, people, versions.
func (p *program) contents() string {
	p.t.Helper()
	p.run("export", "company", "--for-edit", "-o", "contents.csv")
	content, err := os.ReadFile(filepath.Join(p.dir, "contents.csv"))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(content)
}

// valuesOf leaves the versions out, which undo does not turn back.
func valuesOf(contents string) string {
	sum := sha256.New()
	for line := range strings.Lines(contents) {
		line = strings.TrimRight(line, "\r\n")
		_, _ = io.WriteString(sum, line[:strings.LastIndexByte(line, ';')]+"\n")
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// shown is an import as the command line shows it.
type shown struct {
	Import               int64
	Mode, State, Waiting string
	Counts               struct {
		Read, Change, Unchanged, Held, Failed, Accepted, Applied, Conflict, Remaining int64
	}
}

// see reads one import, and sees that its receipt adds up.
func (p *program) see(id int64) shown {
	p.t.Helper()
	var s shown
	if err := json.Unmarshal([]byte(p.run("imports", strconv.FormatInt(id, 10), "--json")), &s); err != nil {
		p.t.Fatal(err)
	}
	c := s.Counts
	if s.State == "applied" && (c.Read != c.Change+c.Unchanged+c.Held+c.Failed || c.Change+c.Accepted != c.Applied+c.Conflict || c.Remaining != 0) {
		p.t.Fatalf("the receipt of import %d does not add up: %+v", id, c)
	}
	return s
}

// newest is the newest import, whether it edits or undoes, and its state; 0 when
// there is none.
func newest(p *program) (id int64, mode, state string) {
	p.t.Helper()
	var list struct{ Imports []shown }
	if err := json.Unmarshal([]byte(p.run("imports", "--json")), &list); err != nil {
		p.t.Fatal(err)
	}
	if len(list.Imports) == 0 {
		return 0, "nothing", "yet"
	}
	first := list.Imports[0]
	return first.Import, first.Mode, first.State
}

// letTheLeaseRunOut stands for the half minute after which another process may
// take up what a dead one has left.
func letTheLeaseRunOut(p *program) {
	p.t.Helper()
	p.execute(`UPDATE imports SET lease_until = 0`)
}

// leaveApplying leaves the newest import as a process does that dies in the
// moment after somebody pressed Import.
func leaveApplying(t *testing.T, p *program) {
	t.Helper()
	p.execute(`UPDATE imports SET state = 'applying', started_at = created_at WHERE state = 'ready'`)
}
