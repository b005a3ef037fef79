package store

import (
	"slices"
	"strings"

	"nadel/internal/entity"
)

// fillRows is how many rows one statement of Fill inserts. More were not
// faster when measured; the arguments of a row cost more than the statement.
const fillRows = 50

// Fill inserts many new records of one kind, in the order given, and gives them
// ids. It does what Insert does for each, several times faster, and is meant for
// data that is known to be good: demo, benchmarks, imports of new records.
func (tx *Tx) Fill(recs []*entity.Record) error {
	if len(recs) == 0 {
		return nil
	}
	var next int64
	if _, err := tx.one("UPDATE workspaces SET next_record_id = next_record_id + ? WHERE id = ? RETURNING next_record_id",
		[]any{len(recs), tx.workspace}, &next); err != nil {
		return err
	}
	first := next - int64(len(recs))
	for i, rec := range recs {
		rec.ID, rec.Version = first+int64(i), 1
		if rec.CreatedAt.IsZero() {
			rec.CreatedAt = tx.at
		}
	}
	for part := range slices.Chunk(recs, fillRows) {
		if err := tx.fillPart(part); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) fillPart(recs []*entity.Record) error {
	e := recs[0].Entity
	var wide, narrow, reverse []any
	var own []ownChange
	for _, rec := range recs {
		values, err := tx.wideValues(rec)
		if err != nil {
			return err
		}
		wide, own = append(wide, values...), append(own, ownChanges(nil, rec)...)
		narrow = append(narrow, tx.workspace, e.Number, rec.ID, truth(rec.Active), rec.Version, pack(rec.Responsibles))
		for _, employee := range underWhom(rec.Responsibles) {
			reverse = append(reverse, tx.workspace, employee, e.Number, rec.ID)
		}
	}
	if _, err := tx.exec(wideInsert(e, len(recs)), wide...); err != nil {
		return err
	}
	if err := tx.writeOwn(own); err != nil {
		return err
	}
	if err := tx.insertRows("records (workspace_id, kind, id, active, version, responsibles)", 6, narrow); err != nil {
		return err
	}
	return tx.insertRows("responsibilities (workspace_id, employee_id, kind, record_id)", 4, reverse)
}

// insertRows inserts as many rows of width values as values holds.
func (tx *Tx) insertRows(into string, width int, values []any) error {
	// Statements of the full height are the same text every time and stay
	// prepared; only the last one of a part differs.
	for part := range slices.Chunk(values, width*fillRows) {
		one := "(" + marks(width) + ")"
		if _, err := tx.exec("INSERT INTO "+into+" VALUES "+one+strings.Repeat(", "+one, len(part)/width-1), part...); err != nil {
			return err
		}
	}
	return nil
}
