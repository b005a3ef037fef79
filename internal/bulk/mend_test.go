package bulk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// mend carries out the lines of a scenario; see TestScenarios.
func (s *scenario) mend(i *plan.Import, text string, again func() *plan.Import) *plan.Import {
	s.Helper()
	ctx := context.Background()
	for line := range lines(text) {
		var err error
		m := bulk.Mend{}
		said, remember := strings.CutPrefix(line, "remember ")
		first, rest, _ := strings.Cut(said, " ")
		row, noRow := strconv.ParseInt(first, 10, 64)
		switch number, taken := strings.CutPrefix(line, "take back "); {
		case line == "again":
			i = again()
			continue
		case strings.HasPrefix(line, "choose "):
			err = s.choose(i, strings.Fields(line)[1:])
		case line == "extend", line == "narrow":
			_, err = s.bulk.Extend(ctx, s.who, i.ID, line == "extend")
		case taken:
			n, _ := strconv.ParseInt(number, 10, 64)
			_, err = s.bulk.Unmend(ctx, s.who, i.ID, n)
		case noRow == nil:
			m.Row = row
			m.Field, m.With, _ = strings.Cut(rest, "=")
			_, err = s.bulk.Mend(ctx, s.who, i.ID, m)
		default:
			m.Field, m.Remember = first, remember
			m.Value, m.With, _ = strings.Cut(rest, "=")
			_, err = s.bulk.Mend(ctx, s.who, i.ID, m)
		}
		if err != nil {
			s.Fatalf("%s: %v", line, err)
		}
		i = s.drive(i.ID)
	}
	return i
}

// people is a mending of a login.
func people(value, with string) bulk.Mend {
	return bulk.Mend{Field: entity.Responsibles, Value: value, With: with}
}

// wholePlan is all that there is of a plan, to be compared.
func (d desk) wholePlan(i *plan.Import) string {
	d.Helper()
	var b strings.Builder
	b.WriteString(d.preview(i))
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		loads, err := tx.PlanLoads(i.ID)
		if err != nil {
			return err
		}
		for _, l := range loads {
			if l.Before != 0 || l.Delta != 0 || l.Gains != 0 || l.Loses != 0 {
				fmt.Fprintf(&b, "%+v\n", l)
			}
		}
		mendings, err := tx.Mendings(i.ID)
		for _, m := range mendings {
			m.At = i.CreatedAt
			rows, err := tx.MendedRows(i.ID, m.ID)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%+v %v\n", m, rows)
		}
		return err
	})
	return b.String()
}

// checkAgain plans all rows of an import anew.
func (d desk) checkAgain(i *plan.Import) *plan.Import {
	d.Helper()
	testkit.Write(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error { return tx.CheckAgain(i.ID, i.Revision, 0) })
	return d.drive(i.ID)
}

const wrongFile = `ID;Название;Статус;Ответственные
1;Клиент 1;Деактивировать;petrvo
2;Клиент 2;;petrvo, sidorova
3;Другой;;petrov
4;Клиент 4;Aктивировать;petrvo
4;Клиент 4;;petrov
5;Клиент 5;;olduser
6;Клиент 6;;+olduser, petrvo
abc;Клиент 7;Деактивировать;
8;Клиент 8;нет;—
9;Клиент 9;;очистить
10;Клиент 10;;petrvo
10;Клиент 10;;petrov
999;Клиент 11;;sidorova
12;Клиент 12;Деактивировать;ivanov>petrvo
13;Клиент 13;;ivanov petrov
14;Клиент 14;да;sidorova
`

func TestMendingPlansOnlyItsRowsAnewAndComesToTheSame(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 15)
		for seed := range uint64(4) {
			d.mendAtRandom(rand.New(rand.NewPCG(seed, 5)))
		}
	})
}

// mendAtRandom mends and takes back at random, and after each step plans all
// rows anew, which must change nothing.
func (d desk) mendAtRandom(random *rand.Rand) {
	i := d.check(d.file("wrong.csv", []byte(wrongFile)))
	values := []bulk.Mend{
		people("petrvo", "petrov"), people("PETRVO", "sidorova"), people("olduser", "ivanov, sidorova"), people("—", "очистить"),
		people("ivanov petrov", "ivanov, petrov"), {Field: entity.Active, Value: "да", With: "Активировать"},
		{Field: entity.Active, Value: "Aктивировать", With: "деактивировать"}, {Field: entity.Active, Value: "нет", With: "Inactive"},
		{Field: entity.ID, Value: "abc", With: "7"}, {Field: entity.ID, Value: "999", With: "12"},
		{Row: 4, Field: "name", With: "Клиент 3"}, {Row: 9, Field: entity.ID, With: "3"}, {Row: 5, Field: entity.Responsibles, With: ""},
		{Row: 6, Field: entity.ID, With: "14"}, {Row: 13, Field: entity.ID, With: "11"}, {Row: 11, Field: entity.Responsibles, With: "nobody"},
	}
	for range 10 {
		var err error
		var did string
		if mendings := d.mendings(i); len(mendings) > 0 && random.IntN(3) == 0 {
			m := mendings[random.IntN(len(mendings))]
			did = fmt.Sprintf("take back %+v", m)
			_, err = d.bulk.Unmend(context.Background(), d.who, i.ID, m.ID)
		} else {
			m := values[random.IntN(len(values))]
			did = fmt.Sprintf("mend %+v", m)
			_, err = d.bulk.Mend(context.Background(), d.who, i.ID, m)
		}
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			d.Fatalf("%s: %v", did, err)
		}
		i = d.drive(i.ID)
		part := d.wholePlan(i)
		i = d.checkAgain(i)
		if diff := cmp.Diff(d.wholePlan(i), part); diff != "" {
			d.Fatalf("after %s (-all rows planned anew, +only those concerned):\n%s", did, diff)
		}
	}
}

func (d desk) mendings(i *plan.Import) (list []plan.Mending) {
	d.Helper()
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) (err error) {
		list, err = tx.Mendings(i.ID)
		return err
	})
	return list
}
