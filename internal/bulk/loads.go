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
	sight  *sight
	before map[int64]int64
	sums   map[loadKey]*plan.Load
}

type loadKey struct {
	employee int64
	guards   plan.Guards
}

// newLoads begins with nothing.
func newLoads(tx *store.Tx, w *entity.Workspace) (*loads, error) {
	sight, err := newSight(tx, w)
	return &loads{sight: sight, before: map[int64]int64{}, sums: map[loadKey]*plan.Load{}}, err
}

// countBefore counts the share of records of the kinds that a plan is about, as
// it is before.
func (l *loads) countBefore(tx *store.Tx, kinds []*entity.Entity) error {
	for _, e := range kinds {
		of, err := tx.Loads(e)
		if err != nil {
			return err
		}
		for employee, n := range of {
			l.before[employee] += n
		}
	}
	return nil
}

// add puts another sum upon l's own, so many times.
func (l *loads) add(other *loads, times int64) {
	for key, o := range other.sums {
		sum := l.of(key.employee, key.guards)
		sum.Delta += times * o.Delta
		sum.Received += times * o.Received
		sum.Gains += times * o.Gains
		sum.Loses += times * o.Loses
	}
}

// takeBack adds what taking rows back does, of which this was the sum.
func (l *loads) takeBack(done plan.Load) {
	sum := l.of(done.EmployeeID, 0)
	sum.Delta -= done.Delta
	if done.EmployeeID != 0 { // nobody receives nothing
		sum.Received += done.Received - done.Delta // what had gone
	}
	sum.Gains += done.Loses
	sum.Loses += done.Gains
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
	if !c.TouchesResponsibles && c.Being == plan.Stays {
		return
	}
	guards, before, after := guardsOf(c), c.ResponsiblesBefore, c.ResponsiblesAfter
	for _, id := range after {
		if !slices.Contains(before, id) {
			load := l.of(id, guards)
			load.Delta++
			load.Received++
		}
	}
	for _, id := range before {
		if !slices.Contains(after, id) {
			l.of(id, guards).Delta--
		}
	}
	if c.Being != plan.Comes {
		l.of(0, guards).Delta -= unassigned(before)
	}
	if c.Being != plan.Goes {
		l.of(0, guards).Delta += unassigned(after)
	}
	l.sight.changes(c, func(employee, gains, loses int64) {
		load := l.of(employee, guards)
		load.Gains += gains
		load.Loses += loses
	})
}

// movesPeople tells whether a row's responsibles are changed, as far as the import
// is accepted.
func movesPeople(i *plan.Import, c *plan.Change) bool {
	guards := guardsOf(c)
	return c.TouchesResponsibles && (guards == 0 || guards.Within(i.Accepted))
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
