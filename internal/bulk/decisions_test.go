package bulk_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// An import keeps what was decided about it, in order, and its file.
func TestDecisionsAreKept(t *testing.T) {
	d := newDesk(t, 3)
	ctx := context.Background()
	const file = "ID;Название;Ответственные\n1;Клиент 1;petrov\n2;не то;petrov\n3;Клиент 3;clear\n"
	i := d.check(d.file("весна.csv", []byte(file)))
	for _, accept := range []plan.Guards{plan.Name | plan.Visibility, plan.Name} {
		if _, err := d.bulk.Accept(ctx, d.who, i.ID, accept); err != nil {
			t.Fatal(err)
		}
	}
	yes, no := true, false
	if _, err := d.bulk.Apply(ctx, d.who, i.ID, bulk.Decision{AllOrNothing: &yes}); err == nil {
		t.Fatal("all or nothing began with a row held")
	}
	if _, err := d.bulk.Apply(ctx, d.who, i.ID, bulk.Decision{AllOrNothing: &no}); err != nil {
		t.Fatal(err)
	}
	i = d.drive(i.ID)
	undo := d.undo(i)
	if _, err := d.bulk.Cancel(ctx, d.who, undo.ID); err != nil {
		t.Fatal(err)
	}
	// what was refused has decided nothing
	d.decided(i.ID, "accept [name visibility] 2", "withdraw [visibility] 1", "apply 2", fmt.Sprintf("undo %d", undo.ID))
	d.decided(undo.ID, "cancel")
	d.decidedInWords(i.ID, "lets “Another name, Nobody would be left” pass: 2 rows", "no longer lets “Nobody would be left” pass: 1 rows", "presses Import: 2 rows to write", fmt.Sprintf("asks to take it back: → %d", undo.ID))

	_, content, err := d.bulk.File(ctx, d.who, i.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(content); err != nil || string(got) != file {
		t.Errorf("the file came back as %q, %v", got, err)
	}
	if _, _, err := d.bulk.File(ctx, d.who, undo.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the file of an undo: %v", err)
	}
	d.sound()
}

// What is accepted together with the file or an undo, as a command line does, is
// a decision like what is accepted on the page; so is what an import of another
// sheet takes over.
func TestAcceptedAheadIsADecision(t *testing.T) {
	d := newDesk(t, 3)
	ctx := context.Background()
	u := d.file("весна.csv", []byte("ID;Название;Ответственные\n1;не то;clear\n"))
	u.Accept = plan.Name | plan.Visibility
	i := d.check(u)
	again, err := d.bulk.OtherSheet(ctx, d.who, i.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.bulk.Apply(ctx, d.who, i.ID, bulk.Decision{Accept: plan.Name}); err != nil {
		t.Fatal(err)
	}
	i = d.drive(i.ID)
	undo, err := d.bulk.UndoPart(ctx, d.who, i.ID, plan.Part{}, plan.Stale)
	if err != nil {
		t.Fatal(err)
	}
	d.decided(i.ID, "accept_ahead [name visibility]", fmt.Sprintf("sheet %d", again.ID), "apply 1", fmt.Sprintf("undo %d", undo.ID))
	d.decided(again.ID, "accept_ahead [name visibility]")
	d.decided(undo.ID, "accept_ahead [stale]")
}

func (d desk) decided(id int64, want ...string) {
	d.Helper()
	list, err := d.bulk.Decisions(context.Background(), d.who, id)
	if err != nil {
		d.Fatal(err)
	}
	var got []string
	for n, one := range list {
		line := string(one.What)
		for _, name := range []string{"guards", "count", "rows", "import"} {
			if value, ok := one.Args[name]; ok {
				line += fmt.Sprint(" ", value)
			}
		}
		got = append(got, line)
		if one.N != int64(n)+1 || one.EmployeeID != d.who.EmployeeID || one.Name == "" || one.At.IsZero() {
			d.Errorf("decision %d: %+v", n, one)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		d.Errorf("import %d was decided on so:\n%s\nwanted:\n%s", id, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (d desk) decidedInWords(id int64, want ...string) {
	d.Helper()
	list, err := d.bulk.Decisions(context.Background(), d.who, id)
	if err != nil {
		d.Fatal(err)
	}
	var got []string
	for _, one := range list {
		line := bulk.Decided(english(d), one.Decision)
		if led := bulk.Led(one.Decision); led != 0 {
			line += fmt.Sprint(" → ", led)
		}
		got = append(got, line)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		d.Errorf("in words, import %d was decided on so:\n%s\nwanted:\n%s", id, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestUndoStaysOffered has an undo leave a field alone: all rows of the import
// count as undone, and still the field can be asked for.
func TestUndoStaysOffered(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 2)
		i := d.applyAll(d.check(d.csv("ID;Статус;Ответственные", "1;деактивировать;petrov", "2;деактивировать;petrov")))
		d.offered(i.ID, true)
		d.byHand("1 | Клиент 1 | inactive | sidorova")
		d.apply(d.undo(i), 0)
		if i = d.drive(i.ID); i.Undone != i.Counts.Applied {
			t.Fatalf("undone are %d of %d", i.Undone, i.Counts.Applied)
		}
		d.offered(i.ID, true) // the responsibles of 1 were left

		other := d.applyAll(d.check(d.csv("ID;Статус", "2;деактивировать")))
		d.applyAll(d.undo(other))
		d.offered(other.ID, false)
	})
}

func (d desk) offered(id int64, want bool) {
	d.Helper()
	if may, err := d.bulk.MayUndo(context.Background(), d.who, d.drive(id)); err != nil || may != want {
		d.Errorf("undo of import %d is offered: %v, %v", id, may, err)
	}
}

// Decisions of one kind keep their order.
func TestDecisionsHaveAnOrder(t *testing.T) {
	d := newDesk(t, 1)
	i := d.check(d.csv("ID;Ответственные", "1;petrov"))
	for n := range 5 {
		if err := d.st.Write(context.Background(), d.who.WorkspaceID, func(tx *store.Tx) error {
			return tx.AddDecision(i.ID, d.who.EmployeeID, plan.Started, "rows", n)
		}); err != nil {
			t.Fatal(err)
		}
	}
	d.decided(i.ID, "apply 0", "apply 1", "apply 2", "apply 3", "apply 4")
}
