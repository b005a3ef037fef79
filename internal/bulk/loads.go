package bulk

import (
	"cmp"
	"maps"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// loads sums up, for each employee and each set of guards, what a plan does to
// his share and to what he sees. Rows without guards and held rows are kept
// apart, so that the chart follows what is accepted without a new check.
type loads struct {
	sight  entity.Sight
	before map[int64]int64
	sums   map[loadKey]*plan.Load
}

type loadKey struct {
	employee int64
	guards   plan.Guards
}

// newLoads begins with the share of records of the kinds that the plan is about.
func newLoads(tx *store.Tx, kinds []*entity.Entity) (*loads, error) {
	before := map[int64]int64{}
	for _, e := range kinds {
		of, err := tx.Loads(e)
		if err != nil {
			return nil, err
		}
		for employee, n := range of {
			before[employee] += n
		}
	}
	w, err := tx.OwnWorkspace()
	if err != nil {
		return nil, err
	}
	return &loads{sight: w.Sight, before: before, sums: map[loadKey]*plan.Load{}}, nil
}

// add puts another sum upon l's own, so many times.
func (l *loads) add(other *loads, times int64) {
	for key, o := range other.sums {
		sum := l.of(key.employee, key.guards)
		sum.Delta += times * o.Delta
		sum.Gains += times * o.Gains
		sum.Loses += times * o.Loses
	}
}

func (l *loads) of(employee int64, guards plan.Guards) *plan.Load {
	key := loadKey{employee, guards}
	if l.sums[key] == nil {
		l.sums[key] = &plan.Load{EmployeeID: employee, Guards: guards}
	}
	return l.sums[key]
}

// count adds one row. Employee 0 stands for everybody: his load is the records
// without responsibles, and what he gains or loses, every employee does.
func (l *loads) count(c *plan.Change) {
	if !c.TouchesResponsibles {
		return
	}
	guards, before, after := guardsOf(c), c.ResponsiblesBefore, c.ResponsiblesAfter
	for _, id := range after {
		if !slices.Contains(before, id) {
			l.of(id, guards).Delta++
		}
	}
	for _, id := range before {
		if !slices.Contains(after, id) {
			l.of(id, guards).Delta--
		}
	}
	l.of(0, guards).Delta += unassigned(after) - unassigned(before)
	switch l.sight {
	case entity.SightEveryone:
		l.see(c, len(before) == 0, len(after) == 0)
	case entity.SightAdministrators:
		l.see(c, false, false)
	}
}

// see counts who begins and who ceases to see a record; all tells whether
// everybody saw it before and will see it after.
func (l *loads) see(c *plan.Change, allBefore, allAfter bool) {
	guards := guardsOf(c)
	before, after := c.ResponsiblesBefore, c.ResponsiblesAfter
	everybody := l.of(0, guards)
	switch {
	case allAfter && !allBefore:
		everybody.Gains++
		for _, id := range before {
			l.of(id, guards).Gains-- // everybody gains, but he saw it already
		}
	case allBefore && !allAfter:
		everybody.Loses++
		for _, id := range after {
			l.of(id, guards).Loses-- // everybody loses, but he keeps it
		}
	case !allBefore && !allAfter:
		for _, id := range after {
			if !slices.Contains(before, id) {
				l.of(id, guards).Gains++
			}
		}
		for _, id := range before {
			if !slices.Contains(after, id) {
				l.of(id, guards).Loses++
			}
		}
	}
}

// guardsOf is what must be accepted before the row's responsibles are changed.
func guardsOf(c *plan.Change) plan.Guards {
	if c.Leaves(entity.Responsibles) {
		return c.Guards | plan.Stale
	}
	return c.Guards
}

func unassigned(responsibles []int64) int64 {
	if len(responsibles) == 0 {
		return 1
	}
	return 0
}

// lines are the sums in order. The line without guards carries the load before
// and is there for every employee who has one.
func (l *loads) lines() []plan.Load {
	for employee, n := range l.before {
		l.of(employee, 0).Before = n
	}
	for _, key := range slices.Collect(maps.Keys(l.sums)) {
		l.of(key.employee, 0)
	}
	lines := make([]plan.Load, 0, len(l.sums))
	for _, line := range l.sums {
		lines = append(lines, *line)
	}
	slices.SortFunc(lines, func(a, b plan.Load) int {
		return cmp.Or(cmp.Compare(a.EmployeeID, b.EmployeeID), cmp.Compare(a.Guards, b.Guards))
	})
	return lines
}
