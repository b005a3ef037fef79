package store

import (
	"errors"

	"nadel/internal/plan"
)

// importsChunk is how many imports are read at a time.
const importsChunk = 200

// imports: every receipt adds up, and says what the plan's rows and chunks say.
func (c *checker) imports() error {
	for after := int64(0); ; {
		var list []*plan.Import
		if err := c.tx.query("SELECT "+importColumns+` FROM imports i WHERE i.workspace_id = ? AND i.state <> ? AND i.id > ?
			ORDER BY i.id LIMIT ?`, []any{c.tx.workspace, uploading, after, importsChunk}, func(scan func(...any) error) error {
			i, err := c.tx.scanImport(scan)
			list = append(list, i)
			return err
		}); err != nil {
			return err
		}
		for _, i := range list {
			c.receipt(i)
			if i.ForgottenAt.IsZero() { // else there are no rows to compare with
				if err := errors.Join(c.rows(i), c.chunks(i), c.undone(i)); err != nil {
					return err
				}
			}
			after = i.ID
		}
		if len(list) < importsChunk {
			return nil
		}
	}
}

func (c *checker) receipt(i *plan.Import) {
	n := i.Counts
	if i.CheckedAt.IsZero() {
		return // the check is under way, or never ended
	}
	if n.Read != n.Change+n.Unchanged+n.Held+n.Failed {
		c.report("check.receipt_read", "import", i.ID, "read", n.Read, "sum", n.Change+n.Unchanged+n.Held+n.Failed)
	}
	if n.Accepted != i.AcceptedBy(i.Accepted) {
		c.report("check.receipt_accepted", "import", i.ID, "accepted", n.Accepted, "rows", i.AcceptedBy(i.Accepted))
	}
	if n.Remaining < 0 || i.State == plan.Applied && n.Remaining != 0 {
		c.report("check.receipt_remaining", "import", i.ID, "remaining", n.Remaining)
	}
}

// rows: the receipt counts what the plan holds.
func (c *checker) rows(i *plan.Import) error {
	n := i.Counts
	if i.CheckedAt.IsZero() {
		return nil
	}
	var changes, held, applied, conflicts int64
	if _, err := c.tx.one(`SELECT COALESCE(SUM(CASE WHEN guards = 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN guards > 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN record_id <= ? AND fate = 0 AND (guards & ~CAST(? AS BIGINT)) = 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN fate = 1 THEN 1 ELSE 0 END), 0)
		FROM import_changes WHERE workspace_id = ? AND import_id = ?`,
		[]any{i.AppliedUpto, int64(i.Accepted), c.tx.workspace, i.ID}, &changes, &held, &applied, &conflicts); err != nil {
		return err
	}
	for _, pair := range []struct {
		what       string
		says, rows int64
	}{{"change", n.Change, changes}, {"held", n.Held, held}, {"applied", n.Applied, applied}, {"conflict", n.Conflict, conflicts}} {
		if pair.says != pair.rows {
			c.report("check.receipt_rows", "import", i.ID, "count", pair.what, "says", pair.says, "rows", pair.rows)
		}
	}
	return nil
}

// chunks: the last chunk that was applied ends where the import says it has come.
func (c *checker) chunks(i *plan.Import) error {
	var last int64
	if _, err := c.tx.one("SELECT COALESCE(MAX(last_record), 0) FROM import_chunks WHERE workspace_id = ? AND import_id = ?",
		[]any{c.tx.workspace, i.ID}, &last); err != nil {
		return err
	}
	if last != i.AppliedUpto {
		c.report("check.chunks", "import", i.ID, "says", i.AppliedUpto, "chunks", last)
	}
	return nil
}

// undone: as many rows of an import stand undone as it says.
func (c *checker) undone(i *plan.Import) error {
	undos, err := c.tx.undosOf(i.ID, 0)
	if err != nil || len(undos) == 0 && i.Undone == 0 {
		return err
	}
	undone := int64(0)
	for after := int64(0); ; {
		ids, err := c.tx.numbers("SELECT record_id FROM import_changes WHERE workspace_id = ? AND import_id = ? AND record_id > ? ORDER BY record_id LIMIT ?",
			c.tx.workspace, i.ID, after, checkChunk)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		last := ids[len(ids)-1]
		rows, err := c.tx.applied(i.ID, after+1, last)
		if err != nil {
			return err
		}
		standing, err := c.tx.standing(i.ID, rows)
		if err != nil {
			return err
		}
		undone, after = undone+int64(len(rows)-len(standing)), last
	}
	if undone != i.Undone {
		c.report("check.undone", "import", i.ID, "says", i.Undone, "rows", undone)
	}
	return nil
}
