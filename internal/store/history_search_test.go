package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestSearchHistory compares what a search finds, page by page, with what is
// found by looking at every change of every record.
func TestSearchHistory(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		r := rand.New(rand.NewPCG(3, 9))
		var people []int64
		for n := range 4 {
			people = append(people, testkit.Employee(t, st, w, fmt.Sprintf("user%d", n), entity.FieldStaff).ID)
		}
		e := st.Catalog().ByName("company")
		for n := range 30 {
			testkit.Company(t, st, w, fmt.Sprint("Клиент ", n), people[n%4])
		}
		for range 8 {
			applyRandomly(t, st, w, e, people, r)
		}
		all := everyChange(t, st, w, e)
		if len(all) < 60 {
			t.Fatalf("only %d changes to look for", len(all))
		}
		two := people[1]
		middle := all[len(all)/2].At
		for name, q := range map[string]store.HistoryQuery{
			"everything":       {},
			"one employee":     {Employee: people[0]},
			"lost by one":      {Employee: people[2], Concern: plan.Lost},
			"gained by one":    {Employee: people[2], Concern: plan.Gained},
			"a field":          {Field: entity.Active},
			"an author":        {Author: &two},
			"the operator":     {Author: new(int64)},
			"an import":        {Import: 3},
			"a record":         {Record: 7},
			"until":            {To: middle},
			"since":            {From: middle},
			"several at once":  {Employee: people[0], Field: entity.Active, From: middle},
			"nobody's concern": {Employee: 999},
		} {
			var want []string
			for _, f := range all {
				if fits(f, q) {
					want = append(want, f.Place())
				}
			}
			for _, limit := range []int{3, 1000} {
				if got := searchAll(t, st, w, q, limit); !slices.Equal(got, want) {
					t.Errorf("%s, %d a page: found %d\n%v\nwanted %d\n%v", name, limit, len(got), got, len(want), want)
				}
			}
		}
	})
}

func fits(f store.Found, q store.HistoryQuery) bool {
	field, concerns := q.Field == "", q.Employee == 0
	for _, c := range f.Changes {
		field = field || c.Field == q.Field
		concerns = concerns || c.Field == entity.Responsibles && plan.Concerns(entity.ParseIDs(c.Before), entity.ParseIDs(c.After), q.Employee, q.Concern)
	}
	return field && concerns && (q.Author == nil || *q.Author == f.EmployeeID) && (q.Import == 0 || q.Import == f.ImportID) &&
		(q.Record == 0 || q.Record == f.RecordID) && (q.From.IsZero() || !f.At.Before(q.From)) && (q.To.IsZero() || !f.At.After(q.To))
}

func searchAll(t *testing.T, st *store.Store, w int64, q store.HistoryQuery, limit int) []string {
	t.Helper()
	var places []string
	q.Limit = limit
	for {
		var found []store.Found
		testkit.Read(t, st, w, func(tx *store.Tx) (err error) {
			found, err = tx.SearchHistory(q)
			return err
		})
		for n := range found {
			places = append(places, found[n].Place())
		}
		if len(found) < limit {
			return places
		}
		place, err := store.ParseFound(found[len(found)-1].Place())
		if err != nil {
			t.Fatal(err)
		}
		q.Before = place
	}
}

// everyChange lists all changes in the order of the answer.
func everyChange(t *testing.T, st *store.Store, w int64, e *entity.Entity) []store.Found {
	t.Helper()
	var all []store.Found
	testkit.Read(t, st, w, func(tx *store.Tx) error {
		for id := int64(1); id <= 30; id++ {
			byHand, err := tx.HandChanges(e, id)
			if err != nil {
				return err
			}
			for _, h := range byHand {
				all = append(all, store.Found{At: h.At, RecordID: id, Version: h.Version, EmployeeID: h.EmployeeID, Changes: h.Changes})
			}
			byImport, err := tx.ImportChangesOf(e, id)
			if err != nil {
				return err
			}
			for _, h := range byImport {
				all = append(all, store.Found{At: h.At, ImportID: h.ImportID, RecordID: id, Version: h.Version, EmployeeID: h.EmployeeID, Changes: h.Changes})
			}
		}
		return nil
	})
	slices.SortFunc(all, func(a, b store.Found) int {
		for _, d := range []int64{b.At.UnixMilli() - a.At.UnixMilli(), b.ImportID - a.ImportID, b.RecordID - a.RecordID, b.Version - a.Version} {
			if d != 0 {
				return int(d)
			}
		}
		return 0
	})
	return all
}

// applyRandomly makes an import of random changes and applies it in chunks, and
// a few changes by hand.
func applyRandomly(t *testing.T, st *store.Store, w int64, e *entity.Entity, people []int64, r *rand.Rand) {
	t.Helper()
	time.Sleep(2 * time.Millisecond)
	i := &plan.Import{Entity: e, Kinds: []*entity.Entity{e}, Mode: plan.Edit}
	author := people[r.IntN(2)]
	testkit.Write(t, st, w, func(tx *store.Tx) error {
		if err := tx.InsertImport(i, false); err != nil {
			return err
		}
		var changes []plan.Change
		for id := int64(1); id <= 30; id++ {
			rec, err := tx.Get(e, id)
			if err != nil {
				return err
			}
			now := randomly(rec, people, r)
			if r.IntN(3) == 0 {
				if changed := entity.Diff(rec, now); len(changed) > 0 {
					if err := tx.Update(rec, now); err != nil {
						return err
					}
					if err := tx.LogChange(now, people[r.IntN(3)]*int64(r.IntN(2)), changed); err != nil {
						return err
					}
				}
				continue
			}
			c := plan.Change{Entity: e, RecordID: id, Row: id + 1, Version: rec.Version}
			if c.TouchesActive = rec.Active != now.Active; c.TouchesActive {
				c.ActiveBefore, c.ActiveAfter = rec.Active, now.Active
			}
			if c.TouchesResponsibles = !slices.Equal(rec.Responsibles, now.Responsibles); c.TouchesResponsibles {
				c.ResponsiblesBefore, c.ResponsiblesAfter = rec.Responsibles, now.Responsibles
			}
			if !c.Empty() {
				changes = append(changes, c)
			}
		}
		if err := tx.AddChanges(i.ID, changes); err != nil {
			return err
		}
		i.State, i.Counts.Change, i.CheckedAt = plan.Ready, int64(len(changes)), time.Now()
		return nil
	})
	lease, found, err := st.ClaimOne(t.Context(), "here", w, i.ID)
	if err != nil || !found {
		t.Fatalf("claim: %v, %v", found, err)
	}
	if i, err = st.LoadWork(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	i.State, i.StartedAt, i.AppliedBy = plan.Applying, time.Now(), author
	for {
		var chunk []plan.Change
		testkit.Read(t, st, w, func(tx *store.Tx) (err error) {
			chunk, err = tx.Changes(i.ID, i.AppliedUpto, 6)
			return err
		})
		if len(chunk) == 0 {
			break
		}
		time.Sleep(2 * time.Millisecond)
		if err := st.Work(t.Context(), lease, i, func(tx *store.Tx) error {
			if changed, stuck, err := tx.ApplyPlan(chunk); err != nil || len(changed)+len(stuck) > 0 {
				return fmt.Errorf("conflicts %v, %v: %w", changed, stuck, err)
			}
			i.AppliedUpto = chunk[len(chunk)-1].RecordID
			var touched store.Touched
			touched.Add(chunk)
			return tx.AddChunk(i.ID, i.AppliedUpto, touched)
		}); err != nil {
			t.Fatal(err)
		}
	}
	i.State, i.FinishedAt = plan.Applied, time.Now()
	if err := st.Work(t.Context(), lease, i, nil); err != nil {
		t.Fatal(err)
	}
}

func randomly(rec *entity.Record, people []int64, r *rand.Rand) *entity.Record {
	now := rec.Clone()
	if r.IntN(3) == 0 {
		now.Active = !now.Active
	}
	if r.IntN(2) == 0 {
		now.Responsibles = entity.SortedSet([]int64{people[r.IntN(4)], people[r.IntN(4)]})
	}
	return now
}
