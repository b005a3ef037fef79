package bulk

import (
	"cmp"
	"slices"
	"sort"

	"nadel/internal/plan"
	"nadel/internal/store"
)

// Nothing is said of single rows that are held because too much would change at
// once: a million sentences would be the same. The report says it of each row.

// findBlast finds the rows that wait for that word, in the order of the file.
func (r *report) findBlast() error {
	if !r.imp.Summary.Blast || plan.Blast.Within(r.imp.Accepted) {
		return nil
	}
	err := r.service.store.Read(r.ctx, r.imp.Workspace, func(tx *store.Tx) error {
		return tx.HeldBy(r.imp.ID, plan.Blast, func(row, record int64) {
			r.blast = append(r.blast, plan.Problem{Row: row, RecordID: record, Outcome: plan.Held, Code: "held_by_blast"})
		})
	})
	slices.SortFunc(r.blast, func(a, b plan.Problem) int { return cmp.Compare(a.Row, b.Row) })
	return err
}

// rewind begins again behind a row.
func (r *report) rewind(from int64) {
	r.batch, r.after, r.all, r.peeked = nil, from, false, nil
	r.at = sort.Search(len(r.blast), func(n int) bool { return r.blast[n].Row > from })
}

// next is the problems of the next row that belongs into the report; none at the
// end.
func (r *report) next() (row []plan.Problem, err error) {
	if r.peeked == nil {
		if r.peeked, err = r.nextSaid(); err != nil {
			return nil, err
		}
	}
	row = r.peeked
	if r.at == len(r.blast) || row != nil && row[0].Row < r.blast[r.at].Row {
		r.peeked = nil
		return row, nil
	}
	held := r.blast[r.at]
	r.at++
	if row == nil || row[0].Row > held.Row {
		return []plan.Problem{held}, nil
	}
	r.peeked = nil
	return append(slices.Clone(row), held), nil
}
