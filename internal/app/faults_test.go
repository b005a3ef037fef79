package app

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// TestKilledAnywhereEndsTheSame kills a working import, and its undo, with
// SIGKILL at random moments, starts it again, and again, until it is done. Each
// time nadel check must be silent; in the end the database must be what it is
// when nobody kills anything, versions and all, and undo must bring back what
// was before.
//
// A few kills of a small import in the ordinary run; `make faults` makes 200 of
// a large one (NADEL_KILLS, NADEL_KILL_ROWS) and prints the counts.
func TestKilledAnywhereEndsTheSame(t *testing.T) {
	kills := number(t, "NADEL_KILLS", 6)
	rows := number(t, "NADEL_KILL_ROWS", 3000)
	k := &killing{t: t, random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)), counts: map[string]int{}}
	k.prepare(rows)
	for k.made < kills {
		k.round(kills)
		if kills >= 50 { // long enough to want news
			t.Log(k.summary())
		}
	}
	t.Logf("%d rows: %s; %d rounds, check silent each time, the same end each time", rows, k.summary(), k.rounds)
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

// killing is a run of many kills.
type killing struct {
	t      *testing.T
	random *rand.Rand
	base   string // folder with the database before, and the edit file

	applying, undoing         time.Duration // how long each takes when let alone
	before, applied, takenOut string        // what the database holds then

	made, rounds int
	counts       map[string]int // kills by what was being done
}

// prepare makes the database, and finds out how it ends when nobody kills.
func (k *killing) prepare(rows int) {
	k.t.Helper()
	k.base = k.t.TempDir()
	p := &program{k.t, k.base}
	p.run("seed", "--companies", strconv.Itoa(rows))
	k.writeEdits(filepath.Join(k.base, "edit.csv"), rows)
	k.before = k.contents(p)

	calm := k.copyOfBase()
	began := time.Now()
	calm.run("import", "company", "edit.csv", "--apply")
	k.applying = time.Since(began)
	k.applied = k.contents(calm)
	began = time.Now()
	calm.run("undo", "1", "--apply")
	k.undoing = time.Since(began)
	k.takenOut = k.contents(calm)
	if valuesOf(k.takenOut) != valuesOf(k.before) || k.applied == k.before {
		k.t.Fatal("apply and undo without a kill do not bring back what was before")
	}
}

// writeEdits gives every company another status or another person, in an order
// that is not the database's.
func (k *killing) writeEdits(path string, rows int) {
	k.t.Helper()
	var b strings.Builder
	b.WriteString("ID;Статус;Ответственные\n")
	for _, i := range k.random.Perm(rows) {
		status := []string{"", "Деактивировать"}[k.random.IntN(2)]
		fmt.Fprintf(&b, "%d;%s;user%03d\n", i+1, status, k.random.IntN(20)+1)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

func (k *killing) copyOfBase() *program {
	k.t.Helper()
	dir, err := os.MkdirTemp(k.base, "round")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, name := range []string{"nadel.db", "edit.csv"} {
		if err := copyFile(filepath.Join(k.base, name), filepath.Join(dir, name)); err != nil {
			k.t.Fatal(err)
		}
	}
	return &program{k.t, dir}
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

// contents is everything that an import can change, as exported: ids, names,
// status, people, versions.
func (k *killing) contents(p *program) string {
	k.t.Helper()
	p.run("export", "company", "--for-edit", "-o", "contents.csv")
	content, err := os.ReadFile(filepath.Join(p.dir, "contents.csv"))
	if err != nil {
		k.t.Fatal(err)
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

// round takes one database through an import and its undo, both killed now and
// then.
func (k *killing) round(most int) {
	k.t.Helper()
	k.rounds++
	p := k.copyOfBase()
	defer func() { _ = os.RemoveAll(p.dir) }()
	first := k.through(p, most, k.applying, 0, "import", "company", "edit.csv", "--apply")
	if got := k.contents(p); got != k.applied {
		k.t.Fatal("the killed import ended in another state than the one let alone")
	}
	k.through(p, most, k.undoing, first, "undo", strconv.FormatInt(first, 10), "--apply")
	if got := k.contents(p); got != k.takenOut {
		k.t.Fatal("the killed undo ended in another state than the one let alone")
	}
}

// killsInARow is how often one piece of work is killed before it may end.
const killsInARow = 8

// through runs a command that makes an import newer than after, kills it some
// times, and returns the import's number once it is applied.
func (k *killing) through(p *program, most int, usual time.Duration, after int64, args ...string) int64 {
	k.t.Helper()
	for tries := 0; ; tries++ {
		id, _, state := newest(p)
		if id > after && state == "applied" { // killed while it was saying so
			return id
		}
		command := args
		if id > after && (state == "uploaded" || state == "checking" || state == "ready" || state == "applying") {
			command = []string{"apply", strconv.FormatInt(id, 10)}
		}
		if tries == killsInARow || k.made == most {
			p.run(command...)
			id, _, state = newest(p)
			if state != "applied" {
				k.t.Fatalf("import %d rests as %s", id, state)
			}
			k.mustBeSound(p)
			return id
		}
		if ended := k.kill(p, usual, command); ended {
			id, _, _ = newest(p)
			return id
		}
	}
}

// kill starts a command and kills it at a random moment of the time it usually
// takes; ended says that it was faster.
func (k *killing) kill(p *program, usual time.Duration, args []string) (ended bool) {
	k.t.Helper()
	cmd := p.command(args...)
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	time.Sleep(time.Duration(k.random.Int64N(int64(usual))))
	_ = cmd.Process.Kill() // fails when it has ended by itself, which Wait tells
	err := cmd.Wait()
	if err == nil {
		return true
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() {
		k.t.Fatalf("nadel %v: %v", args, err)
	}
	k.made++
	_, mode, state := newest(p)
	k.counts[mode+" "+state]++
	k.mustBeSound(p)
	letTheLeaseRunOut(p)
	return false
}

func (k *killing) mustBeSound(p *program) {
	k.t.Helper()
	if said := p.run("check"); said != "" {
		k.t.Fatalf("nadel check after a kill:\n%s", said)
	}
}

// summary is the kills so far, by the kind and the state of the newest import.
func (k *killing) summary() string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(k.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", what, k.counts[what]))
	}
	return fmt.Sprintf("%d kills (%s)", k.made, strings.Join(parts, ", "))
}

// newest is the newest import, whether it edits or undoes, and its state; 0 when
// there is none.
func newest(p *program) (id int64, mode, state string) {
	p.t.Helper()
	var list struct {
		Imports []struct {
			Import      int64
			Mode, State string
		}
	}
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
	execute(p, `UPDATE imports SET lease_until = 0`)
}

// leaveApplying leaves the newest import as a process does that dies in the
// moment after somebody pressed Import.
func leaveApplying(t *testing.T, p *program) {
	t.Helper()
	execute(p, `UPDATE imports SET state = 'applying', started_at = created_at WHERE state = 'ready'`)
}

// execute changes the database behind the program's back.
func execute(p *program, statement string) {
	p.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "nadel.db")+"?_pragma=busy_timeout(20000)")
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(p.t.Context(), statement); err != nil {
		p.t.Fatal(err)
	}
}
