package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestSearchTableKeepsStep makes, changes and fills records at random, and
// compares what searches and filters find by the search table with what a look at
// every record finds.
func TestSearchTableKeepsStep(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		random := rand.New(rand.NewPCG(1, 2))
		w := testkit.Admin(t, st).WorkspaceID
		other := testkit.AdminOf(t, st, "Соседи").WorkspaceID
		company := st.Catalog().ByName("company")
		cities := []string{"", testkit.Value(t, st, w, "city", "Минск"), testkit.Value(t, st, w, "city", "Мир"), testkit.Value(t, st, w, "city", "Брест")}
		dress := func(rec *entity.Record) {
			rec.Set("name", someName(random))
			rec.Set("city", cities[random.IntN(len(cities))])
			rec.Set("phone", fmt.Sprintf("+375 29 %07d", random.IntN(10_000_000)))
		}
		var all []*entity.Record
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			for range 60 {
				rec := entity.NewRecord(company)
				dress(rec)
				all = append(all, rec)
			}
			return tx.Fill(all[:30])
		})
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			for _, rec := range all[30:] {
				if err := tx.Insert(rec); err != nil {
					return err
				}
			}
			for n := 0; n < len(all); n += 3 {
				now := all[n].Clone()
				dress(now)
				if err := tx.Update(all[n], now); err != nil {
					return err
				}
				all[n] = now
			}
			return nil
		})
		testkit.Company(t, st, other, "Магазин соседей")
		for range 200 {
			q := entity.Query{Limit: 100, Sort: entity.ID, Filters: map[string][]string{}}
			if random.IntN(3) > 0 {
				q.Search = someSearch(random, all)
			}
			if random.IntN(2) > 0 {
				q.Filters["city"] = []string{cities[random.IntN(len(cities))], cities[random.IntN(len(cities))]}
			}
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				page, err := tx.List(company, q, everything)
				if err != nil {
					return err
				}
				got := ids(page.Records) // the record of the very number comes first
				slices.Sort(got)
				if diff := cmp.Diff(lookThrough(all, q), got); diff != "" {
					t.Errorf("%q %v (-want +got):\n%s", q.Search, q.Filters, diff)
				}
				return nil
			})
		}
	})
}

var nameParts = strings.Fields("ООО Магазин Ёлка «Берёзка» О'Коннор 100% \"Центр\" дом-3 а б Луч+ под_счёт 57 Яблоко")

func someName(random *rand.Rand) string {
	parts := make([]string, 1+random.IntN(4))
	for i := range parts {
		parts[i] = nameParts[random.IntN(len(nameParts))]
	}
	return strings.Join(parts, " ")
}

// someSearch is a piece of some record's name or phone, or a word of them.
func someSearch(random *rand.Rand, all []*entity.Record) string {
	rec := all[random.IntN(len(all))]
	if random.IntN(4) == 0 {
		return rec.Get("phone")[8:]
	}
	name := []rune(rec.Get("name"))
	from := random.IntN(len(name))
	return string(name[from:min(len(name), from+1+random.IntN(6))])
}

// lookThrough finds by looking at every record what a search of words or of the
// digits of a phone and a filter by city find.
func lookThrough(all []*entity.Record, q entity.Query) []int64 {
	words := strings.Fields(entity.Fold(q.Search))
	if digits := entity.Digits(q.Search); len(digits) >= 4 && strings.Trim(q.Search, "0123456789 ") == "" {
		words = []string{digits}
	}
	found := []int64{}
	for _, rec := range all {
		text := " " + entity.Fold(rec.Get("name")) + " +" + entity.Digits(rec.Get("phone"))
		fits := len(q.Filters["city"]) == 0 || slices.Contains(q.Filters["city"], rec.Get("city"))
		holds := true
		for _, word := range words {
			if entity.Digits(word) == word && len(word) < 4 {
				word = " " + word
			}
			holds = holds && strings.Contains(text, word)
		}
		if fits && (holds || len(words) == 1 && words[0] == fmt.Sprint(rec.ID)) {
			found = append(found, rec.ID)
		}
	}
	slices.Sort(found)
	return found
}

// TestSearchTableIsMadeAnew: a database whose search tables are of another
// catalog, or were lost half way, gets them back with everything stored.
func TestSearchTableIsMadeAnew(t *testing.T) {
	testkit.EachAddress(t, func(t *testing.T, address string) {
		st := testkit.Open(t, address, store.Options{})
		w := testkit.Admin(t, st).WorkspaceID
		testkit.Company(t, st, w, "Василёк")
		testkit.Company(t, st, w, "Магазин")
		db := direct(t, address)
		for _, spoil := range []string{
			"UPDATE search_tables SET definition = 'of an older catalog'; DELETE FROM companies_search",
			"UPDATE search_tables SET filled = 0; DELETE FROM companies_search",
		} {
			if _, err := db.ExecContext(t.Context(), spoil); err != nil {
				t.Fatal(err)
			}
			q := entity.Query{Search: "василек", Limit: 10}
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				page, err := tx.List(st.Catalog().ByName("company"), q, everything)
				if len(page.Records) != 0 {
					t.Error("the search does not use the search table, so this test would see nothing")
				}
				return err
			})
			if err := st.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				page, err := tx.List(st.Catalog().ByName("company"), q, everything)
				if len(page.Records) != 1 {
					t.Errorf("after %q: found %d", spoil, len(page.Records))
				}
				return err
			})
		}
	})
}

// TestGlance: a search alone that finds too much shows a part and says so; with
// anything beside it, in an order that was asked for, or counted, it is exact.
func TestGlance(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		const many = 10_100 // more than the store looks at one by one
		w := testkit.Admin(t, st).WorkspaceID
		company := st.Catalog().ByName("company")
		for part := range slices.Chunk(slices.Collect(func(yield func(int) bool) {
			for n := range many {
				if !yield(n) {
					return
				}
			}
		}), 2000) {
			recs := make([]*entity.Record, len(part))
			for i, n := range part {
				recs[i] = entity.NewRecord(company)
				recs[i].Set("name", fmt.Sprintf("Магазин %d", n))
				if n == many-1 {
					recs[i].Set("name", "Магазин ИП")
				}
			}
			testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.Fill(recs) })
		}
		active := true
		for _, tt := range []struct {
			q     entity.Query
			total int64
			part  bool
		}{
			{entity.Query{Search: "магазин", Glance: true}, 2000, true},
			{entity.Query{Search: "магазин", Glance: true, Offset: 1980}, 2000, true},
			{entity.Query{Search: "магазин 77", Glance: true}, 111, false},
			{entity.Query{Search: "магазин ип", Glance: true}, 1, false}, // a word too short for the search table
			{entity.Query{Search: "магазин"}, many, false},
			{entity.Query{Search: "магазин", Glance: true, Active: &active}, many, false},
			{entity.Query{Search: "магазин", Glance: true, Sort: "name"}, many, false},
			{entity.Query{Glance: true}, many, false},
		} {
			tt.q.Limit = 50
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				page, err := tx.List(company, tt.q, entity.Scope{All: true})
				if err != nil {
					return err
				}
				if rows := min(tt.total-tt.q.Offset, 50); page.Total != tt.total || page.Part != tt.part || int64(len(page.Records)) != rows {
					t.Errorf("%+v: %d rows of %d, a part: %v; want %d of %d, %v", tt.q, len(page.Records), page.Total, page.Part, rows, tt.total, tt.part)
				}
				n, err := tx.Count(company, tt.q, entity.Scope{All: true})
				if !tt.part && n != tt.total || tt.part && n != many {
					t.Errorf("%+v: counted %d", tt.q, n)
				}
				return err
			})
		}
	})
}
