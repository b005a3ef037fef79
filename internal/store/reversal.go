package store

import (
	"fmt"

	"nadel/internal/plan"
)

// An undo's plan is the undone import's rows with before and after changed
// places. Where nobody has touched the records since, and only what lies in
// records was changed, the database makes such rows by itself; nobody looks at
// them one by one.

// Reversed is what Reverse has done.
type Reversed struct {
	Upto    int64 // the record up to which the import's rows were gone through
	Planned int64 // rows put into the undo's plan
	Others  int64 // applied rows that somebody has to look at
}

// Reverse puts into the plan of an undo what takes back the next rows that an
// import has applied, at most limit after the given record id, as far as their
// records are as the import has left them.
func (tx *Tx) Reverse(undo int64, of *plan.Import, after int64, limit int) (Reversed, error) {
	r := Reversed{Upto: after}
	var rows int64
	_, err := tx.one(`SELECT COALESCE(MAX(record_id), 0), COUNT(*) FROM (SELECT c.record_id FROM import_changes c
			WHERE c.workspace_id = ? AND c.import_id = ? AND c.record_id > ? AND c.record_id <= ?
				AND c.fate = 0 AND (c.guards & ~CAST(? AS BIGINT)) = 0 ORDER BY c.record_id LIMIT ?) AS next`,
		[]any{tx.workspace, of.ID, after, of.AppliedUpto, int64(of.Accepted), limit}, &r.Upto, &rows)
	if err != nil || rows == 0 {
		return Reversed{Upto: after}, err
	}
	if err := tx.joining(r.Upto-after < rows*dense); err != nil {
		return r, err
	}
	// CROSS JOIN makes SQLite walk the plan and look the records up.
	r.Planned, err = tx.exec(`INSERT INTO import_changes (workspace_id, import_id, record_id, source_row, guards, version,
			active_before, active_after, responsibles_before, responsibles_after)
		SELECT c.workspace_id, CAST(? AS BIGINT), c.record_id, c.source_row, 0, r.version,
			c.active_after, c.active_before, c.responsibles_after, c.responsibles_before
		FROM import_changes c CROSS JOIN records r
		WHERE c.workspace_id = ? AND c.import_id = ? AND c.record_id > ? AND c.record_id <= ?
			AND c.fate = 0 AND (c.guards & ~CAST(? AS BIGINT)) = 0
			AND c.kind IS NULL AND c.fields IS NULL AND c.left_fields IS NULL AND c.being IS NULL
			AND r.workspace_id = ? AND r.kind = ? AND r.id = c.record_id AND r.id > ? AND r.id <= ? AND r.version = c.version + 1`,
		undo, tx.workspace, of.ID, after, r.Upto, int64(of.Accepted), tx.workspace, of.Entity.Number, after, r.Upto)
	r.Others = rows - r.Planned
	return r, err
}

// Unreversed reads those rows of an import, from after one record id up to
// another, that have no row in the plan of its undo.
func (tx *Tx) Unreversed(undo, of, after, upto int64, limit int) ([]plan.Change, error) {
	return tx.changesWhere(of, after, limit, `record_id <= ? AND NOT EXISTS (SELECT 1 FROM import_changes u
		WHERE u.workspace_id = ? AND u.import_id = ? AND u.record_id = c.record_id)`, upto, tx.workspace, undo)
}

// joining says how this transaction's statements are to find rows of one table by
// those of another, where the planner has to be told: together by a hash table,
// from parts of both that are read in one go, else one by one. Left alone it
// would read the whole table for every chunk of a few thousand rows, and a
// million of them would cost a hundred tables.
func (tx *Tx) joining(together bool) error {
	if tx.dialect.joining == "" {
		return nil
	}
	hash, nested := "off", "on"
	if together {
		hash, nested = nested, hash
	}
	if _, err := tx.exec(tx.dialect.joining, hash, nested); err != nil {
		return fmt.Errorf("choose how to join: %w", err)
	}
	return nil
}
