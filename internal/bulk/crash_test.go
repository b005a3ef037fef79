package bulk_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// TestFencing freezes a worker in the middle of applying, lets another finish
// the import, and thaws the first: it must write nothing.
func TestFencing(t *testing.T) {
	d := newDesk(t, 1200)
	ctx := context.Background()
	i := d.check(d.csv(everybodyTo("petrov", 1200)...))
	d.press(i, 0)
	lease, found, err := d.st.ClaimOne(ctx, "frozen", d.who.WorkspaceID, i.ID)
	if err != nil || !found {
		t.Fatalf("claim: %v, %v", found, err)
	}
	if _, found, err := d.st.ClaimOne(ctx, "other", d.who.WorkspaceID, i.ID); err != nil || found {
		t.Fatalf("a second claim while the first holds: %v, %v", found, err)
	}
	other := newService(t, d.st)
	after := ""
	err = d.bulk.Process(ctx, lease, func(now *plan.Import) {
		if after != "" || now.AppliedUpto == 0 {
			return
		}
		if err := d.st.Release(ctx, lease); err != nil { // its time has run out
			t.Errorf("release: %v", err)
		}
		end, err := other.Drive(ctx, d.who.WorkspaceID, i.ID, nil)
		if err != nil || end.State != plan.Applied || end.Counts.Applied != 1200 {
			t.Errorf("the other worker: %v, %+v", err, end)
		}
		after = d.checksum()
	})
	if !errors.Is(err, store.ErrFenced) {
		t.Errorf("the frozen worker ends with %v", err)
	}
	if after == "" || d.checksum() != after {
		t.Error("the frozen worker has written")
	}
	d.wanted(d.drive(i.ID), "applied read=1200 change=1200 applied=1200")
	d.sound()
}

// Two workers beside each other apply every row once.
func TestTwoWorkers(t *testing.T) {
	d := newDesk(t, 300)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 2)
	for range 2 {
		s := newService(t, d.st)
		go func() { done <- s.Work(ctx) }()
	}
	var imports []*plan.Import
	for n := range 4 {
		imports = append(imports, d.waiting(d.csv(everybodyTo([]string{"petrov", "sidorova"}[n%2], 300)...)))
	}
	wait := func(rests func(*plan.Import) bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			ready := 0
			for _, i := range imports {
				now, err := d.bulk.Get(context.Background(), d.who, i.ID)
				if err != nil {
					t.Fatal(err)
				}
				if rests(now) {
					ready++
				}
			}
			if ready == len(imports) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the workers do not come to an end")
			}
		}
	}
	wait(func(i *plan.Import) bool { return i.State == plan.Ready })
	for _, i := range imports {
		d.press(i, 0)
	}
	wait(func(i *plan.Import) bool { return i.State == plan.Applied })
	stop()
	for range 2 {
		if err := <-done; err != nil {
			t.Errorf("a worker: %v", err)
		}
	}
	// they saw the same records, so each record went to whoever came first
	var applied, conflicts int64
	for _, i := range imports {
		now, err := d.bulk.Get(context.Background(), d.who, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		applied, conflicts = applied+now.Counts.Applied, conflicts+now.Counts.Conflict
	}
	if applied != 300 || conflicts != 900 {
		t.Errorf("applied %d, in conflict %d; want 300 and 900", applied, conflicts)
	}
	d.sound()
}

// TestCrashes stops the work at random moments, as the end of a process would,
// and goes on with another process: records and receipts end as in a run that
// nobody disturbed.
func TestCrashes(t *testing.T) {
	d := newDesk(t, 1500)
	lines := everybodyTo("petrov, sidorova", 1500)
	for n := 10; n < len(lines); n += 10 {
		lines[n] = []string{"77777;petrov", fmt.Sprintf("%d;clear", n), fmt.Sprintf("%d;stranger, other", n)}[n%3]
	}
	start := d.checksum()
	quiet := d.apply(d.check(d.csv(lines...)), plan.Visibility)
	changed, checkedAs := d.checksum(), problemsText(d, quiet)
	quietUndo := d.apply(d.undo(quiet), 0)
	d.same("an undisturbed undo", start)

	r := rand.New(rand.NewPCG(7, 7))
	for round := range 4 {
		i := d.crashing(r, d.waiting(d.csv(lines...)))
		if problemsText(d, i) != checkedAs {
			t.Errorf("round %d: the check says something else about the rows", round)
		}
		d.press(i, plan.Visibility)
		i = d.crashing(r, i)
		if i.State != plan.Applied || i.Counts != quiet.Counts || d.checksum() != changed {
			t.Fatalf("round %d: %s %+v; undisturbed %+v", round, i.State, i.Counts, quiet.Counts)
		}
		undo, err := d.bulk.Undo(context.Background(), d.who, i.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		undo = d.crashing(r, undo)
		d.press(undo, 0)
		undo = d.crashing(r, undo)
		if undo.State != plan.Applied || undo.Counts != quietUndo.Counts || d.checksum() != start {
			t.Fatalf("round %d: undo %s %+v; undisturbed %+v", round, undo.State, undo.Counts, quietUndo.Counts)
		}
		d.sound()
	}
}

// crashing drives an import through a few processes that end before their time.
func (d desk) crashing(r *rand.Rand, i *plan.Import) *plan.Import {
	d.Helper()
	for range 4 {
		ctx, stop := context.WithCancel(context.Background())
		watch := func(*plan.Import) {}
		if r.IntN(2) == 0 {
			time.AfterFunc(time.Duration(r.IntN(40_000))*time.Microsecond, stop)
		} else {
			left := 1 + r.IntN(6)
			watch = func(*plan.Import) {
				if left--; left == 0 {
					stop()
				}
			}
		}
		_, err := newService(d.T, d.st).Drive(ctx, d.who.WorkspaceID, i.ID, watch)
		stop()
		// a statement that is stopped on its way to the server takes its connection along
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, driver.ErrBadConn) {
			d.Fatalf("a worker that was stopped answers %v", err)
		}
	}
	return d.drive(i.ID)
}

func problemsText(d desk, i *plan.Import) string {
	d.Helper()
	list, total, err := d.bulk.Problems(context.Background(), d.who, i.ID, bulk.ProblemQuery{Limit: 5000})
	if err != nil {
		d.Fatal(err)
	}
	text := fmt.Sprint(total)
	for _, p := range list {
		text += fmt.Sprintf("\n%d %d %s %s %s", p.Row, p.N, p.Outcome, p.Code, p.Value)
	}
	return text
}
