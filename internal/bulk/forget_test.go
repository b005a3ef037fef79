package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// TestForgetting: what is older than the keeping time is gone, with words for
// whoever asks for it; what is younger can be looked at and undone as before.
func TestForgetting(t *testing.T) {
	testkit.EachClock(t, func(t *testing.T, st *store.Store, clock *testkit.Clock) {
		d := newDeskAt(t, st, 6)
		ctx := context.Background()
		const day = 24 * time.Hour
		clock.Advance(day)
		old := d.apply(d.check(d.csv("ID;Статус;Ответственные", "1;деактивировать;petrov", "2;;petrov", "99;;petrov")), 0)
		undoneLater := d.apply(d.check(d.csv("ID;Ответственные", "3;petrov", "4;petrov")), 0)
		d.byHand("5 | Клиент 5 | active | sidorova")
		clock.Advance(50 * day)
		undo := d.apply(d.undo(undoneLater), 0)
		young := d.apply(d.check(d.csv("ID;Ответственные", "2;sidorova", "6;sidorova")), 0)
		clock.Advance(10 * day)

		// it is told what would go, and nothing goes before somebody has said yes
		_, err := access.New(st).SetSettings(ctx, d.who, map[string]string{"history_days": "30"})
		all := fault.All(err)
		if len(all) != 1 || all[0].Key != "error.forgets" || fmt.Sprint(all[0].Args) != "map[changes:3 day:2026-04-02 imports:1]" {
			t.Fatalf("a shorter keeping time: %v %v", err, all)
		}
		if _, err := access.New(st).SetSettings(ctx, d.who, map[string]string{"history_days": "29", access.Forget: "29"}); key(err) != "error.kept_too_short" {
			t.Errorf("29 days: %v", err)
		}
		if err := d.bulk.ForgetHistory(ctx); err != nil {
			t.Fatal(err)
		}
		d.known(old, true)
		start := d.checksum()
		d.settings("history_days=30\nforget=30")
		if err := d.bulk.ForgetHistory(ctx); err != nil {
			t.Fatal(err)
		}
		d.same("forgetting", start)
		d.known(old, false)
		d.known(undoneLater, true) // its undo is young
		d.known(young, true)

		// a file of before: whether its fields were changed since nobody knows
		i := d.check(d.csv("ID;Статус;Ответственные;Версия", "1;активировать;ivanov;1", "2;;ivanov;1", "5;;ivanov;1", "6;;petrov;2"))
		d.wanted(i, "ready read=4 change=1 held=3\n2 changed_since_forgotten\n2 changed_since_forgotten\n3 changed_since\n4 changed_since_forgotten")
		if i, err = d.bulk.Choose(ctx, d.who, i.ID, bulk.Choose{Choice: plan.Merge}); err != nil {
			t.Fatal(err)
		}
		d.wanted(d.drive(i.ID), "ready read=4 change=1 held=3\n2 changed_since_forgotten\n2 changed_since_forgotten\n3 changed_since\n4 changed_since_forgotten")
		if i, err = d.bulk.Choose(ctx, d.who, i.ID, bulk.Choose{Choice: plan.Theirs}); err != nil {
			t.Fatal(err)
		}
		d.wanted(d.drive(i.ID), "ready read=4 change=1 unchanged=3 warnings=4\n2 changed_since_forgotten\n2 changed_since_forgotten\n3 chosen_theirs\n4 changed_since_forgotten")

		// what is kept is undone as before, and counted up the line
		d.apply(d.undo(undo), 0)
		if first, err := d.bulk.Get(ctx, d.who, undoneLater.ID); err != nil || first.Undone != 0 {
			t.Errorf("after the undo of the undo: undone %d, %v", first.Undone, err)
		}
		d.apply(d.undo(young), 0)
		d.sound()

		// kept for ever again: what is gone stays gone
		d.settings("history_days=0")
		clock.Advance(400 * day)
		if err := d.bulk.ForgetHistory(ctx); err != nil {
			t.Fatal(err)
		}
		d.known(young, true)
		d.known(old, false)
		d.sound()
	})
}

func key(err error) string {
	if all := fault.All(err); len(all) > 0 {
		return all[0].Key
	}
	return fmt.Sprint(err)
}

// known asks for all that an import keeps beside its receipt.
func (d desk) known(i *plan.Import, yes bool) {
	d.Helper()
	ctx := context.Background()
	want := "<nil>"
	if !yes {
		want = "error.forgotten"
	}
	_, file, err := d.bulk.File(ctx, d.who, i.ID)
	if err == nil {
		_, err = file.Read(make([]byte, 10))
	}
	asked := map[string]error{"file": err}
	asked["report"] = d.bulk.Report(ctx, d.who, i.ID, sheet.CSV, "ru", &bytes.Buffer{})
	_, _, asked["moved"] = d.bulk.Moved(ctx, d.who, i.ID, bulk.MovedQuery{Way: bulk.Received, Limit: 10})
	_, asked["cell"] = d.bulk.CellText(ctx, d.who, i.ID, 2, "responsibles")
	_, asked["other sheet"] = d.bulk.OtherSheet(ctx, d.who, i.ID, "x")
	for what, err := range asked {
		if key(err) != want {
			d.Errorf("%s of import %d: %v", what, i.ID, err)
		}
	}
	now, err := d.bulk.Get(ctx, d.who, i.ID)
	if err != nil || now.Counts != i.Counts || now.ForgottenAt.IsZero() != yes {
		d.Errorf("import %d: %+v, was %+v, forgotten at %s, %v", i.ID, now.Counts, i.Counts, now.ForgottenAt, err)
	}
	loads, err := d.bulk.Loads(ctx, d.who, i.ID)
	if err != nil || len(loads) == 0 {
		d.Errorf("the loads of import %d: %v, %v", i.ID, loads, err)
	}
	rows, err := d.bulk.Changes(ctx, d.who, i.ID, bulk.RowQuery{Limit: 10})
	if err != nil || (len(rows) > 0) != yes {
		d.Errorf("import %d shows %d rows, %v", i.ID, len(rows), err)
	}
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		left, err := tx.Leftovers()
		if len(left) > 0 {
			d.Errorf("of imports %v something is left", left)
		}
		return err
	})
}
