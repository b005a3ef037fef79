package bulk

import (
	"context"
	"errors"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// forgetAtOnce is how many imports are marked in one transaction.
const forgetAtOnce = 200

// ForgetHistory has every workspace forget what is older than it wants to keep, in small
// steps: people go on saving meanwhile. Whatever it leaves, the next one finds.
func (s *Service) ForgetHistory(ctx context.Context) error {
	workspaces, err := s.store.Workspaces(ctx)
	for _, w := range workspaces {
		if w.HistoryDays > 0 || !w.HistoryFrom.IsZero() {
			err = errors.Join(err, s.forgetOf(ctx, w))
		}
	}
	return err
}

func (s *Service) forgetOf(ctx context.Context, w *entity.Workspace) error {
	for more := w.HistoryDays > 0; more; {
		if err := s.store.Write(ctx, w.ID, func(tx *store.Tx) (err error) {
			more, err = tx.MarkForgotten(forgetAtOnce)
			return err
		}); err != nil {
			return err
		}
	}
	var left []int64
	if err := s.store.Read(ctx, w.ID, func(tx *store.Tx) (err error) {
		left, err = tx.Leftovers()
		return err
	}); err != nil {
		return err
	}
	for _, id := range left {
		if err := s.inSteps(ctx, w.ID, func(tx *store.Tx, size int) (bool, error) { return tx.DropForgotten(id, size) }); err != nil {
			return err
		}
	}
	return s.inSteps(ctx, w.ID, (*store.Tx).DropChanges)
}

// inSteps repeats a deletion until nothing is left, each time as much as holds
// the lock for no longer than a chunk of applying, and leaves others as much time
// in between.
func (s *Service) inSteps(ctx context.Context, workspace int64, drop func(tx *store.Tx, size int) (more bool, err error)) error {
	for size, more := firstChunk, true; more; {
		var held time.Duration
		if err := s.store.Write(ctx, workspace, func(tx *store.Tx) (err error) {
			began := time.Now()
			more, err = drop(tx, size)
			held = time.Since(began)
			return err
		}); err != nil {
			return err
		}
		size = steer(size, held, s.store.ChunkTime())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(held, s.store.ChunkTime())):
		}
	}
	return nil
}

// kept refuses what needs the rows or the file of an import that are not kept any
// more.
func kept(i *plan.Import) error {
	if i.ForgottenAt.IsZero() {
		return nil
	}
	return fault.New(fault.Conflict, "error.forgotten", "id", i.ID)
}
