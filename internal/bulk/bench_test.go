package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/demo"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// benchRows is how many companies the benchmarks of the whole way are about;
// NADEL_BENCH_ROWS sets it.
func benchRows(b *testing.B) int {
	b.Helper()
	if text := os.Getenv("NADEL_BENCH_ROWS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 2000
}

// editFile is an edit file about n companies in shuffled order: a status and
// one to three logins each.
func editFile(b *testing.B, n, employees int, seed uint64) []byte {
	b.Helper()
	var buf bytes.Buffer
	w, err := sheet.NewWriter(&buf, sheet.XLSX)
	if err != nil {
		b.Fatal(err)
	}
	text := func(s string) sheet.Value { return sheet.Value{Kind: sheet.Text, Text: s} }
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(w.Sheet(sheet.Spec{Name: "Правки"}))
	must(w.Row([]sheet.Value{text("ID"), text("Статус"), text("Ответственные")}))
	rnd := rand.New(rand.NewPCG(seed, 1))
	words := []string{"", "Активировать", "Деактивировать"}
	for _, k := range rnd.Perm(n) {
		logins := ""
		for range 1 + rnd.IntN(3) {
			if logins != "" {
				logins += ", "
			}
			logins += fmt.Sprintf("user%03d", 1+rnd.IntN(employees))
		}
		must(w.Row([]sheet.Value{
			{Kind: sheet.Number, Text: strconv.Itoa(k + 1)}, text(words[rnd.IntN(3)]), text(logins),
		}))
	}
	must(w.Close())
	return buf.Bytes()
}

func seeded(b *testing.B, n int) (*store.Store, access.User) {
	b.Helper()
	st := testkit.Store(b)
	who := testkit.Admin(b, st)
	if err := demo.Seed(context.Background(), st, who.WorkspaceID, demo.SeedOptions{Companies: n, Employees: 20, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	return st, who
}

// BenchmarkImport times the whole way of an edit file, part by part.
func BenchmarkImport(b *testing.B) {
	n := benchRows(b)
	st, who := seeded(b, n)
	service := newService(b, st)
	ctx := context.Background()
	parts := map[string]time.Duration{}
	round := uint64(0)
	timed := func(part string, f func() (*plan.Import, error)) *plan.Import {
		began := time.Now()
		i, err := f()
		if err != nil {
			b.Fatalf("%s: %v", part, err)
		}
		parts[part] += time.Since(began)
		return i
	}
	drive := func(i *plan.Import) (*plan.Import, error) { return service.Drive(ctx, who.WorkspaceID, i.ID, nil) }
	for b.Loop() {
		round++
		file := editFile(b, n, 20, round)
		i := timed("upload", func() (*plan.Import, error) {
			return service.Upload(ctx, who, bulk.Upload{
				Entity: st.Catalog().ByName("company"), Name: "edit.xlsx", Content: bytes.NewReader(file),
			})
		})
		i = timed("check", func() (*plan.Import, error) { return drive(i) })
		i = timed("apply", func() (*plan.Import, error) {
			if _, err := service.Apply(ctx, who, i.ID, bulk.Decision{}); err != nil {
				return nil, err
			}
			return drive(i)
		})
		if i.State != plan.Applied || i.Counts.Read != int64(n) || i.Counts.Applied != i.Counts.Change || i.Counts.Failed > 0 {
			b.Fatalf("the import went wrong: %s %+v", i.State, i.Counts)
		}
		undo := timed("undocheck", func() (*plan.Import, error) {
			undo, err := service.Undo(ctx, who, i.ID, 0)
			if err != nil {
				return nil, err
			}
			return drive(undo)
		})
		timed("undoapply", func() (*plan.Import, error) {
			if _, err := service.Apply(ctx, who, undo.ID, bulk.Decision{}); err != nil {
				return nil, err
			}
			return drive(undo)
		})
	}
	for part, took := range parts {
		b.ReportMetric(took.Seconds()*1e6/float64(b.N)/float64(n), part+"-µs/row")
	}
}

// BenchmarkExport times an export for editing against writing the same cells.
func BenchmarkExport(b *testing.B) {
	n := benchRows(b)
	st, who := seeded(b, n)
	service := newService(b, st)
	for b.Loop() {
		var buf bytes.Buffer
		if err := service.Export(context.Background(), who, st.Catalog().ByName("company"), entity.Query{},
			bulk.ExportOptions{ForEdit: true, Format: sheet.XLSX}, &buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N)/float64(n), "µs/row")
}
