package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

func TestHeadingsOfOwnFields(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		ctx, who, s := t.Context(), testkit.Admin(t, st), newService(t, st)
		testkit.Employee(t, st, who.WorkspaceID, "boss", entity.Manager)
		first, err := s.DeclareField(ctx, who, entity.OwnField{Entity: "company", Kind: entity.OwnText, Heading: "  Учётный  код "})
		if err != nil || first.Heading != "Учётный код" {
			t.Fatalf("the first field: %+v, %v", first, err)
		}
		for _, tt := range []struct{ name, kind, heading, key string }{
			{"one that is free", "number", "Телефон 2", ""},
			{"a taken one, written otherwise", "text", "учетный КОД", "error.heading_taken"},
			{"a column in another language", "text", "City", "error.heading_reserved"},
			{"a bare name", "text", "client_status", "error.heading_reserved"},
			{"a column in Latin look-alikes", "text", "Гopoд", "error.heading_reserved"},
			{"a column of files of new records", "text", "Адрес", "error.heading_reserved"},
			{"a misspelling of what steers an import", "text", "Ответственые", "error.heading_reserved"},
			{"a word of the grammar", "text", "Очистить", "error.heading_reserved"},
			{"no letter", "text", "123", "error.bad_heading"},
			{"a formula", "text", "=1+А", "error.bad_heading"},
			{"a name of ours", "text", "own_1", "error.bad_heading"},
			{"nothing", "text", " ", "error.required"},
			{"too long", "text", strings.Repeat("я", 61), "error.too_long"},
			{"no such kind", "colour", "Цвет", "error.no_such_choice"},
		} {
			_, err := s.DeclareField(ctx, who, entity.OwnField{Entity: "company", Kind: entity.OwnKind(tt.kind), Heading: tt.heading})
			key := ""
			if all := fault.All(err); len(all) > 0 {
				key = all[0].Key
			}
			if key != tt.key || err != nil && key == "" {
				t.Errorf("%s (%q): %v, want %q", tt.name, tt.heading, err, tt.key)
			}
		}
		if _, err := s.DeclareField(ctx, who, entity.OwnField{Entity: "company", Kind: entity.OwnYesNo, Heading: "Сеть", Mandatory: true}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a mandatory yes or no: %v", err)
		}
		if _, err := s.DeclareField(ctx, testkit.As(t, st, who.WorkspaceID, "boss"), entity.OwnField{Entity: "company", Kind: entity.OwnText, Heading: "Моё"}); fault.CodeOf(err) != fault.Denied {
			t.Errorf("a manager declares: %v", err)
		}
		e := company(st)
		if err := s.RetireField(ctx, who, e, first.ID, true); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, st, who.WorkspaceID, func(tx *store.Tx) error {
			log, err := tx.SettingsChanges(1)
			if err == nil && (len(log) != 1 || log[0].EmployeeID != who.EmployeeID || fmt.Sprint(log[0].Changes) != "[{own_1.retired  1}]") {
				t.Errorf("the log of settings after a field was retired: %+v", log)
			}
			return err
		})
		for n := range entity.MostOwnFields - 1 {
			if _, err := s.DeclareField(ctx, who, entity.OwnField{Entity: "company", Kind: entity.OwnText, Heading: fmt.Sprint("Поле номер ", n)}); err != nil {
				t.Fatal(err)
			}
		}
		for what, err := range map[string]error{
			"one more":            last2(s.DeclareField(ctx, who, entity.OwnField{Entity: "company", Kind: entity.OwnText, Heading: "Лишнее"})),
			"a retired one again": s.RetireField(ctx, who, e, first.ID, false),
		} {
			if all := fault.All(err); len(all) == 0 || all[0].Key != "error.too_many_own_fields" {
				t.Errorf("%s: %v", what, err)
			}
		}
		other := testkit.AdminOf(t, st, "Чужие")
		if err := s.RetireField(ctx, other, e, 2, true); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("another workspace's field: %v", err)
		}
	})
}

func last2[T any](_ T, err error) error { return err }

// TestOwnFieldsByEveryDoor leads a value of each kind through the form, an
// export, an edit file, undo, history, the state of a moment before, retiring,
// and an archive, beside a workspace that must see nothing of it.
func TestOwnFieldsByEveryDoor(t *testing.T) {
	testkit.EachClock(t, func(t *testing.T, st *store.Store, clock *testkit.Clock) {
		ctx := t.Context()
		d := newDeskAt(t, st, 0)
		other := testkit.AdminOf(t, st, "Чужие")
		kinds := map[entity.OwnKind]struct{ heading, first, shown, second, canonical string }{
			entity.OwnText:   {"Код договора", "Ф-7", "Ф-7", "Ф-8", "Ф-8"},
			entity.OwnNumber: {"Скидка", "12,5", "12.5", "-3", "-3"},
			entity.OwnDate:   {"Договор до", "01.03.2026", "2026-03-01", "02.03.2027", "2027-03-02"},
			entity.OwnChoice: {"Тариф", "Золотой", "Золотой", "Серебряный", ""},
			entity.OwnYesNo:  {"Сетевой", "да", "Да", "нет", ""},
		}
		fields := map[entity.OwnKind]entity.OwnField{}
		for _, kind := range entity.OwnKinds() {
			f, err := d.bulk.DeclareField(ctx, d.who, entity.OwnField{Entity: "company", Kind: kind, Heading: kinds[kind].heading})
			if err != nil {
				t.Fatal(err)
			}
			fields[kind] = f
		}
		d.who = testkit.Admin(t, st)
		name := func(k entity.OwnKind) string { f := fields[k]; return f.Name() }
		values := map[string]string{}
		for _, v := range []string{"Золотой", "Серебряный"} {
			values[v] = testkit.Value(t, st, d.who.WorkspaceID, name(entity.OwnChoice), v)
		}
		silver := values["Серебряный"]

		// the form
		given := map[string]string{"name": "Ёлка", "location.address": "Минск, ул. Первая, 1"}
		for kind, k := range kinds {
			given[name(kind)] = k.first
		}
		given[name(entity.OwnChoice)] = values["Золотой"]
		people := records.New(st)
		rec, err := people.Create(ctx, d.who, d.who.Catalog.ByName("company"), given)
		if err != nil {
			t.Fatal(err)
		}
		before := d.checksum()
		made := clock.Now()
		clock.Advance(3 * 24 * 60 * 60 * 1e9)

		// an export, imported unchanged, changes nothing
		var file bytes.Buffer
		if err := d.bulk.Export(ctx, d.who, company(st), entity.Query{}, bulk.ExportOptions{ForEdit: true, Fields: []string{bulk.AllFields}, Format: sheet.XLSX}, &file); err != nil {
			t.Fatal(err)
		}
		d.wanted(d.check(d.file("export.xlsx", file.Bytes())), "ready read=1 unchanged=1")

		// an edit file changes each, and a wrong value is told
		header, line := []string{"ID"}, []string{fmt.Sprint(rec.ID)}
		for _, kind := range entity.OwnKinds() {
			header, line = append(header, strings.ToUpper(kinds[kind].heading)), append(line, kinds[kind].second)
		}
		i := d.apply(d.check(d.csv(strings.Join(header, ";"), strings.Join(line, ";"))), 0)
		if i.State != plan.Applied || i.Counts.Applied != 1 {
			t.Fatalf("the edit: %s %+v", i.State, i.Counts)
		}
		want := map[string]string{name(entity.OwnChoice): silver}
		for kind, k := range kinds {
			if kind != entity.OwnChoice {
				want[name(kind)] = k.canonical
			}
		}
		read := func(who int64) *entity.Record {
			var got *entity.Record
			testkit.Read(t, st, who, func(tx *store.Tx) (err error) {
				got, err = tx.Get(company(st), rec.ID)
				return err
			})
			return got
		}
		for field, value := range want {
			if got := read(d.who.WorkspaceID).Get(field); got != value {
				t.Errorf("after the edit %s is %q, want %q", field, got, value)
			}
		}
		wrong := d.check(d.csv("ID;Скидка;Договор до;Тариф;Сетевой", fmt.Sprint(rec.ID)+";много;потом;Платиновый;может"))
		if wrong.Counts.Failed != 1 {
			t.Errorf("wrong values: %+v", wrong.Counts)
		}

		// history, and as it was before
		history, err := people.History(ctx, d.who, company(st), rec.ID)
		if err != nil || len(history) != 2 || len(history[0].Changes) != len(kinds) {
			t.Errorf("history: %d entries, %v", len(history), err)
		}
		var past bytes.Buffer
		if err := d.bulk.ExportAsOf(ctx, d.who, company(st), bulk.AsOf{At: made}, bulk.ExportOptions{Format: sheet.CSV}, &past); err != nil {
			t.Fatal(err)
		}
		for _, k := range kinds {
			if !strings.Contains(past.String(), k.heading) || !strings.Contains(strings.ToLower(past.String()), strings.ToLower(k.shown)) {
				t.Errorf("as it was, %s was %s; the file says\n%s", k.heading, k.shown, past.String())
			}
		}

		// undo, then a retired field keeps what it holds and takes no more
		d.apply(d.undo(i), 0)
		if after := d.checksum(); after != before {
			t.Errorf("undone, it is\n%sand was\n%s", after, before)
		}
		for _, f := range fields {
			if err := d.bulk.RetireField(ctx, d.who, company(st), f.ID, true); err != nil {
				t.Fatal(err)
			}
		}
		if refused := d.check(d.csv("ID;Тариф", fmt.Sprint(rec.ID)+";Золотой")); refused.State != plan.Refused {
			t.Errorf("a file of a retired field alone is %s", refused.State)
		}
		if after := d.checksum(); after != before {
			t.Errorf("retired, it is\n%sand was\n%s", after, before)
		}
		d.sound()

		// an archive carries all of it; the other workspace has seen nothing
		var archive bytes.Buffer
		quietly := func(store.Stage, int64, int64) {}
		if err := st.Save(ctx, &archive, quietly); err != nil {
			t.Fatal(err)
		}
		if err := st.Load(context.WithoutCancel(ctx), bytes.NewReader(archive.Bytes()), true, quietly); err != nil {
			t.Fatal(err)
		}
		if after := d.checksum(); after != before {
			t.Errorf("restored, it is\n%sand was\n%s", after, before)
		}
		d.sound()
		foreign := testkit.Company(t, st, other.WorkspaceID, "Чужая")
		if len(foreign.Entity.OwnFields()) > 0 || len(other.Catalog.ByName("company").OwnFields()) > 0 {
			t.Errorf("the other workspace sees %v", foreign.Entity.OwnFields())
		}
	})
}
