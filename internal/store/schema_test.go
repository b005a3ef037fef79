package store_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"nadel/internal/store"
	"nadel/internal/testkit"
)

// ofNoWorkspace is the tables without workspace_id, and why.
var ofNoWorkspace = map[string]string{
	"workspaces":       "the workspaces themselves",
	"sessions":         "a token is known before it is known whose it is",
	"goose_db_version": "migrations",
	"compatibility":    "which programs may use the schema",
	"search_tables":    "which search tables have been made",
}

// migrated is the database of each engine as the program leaves it, seen past
// the program.
func migrated(t *testing.T, f func(t *testing.T, db *sql.DB, postgres bool)) {
	testkit.EachAddress(t, func(t *testing.T, address string) {
		testkit.Open(t, address, store.Options{})
		f(t, direct(t, address), strings.HasPrefix(address, "postgres"))
	})
}

func direct(t *testing.T, address string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(address, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// texts is the only column of an answer.
func texts(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestWorkspaceComesFirstInEveryKey: this is what lets the schema be distributed
// by workspace, and a workspace's rows lie together.
func TestWorkspaceComesFirstInEveryKey(t *testing.T) {
	migrated(t, func(t *testing.T, db *sql.DB, postgres bool) {
		tables := texts(t, db, tablesOf(postgres))
		if len(tables) < 15 {
			t.Fatalf("only %d tables were found", len(tables))
		}
		for _, table := range tables {
			if _, excused := ofNoWorkspace[table]; excused || !postgres && isSearchTable(table) {
				continue
			}
			key := texts(t, db, fmt.Sprintf(keyOf(postgres), table))
			if len(key) == 0 || key[0] != "workspace_id" {
				t.Errorf("the key of %s is %v; it must begin with workspace_id", table, key)
			}
		}
	})
}

// isSearchTable tells the search tables and what SQLite keeps them in. They are
// derived from the wide rows; a row's number on SQLite begins with the
// workspace's, and on PostgreSQL they stand outside of the wall (search_postgres.go).
func isSearchTable(table string) bool { return strings.Contains(table, "_search") }

func tablesOf(postgres bool) string {
	if postgres {
		return "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
	}
	return "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
}

func keyOf(postgres bool) string {
	if postgres {
		return `SELECT a.attname::text FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (n, place)
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n
			WHERE i.indrelid = '%s'::regclass AND i.indisprimary ORDER BY k.place`
	}
	return "SELECT name FROM pragma_table_info('%s') WHERE pk > 0 ORDER BY pk"
}

// TestReferencesCarryTheWorkspace: a row can refer only to rows of its own
// workspace.
func TestReferencesCarryTheWorkspace(t *testing.T) {
	db := direct(t, migratedPostgres(t))
	loose := texts(t, db, `SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) FROM pg_constraint
		WHERE contype = 'f' AND confrelid <> 'workspaces'::regclass AND pg_get_constraintdef(oid) NOT LIKE 'FOREIGN KEY (workspace_id,%'`)
	if len(loose) > 0 {
		t.Errorf("these leave the workspace out: %q", loose)
	}
}

func migratedPostgres(t *testing.T) string {
	t.Helper()
	address := testkit.Postgres(t)
	testkit.Open(t, address, store.Options{})
	return address
}

// TestTextComparesByItsBytes: a list has one order on both engines, whatever the
// database's own is.
func TestTextComparesByItsBytes(t *testing.T) {
	db := direct(t, migratedPostgres(t))
	own := texts(t, db, "SELECT 'а' < 'Б' COLLATE \"default\" FROM pg_database WHERE datname = current_database()")
	if !slices.Equal(own, []string{"true"}) {
		t.Errorf("the database itself orders by bytes, so this test would see nothing: %v", own)
	}
	other := texts(t, db, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`)
	if diff := cmp.Diff([]string{}, other); diff != "" {
		t.Errorf("columns in the order of the database:\n%s", diff)
	}
}

// TestWallsStandWithoutTheQueries takes the condition on workspace_id out of the
// queries and looks what the database alone lets through.
func TestWallsStandWithoutTheQueries(t *testing.T) {
	address := testkit.Postgres(t)
	st := testkit.Open(t, address, store.Options{})
	first := testkit.AdminOf(t, st, "Первые").WorkspaceID
	second := testkit.AdminOf(t, st, "Вторые").WorkspaceID
	testkit.Company(t, st, first, "Своя")
	testkit.Company(t, st, second, "Чужая")
	db := direct(t, address)
	for _, tt := range []struct {
		name, sight string
		want        []string
	}{
		{"a transaction that says nothing sees nothing", "", nil},
		{"one that names a workspace sees that one", fmt.Sprint(first), []string{"Своя"}},
		{"one that names the other sees the other", fmt.Sprint(second), []string{"Чужая"}},
		{"one about all sees all", "all", []string{"Своя", "Чужая"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if _, err := tx.Exec("SELECT set_config('nadel.workspace', $1, true)", tt.sight); err != nil {
				t.Fatal(err)
			}
			var got []string
			rows, err := tx.Query("SELECT name FROM companies ORDER BY workspace_id")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var name string
				if err := rows.Scan(&name); err != nil {
					t.Fatal(err)
				}
				got = append(got, name)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("saw %v, want %v", got, tt.want)
			}
			if tt.sight == "all" {
				return
			}
			res, err := tx.Exec("UPDATE companies SET name = name || '!' WHERE workspace_id <> $1", first)
			if n, _ := res.RowsAffected(); err != nil || tt.sight == fmt.Sprint(first) && n != 0 {
				t.Errorf("changed %d of another workspace, %v", n, err)
			}
			if _, err := tx.Exec("INSERT INTO employee_groups (workspace_id, id, name, name_folded) VALUES ($1, 9, 'x', 'x')", first+second+1); err == nil {
				t.Error("a row was put into a workspace that is not seen")
			}
		})
	}
}

// TestEveryTableHasItsWall: tables that a later migration makes have one, too.
func TestEveryTableHasItsWall(t *testing.T) {
	address := migratedPostgres(t)
	db := direct(t, address)
	open := texts(t, db, `SELECT relname::text FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
		AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))`)
	for _, table := range open {
		if _, excused := ofNoWorkspace[table]; !excused && !isSearchTable(table) {
			t.Errorf("nothing keeps the workspaces in %s apart: its migration must call wall_off", table)
		}
	}
	if n := len(texts(t, db, "SELECT polname::text FROM pg_policy")); n < 15 {
		t.Errorf("only %d walls were found", n)
	}
}

// TestCheckMissesAWall: an operator who takes a wall down is told by the check.
func TestCheckMissesAWall(t *testing.T) {
	address := testkit.Postgres(t)
	st := testkit.Open(t, address, store.Options{})
	found, err := st.Check(t.Context())
	if err != nil || len(found) > 0 {
		t.Fatalf("before: %v, %v", found, err)
	}
	testkit.PostgresSQL(t, address, "ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY")
	defer testkit.PostgresSQL(t, address, "ALTER TABLE contacts FORCE ROW LEVEL SECURITY")
	found, err = st.Check(t.Context())
	if err != nil || len(found) != 1 || !strings.Contains(fmt.Sprint(found[0]), "table contacts has no forced row security") {
		t.Errorf("found %v, %v", found, err)
	}
}
