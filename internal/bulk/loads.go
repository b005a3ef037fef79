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
	before map[int64]int64
	sums   map[loadKey]*plan.Load
}

type loadKey struct {
	employee int64
	guards   plan.Guards
}

func newLoads(tx *store.Tx, e *entity.Entity) (*loads, error) {
	before, err := tx.Loads(e)
	return &loads{before: before, sums: map[loadKey]*plan.Load{}}, err
}

func (l *loads) of(employee int64, guards plan.Guards) *plan.Load {
	key := loadKey{employee, guards}
	if l.sums[key] == nil {
		l.sums[key] = &plan.Load{EmployeeID: employee, Guards: guards}
	}
	return l.sums[key]
}

// count adds one row. Employee 0 stands for everybody: his load is the records
// without responsibles, which all employees see.
func (l *loads) count(c *plan.Change) {
	if !c.TouchesResponsibles {
		return
	}
	before, after := c.ResponsiblesBefore, c.ResponsiblesAfter
	opens, closes := len(after) == 0, len(before) == 0
	for _, id := range after {
		if slices.Contains(before, id) {
			continue
		}
		line := l.of(id, c.Guards)
		line.Delta++
		if !closes { // an unassigned record was seen by him already
			line.Gains++
		}
	}
	for _, id := range before {
		if slices.Contains(after, id) {
			continue
		}
		line := l.of(id, c.Guards)
		line.Delta--
		if opens {
			line.Gains-- // everybody gains, he had it before: see everybody's line
		} else {
			line.Loses++
		}
	}
	everybody := l.of(0, c.Guards)
	switch {
	case opens && !closes:
		everybody.Delta++
		everybody.Gains++
	case closes && !opens:
		everybody.Delta--
		everybody.Loses++
		for _, id := range after {
			l.of(id, c.Guards).Loses-- // everybody loses, but he keeps it
		}
	}
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
