package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// nastyNames are names that spreadsheets, encodings and formulas like to spoil.
var nastyNames = []string{
	"=1+1", "+7 017 200-00-00", "-5", "@petrov", "'=x", "'' кавычки", "'ООО Ромашка'", "＝1", "\"=2\"", "0042", "1E5", "TRUE", "01.03.2026",
	"ООО «Ёлка»", norm.NFD.String("Йод, ёж и ўлей"), "два  пробела", "не\u00a0разрывный", " пробелы вокруг ", "точка; с запятой, и \"кавычки\"",
	"две\nстроки", "возврат\r\nкаретки", "табуляция\tвнутри", "_x000D_ и _x0041_", "смайл 🙂", "семья 👨\u200d👩\u200d👧", "сердце ❤\ufe0f", "мяг\u00adкий перенос",
	"\u200fсправа\u200f", "<b>&amp;</b>", "#N/A", "#NAME?", "очистить", "NULL", strings.Repeat("длинное ", 24),
}

// nastyDesk has a record of every kind under every one of the names, with
// responsibles of all sorts.
func nastyDesk(t *testing.T) desk {
	t.Helper()
	d := newDesk(t, 0)
	ws := d.who.WorkspaceID
	var people []int64
	testkit.Read(t, d.st, ws, func(tx *store.Tx) error {
		list, err := tx.Employees(store.EmployeeQuery{})
		for _, e := range list {
			people = append(people, e.ID)
		}
		return err
	})
	cities := []string{testkit.Value(t, d.st, ws, "city", "Минск; центр"), testkit.Value(t, d.st, ws, "city", "очистить"), testkit.Value(t, d.st, ws, "city", "=1+1"), ""}
	for n, name := range nastyNames {
		c := testkit.Record(t, d.st, ws, "company", map[string]string{"name": name, "city": cities[n%len(cities)], "phone": "+375 17 2", "description": canonical(d, "company", "description", name)}, people[:n%(len(people)+1)]...)
		in := entity.IDsText([]int64{c.ID})
		at := testkit.Record(t, d.st, ws, "location", map[string]string{"company": in, "address": name, "main": "1", "radius": "100", "latitude": "-53.9006", "longitude": "27.5"}, people[n%len(people)])
		testkit.Record(t, d.st, ws, "asset", map[string]string{
			"company": in, "location": entity.IDsText([]int64{at.ID}), "name": name, "installed_on": "2020-02-29", "warranty_until": "1812-09-07",
			"serial_number": canonical(d, "asset", "serial_number", name), "description": canonical(d, "asset", "description", name+"\n"+name),
		})
		testkit.Record(t, d.st, ws, "contact", map[string]string{"company": in, "name": name, "email": "a@b.by"}, people...)
	}
	return d
}

// canonical is a text as the form would have stored it; "" where it would have
// refused it.
func canonical(d desk, kind, field, text string) string {
	value, err := d.st.Catalog().ByName(kind).Field(field).Parse(text)
	if err != nil {
		return ""
	}
	return value
}

// TestExportChangesNothing holds the law: an export, imported unchanged, changes
// nothing. It is held for every kind of record, format and language, and for
// the plain export too.
func TestExportChangesNothing(t *testing.T) {
	d := nastyDesk(t)
	ctx := context.Background()
	start := d.checksum()
	for _, e := range d.st.Catalog().Entities {
		for _, format := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV, sheet.TSV} {
			for at, language := range locales(t).Languages() {
				for n, kind := range []bulk.ExportOptions{{ForEdit: true}, {}, {ForEdit: true, Fields: []string{bulk.AllFields}}} {
					forEdit := kind.ForEdit
					if at > 0 && (format == sheet.ODS || format == sheet.TSV) {
						continue // headings do not depend on the format
					}
					t.Run(fmt.Sprintf("%s.%s %s, %+v", e.Name, format, language, kind), func(t *testing.T) {
						d := desk{&scenario{T: t, st: d.st, who: d.who, bulk: d.bulk}}
						var out bytes.Buffer
						o := bulk.ExportOptions{ForEdit: forEdit, Fields: kind.Fields, Format: format, Language: language}
						if err := d.bulk.Export(ctx, d.who, e, entity.Query{}, o, &out); err != nil {
							t.Fatal(err)
						}
						i := d.check(bulk.Upload{Entity: e, Name: "export", Content: &out, Options: plan.Options{Rename: n == 2}})
						d.wanted(i, fmt.Sprintf("ready read=%d unchanged=%[1]d", len(nastyNames)))
						if i.Summary.NoVersion == forEdit {
							t.Errorf("version column missing: %v", i.Summary.NoVersion)
						}
					})
				}
			}
		}
	}
	if d.checksum() != start {
		t.Error("the records have changed")
	}
	d.sound()
}

// The law for everything of some employees: a workbook of four kinds is one
// import, and it changes nothing.
func TestWorkbookChangesNothing(t *testing.T) {
	d := nastyDesk(t)
	start := d.checksum()
	var employees []int64
	records := 0
	testkit.Read(t, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		list, err := tx.Employees(store.EmployeeQuery{})
		if err != nil {
			return err
		}
		for _, e := range list[:2] {
			employees = append(employees, e.ID)
		}
		for _, e := range d.st.Catalog().Entities {
			n, err := tx.Count(e, entity.Query{Responsible: employees}, entity.Scope{All: true})
			if err != nil {
				return err
			}
			records += int(n)
		}
		return nil
	})
	for _, format := range []sheet.Format{sheet.XLSX, sheet.ODS} {
		for _, language := range locales(t).Languages() {
			for _, fields := range [][]string{nil, {bulk.AllFields}} {
				var out bytes.Buffer
				o := bulk.ExportOptions{ForEdit: true, Fields: fields, Format: format, Language: language}
				if err := d.bulk.ExportAll(context.Background(), d.who, employees, o, &out); err != nil {
					t.Fatal(err)
				}
				i := d.check(bulk.Upload{Entity: company(d.st), Name: "everything", Content: &out})
				d.wanted(i, fmt.Sprintf("ready read=%d unchanged=%[1]d", records))
				if len(i.Kinds) != 4 || records < len(nastyNames) {
					t.Errorf("%d kinds, %d records", len(i.Kinds), records)
				}
			}
		}
	}
	if d.checksum() != start {
		t.Error("the records have changed")
	}
	d.sound()
}

// The same law while the rows do ask for something: the names of an export are
// no reason to hold a row.
func TestExportedNamesAreTheRecords(t *testing.T) {
	d := nastyDesk(t)
	for _, format := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV} {
		var out bytes.Buffer
		if err := d.bulk.Export(context.Background(), d.who, company(d.st), entity.Query{}, bulk.ExportOptions{ForEdit: true, Format: format}, &out); err != nil {
			t.Fatal(err)
		}
		u := d.file("export", out.Bytes())
		u.Options.Lists = plan.Remove
		i := d.check(u)
		if i.Counts.Failed != 0 || i.HeldBy[plan.Name] != 0 || i.HeldBy[plan.Name|plan.Visibility] != 0 {
			t.Errorf("%s: %+v, held by %v", format, i.Counts, i.HeldBy)
			d.wanted(i, "")
		}
	}
}

// TestTemplate: a template is itself an edit file, and an empty one asks for
// nothing.
func TestTemplate(t *testing.T) {
	d := newDesk(t, 2)
	for _, format := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV} {
		for _, language := range locales(t).Languages() {
			for _, e := range d.st.Catalog().Entities {
				var out bytes.Buffer
				if err := d.bulk.Template(context.Background(), d.who, e, bulk.TemplateOptions{Format: format, Language: language}, &out); err != nil {
					t.Fatalf("%s %s %s: %v", e.Name, format, language, err)
				}
				d.wanted(d.check(bulk.Upload{Entity: e, Name: "template", Content: &out}), "ready")
			}
		}
	}
}

// TestUndoBringsBack plays random edits on random records: apply, the same file
// again, undo, undo the undo, undo that. Values, active and responsibles come
// back each time, and the database keeps its promises throughout.
func TestUndoBringsBack(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			d := newDesk(t, 60)
			r := rand.New(rand.NewPCG(seed, 1))
			d.shuffle(r)
			for round := range 2 {
				d.thereAndBack(randomFile(r, round))
			}
		})
	}
}

func (d desk) thereAndBack(file []string) {
	d.Helper()
	const all = plan.Name | plan.Stale | plan.Visibility | plan.Blast
	start := d.checksum()
	i := d.apply(d.check(d.csv(file...)), all)
	changed := d.checksum()
	d.sound()
	if i.Counts.Applied == 0 || changed == start {
		d.Fatalf("the file changes nothing: %+v\n%s", i.Counts, strings.Join(file, "\n"))
	}
	d.sameAgain(file)
	back := d.apply(d.undo(i), 0)
	d.same("undo", start)
	if back.Counts.Applied != i.Counts.Applied || back.Undoes != i.ID {
		d.Errorf("undo of import %d undoes %d: applied %+v of %+v", i.ID, back.Undoes, back.Counts, i.Counts)
	}
	forth := d.apply(d.undo(back), 0)
	d.same("undo of the undo", changed)
	d.apply(d.undo(forth), 0)
	d.same("undo of that", start)
	again := d.undo(i)
	if again.Counts.Change != 0 || again.Counts.Held != 0 {
		d.Errorf("what is undone can be undone once more: %+v", again.Counts)
	}
	d.sound()
}

// sameAgain uploads a file again that was just applied. Steps such as replacing
// may find something to do again; plain files may not.
func (d desk) sameAgain(file []string) {
	d.Helper()
	if strings.Contains(strings.Join(file, "\n"), ">") {
		return
	}
	if i := d.check(d.csv(file...)); i.Counts.Change != 0 || i.Counts.Held != 0 {
		d.Errorf("the same file again: %+v", i.Counts)
	}
}

func (d desk) same(after, want string) {
	d.Helper()
	if got := d.checksum(); got != want {
		d.Errorf("%s leaves other records:\n%s\nwanted:\n%s", after, got, want)
	}
	d.sound()
}

// shuffle gives the companies of a desk other people and states.
func (d desk) shuffle(r *rand.Rand) {
	var people []int64
	testkit.Write(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		list, err := tx.Employees(store.EmployeeQuery{})
		if err != nil {
			return err
		}
		for _, e := range list {
			people = append(people, e.ID)
		}
		records, err := tx.Each(company(d.st), entity.Query{}, entity.Scope{All: true}, 0, 1000)
		if err != nil {
			return err
		}
		for _, old := range records {
			now := old.Clone()
			now.Active = r.IntN(3) > 0
			r.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
			now.Responsibles = entity.SortedSet(append([]int64(nil), people[:r.IntN(4)]...))
			changes := entity.Diff(old, now)
			if len(changes) == 0 {
				continue
			}
			if err := tx.Update(old, now); err != nil {
				return err
			}
			if err := tx.LogChange(now, 0, changes); err != nil {
				return err
			}
		}
		return nil
	})
}

// randomFile asks for all sorts of things, some of them impossible.
func randomFile(r *rand.Rand, round int) []string {
	statuses := []string{"", "", "Активировать", "Деактивировать", "Inactive", "да"}
	people := []string{"", "petrov", "ivanov, sidorova", "+sidorova", "-ivanov", "добавить: petrov", "clear", "olduser", "+nobody"}
	if round > 0 {
		people = append(people, "ivanov>petrov", "sidorova>ivanov, +petrov")
	}
	lines := []string{"ID;Название;Статус;Ответственные"}
	for _, id := range r.Perm(66) {
		name := ""
		if r.IntN(4) == 0 {
			name = fmt.Sprintf("Клиент %d", id+r.IntN(2))
		}
		lines = append(lines, fmt.Sprintf("%d;%s;%s;%s", id+1, name, statuses[r.IntN(len(statuses))], people[r.IntN(len(people))]))
		if r.IntN(12) == 0 {
			lines = append(lines, lines[len(lines)-1])
		}
	}
	return lines
}

// Changes made by somebody else since are listed and left alone; the rest of an
// undo goes back.
func TestUndoAfterLaterEdits(t *testing.T) {
	d := newDesk(t, 4)
	i := d.apply(d.check(d.csv("ID;Статус;Ответственные", "1;деактивировать;petrov", "2;;petrov", "3;;petrov", "4;деактивировать;")), 0)
	d.byHand("2 | Клиент 2 | active | sidorova")              // the field itself
	d.byHand("3 | Клиент 3 | inactive | petrov")              // another field
	d.byHand("4 | Клиент 4 переименован | inactive | ivanov") // another field, a wide one
	undo := d.undo(i)
	d.wanted(undo, "ready read=4 change=3 held=1\n3 changed_since")
	undo = d.apply(undo, 0)
	d.wanted(undo, "applied read=4 change=3 held=1 applied=3\n3 changed_since")
	want := "1 | Клиент 1 | active | ivanov\n2 | Клиент 2 | active | sidorova\n3 | Клиент 3 | inactive | ivanov\n4 | Клиент 4 переименован | active | ivanov\n"
	if got := d.table(); got != want {
		t.Errorf("after the undo:\n%s", got)
	}
	first, err := d.bulk.Get(context.Background(), d.who, i.ID)
	if err != nil || first.UndoneBy != undo.ID || first.Undone != 3 {
		t.Errorf("the import says undone by %d, %d rows, %v", first.UndoneBy, first.Undone, err)
	}
	rest := d.apply(d.undo(i), plan.Stale)
	if rest.Counts.Applied != 1 || !strings.Contains(d.table(), "2 | Клиент 2 | active | ivanov") {
		t.Errorf("what was chosen did not go back: %+v\n%s", rest.Counts, d.table())
	}
	d.sound()
}

// What an import says of its undoing follows the undos of undos.
func TestUndoneIsCountedOnce(t *testing.T) {
	d := newDesk(t, 3)
	i := d.apply(d.check(d.csv("ID;Ответственные", "1;petrov", "2;petrov", "3;petrov")), 0)
	undone := func() int64 {
		t.Helper()
		now, err := d.bulk.Get(context.Background(), d.who, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.Undone
	}
	undo := d.apply(d.undo(i), 0)
	if undone() != 3 {
		t.Errorf("after the undo: undone %d", undone())
	}
	redo := d.apply(d.undo(undo), 0)
	if undone() != 0 {
		t.Errorf("after the undo of the undo: undone %d", undone())
	}
	d.apply(d.undo(i), 0)
	if undone() != 3 {
		t.Errorf("after undoing once more: undone %d", undone())
	}
	if now, err := d.bulk.Get(context.Background(), d.who, redo.ID); err != nil || now.Undone != 0 {
		t.Errorf("the undo of the undo says undone %d, %v", now.Undone, err)
	}
}

// Rows are counted as they really stand: undos may overlap, be undone in part,
// and one that was all or nothing may take itself back.
func TestUndoneIsCountedByRows(t *testing.T) {
	d := newDesk(t, 6)
	i := d.apply(d.check(d.csv("ID;Ответственные", "1;petrov", "2;petrov", "3;petrov", "4;petrov", "5;petrov", "6;petrov")), 0)
	stands := func(id, want int64) {
		t.Helper()
		now, err := d.bulk.Get(context.Background(), d.who, id)
		if err != nil || now.Undone != want {
			t.Errorf("import %d says undone %d, wanted %d (%v)", id, now.Undone, want, err)
		}
	}
	first := d.applyPart(i, plan.Part{Records: []int64{1, 2, 3}}, 0)
	stands(i.ID, 3)
	d.byHand("3 | Клиент 3 | active | petrov") // as the import had it
	second := d.applyPart(i, plan.Part{Records: []int64{3, 4}}, 0)
	stands(i.ID, 4) // 3 is undone twice
	d.applyPart(first, plan.Part{Records: []int64{2, 3}}, plan.Stale)
	stands(first.ID, 2)
	stands(i.ID, 3) // 3 is still undone by the second one
	d.applyPart(second, plan.Part{Records: []int64{4}}, 0)
	stands(i.ID, 2)
	stands(second.ID, 1)
	d.sound()
}

// applyPart undoes a part of an import.
func (d desk) applyPart(i *plan.Import, part plan.Part, accept plan.Guards) *plan.Import {
	d.Helper()
	undo, err := d.bulk.UndoPart(context.Background(), d.who, i.ID, part, accept)
	if err != nil {
		d.Fatalf("undo a part of import %d: %v", i.ID, err)
	}
	return d.apply(d.drive(undo.ID), accept)
}
