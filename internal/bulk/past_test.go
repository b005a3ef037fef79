package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// TestRandomHistory has several people edit by hand, import and undo (whole
// imports, rows, what concerned one of them) at random. After every step the
// database keeps its promises; at the end each moment on the way is found again
// by looking back, and the file of the first one brings it back.
func TestRandomHistory(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			testkit.EachEngine(t, func(t *testing.T, st *store.Store) { randomHistory(t, st, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

type moment struct {
	at    time.Time
	table string
}

func randomHistory(t *testing.T, st *store.Store, r *rand.Rand) {
	d := desk{&scenario{T: t, st: st, who: testkit.Admin(t, st), bulk: newService(t, st)}}
	d.people("ivanov\npetrov\nsidorova\nolduser!")
	d.companies(40)
	var moments []moment
	var imports []*plan.Import
	for step := range 14 {
		time.Sleep(3 * time.Millisecond) // moments are told apart by the clock
		switch {
		case step == 0 || len(imports) == 0 || r.IntN(4) == 0:
			imports = append(imports, d.applyAll(d.check(d.csv(randomFile(r, 1)...))))
		case r.IntN(3) == 0:
			d.shuffleSome(r)
		default:
			if undo := d.randomUndo(r, imports[r.IntN(len(imports))]); undo != nil {
				imports = append(imports, undo)
			}
		}
		d.sound()
		time.Sleep(3 * time.Millisecond)
		moments = append(moments, moment{time.Now(), d.table()})
	}
	for n, m := range moments {
		if got := d.pastTable(m.at, 0); got != m.table {
			t.Errorf("looking back at step %d:\n%s\nwanted:\n%s", n, got, m.table)
		}
		for _, p := range d.staff() {
			if got, want := d.pastTable(m.at, p.ID), only(m.table, p.Login); got != want {
				t.Errorf("looking back at what %s had at step %d:\n%s\nwanted:\n%s", p.Login, n, got, want)
			}
		}
	}
	d.returnTo(moments[0])
}

// returnTo imports the file of a moment.
func (d desk) returnTo(m moment) {
	d.Helper()
	var out bytes.Buffer
	if err := d.bulk.ExportAsOf(context.Background(), d.who, company(d.st), bulk.AsOf{At: m.at}, bulk.ExportOptions{Format: sheet.XLSX}, &out); err != nil {
		d.Fatal(err)
	}
	i := d.check(d.file("then.xlsx", out.Bytes()))
	if i.Counts.Change+i.Counts.Held == 0 && d.table() != m.table {
		d.Fatalf("the file of the past asks for nothing: %+v", i.Counts)
	}
	if i.Selected() > 0 || i.Counts.Held > 0 {
		d.applyAll(i)
	}
	if got := d.table(); got != m.table {
		d.Errorf("the file of the past brings back\n%s\nwanted:\n%s", got, m.table)
	}
	d.sound()
}

const everyGuard = plan.Name | plan.Stale | plan.Visibility | plan.Blast

func (d desk) applyAll(i *plan.Import) *plan.Import {
	d.Helper()
	return d.apply(i, everyGuard)
}

func (d desk) randomUndo(r *rand.Rand, i *plan.Import) *plan.Import {
	d.Helper()
	if i.Counts.Applied == 0 {
		return nil
	}
	var part plan.Part
	switch r.IntN(4) {
	case 0:
		for range 1 + r.IntN(12) {
			part.Records = append(part.Records, 1+r.Int64N(40))
		}
	case 1:
		part.Rows = []plan.Span{{First: 2, Last: 2 + r.Int64N(40)}}
	case 2:
		staff := d.staff()
		part.Employee, part.Concern = staff[r.IntN(len(staff))].ID, []plan.Concern{plan.Gained, plan.Lost, plan.Both}[r.IntN(3)]
	}
	return d.applyPart(i, part, []plan.Guards{0, plan.Stale}[r.IntN(2)])
}

func (d desk) staff() []*entity.Employee {
	var list []*entity.Employee
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) (err error) {
		list, err = tx.Employees(store.EmployeeQuery{})
		return err
	})
	return list
}

// shuffleSome edits a few companies by hand on behalf of somebody.
func (d desk) shuffleSome(r *rand.Rand) {
	staff := d.staff()
	testkit.Write(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		for range 1 + r.IntN(6) {
			old, err := tx.Get(company(d.st), 1+r.Int64N(40))
			if err != nil {
				return err
			}
			now := old.Clone()
			now.Active = r.IntN(2) == 0
			now.Responsibles = entity.SortedSet([]int64{staff[r.IntN(len(staff))].ID, staff[r.IntN(len(staff))].ID})
			changes := entity.Diff(old, now)
			if len(changes) == 0 {
				continue
			}
			if err := tx.Update(old, now); err != nil {
				return err
			}
			if err := tx.LogChange(now, staff[r.IntN(len(staff))].ID, changes); err != nil {
				return err
			}
		}
		return nil
	})
}

// pastTable is table of the past, read in small pages.
func (d desk) pastTable(at time.Time, employee int64) string {
	d.Helper()
	login := map[int64]*entity.Employee{}
	for _, p := range d.staff() {
		login[p.ID] = p
	}
	var b strings.Builder
	for after := int64(0); ; {
		list, last, err := d.bulk.ListAsOf(context.Background(), d.who, company(d.st), bulk.AsOf{At: at, Employee: employee}, after, 7)
		if err != nil {
			d.Fatal(err)
		}
		for _, p := range list {
			var people []*entity.Employee
			for _, id := range p.Then.Responsibles {
				people = append(people, login[id])
			}
			fmt.Fprintf(&b, "%d | %s | %s | %s\n", p.Then.ID, p.Then.Title(), status(p.Then.Active), logins(people))
		}
		if last == 0 {
			return b.String()
		}
		after = last
	}
}

// only is the lines of a table that name a login among the responsibles.
func only(table, login string) string {
	var b strings.Builder
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		for _, one := range strings.Split(cells[len(cells)-1], ", ") {
			if one == login {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

func TestParseMoment(t *testing.T) {
	minsk, err := time.LoadLocation("Europe/Minsk")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"2026-03-31", "2026-03-31T20:59:59.999Z"},
		{"31.03.2026", "2026-03-31T20:59:59.999Z"},
		{"2026-03-31 14:00", "2026-03-31T11:00:00Z"},
		{"2026-03-31T14:00", "2026-03-31T11:00:00Z"},
		{"31.03.2026 14:00", "2026-03-31T11:00:00Z"},
		{"31.02.2026", ""}, {"вчера", ""}, {"", ""},
	} {
		at, err := bulk.ParseMoment(tt.text, minsk)
		got := ""
		if err == nil {
			got = at.UTC().Format(time.RFC3339Nano)
		}
		if got != tt.want {
			t.Errorf("ParseMoment(%q) = %s, %v; want %q", tt.text, got, err, tt.want)
		}
	}
}
