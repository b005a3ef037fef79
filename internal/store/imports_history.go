package store

import (
	"fmt"
	"time"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// ImportEntry is one entry of a record's history that an import wrote.
type ImportEntry struct {
	RecordID   int64
	Version    int64 // the record's version after the change
	At         time.Time
	EmployeeID int64 // who pressed Import; 0 is the operator
	ImportID   int64
	Row        int64
	FileName   string
	Undoes     int64
	TakenBack  bool // all or nothing took back what it had applied: a change of its own
	Changes    []entity.Change
}

// ImportChangesOf lists what imports have changed on one record of e.
func (tx *Tx) ImportChangesOf(e *entity.Entity, id int64) ([]ImportEntry, error) {
	return tx.ImportChangesBetween(e, id, id)
}

// ImportChangesBetween lists what imports have changed on the records of e with
// ids from first to last. The plan's rows are the history: there is no index by
// record, the answer is found by one look into each import of the kind.
func (tx *Tx) ImportChangesBetween(e *entity.Entity, first, last int64) ([]ImportEntry, error) {
	var list []ImportEntry
	// CROSS JOIN makes SQLite begin with the few imports, not with the many rows.
	err := tx.query(`SELECT `+changeColumns+`, i.id, i.undoes, i.file_name, i.applied_by, i.finished_at,
			(SELECT MIN(k.at) FROM import_chunks k WHERE k.workspace_id = i.workspace_id AND k.import_id = i.id
				AND k.last_record = (SELECT MIN(n.last_record) FROM import_chunks n WHERE n.workspace_id = i.workspace_id
					AND n.import_id = i.id AND n.last_record >= c.record_id))
		FROM imports i CROSS JOIN import_changes c
		WHERE i.workspace_id = ? AND (i.kind = ? OR (i.kinds & ?) <> 0) AND i.started_at > 0
			AND c.workspace_id = i.workspace_id AND c.import_id = i.id AND COALESCE(c.kind, i.kind) = ? AND c.record_id BETWEEN ? AND ?
			AND c.record_id <= i.applied_upto AND c.fate <> ? AND (c.guards & ~i.accepted) = 0
		ORDER BY c.record_id, c.version`,
		[]any{tx.workspace, e.Number, kindBit(e), e.Number, first, last, plan.InConflict}, func(scan func(...any) error) error {
			var h ImportEntry
			var at *int64
			var finished int64
			c, err := tx.scanChange(scan, &h.ImportID, &h.Undoes, &h.FileName, &h.EmployeeID, &finished, &at)
			if err != nil {
				return err
			}
			if at == nil {
				return fmt.Errorf("import %d: no chunk tells when record %d was changed", h.ImportID, c.RecordID)
			}
			h.RecordID, h.Row, h.Version, h.At, h.Changes = c.RecordID, c.Row, c.Version+1, instant(*at), fieldChanges(&c)
			list = append(list, h)
			if c.Fate == plan.TakenBack {
				h.Version, h.At, h.TakenBack, h.Changes = h.Version+1, instant(max(finished, *at)), true, reversed(h.Changes)
				list = append(list, h)
			}
			return nil
		})
	return list, err
}

// fieldChanges writes a planned change in the words of history.
func fieldChanges(c *plan.Change) []entity.Change {
	var list []entity.Change
	if c.TouchesActive {
		list = append(list, entity.Change{Field: entity.Active, Before: entity.BoolText(c.ActiveBefore), After: entity.BoolText(c.ActiveAfter)})
	}
	if c.TouchesResponsibles {
		list = append(list, entity.Change{Field: entity.Responsibles, Before: entity.IDsText(c.ResponsiblesBefore), After: entity.IDsText(c.ResponsiblesAfter)})
	}
	return append(list, c.Fields...)
}

func reversed(changes []entity.Change) []entity.Change {
	back := make([]entity.Change, len(changes))
	for i, c := range changes {
		back[i] = entity.Change{Field: c.Field, Before: c.After, After: c.Before}
	}
	return back
}
