package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nadel/internal/fault"
	"nadel/internal/plan"
)

// Lease is the right of one node to work on one import. It lasts as long as it
// is renewed; its fence grows with each claim, and every transaction that
// writes the import's work checks it, so that a node that slept through its
// lease cannot write after another has taken over.
type Lease struct {
	Workspace int64
	ImportID  int64
	owner     string
	fence     int64
}

// LeaseTime is how long a claim lasts without being renewed, unless Options say
// otherwise.
const LeaseTime = 30 * time.Second

// ErrFenced means that the lease is lost: another node works on the import, or
// the import was taken away. Whoever gets it stops and writes nothing more.
var ErrFenced = errors.New("the lease on the import is lost")

// Lease is how long a claim lasts without being renewed.
func (s *Store) Lease() time.Duration { return s.lease }

// Claim takes the oldest import that waits for a worker and is in nobody's
// hands, in any workspace; found is false when there is none. Leases go by the
// database's clock, so nodes need not agree on the time.
func (s *Store) Claim(ctx context.Context, owner string) (l Lease, found bool, err error) {
	return s.claim(ctx, owner, "1 = 1")
}

// ClaimOne takes one import of one workspace, if it waits for a worker and is
// in nobody's hands.
func (s *Store) ClaimOne(ctx context.Context, owner string, workspace, id int64) (l Lease, found bool, err error) {
	return s.claim(ctx, owner, "workspace_id = ? AND id = ?", workspace, id)
}

func (s *Store) claim(ctx context.Context, owner, which string, args ...any) (l Lease, found bool, err error) {
	l.owner = owner
	// the cheap look first: writing takes SQLite's only write lock
	waiting := `state IN ('uploaded', 'checking', 'applying') AND lease_until < ` + s.dialect.clock + ` AND ` + which
	err = s.readAll(ctx, func(tx *Tx) error {
		found, err = tx.one("SELECT id FROM imports WHERE "+waiting+" LIMIT 1", args, new(int64))
		return err
	})
	if err != nil || !found {
		return l, false, wrapIf("look for waiting imports", err)
	}
	err = s.writeAll(ctx, func(tx *Tx) error {
		found, err = tx.one(`SELECT workspace_id, id, fence + 1 FROM imports WHERE `+waiting+
			` ORDER BY created_at, workspace_id, id LIMIT 1`, args, &l.Workspace, &l.ImportID, &l.fence)
		if err != nil || !found {
			return err
		}
		n, err := tx.exec(`UPDATE imports SET lease_owner = ?, fence = ?, lease_until = `+tx.dialect.clock+` + ?
			WHERE workspace_id = ? AND id = ? AND fence = ?`,
			owner, l.fence, s.lease.Milliseconds(), l.Workspace, l.ImportID, l.fence-1)
		found = n == 1 // another node may have been quicker
		return err
	})
	return l, found, wrapIf("claim an import", err)
}

// Renew prolongs the lease and tells whether somebody asked to cancel.
func (s *Store) Renew(ctx context.Context, l Lease) (cancel bool, err error) {
	err = s.Write(ctx, l.Workspace, func(tx *Tx) error {
		found, err := tx.one(`UPDATE imports SET lease_until = `+tx.dialect.clock+` + ?
			WHERE workspace_id = ? AND id = ? AND fence = ? AND lease_owner = ? RETURNING cancel_asked`,
			[]any{s.lease.Milliseconds(), l.Workspace, l.ImportID, l.fence, l.owner}, &cancel)
		if err == nil && !found {
			err = ErrFenced
		}
		return err
	})
	return cancel, err
}

// Release gives the import back, so that the next node need not wait for the
// lease to run out. Losing it first is no error.
func (s *Store) Release(ctx context.Context, l Lease) error {
	return s.Write(ctx, l.Workspace, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE imports SET lease_owner = '', lease_until = 0
			WHERE workspace_id = ? AND id = ? AND fence = ? AND lease_owner = ?`,
			l.Workspace, l.ImportID, l.fence, l.owner)
		return err
	})
}

// Wait notes what the work on an import waits for, so that every process can
// tell. It is noted where that can be: a full disk may have no room for the note.
func (s *Store) Wait(ctx context.Context, l Lease, why fault.Code) error {
	return s.Write(ctx, l.Workspace, func(tx *Tx) error {
		_, err := tx.exec("UPDATE imports SET waiting = ? WHERE workspace_id = ? AND id = ? AND fence = ? AND lease_owner = ?",
			why, l.Workspace, l.ImportID, l.fence, l.owner)
		return err
	})
}

// Work runs f in a transaction that is committed only while the lease is held;
// with it go the import's own numbers, as f leaves them in i. An import that
// somebody has asked to cancel does not become ready: i is left as checking.
func (s *Store) Work(ctx context.Context, l Lease, i *plan.Import, f func(*Tx) error) error {
	err := s.Write(ctx, l.Workspace, func(tx *Tx) error {
		if err := tx.holds(l); err != nil {
			return err
		}
		if f != nil {
			if err := f(tx); err != nil {
				return err
			}
		}
		return tx.saveWork(l, i)
	})
	if err == nil && s.dialect.settle != "" && s.works.Add(1)%settleEvery == 0 {
		_, _ = s.read.ExecContext(ctx, s.dialect.settle) // what it has not done, the next one does
	}
	return err
}

// settleEvery is after how many chunks their log is emptied: seldom enough that
// pages which all of them write go to their place once.
const settleEvery = 4

// holds answers ErrFenced when the lease is lost, before anything is written.
// The import stays locked: where writers pass side by side, whoever takes the
// lease over waits for the end of this transaction.
func (tx *Tx) holds(l Lease) error {
	found, err := tx.one("SELECT id FROM imports WHERE workspace_id = ? AND id = ? AND fence = ? AND lease_owner = ?"+tx.locked(),
		[]any{l.Workspace, l.ImportID, l.fence, l.owner}, new(int64))
	if err == nil && !found {
		err = ErrFenced
	}
	return err
}

func (tx *Tx) saveWork(l Lease, i *plan.Import) error {
	texts, err := jsonTexts(i)
	if err != nil {
		return err
	}
	c := i.Counts
	var cancel bool
	// Whoever asked to cancel was told yes, so the import does not become ready
	// any more; one that is applied to its end has no reason for having ended.
	found, err := tx.one(`UPDATE imports SET state = CASE WHEN ? = 'ready' AND cancel_asked = 1 THEN state ELSE ? END,
		reason = CASE WHEN ? = 'applied' THEN '' WHEN ? = '' THEN reason ELSE ? END, summary = ?, held_by = ?,
		rows_read = ?, rows_change = ?, rows_unchanged = ?, rows_held = ?, rows_failed = ?, rows_accepted = ?,
		rows_applied = ?, rows_conflict = ?, rows_blank = ?, warnings = ?, rows_mended = ?, corrects = ?, replans = ?, applied_upto = ?, taking_back = ?,
		progress_done = ?, progress_total = ?, checked_at = ?, started_at = ?, finished_at = ?, worked_ms = ?,
		applied_by = ?, accepted = ?, kinds = ?, waiting = ''
		WHERE workspace_id = ? AND id = ? AND fence = ? AND lease_owner = ?
			AND state IN ('uploaded', 'checking', 'applying') RETURNING cancel_asked`,
		[]any{i.State, i.State, i.State, texts.reason, texts.reason, texts.summary, texts.heldBy,
			c.Read, c.Change, c.Unchanged, c.Held, c.Failed, c.Accepted,
			c.Applied, c.Conflict, c.Blank, c.Warnings, c.Mended, i.Corrects, i.Replans, i.AppliedUpto, i.TakingBack,
			i.Done, i.Total, millis(i.CheckedAt), millis(i.StartedAt), millis(i.FinishedAt), i.Worked.Milliseconds(),
			i.AppliedBy, i.Accepted, kindBits(i),
			l.Workspace, l.ImportID, l.fence, l.owner}, &cancel)
	if err != nil {
		return err
	}
	if !found {
		return ErrFenced
	}
	i.CancelAsked, i.Waiting = cancel, ""
	if cancel && i.State == plan.Ready {
		i.State, i.CheckedAt = plan.Checking, time.Time{}
	}
	return nil
}

type importTexts struct{ reason, summary, heldBy string }

func jsonTexts(i *plan.Import) (importTexts, error) {
	var t importTexts
	summary, err1 := json.Marshal(i.Summary)
	heldBy, err2 := json.Marshal(i.HeldBy)
	if i.Reason != nil {
		reason, err := json.Marshal(i.Reason)
		if err != nil {
			return t, fmt.Errorf("write reason: %w", err)
		}
		t.reason = string(reason)
	}
	t.summary, t.heldBy = string(summary), string(heldBy)
	return t, wrapIf("write the import's summary", errors.Join(err1, err2))
}

// LoadWork reads the import that the lease is about.
func (s *Store) LoadWork(ctx context.Context, l Lease) (*plan.Import, error) {
	var i *plan.Import
	err := s.Read(ctx, l.Workspace, func(tx *Tx) (err error) {
		i, err = tx.Import(l.ImportID)
		return err
	})
	if err == nil && i.Fence != l.fence {
		err = ErrFenced
	}
	if fault.CodeOf(err) == fault.NotFound {
		err = ErrFenced
	}
	return i, err
}

// SweepUploads forgets uploads that began before the given instant and never
// arrived whole, in every workspace.
func (s *Store) SweepUploads(ctx context.Context, before time.Time) error {
	type upload struct{ workspace, id int64 }
	var stale []upload
	err := s.readAll(ctx, func(tx *Tx) error {
		return tx.query("SELECT workspace_id, id FROM imports WHERE state = ? AND created_at < ?",
			[]any{uploading, millis(before)}, func(scan func(...any) error) error {
				var u upload
				err := scan(&u.workspace, &u.id)
				stale = append(stale, u)
				return err
			})
	})
	for _, u := range stale {
		err = errors.Join(err, s.Write(ctx, u.workspace, func(tx *Tx) error { return tx.DropUpload(u.id) }))
	}
	return wrapIf("sweep uploads", err)
}

func wrapIf(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
