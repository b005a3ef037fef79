package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func (b *bench) read(f func(*store.Tx) error) {
	b.Helper()
	testkit.Read(b, b.st, b.ws, f)
}

// planned is a plan with every shape of a row.
func planned() []plan.Change {
	return []plan.Change{
		{RecordID: 2, Row: 9, Version: 1, TouchesActive: true, ActiveBefore: true},
		{RecordID: 3, Row: 2, Version: 4, TouchesActive: true, ActiveAfter: true, Guards: plan.Stale},
		{RecordID: 5, Row: 3, Version: 1, TouchesResponsibles: true, ResponsiblesBefore: []int64{1, 2}, ResponsiblesAfter: []int64{2, 300}},
		{RecordID: 7, Row: 4, Version: 1, TouchesResponsibles: true, ResponsiblesBefore: []int64{1}, Guards: plan.Visibility | plan.Name},
		{RecordID: 8, Row: 5, Version: 1, TouchesResponsibles: true, ResponsiblesAfter: []int64{1}, TouchesActive: true, ActiveBefore: true},
	}
}

func TestPlanIsReadAsWritten(t *testing.T) {
	b := newBench(t)
	i := b.imported()
	b.write(func(tx *store.Tx) error { return tx.AddChanges(i.ID, planned()) })
	all := planned()
	b.read(func(tx *store.Tx) error {
		for _, tt := range []struct {
			name string
			want []plan.Change
			read func() ([]plan.Change, error)
		}{
			{"whole", all, func() ([]plan.Change, error) { return tx.Changes(i.ID, 0, 100) }},
			{"from after a record", all[2:], func() ([]plan.Change, error) { return tx.Changes(i.ID, 3, 100) }},
			{"so many", all[1:3], func() ([]plan.Change, error) { return tx.Changes(i.ID, 2, 2) }},
			{"to the end", nil, func() ([]plan.Change, error) { return tx.Changes(i.ID, 8, 2) }},
			{"backwards", []plan.Change{all[2], all[1], all[0]}, func() ([]plan.Change, error) { return tx.ChangesBack(i.ID, 6, 100) }},
			{"backwards so many", []plan.Change{all[4], all[3]}, func() ([]plan.Change, error) { return tx.ChangesBack(i.ID, 8, 2) }},
			{"changes only", []plan.Change{all[0], all[2], all[4]}, func() ([]plan.Change, error) { return tx.ChangesPage(i.ID, false, 0, 100) }},
			{"held only, from the second", all[3:4], func() ([]plan.Change, error) { return tx.ChangesPage(i.ID, true, 1, 100) }},
			{"of another import", nil, func() ([]plan.Change, error) { return tx.Changes(i.ID+1, 0, 100) }},
		} {
			got, err := tt.read()
			if diff := cmp.Diff(fmt.Sprintf("%+v", tt.want), fmt.Sprintf("%+v", got)); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got)\n%s", tt.name, err, diff)
			}
		}
		return nil
	})
	b.write(func(tx *store.Tx) error { return tx.SetFate(i.ID, 5, plan.InConflict) })
	b.read(func(tx *store.Tx) error {
		got, err := tx.Changes(i.ID, 4, 1)
		if err != nil || got[0].Fate != plan.InConflict {
			t.Errorf("fate: %+v, %v", got, err)
		}
		return nil
	})
}

func TestProblemsAreReadAsWritten(t *testing.T) {
	b := newBench(t)
	i := b.imported()
	all := []plan.Problem{
		{Row: 2, N: 0, RecordID: 5, Outcome: plan.RowFailed, Field: "responsibles", Code: "unknown_login", Value: "петрво", Suggestion: "petrov"},
		{Row: 2, N: 1, RecordID: 5, Outcome: plan.RowFailed, Field: "status", Code: "status_unknown", Value: "1"},
		{Row: 3, N: 400, RecordID: 6, Outcome: plan.Held, Field: "name", Code: "name_differs", Args: map[string]any{"title": "«Ёлка»"}},
		{Row: 9, N: 300, Outcome: plan.Warning, Code: "duplicate_row", Args: map[string]any{"row": float64(2)}},
	}
	// written in no order
	b.write(func(tx *store.Tx) error {
		return tx.AddProblems(i.ID, []plan.Problem{all[3], all[1], all[0], all[2]})
	})
	b.read(func(tx *store.Tx) error {
		for _, tt := range []struct {
			name     string
			outcomes []plan.Outcome
			offset   int64
			want     []plan.Problem
			total    int64
		}{
			{"all", nil, 0, all, 4},
			{"a page", nil, 3, all[3:], 4},
			{"the failed", []plan.Outcome{plan.RowFailed}, 0, all[:2], 2},
			{"the failed and held, from the second", []plan.Outcome{plan.RowFailed, plan.Held}, 1, all[1:3], 3},
			{"the conflicts", []plan.Outcome{plan.Conflict}, 0, nil, 0},
		} {
			got, total, err := tx.Problems(i.ID, tt.outcomes, tt.offset, 100)
			if diff := cmp.Diff(tt.want, got); err != nil || total != tt.total || diff != "" {
				t.Errorf("%s: %d in all, %v (-want +got)\n%s", tt.name, total, err, diff)
			}
		}
		after, err := tx.ProblemsAfter(i.ID, 2, 1)
		if diff := cmp.Diff(all[2:3], after); err != nil || diff != "" {
			t.Errorf("after row 2: %v\n%s", err, diff)
		}
		of, err := tx.ProblemsOfRows(i.ID, []int64{2, 9, 77})
		if diff := cmp.Diff(map[int64][]plan.Problem{2: all[:2], 9: all[3:]}, of); err != nil || diff != "" {
			t.Errorf("of rows: %v\n%s", err, diff)
		}
		return nil
	})
}

// A plan that is given up is deleted in parts, and the plans of others stay.
func TestDropPlan(t *testing.T) {
	b := newBench(t)
	i, other := b.imported(), b.imported()
	for _, of := range []*plan.Import{i, other} {
		b.write(func(tx *store.Tx) error {
			var changes []plan.Change
			var problems []plan.Problem
			for n := range int64(25) {
				changes = append(changes, plan.Change{RecordID: n + 1, Row: n + 2, Version: 1, TouchesActive: true})
				problems = append(problems, plan.Problem{Row: n + 2, Outcome: plan.Warning, Code: "x"}, plan.Problem{Row: n + 2, N: 1, Outcome: plan.Warning, Code: "y"})
			}
			if err := tx.AddChanges(of.ID, changes); err != nil {
				return err
			}
			return tx.AddProblems(of.ID, problems)
		})
	}
	steps := 0
	for done := false; !done; steps++ {
		b.write(func(tx *store.Tx) (err error) {
			done, err = tx.DropPlan(i.ID, 10)
			return err
		})
	}
	if steps < 5 || steps > 8 {
		t.Errorf("50 problems went in %d steps of about 10", steps)
	}
	for of, want := range map[int64]int{i.ID: 0, other.ID: 25} {
		b.read(func(tx *store.Tx) error {
			changes, err := tx.Changes(of, 0, 100)
			_, problems, err2 := tx.Problems(of, nil, 0, 100)
			if err != nil || err2 != nil || len(changes) != want || problems != int64(2*want) {
				t.Errorf("import %d keeps %d changes and %d problems, %v, %v", of, len(changes), problems, err, err2)
			}
			return nil
		})
	}
}

func TestPlanLoadsAreReplaced(t *testing.T) {
	b := newBench(t)
	i := b.imported()
	second := []plan.Load{{EmployeeID: 0, Before: 3, Delta: -1, Loses: 1}, {EmployeeID: 4, Guards: plan.Name, Delta: 2, Gains: -2}}
	b.write(func(tx *store.Tx) error { return tx.PutLoads(i.ID, []plan.Load{{EmployeeID: 9, Before: 1}}) })
	b.write(func(tx *store.Tx) error { return tx.PutLoads(i.ID, second) })
	b.read(func(tx *store.Tx) error {
		got, err := tx.PlanLoads(i.ID)
		if diff := cmp.Diff(second, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		return nil
	})
}

// TestApplyChange: a change is written when the record is at the version that
// the plan saw, touches only what it is to touch, and keeps the reverse index.
func TestApplyChange(t *testing.T) {
	b := newBench(t)
	var people []int64
	for _, login := range []string{"ivanov", "petrov", "sidorova"} {
		people = append(people, testkit.Employee(t, b.st, b.ws, login, entity.FieldStaff).ID)
	}
	tests := []struct {
		name    string
		change  plan.Change
		applied bool
		active  bool
		now     []int64
	}{
		{"only active", plan.Change{Version: 1, TouchesActive: true, ActiveBefore: true}, true, false, people[:2]},
		{"only responsibles", plan.Change{Version: 1, TouchesResponsibles: true, ResponsiblesBefore: people[:2], ResponsiblesAfter: people[1:]}, true, true, people[1:]},
		{"to nobody", plan.Change{Version: 1, TouchesResponsibles: true, ResponsiblesBefore: people[:2]}, true, true, nil},
		{"an older version", plan.Change{Version: 0, TouchesActive: true, ActiveBefore: true}, false, true, people[:2]},
		{"a newer version", plan.Change{Version: 2, TouchesResponsibles: true, ResponsiblesBefore: people[:2], ResponsiblesAfter: people}, false, true, people[:2]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := testkit.Company(t, b.st, b.ws, tt.name, people[:2]...)
			tt.change.RecordID = rec.ID
			b.write(func(tx *store.Tx) error {
				applied, err := tx.ApplyChange(b.firm, &tt.change)
				if applied != tt.applied {
					t.Errorf("applied: %v", applied)
				}
				return err
			})
			b.read(func(tx *store.Tx) error {
				now, err := tx.Get(b.firm, rec.ID)
				if err != nil {
					return err
				}
				version := int64(1)
				if tt.applied {
					version = 2
				}
				if now.Active != tt.active || !cmp.Equal(now.Responsibles, tt.now) || now.Version != version {
					t.Errorf("the record is %v, %v, version %d", now.Active, now.Responsibles, now.Version)
				}
				for _, p := range people {
					found, err := tx.List(b.firm, entity.Query{Responsible: []int64{p}, Search: tt.name, Limit: 10}, entity.Scope{All: true})
					if err != nil {
						return err
					}
					if want := entity.IDsText(tt.now); (len(found.Records) > 0) != slices.Contains(tt.now, p) {
						t.Errorf("the list of employee %d has %d records; responsible are %s", p, len(found.Records), want)
					}
				}
				return nil
			})
		})
	}
	rec := testkit.Company(t, b.st, b.ws, "другого вида", people[0])
	b.write(func(tx *store.Tx) error {
		applied, err := tx.ApplyChange(b.st.Catalog().ByName("location"), &plan.Change{RecordID: rec.ID, Version: 1, TouchesActive: true})
		if applied {
			t.Error("a company was changed as a location")
		}
		return err
	})
	other := testkit.AdminOf(t, b.st, "Чужие").WorkspaceID
	testkit.Write(t, b.st, other, func(tx *store.Tx) error {
		applied, err := tx.ApplyChange(b.firm, &plan.Change{RecordID: rec.ID, Version: 1, TouchesActive: true})
		if applied {
			t.Error("a record of another workspace was changed")
		}
		return err
	})
}
