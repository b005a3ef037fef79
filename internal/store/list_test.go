package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func TestList(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		minsk, brest := testkit.Value(t, st, w, "city", "Минск"), testkit.Value(t, st, w, "city", "Брест")
		add := func(name, city, phone string, active bool, people ...int64) {
			rec := entity.NewRecord(st.Catalog().ByName("company"))
			rec.Set("name", name)
			rec.Set("city", city)
			rec.Set("phone", phone)
			rec.Active, rec.Responsibles = active, people
			testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.Insert(rec) })
		}
		add("Ёлка", minsk, "+375 (29) 123-45-67", true, 1, 2)  // 1
		add("ангар", brest, "", true, 2)                       // 2
		add("Яблоко 57", "", "80172000000", false)             // 3
		add("Берёзка", minsk, "", true, 3)                     // 4
		add("100% сок_", brest, "+7 912 345-67-89", false, 1)  // 5
		add("Магазин на Ленина 3", minsk, "", true, 1, 2, 300) // 6
		yes, no := true, false
		filter := func(field string, values ...string) map[string][]string { return map[string][]string{field: values} }
		company := st.Catalog().ByName("company")
		for _, tt := range []struct {
			name  string
			q     entity.Query
			scope entity.Scope
			want  []int64
		}{
			{"everything by title, whatever the case and ё", entity.Query{}, everything, []int64{5, 2, 4, 1, 6, 3}},
			{"the other way round", entity.Query{Descending: true}, everything, []int64{3, 6, 1, 4, 2, 5}},
			{"by id", entity.Query{Sort: "id"}, everything, []int64{1, 2, 3, 4, 5, 6}},
			{"by id, the newest first", entity.Query{Sort: "id", Descending: true}, everything, []int64{6, 5, 4, 3, 2, 1}},
			{"by status: inactive first, each by title", entity.Query{Sort: "status"}, everything, []int64{5, 3, 2, 4, 1, 6}},
			{"by status: active first", entity.Query{Sort: "status", Descending: true}, everything, []int64{2, 4, 1, 6, 5, 3}},
			{"by status, one kind of it only", entity.Query{Sort: "status", Active: &no}, everything, []int64{5, 3}},
			{"by status while searching", entity.Query{Sort: "status", Search: "к"}, everything, []int64{5, 3, 4, 1}},
			{"by city, the empty first", entity.Query{Sort: "city"}, everything, []int64{3, 1, 4, 6, 2, 5}},
			{"active ones", entity.Query{Active: &yes}, everything, []int64{2, 4, 1, 6}},
			{"inactive ones", entity.Query{Active: &no}, everything, []int64{5, 3}},
			{"of an employee", entity.Query{Responsible: []int64{1}}, everything, []int64{5, 1, 6}},
			{"of either employee, once each", entity.Query{Responsible: []int64{1, 2}}, everything, []int64{5, 2, 1, 6}},
			{"of an employee, active", entity.Query{Responsible: []int64{1}, Active: &yes}, everything, []int64{1, 6}},
			{"of nobody", entity.Query{Unassigned: true}, everything, []int64{3}},
			{"of somebody or nobody", entity.Query{Responsible: []int64{3}, Unassigned: true}, everything, []int64{4, 3}},
			{"in a city", entity.Query{Filters: filter("city", minsk)}, everything, []int64{4, 1, 6}},
			{"in either city", entity.Query{Filters: filter("city", minsk, brest)}, everything, []int64{5, 2, 4, 1, 6}},
			{"without a city", entity.Query{Filters: filter("city", "")}, everything, []int64{3}},
			{"without a city or in one", entity.Query{Filters: filter("city", "", brest)}, everything, []int64{5, 2, 3}},
			{"a filter with no values is no filter", entity.Query{Filters: filter("city")}, everything, []int64{5, 2, 4, 1, 6, 3}},
			{"a search folds case and ё", entity.Query{Search: "ЕЛКА"}, everything, []int64{1}},
			{"a search finds the middle of a word", entity.Query{Search: "блок"}, everything, []int64{3}},
			{"words in any order", entity.Query{Search: "ленина магазин"}, everything, []int64{6}},
			{"a phone however it is written", entity.Query{Search: "29 123 45"}, everything, []int64{1}},
			{"a phone as dialled in Belarus", entity.Query{Search: "8 (029) 123-45-67"}, everything, []int64{1}},
			{"a phone as dialled in Russia", entity.Query{Search: "89123456789"}, everything, []int64{5}},
			{"an id, before those who have the number in the name", entity.Query{Search: "3"}, everything, []int64{3, 6}},
			{"a short number does not look into phones", entity.Query{Search: "57"}, everything, []int64{3}},
			{"wildcards are letters like any other", entity.Query{Search: "0% сок_"}, everything, []int64{5}},
			{"a search that finds nothing", entity.Query{Search: "ничего такого"}, everything, []int64{}},
			{"a search within a city", entity.Query{Search: "е", Filters: filter("city", minsk)}, everything, []int64{4, 1, 6}},
			{"a search of blanks is none", entity.Query{Search: " \t"}, everything, []int64{5, 2, 4, 1, 6, 3}},
			{"the scope of one who sees the unassigned", entity.Query{}, entity.Scope{Employees: []int64{2}, Unassigned: true}, []int64{2, 1, 6, 3}},
			{"the scope of one who does not", entity.Query{}, entity.Scope{Employees: []int64{2}}, []int64{2, 1, 6}},
			{"a search within a scope", entity.Query{Search: "магазин"}, entity.Scope{Employees: []int64{3}}, []int64{}},
			{"a filter by somebody else within a scope", entity.Query{Responsible: []int64{1}}, entity.Scope{Employees: []int64{2}}, []int64{1, 6}},
			{"an empty scope", entity.Query{}, entity.Scope{}, []int64{}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				tt.q.Limit = 100
				testkit.Read(t, st, w, func(tx *store.Tx) error {
					page, err := tx.List(company, tt.q, tt.scope)
					if err != nil {
						return err
					}
					if diff := cmp.Diff(tt.want, ids(page.Records)); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
					n, err := tx.Count(company, tt.q, tt.scope)
					if n != int64(len(tt.want)) || page.Total != n {
						t.Errorf("counted %d, page says %d, want %d", n, page.Total, len(tt.want))
					}
					each, eachErr := tx.Each(company, tt.q, tt.scope, 0, 100)
					inOrder := slices.Clone(tt.want)
					slices.Sort(inOrder)
					if diff := cmp.Diff(inOrder, ids(each)); diff != "" || eachErr != nil {
						t.Errorf("Each: %v (-want +got):\n%s", eachErr, diff)
					}
					tt.q.WithoutCount = true
					uncounted, uncountedErr := tx.List(company, tt.q, tt.scope)
					if diff := cmp.Diff(ids(page.Records), ids(uncounted.Records)); diff != "" || uncounted.Total != -1 || uncountedErr != nil {
						t.Errorf("without count: total %d, %v:\n%s", uncounted.Total, uncountedErr, diff)
					}
					return err
				})
			})
		}
	})
}

func TestListRefusesWhatTheCatalogDoesNotKnow(t *testing.T) {
	testkit.EachEngine(t, testListRefusesWhatTheCatalogDoesNotKnow)
}

func testListRefusesWhatTheCatalogDoesNotKnow(t *testing.T, st *store.Store) {
	w := testkit.Admin(t, st).WorkspaceID
	testkit.Company(t, st, w, "Василёк")
	company := st.Catalog().ByName("company")
	for name, q := range map[string]entity.Query{
		"a filter":                {Filters: map[string][]string{"1=1; --": {"1"}}},
		"a sort":                  {Sort: "name; DROP TABLE companies"},
		"a sort while searching":  {Sort: "nothing", Search: "в"},
		"a value that is no id":   {Filters: map[string][]string{"city": {"Минск"}}},
		"a column without a line": {Filters: map[string][]string{"search_text": {"x"}}},
	} {
		err := st.Read(context.Background(), w, func(tx *store.Tx) error {
			q.Limit = 10
			_, err := tx.List(company, q, everything)
			return err
		})
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v; want it refused", name, err)
		}
	}
}

// TestPagesAddUp walks all pages in several orders, by both ways to a page, and
// compares with the whole.
func TestPagesAddUp(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		company := st.Catalog().ByName("company")
		minsk := testkit.Value(t, st, w, "city", "Минск")
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			var recs []*entity.Record
			for i := range 230 {
				rec := entity.NewRecord(company)
				rec.Set("name", fmt.Sprintf("Магазин %d", i%7)) // many of one title
				rec.Active, rec.Responsibles = i%3 > 0, []int64{int64(1 + i%5)}
				if i%2 == 0 {
					rec.Set("city", minsk)
				}
				recs = append(recs, rec)
			}
			return tx.Fill(recs)
		})
		for _, sort := range []string{"", "id", "status", "city", "phone"} {
			for _, q := range []entity.Query{
				{Sort: sort}, {Sort: sort, Descending: true},
				{Sort: sort, Responsible: []int64{2}}, {Sort: sort, Filters: map[string][]string{"city": {minsk}}}, {Sort: sort, Search: "3"},
			} {
				testkit.Read(t, st, w, func(tx *store.Tx) error {
					q.Limit = 1000
					whole, err := tx.List(company, q, everything)
					if err != nil {
						return err
					}
					var joined []int64
					for q.Limit = 17; int64(len(joined)) < whole.Total; q.Offset += 17 {
						page, err := tx.List(company, q, everything)
						if err != nil {
							return err
						}
						if len(page.Records) == 0 || page.Total != whole.Total {
							t.Fatalf("%+v: page of %d, total %d; want %d in all", q, len(page.Records), page.Total, whole.Total)
						}
						joined = append(joined, ids(page.Records)...)
					}
					if diff := cmp.Diff(ids(whole.Records), joined); diff != "" {
						t.Errorf("%+v (-whole +pages):\n%s", q, diff)
					}
					return nil
				})
			}
		}
	})
}

func TestEachWalksInSteps(t *testing.T) { testkit.EachEngine(t, testEachWalksInSteps) }

func testEachWalksInSteps(t *testing.T, st *store.Store) {
	w := testkit.Admin(t, st).WorkspaceID
	for i := range 7 {
		testkit.Company(t, st, w, fmt.Sprint("К", 9-i), int64(1+i%2))
	}
	company := st.Catalog().ByName("company")
	var got []int64
	testkit.Read(t, st, w, func(tx *store.Tx) error {
		after := int64(0)
		for {
			recs, err := tx.Each(company, entity.Query{Responsible: []int64{1}}, everything, after, 3)
			if err != nil || len(recs) == 0 {
				return err
			}
			got = append(got, ids(recs)...)
			after = recs[len(recs)-1].ID
		}
	})
	if diff := cmp.Diff([]int64{1, 3, 5, 7}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
