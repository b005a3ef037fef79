package bulk

import (
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// planUndo makes the plan that takes an import back, out of its history: each
// field that the import changed and that still is what it made of it becomes
// what it was. A field that somebody has changed since holds the row; accepted,
// it goes back all the same. The guard of visibility does not hold an undo:
// what it brings back, people had before.
func (j *job) planUndo() error {
	p, err := j.newPlanner()
	if err != nil {
		return err
	}
	var undone *plan.Import
	if err := j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
		undone, err = tx.Import(j.imp.Undoes)
		return err
	}); err != nil {
		return err
	}
	for after, seen := int64(0), int64(0); ; {
		var chunk []plan.Change
		if err := j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
			if chunk, err = tx.Changes(undone.ID, after, planChunk); err != nil {
				return err
			}
			return p.takeBack(tx, undone, chunk)
		}); err != nil {
			return err
		}
		seen += int64(len(chunk))
		if len(chunk) == 0 || chunk[len(chunk)-1].RecordID >= undone.AppliedUpto {
			j.imp.Done = progressWhole
			if err := p.flush(); err != nil {
				return err
			}
			return p.finishPlan()
		}
		after = chunk[len(chunk)-1].RecordID
		j.imp.Done = min(seen*progressWhole/max(undone.Selected(), 1), progressWhole)
		if err := p.flush(); err != nil {
			return err
		}
	}
}

// wasApplied tells whether a planned change has become history and still is.
func wasApplied(i *plan.Import, c *plan.Change) bool {
	return c.RecordID <= i.AppliedUpto && c.Fate == plan.AsProgressSays && selected(i, c)
}

// selected tells whether a planned change is to be written: nothing holds it,
// or all that holds it is accepted.
func selected(i *plan.Import, c *plan.Change) bool {
	return c.Guards == 0 || c.Guards.Within(i.Accepted)
}

func (p *planner) takeBack(tx *store.Tx, undone *plan.Import, chunk []plan.Change) error {
	list := make([]plan.Change, 0, len(chunk))
	applied := make(map[int64]*plan.Change, len(chunk))
	for n := range chunk {
		if wasApplied(undone, &chunk[n]) {
			list = append(list, chunk[n])
			applied[chunk[n].RecordID] = &chunk[n]
		}
	}
	p.imp.Counts.Read += int64(len(list))
	records, err := recordsOf(tx, list)
	if err != nil {
		return err
	}
	standings, err := standingsOf(tx, list)
	for _, st := range standings {
		if err := p.takeBackOne(tx, applied[st.ID], st, records[st.ID]); err != nil {
			return err
		}
	}
	return err
}

// takeBackOne takes back what was done to one record; rec is its fields, where
// any of them was touched.
func (p *planner) takeBackOne(tx *store.Tx, done *plan.Change, st store.Standing, rec *entity.Record) error {
	c := plan.Change{Entity: done.Entity, RecordID: st.ID, Row: done.Row, Version: st.Version}
	changedSince := false
	if done.TouchesActive && st.Active != done.ActiveBefore {
		c.TouchesActive, c.ActiveBefore, c.ActiveAfter = true, st.Active, done.ActiveBefore
		changedSince = st.Active != done.ActiveAfter
	}
	if done.TouchesResponsibles && !equalSets(st.Responsibles, done.ResponsiblesBefore) {
		c.TouchesResponsibles, c.ResponsiblesBefore, c.ResponsiblesAfter = true, st.Responsibles, done.ResponsiblesBefore
		changedSince = changedSince || !equalSets(st.Responsibles, done.ResponsiblesAfter)
	}
	if rec != nil && takeFieldsBack(done, &c, rec) {
		changedSince = true
	}
	if c.Empty() {
		p.imp.Counts.Unchanged++
		return nil
	}
	if changedSince {
		if err := p.stale(tx, st.ID, done.Version+1, &c); err != nil {
			return err
		}
		if c.Guards == 0 { // history does not say who; held all the same
			c.Guards = plan.Stale
			p.say(plan.Problem{Row: c.Row, RecordID: c.RecordID, Outcome: plan.Held, Field: entity.Responsibles, Code: "changed_since_unknown"})
		}
	}
	p.put(c)
	return nil
}
