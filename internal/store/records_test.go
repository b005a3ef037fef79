package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

var everything = entity.Scope{All: true}

func TestEveryFieldHasAColumn(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		if err := st.CheckColumns(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestAFieldWithoutColumnIsNamed(t *testing.T) {
	c := catalog.New()
	company := c.ByName("company")
	forgotten := *company
	forgotten.Fields = append(slices.Clone(company.Fields), entity.Field{Name: "nickname"})
	testkit.EachAddress(t, func(t *testing.T, address string) {
		testForgotten(t, address, entity.NewCatalog(c.Directories, &forgotten))
	})
}

func testForgotten(t *testing.T, address string, c *entity.Catalog) {
	ctx := context.Background()
	st, err := store.Open(ctx, address, c, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = st.CheckColumns(ctx)
	if err == nil || !strings.Contains(err.Error(), "the catalog declares company.nickname, but table companies has no column nickname") {
		t.Errorf("CheckColumns = %v; want it to name company.nickname", err)
	}
	if n := strings.Count(err.Error(), "the catalog declares"); n != 1 {
		t.Errorf("%d fields named, want the one", n)
	}
}

// sample is a record of e with something canonical in every field.
func sample(t *testing.T, st *store.Store, workspace int64, e *entity.Entity) *entity.Record {
	t.Helper()
	rec := entity.NewRecord(e)
	for i := range e.Fields {
		f := &e.Fields[i]
		switch f.Kind {
		case entity.Directory:
			rec.Values[i] = testkit.Value(t, st, workspace, f.Directory, "значение "+f.Name)
		case entity.Reference:
			if f.Ref == e.Name { // one of its own kind, without a sample of its own
				rec.Values[i] = entity.IDsText([]int64{testkit.Company(t, st, workspace, "Другая").ID})
				continue
			}
			parent := sample(t, st, workspace, st.Catalog().ByName(f.Ref))
			testkit.Write(t, st, workspace, func(tx *store.Tx) error { return tx.Insert(parent) })
			rec.Values[i] = entity.IDsText([]int64{parent.ID})
		case entity.Integer:
			rec.Values[i] = "250"
		case entity.Decimal:
			rec.Values[i] = "53.90234"
		case entity.Date:
			rec.Values[i] = "2026-03-01"
		case entity.Bool:
			rec.Values[i] = "1"
		case entity.LongText:
			rec.Values[i] = "первая строка\nвторая «строка»"
		default:
			rec.Values[i] = "Ёлка " + f.Name
		}
	}
	return rec
}

func TestRecordComesBackAsItWasStored(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		for _, e := range st.Catalog().Entities {
			full := sample(t, st, w, e)
			full.Responsibles = []int64{2, 5, 300}
			full.Active = false
			bare := full.Clone()
			bare.Responsibles = nil
			for i := range e.Fields {
				if !e.Fields[i].Required && e.Fields[i].OnePer == "" {
					bare.Values[i] = ""
				}
			}
			if e.Has("main") {
				bare.Set("main", "")
			}
			for name, rec := range map[string]*entity.Record{"full": full, "bare": bare} {
				testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.Insert(rec) })
				var got *entity.Record
				testkit.Read(t, st, w, func(tx *store.Tx) (err error) {
					got, err = tx.Get(e, rec.ID)
					return err
				})
				if diff := cmp.Diff(rec, got, testkit.Kinds()); diff != "" {
					t.Errorf("%s %s (-stored +read):\n%s", name, e.Name, diff)
				}
			}
		}
	})
}

func TestGetTellsAbsentFromOtherKind(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		other := testkit.AdminOf(t, st, "Чужие").WorkspaceID
		company := testkit.Company(t, st, w, "Василёк")
		foreign := testkit.Company(t, st, other, "Чужая")
		for range 3 { // ids in the other workspace go further
			foreign = testkit.Company(t, st, other, "Чужая")
		}
		location := st.Catalog().ByName("location")
		get := func(e *entity.Entity, id int64) *fault.Error {
			err := st.Read(context.Background(), w, func(tx *store.Tx) error {
				_, err := tx.Get(e, id)
				return err
			})
			all := fault.All(err)
			if len(all) != 1 {
				t.Fatalf("Get(%s, %d) = %v; want one fault", e.Name, id, err)
			}
			return all[0]
		}
		want := fault.New(fault.NotFound, "error.other_kind", "id", company.ID, "kind", "company", "wanted", "location")
		if diff := cmp.Diff(want, get(location, company.ID)); diff != "" {
			t.Errorf("another kind (-want +got):\n%s", diff)
		}
		absent, far := get(company.Entity, 999), get(company.Entity, foreign.ID)
		absent.Args, far.Args = nil, nil
		if diff := cmp.Diff(absent, far); diff != "" {
			t.Errorf("a foreign record does not answer like an absent one:\n%s", diff)
		}
	})
}

func TestUpdateOnlyFromTheVersionSeen(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		old := testkit.Company(t, st, w, "Василёк", 1)
		now := old.Clone()
		now.Set("name", "Ромашка")
		testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.Update(old, now) })
		if now.Version != 2 {
			t.Errorf("version %d after the first change, want 2", now.Version)
		}
		late := old.Clone()
		late.Set("name", "Лютик")
		update := func(old, now *entity.Record) error {
			return st.Write(context.Background(), w, func(tx *store.Tx) error { return tx.Update(old, now) })
		}
		if err := update(old, late); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a late change: %v, want a conflict", err)
		}
		ghost := old.Clone()
		ghost.ID = 999
		if err := update(ghost, ghost.Clone()); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a change of what does not exist: %v, want not found", err)
		}
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			rec, err := tx.Get(old.Entity, old.ID)
			if err == nil && (rec.Title() != "Ромашка" || rec.Version != 2) {
				t.Errorf("stored %q at version %d, want Ромашка at 2", rec.Title(), rec.Version)
			}
			return err
		})
	})
}

// TestReverseIndexKeepsStep changes records at random and compares what is
// found under each employee with what the records say.
func TestReverseIndexKeepsStep(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		company := st.Catalog().ByName("company")
		r := rand.New(rand.NewPCG(1, 2))
		people := func() []int64 {
			var ids []int64
			for range r.IntN(4) {
				ids = append(ids, 1+r.Int64N(6))
			}
			return entity.SortedSet(ids)
		}
		known := map[int64]*entity.Record{}
		for range 40 {
			testkit.Write(t, st, w, func(tx *store.Tx) error {
				var batch []*entity.Record
				for range 1 + r.IntN(5) {
					rec := entity.NewRecord(company)
					rec.Set("name", fmt.Sprint("К", r.IntN(1000)))
					rec.Responsibles = people()
					batch = append(batch, rec)
				}
				if r.IntN(2) == 0 {
					if err := tx.Fill(batch); err != nil {
						return err
					}
				} else {
					for _, rec := range batch {
						if err := tx.Insert(rec); err != nil {
							return err
						}
					}
				}
				for _, rec := range batch {
					known[rec.ID] = rec
				}
				for id, old := range known {
					if r.IntN(3) > 0 {
						continue
					}
					now := old.Clone()
					now.Responsibles, now.Active = people(), r.IntN(2) == 0
					now.Set("name", fmt.Sprint("К", r.IntN(1000)))
					if err := tx.Update(old, now); err != nil {
						return err
					}
					known[id] = now
				}
				return nil
			})
		}
		for employee := range int64(7) {
			want := []int64{}
			for id, rec := range known {
				if slices.Contains(rec.Responsibles, employee) || employee == 0 && len(rec.Responsibles) == 0 {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			q := entity.Query{Responsible: []int64{employee}, Sort: entity.ID, Limit: 1000}
			if employee == 0 {
				q.Responsible, q.Unassigned = nil, true
			}
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				page, err := tx.List(company, q, everything)
				if diff := cmp.Diff(want, ids(page.Records)); diff != "" {
					t.Errorf("under employee %d (-records +index):\n%s", employee, diff)
				}
				if page.Total != int64(len(want)) {
					t.Errorf("counted %d under employee %d, want %d", page.Total, employee, len(want))
				}
				for _, rec := range page.Records {
					if diff := cmp.Diff(known[rec.ID].Values, rec.Values); diff != "" || rec.Version != known[rec.ID].Version {
						t.Errorf("record %d at version %d, want %d:\n%s", rec.ID, rec.Version, known[rec.ID].Version, diff)
					}
				}
				return err
			})
		}
	})
}

func TestHistoryByHand(t *testing.T) { testkit.EachClock(t, testHistoryByHand) }

func testHistoryByHand(t *testing.T, st *store.Store, clock *testkit.Clock) {
	w := testkit.Admin(t, st).WorkspaceID
	rec := testkit.Company(t, st, w, "Василёк")
	changes := []entity.Change{{Field: "name", Before: "А", After: "Б"}}
	var want []store.HandChange
	for version := int64(2); version < 4; version++ {
		clock.Advance(time.Hour)
		rec.Version = version
		testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.LogChange(rec, version*10, changes) })
		want = append(want, store.HandChange{Version: version, EmployeeID: version * 10, At: clock.Now(), Changes: changes})
	}
	testkit.Read(t, st, w, func(tx *store.Tx) error {
		got, err := tx.HandChanges(rec.Entity, rec.ID)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return err
	})
}

func ids(recs []*entity.Record) []int64 {
	list := make([]int64, len(recs))
	for i, rec := range recs {
		list[i] = rec.ID
	}
	return list
}
