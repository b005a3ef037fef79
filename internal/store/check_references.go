package store

import (
	"fmt"
	"strings"

	"nadel/internal/entity"
)

// reference says that a column of a table holds ids of another table, or nothing
// (NULL, or 0 for the operator).
type reference struct {
	table  string
	row    string // what tells its rows apart within the workspace
	column string
	target string
}

// references that the schema itself keeps are here too: its keys can be lifted,
// and were, whenever an archive was loaded.
var references = []reference{
	{"employees", "id", "position", "directory_values"},
	{"group_members", "group_id", "group_id", "employee_groups"},
	{"group_members", "group_id", "employee_id", "employees"},
	{"changes", "record_id", "employee_id", "employees"},
	{"imports", "id", "undoes", "imports"},
	{"imports", "id", "corrects", "imports"},
	{"imports", "id", "created_by", "employees"},
	{"imports", "id", "applied_by", "employees"},
	{"import_decisions", "import_id", "employee_id", "employees"},
	{"import_approvals", "import_id", "asked_by", "employees"},
	{"import_approvals", "import_id", "answered_by", "employees"},
	{"import_mendings", "import_id", "made_by", "employees"},
	{"import_loads", "import_id", "employee_id", "employees"},
	{"remembered_mendings", "id", "made_by", "employees"},
	{"remembered_mendings", "id", "import_id", "imports"},
	{"notices", "id", "employee_id", "employees"},
	{"notices", "id", "import_id", "imports"},
	{"workspace_changes", "n", "employee_id", "employees"},
}

// owned is the tables whose key goes on with the id of what their rows belong
// to. That is asked once for each id, not for each row.
var owned = []reference{
	{"import_files", "", "import_id", "imports"},
	{"import_changes", "", "import_id", "imports"},
	{"import_chunks", "", "import_id", "imports"},
	{"import_problems", "", "import_id", "imports"},
	{"import_loads", "", "import_id", "imports"},
	{"import_decisions", "", "import_id", "imports"},
	{"import_approvals", "", "import_id", "imports"},
	{"import_choices", "", "import_id", "imports"},
	{"import_values", "", "import_id", "imports"},
	{"import_mendings", "", "import_id", "imports"},
	{"import_mended", "", "import_id", "imports"},
	{"responsibilities", "", "employee_id", "employees"},
}

// numbered is the tables whose rows about one thing are numbered from 1 on: none
// may be lost.
var numbered = []reference{
	{table: "import_decisions", column: "import_id"},
	{table: "import_approvals", column: "import_id"},
	{table: "workspace_changes", column: "workspace_id"},
}

// eachOnce is the beginning of a query for the different values (o.id) of a
// column that its table's key goes on with: it jumps from one to the next.
// within is a condition on the table.
func eachOnce(table, column, within string) string {
	where, and := "", ""
	if within != "" {
		where, and = " WHERE "+within, " AND "+within
	}
	return fmt.Sprintf(`WITH RECURSIVE once (id) AS (SELECT MIN(%[2]s) FROM %[1]s%[3]s UNION ALL
		SELECT (SELECT MIN(%[2]s) FROM %[1]s WHERE %[2]s > once.id%[4]s) FROM once WHERE once.id IS NOT NULL)
		SELECT o.id FROM once o WHERE o.id IS NOT NULL`, table, column, where, and)
}

// references: what rows refer to is there.
func (c *checker) references() error {
	for _, r := range references {
		if err := c.refers(r); err != nil {
			return err
		}
	}
	for _, r := range owned {
		if err := c.tx.query(eachOnce(r.table, r.column, "workspace_id = ?")+
			" AND o.id <> 0 AND NOT EXISTS (SELECT 1 FROM "+r.target+" p WHERE p.workspace_id = ? AND p.id = o.id)",
			[]any{c.tx.workspace, c.tx.workspace, c.tx.workspace}, func(scan func(...any) error) error {
				var id int64
				err := scan(&id)
				c.report("check.orphans", "table", r.table, "target", r.target, "id", id)
				return err
			}); err != nil {
			return err
		}
	}
	for _, r := range numbered {
		if err := c.tx.query("SELECT "+r.column+", COUNT(*), MAX(n) FROM "+r.table+" WHERE workspace_id = ? GROUP BY "+r.column+
			" HAVING COUNT(*) <> MAX(n)", []any{c.tx.workspace}, func(scan func(...any) error) error {
			var id, rows, last int64
			err := scan(&id, &rows, &last)
			c.report("check.numbered", "table", r.table, "id", id, "rows", rows, "last", last)
			return err
		}); err != nil {
			return err
		}
	}
	return c.ofImports()
}

// refers reports the rows whose column refers to what is not there.
func (c *checker) refers(r reference) error {
	column := "c." + quote(r.column)
	return c.tx.query("SELECT c."+r.row+", "+column+" FROM "+quote(r.table)+" c WHERE c.workspace_id = ? AND "+column+" <> 0 AND NOT EXISTS (SELECT 1 FROM "+
		quote(r.target)+" p WHERE p.workspace_id = c.workspace_id AND p.id = "+column+")", []any{c.tx.workspace}, func(scan func(...any) error) error {
		var row, id int64
		err := scan(&row, &id)
		c.report("check.reference", "table", r.table, "row", row, "column", r.column, "id", id, "target", r.target)
		return err
	})
}

// ofImports: what was mended was mended by something, a choice is about a record
// that exists, and nobody approved what he asked for himself.
func (c *checker) ofImports() error {
	var kinds []string
	for _, e := range c.tx.catalog.Entities {
		kinds = append(kinds, fmt.Sprint(e.Number))
	}
	for key, query := range map[string]string{
		"check.mended": `SELECT m.import_id, m.source_row FROM import_mended m WHERE m.workspace_id = ? AND NOT EXISTS (SELECT 1 FROM import_mendings p
			WHERE p.workspace_id = m.workspace_id AND p.import_id = m.import_id AND p.id = m.mending_id)`,
		"check.choice": `SELECT h.import_id, h.record_id FROM import_choices h WHERE h.workspace_id = ? AND h.record_id <> 0 AND NOT EXISTS (SELECT 1 FROM records r
			WHERE r.workspace_id = h.workspace_id AND r.kind IN (` + strings.Join(kinds, ", ") + `) AND r.id = h.record_id)
			AND NOT EXISTS (SELECT 1 FROM import_changes g WHERE g.workspace_id = h.workspace_id AND g.record_id = h.record_id AND g.being = 2)`,
		"check.approval": `SELECT import_id, n FROM import_approvals
			WHERE workspace_id = ? AND (answer = 'approved' AND answered_by = asked_by OR (answer = '') <> (answered_at = 0))`,
	} {
		if err := c.tx.query(query, []any{c.tx.workspace}, func(scan func(...any) error) error {
			var id, n int64
			err := scan(&id, &n)
			c.report(key, "import", id, "n", n)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// wideReferences: the records and the values that a wide row refers to are
// there, and the values are of the field's directory.
func (c *checker) wideReferences(e *entity.Entity) error {
	var found strings.Builder
	var args []any
	declared := e.Declared()
	for i := range declared {
		f := &declared[i]
		switch f.Kind {
		case entity.Reference:
			if err := c.refers(reference{e.Table, "id", f.Name, c.tx.catalog.ByName(f.Ref).Table}); err != nil {
				return err
			}
		case entity.Directory: // all of them in one pass
			// not correlated, so that the values are read once
			fmt.Fprintf(&found, " WHEN w.%s IS NOT NULL AND w.%[1]s NOT IN (SELECT v.id FROM directory_values v WHERE v.workspace_id = ? AND v.directory = ?) THEN '%[2]s'",
				quote(f.Name), f.Name)
			args = append(args, c.tx.workspace, f.Directory)
		}
	}
	if found.Len() == 0 {
		return nil
	}
	return c.tx.query("SELECT id, field FROM (SELECT w.id, CASE"+found.String()+" END AS field FROM "+quote(e.Table)+
		" w WHERE w.workspace_id = ?) AS found WHERE field IS NOT NULL", append(args, c.tx.workspace), func(scan func(...any) error) error {
		var id int64
		var field string
		err := scan(&id, &field)
		c.report("check.value", "kind", e.Name, "id", id, "field", field)
		return err
	})
}
