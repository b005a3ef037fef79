package bulk

import (
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// planUndo makes the plan that takes an import back, or a part of it, out of its
// history: each field that the import changed and that still is what it made of
// it becomes what it was. A field that somebody has changed since is left alone
// unless the stale guard is accepted; a row that has nothing else is held. The
// guard of visibility does not hold an undo: what it brings back, people had
// before.
func (j *job) planUndo() error {
	p, err := j.newPlanner(0)
	if err != nil {
		return err
	}
	defer p.countLoads()()
	u := undoing{planner: p}
	if u.part = j.imp.Options.Undo; u.part == nil {
		u.part = &plan.Part{}
	}
	if err := j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
		u.undone, err = tx.Import(j.imp.Undoes)
		return err
	}); err != nil {
		return err
	}
	if u.part.Whole() && j.who.Scope().All {
		err = u.takeWholeBack()
	} else {
		err = u.takePartBack()
	}
	if err != nil {
		return err
	}
	j.imp.Done = progressWhole
	return p.finishPlan()
}

// takePartBack goes through the import's rows one by one.
func (u *undoing) takePartBack() error {
	for seen := int64(0); ; {
		var chunk []plan.Change
		if err := u.store.Read(u.ctx, u.imp.Workspace, func(tx *store.Tx) (err error) {
			if chunk, err = u.next(tx); err != nil {
				return err
			}
			return u.takeBack(tx, chunk)
		}); err != nil {
			return err
		}
		seen += int64(len(chunk))
		u.progress(seen)
		if err := u.flush(); err != nil {
			return err
		}
		if len(chunk) == 0 || chunk[len(chunk)-1].RecordID >= u.undone.AppliedUpto {
			return nil
		}
	}
}

// takeWholeBack lets the database turn round the rows whose records nobody has
// touched since, and looks at the others.
func (u *undoing) takeWholeBack() error {
	i, reversed := u.imp, int64(0)
	for size := firstChunk; ; {
		var r store.Reversed
		if err := u.save(func(tx *store.Tx) (err error) {
			r, err = tx.Reverse(i.ID, u.undone, u.after, size)
			i.Counts.Read += r.Planned
			i.Counts.Change += r.Planned
			reversed += r.Planned
			u.progress(i.Counts.Read)
			return err
		}); err != nil {
			return err
		}
		if r.Upto == u.after {
			return u.sumUp(reversed)
		}
		if r.Others > 0 {
			if err := u.takeOthersBack(u.after, r.Upto); err != nil {
				return err
			}
		}
		u.after = r.Upto
		size = steer(size, u.held, u.store.ChunkTime()/2) // one statement: it cannot stop when it takes longer than expected
	}
}

// takeOthersBack goes through the rows that the database has not turned round.
func (u *undoing) takeOthersBack(after, upto int64) error {
	for {
		var chunk []plan.Change
		if err := u.store.Read(u.ctx, u.imp.Workspace, func(tx *store.Tx) (err error) {
			if chunk, err = tx.Unreversed(u.imp.ID, u.undone.ID, after, upto, planChunk); err != nil {
				return err
			}
			return u.takeBack(tx, chunk)
		}); err != nil || len(chunk) == 0 {
			return err
		}
		after = chunk[len(chunk)-1].RecordID
		u.progress(u.imp.Counts.Read)
		if err := u.flush(); err != nil {
			return err
		}
	}
}

// sumUp adds what the rows that the database has turned round do to everybody's
// load. Where they are all that the import did, and who sees whose records is as
// it was, that is its own sums turned round; else they are read.
func (u *undoing) sumUp(reversed int64) error {
	if reversed == u.undone.Selected() && u.undone.Summary.Sight == u.loads.sight.mark() {
		return u.store.Read(u.ctx, u.imp.Workspace, func(tx *store.Tx) error {
			lines, err := tx.PlanLoads(u.undone.ID)
			for _, l := range lines {
				if l.Guards == 0 || l.Guards.Within(u.undone.Accepted) {
					u.loads.takeBack(l)
				}
			}
			return err
		})
	}
	u.loads.sums = map[loadKey]*plan.Load{} // those of the other rows are read with them
	for after := int64(0); ; {
		var chunk []plan.Change
		if err := u.store.Read(u.ctx, u.imp.Workspace, func(tx *store.Tx) (err error) {
			chunk, err = tx.Changes(u.imp.ID, after, planChunk)
			return err
		}); err != nil || len(chunk) == 0 {
			return err
		}
		for n := range chunk {
			u.loads.count(&chunk[n])
		}
		after = chunk[len(chunk)-1].RecordID
		u.imp.Done = progressWhole/2 + after*(progressWhole/2)/u.after
		if err := u.saveNowAndThen(); err != nil {
			return err
		}
	}
}

// progress says how many of the import's rows have been gone through; summing up
// may take the other half.
func (u *undoing) progress(seen int64) {
	u.imp.Done = min(seen*(progressWhole/2)/max(u.undone.Selected(), 1), progressWhole/2)
}

// undoing is the work of planning one undo.
type undoing struct {
	*planner
	undone *plan.Import
	part   *plan.Part // of it
	after  int64      // rows up to this record have been read
}

// next reads the next rows of the undone import. Where records are named, only
// theirs: taking one change back must not read a million.
func (u *undoing) next(tx *store.Tx) ([]plan.Change, error) {
	if len(u.part.Records) == 0 || len(u.part.Rows) > 0 {
		chunk, err := tx.Changes(u.undone.ID, u.after, planChunk)
		if len(chunk) > 0 {
			u.after = chunk[len(chunk)-1].RecordID
		}
		return chunk, err
	}
	var chunk []plan.Change
	for _, id := range u.part.Records {
		if id <= u.after {
			continue
		}
		u.after = id
		row, err := tx.Changes(u.undone.ID, id-1, 1)
		if err != nil {
			return nil, err
		}
		if len(row) == 1 && row[0].RecordID == id {
			chunk = append(chunk, row[0])
		}
		if len(chunk) == planChunk {
			break
		}
	}
	return chunk, nil
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

// takeBack adds to the plan what takes back the rows of a part of the import.
func (u *undoing) takeBack(tx *store.Tx, chunk []plan.Change) error {
	list := make([]plan.Change, 0, len(chunk))
	for n := range chunk {
		if !wasApplied(u.undone, &chunk[n]) {
			continue
		}
		if done := chunk[n].Passing(u.undone.Accepted); u.part.Takes(&done) {
			list = append(list, done)
		}
	}
	u.imp.Counts.Read += int64(len(list))
	list, err := u.beingsBack(tx, list)
	if err != nil {
		return err
	}
	records, err := recordsOf(tx, list)
	if err != nil {
		return err
	}
	standings, err := standingsOf(tx, list)
	if err != nil {
		return err
	}
	rows := make([]backRow, 0, len(list))
	scope := u.who.Scope()
	for n, at := 0, 0; n < len(list); n++ {
		for at < len(standings) && standings[at].ID < list[n].RecordID {
			at++
		}
		if at == len(standings) || standings[at].ID != list[n].RecordID { // the import that made it was taken back
			u.leaveOut(&list[n], "", "record_gone", nil)
			continue
		}
		if !scope.SeesOf(standings[at].Responsibles) {
			u.leaveOut(&list[n], "", "no_longer_seen", nil)
			continue
		}
		rows = append(rows, takeRowBack(&list[n], standings[at], records[list[n].RecordID]))
	}
	return u.putRows(tx, rows)
}

// backRow is a row that takes another one back.
type backRow struct {
	plan.Change
	since   int64          // the record's version when the row had been taken back's change
	changed []string       // fields that somebody has changed since
	rec     *entity.Record // its fields, where any of them was touched
}

// takeRowBack takes back what was done to one record; rec is its fields, where
// any of them was touched.
func takeRowBack(done *plan.Change, st store.Standing, rec *entity.Record) backRow {
	b := backRow{since: done.Version + 1, rec: rec}
	b.Entity, b.RecordID, b.Row, b.Version = done.Entity, st.ID, done.Row, st.Version
	if done.TouchesActive && st.Active != done.ActiveBefore {
		b.TouchesActive, b.ActiveBefore, b.ActiveAfter = true, st.Active, done.ActiveBefore
		if st.Active != done.ActiveAfter {
			b.changed = append(b.changed, entity.Active)
		}
	}
	if done.TouchesResponsibles && !equalSets(st.Responsibles, done.ResponsiblesBefore) {
		b.TouchesResponsibles, b.ResponsiblesBefore, b.ResponsiblesAfter = true, st.Responsibles, done.ResponsiblesBefore
		if !equalSets(st.Responsibles, done.ResponsiblesAfter) {
			b.changed = append(b.changed, entity.Responsibles)
		}
	}
	if rec != nil {
		for _, f := range done.Fields {
			is := rec.Get(f.Field)
			if is == f.Before {
				continue
			}
			b.Fields = append(b.Fields, entity.Change{Field: f.Field, Before: is, After: f.Before})
			if is != f.After {
				b.changed = append(b.changed, f.Field)
			}
		}
	}
	return b
}

// putRows adds rows to the plan, each with what somebody has changed since: by
// whom, when, from what to what.
func (u *undoing) putRows(tx *store.Tx, rows []backRow) error {
	history, err := u.historyOf(tx, rows)
	if err != nil {
		return err
	}
	for n := range rows {
		b := &rows[n]
		if b.Empty() {
			u.imp.Counts.Unchanged++
			continue
		}
		if u.losesSight(&b.Change) {
			u.leaveOut(&b.Change, entity.Responsibles, "out_of_sight", nil)
			continue
		}
		problem, err := undoRules(tx, &b.Change, b.rec)
		if err != nil {
			return err
		}
		if problem != nil {
			u.imp.Counts.Failed++
			u.say(*problem)
			continue
		}
		if len(b.changed) > 0 {
			if err := u.leave(tx, b, history[b.RecordID]); err != nil {
				return err
			}
		}
		u.put(b.Change)
	}
	return nil
}

// leave has the row go without the fields that somebody has changed since, or
// holds it when it has no others.
func (u *undoing) leave(tx *store.Tx, b *backRow, later []later) error {
	touched := len(b.Fields)
	for _, is := range []bool{b.TouchesActive, b.TouchesResponsibles} {
		if is {
			touched++
		}
	}
	if len(b.changed) == touched {
		b.Guards |= plan.Stale
	} else {
		b.Left = b.changed
		u.imp.Summary.Left++
	}
	for _, field := range b.changed {
		p := plan.Problem{Row: b.Row, RecordID: b.RecordID, Outcome: plan.Held, Field: field, Code: "changed_since_unknown"}
		for _, l := range later { // the newest says enough
			if l.version > b.since && l.change.Field == field {
				var err error
				p.Code = "changed_since"
				if p.Args, err = l.args(tx, b.Entity, u.staff); err != nil {
					return err
				}
				break
			}
		}
		u.say(p)
	}
	return nil
}

// historyOf reads what has become of the records whose rows somebody has changed
// since, newest first. Many of them beside each other are read in one go.
func (u *undoing) historyOf(tx *store.Tx, rows []backRow) (map[int64][]later, error) {
	const sparse = 8
	ids := map[*entity.Entity][]int64{}
	for n := range rows {
		if len(rows[n].changed) > 0 {
			ids[rows[n].Entity] = append(ids[rows[n].Entity], rows[n].RecordID)
		}
	}
	history := map[int64][]later{}
	for e, of := range ids {
		first, last := of[0], of[len(of)-1]
		if last-first < int64(len(of))*sparse {
			list, err := changesBetween(tx, e, first, last)
			if err != nil {
				return nil, err
			}
			for id, changes := range list {
				history[id] = changes
			}
			continue
		}
		for _, id := range of {
			list, err := changesBetween(tx, e, id, id)
			if err != nil {
				return nil, err
			}
			history[id] = list[id]
		}
	}
	return history, nil
}
