package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// managed is a desk where the manager petrov leads sidorova, and ivanov belongs to
// nobody's group. The companies are ivanov's, but 4 and 5, which are sidorova's, 6,
// which is petrov's, and 7, which is nobody's.
func managed(t *testing.T) (d desk, petrov access.User) {
	t.Helper()
	d = newDesk(t, 7)
	d.as("petrov", entity.Manager)
	testkit.Group(t, d.st, d.who.WorkspaceID, "Минск", d.person("petrov"), d.person("sidorova"))
	d.apply(d.check(d.csv("ID;Ответственные", "4;sidorova", "5;sidorova", "6;petrov", "7;очистить")), plan.Visibility)
	return d, testkit.As(t, d.st, d.who.WorkspaceID, "petrov")
}

func (d desk) person(login string) (p *entity.Employee) {
	d.Helper()
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) (err error) {
		p, err = tx.EmployeeByLogin(login)
		return err
	})
	return p
}

// leaves takes sidorova out of petrov's group: her records leave his sight without
// being changed.
func (d desk) leaves() {
	testkit.Write(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error { return tx.SetGroups(d.person("sidorova").ID, nil) })
}

func (d desk) problemsOf(who access.User, i *plan.Import) []plan.Problem {
	d.Helper()
	list, _, err := d.bulk.Problems(context.Background(), who, i.ID, bulk.ProblemQuery{Limit: 100})
	if err != nil {
		d.Fatal(err)
	}
	d.explained(i, list)
	return list
}

// Whose import it is decides which doors of it open to a manager: another's is one
// that does not exist.
func TestWhoseImport(t *testing.T) {
	d, petrov := managed(t)
	notHis := []string{"Answer", "Remembered", "Forget", "Merge", "MergeValues", "HandOver", "OwnFields", "DeclareField", "ChangeField", "RetireField", "MoveField"}
	others := []int64{1, d.check(d.csv("ID;Ответственные", "1;petrvo", "2;clear")).ID} // applied, and ready
	start := d.everything()
	for door, open := range doors(d) {
		for _, id := range others {
			if slices.Contains(aboutNoImport, door) {
				break
			}
			here, nowhere := open(petrov, id), open(petrov, 9000)
			want := fault.NotFound
			if slices.Contains(notHis, door) {
				want = fault.Denied
			}
			same := strings.ReplaceAll(fmt.Sprint(here), fmt.Sprint(id), "9000") == fmt.Sprint(nowhere)
			if fault.CodeOf(here) != want || !same {
				t.Errorf("a manager at %s of another's import %d: %v; of an absent one: %v", door, id, here, nowhere)
			}
		}
	}
	if list, total, err := d.bulk.List(context.Background(), petrov, 0, 10); err != nil || total != 0 || len(list) != 0 {
		t.Errorf("a manager who has begun no import is shown %d of %d (%v)", len(list), total, err)
	}
	if d.everything() != start {
		t.Error("a manager has changed something of another's imports")
	}
	for door, open := range doors(d) {
		own, err := d.bulk.Upload(context.Background(), petrov, d.csv("ID;Ответственные", "6;petrvo", "7;petrov"))
		if err != nil {
			t.Fatal(err)
		}
		d.drive(own.ID)
		err = open(petrov, own.ID)
		if all := fault.All(err); slices.Contains(notHis, door) != (fault.CodeOf(err) == fault.Denied) || len(all) > 0 && all[0].Key == "error.no_such_import" {
			t.Errorf("a manager at %s of his own import: %v", door, err)
		}
	}
}

// What a manager does not see fails in his file exactly as what does not exist.
func TestManagersFile(t *testing.T) {
	d, petrov := managed(t)
	foreign := testkit.AdminOf(t, d.st, "Чужие")
	for n := range 40 {
		testkit.Company(t, d.st, foreign.WorkspaceID, fmt.Sprintf("Чужой %d", n+1))
	}
	first := testkit.Company(t, d.st, d.who.WorkspaceID, "Скрытая", d.person("ivanov").ID)
	hidden := testkit.Record(t, d.st, d.who.WorkspaceID, "location", map[string]string{
		"company": fmt.Sprint(first.ID), "address": "Минск", "main": "1"}, d.person("ivanov").ID)
	u := d.csv("ID;Название;Ответственные", "1;;petrov", "30;;petrov", "500;;petrov", fmt.Sprintf("%d;;petrov", hidden.ID),
		"4;;petrov", "5;;ivanov", "6;;+ivanov", "7;;sidorova")
	i, err := d.bulk.Upload(context.Background(), petrov, u)
	if err != nil {
		t.Fatal(err)
	}
	i = d.drive(i.ID)
	d.wanted(i, "ready read=8 change=2 failed=6\n2 unknown_id\n3 unknown_id\n4 unknown_id\n5 unknown_id\n7 not_led\n8 not_led")
	problems := d.problemsOf(petrov, i)
	for _, p := range problems[:4] {
		if fmt.Sprint(p.Args, p.Suggestion) != fmt.Sprint(problems[2].Args, problems[2].Suggestion) {
			t.Errorf("what a manager does not see is told from what is absent: %+v", p)
		}
	}
	loads, err := d.bulk.Loads(context.Background(), petrov, i.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range loads {
		if l.Employee != nil && l.Employee.Login == "ivanov" {
			t.Error("a manager is told how many records there are of somebody whom he does not lead")
		}
	}
	// what refers to it, by number and by name, and what is nearly called so
	place := testkit.Record(t, d.st, d.who.WorkspaceID, "location", map[string]string{"company": "6", "address": "Брест", "main": "1"}, petrov.EmployeeID)
	for _, name := range []string{fmt.Sprint(first.ID), "Скрытая", "Скрытаа"} {
		i, err := d.bulk.Upload(context.Background(), petrov, bulk.Upload{
			Entity: d.st.Catalog().ByName("location"), Name: "f.csv", Content: d.csv("ID;Компания", fmt.Sprintf("%d;%s", place.ID, name)).Content})
		if err != nil {
			t.Fatal(err)
		}
		problems := d.problemsOf(petrov, d.drive(i.ID))
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Code, "unknown_") || problems[0].Suggestion != "" {
			t.Errorf("a company that a manager does not see, called %s: %+v", name, problems)
		}
	}
	d.sound()
}

// A record that leaves a manager's sight between the preview and Import is left
// alone, and so it is by his undo; he is told no more than its number.
func TestSightLost(t *testing.T) {
	for _, allOrNothing := range []bool{false, true} {
		d, petrov := managed(t)
		ctx := context.Background()
		u := d.csv("ID;Статус", "4;деактивировать", "6;деактивировать")
		u.AllOrNothing = allOrNothing
		i, err := d.bulk.Upload(ctx, petrov, u)
		if err != nil {
			t.Fatal(err)
		}
		d.wanted(d.drive(i.ID), "ready read=2 change=2")
		d.leaves()
		start := d.checksum()
		if _, err := d.bulk.Apply(ctx, petrov, i.ID, bulk.Decision{}); err != nil {
			t.Fatal(err)
		}
		end := d.drive(i.ID)
		if p := d.problemsOf(petrov, end); len(p) != 1 || p[0].RecordID != 4 || p[0].Code != "no_longer_seen" {
			t.Errorf("all or nothing %v: %+v", allOrNothing, p)
		}
		if allOrNothing != (d.checksum() == start) || allOrNothing == (end.Counts.Applied == 1) || end.Counts.Conflict != 1 {
			t.Errorf("all or nothing %v: %s %+v", allOrNothing, end.State, end.Counts)
		}
		petrov = testkit.As(t, d.st, d.who.WorkspaceID, "petrov")
		d.toldOnlyTheNumber(petrov, end)
		d.sound()
	}
}

func (d desk) toldOnlyTheNumber(petrov access.User, i *plan.Import) {
	d.Helper()
	ctx := context.Background()
	views, err := d.bulk.Changes(ctx, petrov, i.ID, bulk.RowQuery{Limit: 10})
	if err != nil || len(views) != 2 || views[0].Title != "" || views[1].Title == "" {
		d.Errorf("%+v, %v", views, err)
	}
	var file bytes.Buffer
	if err := d.bulk.Report(ctx, petrov, i.ID, sheet.CSV, "ru", &file); err != nil || strings.Contains(file.String(), "Клиент 4") {
		d.Errorf("the file of the rows left over: %s, %v", file.String(), err)
	}
}

func TestUndoOfManager(t *testing.T) {
	d, petrov := managed(t)
	ctx := context.Background()
	i, err := d.bulk.Upload(ctx, petrov, d.csv("ID;Статус", "4;деактивировать", "6;деактивировать"))
	if err != nil {
		t.Fatal(err)
	}
	d.drive(i.ID)
	if _, err := d.bulk.Apply(ctx, petrov, i.ID, bulk.Decision{}); err != nil {
		t.Fatal(err)
	}
	if end := d.drive(i.ID); end.Counts.Applied != 2 {
		t.Fatalf("%+v", end.Counts)
	}
	d.leaves()
	undo, err := d.bulk.Undo(ctx, petrov, i.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	undo = d.drive(undo.ID)
	d.wanted(undo, "ready read=2 change=1 failed=1\n2 no_longer_seen")
	petrov = testkit.As(t, d.st, d.who.WorkspaceID, "petrov")
	var file bytes.Buffer
	if err := d.bulk.Report(ctx, petrov, undo.ID, sheet.CSV, "ru", &file); err != nil || !strings.Contains(file.String(), "4;") || strings.Contains(file.String(), "Клиент") {
		t.Errorf("the file of the rows left over: %s, %v", file.String(), err)
	}
	d.sound()
}
