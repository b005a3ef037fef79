package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// newOnes is an upload of new records of a kind.
func (d desk) newOnes(kind string, lines ...string) bulk.Upload {
	u := d.csv(lines...)
	u.Entity, u.Mode = d.st.Catalog().ByName(kind), plan.Create
	return u
}

// made is the record that an import has made of a row.
func (d desk) made(i *plan.Import, row int64) int64 {
	d.Helper()
	views, err := d.bulk.Changes(context.Background(), d.who, i.ID, bulk.RowQuery{Limit: 1000})
	if err != nil {
		d.Fatal(err)
	}
	for _, v := range views {
		if v.Row == row {
			return v.RecordID
		}
	}
	d.Fatalf("import %d has no row %d", i.ID, row)
	return 0
}

// exported is the export of all fields, for people, as CSV.
func (d desk) exported(e *entity.Entity) string {
	d.Helper()
	var out bytes.Buffer
	o := bulk.ExportOptions{Fields: []string{bulk.AllFields}, Format: sheet.CSV, Language: "ru"}
	if err := d.bulk.Export(context.Background(), d.who, e, entity.Query{}, o, &out); err != nil {
		d.Fatal(err)
	}
	return out.String()
}

// TestNewRecordsComeAndGo: what hangs on a record keeps it; what was taken back
// answers as what never was, and returns as it was; what a plan stands on may go
// before it is applied; a file uploaded again makes records again.
func TestNewRecordsComeAndGo(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		companies := func() bulk.Upload {
			return d.newOnes("company", "Название;Адрес;Телефон;Ответственные",
				"Лён;Немига 5;+375 17 200-00-00;ivanov", "\"=HYPERLINK(\"\"x\"\")\";@Ленина;'+375 29 1;petrov")
		}
		made := d.apply(d.check(companies()), 0)
		d.wanted(made, "applied read=2 change=2 applied=2")
		lin, formula := d.made(made, 2), d.made(made, 3)
		for _, says := range []string{"Лён", "+375 17 200-00-00", "ivanov", `=HYPERLINK(""x"")`} { // what the file said
			if out := d.exported(company(st)); !strings.Contains(out, says) {
				t.Errorf("the export lacks %q:\n%s", says, out)
			}
		}
		other := testkit.Company(t, st, testkit.AdminOf(t, st, "Чужие").WorkspaceID, "Чужая")
		d.wanted(d.check(d.newOnes("contact", "Имя;Компания", fmt.Sprintf("Пётр;%d", other.ID+1000), "Анна;Чужая")),
			"ready read=2 failed=2\n2 unknown_id\n3 unknown_reference")

		contacts := d.apply(d.check(d.newOnes("contact", "Имя;Компания", "Анна;лён", "Борис;"+fmt.Sprint(lin))), 0)
		d.wanted(contacts, "applied read=2 change=2 applied=2")
		undo := d.undo(made)
		d.wanted(undo, "ready read=2 change=1 failed=1\n2 hangs_on")
		d.apply(undo, 0)
		d.absent(formula)
		d.absent(plan.Mate(formula))

		waiting := d.check(d.newOnes("location", "Компания;Адрес", fmt.Sprintf("%d;Полоцк", lin)))
		allOrNone := d.newOnes("location", "Компания;Адрес", fmt.Sprintf("%d;Орша", lin))
		allOrNone.AllOrNothing = true
		whole := d.check(allOrNone)
		d.apply(d.undo(contacts), 0)
		rest := d.undo(made)
		d.wanted(rest, "ready read=2 change=1 unchanged=1")
		gone := d.apply(rest, 0)
		d.wanted(d.apply(waiting, 0), "applied read=1 change=1 conflict=1\n2 ground_lost")
		d.wanted(d.apply(whole, 0), "failed read=1 change=1 conflict=1 reason.conflict\n2 ground_lost")
		if back := d.undo(contacts); back.Counts.Unchanged != 2 {
			t.Errorf("what is gone goes once more: %+v", back.Counts)
		}
		d.sound()

		again := d.apply(d.check(companies()), 0)
		d.wanted(again, "applied read=2 change=2 applied=2")
		if id := d.made(again, 2); id <= lin {
			t.Errorf("the file made record %d again", id)
		}
		back := d.undo(gone)
		d.wanted(d.apply(back, 0), "applied read=1 change=1 applied=1")
		testkit.Read(t, st, d.who.WorkspaceID, func(tx *store.Tx) error {
			rec, err := tx.Get(company(st), lin)
			if err == nil && (rec.Title() != "Лён" || rec.Version != 3) {
				t.Errorf("it came back as %q, version %d", rec.Title(), rec.Version)
			}
			return err
		})
		d.sound()
	})
}

// absent is that a record answers as one that never was.
func (d desk) absent(id int64) {
	d.Helper()
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		if _, err := tx.KindOf(id); fault.CodeOf(err) != fault.NotFound {
			d.Errorf("record %d: %v, want it absent", id, err)
		}
		return nil
	})
}

// TestNewValuesMeanwhile: a value that somebody adds, or retires, between preview
// and Import.
func TestNewValuesMeanwhile(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		w := d.who.WorkspaceID
		minsk := testkit.Value(t, st, w, "city", "Минск")
		i := d.check(d.newOnes("company", "Название;Адрес;Город", "Лён;Немига 5;Гродно", "Мак;Немига 6;Минск"))
		grodno := testkit.Value(t, st, w, "city", "ГРОДНО")
		testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.SetRetired(entity.ParseIDs(minsk)[0], true) })
		i = d.apply(i, plan.Values)
		d.wanted(i, "applied read=2 change=1 held=1 accepted=1 applied=1 conflict=1\n2 new_value\n3 ground_lost")
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			rec, err := tx.Get(company(st), d.heldOf(i))
			if err == nil && rec.Get("city") != grodno {
				t.Errorf("city is %q, want %q, which somebody added", rec.Get("city"), grodno)
			}
			values, err2 := tx.DirectoryValues("city")
			if len(values) != 2 {
				t.Errorf("the directory holds %v", values)
			}
			return fault.Many(append(fault.All(err), fault.All(err2)...)).ErrOrNil()
		})
		d.sound()
	})
}

// heldOf is the record of the first row that was held.
func (d desk) heldOf(i *plan.Import) int64 {
	d.Helper()
	views, err := d.bulk.Changes(context.Background(), d.who, i.ID, bulk.RowQuery{Held: true, Limit: 1})
	if err != nil || len(views) == 0 {
		d.Fatalf("no row is held: %v", err)
	}
	return views[0].RecordID
}

// TestNewRecordsCrash: whoever goes on after a crash makes each record once.
func TestNewRecordsCrash(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		const rows = 300
		d := newDeskAt(t, st, 0)
		lines := []string{"Название;Адрес;Ответственные"}
		for n := range rows {
			lines = append(lines, fmt.Sprintf("Клиент %d;Улица %d;ivanov", n, n))
		}
		r := rand.New(rand.NewPCG(1, 2))
		i := d.crashing(r, d.waiting(d.newOnes("company", lines...)))
		d.press(i, 0)
		i = d.crashing(r, i)
		d.wanted(i, fmt.Sprintf("applied read=%d change=%[1]d applied=%[1]d", rows))
		undo, err := d.bulk.Undo(context.Background(), d.who, i.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		undo = d.crashing(r, undo)
		d.press(undo, 0)
		d.crashing(r, undo)
		if left := d.table(); left != "" {
			t.Errorf("after the undo there are still:\n%s", left)
		}
		d.sound()
	})
}

// TestNewRecordsOwnFields: a workspace's own fields are columns like any other;
// they go and come back with their record.
func TestNewRecordsOwnFields(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		fields := testkit.OwnFields(t, st, d.who.WorkspaceID, "company")
		name := func(k entity.OwnKind) string { f := fields[k]; return f.Name() }
		i := d.check(d.newOnes("company", "Название;Адрес;text;number;date;choice;yesno",
			"Лён;Немига 5;Договор 7;12,5;01.03.2026;Золотой;да", "Мак;Немига 6;;много;;;"))
		if n := i.Counts; n.Held != 1 || n.Failed != 1 {
			t.Fatalf("%s %+v, want one row held and one failed", i.State, n)
		}
		i = d.apply(i, plan.Values)
		id := d.heldOf(i)
		values := func() string {
			var got []string
			testkit.Read(t, st, d.who.WorkspaceID, func(tx *store.Tx) error {
				rec, err := tx.Get(tx.Catalog().Of(company(st)), id)
				if err == nil {
					for _, k := range entity.OwnKinds() {
						got = append(got, rec.Get(name(k)))
					}
				}
				return err
			})
			return strings.Join(got, "|")
		}
		before := values()
		if !strings.HasPrefix(before, "Договор 7|12.5|2026-03-01|") || !strings.HasSuffix(before, "|1") {
			t.Errorf("the record was made as %q", before)
		}
		undo := d.apply(d.undo(i), 0)
		d.absent(id)
		d.apply(d.undo(undo), 0)
		if now := values(); now != before {
			t.Errorf("it came back as %q, want %q", now, before)
		}
		d.sound()
	})
}

// TestValueBroughtAndRenamed: a value that the first rows brought may be called
// otherwise by the time the next ones come.
func TestValueBroughtAndRenamed(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		value := entity.DirectoryValue{ID: 1000, Directory: "city", Name: "Брест"}
		for range 2 {
			testkit.Write(t, st, d.who.WorkspaceID, func(tx *store.Tx) error {
				id, err := tx.BringValue(value)
				if err == nil && id != value.ID {
					t.Errorf("the value is %d, want %d", id, value.ID)
				}
				if err != nil {
					return err
				}
				return tx.RenameValue(value, "г. Брест")
			})
		}
	})
}

// TestCompanionsOwnFields: what a main location holds in fields of the workspace's
// own is seen, goes and comes back with its company.
func TestCompanionsOwnFields(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 0)
		f := testkit.OwnFields(t, st, d.who.WorkspaceID, "location")[entity.OwnText]
		i := d.apply(d.check(d.newOnes("company", "Название;Адрес", "Лён;Немига 5")), 0)
		id := d.made(i, 2) + 1
		value := func(set string) (got string) {
			testkit.Write(t, st, d.who.WorkspaceID, func(tx *store.Tx) error {
				old, err := tx.Get(tx.Catalog().ByName("location"), id)
				if err != nil {
					return err
				}
				got = old.Get(f.Name())
				if set == "" {
					return nil
				}
				now := old.Clone()
				now.Set(f.Name(), set)
				if err := tx.Update(old, now); err != nil {
					return err
				}
				return tx.LogChange(now, 0, entity.Diff(old, now))
			})
			return got
		}
		value("Въезд со двора")
		undo := d.undo(i)
		if undo.Counts.Held != 1 {
			t.Fatalf("%+v: the location was changed by hand, which nobody says", undo.Counts)
		}
		undo = d.apply(undo, plan.Stale)
		d.absent(id)
		d.apply(d.undo(undo), 0)
		if got := value(""); got != "Въезд со двора" {
			t.Errorf("the location came back with %q", got)
		}
		d.sound()
	})
}
