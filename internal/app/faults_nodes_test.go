package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nadel/internal/testkit"
)

// freeze stops the node that works on an import for three times the lease, so
// that the other takes over, and lets it go on: it must write nothing more.
func (f *faults) freeze(t *testing.T) {
	leases := []time.Duration{shortLease}
	if f.long {
		leases = append(leases, shortLease, shortLease, 30*time.Second)
	}
	p := f.seeded(t, max(f.rows, 6000))
	calm, drop := f.copyOf(p)
	calm.run("import", "company", "edit.csv", "--apply")
	want := calm.contents()
	drop()
	for _, lease := range leases {
		one, drop := f.copyOf(p)
		one = one.with("NADEL_TEST_LEASE=" + lease.String())
		nodes := []*node{one.serve(), one.serve()}
		one.run("import", "company", "edit.csv")
		leaveApplying(t, one)
		frozen := -1
		for frozen < 0 && one.state(1) == "applying" {
			frozen = one.holder(1, nodes)
		}
		if frozen < 0 {
			t.Fatal("it was over before anybody could be frozen")
		}
		nodes[frozen].signal(syscall.SIGSTOP)
		if f.engine.postgres {
			// what it had locked goes when the server ends its transaction
			took := one.waitForOther(1, nodes[frozen].pid())
			one.waitFor(1, "applied", 90*time.Second)
			f.count("lease %s: taken over after %s", lease, took.Round(100*time.Millisecond))
		} else {
			time.Sleep(3 * lease) // it may hold the only write lock: then everybody waits for it
			f.count("lease %s", lease)
		}
		nodes[frozen].signal(syscall.SIGCONT)
		one.waitFor(1, "applied", 90*time.Second)
		time.Sleep(lease / 4) // the thawed one finds out
		for _, n := range nodes {
			n.stop()
		}
		f.sound(one)
		one.see(1)
		if one.contents() != want {
			t.Fatal("the frozen node has written")
		}
		drop()
	}
}

// killServer kills what serves the database in three ways, while an import runs
// and somebody looks at pages.
func (f *faults) killServer(t *testing.T) {
	if !f.engine.postgres {
		f.skip(t, "SQLite has no server")
	}
	dir, err := os.MkdirTemp("", "nadel-own-") //nolint:usetesting // the server runs as another user, who must reach the folder
	if err != nil {
		t.Fatal(err)
	}
	server := testkit.OwnPostgres(t, dir, "", "")
	p := &program{t: t, dir: t.TempDir(), db: server.Address(), env: []string{"NADEL_TEST_LEASE=" + shortLease.String()}}
	f.fill(p, f.rows)
	n := p.serve()
	defer n.stop()
	h := n.administrator("boss")
	longest, stop := h.watch(n)
	id, want := int64(0), p.contents()
	rounds := pick(f.long, 12, 1)
	for range rounds {
		for _, way := range []string{"kill -9", "terminate", "immediate stop", "kill -9 in the check"} {
			id++
			args := []string{"import", "company", "edit.csv"}
			if id%2 == 0 { // back again
				args = []string{"undo", strconv.FormatInt(id-1, 10)}
			}
			p.run(args...)
			if way == "kill -9 in the check" {
				p.execute(`UPDATE imports SET state = 'uploaded', checked_at = 0 WHERE state = 'ready'`)
			} else {
				leaveApplying(t, p)
			}
			time.Sleep(time.Duration(f.random.IntN(300)) * time.Millisecond)
			f.hitServer(t, server, way)
			if way == "kill -9 in the check" {
				p.eventually(func() bool { return p.stateOrNone(id) == "ready" })
				leaveApplying(t, p)
			}
			p.eventually(func() bool { return p.stateOrNone(id) == "applied" })
			f.sound(p)
			p.see(id)
		}
	}
	stop()
	if id%2 == 0 && valuesOf(p.contents()) != valuesOf(want) {
		t.Error("imports and their undos do not bring back what was before")
	}
	if *longest > 10*time.Second {
		t.Errorf("pages were broken for %s", *longest)
	}
	f.count("%d times kill -9 of a backend, %d terminated, %d immediate stops; pages broken for %s at most",
		2*rounds, rounds, rounds, longest.Round(10*time.Millisecond))
}

func (f *faults) hitServer(t *testing.T, server *testkit.Server, way string) {
	t.Helper()
	switch backends := server.Backends(); {
	case way == "terminate":
		server.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nadel'")
	case way == "immediate stop":
		server.Stop("immediate")
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	case len(backends) > 0:
		pid, err := strconv.Atoi(backends[f.random.IntN(len(backends))])
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

// watch looks at a page again and again, and keeps the longest time in which
// none came.
func (h *person) watch(n *node) (longest *time.Duration, stop func()) {
	longest = new(time.Duration)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		good := time.Now()
		for {
			if a := h.get(n, "/companies"); a.status == 200 {
				good = time.Now()
			}
			*longest = max(*longest, time.Since(good))
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	return longest, func() { close(done); wg.Wait() }
}

// stateOrNone is the state of an import, "" while the database does not answer.
func (p *program) stateOrNone(id int64) (state string) {
	db := p.behind()
	defer func() { _ = db.Close() }()
	_ = db.QueryRow(fmt.Sprintf("SELECT state FROM imports WHERE id = %d", id)).Scan(&state) // "" then
	return state
}

// eventually waits for what comes by itself: work is taken up again within half a
// minute, and then has to be done, on a machine that may be busy.
func (p *program) eventually(done func() bool) {
	p.t.Helper()
	for began := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 90*time.Second {
			p.t.Fatalf("it has not come by itself: %s\n%s", p.standing(), p.logs())
		}
	}
}

// standing is how the imports stand, for finding out why one does not go on.
func (p *program) standing() string {
	db := p.behind()
	defer func() { _ = db.Close() }()
	var text string
	err := db.QueryRow(`SELECT id || ' ' || state || ' ' || reason || ' upto ' || applied_upto || ' fence ' || fence || ' of ' || lease_owner
		FROM imports ORDER BY id DESC LIMIT 1`).Scan(&text)
	if err != nil {
		return err.Error()
	}
	if p.onPostgres() {
		var busy string
		_ = db.QueryRow(`SELECT COALESCE(string_agg(state || ' ' || (now() - xact_start) || ' ' || COALESCE(wait_event, '') || ' ' || left(query, 200), E'\n'), '')
			FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL`).Scan(&busy) // for people
		text += "\n" + busy
	}
	return text
}

// wrongClocks lets two nodes, one an hour ahead and one an hour behind, take an
// import from each other's hands: leases go by the clock of the database.
func (f *faults) wrongClocks(t *testing.T) {
	p := f.seeded(t, f.rows)
	calm, drop := f.copyOf(p)
	calm.run("import", "company", "edit.csv", "--apply")
	want := calm.contents()
	drop()
	kills := 0
	for range pick(f.long, 10, 1) {
		one, drop := f.copyOf(p)
		one = one.with("NADEL_TEST_LEASE=" + shortLease.String())
		ahead, behind := one.with("NADEL_TEST_CLOCK=1h").serve(), one.with("NADEL_TEST_CLOCK=-1h").serve()
		nodes := []*node{ahead, behind}
		one.run("import", "company", "edit.csv")
		leaveApplying(t, one)
		for one.state(1) == "applying" {
			if n := one.holder(1, nodes); n >= 0 {
				time.Sleep(time.Duration(f.random.IntN(100)) * time.Millisecond)
				nodes[n].kill()
				kills++
				break
			}
		}
		one.waitFor(1, "applied", 90*time.Second)
		for _, n := range nodes {
			n.kill()
		}
		// the undo is begun by a clock that says it is before the import
		one.with("NADEL_TEST_CLOCK=-1h").run("undo", "1", "--apply")
		one.with("NADEL_TEST_CLOCK=1h").run("undo", "2", "--apply")
		f.sound(one)
		one.see(1)
		if valuesOf(one.contents()) != valuesOf(want) {
			t.Fatal("the import ended in another state than by right clocks")
		}
		drop()
	}
	f.count("%d kills, clocks two hours apart", kills)
}

// conflict gives the same records to two people by two imports at once,
// by two processes: each record is as one of them wants, the other is told.
func (f *faults) conflict(t *testing.T) {
	const rows = 200
	p := f.seeded(t, rows)
	both := 0
	for range f.pairs {
		one, drop := f.copyOf(p)
		one.people("first.csv", rows, "user001")
		one.people("second.csv", rows, "user002")
		one.run("import", "company", "first.csv")
		one.run("import", "company", "second.csv")
		first, second := one.command("apply", "1"), one.command("apply", "2")
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(f.random.IntN(40)) * time.Millisecond)
		if err := second.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = first.Wait(), second.Wait() // the status says that rows were in conflict
		a, b := one.see(1), one.see(2)
		if a.State != "applied" || b.State != "applied" {
			t.Fatalf("they rest as %s and %s", a.State, b.State)
		}
		// user001 had some of them before, and user002 some: each wins what only he changes
		if a.Counts.Applied+b.Counts.Applied < rows-20 || a.Counts.Conflict > b.Counts.Applied || b.Counts.Conflict > a.Counts.Applied {
			t.Fatalf("both wrote a record, or neither: %+v, %+v", a.Counts, b.Counts)
		}
		if got := strings.Count(one.contents(), ";user001;") + strings.Count(one.contents(), ";user002;"); got != rows {
			t.Fatalf("%d of %d records are as one of the two wished", got, rows)
		}
		if a.Counts.Applied > 0 && b.Counts.Applied > 0 {
			both++
		}
		f.sound(one)
		drop()
	}
	f.count("%d pairs, in %d of them both won some rows", f.pairs, both)
}

// people writes a file that gives every company to one person.
func (p *program) people(name string, rows int, login string) {
	p.t.Helper()
	var b strings.Builder
	b.WriteString("ID;Ответственные\n")
	for i := 1; i <= rows; i++ {
		fmt.Fprintf(&b, "%d;%s\n", i, login)
	}
	p.file(name, b.String())
}

// undoLater undoes an import over a part of which another has gone since: what
// was touched since is left alone, the rest is as before.
func (f *faults) undoLater(t *testing.T) {
	const rows = 400
	p := f.seeded(t, rows)
	before := p.lines()
	p.run("import", "company", "edit.csv", "--apply")
	p.people("later.csv", rows/10, "user020")
	p.run("import", "company", "later.csv", "--apply")
	later := p.lines()
	_, _, _ = p.try("undo", "1", "--apply") // status 4: some rows are left alone
	after := p.lines()
	touched := p.see(2).Counts.Applied
	kept := 0
	for n := range after {
		was, then, now := strings.Split(before[n], ";"), strings.Split(later[n], ";"), strings.Split(after[n], ";")
		for field := range len(now) - 1 { // the last is the version
			switch {
			case now[field] == was[field]:
			case now[field] == then[field] && n <= rows/10:
				kept++
			default:
				t.Fatalf("line %d is %q; before %q, later %q", n, after[n], before[n], later[n])
			}
		}
	}
	if kept == 0 || int64(kept) > 2*touched { // two fields of a record
		t.Errorf("%d fields were left as the later import had them, which changed %d records", kept, touched)
	}
	f.sound(p)
	f.count("%d rows, %d fields left alone", rows, kept)
}

func (p *program) lines() []string {
	return strings.Split(strings.TrimSpace(p.contents()), "\n")
}

// changeBetween changes a record after the preview, and takes the right away from
// who pressed Import.
func (f *faults) changeBetween(t *testing.T) {
	p := f.seeded(t, 3000)
	p.people("all.csv", 3000, "user007")
	p.people("some.csv", 30, "user008")
	p.run("import", "company", "all.csv")
	p.run("import", "company", "some.csv", "--apply")
	_, _, _ = p.try("apply", "1") // status 4: conflicts
	c := p.see(1).Counts
	if c.Conflict == 0 || c.Conflict > p.see(2).Counts.Applied || c.Applied+c.Conflict != c.Change {
		t.Errorf("the stale preview: %+v", c)
	}
	f.sound(p)

	n := p.serve()
	defer n.stop()
	h := n.administrator("boss")
	content, err := os.ReadFile(filepath.Join(p.dir, "edit.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if a := h.upload(n, content); a.location != "/imports/3" {
		t.Fatalf("upload: %+v", a)
	}
	p.eventually(func() bool { return p.state(3) == "ready" })
	if a := h.post(n, "/imports/3/apply", map[string][]string{"sha256": {"of another file"}}); a.status != 409 {
		t.Errorf("a preview of another file is applied: %d", a.status)
	}
	p.execute("UPDATE employees SET active = 0 WHERE login_folded = 'boss'")
	p.execute("UPDATE imports SET state = 'applying', started_at = created_at, applied_by = created_by WHERE id = 3")
	p.eventually(func() bool { return p.state(3) == "cancelled" })
	if c := p.see(3).Counts; c.Applied != 0 {
		t.Errorf("after the right was taken away: %+v", c)
	}
	f.sound(p)
	f.count("%d conflicts, another file refused, right taken away", c.Conflict)
}
