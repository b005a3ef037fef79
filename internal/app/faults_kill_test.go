package app

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nadel/internal/testkit"
)

// killing is a run of many kills of an import and of its undo.
type killing struct {
	*faults
	base *program // with the database before, and the edit file

	applying, undoing         time.Duration // how long each takes when let alone
	before, applied, takenOut string        // what the database holds then

	made, rounds int
	counts       map[string]int // kills by what was being done
}

// kill kills a working import, and its undo, with SIGKILL at random moments,
// starts it again, and again, until it is done.
func (f *faults) kill(t *testing.T) {
	k := &killing{faults: f, base: f.seeded(t, f.rows), counts: map[string]int{}}
	k.prepare()
	for k.made < f.kills {
		k.round()
	}
	for _, what := range slices.Sorted(maps.Keys(k.counts)) {
		f.count("%d of %s", k.counts[what], what)
	}
}

// prepare finds out how it ends when nobody kills.
func (k *killing) prepare() {
	p := k.base
	p.t.Helper()
	k.before = p.contents()
	calm, drop := k.copyOf(p)
	defer drop()
	began := time.Now()
	calm.run("import", "company", "edit.csv", "--apply")
	k.applying = time.Since(began)
	k.applied = calm.contents()
	began = time.Now()
	calm.run("undo", "1", "--apply")
	k.undoing = time.Since(began)
	k.takenOut = calm.contents()
	if valuesOf(k.takenOut) != valuesOf(k.before) || k.applied == k.before {
		p.t.Fatal("apply and undo without a kill do not bring back what was before")
	}
}

// round takes one database through an import and its undo, both killed now and
// then.
func (k *killing) round() {
	t := k.base.t
	t.Helper()
	k.rounds++
	p, drop := k.copyOf(k.base)
	defer drop()
	first := k.through(p, k.applying, 0, "import", "company", "edit.csv", "--apply")
	if p.contents() != k.applied {
		t.Fatal("the killed import ended in another state than the one let alone")
	}
	k.through(p, k.undoing, first, "undo", strconv.FormatInt(first, 10), "--apply")
	if p.contents() != k.takenOut {
		t.Fatal("the killed undo ended in another state than the one let alone")
	}
}

// killsInARow is how often one piece of work is killed before it may end.
const killsInARow = 8

// through runs a command that makes an import newer than after, kills it some
// times, and returns the import's number once it is applied.
func (k *killing) through(p *program, usual time.Duration, after int64, args ...string) int64 {
	p.t.Helper()
	for tries := 0; ; tries++ {
		id, _, state := newest(p)
		if id > after && state == "applied" { // killed while it was saying so
			return id
		}
		command := args
		if id > after && (state == "uploaded" || state == "checking" || state == "ready" || state == "applying") {
			command = []string{"apply", strconv.FormatInt(id, 10)}
		}
		if tries == killsInARow || k.made == k.kills {
			p.run(command...)
			if id, _, _ = newest(p); p.see(id).State != "applied" {
				p.t.Fatalf("import %d rests as %s", id, p.see(id).State)
			}
			k.sound(p)
			return id
		}
		if ended := k.killOne(p, usual, command); ended {
			id, _, _ = newest(p)
			return id
		}
	}
}

// killOne starts a command and kills it at a random moment of the time it
// usually takes; ended says that it was faster.
func (k *killing) killOne(p *program, usual time.Duration, args []string) (ended bool) {
	p.t.Helper()
	if ended = k.killCommand(p, usual, args...); ended {
		return true
	}
	k.made++
	_, mode, state := newest(p)
	k.counts[mode+" "+state]++
	k.sound(p)
	letTheLeaseRunOut(p)
	return false
}

// killCommand runs a command and kills it within the usual time.
func (f *faults) killCommand(p *program, usual time.Duration, args ...string) (ended bool) {
	p.t.Helper()
	cmd := p.command(args...)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	time.Sleep(time.Duration(f.random.Int64N(int64(usual))))
	_ = cmd.Process.Kill() // fails when it has ended by itself, which Wait tells
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Exited()) {
		p.t.Fatalf("nadel %v: %v", args, err)
	}
	return err == nil
}

// killExport: what stands under the file's name is whole, or nothing.
func (f *faults) killExport(t *testing.T) {
	p := f.seeded(t, f.rows)
	began := time.Now()
	want := p.contents()
	usual, made, absent := time.Since(began), 0, 0
	for made < max(3, f.kills/10) {
		name := fmt.Sprintf("killed%d.csv", made)
		if ended := f.killCommand(p, usual, "export", "company", "--for-edit", "-o", name); ended {
			continue
		}
		made++
		content, err := os.ReadFile(filepath.Join(p.dir, name))
		if errors.Is(err, os.ErrNotExist) {
			absent++
		} else if err != nil || string(content) != want {
			t.Fatalf("half an export stands under its name: %d of %d bytes, %v", len(content), len(want), err)
		}
	}
	f.sound(p)
	f.count("%d kills, %d before the file stood", made, absent)
}

// killMigration: a database whose migration was killed is migrated by the next
// program that opens it.
func (f *faults) killMigration(t *testing.T) {
	var usual time.Duration
	made := 0
	for n := 0; made < max(3, f.kills/10); n++ {
		p := &program{t: t, dir: t.TempDir()}
		if f.engine.postgres {
			p.db = testkit.BarePostgres(t, "")
		}
		if n == 0 {
			began := time.Now()
			p.run("migrate")
			usual = time.Since(began)
			continue
		}
		if ended := f.killCommand(p, usual, "migrate"); !ended {
			made++
		}
		p.run("migrate")
		p.run("seed", "--companies", "5")
		f.sound(p)
	}
	f.count("%d kills", made)
}

// killNode kills whichever of two nodes works on an import, and starts it again.
// The other goes on within the lease.
func (f *faults) killNode(t *testing.T) {
	p := f.seeded(t, f.rows)
	calm, drop := f.copyOf(p)
	calm.run("import", "company", "edit.csv", "--apply")
	want := calm.contents()
	drop()
	made, longest := 0, time.Duration(0)
	for made < max(2, f.kills/10) {
		made0 := made
		one, drop := f.copyOf(p)
		one = one.with("NADEL_TEST_LEASE=" + shortLease.String())
		nodes := []*node{one.serve(), one.serve()}
		one.run("import", "company", "edit.csv")
		leaveApplying(t, one)
		for one.state(1) == "applying" {
			time.Sleep(time.Duration(f.random.IntN(60)) * time.Millisecond)
			n := one.holder(1, nodes)
			if n < 0 {
				continue
			}
			nodes[n].kill()
			made++
			waited := one.waitForOther(1, nodes[n].pid())
			longest = max(longest, waited)
			nodes[n] = one.serve()
			if made-made0 >= 4 {
				break
			}
		}
		one.waitFor(1, "applied", 90*time.Second)
		for _, n := range nodes {
			n.stop()
		}
		f.sound(one)
		one.see(1)
		if one.contents() != want {
			t.Fatal("the import ended in another state than the one let alone")
		}
		drop()
		if made == made0 {
			f.rows *= 2 // it is over before anybody can be killed
		}
	}
	f.count("%d kills, taken over after %s at most (lease %s)", made, longest.Round(10*time.Millisecond), shortLease)
}

// shortLease is how long a lease lasts where half a minute would take too long.
const shortLease = 3 * time.Second

// holder is which of the nodes has an import in hand; -1 is none.
func (p *program) holder(id int64, nodes []*node) int {
	p.t.Helper()
	owner := p.text(fmt.Sprintf("SELECT lease_owner FROM imports WHERE id = %d", id))
	for n, node := range nodes {
		if strings.Contains(owner, "/"+strconv.Itoa(node.pid())+"/") {
			return n
		}
	}
	return -1
}

// waitForOther waits until an import is out of the hands of a process that is
// dead or frozen, and tells how long that took.
func (p *program) waitForOther(id int64, pid int) time.Duration {
	p.t.Helper()
	began := time.Now()
	for {
		owner := p.text(fmt.Sprintf("SELECT lease_owner FROM imports WHERE id = %d", id))
		if !strings.Contains(owner, "/"+strconv.Itoa(pid)+"/") {
			return time.Since(began)
		}
		if time.Since(began) > 40*time.Second {
			p.t.Fatalf("nobody has taken over: %s", owner)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (p *program) state(id int64) string {
	p.t.Helper()
	return p.text(fmt.Sprintf("SELECT state FROM imports WHERE id = %d", id))
}

// waitFor waits until an import is in a state.
func (p *program) waitFor(id int64, state string, patience time.Duration) {
	p.t.Helper()
	for began := time.Now(); p.state(id) != state; time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			p.t.Fatalf("not %s after %s: %s\n%s", state, patience, p.standing(), p.logs())
		}
	}
}
