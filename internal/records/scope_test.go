package records_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/testkit"
)

func TestRecordsOutOfScopeAreAbsent(t *testing.T) { eachDesk(t, testRecordsOutOfScopeAreAbsent) }

func testRecordsOutOfScopeAreAbsent(t *testing.T, d *desk) {
	worker := testkit.Employee(t, d.st, d.w, "worker", entity.FieldStaff)
	boss := testkit.Employee(t, d.st, d.w, "boss", entity.Manager)
	testkit.Group(t, d.st, d.w, "Север", boss, worker)
	stranger := testkit.Employee(t, d.st, d.w, "stranger", entity.FieldStaff)
	company := d.st.Catalog().ByName("company")
	his := testkit.Company(t, d.st, d.w, "Его", worker.ID)
	nobodys := testkit.Company(t, d.st, d.w, "Ничья")
	others := testkit.Company(t, d.st, d.w, "Чужая", stranger.ID)
	location := testkit.Record(t, d.st, d.w, "location", map[string]string{"company": "1", "address": "Минск"}, stranger.ID)
	ctx := t.Context()
	for login, want := range map[string][]int64{
		"worker": {his.ID, nobodys.ID}, "boss": {his.ID, nobodys.ID}, "stranger": {nobodys.ID, others.ID}, "admin": {his.ID, nobodys.ID, others.ID},
	} {
		who := testkit.As(t, d.st, d.w, login)
		page, err := d.s.List(ctx, who, company, entity.Query{Sort: entity.ID})
		var got []int64
		for _, rec := range page.Records {
			got = append(got, rec.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s lists: %v (-want +got):\n%s", login, err, diff)
		}
		for _, rec := range []*entity.Record{his, nobodys, others} {
			_, err := d.s.Get(ctx, who, company, rec.ID)
			if sees := err == nil; sees != slices.Contains(want, rec.ID) {
				t.Errorf("%s opens %d: %v", login, rec.ID, err)
			}
		}
	}
	who := testkit.As(t, d.st, d.w, "worker")
	answer := func(e *entity.Entity, id int64) *fault.Error {
		t.Helper()
		_, err := d.s.Get(ctx, who, e, id)
		if len(fault.All(err)) != 1 {
			t.Fatalf("Get %d: %v", id, err)
		}
		f := *fault.All(err)[0]
		f.Args = nil
		return &f
	}
	absent := answer(company, 999)
	if diff := cmp.Diff(absent, answer(company, others.ID)); diff != "" {
		t.Errorf("one he may not see does not answer like an absent one:\n%s", diff)
	}
	if diff := cmp.Diff(absent, answer(company, location.ID)); diff != "" {
		t.Errorf("one of another kind that he may not see does not answer like an absent one:\n%s", diff)
	}
	if f := answer(location.Entity, his.ID); f.Key != "error.other_kind" {
		t.Errorf("one of another kind that he sees: %s", f.Key)
	}
	for name, err := range map[string]error{
		"history": last(d.s.History(ctx, who, company, others.ID)), "related": last(d.s.Related(ctx, who, company, others.ID)),
	} {
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s of one he may not see: %v", name, err)
		}
	}
	if related, err := d.s.Related(ctx, who, company, his.ID); err != nil || len(related) != 0 {
		t.Errorf("related of his company show a location of somebody else: %+v, %v", related, err)
	}
	if _, err := d.s.Update(ctx, who, company, his.ID, 1, map[string]string{"name": "Х"}); fault.CodeOf(err) != fault.Denied {
		t.Errorf("a field employee edits: %v; want it denied", err)
	}
	leader := testkit.As(t, d.st, d.w, "boss")
	shared := testkit.Company(t, d.st, d.w, "Общая", worker.ID, stranger.ID)
	with := func(ids ...int64) map[string]string {
		return map[string]string{entity.Responsibles: entity.IDsText(ids)}
	}
	if _, err := d.s.Update(ctx, leader, company, his.ID, 1, with(worker.ID, stranger.ID)); len(fault.All(err)) != 1 || fault.All(err)[0].Key != "error.not_led" {
		t.Errorf("a manager names somebody whom he does not lead: %v", err)
	}
	if _, err := d.s.Update(ctx, leader, company, shared.ID, 1, with(boss.ID, worker.ID, stranger.ID)); err != nil {
		t.Errorf("whoever is on a list may stay: %v", err)
	}
	for name, err := range map[string]error{
		"List": last(d.s.List(ctx, access.User{}, company, entity.Query{})), "Get": last(d.s.Get(ctx, access.User{}, company, 1)),
		"Count": last(d.s.Count(ctx, access.User{}, company, entity.Query{})), "Choices": last(d.s.Choices(ctx, access.User{}, company)),
		"Names": last(d.s.Names(ctx, access.User{}, nil)), "History": last(d.s.History(ctx, access.User{}, company, 1)),
	} {
		if fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%s by nobody: %v", name, err)
		}
	}
}

func last[A any](_ A, err error) error { return err }

// TestMainBeyondSight: by form a manager neither takes the mark of the main
// location from one that he does not see, nor gives it to such a one.
func TestMainBeyondSight(t *testing.T) { eachDesk(t, testMainBeyondSight) }

func testMainBeyondSight(t *testing.T, d *desk) {
	worker := testkit.Employee(t, d.st, d.w, "worker", entity.FieldStaff)
	boss := testkit.Employee(t, d.st, d.w, "boss", entity.Manager)
	testkit.Group(t, d.st, d.w, "Север", boss, worker)
	stranger := testkit.Employee(t, d.st, d.w, "stranger", entity.FieldStaff)
	company := testkit.Company(t, d.st, d.w, "Общая", worker.ID)
	place := func(address, main string, responsible int64) *entity.Record {
		return testkit.Record(t, d.st, d.w, "location", map[string]string{
			"company": entity.IDsText([]int64{company.ID}), "address": address, "radius": "100", "main": main,
		}, responsible)
	}
	theirs, his := place("Минск", "1", stranger.ID), place("Брест", "", worker.ID)
	who := testkit.As(t, d.st, d.w, "boss")
	_, err := d.s.Update(t.Context(), who, his.Entity, his.ID, his.Version, map[string]string{"main": "1"})
	if all := fault.All(err); len(all) != 1 || all[0].Key != "error.one_of_others" {
		t.Errorf("he takes the mark from a location that he does not see: %v", err)
	}
	admin := testkit.As(t, d.st, d.w, "admin")
	if _, err := d.s.Update(t.Context(), admin, his.Entity, his.ID, his.Version, map[string]string{"main": "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.s.Update(t.Context(), who, his.Entity, his.ID, his.Version+1, map[string]string{entity.Active: ""}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int64]string{his.ID: "1", theirs.ID: ""} {
		if rec, err := d.s.Get(t.Context(), admin, his.Entity, id); err != nil || rec.Get("main") != want {
			t.Errorf("location %d: main %q, %v; want %q", id, rec.Get("main"), err, want)
		}
	}
}
