package store

import (
	"nadel/internal/entity"
)

// ownValues: each value of the workspace's own fields is of a record of the
// field's kind, stands in the column of its kind, and of a choice is one of its
// values.
func (c *checker) ownValues(e *entity.Entity) error {
	fields := e.OwnFields()
	for n := range fields {
		f := &fields[n]
		wrong := "r.id IS NULL OR v." + ownColumn(f) + " IS NULL OR (CASE WHEN v.text IS NULL THEN 0 ELSE 1 END + CASE WHEN v.number IS NULL THEN 0 ELSE 1 END + CASE WHEN v.value IS NULL THEN 0 ELSE 1 END) <> 1"
		args := []any{e.Number, c.tx.workspace, f.Own}
		switch f.Kind {
		case entity.Directory:
			wrong += " OR v.value NOT IN (SELECT d.id FROM directory_values d WHERE d.workspace_id = ? AND d.directory = ?)"
			args = append(args, c.tx.workspace, f.Directory)
		case entity.Bool:
			wrong += " OR v.value <> 1"
		}
		if err := c.tx.query(`SELECT v.record_id FROM own_values v LEFT JOIN records r ON r.workspace_id = v.workspace_id AND r.kind = ? AND r.id = v.record_id
			WHERE v.workspace_id = ? AND v.field = ? AND (`+wrong+")", args, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			c.report("check.own_value", "field", f.Heading, "id", id)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// ownFields: values are of fields that exist.
func (c *checker) ownFields() error {
	return c.tx.query(eachOnce("own_values", "field", "workspace_id = ?")+
		" AND NOT EXISTS (SELECT 1 FROM own_fields f WHERE f.workspace_id = ? AND f.id = o.id)",
		[]any{c.tx.workspace, c.tx.workspace, c.tx.workspace}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			c.report("check.orphans", "table", "own_values", "target", "own_fields", "id", id)
			return err
		})
}
