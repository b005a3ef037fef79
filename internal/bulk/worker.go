package bulk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"nadel/internal/access"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

const (
	// beats is how often a lease is renewed within its time.
	beats = 6
	// lookAround is how often a worker looks for imports that other processes
	// have left.
	lookAround = time.Second
	// hands is how many imports a process works on at once, so that a short one
	// need not wait for a long one.
	hands = 2
	// tries is how often an import is taken up again after an error that is
	// nobody's fault, before it is given up as failed.
	tries = 3
	// uploadPatience is how long a file may take to arrive.
	uploadPatience = time.Hour
	// sweepEvery is how often uploads are looked for that never arrived whole, and
	// history that is not to be kept any longer: a server runs for months.
	sweepEvery = 10 * time.Minute
)

// Work takes up waiting imports, of every workspace, until ctx ends; then it
// stops after the chunks in hand. Whatever it leaves, it or another process
// continues.
func (s *Service) Work(ctx context.Context) error {
	var wg sync.WaitGroup
	for range hands {
		wg.Go(func() { s.workOn(ctx) })
	}
	wg.Go(func() { s.sweep(ctx) })
	wg.Wait()
	return nil
}

// sweep forgets abandoned uploads and old history, now and again and again.
func (s *Service) sweep(ctx context.Context) {
	tick := time.NewTicker(s.sweepEvery)
	defer tick.Stop()
	for {
		if err := s.store.SweepUploads(ctx, s.store.Now().Add(-uploadPatience)); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "sweeping abandoned uploads failed", "error", err)
		}
		if err := s.ForgetHistory(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "forgetting old history failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Service) workOn(ctx context.Context) {
	failures := map[store.Lease]int{}
	for ctx.Err() == nil {
		lease, found, err := s.store.Claim(ctx, s.node)
		if err == nil && found {
			s.nudge() // maybe there is one for the other hand
			err = s.process(ctx, lease, nil)
			err = s.afterFailure(ctx, lease, failures, err)
		}
		s.noteSpace(err, found)
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "work on imports failed", "error", err)
		}
		if err == nil && found {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-time.After(lookAround):
		}
	}
}

// afterFailure counts the failures of one import and gives it up in the end, so
// that one that cannot be worked on does not occupy the workers for ever. The
// database's own trouble (a full disk, a server that restarts) is waited out:
// nothing is wrong with the import.
func (s *Service) afterFailure(ctx context.Context, l store.Lease, failures map[store.Lease]int, err error) error {
	key := store.Lease{Workspace: l.Workspace, ImportID: l.ImportID}
	if left := errors.Is(err, store.ErrFenced) || ctx.Err() != nil; err == nil || left {
		delete(failures, key)
		return nil
	}
	if s.store.Unwell(err) {
		return err
	}
	failures[key]++
	if failures[key] < tries {
		return err
	}
	delete(failures, key)
	return errors.Join(err, s.giveUp(ctx, key))
}

func (s *Service) giveUp(ctx context.Context, key store.Lease) error {
	lease, found, err := s.store.ClaimOne(ctx, s.node, key.Workspace, key.ImportID)
	if err != nil || !found {
		return err
	}
	i, err := s.store.LoadWork(ctx, lease)
	if err != nil {
		return err
	}
	end(i, plan.Failed, fault.New(fault.Internal, "reason.internal"), s.store.Now())
	return errors.Join(s.store.Work(ctx, lease, i, nil), s.store.Release(ctx, lease))
}

// Drive works on one import in this process until it rests: ready, or at its
// end. When another process has it in hand, Drive waits. watch, if given, is
// called with the import as it goes.
func (s *Service) Drive(ctx context.Context, workspace, id int64, watch func(*plan.Import)) (*plan.Import, error) {
	if watch == nil {
		watch = func(*plan.Import) {}
	}
	for failures := 0; ; {
		var i *plan.Import
		err := s.store.Read(ctx, workspace, func(tx *store.Tx) (err error) {
			i, err = tx.Import(id)
			return err
		})
		if err != nil {
			return nil, err
		}
		watch(i)
		if !i.State.Working() {
			return i, nil
		}
		lease, found, err := s.store.ClaimOne(ctx, s.node, workspace, id)
		if err == nil && found {
			err = s.process(ctx, lease, watch)
		}
		if err != nil && !errors.Is(err, store.ErrFenced) {
			if failures++; failures == tries || ctx.Err() != nil {
				return nil, err
			}
		}
		if err != nil || !found {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(lookAround / 4):
			}
		}
	}
}

// job is one import in this process's hands.
type job struct {
	*Service
	ctx     context.Context
	lease   store.Lease
	imp     *plan.Import
	who     access.User // for whom: while checking who has begun it, while applying who has pressed Import
	staff   *staff      // while checking
	mends   *mends      // while checking
	choices choices     // while checking
	watch   func(*plan.Import)
	began   time.Time
	before  time.Duration // worked earlier
	savedAt time.Time
	ahead   []plan.Change // while applying: rows that are to be written next
	held    time.Duration // how long the last save kept others waiting
}

// process works on a claimed import until it rests, renewing the lease beside
// the work, and gives the lease back.
func (s *Service) process(ctx context.Context, l store.Lease, watch func(*plan.Import)) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { s.keepLease(ctx, l, stop) })
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("import %d: panic: %v\n%s", l.ImportID, p, debug.Stack())
		}
		if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
			err = errors.Join(cause, err)
		}
		stop(nil)
		beat.Wait()
		s.tellWait(ctx, l, err)
		if !errors.Is(err, store.ErrFenced) {
			err = errors.Join(err, s.store.Release(context.WithoutCancel(ctx), l))
		}
	}()
	i, err := s.store.LoadWork(ctx, l)
	if err != nil {
		return err
	}
	j := &job{Service: s, ctx: ctx, lease: l, imp: i, watch: watch, began: time.Now(), before: i.Worked}
	s.log.DebugContext(ctx, "import taken up", slog.Int64("workspace", i.Workspace), slog.Int64("import", i.ID), slog.String("state", string(i.State)))
	if i.State == plan.Applying {
		return j.apply()
	}
	return j.check()
}

// keepLease renews the lease until ctx ends, and ends the work when the lease
// is lost. A renewal that fails for another reason is tried again at the next
// beat; the fence protects what happens in between.
func (s *Service) keepLease(ctx context.Context, l store.Lease, stop context.CancelCauseFunc) {
	tick := time.NewTicker(s.store.Lease() / beats)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := s.store.Renew(ctx, l); errors.Is(err, store.ErrFenced) {
				stop(store.ErrFenced)
			}
		}
	}
}

// errCancelled leaves the work because somebody asked for it; it never leaves
// process.
var errCancelled = errors.New("cancelled")

// save commits f and the import's numbers. It answers errCancelled once
// somebody has asked to cancel, after the commit.
func (j *job) save(f func(*store.Tx) error) error {
	j.imp.Worked = j.before + time.Since(j.began)
	began := time.Now() // again when it is our turn to write
	if err := j.store.Work(j.ctx, j.lease, j.imp, func(tx *store.Tx) error {
		began = time.Now()
		if f == nil {
			return nil
		}
		return f(tx)
	}); err != nil {
		return err
	}
	j.savedAt = time.Now()
	j.held = j.savedAt.Sub(began)
	j.noSpaceUntil.Store(0)
	if j.watch != nil {
		j.watch(j.imp)
	}
	if j.imp.CancelAsked && j.imp.State.Working() {
		return errCancelled
	}
	return nil
}

// show shows how far the work is before a step that writes nothing.
func (j *job) show(done int64) error {
	j.imp.Done = max(j.imp.Done, done)
	return j.save(nil)
}

// saveNowAndThen shows progress a few times a second, where nothing else is to be
// written.
func (j *job) saveNowAndThen() error {
	const pace = 300 * time.Millisecond
	if time.Since(j.savedAt) < pace {
		return nil
	}
	return j.save(nil)
}

// finish ends the work with a state and, for a bad end, the reason.
func (j *job) finish(state plan.State, reason *fault.Error) error {
	end(j.imp, state, reason, j.store.Now())
	epilogue := j.epilogue(state)
	notices, err := j.concerned()
	if err != nil {
		return err
	}
	err = j.save(func(tx *store.Tx) error {
		if epilogue != nil {
			if err := epilogue(tx); err != nil {
				return err
			}
		}
		return tx.AddNotices(notices)
	})
	if errors.Is(err, errCancelled) {
		return nil
	}
	return err
}

// end gives an import its last state. One that never got a plan counts nothing.
func end(i *plan.Import, state plan.State, reason *fault.Error, at time.Time) {
	i.State, i.Reason = state, reason
	if state.Final() {
		i.FinishedAt = at
		if i.CheckedAt.IsZero() {
			i.Counts, i.HeldBy = plan.Counts{}, map[plan.Guards]int64{}
		}
	}
}

// errRightLost means that the person who pressed Import may not do so any more.
var errRightLost = errors.New("the right to import was taken away")

// mayGoOn answers errRightLost when the person who pressed Import has lost the
// right while the import runs, and looks what he sees now.
func (j *job) mayGoOn(tx *store.Tx) (err error) {
	if j.who, err = access.Acting(tx, j.imp.AppliedBy); err != nil || j.who.Operator {
		return err
	}
	e, err := tx.Employee(j.who.EmployeeID)
	if err != nil {
		return err
	}
	right, err := rightOf(tx, j.imp)
	if err == nil && (!e.Active || !j.who.May(access.ImportRecords) || !j.who.May(right)) {
		err = errRightLost
	}
	return err
}
