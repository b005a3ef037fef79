package bulk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// begun checks an import that was begun on a page.
func (d desk) begun(i *plan.Import, err error) *plan.Import {
	d.Helper()
	if err == nil {
		i, err = d.bulk.Drive(d.Context(), i.Workspace, i.ID, nil)
	}
	if err != nil {
		d.Fatal(err)
	}
	if i.State != plan.Ready {
		d.Fatalf("the task is %s: %v", i.State, i.Reason)
	}
	return i
}

func (d desk) employeeID(login string) (id int64) {
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		p, err := tx.EmployeeByLogin(login)
		if err == nil {
			id = p.ID
		}
		return err
	})
	return id
}

func (d desk) record(kind string, id int64) (rec *entity.Record) {
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) (err error) {
		rec, err = tx.Get(d.st.Catalog().ByName(kind), id)
		return err
	})
	return rec
}

func TestMergeRecords(t *testing.T) {
	d := newDesk(t, 0)
	w := d.who.WorkspaceID
	ivanov, petrov := d.employeeID("ivanov"), d.employeeID("petrov")
	minsk := testkit.Value(t, d.st, w, "city", "Минск")
	stays := testkit.Record(t, d.st, w, "company", map[string]string{"name": "Ромашка", "email": "a@b.by"}, ivanov)
	goes := testkit.Record(t, d.st, w, "company", map[string]string{"name": "РОМАШКА", "email": "c@d.by", "city": minsk}, petrov)
	kept := testkit.Location(t, d.st, w, stays, "Минск, Немига 5", true)
	moved := testkit.Location(t, d.st, w, goes, "Минск, Немига 5", true)
	asset := testkit.Record(t, d.st, w, "asset", map[string]string{"name": "Касса", "company": entity.IDsText([]int64{goes.ID}), "location": entity.IDsText([]int64{moved.ID})})
	apart := testkit.Record(t, d.st, w, "contact", map[string]string{"name": "Анна", "company": entity.IDsText([]int64{stays.ID})})
	before := d.checksum()

	i := d.begun(d.bulk.Merge(t.Context(), d.who, goes.Entity, goes.ID, stays.ID))
	if d.checksum() != before {
		t.Fatal("something was written before anybody has seen the plan")
	}
	if want := (plan.Counts{Read: 4, Change: 4}); i.Counts != want {
		t.Errorf("the plan counts %+v; want %+v", i.Counts, want)
	}
	done := d.apply(i, 0)
	if done.Counts.Applied != 4 {
		t.Fatalf("applied: %+v", done.Counts)
	}
	one, other := d.record("company", stays.ID), d.record("company", goes.ID)
	if one.Get("email") != "a@b.by" || one.Get("city") != minsk || !cmp.Equal(one.Responsibles, []int64{ivanov, petrov}) || !one.Active {
		t.Errorf("the survivor is %+v", one)
	}
	if other.Active || other.Get("merged_into") != entity.IDsText([]int64{stays.ID}) || other.Get("email") != "c@d.by" {
		t.Errorf("the one that went is %+v", other)
	}
	if l := d.record("location", moved.ID); l.Get("company") != entity.IDsText([]int64{stays.ID}) || l.Get("main") != "" || d.record("location", kept.ID).Get("main") != "1" {
		t.Errorf("the location that moved is %+v", l)
	}
	if a := d.record("asset", asset.ID); a.Get("company") != entity.IDsText([]int64{stays.ID}) || a.Get("location") != entity.IDsText([]int64{moved.ID}) {
		t.Errorf("the asset is %+v", a)
	}
	if d.record("contact", apart.ID).Version != 1 {
		t.Error("a contact of the survivor was touched")
	}
	if _, err := d.bulk.Merge(t.Context(), d.who, goes.Entity, goes.ID, stays.ID); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("merging what was merged: %v", err)
	}
	d.sound()
	d.apply(d.begun(d.bulk.Undo(t.Context(), d.who, i.ID, 0)), 0)
	if d.checksum() != before {
		t.Error("undoing did not bring back what was")
	}
	if l := d.record("location", moved.ID); l.Get("main") != "1" || l.Get("company") != entity.IDsText([]int64{goes.ID}) {
		t.Errorf("undone, the location is %+v", l)
	}
	d.sound()
}

func TestMergeNeedsTwoOfOneKind(t *testing.T) {
	d := newDesk(t, 2)
	company := d.record("company", 1).Entity
	place := testkit.Location(t, d.st, d.who.WorkspaceID, d.record("company", 1), "Минск", true)
	foreign := testkit.AdminOf(t, d.st, "Чужие")
	for name, err := range map[string]error{
		"itself":                func() error { _, err := d.bulk.Merge(t.Context(), d.who, company, 1, 1); return err }(),
		"an absent one":         func() error { _, err := d.bulk.Merge(t.Context(), d.who, company, 1, 999); return err }(),
		"a location":            func() error { _, err := d.bulk.Merge(t.Context(), d.who, company, 1, place.ID); return err }(),
		"a kind without merger": func() error { _, err := d.bulk.Merge(t.Context(), d.who, place.Entity, place.ID, 1); return err }(),
		"from elsewhere":        func() error { _, err := d.bulk.Merge(t.Context(), foreign, company, 1, 2); return err }(),
	} {
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("merging with %s: %v", name, err)
		}
	}
	boss := testkit.Employee(t, d.st, d.who.WorkspaceID, "boss", entity.Manager)
	if _, err := d.bulk.Merge(t.Context(), testkit.As(t, d.st, d.who.WorkspaceID, boss.Login), company, 1, 2); fault.CodeOf(err) != fault.Denied {
		t.Errorf("a manager merges: %v", err)
	}
}

func TestMergeValues(t *testing.T) {
	d := newDesk(t, 0)
	w := d.who.WorkspaceID
	one, two := testkit.Value(t, d.st, w, "region", "Минская"), testkit.Value(t, d.st, w, "region", "минская обл.")
	city := testkit.Value(t, d.st, w, "city", "Минск")
	id := func(text string) int64 { return entity.ParseIDs(text)[0] }
	firm := testkit.Record(t, d.st, w, "company", map[string]string{"name": "А", "region": two})
	place := testkit.Record(t, d.st, w, "location", map[string]string{"company": "1", "address": "x", "region": two, "main": "1"})
	testkit.Record(t, d.st, w, "company", map[string]string{"name": "Б", "region": one})
	before := d.checksum()
	if _, err := d.bulk.MergeValues(t.Context(), d.who, id(one), id(city)); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("values of two directories are merged: %v", err)
	}
	i := d.begun(d.bulk.MergeValues(t.Context(), d.who, id(two), id(one)))
	done := d.apply(i, 0)
	if done.Counts.Applied != 2 || d.record("company", firm.ID).Get("region") != one || d.record("location", place.ID).Get("region") != one {
		t.Errorf("applied %+v", done.Counts)
	}
	retired := func() (is bool) {
		testkit.Read(t, d.st, w, func(tx *store.Tx) error {
			values, err := tx.Values([]int64{id(two)})
			is = values[id(two)].Retired
			return err
		})
		return is
	}
	if !retired() {
		t.Error("the value that was merged away is still offered")
	}
	d.sound()
	d.apply(d.begun(d.bulk.Undo(t.Context(), d.who, i.ID, 0)), 0)
	if d.checksum() != before || retired() {
		t.Errorf("undone, it is not as it was (retired: %v)", retired())
	}
	d.sound()
}

func TestHandOver(t *testing.T) {
	d := newDesk(t, 0)
	w := d.who.WorkspaceID
	ivanov, petrov, sidorova := d.employeeID("ivanov"), d.employeeID("petrov"), d.employeeID("sidorova")
	for n := range 6 {
		var firm *entity.Record
		if n > 0 {
			firm = testkit.Company(t, d.st, w, "Клиент", ivanov)
		} else {
			firm = testkit.Company(t, d.st, w, "Общий", ivanov, petrov)
		}
		place := testkit.Location(t, d.st, w, firm, "Минск", true)
		testkit.Record(t, d.st, w, "asset", map[string]string{"name": "Касса", "location": entity.IDsText([]int64{place.ID})}, ivanov)
	}
	testkit.Company(t, d.st, w, "Чужой", sidorova)
	before := d.checksum()
	for name, into := range map[string][]int64{"nobody": nil, "himself": {ivanov}, "somebody inactive": {d.employeeID("olduser")}, "a stranger": {999}} {
		if _, err := d.bulk.HandOver(t.Context(), d.who, ivanov, into); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("handing over to %s: %v", name, err)
		}
	}
	i := d.begun(d.bulk.HandOver(t.Context(), d.who, ivanov, []int64{petrov, sidorova}))
	d.apply(i, 0)
	given := map[int64]int{}
	companies := map[int64]int64{}
	for _, kind := range []string{"company", "asset"} {
		testkit.Read(t, d.st, w, func(tx *store.Tx) error {
			list, err := tx.Each(d.st.Catalog().ByName(kind), entity.Query{}, entity.Scope{All: true}, 0, 100)
			for _, rec := range list {
				if rec.Title() == "Чужой" || rec.Title() == "Общий" {
					continue
				}
				if len(rec.Responsibles) != 1 || rec.Responsibles[0] == ivanov {
					t.Errorf("%s %d has %v", kind, rec.ID, rec.Responsibles)
					continue
				}
				heir := rec.Responsibles[0]
				if kind == "company" {
					companies[rec.ID] = heir
					given[heir]++
				} else if firm := entity.ParseIDs(d.record("location", entity.ParseIDs(rec.Get("location"))[0]).Get("company"))[0]; companies[firm] != 0 && companies[firm] != heir {
					t.Errorf("asset %d went to %d, its company %d to %d", rec.ID, heir, firm, companies[firm])
				}
			}
			return err
		})
	}
	if diff := given[petrov] - given[sidorova]; diff < -1 || diff > 1 {
		t.Errorf("the companies were dealt out unevenly: %v", given)
	}
	d.sound()
	d.apply(d.begun(d.bulk.Undo(t.Context(), d.who, i.ID, 0)), 0)
	if d.checksum() != before {
		t.Error("undoing did not bring back what was")
	}
	if _, err := d.bulk.HandOver(t.Context(), access.User{}, ivanov, []int64{petrov}); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("nobody hands over: %v", err)
	}
}
