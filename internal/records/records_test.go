package records_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// desk is a workspace with an administrator at work in it.
type desk struct {
	t     *testing.T
	clock *testkit.Clock
	st    *store.Store
	s     *records.Service
	admin access.User
	w     int64
}

// eachDesk runs a test at a desk on each engine.
func eachDesk(t *testing.T, f func(*testing.T, *desk)) {
	t.Helper()
	testkit.EachClock(t, func(t *testing.T, st *store.Store, clock *testkit.Clock) { f(t, newDesk(t, st, clock)) })
}

func newDesk(t *testing.T, st *store.Store, clock *testkit.Clock) *desk {
	t.Helper()
	d := &desk{t: t, clock: clock, st: st}
	d.s, d.admin = records.New(d.st), testkit.Admin(t, d.st)
	d.w = d.admin.WorkspaceID
	return d
}

func (d *desk) get(rec *entity.Record) *entity.Record {
	d.t.Helper()
	now, err := d.s.Get(d.t.Context(), d.admin, rec.Entity, rec.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return now
}

func (d *desk) update(rec *entity.Record, given map[string]string) (*entity.Record, error) {
	return d.s.Update(d.t.Context(), d.admin, rec.Entity, rec.ID, rec.Version, given)
}

func (d *desk) mustUpdate(rec *entity.Record, given map[string]string) *entity.Record {
	d.t.Helper()
	now, err := d.update(rec, given)
	if err != nil {
		d.t.Fatal(err)
	}
	return now
}

// wrong is what a fault says is wrong: its keys by field.
func wrong(t *testing.T, err error) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, f := range fault.All(err) {
		list[f.Field] = f.Key
	}
	if err != nil && len(list) == 0 {
		t.Fatalf("%v is no fault", err)
	}
	return list
}

func TestUpdate(t *testing.T) { eachDesk(t, testUpdate) }

func testUpdate(t *testing.T, d *desk) {
	ivanov := testkit.Employee(t, d.st, d.w, "ivanov", entity.FieldStaff)
	minsk := testkit.Value(t, d.st, d.w, "city", "Минск")
	rec := testkit.Company(t, d.st, d.w, "Василёк")
	d.clock.Advance(time.Hour)
	now := d.mustUpdate(rec, map[string]string{
		"name": " Ромашка ", "city": minsk, "status": "", "responsibles": entity.IDsText([]int64{ivanov.ID, d.admin.EmployeeID}),
	})
	if diff := cmp.Diff(d.get(rec), now, testkit.Kinds()); diff != "" {
		t.Errorf("the answer is not what is stored (-stored +answer):\n%s", diff)
	}
	want := []entity.Change{
		{Field: "status", Before: "1", After: ""},
		{Field: "responsibles", Before: "", After: "1,2"},
		{Field: "name", Before: "Василёк", After: "Ромашка"},
		{Field: "city", Before: "", After: minsk},
	}
	history, err := d.s.History(t.Context(), d.admin, rec.Entity, rec.ID)
	entry := records.HistoryEntry{Version: 2, At: d.clock.Now(), EmployeeID: 1, Name: "Администратор", Changes: want}
	if diff := cmp.Diff([]records.HistoryEntry{entry}, history); diff != "" || err != nil {
		t.Errorf("history: %v (-want +got):\n%s", err, diff)
	}
	same := d.mustUpdate(now, map[string]string{"name": "Ромашка", "city": minsk})
	if same.Version != now.Version {
		t.Errorf("saving what is there made version %d of %d", same.Version, now.Version)
	}
}

func TestUpdateReportsEverythingWrong(t *testing.T) { eachDesk(t, testUpdateReportsEverythingWrong) }

func testUpdateReportsEverythingWrong(t *testing.T, d *desk) {
	other := testkit.AdminOf(t, d.st, "Чужие").WorkspaceID
	foreign := testkit.Company(t, d.st, other, "Чужая")
	for range 5 {
		foreign = testkit.Company(t, d.st, other, "Чужая")
	}
	gone := testkit.Employee(t, d.st, d.w, "gone", entity.FieldStaff)
	gone.Active = false
	testkit.Write(t, d.st, d.w, func(tx *store.Tx) error { return tx.UpdateEmployee(gone) })
	region := testkit.Value(t, d.st, d.w, "region", "Минская область")
	company := testkit.Company(t, d.st, d.w, "Василёк", gone.ID)
	location := testkit.Location(t, d.st, d.w, company, "Минск, Немига 5", true)
	contact := testkit.Record(t, d.st, d.w, "contact", map[string]string{"name": "Анна", "company": "1"})
	ids := func(id int64) string { return entity.IDsText([]int64{id}) }
	for _, tt := range []struct {
		name  string
		rec   *entity.Record
		given map[string]string
		want  map[string]string
	}{
		{"every fault of a form", company, map[string]string{"name": "", "email": "x", "phone": "-", "status": "maybe"},
			map[string]string{"name": "error.required", "email": "error.not_an_email", "phone": "error.not_a_phone", "status": "error.not_a_truth"}},
		{"a value of another directory", company, map[string]string{"city": region}, map[string]string{"city": "error.no_such_choice"}},
		{"a value that does not exist", company, map[string]string{"city": "999"}, map[string]string{"city": "error.no_such_choice"}},
		{"a company of another workspace", contact, map[string]string{"company": ids(foreign.ID)}, map[string]string{"company": "error.no_such_record"}},
		{"a record of another kind", contact, map[string]string{"company": ids(location.ID)}, map[string]string{"company": "error.other_kind"}},
		{"a field nobody declared", company, map[string]string{"sort_key": "x"}, map[string]string{"": "error.no_such_field"}},
		{"responsibles that do not exist", company, map[string]string{"responsibles": "999"}, map[string]string{"responsibles": "error.no_such_employee"}},
		{"responsibles that are no ids", company, map[string]string{"responsibles": "ivanov"}, map[string]string{"responsibles": "error.no_such_employee"}},
		{"somebody inactive who comes in", location, map[string]string{"responsibles": ids(gone.ID)}, map[string]string{"responsibles": "error.inactive_employee"}},
		{"somebody inactive who stays", company, map[string]string{"responsibles": ids(gone.ID), "description": "x"}, map[string]string{}},
		{"a rule of the kind", contact, map[string]string{"company": ""}, map[string]string{"company": "error.company_or_location"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := d.get(tt.rec)
			_, err := d.update(before, tt.given)
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if after := d.get(tt.rec); err != nil && !cmp.Equal(before, after, testkit.Kinds()) {
				t.Errorf("it was refused, but changed: %s", cmp.Diff(before, after, testkit.Kinds()))
			}
		})
	}
}

func TestRetiredValueMayStayButNotCome(t *testing.T) { eachDesk(t, testRetiredValueMayStayButNotCome) }

func testRetiredValueMayStayButNotCome(t *testing.T, d *desk) {
	minsk := testkit.Value(t, d.st, d.w, "city", "Минск")
	here := testkit.Record(t, d.st, d.w, "company", map[string]string{"name": "А", "city": minsk})
	there := testkit.Company(t, d.st, d.w, "Б")
	testkit.Write(t, d.st, d.w, func(tx *store.Tx) error { return tx.SetRetired(entity.ParseIDs(minsk)[0], true) })
	if _, err := d.update(here, map[string]string{"city": minsk, "name": "АА"}); err != nil {
		t.Errorf("where it stands: %v", err)
	}
	if _, err := d.update(there, map[string]string{"city": minsk}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("where it does not: %v; want it refused", err)
	}
}

func TestTooLate(t *testing.T) { eachDesk(t, testTooLate) }

func testTooLate(t *testing.T, d *desk) {
	rec := testkit.Company(t, d.st, d.w, "Василёк")
	d.mustUpdate(rec, map[string]string{"name": "Ромашка", "email": "a@b.by", "phone": "+375 17 200-00-00"})
	late := map[string]string{"name": "Лютик", "email": "", "phone": "+375 17 200-00-00", "description": "x"}
	_, err := d.update(rec, late)
	want := fault.New(fault.Conflict, "error.changed_meanwhile", "id", rec.ID, "entity", "company", "who", "Администратор", "fields", "name")
	if diff := cmp.Diff([]*fault.Error{want}, fault.All(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var contested *records.ContestedError
	if !errors.As(err, &contested) {
		t.Fatalf("%v is no contest", err)
	}
	if diff := cmp.Diff([]records.Contest{{"name", "Ромашка", "Лютик"}}, contested.Fields); diff != "" {
		t.Errorf("contested (-want +got):\n%s", diff)
	}
	for field, want := range map[string]string{"name": "Лютик", "email": "a@b.by", "description": "x"} {
		if contested.Draft[field] != want {
			t.Errorf("the draft has %s %q; want %q", field, contested.Draft[field], want)
		}
	}
	if now := d.get(rec); now.Title() != "Ромашка" || now.Version != 2 {
		t.Errorf("the late change went through: %q, version %d", now.Title(), now.Version)
	}
	delete(late, "name")
	now, err := d.update(rec, late)
	if err != nil || now.Version != 3 {
		t.Fatalf("different fields are not merged: %v", err)
	}
	for field, want := range map[string]string{"name": "Ромашка", "email": "a@b.by", "description": "x"} {
		if now.Get(field) != want {
			t.Errorf("after merging, %s is %q; want %q", field, now.Get(field), want)
		}
	}
	for _, never := range []int64{0, -1, 99} {
		_, err := d.s.Update(t.Context(), d.admin, rec.Entity, rec.ID, never, map[string]string{"name": "Никогда"})
		if fault.CodeOf(err) != fault.Usage {
			t.Errorf("version %d, which nobody can have seen: %v", never, err)
		}
	}
}

func TestManyFieldsAtOnceLoseNothing(t *testing.T) { eachDesk(t, testManyFieldsAtOnceLoseNothing) }

func testManyFieldsAtOnceLoseNothing(t *testing.T, d *desk) {
	rec := testkit.Company(t, d.st, d.w, "Василёк")
	given := map[string]string{"name": "Ромашка", "email": "a@b.by", "description": "x"}
	results := make(chan error)
	for field, value := range given {
		go func() {
			_, err := d.update(rec, map[string]string{field: value})
			results <- err
		}()
	}
	for range given {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	now := d.get(rec)
	for field, want := range given {
		if now.Get(field) != want {
			t.Errorf("%s is %q; want %q: an update was lost", field, now.Get(field), want)
		}
	}
}

func TestOfManyAtOnceOneWins(t *testing.T) { eachDesk(t, testOfManyAtOnceOneWins) }

func testOfManyAtOnceOneWins(t *testing.T, d *desk) {
	rec := testkit.Company(t, d.st, d.w, "Василёк")
	const people = 8
	results := make(chan error)
	for i := range people {
		go func() {
			_, err := d.update(rec, map[string]string{"description": strings.Repeat("x", i+1)})
			results <- err
		}()
	}
	won := 0
	for range people {
		switch err := <-results; fault.CodeOf(err) {
		case "":
			won++
		case fault.Conflict:
		default:
			t.Errorf("%v; want a conflict", err)
		}
	}
	history, err := d.s.History(t.Context(), d.admin, rec.Entity, rec.ID)
	if won != 1 || err != nil || len(history) != 1 || d.get(rec).Version != 2 {
		t.Errorf("%d won, %d in history, version %d, %v; want one of each, version 2", won, len(history), d.get(rec).Version, err)
	}
}

func TestMainLocationsMadeAtOnce(t *testing.T) { eachDesk(t, testMainLocationsMadeAtOnce) }

func testMainLocationsMadeAtOnce(t *testing.T, d *desk) {
	firm := testkit.Company(t, d.st, d.w, "А")
	testkit.Location(t, d.st, d.w, firm, "Минск", true)
	const people = 6
	locations := make([]*entity.Record, people)
	for n := range people {
		locations[n] = testkit.Location(t, d.st, d.w, firm, "Брест", false)
	}
	results := make(chan error, people)
	for _, rec := range locations {
		go func() {
			_, err := d.update(rec, map[string]string{"main": "1"})
			results <- err
		}()
	}
	for range people {
		if err := <-results; err != nil && fault.CodeOf(err) != fault.Conflict {
			t.Error(err)
		}
	}
	main := 0
	for _, rec := range locations {
		if d.get(rec).Get("main") == "1" {
			main++
		}
	}
	if main != 1 {
		t.Errorf("%d of them are main, want the last", main)
	}
}

func TestExactlyOneMainLocation(t *testing.T) { eachDesk(t, testExactlyOneMainLocation) }

func testExactlyOneMainLocation(t *testing.T, d *desk) {
	firm, other := testkit.Company(t, d.st, d.w, "А"), testkit.Company(t, d.st, d.w, "Б")
	empty := testkit.Company(t, d.st, d.w, "В")
	first := testkit.Location(t, d.st, d.w, firm, "Минск", true)
	second := testkit.Location(t, d.st, d.w, firm, "Брест", false)
	far := testkit.Location(t, d.st, d.w, other, "Гомель", true)
	ids := func(r *entity.Record) string { return entity.IDsText([]int64{r.ID}) }
	mains := func() (list []int64) {
		for _, rec := range []*entity.Record{first, second, far} {
			if now := d.get(rec); now.Get("main") == "1" {
				list = append(list, now.ID)
			}
		}
		return list
	}
	expect := func(what string, want ...*entity.Record) {
		t.Helper()
		var ids []int64
		for _, rec := range want {
			ids = append(ids, rec.ID)
		}
		if diff := cmp.Diff(ids, mains()); diff != "" {
			t.Errorf("%s, main are (-want +got):\n%s", what, diff)
		}
	}

	if _, err := d.update(first, map[string]string{"main": ""}); wrong(t, err)["main"] != "error.one_must_stay" {
		t.Errorf("dropping the only one: %v", err)
	}
	if _, err := d.update(first, map[string]string{"company": ids(other)}); wrong(t, err)["company"] != "error.one_must_stay" {
		t.Errorf("taking the main one away to another company: %v", err)
	}
	expect("at first", first, far)

	d.mustUpdate(second, map[string]string{"main": "1"})
	expect("after giving it to the second", second, far)
	history, err := d.s.History(t.Context(), d.admin, first.Entity, first.ID)
	if err != nil || len(history) != 1 || !cmp.Equal(history[0].Changes, []entity.Change{{Field: "main", Before: "1", After: ""}}) {
		t.Errorf("the one it was taken from has the history %+v, %v", history, err)
	}

	d.mustUpdate(d.get(first), map[string]string{"company": ids(other), "main": "1"})
	expect("after moving the first to another company as its main one", first, second)

	d.mustUpdate(d.get(far), map[string]string{"company": ids(empty)})
	expect("after moving to a company without any", first, second, far)

	third := testkit.Location(t, d.st, d.w, firm, "Гродно", false)
	d.mustUpdate(d.get(second), map[string]string{"status": "false"})
	if now := d.get(third); now.Get("main") != "1" || d.get(second).Get("main") != "" {
		t.Errorf("deactivating the main one leaves main: second %q, third %q", d.get(second).Get("main"), now.Get("main"))
	}
	d.mustUpdate(d.get(third), map[string]string{"status": "false"})
	if now := d.get(third); now.Get("main") != "1" || now.Active {
		t.Errorf("the last one deactivated: main %q, active %v; want it main still", now.Get("main"), now.Active)
	}
}

func TestRelatedAndNames(t *testing.T) { eachDesk(t, testRelatedAndNames) }

func testRelatedAndNames(t *testing.T, d *desk) {
	minsk := testkit.Value(t, d.st, d.w, "city", "Минск")
	firm := testkit.Record(t, d.st, d.w, "company", map[string]string{"name": "Василёк", "city": minsk}, d.admin.EmployeeID)
	place := testkit.Location(t, d.st, d.w, firm, "Минск, Немига 5", true)
	testkit.Record(t, d.st, d.w, "contact", map[string]string{"name": "Анна", "company": "1"})
	for range 12 {
		testkit.Record(t, d.st, d.w, "asset", map[string]string{"name": "Касса", "company": "1", "location": "2"})
	}
	related, err := d.s.Related(t.Context(), d.admin, firm.Entity, firm.ID)
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Kind, Field  string
		Total, Shown int
	}
	var got []line
	for _, r := range related {
		got = append(got, line{r.Entity.Name, r.Field, int(r.Total), len(r.Records)})
	}
	if diff := cmp.Diff([]line{{"location", "company", 1, 1}, {"asset", "company", 12, 10}, {"contact", "company", 1, 1}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	names, err := d.s.Names(t.Context(), d.admin, []*entity.Record{firm, place, related[1].Records[0]})
	if err != nil {
		t.Fatal(err)
	}
	asset := related[1].Records[0]
	for want, got := range map[string]string{
		"Минск":           names.Value(firm.Entity.Field("city"), firm.Get("city")),
		"Василёк":         names.Value(place.Entity.Field("company"), place.Get("company")),
		"Минск, Немига 5": names.Value(asset.Entity.Field("location"), asset.Get("location")),
		"100":             names.Value(place.Entity.Field("radius"), place.Get("radius")),
		"Администратор":   names.People[d.admin.EmployeeID].Name,
	} {
		if got != want {
			t.Errorf("%q is called %q", want, got)
		}
	}
	d.mustUpdate(firm, map[string]string{"city": "", "responsibles": ""})
	history, err := d.s.History(t.Context(), d.admin, firm.Entity, firm.ID)
	if err != nil {
		t.Fatal(err)
	}
	names, err = d.s.HistoryNames(t.Context(), d.admin, firm.Entity, history)
	if err != nil || names.Value(firm.Entity.Field("city"), minsk) != "Минск" || names.People[d.admin.EmployeeID] == nil {
		t.Errorf("names of the history: %+v, %v", names, err)
	}
}

func TestPageHasBounds(t *testing.T) { eachDesk(t, testPageHasBounds) }

func testPageHasBounds(t *testing.T, d *desk) {
	for range 60 {
		testkit.Company(t, d.st, d.w, "К")
	}
	company := d.st.Catalog().ByName("company")
	for _, tt := range []struct {
		name string
		q    entity.Query
		want int
	}{
		{"no limit", entity.Query{}, 50},
		{"a limit beyond reason", entity.Query{Limit: 1 << 30}, 60},
		{"an offset below nought", entity.Query{Offset: -5}, 50},
		{"an offset beyond the end", entity.Query{Offset: 1 << 40}, 0},
		{"the same while searching", entity.Query{Offset: 1 << 40, Search: "к"}, 0},
	} {
		page, err := d.s.List(t.Context(), d.admin, company, tt.q)
		if err != nil || len(page.Records) != tt.want || page.Total != 60 {
			t.Errorf("%s: %d of %d, %v; want %d of 60", tt.name, len(page.Records), page.Total, err, tt.want)
		}
	}
}
