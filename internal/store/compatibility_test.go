package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// later is what a next version may do to the schema while this program works.
var later = []string{
	"ALTER TABLE companies ADD COLUMN later TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE imports ADD COLUMN later BIGINT",
	"ALTER TABLE workspaces ADD COLUMN later BIGINT NOT NULL DEFAULT 7",
	"CREATE TABLE later_things (workspace_id BIGINT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (workspace_id, id))",
	"CREATE INDEX companies_later ON companies (workspace_id, later)",
	"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)",
}

// TestWorksWithANewerSchema: while nodes are replaced one by one, a program meets
// a schema that the next version has widened. It works, and leaves it as it is.
// When the next version says that it took something away, it is refused.
func TestWorksWithANewerSchema(t *testing.T) {
	test := func(t *testing.T, address string) {
		ctx := context.Background()
		before := testkit.Open(t, address, store.Options{}) // a node that is running when the next version arrives
		w := testkit.Admin(t, before).WorkspaceID
		old := testkit.Company(t, before, w, "Прежняя")
		db := direct(t, address)
		if oldest := texts(t, db, "SELECT CAST(oldest AS TEXT) FROM compatibility"); !slices.Equal(oldest, []string{"23"}) {
			t.Errorf("programs since schema %v may work here; one before 23 would look for rows that are forgotten, and spoil imports of new records", oldest)
		}
		for _, statement := range later {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		for name, st := range map[string]*store.Store{"running already": before, "started now": testkit.Open(t, address, store.Options{})} {
			testkit.Company(t, st, w, "Новая")
			testkit.Write(t, st, w, func(tx *store.Tx) error {
				rec, err := tx.Get(old.Entity, old.ID)
				if err != nil {
					return err
				}
				now := rec.Clone()
				now.Set("name", name)
				changes := entity.Diff(rec, now)
				return errors.Join(tx.Update(rec, now), tx.LogChange(now, 0, changes))
			})
			i := &plan.Import{Entity: old.Entity, Mode: plan.Edit}
			testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.InsertImport(i, false) })
			ready(t, st, i)
			if found, err := st.Check(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			} else {
				for _, f := range found {
					if f.Key != "check.engine" { // the table of the next version has no wall here
						t.Errorf("%s: %v", name, f)
					}
				}
			}
			saved(t, st)
		}
		if _, err := db.ExecContext(ctx, "UPDATE compatibility SET oldest = 99999"); err != nil {
			t.Fatal(err)
		}
		err := openAt(t, address).Migrate(ctx)
		if all := fault.All(err); len(all) != 1 || all[0].Key != "error.newer_database" {
			t.Errorf("%v, want it refused", err)
		}
	}
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "nadel.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, testkit.BarePostgres(t, "")) })
}

// TestManyMigrateOneFileAtOnce: the server and commands that start together on a
// file that is not there yet.
func TestManyMigrateOneFileAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nadel.db")
	errs := together(6, func(int) error {
		st, err := store.Open(context.Background(), file, catalog.New(), store.Options{})
		if err != nil {
			return err
		}
		return errors.Join(st.Migrate(context.Background()), st.Close())
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if err := openAt(t, file).CheckColumns(context.Background()); err != nil {
		t.Error(err)
	}
}
