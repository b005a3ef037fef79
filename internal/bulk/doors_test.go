package bulk_test

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// doors are the ways into the service, by the names of its methods. Each is
// called by somebody about an import; those that are about no import ignore it.
func doors(d desk) map[string]func(who access.User, id int64) error {
	ctx := context.Background()
	return map[string]func(who access.User, id int64) error{
		"Upload": func(who access.User, _ int64) error {
			_, err := d.bulk.Upload(ctx, who, d.csv("ID;Статус", "1;деактивировать"))
			return err
		},
		"OtherSheet": func(who access.User, id int64) error {
			_, err := d.bulk.OtherSheet(ctx, who, id, "Лист1")
			return err
		},
		"Get": func(who access.User, id int64) error {
			_, err := d.bulk.Get(ctx, who, id)
			return err
		},
		"List": func(who access.User, _ int64) error {
			_, _, err := d.bulk.List(ctx, who, 0, 10)
			return err
		},
		"Accept": func(who access.User, id int64) error {
			_, err := d.bulk.Accept(ctx, who, id, plan.Visibility)
			return err
		},
		"Apply": func(who access.User, id int64) error {
			_, err := d.bulk.Apply(ctx, who, id, bulk.Decision{})
			return err
		},
		"Cancel": func(who access.User, id int64) error {
			_, err := d.bulk.Cancel(ctx, who, id)
			return err
		},
		"Undo": func(who access.User, id int64) error {
			_, err := d.bulk.Undo(ctx, who, id, 0)
			return err
		},
		"UndoPart": func(who access.User, id int64) error {
			_, err := d.bulk.UndoPart(ctx, who, id, plan.Part{Records: []int64{1}}, 0)
			return err
		},
		"ListAsOf": func(who access.User, _ int64) error {
			_, _, err := d.bulk.ListAsOf(ctx, who, company(d.st), bulk.AsOf{At: time.Now()}, 0, 10)
			return err
		},
		"ExportAsOf": func(who access.User, _ int64) error {
			return d.bulk.ExportAsOf(ctx, who, company(d.st), bulk.AsOf{At: time.Now()}, bulk.ExportOptions{Format: sheet.CSV}, io.Discard)
		},
		"Decisions": func(who access.User, id int64) error {
			_, err := d.bulk.Decisions(ctx, who, id)
			return err
		},
		"File": func(who access.User, id int64) error {
			_, _, err := d.bulk.File(ctx, who, id)
			return err
		},
		"Changes": func(who access.User, id int64) error {
			_, err := d.bulk.Changes(ctx, who, id, bulk.RowQuery{Limit: 10})
			return err
		},
		"Problems": func(who access.User, id int64) error {
			_, _, err := d.bulk.Problems(ctx, who, id, bulk.ProblemQuery{Limit: 10})
			return err
		},
		"Loads": func(who access.User, id int64) error {
			_, err := d.bulk.Loads(ctx, who, id)
			return err
		},
		"Follow": func(who access.User, id int64) error {
			return d.bulk.Follow(ctx, who, id, func(*plan.Import) error { return nil })
		},
		"Approval": func(who access.User, id int64) error {
			_, err := d.bulk.Approval(ctx, who, id)
			return err
		},
		"AskApproval": func(who access.User, id int64) error {
			_, err := d.bulk.AskApproval(ctx, who, id, bulk.Decision{})
			return err
		},
		"Answer": func(who access.User, id int64) error {
			return d.bulk.Answer(ctx, who, id, bulk.Verdict{Approve: true})
		},
		"Mend": func(who access.User, id int64) error {
			_, err := d.bulk.Mend(ctx, who, id, people("petrvo", "petrov"))
			return err
		},
		"Unmend": func(who access.User, id int64) error {
			_, err := d.bulk.Unmend(ctx, who, id, 1)
			return err
		},
		"MendAgain": func(who access.User, id int64) error {
			_, err := d.bulk.MendAgain(ctx, who, id, 1)
			return err
		},
		"Mendings": func(who access.User, id int64) error {
			_, err := d.bulk.Mendings(ctx, who, id)
			return err
		},
		"Remembered": func(who access.User, _ int64) error {
			_, err := d.bulk.Remembered(ctx, who)
			return err
		},
		"Forget": func(who access.User, _ int64) error { return d.bulk.Forget(ctx, who, 1) },
		"Causes": func(who access.User, id int64) error {
			_, _, err := d.bulk.Causes(ctx, who, id, 0, 10)
			return err
		},
		"CauseRows": func(who access.User, id int64) error {
			_, err := d.bulk.CauseRows(ctx, who, id, plan.Cause{Outcome: plan.RowFailed}, 0, 10)
			return err
		},
		"CellText": func(who access.User, id int64) error {
			_, err := d.bulk.CellText(ctx, who, id, 2, entity.Responsibles)
			return err
		},
		"WrongFields": func(who access.User, id int64) error {
			_, err := d.bulk.WrongFields(ctx, who, id, "petrvo")
			return err
		},
		"Choices": func(who access.User, id int64) error {
			_, err := d.bulk.Choices(ctx, who, id)
			return err
		},
		"Choose": func(who access.User, id int64) error {
			_, err := d.bulk.Choose(ctx, who, id, bulk.Choose{Choice: plan.Mine})
			return err
		},
		"Extend": func(who access.User, id int64) error {
			_, err := d.bulk.Extend(ctx, who, id, true)
			return err
		},
		"Merge": func(who access.User, _ int64) error {
			_, err := d.bulk.Merge(ctx, who, company(d.st), 1, 2)
			return err
		},
		"MergeValues": func(who access.User, _ int64) error {
			_, err := d.bulk.MergeValues(ctx, who, 1, 2)
			return err
		},
		"HandOver": func(who access.User, _ int64) error {
			_, err := d.bulk.HandOver(ctx, who, 1, []int64{2})
			return err
		},
		"Moved": func(who access.User, id int64) error {
			_, _, err := d.bulk.Moved(ctx, who, id, bulk.MovedQuery{Way: bulk.Gains, Limit: 10})
			return err
		},
		"ExportMoved": func(who access.User, id int64) error {
			return d.bulk.ExportMoved(ctx, who, id, bulk.MovedQuery{Way: bulk.Gains}, sheet.CSV, "ru", io.Discard)
		},
		"NewValues": func(who access.User, id int64) error {
			_, err := d.bulk.NewValues(ctx, who, id)
			return err
		},
		"ChangeFound": func(who access.User, _ int64) error {
			_, err := d.bulk.ChangeFound(ctx, who, company(d.st), entity.Query{}, plan.FieldEdit{Field: entity.Active})
			return err
		},
		"OwnFields": func(who access.User, _ int64) error {
			_, err := d.bulk.OwnFields(ctx, who, company(d.st))
			return err
		},
		"DeclareField": func(who access.User, _ int64) error {
			_, err := d.bulk.DeclareField(ctx, who, entity.OwnField{Entity: "company", Kind: entity.OwnText, Heading: "Тариф"})
			return err
		},
		"ChangeField": func(who access.User, _ int64) error {
			return d.bulk.ChangeField(ctx, who, company(d.st), 1, "Тариф", false)
		},
		"RetireField": func(who access.User, _ int64) error { return d.bulk.RetireField(ctx, who, company(d.st), 1, true) },
		"MoveField":   func(who access.User, _ int64) error { return d.bulk.MoveField(ctx, who, company(d.st), 1, 0) },
		"Report": func(who access.User, id int64) error {
			return d.bulk.Report(ctx, who, id, sheet.XLSX, "ru", io.Discard)
		},
		"Export": func(who access.User, _ int64) error {
			return d.bulk.Export(ctx, who, company(d.st), entity.Query{}, bulk.ExportOptions{Format: sheet.CSV}, io.Discard)
		},
		"ExportAll": func(who access.User, _ int64) error {
			return d.bulk.ExportAll(ctx, who, []int64{1}, bulk.ExportOptions{Format: sheet.XLSX}, io.Discard)
		},
		"Template": func(who access.User, _ int64) error {
			return d.bulk.Template(ctx, who, company(d.st), bulk.TemplateOptions{Format: sheet.CSV}, io.Discard)
		},
	}
}

// notDoors are the methods that nobody calls on behalf of a user, the workers;
// NoticeRecords, which asks for no right beyond reading: TestNoticeRecords;
// MayUndo, which says no to whoever lacks the right; and Extends, which looks at an
// import that the caller has already.
var notDoors = []string{"Work", "Drive", "Process", "ForgetHistory", "NoticeRecords", "MayUndo", "Extends"}

// aboutNoImport are the doors that take no import's number.
var aboutNoImport = []string{"Upload", "List", "Export", "ExportAll", "Template", "ListAsOf", "ExportAsOf", "Remembered", "Forget", "Merge", "MergeValues", "HandOver",
	"ChangeFound", "OwnFields", "DeclareField", "ChangeField", "RetireField", "MoveField"}

func TestEveryDoorIsListed(t *testing.T) {
	d := newDesk(t, 0)
	known := doors(d)
	service := reflect.TypeOf(d.bulk)
	for n := range service.NumMethod() {
		if name := service.Method(n).Name; known[name] == nil && !slices.Contains(notDoors, name) {
			t.Errorf("the method %s has no case in doors", name)
		}
	}
}

// TestDenied tries every door as people without the right: the answer is the
// same whether the import exists or not, and nothing changes.
func TestDenied(t *testing.T) {
	d := newDesk(t, 2)
	i := d.check(d.csv("ID;Ответственные", "1;petrov", "2;clear"))
	start := d.everything()
	mayRead := map[string]bool{"field employee": true}
	for name, who := range map[string]access.User{
		"field employee": d.as("sidorova", entity.FieldStaff),
		"nobody":         {},
		"administrator who must change his password": adjusted(d.who, func(u *access.User) { u.MustChangePassword = true }),
	} {
		for door, open := range doors(d) {
			here, nowhere := open(who, i.ID), open(who, 999)
			want := fault.Denied
			switch {
			case name == "nobody":
				want = fault.Unauthenticated
			case door == "ListAsOf" && mayRead[name]:
				want = ""
			}
			if here == nil && want == "" {
				continue
			}
			if fault.CodeOf(here) != want || fmt.Sprint(here) != fmt.Sprint(nowhere) {
				t.Errorf("%s at %s: %v; of an import that does not exist: %v", name, door, here, nowhere)
			}
		}
	}
	if d.everything() != start {
		t.Error("somebody without the right has changed something")
	}
	d.sound()
}

func adjusted(u access.User, f func(*access.User)) access.User {
	f(&u)
	return u
}

// everything is the records and the imports with their states.
func (d desk) everything() string {
	d.Helper()
	list, total, err := d.bulk.List(context.Background(), d.who, 0, 100)
	if err != nil {
		d.Fatal(err)
	}
	text := d.checksum() + fmt.Sprint(total)
	for _, i := range list {
		text += fmt.Sprintf("\n%d %s %v %+v", i.ID, i.State, i.Accepted, i.Counts)
	}
	return text
}

// TestForeign tries every door of an import of another workspace: it answers
// exactly as for an import that does not exist, and nothing changes there.
func TestForeign(t *testing.T) {
	d := newDesk(t, 3)
	d.apply(d.check(d.csv("ID;Ответственные", "1;petrov")), 0)
	ready := d.check(d.csv("ID;Ответственные", "2;petrov", "3;clear"))
	d.waiting(d.csv("ID;Ответственные", "3;petrov"))
	start := d.everything()
	foreigner := testkit.AdminOf(t, d.st, "Чужие")
	for door, open := range doors(d) {
		if slices.Contains(aboutNoImport, door) {
			continue
		}
		absent := fmt.Sprint(open(foreigner, 3000))
		for id := int64(1); id <= 3; id++ {
			err := open(foreigner, id)
			if got := fmt.Sprint(err); fault.CodeOf(err) != fault.NotFound || got != strings.TrimSuffix(absent, "3000")+fmt.Sprint(id) {
				t.Errorf("%s of the foreign import %d: %s; of an absent one: %s", door, id, got, absent)
			}
		}
	}
	if d.everything() != start {
		t.Error("the foreigner has changed something")
	}
	if now := d.apply(ready, 0); now.Counts.Applied != 1 {
		t.Errorf("the import is not what it was: %+v", now.Counts)
	}
}

// A record of another workspace fails its row exactly as one that does not exist.
func TestForeignRecord(t *testing.T) {
	d := newDesk(t, 2)
	foreigner := testkit.AdminOf(t, d.st, "Чужие")
	testkit.Employee(t, d.st, foreigner.WorkspaceID, "smirnov", entity.FieldStaff)
	for n := range 30 {
		testkit.Company(t, d.st, foreigner.WorkspaceID, fmt.Sprintf("Чужой %d", n+1))
	}
	i := d.check(d.csv("ID;Название;Ответственные", "20;Чужой 20;petrov", "500;Чужой 20;petrov", "1;;smirnov", "1;;stranger"))
	d.wanted(i, "ready read=4 failed=4\n2 unknown_id\n3 unknown_id\n4 unknown_login\n4 duplicate_conflict\n5 unknown_login\n5 duplicate_conflict")
	problems, _, err := d.bulk.Problems(context.Background(), d.who, i.ID, bulk.ProblemQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := problems[0], problems[1]; fmt.Sprint(a.Args) != fmt.Sprint(b.Args) || a.Suggestion != b.Suggestion {
		t.Errorf("a foreign id is told from an absent one: %+v, %+v", a, b)
	}
}

// A record of another kind is named as what it is.
func TestOtherKind(t *testing.T) {
	d := newDesk(t, 1)
	first := testkit.Company(t, d.st, d.who.WorkspaceID, "С адресом")
	place := testkit.Location(t, d.st, d.who.WorkspaceID, first, "Минск", true)
	i := d.check(d.csv("ID;Статус", fmt.Sprintf("%d;деактивировать", place.ID)))
	d.wanted(i, "ready read=1 failed=1\n2 other_kind")
	problems, _, err := d.bulk.Problems(context.Background(), d.who, i.ID, bulk.ProblemQuery{Limit: 10})
	if err != nil || problems[0].Args["kind"] != "location" || problems[0].Args["wanted"] != "company" {
		t.Errorf("%+v, %v", problems, err)
	}
	back := d.check(bulk.Upload{Entity: d.st.Catalog().ByName("location"), Name: "f.csv", Content: d.csv("ID;Статус", fmt.Sprintf("%d;деактивировать", place.ID)).Content})
	d.wanted(back, "ready read=1 change=1")
}
