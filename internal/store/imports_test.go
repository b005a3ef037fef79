package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// bench is a database with its file in reach, so that a test can put into it
// what the store never would.
type bench struct {
	*testing.T
	st  *store.Store
	raw *sql.DB // SQLite only

	address string
	clock   *testkit.Clock
	ws      int64
	firm    *entity.Entity
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return benchAt(t, filepath.Join(t.TempDir(), "nadel.db"))
}

func benchAt(t *testing.T, address string) *bench {
	t.Helper()
	b := &bench{T: t, clock: testkit.NewClock(), address: address}
	b.st = testkit.Open(t, address, store.Options{Now: b.clock.Now})
	if !b.onPostgres() {
		b.raw = direct(t, "file:"+address+"?_pragma=busy_timeout(5000)")
	}
	b.ws = testkit.Admin(t, b.st).WorkspaceID
	b.firm = b.st.Catalog().ByName("company")
	return b
}

func (b *bench) onPostgres() bool { return strings.HasPrefix(b.address, "postgres") }

// sql changes the database behind the store's back. Nothing forbids it: neither
// walls nor foreign keys nor triggers of PostgreSQL.
func (b *bench) sql(statement string, args ...any) {
	b.Helper()
	if b.onPostgres() {
		statement = bytesInSQLite.ReplaceAllString(statement, `'\x$1'`)
		testkit.PostgresSQL(b, b.address, "SET session_replication_role = replica; "+statement)
		return
	}
	if _, err := b.raw.ExecContext(context.Background(), statement, args...); err != nil {
		b.Fatalf("%s: %v", statement, err)
	}
}

var bytesInSQLite = regexp.MustCompile(`x'([0-9a-f]*)'`)

func (b *bench) write(f func(*store.Tx) error) {
	b.Helper()
	testkit.Write(b, b.st, b.ws, f)
}

// imported is an import whose file has arrived.
func (b *bench) imported(content ...byte) *plan.Import {
	b.Helper()
	i := &plan.Import{Entity: b.firm, Mode: plan.Edit}
	b.write(func(tx *store.Tx) error {
		if err := tx.InsertImport(i, true); err != nil {
			return err
		}
		if err := tx.AppendFile(i.ID, 0, append([]byte{'x'}, content...)); err != nil {
			return err
		}
		i.File = plan.File{Name: "f.csv", SHA256: "00", Size: int64(len(content)) + 1}
		return tx.FinishUpload(i.ID, i.File)
	})
	return i
}

func (b *bench) get(id int64) *plan.Import {
	b.Helper()
	var i *plan.Import
	testkit.Read(b, b.st, b.ws, func(tx *store.Tx) (err error) {
		i, err = tx.Import(id)
		return err
	})
	return i
}

// TestFile reads a stored file back at random places, across its parts.
func TestFile(t *testing.T) {
	b := newBench(t)
	content := make([]byte, 2*store.FilePart+store.FilePart/3)
	r := rand.New(rand.NewPCG(1, 2))
	for n := range content {
		content[n] = byte(r.Uint32())
	}
	i := &plan.Import{Entity: b.firm, Mode: plan.Edit}
	b.write(func(tx *store.Tx) error { return tx.InsertImport(i, true) })
	for part := 0; part*store.FilePart < len(content); part++ {
		b.write(func(tx *store.Tx) error {
			return tx.AppendFile(i.ID, part, content[part*store.FilePart:min((part+1)*store.FilePart, len(content))])
		})
	}
	i.File.Size = int64(len(content))
	b.write(func(tx *store.Tx) error { return tx.FinishUpload(i.ID, i.File) })
	file := b.st.OpenFile(context.Background(), i)
	for range 200 {
		from := r.IntN(len(content))
		p := make([]byte, r.IntN(5000)+1)
		if r.IntN(20) == 0 {
			p = make([]byte, store.FilePart+1000)
		}
		n, err := file.ReadAt(p, int64(from))
		want := content[from:min(from+len(p), len(content))]
		if !bytes.Equal(p[:n], want) || (err == io.EOF) != (len(want) < len(p)) || err != nil && err != io.EOF {
			t.Fatalf("%d bytes at %d: %d bytes, %v", len(p), from, n, err)
		}
	}
	b.sql("DELETE FROM import_files WHERE part = 1")
	if _, err := b.st.OpenFile(context.Background(), i).ReadAt(make([]byte, 10), store.FilePart); err == nil || err == io.EOF {
		t.Errorf("a part that is missing reads as %v", err)
	}
}

// An upload that has not arrived is seen by nobody, and is swept away in the end.
func TestArriving(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	late, fresh, whole := &plan.Import{Entity: b.firm, Mode: plan.Edit}, &plan.Import{Entity: b.firm, Mode: plan.Edit}, b.imported()
	b.write(func(tx *store.Tx) error {
		if err := tx.InsertImport(late, true); err != nil {
			return err
		}
		return tx.AppendFile(late.ID, 0, []byte("half"))
	})
	b.clock.Advance(2 * time.Hour)
	b.write(func(tx *store.Tx) error { return tx.InsertImport(fresh, true) })
	testkit.Read(t, b.st, b.ws, func(tx *store.Tx) error {
		if _, err := tx.Import(late.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("an arriving import is found: %v", err)
		}
		if list, total, err := tx.Imports(0, 10); err != nil || total != 1 || list[0].ID != whole.ID {
			t.Errorf("the list has %d imports, %v", total, err)
		}
		return nil
	})
	if err := b.st.SweepUploads(ctx, b.clock.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.write(func(tx *store.Tx) error { return tx.DropUpload(whole.ID) }) // not arriving: stays
	for table, want := range map[string]int{"imports": 2, "import_files": 1} {
		var n int
		if err := b.raw.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d rows are left, want %d, %v", table, n, want, err)
		}
	}
}

// Imports are numbered from 1 in each workspace, and absent in every other.
func TestImportsOfWorkspaces(t *testing.T) {
	b := newBench(t)
	i := b.imported()
	other := testkit.AdminOf(t, b.st, "Чужие").WorkspaceID
	reason := fault.New(fault.Conflict, "reason.cancelled", "login", "x")
	testkit.Write(t, b.st, other, func(tx *store.Tx) error {
		for name, err := range map[string]error{
			"SetDecision":   tx.SetDecision(i.ID, plan.Name, true, 1),
			"StartApplying": tx.StartApplying(i.ID, 1),
			"Cancel":        tx.Cancel(i.ID, reason),
		} {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s of a foreign import: %v", name, err)
			}
		}
		own := &plan.Import{Entity: b.firm, Mode: plan.Edit}
		if err := tx.InsertImport(own, false); err != nil || own.ID != i.ID {
			t.Errorf("the first import of another workspace is number %d, %v", own.ID, err)
		}
		return nil
	})
	if now := b.get(i.ID); now.State != plan.Uploaded || now.Accepted != 0 || now.AllOrNothing {
		t.Errorf("the foreign import is now %+v", now)
	}
}

// TestTransitions tries every decision at every state.
func TestTransitions(t *testing.T) {
	b := newBench(t)
	reason := fault.New(fault.Conflict, "reason.cancelled", "login", "x")
	tests := []struct {
		state          plan.State
		decide, cancel plan.State // what it becomes; "" is a conflict
		asked          bool       // the worker is asked to stop
	}{
		{plan.Uploaded, "", plan.Cancelled, true},
		{plan.Checking, "", plan.Checking, true},
		{plan.Ready, plan.Applying, plan.Cancelled, true},
		{plan.Applying, "", plan.Applying, true},
		{plan.Applied, "", "", false},
		{plan.Refused, "", "", false},
		{plan.Failed, "", "", false},
		{plan.Cancelled, "", "", false},
	}
	for _, tt := range tests {
		for what, step := range map[string]struct {
			want plan.State
			do   func(tx *store.Tx, id int64) error
		}{
			"StartApplying": {tt.decide, func(tx *store.Tx, id int64) error { return tx.StartApplying(id, 1) }},
			"Cancel":        {tt.cancel, func(tx *store.Tx, id int64) error { return tx.Cancel(id, reason) }},
		} {
			i := b.imported()
			b.sql("UPDATE imports SET state = ? WHERE id = ?", tt.state, i.ID)
			err := b.st.Write(context.Background(), b.ws, func(tx *store.Tx) error { return step.do(tx, i.ID) })
			now := b.get(i.ID)
			if step.want == "" {
				if fault.CodeOf(err) != fault.Conflict || now.State != tt.state || now.CancelAsked || now.Reason != nil {
					t.Errorf("%s at %s: %v, now %s", what, tt.state, err, now.State)
				}
				continue
			}
			if err != nil || now.State != step.want {
				t.Errorf("%s at %s: %v, now %s", what, tt.state, err, now.State)
			}
			if what == "Cancel" && (now.CancelAsked != tt.asked || now.Reason == nil || now.State.Final() == now.FinishedAt.IsZero()) {
				t.Errorf("cancelled at %s: asked %v, reason %v, finished %v", tt.state, now.CancelAsked, now.Reason, now.FinishedAt)
			}
		}
	}
}
