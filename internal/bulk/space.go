package bulk

import (
	"context"
	"errors"
	"time"

	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// noteSpace remembers that this process found the disk full, until it gets on or
// has not tried for so long. On a full disk that often cannot be written down
// where others would see it. A lease that could not be given back has to run out
// before the next try.
func (s *Service) noteSpace(err error, held bool) {
	if fault.CodeOf(err) != fault.NoSpace {
		return
	}
	until := time.Now().Add(5 * lookAround)
	if held {
		until = until.Add(s.store.Lease())
	}
	s.noSpaceUntil.Store(until.UnixNano())
}

// tellWait writes down, if there is room for it, that an import waits for space.
func (s *Service) tellWait(ctx context.Context, l store.Lease, err error) {
	if fault.CodeOf(err) != fault.NoSpace || errors.Is(err, store.ErrFenced) {
		return
	}
	if err := s.store.Wait(context.WithoutCancel(ctx), l, fault.NoSpace); err != nil {
		s.log.DebugContext(ctx, "that an import waits could not be noted", "import", l.ImportID, "error", err)
	}
}

// sayWaiting says of imports that are not at rest that they wait, when this
// process knows it better than the database.
func (s *Service) sayWaiting(imports ...*plan.Import) {
	if time.Now().UnixNano() > s.noSpaceUntil.Load() {
		return
	}
	for _, i := range imports {
		if i != nil && i.State.Working() && i.Waiting == "" {
			i.Waiting = fault.NoSpace
		}
	}
}
