package bulk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/testkit"
)

// A change of what a list finds is an import: it is planned, held, counted,
// applied and taken back like a file's.
func TestChangeFound(t *testing.T) {
	d := newDesk(t, 0)
	w := d.who.WorkspaceID
	ivanov, petrov, gone := d.employeeID("ivanov"), d.employeeID("petrov"), d.employeeID("olduser")
	minsk, brest := testkit.Value(t, d.st, w, "city", "Минск"), testkit.Value(t, d.st, w, "city", "Брест")
	a := testkit.Record(t, d.st, w, "company", map[string]string{"name": "А", "city": minsk}, ivanov)
	b := testkit.Record(t, d.st, w, "company", map[string]string{"name": "Б", "city": minsk}, ivanov, petrov)
	c := testkit.Record(t, d.st, w, "company", map[string]string{"name": "В", "city": brest})
	place := testkit.Location(t, d.st, w, a, "Минск, Немига 5", true)
	spare := testkit.Location(t, d.st, w, a, "Минск, Немига 7", false)
	owned := testkit.Record(t, d.st, w, "contact", map[string]string{"name": "Анна", "company": entity.IDsText([]int64{a.ID})})
	both := testkit.Record(t, d.st, w, "contact", map[string]string{"name": "Ева", "company": entity.IDsText([]int64{a.ID}), "location": entity.IDsText([]int64{place.ID})})
	company, location, contact := a.Entity, place.Entity, owned.Entity
	inMinsk := entity.Query{Filters: map[string][]string{"city": {minsk}}, Sort: "city", Limit: 1}
	these := func(recs ...*entity.Record) (q entity.Query) {
		for _, rec := range recs {
			q.IDs = append(q.IDs, rec.ID)
		}
		return q
	}
	people := func(lists plan.Lists, ids ...int64) plan.FieldEdit {
		return plan.FieldEdit{Field: entity.Responsibles, Lists: lists, People: ids}
	}
	before := d.checksum()
	for _, tt := range []struct {
		name   string
		e      *entity.Entity
		q      entity.Query
		edit   plan.FieldEdit
		counts plan.Counts // read, change, unchanged, held, failed
		after  map[*entity.Record]string
	}{
		{"a responsible added to all of a filter", company, inMinsk, people(plan.Add, petrov), plan.Counts{Read: 2, Change: 1, Unchanged: 1},
			map[*entity.Record]string{a: entity.IDsText([]int64{ivanov, petrov}), b: entity.IDsText([]int64{ivanov, petrov}), c: ""}},
		{"responsibles set of what was picked", company, these(c, a), people(plan.Replace, petrov), plan.Counts{Read: 2, Change: 2},
			map[*entity.Record]string{a: entity.IDsText([]int64{petrov}), c: entity.IDsText([]int64{petrov}), b: entity.IDsText([]int64{ivanov, petrov})}},
		{"a responsible taken off, the last one held", company, entity.Query{}, people(plan.Remove, ivanov), plan.Counts{Read: 3, Change: 1, Unchanged: 1, Held: 1},
			map[*entity.Record]string{a: "", b: entity.IDsText([]int64{petrov}), c: ""}},
		{"somebody who has left is taken off", company, entity.Query{}, people(plan.Remove, gone), plan.Counts{Read: 3, Unchanged: 3}, nil},
		{"deactivating", company, entity.Query{Responsible: []int64{ivanov}}, plan.FieldEdit{Field: entity.Active}, plan.Counts{Read: 2, Change: 2}, nil},
		{"activating what is active", company, these(a), plan.FieldEdit{Field: entity.Active, Value: "1"}, plan.Counts{Read: 1, Unchanged: 1}, nil},
		{"a value of a directory", company, entity.Query{}, plan.FieldEdit{Field: "city", Value: brest}, plan.Counts{Read: 3, Change: 2, Unchanged: 1}, nil},
		{"a field emptied", company, inMinsk, plan.FieldEdit{Field: "city"}, plan.Counts{Read: 2, Change: 2}, nil},
		{"a number", location, entity.Query{}, plan.FieldEdit{Field: "radius", Value: "1 500"}, plan.Counts{Read: 2, Change: 2}, nil},
		{"a rule of the kind fails a row", contact, entity.Query{}, plan.FieldEdit{Field: "company"}, plan.Counts{Read: 2, Change: 1, Failed: 1}, nil},
		{"half a point", location, these(place), plan.FieldEdit{Field: "latitude", Value: "53.9"}, plan.Counts{Read: 1, Failed: 1}, nil},
	} {
		i := d.begun(d.bulk.ChangeFound(t.Context(), d.who, tt.e, tt.q, tt.edit))
		got := plan.Counts{Read: i.Counts.Read, Change: i.Counts.Change, Unchanged: i.Counts.Unchanged, Held: i.Counts.Held, Failed: i.Counts.Failed}
		if diff := cmp.Diff(tt.counts, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		i = d.apply(i, plan.Visibility)
		if i.Counts.Applied != tt.counts.Change+tt.counts.Held || i.Counts.Conflict+i.Counts.Remaining != 0 {
			t.Errorf("%s: applied %+v", tt.name, i.Counts)
		}
		for rec, want := range tt.after {
			if got := entity.IDsText(d.record(rec.Entity.Name, rec.ID).Responsibles); got != want {
				t.Errorf("%s: %s has %q, want %q", tt.name, rec.Title(), got, want)
			}
		}
		if i.Counts.Applied > 0 {
			d.apply(d.begun(d.bulk.Undo(t.Context(), d.who, i.ID, 0)), plan.Visibility)
		}
		if d.checksum() != before {
			t.Fatalf("%s: undoing did not bring back what was", tt.name)
		}
	}
	d.sound()
	if got := d.record("location", spare.ID); got.Get("main") != "" || d.record("contact", both.ID).Get("company") == "" {
		t.Errorf("%+v", got)
	}

	leader := d.as("sidorova", entity.FieldStaff)
	for _, tt := range []struct {
		name string
		who  access.User
		e    *entity.Entity
		q    entity.Query
		edit plan.FieldEdit
		want fault.Code
	}{
		{"nobody is named", d.who, company, inMinsk, people(plan.Add), fault.Invalid},
		{"a stranger", d.who, company, inMinsk, people(plan.Add, 999), fault.Invalid},
		{"somebody who has left", d.who, company, inMinsk, people(plan.Replace, gone), fault.Invalid},
		{"no way of changing", d.who, company, inMinsk, people("", petrov), fault.Invalid},
		{"a field that is not there", d.who, company, inMinsk, plan.FieldEdit{Field: `city" = 1; --`, Value: "1"}, fault.Invalid},
		{"a field that the program writes", d.who, company, inMinsk, plan.FieldEdit{Field: "merged_into", Value: "1"}, fault.Invalid},
		{"a mandatory field emptied", d.who, company, inMinsk, plan.FieldEdit{Field: "name"}, fault.Invalid},
		{"a value of another directory", d.who, company, inMinsk, plan.FieldEdit{Field: "region", Value: minsk}, fault.Invalid},
		{"a record of another kind", d.who, contact, entity.Query{}, plan.FieldEdit{Field: "company", Value: entity.IDsText([]int64{place.ID})}, fault.Invalid},
		{"a status that is none", d.who, company, inMinsk, plan.FieldEdit{Field: entity.Active, Value: "2"}, fault.Invalid},
		{"nothing is found", d.who, company, entity.Query{IDs: []int64{place.ID}}, plan.FieldEdit{Field: "city"}, fault.Invalid},
		{"more are picked than may be", d.who, company, entity.Query{IDs: make([]int64, 5001)}, plan.FieldEdit{Field: "city"}, fault.Invalid},
		{"by one who may not import", leader, company, inMinsk, plan.FieldEdit{Field: "city"}, fault.Denied},
		{"by nobody", access.User{}, company, inMinsk, plan.FieldEdit{Field: "city"}, fault.Unauthenticated},
	} {
		if _, err := d.bulk.ChangeFound(t.Context(), tt.who, tt.e, tt.q, tt.edit); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if d.checksum() != before {
		t.Error("what was refused has changed something")
	}
}
