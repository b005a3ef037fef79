package bulk

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// sight knows who sees a record for whom: the responsible himself, and the
// managers who lead him. Administrators see everything before and after, so
// nothing is counted for them.
type sight struct {
	rule    entity.Sight
	viewers map[int64][]int64 // of an employee's records, himself first; those seen by nobody else are left out

	before, after []int64 // room to work in
}

func newSight(tx *store.Tx, w *entity.Workspace) (*sight, error) {
	s := &sight{rule: w.Sight, viewers: map[int64][]int64{}}
	employees, err := tx.Employees(store.EmployeeQuery{})
	if err != nil {
		return nil, err
	}
	members := map[int64][]int64{} // by group
	for _, e := range employees {
		for _, g := range e.Groups {
			members[g.GroupID] = append(members[g.GroupID], e.ID)
		}
	}
	for _, e := range employees {
		if e.Role != entity.Manager {
			continue
		}
		for _, g := range e.Groups {
			if !g.Leads {
				continue
			}
			for _, member := range members[g.GroupID] {
				s.lead(e.ID, member)
			}
		}
	}
	return s, nil
}

// mark is the same for two imports when who sees whose records was the same.
func (s *sight) mark() string {
	h := fnv.New128a()
	_, _ = fmt.Fprint(h, s.rule, s.viewers) // prints a map in order; a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

func (s *sight) lead(manager, member int64) {
	if s.viewers[member] == nil {
		s.viewers[member] = []int64{member}
	}
	if !slices.Contains(s.viewers[member], manager) {
		s.viewers[member] = append(s.viewers[member], manager)
	}
}

// of lists who sees a record with these responsibles, into room.
func (s *sight) of(responsibles, room []int64) []int64 {
	room = room[:0]
	for _, id := range responsibles {
		viewers := s.viewers[id]
		if viewers == nil {
			if !slices.Contains(room, id) {
				room = append(room, id)
			}
			continue
		}
		for _, viewer := range viewers {
			if !slices.Contains(room, viewer) {
				room = append(room, viewer)
			}
		}
	}
	return room
}

// changes tells who begins and who ceases to see a record by one row. Employee 0
// is everybody; whoever everybody gains a record with, but saw it already, has it
// taken off his own sum, and the same for losing.
func (s *sight) changes(c *plan.Change, tell func(employee, gains, loses int64)) {
	if !c.TouchesResponsibles && c.Being == plan.Stays || s.rule == entity.SightOff {
		return
	}
	s.before, s.after = s.of(c.ResponsiblesBefore, s.before), s.of(c.ResponsiblesAfter, s.after)
	unassignedSeen := s.rule == entity.SightEveryone
	allBefore := unassignedSeen && len(c.ResponsiblesBefore) == 0 && c.Being != plan.Comes
	allAfter := unassignedSeen && len(c.ResponsiblesAfter) == 0 && c.Being != plan.Goes
	switch {
	case allAfter && !allBefore:
		tell(0, 1, 0)
		for _, id := range s.before {
			tell(id, -1, 0)
		}
	case allBefore && !allAfter:
		tell(0, 0, 1)
		for _, id := range s.after {
			tell(id, 0, -1)
		}
	case !allBefore && !allAfter:
		for _, id := range s.after {
			if !slices.Contains(s.before, id) {
				tell(id, 1, 0)
			}
		}
		for _, id := range s.before {
			if !slices.Contains(s.after, id) {
				tell(id, 0, 1)
			}
		}
	}
}

// change tells whether one employee begins or ceases to see the record by a row.
func (s *sight) change(c *plan.Change, employee int64) (gains, loses bool) {
	var g, l int64
	s.changes(c, func(id, gains, loses int64) {
		if id == employee || id == 0 {
			g, l = g+gains, l+loses
		}
	})
	return g > 0, l > 0
}
