package demo_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/demo"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func TestDemoCompany(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		ctx := context.Background()
		users := access.New(st)
		if err := demo.Fill(ctx, st, users); err != nil {
			t.Fatal(err)
		}
		admin, err := users.SignIn(ctx, demo.Workspace, demo.Login, demo.Password, "127.0.0.1")
		if err != nil {
			t.Fatalf("the administrator cannot sign in: %v", err)
		}
		counts := map[string]int64{}
		service := records.New(st)
		for _, e := range st.Catalog().Entities {
			page, err := service.List(ctx, admin, e, entity.Query{})
			if err != nil {
				t.Fatal(err)
			}
			counts[e.Name] = page.Total
			for _, rec := range page.Records {
				if err := canonical(rec); err != nil {
					t.Errorf("%s %d: %v", e.Name, rec.ID, err)
				}
			}
		}
		if diff := cmp.Diff(map[string]int64{"company": 2000, "location": 3000, "asset": 2500, "contact": 2500}, counts); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		inactive := false
		n, err := service.Count(ctx, admin, st.Catalog().ByName("company"), entity.Query{Active: &inactive})
		if err != nil || n < 100 || n > 300 {
			t.Errorf("inactive companies: %d, %v; want some, not many", n, err)
		}
		if err := demo.Fill(ctx, st, users); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a second Fill: %v; want a conflict", err)
		}
	})
}

// canonical tells whether made-up values are what a form would have accepted.
func canonical(rec *entity.Record) error {
	for i := range rec.Entity.Fields {
		f := &rec.Entity.Fields[i]
		value, err := f.Parse(f.Format(rec.Values[i]))
		if err != nil {
			return err
		}
		if value != rec.Values[i] {
			return fmt.Errorf("%s holds %q, Parse gives %q", f.Name, rec.Values[i], value)
		}
	}
	if rec.Entity.Check != nil {
		return rec.Entity.Check(rec)
	}
	return nil
}

func TestSeedKeepsItsPromise(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		ctx := context.Background()
		who, err := access.New(st).Operator(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		const n = 60
		if err := demo.Seed(ctx, st, who.WorkspaceID, demo.SeedOptions{Companies: n, Seed: 7}); err != nil {
			t.Fatal(err)
		}
		service := records.New(st)
		page, err := service.List(ctx, who, st.Catalog().ByName("company"), entity.Query{Sort: entity.ID, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		if page.Total != n {
			t.Errorf("%d companies, want %d", page.Total, n)
		}
		sum := 0
		for i, rec := range page.Records {
			if rec.ID != int64(i+1) || !rec.Active || len(rec.Responsibles) < 1 || len(rec.Responsibles) > 3 {
				t.Errorf("company %d in place %d: active %v, responsibles %v", rec.ID, i+1, rec.Active, rec.Responsibles)
			}
			if err := canonical(rec); err != nil {
				t.Errorf("company %d: %v", rec.ID, err)
			}
			sum += len(rec.Responsibles)
		}
		if average := float64(sum) / n; average < 1.7 || average > 2.3 {
			t.Errorf("%.2f responsibles on average, want about two", average)
		}
		for name, want := range map[string]int64{"location": n, "asset": n / 2, "contact": n / 2} {
			page, err := service.List(ctx, who, st.Catalog().ByName(name), entity.Query{Sort: entity.ID})
			if err != nil || page.Total != want || page.Records[0].ID <= n {
				t.Errorf("%s: %d records, %v; want %d after id %d", name, page.Total, err, want, n)
			}
		}
		people, err := access.New(st).Employees(ctx, who, access.EmployeeQuery{Search: "user0"})
		if err != nil || len(people) != 20 {
			t.Errorf("%d employees, %v; want user001 to user020", len(people), err)
		}
		if err := demo.Seed(ctx, st, who.WorkspaceID, demo.SeedOptions{Companies: 1}); fault.CodeOf(err) != fault.Usage {
			t.Errorf("seeding again: %v; want a refusal", err)
		}
	})
}

func TestSeedRepeats(t *testing.T) {
	dump := func(seed uint64) []*entity.Record {
		st := testkit.StoreAt(t, store.Options{Now: testkit.NewClock().Now})
		who, err := access.New(st).Operator(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := demo.Seed(context.Background(), st, who.WorkspaceID, demo.SeedOptions{Companies: 30, Seed: seed}); err != nil {
			t.Fatal(err)
		}
		var all []*entity.Record
		testkit.Read(t, st, who.WorkspaceID, func(tx *store.Tx) error {
			for _, e := range st.Catalog().Entities {
				recs, err := tx.Each(e, entity.Query{}, entity.Scope{All: true}, 0, 1000)
				if err != nil {
					return err
				}
				all = append(all, recs...)
			}
			return nil
		})
		return all
	}
	same := func(a, b *entity.Record) bool {
		return a.Entity.Name == b.Entity.Name && a.ID == b.ID && cmp.Equal(a.Values, b.Values) && cmp.Equal(a.Responsibles, b.Responsibles)
	}
	first, again, other := dump(1), dump(1), dump(2)
	differ := false
	for i := range first {
		if !same(first[i], again[i]) {
			t.Fatalf("the same seed gave %v, then %v", first[i].Values, again[i].Values)
		}
		differ = differ || !same(first[i], other[i])
	}
	if !differ {
		t.Error("another seed gave the same data")
	}
}
