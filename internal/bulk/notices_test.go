package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// told is what the digests of an employee say, the newest first.
func (d desk) told(who access.User) string {
	var list []plan.Notice
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) (err error) {
		list, _, err = tx.Notices(who.EmployeeID, 0, 100)
		return err
	})
	var lines []string
	for _, n := range list {
		lines = append(lines, fmt.Sprintf("import %d: +%v -%v", n.ImportID, n.Args["received"], n.Args["handed_over"]))
	}
	return strings.Join(lines, "; ")
}

func recordsOf(views []bulk.ChangeView) string {
	var ids []int64
	for _, v := range views {
		ids = append(ids, v.RecordID)
	}
	return entity.IDsText(ids)
}

// TestDigest counts in a notice what was written, not what was planned: neither
// records in conflict nor rows that are held. A quiet import tells nobody.
func TestDigest(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 6)
		ivanov, petrov := testkit.As(t, st, d.who.WorkspaceID, "ivanov"), testkit.As(t, st, d.who.WorkspaceID, "petrov")
		i := d.check(d.csv("ID;Название;Ответственные", "1;;petrov", "2;;petrov", "3;;petrov", "4;не то;petrov", "5;;ivanov, petrov"))
		d.byHand("2 | Клиент 2 | inactive | ivanov") // a conflict
		if i = d.apply(i, 0); i.Counts.Applied != 3 || i.Counts.Conflict != 1 {
			t.Fatalf("%+v", i.Counts)
		}
		if got := d.told(petrov); got != "import 1: +3 -0" {
			t.Errorf("petrov is told %q", got)
		}
		if got := d.told(ivanov); got != "import 1: +0 -2" {
			t.Errorf("ivanov is told %q", got)
		}
		quiet := d.check(d.csv("ID;Ответственные", "6;petrov"))
		if _, err := d.bulk.Apply(context.Background(), d.who, quiet.ID, bulk.Decision{Notices: new(false)}); err != nil {
			t.Fatal(err)
		}
		if quiet = d.drive(quiet.ID); quiet.Counts.Applied != 1 || d.told(petrov) != "import 1: +3 -0" {
			t.Errorf("a quiet import: %+v, %q", quiet.Counts, d.told(petrov))
		}
	})
}

// TestNoticeRecords opens a notice to whom it was given, whatever his rights on
// the records, and to nobody else.
func TestNoticeRecords(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d, ctx := newDeskAt(t, st, 4), context.Background()
		ivanov, petrov := testkit.As(t, st, d.who.WorkspaceID, "ivanov"), testkit.As(t, st, d.who.WorkspaceID, "petrov")
		foreigner := testkit.AdminOf(t, st, "Чужие")
		i := d.check(d.csv("ID;Ответственные", "1;petrov", "2;petrov", "3;+petrov"))
		d.byHand("2 | Клиент 2 | inactive | ivanov")
		d.apply(i, 0)
		const ivanovs, petrovs = 1, 2 // in the order of the employees
		for _, tt := range []struct {
			who    access.User
			notice int64
			way    bulk.Way
			want   string
		}{
			{ivanov, ivanovs, bulk.HandedOver, "1"}, {ivanov, ivanovs, bulk.Received, ""},
			{petrov, petrovs, bulk.Received, "1,3"}, {petrov, petrovs, bulk.HandedOver, ""},
		} {
			views, more, err := d.bulk.NoticeRecords(ctx, tt.who, tt.notice, bulk.MovedQuery{Way: tt.way, Limit: 10})
			if got := recordsOf(views); err != nil || more || got != tt.want {
				t.Errorf("%s %s: %q, %v, %v; want %q", tt.who.Login, tt.way, got, more, err, tt.want)
			}
		}
		for name, open := range map[string]func() error{
			"another's": func() error {
				_, _, err := d.bulk.NoticeRecords(ctx, petrov, ivanovs, bulk.MovedQuery{Way: bulk.Received, Limit: 10})
				return err
			},
			"the administrator's eyes": func() error {
				_, _, err := d.bulk.NoticeRecords(ctx, d.who, ivanovs, bulk.MovedQuery{Way: bulk.HandedOver, Limit: 10})
				return err
			},
			"from another workspace": func() error {
				_, _, err := d.bulk.NoticeRecords(ctx, foreigner, ivanovs, bulk.MovedQuery{Way: bulk.HandedOver, Limit: 10})
				return err
			},
			"one that is not there": func() error {
				_, _, err := d.bulk.NoticeRecords(ctx, ivanov, 99, bulk.MovedQuery{Way: bulk.HandedOver, Limit: 10})
				return err
			},
			"a way that notices do not go": func() error {
				_, _, err := d.bulk.NoticeRecords(ctx, ivanov, ivanovs, bulk.MovedQuery{Way: bulk.Gains, Limit: 10})
				return err
			},
		} {
			if err := open(); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := d.bulk.NoticeRecords(ctx, access.User{}, ivanovs, bulk.MovedQuery{Way: bulk.HandedOver, Limit: 10}); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("nobody: %v", err)
		}
	})
}

// TestMoved lists for whom an import opens and shuts which records: for employees
// and for the manager who leads them, the same numbers as the loads.
func TestMoved(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d, ctx := newDeskAt(t, st, 5), context.Background()
		boss := testkit.Employee(t, st, d.who.WorkspaceID, "boss", entity.Manager)
		ivanov, petrov := testkit.As(t, st, d.who.WorkspaceID, "ivanov"), testkit.As(t, st, d.who.WorkspaceID, "petrov")
		users := access.New(st)
		group, err := users.AddGroup(ctx, d.who, "Минск")
		if err != nil {
			t.Fatal(err)
		}
		if err := users.UpdateGroup(ctx, d.who, group, "Минск", nil, []access.Member{{EmployeeID: petrov.EmployeeID}, {EmployeeID: boss.ID, Leads: true}}); err != nil {
			t.Fatal(err)
		}
		i := d.check(d.csv("ID;Ответственные", "1;petrov", "2;ivanov, petrov", "3;sidorova", "4;clear"))
		if _, err := d.bulk.Accept(ctx, d.who, i.ID, plan.Visibility); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name     string
			employee int64
			way      bulk.Way
			want     string
		}{
			{"what petrov gains, with what opens to all", petrov.EmployeeID, bulk.Gains, "1,2,4"},
			{"what his manager gains", boss.ID, bulk.Gains, "1,2,4"},
			{"what ivanov loses", ivanov.EmployeeID, bulk.Loses, "1,3"},
			{"what ivanov hands over", ivanov.EmployeeID, bulk.HandedOver, "1,3,4"},
			{"what opens to all", 0, bulk.Gains, "4"},
		} {
			views, _, err := d.bulk.Moved(ctx, d.who, i.ID, bulk.MovedQuery{Employee: tt.employee, Way: tt.way, Limit: 10})
			if got := recordsOf(views); err != nil || got != tt.want {
				t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
			}
			if len(tt.want) < 2 {
				continue
			}
			first, more, err := d.bulk.Moved(ctx, d.who, i.ID, bulk.MovedQuery{Employee: tt.employee, Way: tt.way, Limit: 1})
			if err != nil || !more || recordsOf(first) != tt.want[:1] {
				t.Errorf("%s, a page of one: %q, %v, %v", tt.name, recordsOf(first), more, err)
			}
			var file bytes.Buffer
			if err := d.bulk.ExportMoved(ctx, d.who, i.ID, bulk.MovedQuery{Employee: tt.employee, Way: tt.way}, sheet.CSV, "ru", &file); err != nil || strings.Count(file.String(), "Клиент") != len(views) {
				t.Errorf("%s as a file: %v\n%s", tt.name, err, file.String())
			}
		}
		loads, err := d.bulk.Loads(ctx, d.who, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range loads {
			if l.Employee != nil && l.Employee.ID == boss.ID && (l.Gains != 3 || l.Loses != 0) {
				t.Errorf("the manager's counts: +%d -%d", l.Gains, l.Loses)
			}
		}
	})
}

// TestReportHasRowsHeldByBlast gets them back with their reason; not any more
// once the word is said.
func TestReportHasRowsHeldByBlast(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 4)
		d.settings("blast_records=1\nblast_share=10")
		i := d.check(d.csv("ID;Название;Ответственные", "1;Клиент 1;petrov", "2;не то;petrov", "3;Клиент 3;petrvo", "4;Клиент 4;petrov"))
		report := func() string {
			var file bytes.Buffer
			if err := d.bulk.Report(context.Background(), d.who, i.ID, sheet.CSV, "en", &file); err != nil {
				t.Fatal(err)
			}
			return file.String()
		}
		const reason = "Too many records would change at once"
		if got := report(); strings.Count(got, reason) != 3 || strings.Count(got, "Клиент 1") != 1 || !strings.Contains(got, "petrvo") {
			t.Errorf("with nothing said:\n%s", got)
		}
		if _, err := d.bulk.Accept(context.Background(), d.who, i.ID, plan.Blast); err != nil {
			t.Fatal(err)
		}
		if got := report(); strings.Contains(got, reason) || strings.Contains(got, "Клиент 1") || !strings.Contains(got, "не то") {
			t.Errorf("with the word said:\n%s", got)
		}
	})
}
