package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestOwnFields writes and reads values of every kind by every way the store has,
// in a workspace with fields of its own beside one that has none.
func TestOwnFields(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w, other := testkit.Admin(t, st).WorkspaceID, testkit.AdminOf(t, st, "Чужие").WorkspaceID
		fields := testkit.OwnFields(t, st, w, "company")
		name := func(k entity.OwnKind) string { f := fields[k]; return f.Name() }
		gold := testkit.Value(t, st, w, name(entity.OwnChoice), "Золотой")
		values := map[string]string{
			"name": "Ёлка", name(entity.OwnText): "Договор №7", name(entity.OwnNumber): "12.5", name(entity.OwnDate): "2026-03-01",
			name(entity.OwnChoice): gold, name(entity.OwnYesNo): "1",
		}
		full := testkit.Record(t, st, w, "company", values)
		bare := testkit.Company(t, st, w, "Дуб")
		foreign := testkit.Company(t, st, other, "Чужая")
		if len(foreign.Values) != len(st.Catalog().ByName("company").Fields) {
			t.Errorf("the other workspace sees fields that are not its own")
		}
		company := st.Catalog().ByName("company") // what a caller hands in need not know the fields

		testkit.Read(t, st, w, func(tx *store.Tx) error {
			got, err := tx.Get(company, full.ID)
			if err != nil {
				return err
			}
			for field, value := range values {
				if got.Get(field) != value {
					t.Errorf("%s is %q, want %q", field, got.Get(field), value)
				}
			}
			all, err := tx.Each(company, entity.Query{}, everything, 0, 10)
			if err == nil && (len(all) != 2 || all[0].Get(name(entity.OwnDate)) != "2026-03-01" || all[1].Get(name(entity.OwnDate)) != "") {
				t.Errorf("walking all finds %v", all)
			}
			return err
		})

		find := func(q entity.Query) []int64 {
			var ids []int64
			q.Limit = 10
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				page, err := tx.List(company, q, everything)
				for _, rec := range page.Records {
					ids = append(ids, rec.ID)
				}
				if n, countErr := tx.Count(company, q, everything); countErr != nil || n != int64(len(ids)) {
					t.Errorf("%v: counted %d, listed %d, %v", q, n, len(ids), countErr)
				}
				return err
			})
			return ids
		}
		for field, value := range values {
			if field == "name" {
				continue
			}
			if got := find(entity.Query{Filters: map[string][]string{field: {value}}}); !slices.Equal(got, []int64{full.ID}) {
				t.Errorf("%s = %s finds %v", field, value, got)
			}
			if got := find(entity.Query{Filters: map[string][]string{field: {""}}}); !slices.Equal(got, []int64{bare.ID}) {
				t.Errorf("%s empty finds %v", field, got)
			}
			if got := find(entity.Query{Sort: field}); !slices.Equal(got, []int64{bare.ID, full.ID}) {
				t.Errorf("in the order of %s: %v", field, got)
			}
			if got := find(entity.Query{Sort: field, Descending: true}); !slices.Equal(got, []int64{full.ID, bare.ID}) {
				t.Errorf("in the reverse order of %s: %v", field, got)
			}
		}
		if got := find(entity.Query{Search: "договор"}); !slices.Equal(got, []int64{full.ID}) {
			t.Errorf("searching for the text finds %v", got)
		}
		for _, c := range []entity.Condition{
			{Field: name(entity.OwnText), Op: entity.Holds, Value: "ГОВОР"}, {Field: name(entity.OwnText), Op: entity.Filled},
			{Field: name(entity.OwnNumber), Op: entity.From, Value: "12.5"}, {Field: name(entity.OwnNumber), Op: entity.UpTo, Value: "13"},
			{Field: name(entity.OwnDate), Op: entity.From, Value: "2026-02-28"}, {Field: name(entity.OwnDate), Op: entity.UpTo, Value: "2026-03-01"},
			{Field: name(entity.OwnChoice), Op: entity.Filled},
		} {
			if got := find(entity.Query{Where: []entity.Condition{c}}); !slices.Equal(got, []int64{full.ID}) {
				t.Errorf("%v finds %v", c, got)
			}
		}
		for _, c := range []entity.Condition{
			{Field: name(entity.OwnText), Op: entity.Empty}, {Field: name(entity.OwnNumber), Op: entity.Empty}, {Field: name(entity.OwnChoice), Op: entity.Empty},
		} {
			if got := find(entity.Query{Where: []entity.Condition{c}}); !slices.Equal(got, []int64{bare.ID}) {
				t.Errorf("%v finds %v", c, got)
			}
		}
		none := entity.Condition{Field: name(entity.OwnNumber), Op: entity.From, Value: "12.6"}
		if got := find(entity.Query{Where: []entity.Condition{none}}); got != nil {
			t.Errorf("%v finds %v", none, got)
		}

		// a plan turns the values round: what the one has, the other gets
		var conflicts []int64
		changes := []plan.Change{{RecordID: full.ID, Version: 1, Row: 2}, {RecordID: bare.ID, Version: 1, Row: 3}}
		for field, value := range values {
			if field != "name" {
				changes[0].Fields = append(changes[0].Fields, entity.Change{Field: field, Before: value})
				changes[1].Fields = append(changes[1].Fields, entity.Change{Field: field, After: value})
			}
		}
		testkit.Write(t, st, w, func(tx *store.Tx) (err error) {
			i := &plan.Import{Entity: tx.Catalog().ByName("company"), Mode: plan.Edit}
			changes[0].Entity, changes[1].Entity = i.Entity, i.Entity
			if err := tx.InsertImport(i, false); err != nil {
				return err
			}
			conflicts, _, err = tx.ApplyPlan(changes)
			return err
		})
		if len(conflicts) > 0 {
			t.Errorf("conflicts: %v", conflicts)
		}
		var gave, got *entity.Record
		testkit.Read(t, st, w, func(tx *store.Tx) (err error) {
			if gave, err = tx.Get(company, full.ID); err == nil {
				got, err = tx.Get(company, bare.ID)
			}
			return err
		})
		for field, value := range values {
			if field != "name" && (gave.Get(field) != "" || got.Get(field) != value) {
				t.Errorf("%s: %q and %q after the plan, want nothing and %q", field, gave.Get(field), got.Get(field), value)
			}
		}
		if got := find(entity.Query{Search: "договор"}); !slices.Equal(got, []int64{bare.ID}) {
			t.Errorf("searching for the text after the plan finds %v", got)
		}

		// a retired field stays readable, in its place
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			f := fields[entity.OwnText]
			f.Retired = true
			return tx.SaveOwnField(&f, f.Heading)
		})
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			rec, err := tx.Get(company, bare.ID)
			if err == nil && (rec.Get(name(entity.OwnText)) != "Договор №7" || !rec.Entity.Field(name(entity.OwnText)).Derived) {
				t.Errorf("a retired field: %q", rec.Get(name(entity.OwnText)))
			}
			return err
		})
		twice := entity.OwnField{Entity: "company", Kind: entity.OwnDate, Heading: "text"}
		err := st.Write(t.Context(), w, func(tx *store.Tx) error { return tx.SaveOwnField(&twice, twice.Heading) })
		if diff := cmp.Diff("heading", fieldOf(err)); diff != "" {
			t.Errorf("a heading that is taken: %v", err)
		}
	})
}

func fieldOf(err error) string {
	if all := fault.All(err); len(all) > 0 {
		return all[0].Field
	}
	return ""
}
