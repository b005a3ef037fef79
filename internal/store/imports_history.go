package store

import (
	"cmp"
	"fmt"
	"slices"
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
	Being      plan.Being
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
	return tx.importChangesAfter(e, first, last, time.Time{})
}

// importChangesAfter leaves out what was applied before an instant or at it.
func (tx *Tx) importChangesAfter(e *entity.Entity, first, last int64, after time.Time) ([]ImportEntry, error) {
	list, err := tx.importEntries(e, first, last, after)
	if err != nil {
		return nil, err
	}
	mates, err := tx.mateEntries(e, first, last, after)
	return append(list, mates...), err
}

func (tx *Tx) importEntries(e *entity.Entity, first, last int64, after time.Time) ([]ImportEntry, error) {
	var rows []importRow
	// CROSS JOIN makes SQLite begin with the few imports, not with the many rows.
	err := tx.query(`SELECT `+changeColumns+`, i.id, i.undoes, i.file_name, i.applied_by, i.finished_at, i.accepted
		FROM imports i CROSS JOIN import_changes c
		WHERE i.workspace_id = ? AND (i.kind = ? OR (i.kinds & ?) <> 0) AND i.started_at > 0 AND i.forgotten_at = 0 AND (i.finished_at = 0 OR i.finished_at > ?)
			AND c.workspace_id = i.workspace_id AND c.import_id = i.id AND COALESCE(c.kind, i.kind) = ? AND c.record_id BETWEEN ? AND ?
			AND c.record_id <= i.applied_upto AND c.fate <> ? AND (c.guards & ~i.accepted) = 0
		ORDER BY c.record_id, c.version`,
		[]any{tx.workspace, e.Number, kindBit(e), millis(after), e.Number, first, last, plan.InConflict}, func(scan func(...any) error) error {
			h, err := tx.scanImportRow(scan)
			rows = append(rows, h)
			return err
		})
	if err != nil {
		return nil, err
	}
	return tx.withTimes(rows, first, last, after)
}

// importRow is a row of a plan on its way to an entry of history.
type importRow struct {
	ImportEntry
	change   plan.Change
	at       int64 // the record by whose number its chunk is found
	finished int64
}

func (tx *Tx) scanImportRow(scan func(...any) error) (importRow, error) {
	var h importRow
	var accepted plan.Guards
	c, err := tx.scanChange(scan, &h.ImportID, &h.Undoes, &h.FileName, &h.EmployeeID, &h.finished, &accepted)
	if err != nil {
		return h, err
	}
	c = c.Passing(accepted)
	h.RecordID, h.Row, h.Version, h.Changes, h.TakenBack = c.RecordID, c.Row, c.Version+1, fieldChanges(&c), c.Fate == plan.TakenBack
	h.Being, h.change, h.at = c.Being, c, c.RecordID
	return h, nil
}

// withTimes says when the rows were applied, and tells what all or nothing took
// back again as a change of its own.
func (tx *Tx) withTimes(rows []importRow, first, last int64, after time.Time) (list []ImportEntry, err error) {
	list = make([]ImportEntry, 0, len(rows))
	times := chunkTimes{tx: tx, first: first, last: last}
	for _, r := range rows {
		h := r.ImportEntry
		if h.At, err = times.of(h.ImportID, r.at); err != nil {
			return nil, err
		}
		takenBack := h.TakenBack
		h.TakenBack = false
		if h.At.After(after) {
			list = append(list, h)
		}
		if takenBack { // a change of its own
			if end := instant(r.finished); end.After(h.At) {
				h.At = end
			}
			h.Version, h.TakenBack, h.Changes, h.Being = h.Version+1, true, reversed(h.Changes), h.Being.Reversed()
			list = append(list, h)
		}
	}
	return list, nil
}

// chunkTimes tells when rows about the records from first to last were applied.
// The times of an import are read once for all of them.
type chunkTimes struct {
	tx          *Tx
	first, last int64
	byImport    map[int64][]chunkTime
}

type chunkTime struct{ lastRecord, at int64 }

func (t *chunkTimes) of(importID, record int64) (time.Time, error) {
	chunks, known := t.byImport[importID]
	if !known {
		err := t.tx.query(`SELECT last_record, at FROM import_chunks WHERE workspace_id = ? AND import_id = ? AND last_record >= ?
				AND last_record <= COALESCE((SELECT MIN(n.last_record) FROM import_chunks n
					WHERE n.workspace_id = ? AND n.import_id = ? AND n.last_record >= ?), ?) ORDER BY last_record`,
			[]any{t.tx.workspace, importID, t.first, t.tx.workspace, importID, t.last, t.last}, func(scan func(...any) error) error {
				var c chunkTime
				err := scan(&c.lastRecord, &c.at)
				chunks = append(chunks, c)
				return err
			})
		if err != nil {
			return time.Time{}, err
		}
		if t.byImport == nil {
			t.byImport = map[int64][]chunkTime{}
		}
		t.byImport[importID] = chunks
	}
	n, _ := slices.BinarySearchFunc(chunks, record, func(c chunkTime, record int64) int { return cmp.Compare(c.lastRecord, record) })
	if n == len(chunks) {
		return time.Time{}, fmt.Errorf("%w: import %d: no chunk tells when record %d was changed", errDamaged, importID, record)
	}
	return instant(chunks[n].at), nil
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
	return append(list, c.Own()...)
}

func reversed(changes []entity.Change) []entity.Change {
	back := make([]entity.Change, len(changes))
	for i, c := range changes {
		back[i] = entity.Change{Field: c.Field, Before: c.After, After: c.Before}
	}
	return back
}
