package bulk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/testkit"
)

// What a guard holds, why, and what passes it.
func TestGuards(t *testing.T) {
	// company 1 is at version 1, of ivanov; 2 had its responsibles changed by
	// hand, 3 its status, 4 its name; 5 is nobody's
	tests := []struct {
		name, header, row string
		held              string // by which guards; "" for a plain change, "-" for none at all
		codes             string
	}{
		{"the name beside the id", "ID;Название;Статус", "1;Клиент 1;деактивировать", "", ""},
		{"the name in other letters and spaces", "ID;Название;Статус", "1; КЛИЕНТ   1 ;деактивировать", "", ""},
		{"another name", "ID;Название;Статус", "1;Клиент 2;деактивировать", "name", "name_differs"},
		{"another name where nothing would change", "ID;Название;Статус", "1;Клиент 2;активировать", "-", ""},
		{"no name in the cell", "ID;Название;Статус", "1;;деактивировать", "", ""},
		{"emptying", "ID;Ответственные", "1;очистить", "visibility", "left_to_nobody"},
		{"taking away the last one", "ID;Ответственные", "1;-ivanov", "visibility", "left_to_nobody"},
		{"emptying what is empty", "ID;Ответственные", "5;очистить", "-", ""},
		{"the version at which it stands", "ID;Ответственные;Версия", "2;ivanov;2", "", ""},
		{"the field was changed after the file", "ID;Ответственные;Версия", "2;ivanov;1", "stale", "changed_since"},
		{"another field was changed after the file", "ID;Ответственные;Версия", "3;petrov;1", "", ""},
		{"a field of the wide row was changed after the file", "ID;Ответственные;Версия", "4;petrov;1", "", ""},
		{"two fields, one of them changed", "ID;Статус;Ответственные;Версия", "3;активировать;petrov;1", "stale", "changed_since"},
		{"no version in the cell", "ID;Ответственные;Версия", "2;ivanov;", "", ""},
		{"no version column", "ID;Ответственные", "2;ivanov", "", ""},
		{"all at once", "ID;Название;Ответственные;Версия", "2;Чужое;clear;1", "name, stale, visibility", "name_differs,left_to_nobody,changed_since"},
	}
	d := newDesk(t, 5)
	d.byHand("2 | Клиент 2 | active | petrov")
	d.byHand("3 | Клиент 3 | inactive | ivanov")
	d.byHand("4 | Клиент четыре | active | ivanov")
	d.byHand("5 | Клиент 5 | active | ")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := desk{&scenario{T: t, st: d.st, who: d.who, bulk: d.bulk}}
			i := d.check(d.csv(tt.header, tt.row))
			held, codes := "-", ""
			for _, of := range []bool{false, true} {
				views, err := d.bulk.Changes(context.Background(), d.who, i.ID, bulk.RowQuery{Held: of, Limit: 10})
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range views {
					held = strings.Join(v.Guards.Names(), ", ")
					var list []string
					for _, p := range v.Reasons {
						list = append(list, p.Code)
					}
					codes = strings.Join(list, ",")
				}
			}
			if held != tt.held || codes != tt.codes {
				t.Errorf("held by %q for %q; want %q for %q", held, codes, tt.held, tt.codes)
			}
		})
	}
}

// A stale row says who changed what, when, from what to what; the newest change
// of the field, whether by hand or by an import.
func TestStaleSaysWho(t *testing.T) {
	d := newDesk(t, 1)
	d.byHand("1 | Клиент 1 | active | petrov")
	d.apply(d.check(d.csv("ID;Ответственные", "1;sidorova")), 0)
	i := d.check(d.csv("ID;Ответственные;Версия", "1;petrov, ivanov;1"))
	problems, _, err := d.bulk.Problems(context.Background(), d.who, i.ID, bulk.ProblemQuery{Limit: 10})
	if err != nil || len(problems) != 1 {
		t.Fatalf("%v, %v", problems, err)
	}
	p := problems[0]
	if p.Args["who"] != d.who.Name || p.Args["before"] != "petrov" || p.Args["after"] != "sidorova" || p.Args["at"] == nil {
		t.Errorf("it says %v", p.Args)
	}
	if number := p.Args["import"]; fmt.Sprint(number) != "1" {
		t.Errorf("the import that changed it is %v", number)
	}
}

// Accepting replaces what was accepted before, until Import is pressed; a row
// passes only when everything that holds it is accepted.
func TestAccept(t *testing.T) {
	d := newDesk(t, 3)
	ctx := context.Background()
	i := d.check(d.csv("ID;Название;Ответственные", "1;Чужое;petrov", "2;Клиент 2;clear", "3;Чужое;clear"))
	for _, tt := range []struct {
		accept   plan.Guards
		accepted int64
	}{{plan.Name, 1}, {plan.Visibility, 1}, {plan.Name | plan.Visibility, 3}, {plan.Stale, 0}, {0, 0}, {plan.Visibility, 1}} {
		now, err := d.bulk.Accept(ctx, d.who, i.ID, tt.accept)
		if err != nil || now.Counts.Accepted != tt.accepted || now.Accepted != tt.accept {
			t.Errorf("accepting %v: %d rows, %v", tt.accept.Names(), now.Counts.Accepted, err)
		}
	}
	d.wanted(d.apply(i, 0), "applied read=3 held=3 accepted=1 applied=1\n2 name_differs\n3 left_to_nobody\n4 name_differs\n4 left_to_nobody")
	if _, err := d.bulk.Accept(ctx, d.who, i.ID, plan.Name); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("accepting after Import: %v", err)
	}
	d.sound()
}

// TestLoads holds the chart of loads against a count of the records themselves,
// before and after, and what each person gains and loses sight of.
func TestLoads(t *testing.T) {
	d := newDesk(t, 6)
	testkit.Employee(t, d.st, d.who.WorkspaceID, "newcomer", entity.FieldStaff)
	d.byHand("4 | Клиент 4 | active | petrov")
	d.byHand("5 | Клиент 5 | active | ")
	i := d.check(d.csv("ID;Ответственные", "1;petrov", "2;+sidorova", "3;clear", "4;ivanov>petrov", "5;newcomer", "6;деактивировать"))
	for _, tt := range []struct {
		accept plan.Guards
		want   string
	}{
		// everybody but administrators sees company 5 before: whoever does not
		// get it loses it; company 3, once emptied, is seen by all
		{0, "ivanov 4→3 +0 -2|petrov 1→2 +1 -1|newcomer 0→1 +0 -0|sidorova 0→1 +1 -1|nobody 1→0"},
		{plan.Visibility, "ivanov 4→2 +0 -2|petrov 1→2 +2 -1|newcomer 0→1 +1 -0|sidorova 0→1 +2 -1|nobody 1→1"},
	} {
		if _, err := d.bulk.Accept(context.Background(), d.who, i.ID, tt.accept); err != nil {
			t.Fatal(err)
		}
		views, err := d.bulk.Loads(context.Background(), d.who, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range views {
			switch {
			case v.Employee == nil:
				got = append(got, fmt.Sprintf("nobody %d→%d", v.Before, v.After))
			case v.Employee.Role != entity.Administrator:
				got = append(got, fmt.Sprintf("%s %d→%d +%d -%d", v.Employee.Login, v.Before, v.After, v.Gains, v.Loses))
			case v.Gains != 0 || v.Loses != 0:
				t.Errorf("an administrator sees everything before and after: %+v", v)
			}
		}
		if text := strings.Join(got, "|"); text != tt.want {
			t.Errorf("accepting %v:\n%s\nwant\n%s", tt.accept.Names(), text, tt.want)
		}
	}
}

// A record that was changed between preview and Import is left alone, and so is
// nothing else.
func TestConflict(t *testing.T) {
	d := newDesk(t, 3)
	i := d.check(d.csv("ID;Статус", "1;деактивировать", "2;деактивировать", "3;деактивировать"))
	d.byHand("2 | Клиент 2, новый | active | ivanov")
	d.wanted(d.apply(i, 0), "applied read=3 change=3 applied=2 conflict=1\n3 changed_after_check")
	if got := d.table(); !strings.Contains(got, "2 | Клиент 2, новый | active") || strings.Count(got, "| inactive") != 2 {
		t.Errorf("after applying:\n%s", got)
	}
	d.sound()
}

// Somebody inactive fails the rows that would add him, and no others.
func TestInactiveInFile(t *testing.T) {
	d := newDesk(t, 4)
	d.byHand("2 | Клиент 2 | active | ivanov, olduser")
	d.byHand("3 | Клиент 3 | active | olduser")
	i := d.check(d.csv("ID;Ответственные", "1;+olduser", "2;olduser", "3;olduser>petrov", "4;olduser, petrov"))
	d.wanted(d.apply(i, 0), "applied read=4 change=2 failed=2 applied=2\n2 inactive_login\n5 inactive_login")
	if got := d.table(); !strings.Contains(got, "2 | Клиент 2 | active | olduser\n3 | Клиент 3 | active | petrov\n") {
		t.Errorf("after applying:\n%s", got)
	}
	d.sound()
}
