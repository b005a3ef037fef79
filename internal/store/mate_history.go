package store

import (
	"strconv"
	"time"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// mateEntries is what imports have done to records of e as companions: a company
// comes, and goes, with its main location, in one row, which is the company's.
func (tx *Tx) mateEntries(e *entity.Entity, first, last int64, after time.Time) ([]ImportEntry, error) {
	var list []ImportEntry
	for _, leader := range tx.catalog.Entities {
		companion, flag := tx.catalog.Companion(leader)
		if companion == nil || companion.Number != e.Number {
			continue
		}
		var rows []importRow
		err := tx.query(`SELECT `+changeColumns+`, i.id, i.undoes, i.file_name, i.applied_by, i.finished_at, i.accepted
			FROM imports i CROSS JOIN import_changes c
			WHERE i.workspace_id = ? AND i.kind = ? AND i.mode IN (?, ?) AND i.started_at > 0 AND i.forgotten_at = 0 AND (i.finished_at = 0 OR i.finished_at > ?)
				AND c.workspace_id = i.workspace_id AND c.import_id = i.id AND c.being IS NOT NULL AND c.record_id BETWEEN ? AND ?
				AND c.record_id <= i.applied_upto AND c.fate <> ? AND (c.guards & ~i.accepted) = 0
			ORDER BY c.record_id, c.version`,
			[]any{tx.workspace, leader.Number, plan.Create, plan.Undo, millis(after), first - 1, last - 1, plan.InConflict}, func(scan func(...any) error) error {
				h, err := tx.scanImportRow(scan)
				h.RecordID, h.Version = plan.Mate(h.RecordID), 1
				h.Changes = mateChanges(&h.change, companion, flag, &h.Version)
				rows = append(rows, h)
				return err
			})
		if err != nil {
			return nil, err
		}
		of, err := tx.withTimes(rows, first-1, last-1, after)
		if err != nil {
			return nil, err
		}
		list = append(list, of...)
	}
	return list, nil
}

// mateChanges is what a row makes of the companion, in the words of history, and
// to which version it brings it.
func mateChanges(c *plan.Change, companion *entity.Entity, flag *entity.Field, version *int64) []entity.Change {
	var list []entity.Change
	people := false
	for _, f := range c.OfMate(companion) {
		switch f.Field {
		case entity.Version:
			seen, _ := strconv.ParseInt(f.Before+f.After, 10, 64) // one of them is empty; we wrote it
			*version = seen + 1
			continue
		case entity.Responsibles:
			people = true
		}
		list = append(list, f)
	}
	if c.TouchesResponsibles && !people {
		list = append(list, entity.Change{Field: entity.Responsibles, Before: entity.IDsText(c.ResponsiblesBefore), After: entity.IDsText(c.ResponsiblesAfter)})
	}
	id := entity.IDsText([]int64{c.RecordID})
	own := []entity.Change{{Field: flag.OnePer, After: id}, {Field: flag.Name, After: "1"}}
	if c.Being == plan.Goes {
		own = reversed(own)
	}
	return append(own, list...)
}
