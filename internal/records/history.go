package records

import (
	"cmp"
	"context"
	"slices"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// HistoryEntry is one change of a record, made by hand or by an import.
type HistoryEntry struct {
	Version    int64 // of the record after the change
	At         time.Time
	EmployeeID int64  // 0 is the operator
	Name       string // of the employee; "" for the operator
	ImportID   int64  // 0: by hand
	ImportRow  int64
	FileName   string
	Undoes     int64 // the import that this one takes back; 0 when none
	TakenBack  bool  // the import took its own change back: all or nothing
	MayUndo    bool  // an import made it, and can take it back by itself
	Being      plan.Being
	Changes    []entity.Change
}

// History lists what has become of a record, the newest first.
func (s *Service) History(ctx context.Context, who access.User, e *entity.Entity, id int64) ([]HistoryEntry, error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, err
	}
	var list []HistoryEntry
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if _, err := visible(tx, who, e, id); err != nil {
			return err
		}
		list, err = history(tx, e, id)
		return err
	})
	return list, err
}

// history merges what people and what imports wrote.
func history(tx *store.Tx, e *entity.Entity, id int64) ([]HistoryEntry, error) {
	byHand, err := tx.HandChanges(e, id)
	if err != nil {
		return nil, err
	}
	byImport, err := tx.ImportChangesOf(e, id)
	if err != nil {
		return nil, err
	}
	list := make([]HistoryEntry, 0, len(byHand)+len(byImport))
	for _, h := range byHand {
		list = append(list, HistoryEntry{Version: h.Version, At: h.At, EmployeeID: h.EmployeeID, Changes: h.Changes})
	}
	back := map[int64]bool{} // imports that have taken everything back already
	for _, h := range byImport {
		back[h.ImportID] = back[h.ImportID] || h.TakenBack
	}
	for _, h := range byImport {
		list = append(list, HistoryEntry{
			Version: h.Version, At: h.At, EmployeeID: h.EmployeeID, ImportID: h.ImportID, ImportRow: rowInFile(h.Row),
			FileName: h.FileName, Undoes: h.Undoes, TakenBack: h.TakenBack, MayUndo: !back[h.ImportID], Being: h.Being, Changes: h.Changes,
		})
	}
	slices.SortFunc(list, func(a, b HistoryEntry) int { return cmp.Compare(b.Version, a.Version) })
	return list, putNames(tx, list)
}

// rowInFile is the row's number; 0 for a record that followed another one.
func rowInFile(place int64) int64 {
	if plan.SheetOf(place) == plan.Following {
		return 0
	}
	return plan.RowOf(place)
}

func putNames(tx *store.Tx, list []HistoryEntry) error {
	ids := make([]int64, 0, len(list))
	for _, h := range list {
		ids = append(ids, h.EmployeeID)
	}
	people, err := tx.People(entity.SortedSet(ids))
	if err != nil {
		return err
	}
	for i := range list {
		if p := people[list[i].EmployeeID]; p != nil {
			list[i].Name = p.Name
		}
	}
	return nil
}
