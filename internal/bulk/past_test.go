package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// TestRandomHistory has several people edit by hand, import and undo (whole
// imports, rows, what concerned one of them) at random. After every step the
// database keeps its promises; at the end each moment on the way is found again
// by looking back, and the file of the first one brings it back. Then the older
// half is forgotten: the promises still hold, and the rest is found and undone.
func TestRandomHistory(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			testkit.EachClock(t, func(t *testing.T, st *store.Store, clock *testkit.Clock) {
				randomHistory(t, st, clock, rand.New(rand.NewPCG(seed, 7)))
			})
		})
	}
}

type moment struct {
	at    time.Time
	table string
}

func randomHistory(t *testing.T, st *store.Store, clock *testkit.Clock, r *rand.Rand) {
	d := desk{&scenario{T: t, st: st, who: testkit.Admin(t, st), bulk: newService(t, st)}}
	d.people("ivanov\npetrov\nsidorova\nolduser!")
	testkit.Employee(t, st, d.who.WorkspaceID, "second", entity.Administrator)
	administrators := []access.User{d.who, testkit.As(t, st, d.who.WorkspaceID, "second")}
	d.companies(40)
	var moments []moment
	var imports []*plan.Import
	for step := range 14 {
		const oneStep = 5 * 24 * time.Hour
		clock.Advance(oneStep)
		d.who = administrators[r.IntN(len(administrators))]
		switch {
		case step == 0 || len(imports) == 0 || step > 1 && r.IntN(4) == 0:
			imports = append(imports, d.applyAll(d.check(d.csv(randomFile(r, 1)...))))
		case step == 1 || r.IntN(3) == 0: // once early, so that there is something to forget
			d.shuffleSome(r)
		default:
			if undo := d.randomUndo(r, imports[r.IntN(len(imports))]); undo != nil {
				imports = append(imports, undo)
			}
		}
		d.sound()
		moments = append(moments, moment{clock.Now(), d.table()})
	}
	clock.Advance(time.Hour)
	d.finds(moments)
	d.returnTo(moments[0])
	d.forgets(clock, r, moments, imports)
}

// finds looks back at moments.
func (d desk) finds(moments []moment) {
	d.Helper()
	for _, m := range moments {
		if got := d.pastTable(m.at, 0); got != m.table {
			d.Errorf("looking back at %s:\n%s\nwanted:\n%s", m.at, got, m.table)
		}
		for _, p := range d.staff() {
			if got, want := d.pastTable(m.at, p.ID), only(m.table, p.Login); got != want {
				d.Errorf("looking back at what %s had at %s:\n%s\nwanted:\n%s", p.Login, m.at, got, want)
			}
		}
	}
}

// forgets keeps a part of the history only.
func (d desk) forgets(clock *testkit.Clock, r *rand.Rand, moments []moment, imports []*plan.Import) {
	d.Helper()
	const days = 36
	now := d.checksum()
	d.settings(fmt.Sprintf("history_days=%d\nforget=%[1]d", days))
	if err := d.bulk.ForgetHistory(context.Background()); err != nil {
		d.Fatal(err)
	}
	d.same("forgetting", now)
	from := clock.Now().AddDate(0, 0, -days)
	kept := slices.IndexFunc(moments, func(m moment) bool { return !m.at.Before(from) })
	if kept < 4 || kept > 10 {
		d.Fatalf("of %d moments those from %d on are kept", len(moments), kept)
	}
	d.finds(moments[kept:])
	if _, _, err := d.bulk.ListAsOf(context.Background(), d.who, company(d.st), bulk.AsOf{At: moments[kept-1].at}, 0, 10); fault.All(err) == nil || fault.All(err)[0].Key != "error.history_from" {
		d.Errorf("looking back behind the beginning: %v", err)
	}
	for _, i := range imports {
		was := *i
		i, err := d.bulk.Get(context.Background(), d.who, i.ID)
		if err != nil || i.Counts != was.Counts {
			d.Errorf("the receipt of import %d: %+v, was %+v, %v", was.ID, i.Counts, was.Counts, err)
		}
		if !i.FinishedAt.Before(from) && !i.ForgottenAt.IsZero() {
			d.Errorf("import %d of %s is forgotten", i.ID, i.FinishedAt)
		}
		if i.ForgottenAt.IsZero() {
			d.randomUndo(r, i)
			continue
		}
		if _, err := d.bulk.Undo(context.Background(), d.who, i.ID, 0); fault.All(err) == nil || fault.All(err)[0].Key != "error.forgotten" {
			d.Errorf("undo of the forgotten import %d: %v", i.ID, err)
		}
	}
	d.sound()
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
