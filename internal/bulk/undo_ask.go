package bulk

import (
	"context"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// Undo makes an import that takes another one back. Like any other it is
// checked, shown, and applied when somebody says so.
func (s *Service) Undo(ctx context.Context, who access.User, id int64, accept plan.Guards) (*plan.Import, error) {
	return s.UndoPart(ctx, who, id, plan.Part{}, accept)
}

// UndoPart takes back chosen rows of an import, or those that concerned one
// employee.
func (s *Service) UndoPart(ctx context.Context, who access.User, id int64, part plan.Part, accept plan.Guards) (*plan.Import, error) {
	if err := who.Must(access.UndoImports); err != nil {
		return nil, err
	}
	var undo *plan.Import
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		if err := mustCarryOut(tx, who, i); err != nil {
			return err
		}
		if !i.State.Final() {
			return fault.New(fault.Conflict, "error.import_state", "id", id, "state", string(i.State))
		}
		if err := kept(i); err != nil {
			return err
		}
		if i.Counts.Applied == 0 {
			return fault.New(fault.Conflict, "error.nothing_to_undo", "id", id)
		}
		undo = &plan.Import{
			Entity: i.Entity, Kinds: i.Kinds, Mode: plan.Undo, Undoes: id, File: plan.File{Name: i.File.Name},
			Accepted: accept, CreatedBy: who.EmployeeID,
		}
		if !part.Whole() {
			if part.Employee != 0 {
				if _, err := tx.Employee(part.Employee); err != nil {
					return err
				}
			}
			if part.Rows, err = onSheets(tx, i, part.Rows); err != nil {
				return err
			}
			if part.Records, err = leadersOf(tx, i, entity.SortedSet(part.Records)); err != nil {
				return err
			}
			undo.Options.Undo = &part
		}
		if err := tx.InsertImport(undo, false); err != nil {
			return err
		}
		if err := noteAhead(tx, undo, who); err != nil {
			return err
		}
		return tx.AddDecision(id, who.EmployeeID, plan.UndoAsked, "import", undo.ID)
	})
	s.nudge()
	return undo, err
}

// MayUndo tells whether who may take an import back, and there is something to
// take back: rows that no undo has, or fields that an undo has left alone because
// somebody had changed them. Such an undo may have been completed by a later one;
// the preview then says that nothing is left.
func (s *Service) MayUndo(ctx context.Context, who access.User, i *plan.Import) (bool, error) {
	if !who.May(access.UndoImports) || !knows(who, i) || !i.State.Final() || !i.ForgottenAt.IsZero() || i.Counts.Applied == 0 {
		return false, nil
	}
	if i.Undone < i.Counts.Applied {
		return true, nil
	}
	left := false
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		undos, err := tx.Undos(i.ID)
		if err != nil {
			return err
		}
		for _, id := range undos {
			undo, err := tx.Import(id)
			if err != nil {
				return err
			}
			left = left || undo.LeftOut() > 0
		}
		return nil
	})
	return left, err
}

// onSheets makes places of rows that somebody has named. The rows of an undo are
// those of the import that it takes back.
func onSheets(tx *store.Tx, i *plan.Import, rows []plan.Span) ([]plan.Span, error) {
	for len(rows) > 0 && i.Undoes != 0 {
		var err error
		if i, err = tx.Import(i.Undoes); err != nil {
			return nil, err
		}
	}
	return plan.OnSheets(rows, i.Summary.Parts)
}
