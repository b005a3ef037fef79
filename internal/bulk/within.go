package bulk

import (
	"maps"
	"slices"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// Whoever does not see every record may import too. What he does not see is to his
// file as if it did not exist: nothing of it is found, named or changed. His sight
// is read when the work is done, not when it was asked for.

// importFor finds an import for somebody. To whoever sees only the imports that he
// has begun, another's is one that does not exist.
func importFor(tx *store.Tx, who access.User, id int64) (*plan.Import, error) {
	i, err := tx.Import(id)
	if err == nil && !knows(who, i) {
		return nil, fault.New(fault.NotFound, "error.no_such_import", "id", id)
	}
	return i, err
}

func knows(who access.User, i *plan.Import) bool {
	return who.May(access.SeeAllImports) || i.CreatedBy == who.EmployeeID
}

// seenOf keeps of records of e those within a scope.
func seenOf(tx *store.Tx, scope entity.Scope, e *entity.Entity, ids []int64) ([]int64, error) {
	if scope.All || len(ids) == 0 {
		return ids, nil
	}
	standings, err := tx.Standings(e, entity.SortedSet(slices.Clone(ids)), false)
	seen := make(map[int64]bool, len(standings))
	for _, st := range standings {
		seen[st.ID] = scope.SeesOf(st.Responsibles)
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !seen[id] }), err
}

// hiddenOf finds the records of a part of a plan that are there, but outside of a
// scope. Rows about them may be shown to whoever has planned them; what the
// records have become since may not.
func hiddenOf(tx *store.Tx, scope entity.Scope, chunk []plan.Change) (map[int64]bool, error) {
	hidden := map[int64]bool{}
	if scope.All {
		return hidden, nil
	}
	sorted := slices.Clone(chunk)
	slices.SortFunc(sorted, func(a, b plan.Change) int { return int(a.RecordID - b.RecordID) })
	standings, err := standingsOf(tx, sorted)
	for _, st := range standings {
		if !scope.SeesOf(st.Responsibles) {
			hidden[st.ID] = true
		}
	}
	return hidden, err
}

// seen keeps of records of e those that whoever is worked for sees.
func (j *job) seen(tx *store.Tx, e *entity.Entity, ids []int64) ([]int64, error) {
	return seenOf(tx, j.who.Scope(), e, ids)
}

// kindOf is the kind of a record that whoever is worked for sees.
func (j *job) kindOf(tx *store.Tx, id int64) (*entity.Entity, error) {
	kind, err := tx.KindOf(id)
	if err != nil {
		return nil, err
	}
	seen, err := j.seen(tx, kind, []int64{id})
	if err == nil && len(seen) == 0 {
		err = fault.New(fault.NotFound, "error.no_such_record", "id", id)
	}
	return kind, err
}

// firstSeen finds the first records of e that whoever is worked for sees, as many
// as limit; find gives the first ones of all.
func (j *job) firstSeen(tx *store.Tx, e *entity.Entity, limit int, find func(limit int) ([]int64, error)) ([]int64, error) {
	for asked := limit; ; asked *= 8 {
		ids, err := find(asked)
		if err != nil {
			return nil, err
		}
		seen, err := j.seen(tx, e, ids)
		if err != nil || len(seen) >= limit || len(ids) < asked {
			return seen[:min(len(seen), limit)], err
		}
	}
}

// named finds records by name.
func (j *job) named(tx *store.Tx, e *entity.Entity, title string, limit int) ([]int64, error) {
	return j.firstSeen(tx, e, limit, func(limit int) ([]int64, error) { return tx.Named(e, title, limit) })
}

// within drops the records that whoever is worked for does not see.
func (j *job) within(standings []store.Standing) []store.Standing {
	scope := j.who.Scope()
	if scope.All {
		return standings
	}
	return slices.DeleteFunc(standings, func(st store.Standing) bool { return !scope.SeesOf(st.Responsibles) })
}

// losesSight tells whether a row would take its record out of the sight of whoever
// is worked for: he could not even see what he has done.
func (j *job) losesSight(c *plan.Change) bool {
	if c.Being == plan.Goes || c.Being == plan.Stays && !c.TouchesResponsibles {
		return false
	}
	return !j.who.Scope().SeesOf(c.ResponsiblesAfter)
}

// strange finds somebody whom a row would put onto a list though whoever is worked
// for may not name him; 0 when there is nobody. Those who were there may stay, and
// an undo brings back who was.
func (j *job) strange(c *plan.Change) int64 {
	if j.imp.Mode == plan.Undo || c.Being != plan.Comes && !c.TouchesResponsibles || j.who.Scope().All {
		return 0
	}
	for _, id := range c.ResponsiblesAfter {
		if (c.Being == plan.Comes || !slices.Contains(c.ResponsiblesBefore, id)) && !j.who.MayName(id) {
			return id
		}
	}
	return 0
}

// refuses fails a row that whoever wants it may not ask for, and says why.
func (p *planner) refuses(c *plan.Change) bool {
	problem := plan.Problem{Row: c.Row, RecordID: c.RecordID, Outcome: plan.RowFailed, Field: entity.Responsibles}
	if id := p.strange(c); id != 0 {
		problem.Code, problem.Args = "not_led", notLed(p.staff.byID[id])
	} else if p.losesSight(c) {
		problem.Code = "out_of_sight"
	} else {
		return false
	}
	p.imp.Counts.Failed++
	p.say(problem)
	return true
}

func notLed(e *entity.Employee) map[string]any {
	return map[string]any{"name": e.Name, "login": e.Login}
}

// outOfSight finds the rows of a plan that whoever carries it out may not write
// now: he does not see the record, or what it would refer to, or would not see it
// any more, or does not lead those any more whom it would be given to. An undo may
// refer to what the record referred to before.
func (j *job) outOfSight(tx *store.Tx, chunk []plan.Change) (map[int64]bool, error) {
	scope := j.who.Scope()
	lost, err := hiddenOf(tx, scope, chunk)
	if err != nil {
		return nil, err
	}
	grows := j.who.May(access.ManageDirectories)
	if scope.All && grows {
		return lost, nil
	}
	for n := range chunk {
		c := &chunk[n]
		if j.losesSight(c) || j.strange(c) != 0 || c.Guards&plan.Values != 0 && !grows {
			lost[c.RecordID] = true
		}
	}
	if j.imp.Mode == plan.Undo {
		return lost, nil
	}
	return lost, j.referOutOfSight(tx, chunk, lost)
}

// referOutOfSight adds the rows that would refer to what is not seen.
func (j *job) referOutOfSight(tx *store.Tx, chunk []plan.Change, lost map[int64]bool) error {
	for _, kind := range tx.Catalog().Entities {
		rows := map[int64][]int64{} // by what they refer to
		for n := range chunk {
			c := &chunk[n]
			for _, f := range c.Own() {
				if !c.Entity.Has(f.Field) || c.Entity.Field(f.Field).Ref != kind.Name {
					continue
				}
				for _, id := range entity.ParseIDs(f.After) {
					rows[id] = append(rows[id], c.RecordID)
				}
			}
		}
		seen, err := j.seen(tx, kind, slices.Collect(maps.Keys(rows)))
		if err != nil {
			return err
		}
		for _, id := range seen {
			delete(rows, id)
		}
		for _, records := range rows {
			for _, record := range records {
				lost[record] = true
			}
		}
	}
	return nil
}

// unseen says of a row that it is left alone because of what whoever carries it
// out does not see.
func unseen(c *plan.Change) plan.Problem {
	p := conflict(c, false)
	p.Code = "no_longer_seen"
	return p
}
