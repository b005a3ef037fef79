package store

import (
	"fmt"
	"strings"

	"nadel/internal/entity"
)

// On SQLite a search table is FTS5 with its tokenizer of three letters. It keeps
// no text (the wide row has it) and no places, only which rows hold what. Its
// rows have one number: the workspace's, then the record's.
const workspaceShift = 40

func sqliteSearchTable(e *entity.Entity) []string {
	table, wide := searchTable(e), quote(e.Table)
	row := func(r string) string { return fmt.Sprintf("(%s.workspace_id << %d) | %[1]s.id", r, workspaceShift) }
	enter := fmt.Sprintf("INSERT INTO %s (rowid, text) VALUES (%s, %s);", table, row("NEW"), searchDocument(e, "NEW", "char"))
	forget := fmt.Sprintf("DELETE FROM %s WHERE rowid = %s;", table, row("OLD"))
	trigger := func(name, when, do string) []string {
		return []string{
			"DROP TRIGGER IF EXISTS " + table + name,
			"CREATE TRIGGER " + table + name + " AFTER " + when + " BEGIN " + do + " END",
		}
	}
	list := []string{
		"DROP TABLE IF EXISTS " + table,
		"CREATE VIRTUAL TABLE " + table + " USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram', detail = 'none')",
	}
	list = append(list, trigger("_insert", "INSERT ON "+wide, enter)...)
	list = append(list, trigger("_delete", "DELETE ON "+wide, forget)...)
	return append(list, trigger("_update", "UPDATE OF "+strings.Join(searchColumns(e), ", ")+" ON "+wide+
		" WHEN "+changedSearchColumns(e, "IS NOT"), forget+" "+enter)...)
}

// sqliteSearchFill enters the records of a workspace with ids after the second
// argument up to the third, those that are not entered yet.
func sqliteSearchFill(e *entity.Entity) string {
	row := fmt.Sprintf("(w.workspace_id << %d) | w.id", workspaceShift)
	return "INSERT INTO " + searchTable(e) + " (rowid, text) SELECT " + row + ", " + searchDocument(e, "w", "char") +
		" FROM " + quote(e.Table) + " w WHERE w.workspace_id = ? AND w.id > ? AND w.id <= ? AND NOT EXISTS (SELECT 1 FROM " +
		searchTable(e) + "_docsize d WHERE d.id = " + row + ")"
}

// sqliteSearchFind is the query for the ids of the records that hold, of each
// group, one of the runs of letters.
func sqliteSearchFind(e *entity.Entity, workspace int64, groups [][]string) (string, []any) {
	all := make([]string, len(groups))
	for i, group := range groups {
		either := make([]string, len(group))
		for k, run := range group {
			either[k] = `"` + strings.ReplaceAll(run, `"`, `""`) + `"`
		}
		all[i] = "(" + strings.Join(either, " OR ") + ")"
	}
	table := searchTable(e)
	return fmt.Sprintf("SELECT rowid & %d FROM %s WHERE %[2]s MATCH ? AND rowid BETWEEN ? AND ?", 1<<workspaceShift-1, table),
		[]any{strings.Join(all, " AND "), workspace << workspaceShift, (workspace+1)<<workspaceShift - 1}
}

// sqliteSearchEntered is the query for the ids that are entered; each has its
// workspace in it (workspace_id << 40).
func sqliteSearchEntered(e *entity.Entity, workspace, after, last int64) (string, []any) {
	const most = 1<<workspaceShift - 1
	return fmt.Sprintf("SELECT id & %d FROM %s_docsize WHERE id > ? AND id <= ? ORDER BY id", most, searchTable(e)),
		[]any{workspace<<workspaceShift | after, workspace<<workspaceShift | min(last, most)}
}
