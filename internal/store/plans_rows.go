package store

import (
	"database/sql/driver"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// Applying where a statement takes one row: prepared statements in the order of
// the keys, so that neighbours in a page are written one after the other.

// applyRows is ApplyChanges.
func (tx *Tx) applyRows(e *entity.Entity, changes []plan.Change) (conflicts []int64, err error) {
	applied := make([]bool, len(changes))
	err = tx.many(`UPDATE records SET active = COALESCE(?, active), responsibles = COALESCE(?, responsibles), version = version + 1
		WHERE workspace_id = ? AND kind = ? AND id = ? AND version = ?`,
		len(changes), 6, func(i int, row []driver.NamedValue) {
			c := &changes[i]
			row[0].Value, row[1].Value = nil, nil
			if c.TouchesActive {
				row[0].Value = truth(c.ActiveAfter)
			}
			if c.TouchesResponsibles {
				row[1].Value = pack(c.ResponsiblesAfter)
			}
			row[2].Value, row[3].Value, row[4].Value, row[5].Value = tx.workspace, int64(e.Number), c.RecordID, c.Version
		}, func(i int, touched int64) { applied[i] = touched == 1 })
	if err != nil {
		return nil, err
	}
	var gone, come pairs
	for n := range changes {
		c := &changes[n]
		switch {
		case !applied[n]:
			conflicts = append(conflicts, c.RecordID)
		case c.TouchesResponsibles:
			less, more := setDifference(underWhom(c.ResponsiblesBefore), underWhom(c.ResponsiblesAfter))
			gone.add(c.RecordID, less)
			come.add(c.RecordID, more)
		}
	}
	return conflicts, tx.movePairs(e, gone, come)
}

// movePairs keeps the reverse index in step.
func (tx *Tx) movePairs(e *entity.Entity, gone, come pairs) error {
	for _, part := range []struct {
		query string
		pairs pairs
	}{
		{"DELETE FROM responsibilities WHERE workspace_id = ? AND kind = ? AND employee_id = ? AND record_id = ?", gone},
		{"INSERT INTO responsibilities (workspace_id, kind, employee_id, record_id) VALUES (?, ?, ?, ?)", come},
	} {
		list := part.pairs.inOrder()
		if err := tx.many(part.query, len(list.records), 4, func(i int, row []driver.NamedValue) {
			row[0].Value, row[1].Value, row[2].Value, row[3].Value = tx.workspace, int64(e.Number), list.employees[i], list.records[i]
		}, nil); err != nil {
			return err
		}
	}
	return nil
}
