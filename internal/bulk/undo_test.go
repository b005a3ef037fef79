package bulk_test

import (
	"context"
	"fmt"
	"testing"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestUndoInOneGoIsAsRowByRow plans the undo of a whole import, which the database
// does by itself where it can, and of all its rows, which are looked at one by
// one: rows, guards, loads and who gains and loses sight of what are the same.
func TestUndoInOneGoIsAsRowByRow(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d, ctx := newDeskAt(t, st, 12), context.Background()
		users := access.New(st)
		boss := testkit.Employee(t, st, d.who.WorkspaceID, "boss", entity.Manager)
		petrov, ivanov := testkit.As(t, st, d.who.WorkspaceID, "petrov"), testkit.As(t, st, d.who.WorkspaceID, "ivanov")
		group, err := users.AddGroup(ctx, d.who, "Минск")
		if err != nil {
			t.Fatal(err)
		}
		leads := func(member int64) {
			t.Helper()
			if err := users.UpdateGroup(ctx, d.who, group, "Минск", nil, []access.Member{{EmployeeID: member}, {EmployeeID: boss.ID, Leads: true}}); err != nil {
				t.Fatal(err)
			}
		}
		leads(petrov.EmployeeID)
		i := d.apply(d.check(d.csv("ID;Название;Статус;Ответственные", "1;;деактивировать;petrov", "2;;;petrov, sidorova",
			"3;;деактивировать;", "4;;;clear", "5;не то;;petrov", "6;;;+petrov", "7;;;sidorova", "9;;деактивировать;clear")), plan.Visibility)
		same := func(when string) {
			t.Helper()
			whole := d.undo(i)
			rows, err := d.bulk.UndoPart(ctx, d.who, i.ID, plan.Part{Rows: []plan.Span{{First: 1, Last: 1 << 40}}}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := d.planned(whole), d.planned(d.drive(rows.ID)); got != want {
				t.Errorf("%s: in one go\n%srow by row\n%s", when, got, want)
			}
		}
		if undo := d.undo(i); undo.Counts.Change != 7 {
			t.Errorf("of 7 rows %d are taken back", undo.Counts.Change)
		}
		same("nothing has happened since")
		leads(ivanov.EmployeeID)
		same("the manager leads somebody else")
		leads(petrov.EmployeeID)
		d.byHand("2 | Клиент 2 | active | ivanov")      // what the import has changed
		d.byHand("7 | Клиент семь | active | sidorova") // something else
		same("two records were changed")
		d.apply(d.undo(i), 0)
		same("it is undone")
	})
}

// planned is a plan as text: counts, rows, loads.
func (d desk) planned(i *plan.Import) string {
	d.Helper()
	text := fmt.Sprintf("%+v held by %v, %d left\n", i.Counts, i.HeldBy, i.Summary.Left)
	if err := d.st.Read(context.Background(), d.who.WorkspaceID, func(tx *store.Tx) error {
		rows, err := tx.Changes(i.ID, 0, 1000)
		for _, c := range rows {
			c.Entity = nil
			text += fmt.Sprintf("%+v\n", c)
		}
		if err != nil {
			return err
		}
		loads, err := tx.PlanLoads(i.ID)
		for _, l := range loads {
			if l != (plan.Load{EmployeeID: l.EmployeeID, Guards: l.Guards}) { // a line of nothing says nothing
				text += fmt.Sprintf("%+v\n", l)
			}
		}
		return err
	}); err != nil {
		d.Fatal(err)
	}
	return text
}
