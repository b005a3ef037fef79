package store

import (
	"slices"
)

// A row of an import stands undone while some undo has taken it back and that
// undo's own row does not stand undone itself. The numbers are kept with each
// chunk that an undo applies: a list of imports must not count millions of rows.

// CountUndone notes that undo number id has just applied its rows about these
// records (ascending), or, with back, has taken them back itself. All imports up
// the line hear of it: what an undo of an undo takes back stands again.
func (tx *Tx) CountUndone(id int64, records []int64, back bool) error {
	undone := !back // what the rows of the import up the line become
	for child := id; len(records) > 0; undone = !undone {
		var parent int64
		if _, err := tx.one("SELECT undoes FROM imports WHERE workspace_id = ? AND id = ?", []any{tx.workspace, child}, &parent); err != nil || parent == 0 {
			return err
		}
		// a row that another undo has taken back stays as it is
		others, err := tx.undosOf(parent, child)
		if err != nil {
			return err
		}
		for _, other := range others {
			standing, err := tx.standing(other, records)
			if err != nil {
				return err
			}
			records = without(records, standing)
		}
		n := int64(len(records))
		if !undone {
			n = -n
		}
		if _, err := tx.exec("UPDATE imports SET rows_undone = rows_undone + ? WHERE workspace_id = ? AND id = ?",
			n, tx.workspace, parent); err != nil {
			return err
		}
		child = parent
	}
	return nil
}

// Undos lists the undos of an import that have applied anything.
func (tx *Tx) Undos(id int64) ([]int64, error) { return tx.undosOf(id, 0) }

// undosOf lists the undos of an import that have applied anything, but one.
func (tx *Tx) undosOf(id, but int64) ([]int64, error) {
	var list []int64
	err := tx.query("SELECT id FROM imports WHERE workspace_id = ? AND undoes = ? AND undoes > 0 AND id <> ? AND rows_applied > 0",
		[]any{tx.workspace, id, but}, func(scan func(...any) error) error {
			var undo int64
			err := scan(&undo)
			list = append(list, undo)
			return err
		})
	return list, err
}

// standing tells which of the records (ascending) an import has changed and no
// undo has taken back.
func (tx *Tx) standing(id int64, records []int64) ([]int64, error) {
	if len(records) == 0 {
		return nil, nil
	}
	list, err := tx.applied(id, records[0], records[len(records)-1])
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(record int64) bool {
		_, asked := slices.BinarySearch(records, record)
		return !asked
	})
	undos, err := tx.undosOf(id, 0)
	for _, undo := range undos {
		taken, err := tx.standing(undo, list)
		if err != nil {
			return nil, err
		}
		list = without(list, taken)
	}
	return list, err
}

// applied tells which of the records from first to last an import has changed.
func (tx *Tx) applied(id, first, last int64) ([]int64, error) {
	var list []int64
	err := tx.query(`SELECT c.record_id FROM imports i JOIN import_changes c ON c.workspace_id = i.workspace_id AND c.import_id = i.id
		WHERE i.workspace_id = ? AND i.id = ? AND c.record_id BETWEEN ? AND ? AND c.record_id <= i.applied_upto
			AND c.fate = 0 AND (c.guards & ~i.accepted) = 0 ORDER BY c.record_id`,
		[]any{tx.workspace, id, first, last}, func(scan func(...any) error) error {
			var record int64
			err := scan(&record)
			list = append(list, record)
			return err
		})
	return list, err
}

// without is the ascending numbers of list that are not among the ascending ones
// of less.
func without(list, less []int64) []int64 {
	if len(less) == 0 {
		return list
	}
	rest, _ := setDifference(list, less)
	return rest
}
