package records_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/demo"
	"nadel/internal/entity"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// BenchmarkPages measures what a person waits for in a section, on its map and on
// a card, names included. NADEL_BENCH_COMPANIES sets the size; the default only
// keeps the benchmark from rotting.
func BenchmarkPages(b *testing.B) {
	companies, err := strconv.Atoi(os.Getenv("NADEL_BENCH_COMPANIES"))
	if err != nil {
		companies = 500
	}
	st := testkit.Store(b)
	who, err := access.New(st).Operator(context.Background(), "")
	if err != nil {
		b.Fatal(err)
	}
	if err := demo.Seed(context.Background(), st, who.WorkspaceID, demo.SeedOptions{Companies: companies}); err != nil {
		b.Fatal(err)
	}
	b.Run("list", func(b *testing.B) { benchList(b, st, who, companies) })
	b.Run("map", func(b *testing.B) { benchMap(b, st, who) })
}

// measured is one thing that is waited for.
type measured struct {
	name string
	f    func() error
}

func measure(b *testing.B, all []measured) {
	b.Helper()
	for _, c := range all {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := c.f(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
			b.ReportMetric(0, "ns/op") // the mean says less
		})
	}
}

func benchList(b *testing.B, st *store.Store, who access.User, companies int) {
	b.Helper()
	ctx := context.Background()
	s := records.New(st)
	active, inactive := true, false
	field := testkit.As(b, st, who.WorkspaceID, "user007")
	minsk := testkit.Value(b, st, who.WorkspaceID, "city", "Минск")
	mir := testkit.Value(b, st, who.WorkspaceID, "city", "Мир")
	list := func(kind string, who access.User, q entity.Query) func() error {
		e := st.Catalog().ByName(kind)
		return func() error {
			q.Glance = true // as the page asks
			page, err := s.List(ctx, who, e, q)
			if err != nil {
				return err
			}
			_, err = s.Names(ctx, who, page.Records)
			return err
		}
	}
	filter := func(field string, values ...string) map[string][]string { return map[string][]string{field: values} }
	measure(b, []measured{
		{"first page", list("company", who, entity.Query{})},
		{"active", list("company", who, entity.Query{Active: &active})},
		{"inactive", list("company", who, entity.Query{Active: &inactive})},
		{"in the middle", list("company", who, entity.Query{Offset: int64(companies) / 2})},
		{"last page", list("company", who, entity.Query{Offset: int64(companies) - 50})},
		{"of one employee", list("company", who, entity.Query{Responsible: []int64{3}})},
		{"of one, active", list("company", who, entity.Query{Responsible: []int64{3}, Active: &active})},
		{"field employee", list("company", field, entity.Query{})},
		{"field employee, last page", list("company", field, entity.Query{Offset: int64(companies) / 12})},
		{"big city", list("company", who, entity.Query{Filters: filter("city", minsk)})},
		{"small town", list("company", who, entity.Query{Filters: filter("city", mir)})},
		{"small town, active", list("company", who, entity.Query{Filters: filter("city", mir), Active: &active})},
		{"by id", list("company", who, entity.Query{Sort: entity.ID, Descending: true})},
		{"by city", list("company", who, entity.Query{Sort: "city"})},
		{"by status", list("company", who, entity.Query{Sort: entity.Active})},
		{"by phone", list("company", who, entity.Query{Sort: "phone"})},
		{"search common word", list("company", who, entity.Query{Search: "магазин"})},
		{"search rare words", list("company", who, entity.Query{Search: "медуница 17"})},
		{"search nothing", list("company", who, entity.Query{Search: "такого нет"})},
		{"search phone", list("company", who, entity.Query{Search: "+375 29 234-5"})},
		{"search id", list("company", who, entity.Query{Search: "57"})},
		{"locations", list("location", who, entity.Query{})},
		{"locations by company", list("location", who, entity.Query{Sort: "company"})},
		{"locations search", list("location", who, entity.Query{Search: "советская 12"})},
		{"card", func() error {
			e := st.Catalog().ByName("company")
			rec, err := s.Get(ctx, who, e, int64(companies)/2)
			if err != nil {
				return err
			}
			if _, err := s.Related(ctx, who, e, rec.ID); err != nil {
				return err
			}
			if _, err := s.History(ctx, who, e, rec.ID); err != nil {
				return err
			}
			_, err = s.Names(ctx, who, []*entity.Record{rec})
			return err
		}},
	})
}
