package store

import (
	"fmt"
	"strings"

	"nadel/internal/entity"
)

// On PostgreSQL a search table holds, for every record, the numbers of all its
// runs of three letters, with an inverted index. It stands outside of the wall
// between workspaces, because behind one no such index is used; it holds no word
// that could be read, and what it finds is looked for behind the walls.

// searchNumbers makes the function from a text to its runs of letters; runNumber
// is the same in Go. It is in PL/pgSQL because that plans its statement once for
// a session, and SQL once for each row that a trigger enters.
const searchNumbers = `CREATE OR REPLACE FUNCTION search_numbers(t TEXT) RETURNS INT[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
	DECLARE letters BIGINT[] := ARRAY(SELECT ascii(letter) FROM unnest(string_to_array(t, NULL)) AS letter);
	BEGIN
		RETURN ARRAY(SELECT DISTINCT CAST(((a * 1000003 + b) * 1000003 + c) % 2147483647 AS INT)
			FROM unnest(letters, letters[2:], letters[3:]) AS run (a, b, c) WHERE c IS NOT NULL);
	END $$`

func runNumber(run string) int64 {
	n := int64(0)
	for _, letter := range run {
		n = n*1000003 + int64(letter)
	}
	return n % 2147483647
}

func postgresSearchTable(e *entity.Entity) []string {
	table, wide := searchTable(e), quote(e.Table)
	numbers := func(r string) string { return "search_numbers(" + searchDocument(e, r, "chr") + ")" }
	trigger := func(name, when, each, do string) []string {
		return []string{
			"CREATE OR REPLACE FUNCTION " + table + name + "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + do + " RETURN NULL; END $$",
			"CREATE OR REPLACE TRIGGER " + table + name + " AFTER " + when + " ON " + wide + " " + each + " EXECUTE FUNCTION " + table + name + "()",
		}
	}
	enter := func(r, from string) string {
		return fmt.Sprintf(`INSERT INTO %s (workspace_id, id, numbers) SELECT %s.workspace_id, %[2]s.id, %s%s
			ON CONFLICT (workspace_id, id) DO UPDATE SET numbers = excluded.numbers;`, table, r, numbers(r), from)
	}
	list := []string{
		searchNumbers,
		"DROP TABLE IF EXISTS " + table,
		"CREATE TABLE " + table + " (workspace_id BIGINT NOT NULL, id BIGINT NOT NULL, numbers INT[] NOT NULL, PRIMARY KEY (workspace_id, id))",
		"CREATE INDEX " + table + "_numbers ON " + table + " USING gin (numbers)",
	}
	// many are made at once, each is changed on its own
	list = append(list, trigger("_insert", "INSERT", "REFERENCING NEW TABLE AS entered FOR EACH STATEMENT", enter("n", " FROM entered n"))...)
	list = append(list, trigger("_update", "UPDATE", "FOR EACH ROW WHEN ("+changedSearchColumns(e, "IS DISTINCT FROM")+")", enter("NEW", ""))...)
	return append(list, trigger("_delete", "DELETE", "FOR EACH ROW",
		"DELETE FROM "+table+" s WHERE s.workspace_id = OLD.workspace_id AND s.id = OLD.id;")...)
}

// postgresSearchFill enters the records of a workspace with ids after the second
// argument up to the third, those that are not entered yet.
func postgresSearchFill(e *entity.Entity) string {
	return "INSERT INTO " + searchTable(e) + " (workspace_id, id, numbers) SELECT w.workspace_id, w.id, search_numbers(" +
		searchDocument(e, "w", "chr") + ") FROM " + quote(e.Table) +
		" w WHERE w.workspace_id = ? AND w.id > ? AND w.id <= ? ON CONFLICT (workspace_id, id) DO NOTHING"
}

// postgresSearchFind is the query for the ids of the records that hold, of each
// group, one of the runs of letters.
func postgresSearchFind(e *entity.Entity, workspace int64, groups [][]string) (string, []any) {
	var b strings.Builder
	b.WriteString("SELECT s.id FROM " + searchTable(e) + " s WHERE s.workspace_id = ?")
	var all []int64
	var args []any
	for _, group := range groups {
		numbers := make([]int64, len(group))
		for i, run := range group {
			numbers[i] = runNumber(run)
		}
		if len(group) == 1 {
			all = append(all, numbers[0])
			continue
		}
		b.WriteString(" AND s.numbers && CAST(? AS INT[])")
		args = append(args, numbers)
	}
	if len(all) > 0 {
		b.WriteString(" AND s.numbers @> CAST(? AS INT[])")
		args = append(args, all)
	}
	return b.String(), append([]any{workspace}, args...)
}

// postgresSearchEntered is the query for the ids that are entered.
func postgresSearchEntered(e *entity.Entity, workspace, after, last int64) (string, []any) {
	return "SELECT id FROM " + searchTable(e) + " WHERE workspace_id = ? AND id > ? AND id <= ? ORDER BY id", []any{workspace, after, last}
}
