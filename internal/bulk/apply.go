package bulk

import (
	"errors"
	"slices"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// A chunk of mass editing keeps others waiting, so that it is steered towards a
// time: people go on saving while a million rows pass.
const (
	firstChunk = 500
	leastChunk = 20
	mostChunk  = 30000
	// A chunk of applying is made of parts, and ends with the first that passes its
	// time: a machine that suddenly is busy makes it shorter, not longer.
	partsOfChunk = 4
	// readAhead is how many rows of the plan are read at once, for several chunks.
	readAhead = 16000
)

// errMidway leaves a chunk of an all-or-nothing import that met a conflict; the
// chunk is rolled back.
var errMidway = errors.New("a conflict midway")

// apply writes the plan, chunk by chunk in the order of ids. Each chunk commits
// its records, which make the plan's rows history, and how far it has come, so
// that whoever goes on after a crash begins exactly behind it.
func (j *job) apply() error {
	i := j.imp
	if i.TakingBack > 0 || i.AllOrNothing && i.Reason != nil { // a crash cut off the taking back, or its end
		return j.stop(nil)
	}
	if i.AllOrNothing && i.AppliedUpto == 0 {
		if err := j.verify(); err != nil {
			return j.stop(err)
		}
		if i.Counts.Conflict > 0 {
			return j.stop(errMidway)
		}
	}
	for size := firstChunk; ; {
		if err := j.readOn(); err != nil {
			return j.stop(err)
		}
		if len(j.ahead) == 0 {
			return j.finish(plan.Applied, nil)
		}
		if err := j.applyChunk(size); err != nil {
			return j.stop(err)
		}
		size = steer(size, j.held, j.store.ChunkTime())
	}
}

// readOn reads the next rows of the plan once the last ones are written.
func (j *job) readOn() error {
	if len(j.ahead) > 0 {
		return nil
	}
	return j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
		j.ahead, err = tx.Changes(j.imp.ID, j.imp.AppliedUpto, readAhead)
		return err
	})
}

// stop ends an import before its end: cancelled, or failed by a conflict. All or
// nothing takes back what it had applied, whatever the reason. An error that is
// no reason to stop passes through: somebody will try again.
func (j *job) stop(why error) error {
	i := j.imp
	switch {
	case why == nil || errors.Is(why, errCancelled):
	case errors.Is(why, errMidway):
		i.Reason = fault.New(fault.Conflict, "reason.conflict")
	case errors.Is(why, errRightLost):
		i.Reason = fault.New(fault.Denied, "reason.right_lost")
	default:
		return why
	}
	if i.AllOrNothing {
		if i.TakingBack == 0 {
			i.TakingBack = i.AppliedUpto
		}
		if err := j.takeAllBack(); err != nil {
			return err
		}
	}
	if i.Reason != nil && i.Reason.Code == fault.Conflict && !i.CancelAsked {
		return j.finish(plan.Failed, i.Reason)
	}
	return j.finish(plan.Cancelled, i.Reason)
}

// steer finds the size of the next chunk from the time that the last one took.
func steer(size int, took, wanted time.Duration) int {
	next := int(float64(size) * float64(wanted) / float64(max(took, time.Millisecond)))
	return max(leastChunk, min(next, size*2, mostChunk))
}

// applyChunk writes the next rows of the plan: so many, or as many as there is
// time for.
func (j *job) applyChunk(size int) error {
	i, done, all := j.imp, 0, min(size, len(j.ahead))
	was := *i // what i says again if the transaction does not commit
	err := j.save(func(tx *store.Tx) error {
		began := time.Now()
		if err := j.mayGoOn(tx); err != nil {
			return err
		}
		gone, err := tx.InactiveEmployees()
		if err != nil {
			return err
		}
		var touched store.Touched
		for part := max(size/partsOfChunk, leastChunk); done < all && time.Since(began) < j.store.ChunkTime(); {
			part := j.ahead[done:min(done+part, all)]
			written, err := j.applySelected(tx, part, gone)
			if err != nil {
				return err
			}
			touched.Add(written)
			done += len(part)
		}
		i.AppliedUpto = j.ahead[done-1].RecordID
		return tx.AddChunk(i.ID, i.AppliedUpto, touched)
	})
	if err != nil && !errors.Is(err, errCancelled) {
		*i = was
		return err
	}
	j.ahead = j.ahead[done:]
	return err
}

// applySelected writes those changes of a chunk that are to be written, and
// counts what came of them. gone is who may not be given records any more.
func (j *job) applySelected(tx *store.Tx, chunk []plan.Change, gone map[int64]*entity.Employee) (written []plan.Change, err error) {
	i := j.imp
	written = make([]plan.Change, 0, len(chunk))
	rows := make(map[int64]*plan.Change, len(chunk)) // by record
	lost, err := j.outOfSight(tx, chunk)
	if err != nil {
		return nil, err
	}
	var problems []plan.Problem
	for n := range chunk {
		c := &chunk[n]
		if !selected(i, c) {
			continue
		}
		i.Done++
		if lost[c.RecordID] {
			problems = append(problems, unseen(c))
			continue
		}
		if problem, unfit := j.unfit(c, gone); unfit {
			problems = append(problems, problem)
			continue
		}
		written, rows[c.RecordID] = append(written, c.Passing(i.Accepted)), c
	}
	if written, err = j.bringValues(tx, written); err != nil {
		return nil, err
	}
	changed, stuck, err := tx.ApplyPlan(written)
	if err != nil {
		return nil, err
	}
	for _, id := range changed {
		problems = append(problems, conflict(rows[id], false))
	}
	for _, id := range stuck {
		problems = append(problems, conflict(rows[id], true))
	}
	if len(problems) > 0 && i.AllOrNothing {
		return nil, errMidway
	}
	if missed := slices.Concat(changed, stuck); len(missed) > 0 {
		written = slices.DeleteFunc(written, func(c plan.Change) bool { return slices.Contains(missed, c.RecordID) })
	}
	i.Counts.Applied += int64(len(written))
	if err := j.writeConflicts(tx, problems); err != nil {
		return nil, err
	}
	return written, j.countUndone(tx, written, false)
}

// countUndone keeps the numbers of undone rows of the imports up the line, where
// this one is an undo. With back, it takes its own rows back.
func (j *job) countUndone(tx *store.Tx, rows []plan.Change, back bool) error {
	if j.imp.Undoes == 0 || len(rows) == 0 {
		return nil
	}
	records := make([]int64, len(rows))
	for n := range rows {
		records[n] = rows[n].RecordID
	}
	return tx.CountUndone(j.imp.ID, records, back)
}

// writeConflicts notes changes that stay undone, and counts them.
func (j *job) writeConflicts(tx *store.Tx, conflicts []plan.Problem) error {
	j.imp.Counts.Conflict += int64(len(conflicts))
	for _, c := range conflicts {
		if err := tx.SetFate(j.imp.ID, c.RecordID, plan.InConflict); err != nil {
			return err
		}
	}
	return tx.AddProblems(j.imp.ID, conflicts)
}

// unfit finds a change that would give a record to somebody who was deactivated
// after the check. An undo may: it brings back what was.
func (j *job) unfit(c *plan.Change, gone map[int64]*entity.Employee) (plan.Problem, bool) {
	if len(gone) == 0 || j.imp.Mode == plan.Undo || !c.TouchesResponsibles {
		return plan.Problem{}, false
	}
	for _, id := range c.ResponsiblesAfter {
		if e := gone[id]; e != nil && !slices.Contains(c.ResponsiblesBefore, id) {
			p := conflict(c, false)
			p.Code, p.Field, p.Args, p.Value = "inactive_login", entity.Responsibles, map[string]any{"name": e.Name}, e.Login
			return p, true
		}
	}
	return plan.Problem{}, false
}

// conflict says that a row stays undone: its record is not as the plan saw it, or
// it is stuck, as the store tells.
func conflict(c *plan.Change, stuck bool) plan.Problem {
	code := "changed_after_check"
	switch {
	case c.Being == plan.Comes:
		code = "ground_lost"
	case stuck && c.Being == plan.Stays:
		code = "target_lost"
	}
	return plan.Problem{Row: c.Row, N: problemOfApplying, RecordID: c.RecordID, Outcome: plan.Conflict, Code: code}
}

// verify compares every record that is still to be written with the plan. An
// all-or-nothing import does so before its first row, so that a conflict is
// nearly always found while there is nothing to take back.
func (j *job) verify() error {
	i := j.imp
	for after := i.AppliedUpto; ; {
		var chunk []plan.Change
		var conflicts []plan.Problem
		err := j.store.Read(j.ctx, i.Workspace, func(tx *store.Tx) (err error) {
			if chunk, err = tx.Changes(i.ID, after, planChunk); err != nil {
				return err
			}
			conflicts, err = j.compareVersions(tx, chunk)
			return err
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		after = chunk[len(chunk)-1].RecordID
		if err := j.noteConflicts(conflicts); err != nil {
			return err
		}
	}
}

// compareVersions finds those rows of a chunk that could not be written now.
func (j *job) compareVersions(tx *store.Tx, chunk []plan.Change) ([]plan.Problem, error) {
	gone, err := tx.InactiveEmployees()
	if err != nil {
		return nil, err
	}
	if j.who, err = access.Acting(tx, j.imp.AppliedBy); err != nil {
		return nil, err
	}
	lost, err := j.outOfSight(tx, chunk)
	if err != nil {
		return nil, err
	}
	standings, err := standingsOf(tx, chunk)
	if err != nil {
		return nil, err
	}
	versions := make(map[int64]int64, len(standings))
	for _, st := range standings {
		versions[st.ID] = st.Version
	}
	var conflicts []plan.Problem
	var rows []plan.Change // of which more is asked
	byID := map[int64]*plan.Change{}
	for n := range chunk {
		c := &chunk[n]
		if c.Fate != plan.AsProgressSays || !selected(j.imp, c) { // one noted before a crash is not noted twice
			continue
		}
		version, there := versions[c.RecordID]
		if lost[c.RecordID] {
			conflicts = append(conflicts, unseen(c))
		} else if problem, unfit := j.unfit(c, gone); unfit {
			conflicts = append(conflicts, problem)
		} else if c.Being != plan.Comes && (!there || version != c.Version) {
			conflicts = append(conflicts, conflict(c, false))
		} else if c.Being != plan.Stays || len(c.Fields) > 0 {
			rows, byID[c.RecordID] = append(rows, c.Passing(j.imp.Accepted)), c
		}
	}
	stuck, err := tx.Stuck(rows)
	for _, id := range stuck {
		conflicts = append(conflicts, conflict(byID[id], true))
	}
	return conflicts, err
}

func (j *job) noteConflicts(conflicts []plan.Problem) error {
	if len(conflicts) == 0 {
		return j.saveNowAndThen()
	}
	return j.save(func(tx *store.Tx) error { return j.writeConflicts(tx, conflicts) })
}

// takeAllBack undoes what an all-or-nothing import had applied before it met a
// conflict, backwards, chunk by chunk. A record that somebody has changed since
// keeps that change: it stays applied and is counted so.
func (j *job) takeAllBack() error {
	i := j.imp
	for i.TakingBack > 0 {
		var chunk []plan.Change
		if err := j.store.Read(j.ctx, i.Workspace, func(tx *store.Tx) (err error) {
			chunk, err = tx.ChangesBack(i.ID, i.TakingBack, firstChunk)
			return err
		}); err != nil {
			return err
		}
		was := *i
		err := j.save(func(tx *store.Tx) error {
			for n := range chunk {
				if err := j.takeOneBack(tx, &chunk[n]); err != nil {
					return err
				}
			}
			i.TakingBack = 0
			if len(chunk) == firstChunk {
				i.TakingBack = chunk[len(chunk)-1].RecordID - 1
			}
			return nil
		})
		if err != nil && !errors.Is(err, errCancelled) { // it is ending anyway
			*i = was
			return err
		}
	}
	// a conflict that stopped the import was rolled back with its chunk
	if err := j.verify(); err != nil && !errors.Is(err, errCancelled) {
		return err
	}
	return nil
}

func (j *job) takeOneBack(tx *store.Tx, c *plan.Change) error {
	i := j.imp
	if c.Fate != plan.AsProgressSays || !selected(i, c) {
		return nil
	}
	done := c.Passing(i.Accepted)
	back := []plan.Change{backwards(&done)}
	changed, stuck, err := tx.ApplyPlan(back)
	if err != nil || len(changed)+len(stuck) > 0 {
		return err
	}
	i.Counts.Applied--
	if err := j.countUndone(tx, back, true); err != nil {
		return err
	}
	return tx.SetFate(i.ID, c.RecordID, plan.TakenBack)
}

// backwards is the change that takes c back.
func backwards(c *plan.Change) plan.Change {
	back := *c
	back.Version++
	back.Being = c.Being.Reversed()
	back.ActiveBefore, back.ActiveAfter = c.ActiveAfter, c.ActiveBefore
	back.ResponsiblesBefore, back.ResponsiblesAfter = c.ResponsiblesAfter, c.ResponsiblesBefore
	back.Fields = reversed(c.Fields)
	return back
}
