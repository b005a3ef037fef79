package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func openAt(t *testing.T, address string) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), address, catalog.New(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// TestManyMigrateAtOnce: nodes that start together on an empty database.
func TestManyMigrateAtOnce(t *testing.T) {
	address := testkit.BarePostgres(t, "")
	errs := together(4, func(int) error {
		st, err := store.Open(context.Background(), address, catalog.New(), store.Options{})
		if err != nil {
			return err
		}
		return errors.Join(st.Migrate(context.Background()), st.Close())
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if err := openAt(t, address).CheckColumns(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestMigrationGoesOnAfterAKill: a process that dies while it migrates leaves
// neither its lock nor half a schema.
func TestMigrationGoesOnAfterAKill(t *testing.T) {
	address := testkit.BarePostgres(t, "")
	// somebody holds the catalog back, so that the first migration stands still
	db := direct(t, address)
	holder, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec("CREATE TABLE workspaces (id int)"); err != nil {
		t.Fatal(err)
	}
	first := make(chan error, 1)
	st := openAt(t, address)
	go func() { first <- st.Migrate(context.Background()) }()
	waitFor(t, func() bool {
		return texts(t, db, "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'nadel'")[0] == "1"
	})
	testkit.PostgresSQL(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nadel' AND datname = current_database()")
	if err := <-first; err == nil {
		t.Error("the migration that was killed says that it succeeded")
	}
	if err := holder.Rollback(); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, address)
	if err := again.Migrate(context.Background()); err != nil {
		t.Fatalf("run again: %v", err)
	}
	if err := again.CheckColumns(context.Background()); err != nil {
		t.Error(err)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); !done(); {
		if time.Now().After(until) {
			t.Fatal("waited in vain")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestDatabasesThatAreRefused(t *testing.T) {
	newer := testkit.BarePostgres(t, "")
	if err := openAt(t, newer).Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	testkit.PostgresSQL(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	testkit.PostgresSQL(t, newer, "UPDATE compatibility SET oldest = 99999")
	for _, tt := range []struct{ name, address, key string }{
		{"one that a newer program has migrated", newer, "error.newer_database"},
		{"one that cannot hold every letter", testkit.BarePostgres(t, "ENCODING SQL_ASCII LOCALE_PROVIDER libc LOCALE 'C'"), "error.database_encoding"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := openAt(t, tt.address).Migrate(context.Background())
			if all := fault.All(err); len(all) != 1 || all[0].Key != tt.key {
				t.Errorf("%v, want %s", err, tt.key)
			}
		})
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, address := range []string{
		"postgres://nadel:secret@host:port/nadel",
		"postgres:///nadel?pool_max_conns=many&password=secret",
		"postgres:///nadel?pool_max_conns=1&password=secret",
		"postgres://localhost/nadel?sslmode=perhaps&password=secret",
	} {
		_, err := store.Open(context.Background(), address, catalog.New(), store.Options{})
		if all := fault.All(err); len(all) != 1 || all[0].Key != "error.database_address" {
			t.Errorf("%s: %v", address, err)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("the password is told: %v", err)
		}
	}
	for _, nobody := range []string{"postgres://nadel:secret@127.0.0.1:1/nadel", "postgres://127.0.0.1:1/nadel?password=secret"} {
		_, err := store.Open(context.Background(), nobody, catalog.New(), store.Options{})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("nobody listens there: %v", err)
		}
	}
}

// TestConnectionsThatDieAreReplaced kills every connection of the program, as a
// restart of the server does.
func TestConnectionsThatDieAreReplaced(t *testing.T) {
	address := testkit.Postgres(t)
	st := testkit.Open(t, address, store.Options{})
	w := testkit.Admin(t, st).WorkspaceID
	for round := range 3 {
		use := func(n int) error {
			if n%2 == 0 {
				return st.Read(context.Background(), w, func(tx *store.Tx) error {
					_, err := tx.CountRecords()
					return err
				})
			}
			return st.Write(context.Background(), w, func(tx *store.Tx) error {
				rec := entity.NewRecord(st.Catalog().ByName("company"))
				rec.Set("name", fmt.Sprint("К", n))
				return tx.Insert(rec)
			})
		}
		if err := errors.Join(together(16, use)...); err != nil {
			t.Fatal(err)
		}
		testkit.PostgresSQL(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nadel' AND datname = current_database()")
		if err := errors.Join(together(16, use)...); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

// TestWhatFailedIsNotCommitted: the server calls the end of a transaction in
// which a statement failed a success. We do not.
func TestWhatFailedIsNotCommitted(t *testing.T) {
	st := testkit.Open(t, testkit.Postgres(t), store.Options{})
	w := testkit.Admin(t, st).WorkspaceID
	rec := entity.NewRecord(st.Catalog().ByName("company"))
	rec.Set("name", "Василёк")
	err := st.Write(context.Background(), w, func(tx *store.Tx) error {
		if err := tx.Insert(rec); err != nil {
			return err
		}
		again := rec.Clone()
		if err := tx.Insert(again); err == nil {
			t.Error("one number for two records")
		}
		return nil // the error is forgotten
	})
	if err == nil {
		t.Error("said to be committed")
	}
}

// TestTextThatPostgresCannotHold: what a file or a form may carry comes out the
// same on both engines.
func TestTextThatPostgresCannotHold(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		company := testkit.Company(t, st, w, "a\x00b\xffc")
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			rec, err := tx.Get(company.Entity, company.ID)
			if err == nil && rec.Title() != "a\uFFFDb\uFFFDc" {
				t.Errorf("stored %q", rec.Title())
			}
			if err != nil {
				return err
			}
			_, err = tx.List(company.Entity, entity.Query{Limit: 9, Search: "a\x00b"}, everything)
			return err
		})
	})
}
