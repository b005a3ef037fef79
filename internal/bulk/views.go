package bulk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
)

// ChangeView is one row of a plan as the preview shows it: было → стало.
type ChangeView struct {
	plan.Change
	Title   string
	Before  []*entity.Employee // the responsibles, by name
	After   []*entity.Employee
	Added   []*entity.Employee
	Removed []*entity.Employee
	Reasons []plan.Problem // why it is held, or in conflict
	Stale   []StaleField   // fields that somebody has changed since the file's version
	Names   records.Names  // of what Fields name by id
	Mate    *entity.Entity // the kind of the companion that comes or goes with the record; nil: none
	Done    bool           // applied already
}

// RowQuery asks for a page of a plan.
type RowQuery struct {
	Held   bool  // the held rows instead of the changes
	Record int64 // only the row about this record, held or not; 0 is all
	Offset int64
	Limit  int
}

// Changes is a page of a plan, in the order of record ids. How many rows there
// are is in the import's counts.
func (s *Service) Changes(ctx context.Context, who access.User, id int64, q RowQuery) ([]ChangeView, error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	var views []ChangeView
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		var changes []plan.Change
		if q.Record == 0 {
			changes, err = tx.ChangesPage(id, q.Held, q.Offset, q.Limit)
		} else {
			changes, err = tx.Changes(id, q.Record-1, 1)
			changes = slices.DeleteFunc(changes, func(c plan.Change) bool { return c.RecordID != q.Record })
		}
		if err != nil {
			return err
		}
		views, err = describe(tx, i, changes, who.Scope())
		return err
	})
	return views, err
}

// describe tells rows as people read them; scope is of whoever looks: what a record
// is called now is not told to him who does not see it any more.
func describe(tx *store.Tx, i *plan.Import, changes []plan.Change, scope entity.Scope) ([]ChangeView, error) {
	rows := make([]int64, len(changes))
	for n := range changes {
		rows[n] = changes[n].Row
	}
	titles, err := titlesOf(tx, changes)
	if err != nil {
		return nil, err
	}
	hidden, err := hiddenOf(tx, scope, changes)
	if err != nil {
		return nil, err
	}
	var named records.Wanted
	for n := range changes {
		if hidden[changes[n].RecordID] {
			delete(titles, changes[n].RecordID)
			continue
		}
		named.Add(changes[n].Entity, changes[n].Fields)
	}
	names, err := named.Names(tx)
	if err != nil {
		return nil, err
	}
	if err := nameNewValues(tx, i, names); err != nil {
		return nil, err
	}
	reasons, err := tx.ProblemsOfRows(i.ID, rows)
	if err != nil {
		return nil, err
	}
	employees, err := tx.Employees(store.EmployeeQuery{})
	if err != nil {
		return nil, err
	}
	staff := newStaff(employees)
	views := make([]ChangeView, len(changes))
	for n, c := range changes {
		views[n] = ChangeView{
			Change: c, Title: titles[c.RecordID], Done: wasApplied(i, &c), Names: names, Mate: mateKind(tx.Catalog(), &c),
			Before: staff.people(c.ResponsiblesBefore), After: staff.people(c.ResponsiblesAfter),
		}
		for _, e := range views[n].After {
			if !slices.Contains(c.ResponsiblesBefore, e.ID) {
				views[n].Added = append(views[n].Added, e)
			}
		}
		for _, e := range views[n].Before {
			if !slices.Contains(c.ResponsiblesAfter, e.ID) {
				views[n].Removed = append(views[n].Removed, e)
			}
		}
		for _, p := range reasons[c.Row] {
			if p.Args["base"] != nil {
				views[n].Stale = append(views[n].Stale, staleField(p))
			}
			if p.Outcome == plan.Held || p.Outcome == plan.Conflict {
				views[n].Reasons = append(views[n].Reasons, p)
			}
		}
	}
	return views, nil
}

// mateKind is the kind of the companion that comes or goes with a row's record.
func mateKind(catalog *entity.Catalog, c *plan.Change) *entity.Entity {
	if c.Being == plan.Stays {
		return nil
	}
	companion, _ := catalog.Companion(c.Entity)
	return companion
}

// Field is the declared field that a change of the row is about: the record's, or
// its companion's. It is nil for what a companion has beside its fields.
func (v *ChangeView) Field(name string) *entity.Field {
	if _, own, is := strings.Cut(name, "."); is && v.Mate != nil {
		if !v.Mate.Has(own) {
			return nil
		}
		return v.Mate.Field(own)
	}
	return v.Entity.Field(name)
}

// people are the employees of a set, by name.
func (s *staff) people(ids []int64) []*entity.Employee {
	list := make([]*entity.Employee, 0, len(ids))
	for _, id := range ids {
		if e := s.byID[id]; e != nil {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *entity.Employee) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list
}

// ProblemQuery asks for a page of what is said about rows.
type ProblemQuery struct {
	Outcomes []plan.Outcome // empty: all
	Offset   int64
	Limit    int
}

// Problems is a page of what is said about rows, in the order of the file, and
// how many there are in all.
func (s *Service) Problems(ctx context.Context, who access.User, id int64, q ProblemQuery) (list []plan.Problem, total int64, err error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, 0, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, err := importFor(tx, who, id); err != nil {
			return err
		}
		list, total, err = tx.Problems(id, q.Outcomes, q.Offset, q.Limit)
		return err
	})
	return list, total, err
}

// LoadView is one employee's share before the import and after it, counting the
// plain changes and the held rows that are accepted.
type LoadView struct {
	Employee *entity.Employee // nil: the records without responsibles, and what everybody begins or ceases to see
	Before   int64
	After    int64
	Gains    int64 // records he begins to see
	Loses    int64 // records he ceases to see
}

// Loads is the share of every employee who has one before or after, and of the
// active ones who have none: first those whose share changes, the largest first,
// records without responsibles at the end.
func (s *Service) Loads(ctx context.Context, who access.User, id int64) ([]LoadView, error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	var views []LoadView
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		lines, err := tx.PlanLoads(id)
		if err != nil {
			return err
		}
		employees, err := tx.Employees(store.EmployeeQuery{})
		views = loadViews(i, lines, employees)
		views = slices.DeleteFunc(views, func(v LoadView) bool { return !seesLoad(who.Scope(), v) })
		return err
	})
	return views, err
}

// seesLoad tells whether somebody may know how many records there are of another:
// he sees them all.
func seesLoad(scope entity.Scope, v LoadView) bool {
	switch {
	case scope.All:
		return true
	case v.Employee == nil:
		return scope.Unassigned
	}
	return slices.Contains(scope.Employees, v.Employee.ID)
}

func loadViews(i *plan.Import, lines []plan.Load, employees []*entity.Employee) []LoadView {
	sums := map[int64]LoadView{}
	for _, l := range lines {
		v := sums[l.EmployeeID]
		v.Before += l.Before
		v.After += l.Before
		if l.Guards == 0 || l.Guards.Within(i.Accepted) {
			v.After += l.Delta
			v.Gains += l.Gains
			v.Loses += l.Loses
		}
		sums[l.EmployeeID] = v
	}
	everybody := sums[0]
	var views []LoadView
	for _, e := range employees {
		v, has := sums[e.ID]
		if !has && !e.Active {
			continue
		}
		v.Employee = e
		v.Gains += everybody.Gains
		v.Loses += everybody.Loses
		if e.Role == entity.Administrator { // sees every record before and after
			v.Gains, v.Loses = 0, 0
		}
		views = append(views, v)
	}
	slices.SortStableFunc(views, func(a, b LoadView) int {
		return cmp.Or(cmp.Compare(entity.BoolText(b.Before != b.After), entity.BoolText(a.Before != a.After)),
			cmp.Compare(max(b.Before, b.After), max(a.Before, a.After)), cmp.Compare(a.Employee.Name, b.Employee.Name))
	})
	if everybody != (LoadView{}) {
		views = append(views, everybody)
	}
	return views
}
