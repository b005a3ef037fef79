package bulk_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// by uploads a file in somebody's name and waits for its preview.
func (d desk) by(who access.User, u bulk.Upload) *plan.Import {
	d.Helper()
	i, err := d.bulk.Upload(context.Background(), who, u)
	if err != nil {
		d.Fatal(err)
	}
	return d.drive(i.ID)
}

// pressed presses Import in somebody's name and waits.
func (d desk) pressed(who access.User, i *plan.Import) *plan.Import {
	d.Helper()
	if _, err := d.bulk.Apply(context.Background(), who, i.ID, bulk.Decision{Accept: plan.Visibility}); err != nil {
		d.Fatal(err)
	}
	return d.drive(i.ID)
}

// A manager puts himself and his people onto lists. Who is on one already may stay
// or be taken off, and comes back when that is undone.
func TestWhomManagersName(t *testing.T) {
	d, petrov := managed(t)
	ctx := context.Background()
	d.apply(d.check(d.csv("ID;Ответственные", "4;sidorova, ivanov")), 0)
	start := d.checksum()
	i := d.by(petrov, d.csv("ID;Ответственные", "4;petrov, ivanov, sidorova", "5;sidorova, ivanov", "6;+ivanov", "7;ivanov"))
	d.wanted(i, "ready read=4 change=1 failed=3\n3 not_led\n4 not_led\n5 not_led")

	i = d.pressed(petrov, d.by(petrov, d.csv("ID;Ответственные", "4;-ivanov", "5;sidorova, petrov")))
	d.wanted(i, "applied read=2 change=2 applied=2")
	undo, err := d.bulk.Undo(ctx, petrov, i.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	d.wanted(d.pressed(petrov, d.drive(undo.ID)), "applied read=2 change=2 applied=2")
	d.same("undo", start)

	// new records, actions on a list, and what follows a company
	list := d.by(petrov, d.newOnes("company", "Название;Адрес;Ответственные", "Новая;Минск;ivanov", "Своя;Минск;sidorova"))
	d.wanted(list, "ready read=2 change=1 failed=1\n2 not_led")
	change, err := d.bulk.ChangeFound(ctx, petrov, company(d.st), entity.Query{IDs: []int64{1, 4, 6}},
		plan.FieldEdit{Field: entity.Responsibles, Lists: plan.Add, People: []int64{d.person("ivanov").ID}})
	d.wanted(d.begun(change, err), "ready read=2 unchanged=1 failed=1\n2 not_led")
	for login, main := range map[string]string{"ivanov": "1", "sidorova": ""} { // a location of his company that he does not see, and one that he does
		testkit.Record(t, d.st, d.who.WorkspaceID, "location", map[string]string{"company": "6", "address": "Брест", "main": main}, d.person(login).ID)
	}
	u := d.csv("ID;Статус", "6;деактивировать")
	u.Options.Related = true
	d.wanted(d.by(petrov, u), "ready read=2 change=2")

	// between the preview and Import
	i = d.by(petrov, d.csv("ID;Ответственные", "6;+sidorova"))
	d.leaves()
	d.wanted(d.pressed(petrov, i), "applied read=1 change=1 conflict=1\n2 no_longer_seen")

	petrov = testkit.As(t, d.st, d.who.WorkspaceID, "petrov")
	var file bytes.Buffer
	if err := d.bulk.Template(ctx, petrov, company(d.st), bulk.TemplateOptions{Format: sheet.XLSX, Language: "ru"}, &file); err != nil {
		t.Fatal(err)
	}
	if offers := unzipped(t, file.Bytes()); !strings.Contains(offers, ">petrov<") || strings.Contains(offers, ">ivanov<") {
		t.Error("the template offers others than whom he may name")
	}
	d.settings("unassigned_seen=off")
	petrov = testkit.As(t, d.st, d.who.WorkspaceID, "petrov")
	d.wanted(d.by(petrov, d.csv("ID;Ответственные", "1;+petrov", "6;+sidorova")), "ready read=2 change=2")
	d.sound()
}

// How many records there are in all is not told to whoever does not see them all.
func TestManagersBlast(t *testing.T) {
	d, petrov := managed(t)
	d.settings("blast_records=1\nblast_share=10")
	i := d.by(petrov, d.csv("ID;Статус", "4;деактивировать", "5;деактивировать"))
	said := func(scope entity.Scope) string {
		return strings.Join(bulk.Notices(english(t), scope, i), " ")
	}
	if !i.Summary.Blast || strings.Contains(said(petrov.Scope()), "of 7") || !strings.Contains(said(d.who.Scope()), "of 7") {
		t.Errorf("%+v: %s", i.Summary.Moves, said(petrov.Scope()))
	}
}

// A leadership that ends while an import runs ends what it may reach.
func TestLeadershipLost(t *testing.T) {
	d := newDesk(t, 1200)
	d.as("petrov", entity.Manager)
	testkit.Group(t, d.st, d.who.WorkspaceID, "Минск", d.person("petrov"), d.person("sidorova"))
	d.apply(d.check(d.csv(everybodyTo("sidorova", 1200)...)), 0)
	petrov := testkit.As(t, d.st, d.who.WorkspaceID, "petrov")
	lines := []string{"ID;Статус"}
	for id := range 1200 {
		lines = append(lines, fmt.Sprintf("%d;деактивировать", id+1))
	}
	i := d.by(petrov, d.csv(lines...))
	if _, err := d.bulk.Apply(context.Background(), petrov, i.ID, bulk.Decision{}); err != nil {
		t.Fatal(err)
	}
	before := int64(0)
	end := d.watched(i, func(now *plan.Import) {
		if before == 0 && now.AppliedUpto > 0 {
			before = now.Counts.Applied
			d.leaves()
		}
	})
	if before == 0 || end.State != plan.Applied || end.Counts.Applied != before || end.Counts.Conflict != 1200-before {
		t.Errorf("%d were applied before; %s %+v", before, end.State, end.Counts)
	}
	d.sound()
}

// What only administrators may begin, an administrator who has become a manager
// may not carry out, nor take back.
func TestTaskOfFormerAdministrator(t *testing.T) {
	d := newDesk(t, 4)
	ctx := context.Background()
	boss := d.as("sidorova", entity.Administrator)
	merge := func(from int64) *plan.Import { return d.begun(d.bulk.Merge(ctx, boss, company(d.st), from, 4)) }
	done, waiting, running := d.pressed(boss, merge(1)), merge(2), merge(3)
	if _, err := d.bulk.Apply(ctx, boss, running.ID, bulk.Decision{}); err != nil {
		t.Fatal(err)
	}
	d.settings("unassigned_seen=off")
	boss = d.as("sidorova", entity.Manager)
	if end := d.drive(running.ID); end.State != plan.Cancelled || end.Reason.Key != "reason.right_lost" || end.Counts.Applied != 0 {
		t.Errorf("%s, %v, %+v", end.State, end.Reason, end.Counts)
	}
	if _, err := d.bulk.Apply(ctx, boss, waiting.ID, bulk.Decision{}); fault.CodeOf(err) != fault.Denied {
		t.Errorf("carried out: %v", err)
	}
	if _, err := d.bulk.Undo(ctx, boss, done.ID, 0); fault.CodeOf(err) != fault.Denied {
		t.Errorf("taken back: %v", err)
	}
	d.sound()
}

// Of what a manager does not see nothing shows where records are compared with
// others: likenesses, references, the main location, remembered corrections, files
// of other imports, what hangs on a record.
func TestNoTraceOfTheUnseen(t *testing.T) {
	d, petrov := managed(t)
	ctx := context.Background()
	of := func(kind string, lines ...string) bulk.Upload {
		u := d.csv(lines...)
		u.Entity = d.st.Catalog().ByName(kind)
		return u
	}
	hidden := func() bulk.Upload {
		return d.newOnes("company", "Название;Адрес;Ответственные", "Скрытая;Минск;ivanov")
	}
	first := d.apply(d.check(hidden()), 0)
	d.wanted(d.check(hidden()), "ready read=1 held=1\n2 twin_record")
	d.wanted(d.by(petrov, d.newOnes("company", "Название;Адрес;Ответственные", "Скрытая;Минск;petrov")), "ready read=1 change=1")
	d.wanted(d.by(petrov, d.newOnes("contact", "Имя;Компания", "Анна;Скрытая", fmt.Sprintf("Анна;%d", d.made(first, 2)))),
		"ready read=2 failed=2\n2 unknown_reference\n3 unknown_id")

	testkit.Record(t, d.st, d.who.WorkspaceID, "location", map[string]string{"company": "6", "address": "Брест", "main": "1"}, d.person("ivanov").ID)
	place := testkit.Record(t, d.st, d.who.WorkspaceID, "location", map[string]string{"company": "6", "address": "Гродно"}, petrov.EmployeeID)
	d.wanted(d.by(petrov, of("location", "ID;Главная", fmt.Sprintf("%d;да", place.ID))), "ready read=1 failed=1\n2 one_of_others")

	wrong := fmt.Sprintf("%d;Скрытоя", place.ID)
	i := d.check(of("location", "ID;Компания", wrong))
	if _, err := d.bulk.Mend(ctx, d.who, i.ID, bulk.Mend{Field: "company", Value: "Скрытоя", With: "Скрытая", Remember: true}); err != nil {
		t.Fatal(err)
	}
	i = d.by(petrov, of("location", "ID;Компания", wrong))
	if p := d.problemsOf(petrov, i); len(p) != 1 || p[0].Value != "Скрытоя" || p[0].Suggestion != "" || len(d.mendings(i)) != 0 {
		t.Errorf("%+v, mended %+v", p, d.mendings(i))
	}

	report := d.report(d.check(d.csv("ID;Ответственные", "6;petrvo")), sheet.XLSX)
	if i := d.by(petrov, d.file("problems.xlsx", report)); i.Corrects != 0 {
		t.Errorf("a manager's file corrects import %d, which is not his", i.Corrects)
	}

	made := d.pressed(petrov, d.by(petrov, d.newOnes("company", "Название;Адрес;Ответственные", "Новая;Минск;petrov")))
	testkit.Record(t, d.st, d.who.WorkspaceID, "contact", map[string]string{"name": "Анна", "company": fmt.Sprint(d.made(made, 2))}, d.person("ivanov").ID)
	undo, err := d.bulk.Undo(ctx, petrov, made.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := d.problemsOf(petrov, d.drive(undo.ID)); len(p) != 1 || p[0].Code != "hangs_on_some" || len(p[0].Args) != 0 {
		t.Errorf("%+v", p)
	}
	d.sound()
}

func unzipped(t *testing.T, file []byte) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, part := range archive.File {
		content, err := archive.Open(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&text, content); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}
