package bulk

import (
	"context"

	"nadel/internal/plan"
	"nadel/internal/store"
)

// Process is process for tests that need a lease of their own in their hands.
func (s *Service) Process(ctx context.Context, l store.Lease, watch func(*plan.Import)) error {
	return s.process(ctx, l, watch)
}
