package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// claim takes an import that must be free.
func (b *bench) claim(owner string, id int64) store.Lease {
	b.Helper()
	l, found, err := b.st.ClaimOne(context.Background(), owner, b.ws, id)
	if err != nil || !found {
		b.Fatalf("%s claims import %d: found %v, %v", owner, id, found, err)
	}
	return l
}

// expire lets the time of a lease run out.
func (b *bench) expire(id int64) {
	b.sql("UPDATE imports SET lease_until = 1 WHERE workspace_id = ? AND id = ?", b.ws, id)
}

func TestClaim(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	if _, found, err := b.st.Claim(ctx, "a"); err != nil || found {
		t.Fatalf("there is nothing to claim: %v, %v", found, err)
	}
	first := b.imported()
	b.clock.Advance(time.Second)
	second := b.imported()
	b.sql("UPDATE imports SET state = 'ready' WHERE id = ?", b.imported().ID)
	b.sql("UPDATE imports SET state = 'applied' WHERE id = ?", b.imported().ID)
	b.write(func(tx *store.Tx) error { return tx.InsertImport(&plan.Import{Entity: b.firm, Mode: plan.Edit}, true) })
	for _, want := range []int64{first.ID, second.ID} {
		l, found, err := b.st.Claim(ctx, "a")
		if err != nil || !found || l.ImportID != want || l.Workspace != b.ws {
			t.Errorf("claimed import %d, %v, %v; the oldest that waits is %d", l.ImportID, found, err, want)
		}
	}
	if l, found, err := b.st.Claim(ctx, "b"); err != nil || found {
		t.Errorf("import %d is claimed though none waits: %v", l.ImportID, err)
	}
	b.expire(second.ID)
	if l, found, err := b.st.Claim(ctx, "b"); err != nil || !found || l.ImportID != second.ID {
		t.Errorf("a lease that has run out: claimed %d, %v, %v", l.ImportID, found, err)
	}
}

func TestOneOfManyClaims(t *testing.T) {
	b := newBench(t)
	i := b.imported()
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 12 {
		wg.Go(func() {
			_, found, err := b.st.ClaimOne(context.Background(), "n", b.ws, i.ID)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if found {
				won++
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d of the claims were granted", won)
	}
}

// A node that slept through its lease writes nothing, neither its work nor the
// import's numbers, and cannot give away what another holds.
func TestFence(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	i := b.imported()
	old := b.claim("sleeper", i.ID)
	mine, err := b.st.LoadWork(ctx, old)
	if err != nil {
		t.Fatal(err)
	}
	b.expire(i.ID)
	now := b.claim("other", i.ID)
	mine.Counts.Read = 77
	err = b.st.Work(ctx, old, mine, func(tx *store.Tx) error {
		return tx.AddProblems(i.ID, []plan.Problem{{Row: 1, Outcome: plan.RowFailed, Code: "unknown_id"}})
	})
	if !errors.Is(err, store.ErrFenced) {
		t.Errorf("work with a lost lease: %v", err)
	}
	if _, err := b.st.Renew(ctx, old); !errors.Is(err, store.ErrFenced) {
		t.Errorf("renewing a lost lease: %v", err)
	}
	if _, err := b.st.LoadWork(ctx, old); !errors.Is(err, store.ErrFenced) {
		t.Errorf("loading with a lost lease: %v", err)
	}
	if err := b.st.Release(ctx, old); err != nil {
		t.Errorf("releasing a lost lease: %v", err)
	}
	if _, found, err := b.st.ClaimOne(ctx, "third", b.ws, i.ID); err != nil || found {
		t.Errorf("the sleeper has given away the lease of another: %v, %v", found, err)
	}
	testkit.Read(t, b.st, b.ws, func(tx *store.Tx) error {
		if _, total, err := tx.Problems(i.ID, nil, 0, 10); err != nil || total != 0 {
			t.Errorf("the sleeper has written %d problems, %v", total, err)
		}
		return nil
	})
	if got := b.get(i.ID); got.Counts.Read != 0 {
		t.Errorf("the sleeper has written counts: %+v", got.Counts)
	}
	theirs, err := b.st.LoadWork(ctx, now)
	if err != nil {
		t.Fatal(err)
	}
	theirs.State, theirs.Counts.Read = plan.Checking, 5
	if err := b.st.Work(ctx, now, theirs, nil); err != nil {
		t.Errorf("work with the lease that holds: %v", err)
	}
	if got := b.get(i.ID); got.Counts.Read != 5 || got.State != plan.Checking {
		t.Errorf("it is %s, %+v", got.State, got.Counts)
	}
}

func TestRenew(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	i := b.imported()
	l := b.claim("a", i.ID)
	b.sql("UPDATE imports SET lease_until = lease_until - 25000")
	if cancel, err := b.st.Renew(ctx, l); err != nil || cancel {
		t.Errorf("renew: %v, %v", cancel, err)
	}
	var left int64
	if err := b.raw.QueryRowContext(ctx, "SELECT lease_until - CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM imports").Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left < 25_000 || left > store.LeaseTime.Milliseconds() {
		t.Errorf("the renewed lease lasts %d ms", left)
	}
	b.sql("UPDATE imports SET state = 'checking'")
	b.write(func(tx *store.Tx) error {
		return tx.Cancel(i.ID, fault.New(fault.Conflict, "reason.cancelled", "login", "x"))
	})
	if cancel, err := b.st.Renew(ctx, l); err != nil || !cancel {
		t.Errorf("renew after a cancel: %v, %v", cancel, err)
	}
	if err := b.st.Release(ctx, l); err != nil {
		t.Fatal(err)
	}
	b.claim("b", i.ID)
}

// Work commits the rows and the import's numbers together or not at all.
func TestWorkIsWhole(t *testing.T) {
	b := newBench(t)
	i := b.imported()
	l := b.claim("a", i.ID)
	i.State, i.Counts.Read = plan.Checking, 9
	broken := errors.New("in the middle")
	err := b.st.Work(context.Background(), l, i, func(tx *store.Tx) error {
		if err := tx.AddProblems(i.ID, []plan.Problem{{Row: 1, Outcome: plan.RowFailed, Code: "unknown_id"}}); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("work answers %v", err)
	}
	testkit.Read(t, b.st, b.ws, func(tx *store.Tx) error {
		if _, total, err := tx.Problems(i.ID, nil, 0, 10); err != nil || total != 0 {
			t.Errorf("%d problems are left, %v", total, err)
		}
		return nil
	})
	if got := b.get(i.ID); got.Counts.Read != 0 || got.State != plan.Uploaded {
		t.Errorf("the import is %s, %+v", got.State, got.Counts)
	}
}

// What somebody cancelled does not go on: an import that has ended takes no more
// work, one that was asked to stop does not become ready, and one that was
// applied to its end in spite of it does not carry the reason.
func TestCancelAgainstWork(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	reason := fault.New(fault.Conflict, "reason.cancelled", "login", "x")
	tests := []struct {
		name            string
		from, to, ended plan.State
		fenced          bool
		reason          bool
	}{
		{"before the check began", plan.Uploaded, plan.Checking, plan.Cancelled, true, true},
		{"at the end of the check", plan.Checking, plan.Ready, plan.Checking, false, true},
		{"while applying", plan.Applying, plan.Applying, plan.Applying, false, true},
		{"at the end of applying", plan.Applying, plan.Applied, plan.Applied, false, false},
		{"and obeyed", plan.Applying, plan.Cancelled, plan.Cancelled, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := b.imported()
			b.sql("UPDATE imports SET state = ? WHERE id = ?", tt.from, i.ID)
			l := b.claim("a", i.ID)
			work, err := b.st.LoadWork(ctx, l)
			if err != nil {
				t.Fatal(err)
			}
			b.write(func(tx *store.Tx) error { return tx.Cancel(i.ID, reason) })
			work.State, work.CheckedAt = tt.to, b.clock.Now()
			err = b.st.Work(ctx, l, work, nil)
			if errors.Is(err, store.ErrFenced) != tt.fenced || err != nil && !tt.fenced {
				t.Fatalf("work: %v", err)
			}
			if !tt.fenced && (!work.CancelAsked || work.State != tt.ended) {
				t.Errorf("the worker hears: cancel %v, %s", work.CancelAsked, work.State)
			}
			if now := b.get(i.ID); now.State != tt.ended || (now.Reason != nil) != tt.reason {
				t.Errorf("it is %s, reason %v", now.State, now.Reason)
			}
		})
	}
}
