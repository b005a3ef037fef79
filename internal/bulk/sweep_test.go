package bulk_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// An upload that was given up while the server runs is swept by the running
// server, not only by the next one.
func TestAbandonedUploadsAreSweptAgainAndAgain(t *testing.T) {
	clock := testkit.NewClock()
	st := testkit.StoreAt(t, store.Options{Now: clock.Now})
	who := testkit.Admin(t, st)
	locales, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := bulk.New(st, locales, bulk.Options{SweepEvery: 10 * time.Millisecond})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Work(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	time.Sleep(50 * time.Millisecond) // the sweep of the start is over
	testkit.Write(t, st, who.WorkspaceID, func(tx *store.Tx) error {
		i := &plan.Import{Entity: company(st), Mode: plan.Edit}
		return errors.Join(tx.InsertImport(i, true), tx.AppendFile(i.ID, 0, []byte("ID;")))
	})
	time.Sleep(50 * time.Millisecond)
	if !arriving(t, st, who.WorkspaceID, 1) {
		t.Error("an upload that is still arriving was swept")
	}
	clock.Advance(2 * time.Hour)
	for n := 0; arriving(t, st, who.WorkspaceID, 1); n++ {
		if n == 500 {
			t.Fatal("it was never swept")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

var errArriving = errors.New("its file is still arriving")

// arriving tells whether there is an upload of this number that is not whole. It
// finishes it to see, and takes that back.
func arriving(t *testing.T, st *store.Store, workspace, id int64) bool {
	t.Helper()
	err := st.Write(context.Background(), workspace, func(tx *store.Tx) error {
		if err := tx.FinishUpload(id, plan.File{}); err != nil {
			return err
		}
		if _, err := tx.Import(id); err != nil {
			return err
		}
		return errArriving
	})
	if fault.CodeOf(err) != fault.NotFound && !errors.Is(err, errArriving) {
		t.Fatal(err)
	}
	return errors.Is(err, errArriving)
}

// The connection that breaks while a file arrives leaves nothing behind.
func TestBrokenUploadLeavesNothing(t *testing.T) {
	d := newDesk(t, 1)
	cut := errors.New("cut off")
	_, err := d.bulk.Upload(context.Background(), d.who, bulk.Upload{
		Entity: company(d.st), Name: "file.csv", Content: io.MultiReader(strings.NewReader(strings.Repeat("1;\n", 1<<20)), broken{cut}),
	})
	if !errors.Is(err, cut) {
		t.Errorf("answers %v", err)
	}
	if arriving(t, d.st, d.who.WorkspaceID, 1) {
		t.Error("half a file is left")
	}
	if list, total, err := d.bulk.List(context.Background(), d.who, 0, 10); err != nil || total != 0 {
		t.Errorf("it is listed: %v, %v", list, err)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
