package bulk

import (
	"context"
	"slices"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// Extend has a ready import's changes of status and responsibles carried on to
// what belongs to the records, or no longer. All of it is planned anew, with the
// mendings made so far. Whoever accepted guards has not seen the rows that come,
// so he is asked again; of the rows that stay, what he said stays.
func (s *Service) Extend(ctx context.Context, who access.User, id int64, on bool) (*plan.Import, error) {
	if err := who.Must(access.ImportRecords); err != nil {
		return nil, err
	}
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		if i.State != plan.Ready {
			return fault.New(fault.Conflict, "error.import_state", "id", id, "state", string(i.State))
		}
		if !s.Extends(i) {
			return fault.New(fault.Usage, "error.nothing_follows", "id", id)
		}
		if i.Options.Related == on {
			return nil
		}
		return extend(tx, i, who, on)
	})
	if err != nil {
		return nil, err
	}
	s.nudge()
	return s.Get(ctx, who, id)
}

// Extends tells whether records may follow those of an import: it has a file, and
// something can belong to a record of its kinds.
func (s *Service) Extends(i *plan.Import) bool {
	return i.Mode == plan.Edit && i.Options.Task == nil && slices.ContainsFunc(append([]*entity.Entity{i.Entity}, i.Kinds...),
		func(e *entity.Entity) bool { return len(dependants(s.store.Catalog(), e)) > 0 })
}

func extend(tx *store.Tx, i *plan.Import, who access.User, on bool) error {
	act := plan.Narrowed
	i.Options.Related = on
	if on {
		was := i.Accepted
		act, i.Accepted = plan.Extended, 0
		if err := noteGuards(tx, i, who, was); err != nil {
			return err
		}
	}
	if err := tx.SetDecision(i.ID, i.Accepted, i.AllOrNothing, i.AcceptedBy(i.Accepted)); err != nil {
		return err
	}
	if err := tx.SetOptions(i.ID, i.Options); err != nil {
		return err
	}
	if err := tx.AddDecision(i.ID, who.EmployeeID, act); err != nil {
		return err
	}
	return tx.CheckAgain(i.ID, i.Revision, 0)
}
