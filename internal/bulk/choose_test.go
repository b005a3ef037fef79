package bulk_test

import (
	"context"
	"strconv"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// choose reads "all mine" or "ROW FIELD merge".
func (s *scenario) choose(i *plan.Import, words []string) error {
	var c bulk.Choose
	if words[0] != "all" {
		c.Row, _ = strconv.ParseInt(words[0], 10, 64)
		c.Field = words[1]
	}
	if word := words[len(words)-1]; word != "drop" {
		c.Choice = plan.Choice(word)
	}
	_, err := s.bulk.Choose(context.Background(), s.who, i.ID, c)
	return err
}

// staleDesk has five companies that somebody has changed since version 1.
func staleDesk(t *testing.T) (desk, *plan.Import) {
	d := newDesk(t, 6)
	later := d.csv("ID;Статус;Ответственные", "1;;sidorova", "2;деактивировать;ivanov, sidorova", "3;;sidorova", "4;;petrov", "5;;petrov, sidorova")
	d.apply(d.check(later), 0)
	return d, d.check(d.csv("ID;Статус;Ответственные;Версия",
		"1;;petrov;1", "2;активировать;petrov;1", "3;деактивировать;ivanov, petrov;1", "4;;petrov, sidorova;1", "5;;petrov;1", "6;;petrov;1"))
}

// TestChoicesComeToTheSameAsANewCheck chooses step by step; each time the plan is
// what checking the whole file anew with these choices makes of it, so that the
// counts are true and the choices outlive a new check.
func TestChoicesComeToTheSameAsANewCheck(t *testing.T) {
	d, i := staleDesk(t)
	for _, words := range [][]string{
		{"2", entity.Responsibles, "merge"}, {"all", "theirs"}, {"3", entity.Active, "mine"}, {"3", entity.Responsibles, "mine"},
		{"all", "merge"}, {"2", entity.Responsibles, "drop"}, {"all", "mine"}, {"6", entity.Responsibles, "theirs"}, {"all", "drop"},
	} {
		before := d.wholePlan(i)
		if err := d.choose(i, words); err != nil {
			t.Fatalf("%v: %v", words, err)
		}
		i = d.drive(i.ID)
		now := d.wholePlan(i)
		if c := i.Counts; c.Read != c.Change+c.Unchanged+c.Held+c.Failed {
			t.Errorf("%v: the counts do not add up: %+v", words, c)
		}
		if now == before && words[0] == "all" {
			t.Errorf("%v: nothing has changed", words)
		}
		i = d.checkAgain(i)
		if again := d.wholePlan(i); again != now {
			t.Errorf("%v: planned anew in part:\n%s\nchecked anew:\n%s", words, now, again)
		}
	}
	d.sound()
}

// TestChooseRefuses names what cannot be chosen; nothing changes.
func TestChooseRefuses(t *testing.T) {
	d, i := staleDesk(t)
	before := d.wholePlan(i)
	for name, c := range map[string]bulk.Choose{
		"a row that nobody has changed":   {Row: 7, Field: entity.Responsibles, Choice: plan.Mine},
		"a field that nobody has changed": {Row: 2, Field: entity.Active, Choice: plan.Mine},
		"a row that is not there":         {Row: 99, Field: entity.Responsibles, Choice: plan.Mine},
	} {
		if _, err := d.bulk.Choose(context.Background(), d.who, i.ID, c); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]bulk.Choose{
		"merging a status": {Row: 3, Field: entity.Active, Choice: plan.Merge},
		"an unknown word":  {Choice: "both"},
	} {
		if _, err := d.bulk.Choose(context.Background(), d.who, i.ID, c); fault.CodeOf(err) != fault.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now := d.wholePlan(d.drive(i.ID)); now != before {
		t.Errorf("the plan was\n%s\nand is\n%s", before, now)
	}
}

// TestChoicesAreDecisions finds them among what was decided on the import.
func TestChoicesAreDecisions(t *testing.T) {
	d, i := staleDesk(t)
	for _, words := range [][]string{{"2", entity.Responsibles, "merge"}, {"all", "mine"}, {"all", "drop"}} {
		if err := d.choose(i, words); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.bulk.Decisions(context.Background(), d.who, i.ID)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	for n, want := range []plan.Act{"choose_merge", "choose_mine_all", "unchoose_all"} {
		if list[n].What != want || list[n].EmployeeID != d.who.EmployeeID {
			t.Errorf("decision %d: %+v, want %s", n, list[n], want)
		}
	}
}
