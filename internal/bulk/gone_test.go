package bulk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// edits is an upload of changes to locations.
func (d desk) edits(lines ...string) bulk.Upload {
	u := d.csv(lines...)
	u.Entity = d.st.Catalog().ByName("location")
	return u
}

// TestTargetTakenBack: what rows would refer to is taken back between preview and
// Import, or before an undo. The rows are left alone, the others go on.
func TestTargetTakenBack(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		stays := d.apply(d.check(d.newOnes("company", "Название;Адрес", "Лён;Немига 5")), 0)
		passes := d.apply(d.check(d.newOnes("company", "Название;Адрес", "Мак;Немига 6")), 0)
		lin, mak := d.made(stays, 2), d.made(passes, 2)
		shops := d.apply(d.check(d.newOnes("location", "Компания;Адрес",
			fmt.Sprintf("%d;Полоцк", lin), fmt.Sprintf("%d;Орша", lin), fmt.Sprintf("%d;Лида", mak))), 0)
		polotsk, orsha, lida := d.made(shops, 2), d.made(shops, 3), d.made(shops, 4)

		waiting := d.check(d.edits("ID;Компания;Радиус, м", fmt.Sprintf("%d;%d;", polotsk, mak), fmt.Sprintf("%d;;300", orsha)))
		d.wanted(waiting, "ready read=2 change=2")
		whole := d.edits("ID;Компания;Радиус, м", fmt.Sprintf("%d;%d;", polotsk, mak), fmt.Sprintf("%d;;400", orsha))
		whole.AllOrNothing = true
		allOrNone := d.check(whole)
		moved := d.apply(d.check(d.edits("ID;Компания", fmt.Sprintf("%d;%d", lida, lin))), 0)
		d.wanted(moved, "applied read=1 change=1 applied=1")
		back := d.undo(moved)
		d.wanted(back, "ready read=1 change=1")
		d.wanted(d.apply(d.undo(passes), 0), "applied read=1 change=1 applied=1")

		d.wanted(d.apply(allOrNone, 0), "failed read=2 change=2 conflict=1 remaining=1 reason.conflict\n2 target_lost")
		d.wanted(d.apply(waiting, 0), "applied read=2 change=2 applied=1 conflict=1\n2 target_lost")
		d.wanted(d.apply(back, 0), "applied read=1 change=1 conflict=1\n2 target_lost")
		d.wanted(d.undo(moved), "ready read=1 failed=1\n2 reference_gone")
		d.sound()
	})
}

// TestGoneBeforeAllOrNothing: a record that was taken back since the preview is a
// conflict before anything is written.
func TestGoneBeforeAllOrNothing(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		first := testkit.Company(t, st, d.who.WorkspaceID, "Мак").ID
		made := d.apply(d.check(d.newOnes("company", "Название;Адрес", "Лён;Немига 5")), 0)
		u := d.csv("ID;Статус", fmt.Sprintf("%d;деактивировать", first), fmt.Sprintf("%d;деактивировать", d.made(made, 2)))
		u.AllOrNothing = true
		i := d.check(u)
		d.apply(d.undo(made), 0)
		i = d.apply(i, 0)
		d.wanted(i, "failed read=2 change=2 conflict=1 remaining=1 reason.conflict\n3 changed_after_check")
		if i.AppliedUpto != 0 {
			t.Errorf("rows up to record %d were written", i.AppliedUpto)
		}
		d.sound()
	})
}

// TestHandEditWhileTakenBack: a main location that somebody is just changing does
// not go with its company; the change is not lost.
func TestHandEditWhileTakenBack(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		i := d.apply(d.check(d.newOnes("company", "Название;Адрес", "Лён;Немига 5")), 0)
		undo := d.undo(i)
		d.press(undo, 0)
		changed, over := make(chan error, 1), make(chan error, 1)
		go func() {
			over <- st.Write(context.Background(), d.who.WorkspaceID, func(tx *store.Tx) error {
				old, err := tx.Get(tx.Catalog().ByName("location"), plan.Mate(d.made(i, 2)))
				if err == nil {
					now := old.Clone()
					now.Set("address", "Немига 50")
					if err = tx.Update(old, now); err == nil {
						err = tx.LogChange(now, 0, entity.Diff(old, now))
					}
				}
				changed <- err
				time.Sleep(300 * time.Millisecond) // whoever takes back is waiting for us by now, or comes later
				return err
			})
		}()
		if err := <-changed; err != nil {
			t.Fatal(err)
		}
		d.wanted(d.drive(undo.ID), "applied read=1 change=1 conflict=1\n2 changed_after_check")
		if err := <-over; err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, st, d.who.WorkspaceID, func(tx *store.Tx) error {
			rec, err := tx.Get(tx.Catalog().ByName("location"), plan.Mate(d.made(i, 2)))
			if err == nil && rec.Get("address") != "Немига 50" {
				t.Errorf("the address is %q", rec.Get("address"))
			}
			return err
		})
		d.sound()
	})
}

// TestThirdUndo: a main location with other people than its company's returns and
// goes again, and nothing says that somebody has changed it.
func TestThirdUndo(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		i := d.apply(d.check(d.newOnes("company", "Название;Адрес;Ответственные", "Лён;Немига 5;ivanov")), 0)
		shop := plan.Mate(d.made(i, 2))
		d.apply(d.check(d.edits("ID;Ответственные", fmt.Sprintf("%d;petrov", shop))), 0)
		first := d.apply(d.undo(i), plan.Stale)
		second := d.apply(d.undo(first), 0)
		third := d.undo(second)
		d.wanted(third, "ready read=1 change=1")
		d.apply(third, 0)
		d.absent(shop)
		d.sound()
	})
}
