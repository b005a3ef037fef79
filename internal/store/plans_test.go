package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestPlanComesBackAsWritten writes rows of every shape, among them texts that
// not every engine can hold.
func TestPlanComesBackAsWritten(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		company, asset := st.Catalog().ByName("company"), st.Catalog().ByName("asset")
		changes := []plan.Change{
			{Entity: company, RecordID: 1, Row: 7, Version: 3, TouchesActive: true, ActiveBefore: true},
			{Entity: company, RecordID: 2, Row: 5, Version: 1, TouchesActive: true, ActiveAfter: true, Guards: plan.Name | plan.Visibility},
			{Entity: company, RecordID: 3, Row: 6, Version: 2, TouchesResponsibles: true, ResponsiblesBefore: []int64{1, 300}},
			{Entity: company, RecordID: 4, Row: 8, Version: 9, TouchesResponsibles: true, ResponsiblesAfter: []int64{2}, TouchesActive: true, ActiveAfter: true},
			{Entity: company, RecordID: 5, Row: 10, Version: 1, Guards: plan.Stale, Fields: []entity.Change{{Field: "name", Before: "«Ёлка» {1,\"2\"}", After: "NULL"}, {Field: "email", Before: "a@b.by"}}},
			{Entity: asset, RecordID: 6, Row: 1<<40 + 2, Version: 1, TouchesActive: true, ActiveAfter: true},
			{Entity: asset, RecordID: 7, Row: 1<<40 + 3, Version: 1, TouchesResponsibles: true, ResponsiblesAfter: []int64{2}, Fields: []entity.Change{{Field: "model", After: "X"}}},
		}
		problems := []plan.Problem{
			{Row: 5, N: 1, RecordID: 2, Outcome: plan.Held, Field: "name", Code: "name_differs", Value: "«Ёлка» {1,\"2\"}", Suggestion: "NULL", Args: map[string]any{"title": "a\\b"}},
			{Row: 5, N: 2, Outcome: plan.Warning, Code: "x"},
			{Row: 9, N: 1, Outcome: plan.RowFailed, Field: "id", Code: "unknown_id", Value: "a\x00b\xff"},
		}
		i := &plan.Import{Entity: company, Kinds: []*entity.Entity{company, asset}, Mode: plan.Edit}
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			if err := tx.InsertImport(i, false); err != nil {
				return err
			}
			if err := tx.AddChanges(i.ID, nil); err != nil {
				return err
			}
			if err := tx.AddProblems(i.ID, nil); err != nil {
				return err
			}
			if err := tx.AddChanges(i.ID, changes); err != nil {
				return err
			}
			return tx.AddProblems(i.ID, problems)
		})
		problems[2].Value = "a\uFFFDb\uFFFD"
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			gotChanges, err := tx.Changes(i.ID, 0, 99)
			if err != nil {
				return err
			}
			gotProblems, _, err := tx.Problems(i.ID, nil, 0, 99)
			if diff := cmp.Diff(changes, gotChanges, sameKind) + cmp.Diff(problems, gotProblems); diff != "" {
				t.Errorf("(-written +read):\n%s", diff)
			}
			return err
		})
	})
}

// sameKind compares kinds by what they are, not by what is declared of them.
var sameKind = cmp.Comparer(func(a, b *entity.Entity) bool { return a == b })

// TestApplyChangesInOneGo applies random plans and compares with what each row
// says: the records, who is found under whom, and the conflicts.
func TestApplyChangesInOneGo(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		company := st.Catalog().ByName("company")
		r := rand.New(rand.NewPCG(3, 4))
		people := func() (ids []int64) {
			for range r.IntN(4) {
				ids = append(ids, 1+r.Int64N(5))
			}
			return entity.SortedSet(ids)
		}
		const companies = 60
		want := map[int64]store.Standing{}
		var recs []*entity.Record
		for range companies {
			rec := entity.NewRecord(company)
			rec.Set("name", "К")
			rec.Responsibles = people()
			recs = append(recs, rec)
		}
		testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.Fill(recs) })
		for _, rec := range recs {
			want[rec.ID] = store.Standing{ID: rec.ID, Active: true, Version: 1, Responsibles: rec.Responsibles}
		}
		for range 20 {
			var changes []plan.Change
			var conflicts []int64
			for _, rec := range recs {
				if r.IntN(3) == 0 {
					continue
				}
				s := want[rec.ID]
				c := plan.Change{RecordID: rec.ID, Version: s.Version, ResponsiblesBefore: s.Responsibles, ResponsiblesAfter: s.Responsibles}
				if c.TouchesActive = r.IntN(2) == 0; c.TouchesActive {
					c.ActiveBefore, c.ActiveAfter = s.Active, !s.Active
				}
				if c.TouchesResponsibles = r.IntN(2) == 0; c.TouchesResponsibles {
					c.ResponsiblesAfter = people()
				}
				if r.IntN(5) == 0 {
					c.Version--
					conflicts = append(conflicts, rec.ID)
				} else {
					s.Version++
					s.Active = s.Active != c.TouchesActive
					s.Responsibles = c.ResponsiblesAfter
					want[rec.ID] = s
				}
				changes = append(changes, c)
			}
			testkit.Write(t, st, w, func(tx *store.Tx) error {
				got, err := tx.ApplyChanges(company, changes)
				if diff := cmp.Diff(conflicts, got); diff != "" {
					t.Errorf("conflicts (-want +got):\n%s", diff)
				}
				return err
			})
			compareStandings(t, st, w, company, want)
		}
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			if conflicts, err := tx.ApplyChanges(company, nil); err != nil || conflicts != nil {
				t.Errorf("nothing to apply: %v, %v", conflicts, err)
			}
			return nil
		})
	})
}

func compareStandings(t *testing.T, st *store.Store, workspace int64, e *entity.Entity, want map[int64]store.Standing) {
	t.Helper()
	loads := map[int64]int64{}
	var ids []int64
	for id, s := range want {
		ids = append(ids, id)
		for _, p := range s.Responsibles {
			loads[p]++
		}
		if len(s.Responsibles) == 0 {
			loads[0]++
		}
	}
	testkit.Read(t, st, workspace, func(tx *store.Tx) error {
		standings, err := tx.Standings(e, entity.SortedSet(ids), false)
		if err != nil {
			return err
		}
		for _, s := range standings {
			if fmt.Sprint(s) != fmt.Sprint(want[s.ID]) {
				t.Errorf("record %v, want %v", s, want[s.ID])
			}
		}
		got, err := tx.Loads(e)
		if diff := cmp.Diff(loads, got); diff != "" || len(standings) != len(want) {
			t.Errorf("%d records; found under whom (-want +got):\n%s", len(standings), diff)
		}
		return err
	})
}
