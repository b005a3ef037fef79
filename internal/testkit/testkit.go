// Package testkit is what tests of several packages need: a migrated database
// on each engine, a clock that tests turn, workspaces with people and records.
// Everything is real; there are no stand-ins. Only tests import it.
package testkit

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Clock is a clock that stands still until a test moves it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock is a clock at a Monday morning.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 2, 6, 30, 0, 0, time.UTC)} }

// Now is the time on the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Store is a fresh migrated database that goes when the test ends: SQLite, or
// PostgreSQL for NADEL_TEST_DB=postgres, so that a whole suite can be run on it.
func Store(t testing.TB) *store.Store { return StoreAt(t, store.Options{}) }

// StoreAt is Store with options, a clock for instance.
func StoreAt(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	return Open(t, Address(t), o)
}

// Address is where a fresh database of the engine of Store is.
func Address(t testing.TB) string {
	t.Helper()
	if OnPostgres() {
		return Postgres(t)
	}
	return filepath.Join(t.TempDir(), "nadel.db")
}

// OnPostgres tells which engine Store and Address give.
func OnPostgres() bool { return os.Getenv("NADEL_TEST_DB") == "postgres" }

// Open opens the database at address for the time of the test, and migrates it.
func Open(t testing.TB, address string, o store.Options) *store.Store {
	t.Helper()
	ctx := context.Background() // outlives the test's own context, which ends before Cleanup
	st, err := store.Open(ctx, address, catalog.New(), o)
	if err != nil {
		t.Fatalf("open a store: %v", err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	if err := st.Migrate(ctx); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return st
}

// EachEngine runs a test on a fresh database of every engine.
func EachEngine(t *testing.T, f func(t *testing.T, st *store.Store)) {
	t.Helper()
	EachAddress(t, func(t *testing.T, address string) { f(t, Open(t, address, store.Options{})) })
}

// EachClock is EachEngine with a clock for the test to turn.
func EachClock(t *testing.T, f func(t *testing.T, st *store.Store, clock *Clock)) {
	t.Helper()
	EachAddress(t, func(t *testing.T, address string) {
		clock := NewClock()
		f(t, Open(t, address, store.Options{Now: clock.Now}), clock)
	})
}

// EachAddress runs a test with the address of a fresh database of every engine,
// which may be opened several times.
func EachAddress(t *testing.T, f func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "nadel.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Admin is the administrator of the workspace «Тест», which is made when it is
// not there yet.
func Admin(t testing.TB, st *store.Store) access.User { return AdminOf(t, st, "Тест") }

// AdminOf is the administrator of the named workspace, which is made when it is
// not there yet. He has no password.
func AdminOf(t testing.TB, st *store.Store, workspace string) access.User {
	t.Helper()
	ctx := context.Background()
	w, err := st.WorkspaceByName(ctx, workspace)
	if fault.CodeOf(err) == fault.NotFound {
		w = &entity.Workspace{Name: workspace}
		err = st.InsertWorkspace(ctx, w, func(tx *store.Tx) error {
			return tx.InsertEmployee(&entity.Employee{Login: "admin", Name: "Администратор", Role: entity.Administrator, Active: true})
		})
	}
	if err != nil {
		t.Fatalf("workspace %q: %v", workspace, err)
	}
	return As(t, st, w.ID, "admin")
}

// As is the user with the login, as a session would have him.
func As(t testing.TB, st *store.Store, workspace int64, login string) access.User {
	t.Helper()
	var id, epoch int64
	Read(t, st, workspace, func(tx *store.Tx) error {
		p, err := tx.EmployeeByLogin(login)
		if err != nil {
			return err
		}
		c, err := tx.Credentials(p.ID)
		id, epoch = p.ID, c.Epoch
		return err
	})
	who, err := access.New(st).Resume(context.Background(), workspace, id, epoch)
	if err != nil {
		t.Fatalf("resume %s: %v", login, err)
	}
	return who
}

// Read runs f in a reading transaction and fails the test when it fails.
func Read(t testing.TB, st *store.Store, workspace int64, f func(*store.Tx) error) {
	t.Helper()
	if err := st.Read(context.Background(), workspace, f); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// Write runs f in a writing transaction and fails the test when it fails.
func Write(t testing.TB, st *store.Store, workspace int64, f func(*store.Tx) error) {
	t.Helper()
	if err := st.Write(context.Background(), workspace, f); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// Employee makes an active employee, named like the login.
func Employee(t testing.TB, st *store.Store, workspace int64, login string, role entity.Role) *entity.Employee {
	t.Helper()
	p := &entity.Employee{Login: login, Name: login, Role: role, Active: true}
	Write(t, st, workspace, func(tx *store.Tx) error { return tx.InsertEmployee(p) })
	return p
}

// Group makes a group led by leader with the members.
func Group(t testing.TB, st *store.Store, workspace int64, name string, leader *entity.Employee, members ...*entity.Employee) {
	t.Helper()
	Write(t, st, workspace, func(tx *store.Tx) error {
		id, err := tx.EnsureGroup(name)
		if err != nil {
			return err
		}
		for _, p := range append(members, leader) {
			p.Groups = append(p.Groups, entity.Membership{GroupID: id, Name: name, Leads: p == leader})
			if err := tx.SetGroups(p.ID, p.Groups); err != nil {
				return err
			}
		}
		return nil
	})
}

// Value makes a directory value, or finds it, and gives its canonical text.
func Value(t testing.TB, st *store.Store, workspace int64, directory, name string) string {
	t.Helper()
	var id int64
	Write(t, st, workspace, func(tx *store.Tx) (err error) {
		id, err = tx.EnsureDirectoryValue(directory, name)
		return err
	})
	return entity.IDsText([]int64{id})
}

// OwnFields declares a field of each kind on a kind of record, the headings being
// the kinds, and gives them by kind.
func OwnFields(t testing.TB, st *store.Store, workspace int64, kind string) map[entity.OwnKind]entity.OwnField {
	t.Helper()
	fields := map[entity.OwnKind]entity.OwnField{}
	Write(t, st, workspace, func(tx *store.Tx) error {
		for _, k := range entity.OwnKinds() {
			f := entity.OwnField{Entity: kind, Kind: k, Heading: string(k)}
			if err := tx.SaveOwnField(&f, f.Heading); err != nil {
				return err
			}
			fields[k] = f
		}
		return nil
	})
	return fields
}

// Record makes an active record of the named kind with the canonical values and
// responsibles.
func Record(t testing.TB, st *store.Store, workspace int64, kind string, values map[string]string, responsibles ...int64) *entity.Record {
	t.Helper()
	var rec *entity.Record
	Write(t, st, workspace, func(tx *store.Tx) error {
		rec = entity.NewRecord(tx.Catalog().ByName(kind))
		for field, value := range values {
			rec.Set(field, value)
		}
		rec.Responsibles = entity.SortedSet(responsibles)
		return tx.Insert(rec)
	})
	return rec
}

// Company makes an active company.
func Company(t testing.TB, st *store.Store, workspace int64, name string, responsibles ...int64) *entity.Record {
	t.Helper()
	return Record(t, st, workspace, "company", map[string]string{"name": name}, responsibles...)
}

// Location makes a location of a company; main says whether it is the main one.
func Location(t testing.TB, st *store.Store, workspace int64, company *entity.Record, address string, main bool) *entity.Record {
	t.Helper()
	return Record(t, st, workspace, "location", map[string]string{
		"company": entity.IDsText([]int64{company.ID}), "address": address, "main": entity.BoolText(main),
	})
}

// Kinds lets cmp compare records: their entities are told apart by name.
func Kinds() cmp.Option {
	return cmp.Comparer(func(a, b *entity.Entity) bool { return a.Name == b.Name })
}
