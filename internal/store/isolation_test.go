package store_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestNothingCrossesWorkspaces fills a workspace, then asks for each thing in it
// by every way there is, from another one: everything answers as if absent, and
// nothing there changes.
func TestNothingCrossesWorkspaces(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		theirs := testkit.AdminOf(t, st, "Свои").WorkspaceID
		ours := testkit.AdminOf(t, st, "Чужие").WorkspaceID
		testkit.Employee(t, st, theirs, "sidorov", entity.FieldStaff) // so that petrov's id is nobody's here
		person := testkit.Employee(t, st, theirs, "petrov", entity.Manager)
		testkit.Group(t, st, theirs, "Север", person)
		city := testkit.Value(t, st, theirs, "city", "Минск")
		value := entity.ParseIDs(city)[0]
		rec := testkit.Record(t, st, theirs, "company", map[string]string{"name": "Василёк", "city": city}, person.ID)
		place := testkit.Location(t, st, theirs, rec, "Минск", true)
		rec.Version = 2
		testkit.Write(t, st, theirs, func(tx *store.Tx) error { return tx.LogChange(rec, person.ID, nil) })
		rec.Version = 1
		changed := rec.Clone()
		changed.Set("name", "Украдено")
		changed.Responsibles = []int64{1}

		before := snapshot(t, st, theirs, rec, person.ID)
		company, location := rec.Entity, place.Entity
		empty := func(v any, err error) func() (bool, error) {
			return func() (bool, error) {
				value := reflect.ValueOf(v)
				return value.IsZero() || (value.Kind() == reflect.Map || value.Kind() == reflect.Slice) && value.Len() == 0, err
			}
		}
		type answer = func() (bool, error)
		for name, ask := range map[string]func(tx *store.Tx) answer{
			"Get":     func(tx *store.Tx) answer { return empty(tx.Get(company, rec.ID)) },
			"GetMany": func(tx *store.Tx) answer { return empty(tx.GetMany(company, []int64{rec.ID})) },
			"KindOf":  func(tx *store.Tx) answer { return empty(tx.KindOf(rec.ID)) },
			"Titles":  func(tx *store.Tx) answer { return empty(tx.Titles(company, []int64{rec.ID})) },
			"List":    func(tx *store.Tx) answer { return empty(tx.List(company, entity.Query{Limit: 9}, everything)) },
			"List of an employee": func(tx *store.Tx) answer {
				return empty(tx.List(company, entity.Query{Limit: 9, Responsible: []int64{person.ID}}, everything))
			},
			"List by search": func(tx *store.Tx) answer {
				return empty(tx.List(company, entity.Query{Limit: 9, Search: "василек"}, everything))
			},
			"List by scope": func(tx *store.Tx) answer {
				return empty(tx.List(company, entity.Query{Limit: 9}, entity.Scope{Employees: []int64{person.ID}}))
			},
			"List by filter": func(tx *store.Tx) answer {
				return empty(tx.List(company, entity.Query{Limit: 9, Filters: map[string][]string{"city": {city}}}, everything))
			},
			"Count":        func(tx *store.Tx) answer { return empty(tx.Count(company, entity.Query{}, everything)) },
			"Each":         func(tx *store.Tx) answer { return empty(tx.Each(company, entity.Query{}, everything, 0, 9)) },
			"CountRecords": func(tx *store.Tx) answer { return empty(tx.CountRecords()) },
			"HandChanges":  func(tx *store.Tx) answer { return empty(tx.HandChanges(company, rec.ID)) },
			"Holder": func(tx *store.Tx) answer {
				id, _, err := tx.Holder(location, "main", "company", rec.ID)
				return empty(id, err)
			},
			"Update":          func(tx *store.Tx) answer { return empty(0, tx.Update(rec, changed)) },
			"Employee":        func(tx *store.Tx) answer { return empty(tx.Employee(person.ID)) },
			"EmployeeByLogin": func(tx *store.Tx) answer { return empty(tx.EmployeeByLogin("petrov")) },
			"Employees":       func(tx *store.Tx) answer { return empty(tx.Employees(store.EmployeeQuery{Search: "petrov"})) },
			"People":          func(tx *store.Tx) answer { return empty(tx.People([]int64{person.ID})) },
			"UpdateEmployee": func(tx *store.Tx) answer {
				p := *person
				p.Name = "Украдено"
				return empty(0, tx.UpdateEmployee(&p))
			},
			"Credentials":     func(tx *store.Tx) answer { return empty(tx.Credentials(person.ID)) },
			"SetPassword":     func(tx *store.Tx) answer { return empty(tx.SetPassword(person.ID, "x", false)) },
			"SetLanguage":     func(tx *store.Tx) answer { return empty(0, tx.SetLanguage(person.ID, "en")) },
			"LedBy":           func(tx *store.Tx) answer { return empty(tx.LedBy(person.ID)) },
			"Groups":          func(tx *store.Tx) answer { return empty(tx.Groups()) },
			"DirectoryValues": func(tx *store.Tx) answer { return empty(tx.DirectoryValues("city")) },
			"Values":          func(tx *store.Tx) answer { return empty(tx.Values([]int64{value})) },
			"ValueNames":      func(tx *store.Tx) answer { return empty(tx.ValueNames([]int64{value})) },
			"SetRetired":      func(tx *store.Tx) answer { return empty(0, tx.SetRetired(value, true)) },
			"ReplaceValue":    func(tx *store.Tx) answer { return empty(0, tx.ReplaceValue(value, value+1)) },
			"RenameValue": func(tx *store.Tx) answer {
				return empty(0, tx.RenameValue(entity.DirectoryValue{ID: value, Directory: "city"}, "Украдено"))
			},
			"PlaceValues":          func(tx *store.Tx) answer { return empty(0, tx.PlaceValues([]int64{9, value})) },
			"ValueUses":            func(tx *store.Tx) answer { return empty(tx.ValueUses(company, "city")) },
			"PositionUses":         func(tx *store.Tx) answer { return empty(tx.PositionUses()) },
			"Group":                func(tx *store.Tx) answer { g, members, err := tx.Group(1); return empty(len(g.Name)+len(members), err) },
			"RenameGroup":          func(tx *store.Tx) answer { return empty(0, tx.RenameGroup(1, "Украдено")) },
			"DropMember":           func(tx *store.Tx) answer { return empty(0, tx.DropMember(1, person.ID)) },
			"Titled":               func(tx *store.Tx) answer { return empty(tx.Titled(company, []string{"василек"}, 9)) },
			"TitlesTwice":          func(tx *store.Tx) answer { return empty(tx.TitlesTwice(company, "", 9)) },
			"Held":                 func(tx *store.Tx) answer { return empty(tx.Held(location, "main", "company", []int64{rec.ID})) },
			"ImportChangesOf":      func(tx *store.Tx) answer { return empty(tx.ImportChangesOf(company, rec.ID)) },
			"Loads":                func(tx *store.Tx) answer { return empty(tx.Loads(company)) },
			"ActiveAdministrators": func(tx *store.Tx) answer { n, err := tx.ActiveAdministrators(); return empty(n-1, err) }, // our own one
		} {
			t.Run(name, func(t *testing.T) {
				err := st.Write(context.Background(), ours, func(tx *store.Tx) error {
					none, err := ask(tx)()
					if err == nil && !none {
						t.Error("it answers with something of another workspace")
					}
					return err
				})
				if err != nil && fault.CodeOf(err) != fault.NotFound {
					t.Errorf("%v; want it absent", err)
				}
			})
		}
		if after := snapshot(t, st, theirs, rec, person.ID); after != before {
			t.Errorf("the other workspace changed:\n%s\n%s", before, after)
		}
	})
}

// snapshot is what a write from outside could have changed.
func snapshot(t *testing.T, st *store.Store, workspace int64, rec *entity.Record, employee int64) string {
	t.Helper()
	var text string
	testkit.Read(t, st, workspace, func(tx *store.Tx) error {
		now, err := tx.Get(rec.Entity, rec.ID)
		if err != nil {
			return err
		}
		p, err := tx.Employee(employee)
		if err != nil {
			return err
		}
		c, err := tx.Credentials(employee)
		if err != nil {
			return err
		}
		values, err := tx.DirectoryValues("city")
		text = fmt.Sprintf("%v %v %+v %+v %+v", now.Values, now.Responsibles, *p, c, values)
		return err
	})
	return text
}
