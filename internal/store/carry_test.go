package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nadel/internal/archive"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func quietly(store.Stage, int64, int64) {}

func saved(t *testing.T, st *store.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := st.Save(context.Background(), &b, quietly); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func load(st *store.Store, archived []byte, replace bool) error {
	return st.Load(context.Background(), bytes.NewReader(archived), replace, quietly)
}

// eventful is a database with something in as many tables as the store has words
// for, and with the texts and numbers that are hard to carry.
func eventful(t *testing.T) *bench {
	t.Helper()
	b := lived(t, filepath.Join(t.TempDir(), "nadel.db"))
	testkit.Record(t, b.st, b.ws, "location", map[string]string{
		"company": "2", "address": "a\tb\nc\\N\\.\r«Ё»", "latitude": "-0.0000001", "longitude": "179.99999999999997", "main": "1",
	})
	testkit.Value(t, b.st, b.ws, "city", "Брест")
	leader := testkit.Employee(t, b.st, b.ws, "leader", entity.Manager)
	testkit.Group(t, b.st, b.ws, "Север", leader)
	testkit.AdminOf(t, b.st, "Другие")
	b.sql("INSERT INTO import_files (workspace_id, import_id, part, content) VALUES (1, 1, 7, x'00ff0a5c09'), (1, 1, 8, x'')")
	b.sql("UPDATE imports SET lease_owner = '', lease_until = 0")
	b.sql("INSERT INTO sessions (token, data, expiry) VALUES ('t', x'00', ?)", math.MaxInt64)
	return b
}

// TestCarriedFromEngineToEngine: an archive of either engine fills either, and
// what is saved there again is the same to the byte.
func TestCarriedFromEngineToEngine(t *testing.T) {
	source := eventful(t)
	first := saved(t, source.st)
	testkit.EachClock(t, func(t *testing.T, middle *store.Store, clock *testkit.Clock) {
		clock.Advance(source.clock.Now().Sub(clock.Now()))
		if err := load(middle, first, false); err != nil {
			t.Fatal(err)
		}
		second := saved(t, middle)
		if want, got := timeless(first), timeless(second); want != got {
			t.Fatalf("sent:\n%s\narrived:\n%s", want, got)
		}
		testkit.EachAddress(t, func(t *testing.T, address string) {
			last := openAt(t, address)
			if err := load(last, second, false); err != nil {
				t.Fatal(err)
			}
			if want, got := timeless(first), timeless(saved(t, last)); want != got {
				t.Errorf("sent:\n%s\narrived:\n%s", want, got)
			}
			if found, err := last.Check(context.Background()); err != nil || len(found) > 0 {
				t.Errorf("check: %v, %v", found, err)
			}
			if n := texts(t, direct(t, address), "SELECT COUNT(*) || '' FROM sessions")[0]; n != "0" {
				t.Errorf("%s sessions were carried", n)
			}
		})
	})
}

// timeless is an archive without what tells when and from which engine it was
// made: the head and the sum over all heads.
func timeless(archived []byte) string {
	lines := strings.Split(strings.TrimSpace(string(archived)), "\n")
	return strings.Join(lines[2:len(lines)-1], "\n")
}

// TestEveryTableIsCarriedOrExcused: a table that a migration adds is in every
// archive by itself; this counts that the list is not empty or shortened.
func TestEveryTableIsCarriedOrExcused(t *testing.T) {
	testkit.EachAddress(t, func(t *testing.T, address string) {
		archived := string(saved(t, testkit.Open(t, address, store.Options{})))
		for _, table := range texts(t, direct(t, address), tablesOf(strings.HasPrefix(address, "postgres"))) {
			carried := strings.Contains(archived, `{"table":"`+table+`"`)
			stays := table == "goose_db_version" || table == "sessions" || table == "sign_in_failures" || table == "search_tables" || table == "compatibility" ||
				strings.Contains(table, "_search") // the search tables, and on SQLite their parts
			if carried == stays {
				t.Errorf("%s: carried %v", table, carried)
			}
		}
	})
}

func TestLoadRefuses(t *testing.T) {
	whole := saved(t, eventful(t).st)
	older := bytes.Replace(whole, []byte(`{"schema":`), []byte(`{"schema":-`), 1)
	newer := bytes.Replace(whole, []byte(`{"schema":`), []byte(`{"schema":99`), 1)
	wrongSum := bytes.Replace(whole, []byte("Первый"), []byte("Второй"), 1)
	for _, tt := range []struct {
		name     string
		archived []byte
		replace  bool
		key      string
	}{
		{"to replace what is there without being told to", whole, false, "error.database_holds_data"},
		{"an archive of an older schema over data of a newer", older, true, "error.backup_older"},
		{"an archive of a schema that it does not know", newer, true, "error.newer_backup"},
		{"what is no archive", []byte("SQLite format 3\x00 and so on"), true, "error.not_a_backup"},
		{"half an archive", whole[:len(whole)/2], true, "error.backup_damaged"},
		{"an archive without its end", whole[:len(whole)-10], true, "error.backup_damaged"},
		{"other rows than were written", wrongSum, true, "error.backup_damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
				testkit.Company(t, st, testkit.Admin(t, st).WorkspaceID, "Наша")
				before := saved(t, st)
				err := load(st, tt.archived, tt.replace)
				if all := fault.All(err); len(all) != 1 || all[0].Key != tt.key {
					t.Errorf("%v, want %s", err, tt.key)
				}
				if timeless(before) != timeless(saved(t, st)) {
					t.Error("and yet it changed something")
				}
			})
		})
	}
}

// TestLoadReplaces: what was there goes, sessions with it, for they may now be
// somebody else's; and the database keeps its walls and references.
func TestLoadReplaces(t *testing.T) {
	whole := saved(t, eventful(t).st)
	testkit.EachAddress(t, func(t *testing.T, address string) {
		st := testkit.Open(t, address, store.Options{})
		sessions := st.Sessions()
		w := testkit.AdminOf(t, st, "Прежние").WorkspaceID
		testkit.Company(t, st, w, "Прежняя")
		if err := sessions.CommitCtx(context.Background(), "token", []byte("x"), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := load(st, whole, true); err != nil {
			t.Fatal(err)
		}
		if timeless(whole) != timeless(saved(t, st)) {
			t.Error("something else arrived")
		}
		if _, found, err := sessions.FindCtx(context.Background(), "token"); err != nil || found {
			t.Errorf("the session is still there: %v, %v", found, err)
		}
		if found, err := st.Check(context.Background()); err != nil || len(found) > 0 {
			t.Errorf("check: %v, %v", found, err)
		}
		err := st.Write(context.Background(), 1, func(tx *store.Tx) error {
			rec := entity.NewRecord(st.Catalog().ByName("location"))
			rec.Set("company", "7777")
			return tx.Insert(rec)
		})
		if err == nil {
			t.Error("the database no longer asks whether a reference holds")
		}
	})
}

// TestLoadEndsLeases: whoever was at work on an import when the archive was made
// cannot go on in the database that it filled.
func TestLoadEndsLeases(t *testing.T) {
	b := newBench(t)
	i := b.imported()
	l := b.claim("worker", i.ID)
	archived := saved(t, b.st)
	if err := load(b.st, archived, true); err != nil {
		t.Fatal(err)
	}
	if err := b.st.Work(context.Background(), l, i, nil); !errors.Is(err, store.ErrFenced) {
		t.Errorf("the worker went on: %v", err)
	}
	b.claim("another", i.ID)
}

// TestSaveIsOfOneMoment: what is written while an archive is made is not in it,
// and whoever writes does not wait.
func TestSaveIsOfOneMoment(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		testkit.Company(t, st, w, "Прежняя")
		slow := &stopping{begun: make(chan struct{}), on: make(chan struct{})}
		done := make(chan error, 1)
		go func() { done <- st.Save(context.Background(), slow, quietly) }()
		<-slow.begun
		began := time.Now()
		testkit.Company(t, st, w, "Новая")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("writing took %v", took)
		}
		close(slow.on)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if text := slow.String(); !strings.Contains(text, "Прежняя") || strings.Contains(text, "Новая") {
			t.Errorf("the archive is of another moment:\n%s", text)
		}
	})
}

// stopping is a writer that stands still at its first write until told to go on.
type stopping struct {
	bytes.Buffer
	begun, on chan struct{}
	stopped   bool
}

func (s *stopping) Write(p []byte) (int, error) {
	if !s.stopped {
		s.stopped = true
		close(s.begun)
		<-s.on
	}
	return s.Buffer.Write(p)
}

// TestLoadThatFailsMidwayLeavesNothing also when the sender breaks off.
func TestLoadThatFailsMidwayLeavesNothing(t *testing.T) {
	whole := saved(t, eventful(t).st)
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		broken := errors.New("broken off")
		err := st.Load(context.Background(), io.MultiReader(bytes.NewReader(whole[:len(whole)-200]), failing{broken}), false, quietly)
		if !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		all, err := st.Workspaces(context.Background())
		if err != nil || len(all) > 0 {
			t.Errorf("something is there: %v, %v", all, err)
		}
		if err := load(st, whole, false); err != nil {
			t.Errorf("run again: %v", err)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestSaveOfNothing(t *testing.T) {
	for _, address := range []string{filepath.Join(t.TempDir(), "new.db"), testkit.BarePostgres(t, "")} {
		err := openAt(t, address).Save(context.Background(), io.Discard, quietly)
		if all := fault.All(err); len(all) != 1 || all[0].Key != "error.no_database" {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestArchiveOfAnOlderSchema is loaded into a database that does not exist yet,
// which is then brought up to date.
func TestArchiveOfAnOlderSchema(t *testing.T) {
	var b bytes.Buffer
	a, err := archive.NewWriter(&b, archive.Header{Schema: 1, Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	columns := []archive.Column{{Name: "id", Type: archive.Integer}, {Name: "name", Type: archive.Text}, {Name: "name_folded", Type: archive.Text}, {Name: "created_at", Type: archive.Integer}}
	err = errors.Join(a.Table(archive.Table{Name: "workspaces", Columns: columns}, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "1\tДавние\tдавние\t5")
		return err
	}), a.Close())
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{filepath.Join(t.TempDir(), "new.db"), testkit.BarePostgres(t, "")} {
		st := openAt(t, address)
		if err := load(st, b.Bytes(), false); err != nil {
			t.Fatal(err)
		}
		if _, err := st.WorkspaceByName(context.Background(), "Давние"); err != nil {
			t.Error(err)
		}
		if err := errors.Join(st.CheckColumns(context.Background()), st.Migrate(context.Background())); err != nil {
			t.Error(err)
		}
	}
}
