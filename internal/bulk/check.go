package bulk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// progressWhole is the check's progress when it is done, in thousandths.
const progressWhole = 1000

// progressRead and progressSorted are where it is when the file has been read, and
// its rows brought into order; the rest is comparing.
const (
	progressRead   = 480
	progressSorted = 490
)

// planChunk is how many rows of a plan are read and compared at a time.
const planChunk = 4000

// mostCompared bounds a chunk of comparing where writing it would take longer: it
// lies in memory.
const mostCompared = 2 * planChunk

// check makes the plan: it reads the file, or the history that is to be undone,
// compares it with the records and writes what would change. It writes nothing
// but the plan. A check that was cut off begins anew.
func (j *job) check() error {
	if j.imp.Replans != 0 {
		return j.endCheck(j.replanOnly())
	}
	if err := j.beginCheck(); err != nil {
		return j.endCheck(err)
	}
	if err := j.loadStaff(); err != nil {
		return err
	}
	j.mends.begin()
	if j.imp.Mode == plan.Undo {
		return j.endCheck(j.planUndo())
	}
	if j.imp.Options.Task != nil {
		return j.endCheck(j.planTask())
	}
	if j.imp.Mode == plan.Create {
		return j.endCheck(j.planCreate())
	}
	return j.endCheck(j.planEdit())
}

// beginCheck clears away what an earlier attempt has left.
func (j *job) beginCheck() error {
	i := j.imp
	i.State, i.Counts, i.Summary, i.HeldBy = plan.Checking, plan.Counts{}, plan.Summary{}, map[plan.Guards]int64{}
	i.Done, i.Total, i.CheckedAt = 0, progressWhole, time.Time{}
	return j.dropPlan()
}

// dropPlan deletes what there is of a plan, chunk by chunk.
func (j *job) dropPlan() error {
	asked := error(nil)
	for done, size := false, firstChunk; !done; size = steer(size, j.held, j.store.ChunkTime()) {
		err := j.save(func(tx *store.Tx) (err error) {
			done, err = tx.DropPlan(j.imp.ID, size)
			return err
		})
		if errors.Is(err, errCancelled) { // it goes on: half a plan must not stay
			asked, err = err, nil
		}
		if err != nil {
			return err
		}
	}
	return asked
}

func (j *job) loadStaff() error {
	return j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) error {
		employees, err := tx.Employees(store.EmployeeQuery{})
		if err != nil {
			return err
		}
		j.staff = newStaff(employees)
		if j.who, err = access.Acting(tx, j.imp.CreatedBy); err != nil {
			return err
		}
		if j.mends, err = loadMends(tx, j.imp, j.who.Scope()); err != nil {
			return err
		}
		j.choices, err = loadChoices(tx, j.imp.ID)
		return err
	})
}

// endCheck turns the ways in which checking can end into states.
func (j *job) endCheck(err error) error {
	switch all := fault.All(err); {
	case err == nil:
		return nil
	case errors.Is(err, errCancelled):
		return j.withoutPlan(plan.Cancelled, nil) // whoever asked has stored the reason
	case len(all) > 0 && all[0].Code == fault.Refused:
		return j.withoutPlan(plan.Refused, all[0])
	}
	return err
}

// withoutPlan ends a check that came to nothing: of half a plan nothing is shown
// and nothing is counted.
func (j *job) withoutPlan(state plan.State, reason *fault.Error) error {
	if err := j.dropPlan(); err != nil && !errors.Is(err, errCancelled) {
		return err
	}
	return j.finish(state, reason)
}

// planEdit makes the plan of an edit file.
func (j *job) planEdit() error {
	parts, err := j.parts()
	if err != nil {
		return err
	}
	j.imp.Kinds = j.kindsOf(parts)
	var p *planner
	named := map[int64]bool{}
	for _, part := range parts {
		r, err := j.readPart(part)
		if err != nil {
			return err
		}
		if p == nil {
			if p, err = j.newPlanner(int64(len(r.rows))); err != nil {
				return err
			}
			defer p.countLoads()()
		}
		if j.imp.Options.Related {
			for n := range r.rows {
				named[r.rows[n].id] = true
			}
		}
		if len(parts) > 1 {
			j.imp.Summary.Parts = append(j.imp.Summary.Parts, plan.Sheet{Kind: part.entity.Name, Sheet: part.sheet, Columns: r.file.header.columns})
		}
		if err := p.compare(r); err != nil {
			return err
		}
	}
	if j.imp.Options.Related {
		if err := p.follow(named); err != nil {
			return err
		}
	}
	return p.finishPlan()
}

func (j *job) newReading(tx *store.Tx, file *source) (*reading, error) {
	l := j.locales.Get(j.imp.Options.Language)
	r := &reading{
		job: j, file: file, last: file.header.row, byPlace: map[int]string{},
		status: newStatusCell(l.T("status.activate"), l.T("status.deactivate")),
		people: newPeopleCell(j.staff, j.imp.Options.Lists, j.mends), mends: j.mends,
	}
	for column, at := range file.header.columns {
		r.byPlace[at.Place] = column
	}
	var err error
	r.fields, err = newFieldCells(tx, file.entity, file.header.wide, file.date1904())
	if r.fields != nil && !j.who.May(access.ManageDirectories) {
		for _, column := range r.fields.columns {
			column.grows = false
		}
	}
	return r, err
}

// planner writes a plan and keeps its sums.
type planner struct {
	*job
	blast      *blast
	loads      *loads
	kept       time.Time        // from when on history is; zero: from the beginning
	kinds      []*entity.Entity // of the plan's records
	counted    func() error     // waits until the loads before have been counted
	changes    []plan.Change
	problems   []plan.Problem
	references map[string]reference
	suggested  int // how often something was looked up that was probably meant
	followed   map[int64]bool
	given      map[string]int64 // flags that one record for each reference has, by who gets them first
}

// newPlanner begins a plan of about as many rows as expected.
func (j *job) newPlanner(expected int64) (*planner, error) {
	p := &planner{job: j, kinds: slices.Clone(j.imp.Kinds)}
	return p, j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) error {
		w, err := tx.OwnWorkspace()
		if err != nil {
			return err
		}
		p.kept = w.HistoryFrom
		p.blast = newBlast(w, j.imp.Mode, expected)
		p.loads, err = newLoads(tx, w)
		return err
	})
}

// countLoads counts everybody's share of the records of the plan's kinds, beside
// the work: of a million records it takes as long as progress may stand still.
// Whoever called it calls stop at the end, come what may.
func (p *planner) countLoads() (stop func()) {
	ctx, cancel := context.WithCancel(p.ctx)
	counted := make(chan error, 1)
	go func() {
		counted <- p.store.Read(ctx, p.imp.Workspace, func(tx *store.Tx) error { return p.loads.countBefore(tx, p.kinds) })
	}()
	p.counted = sync.OnceValue(func() error { return <-counted })
	return func() {
		cancel()
		_ = p.counted() // whoever wanted the loads has seen it
	}
}

// put adds one row to the plan, unless whoever wants it may not ask for it.
func (p *planner) put(c plan.Change) {
	if p.refuses(&c) {
		return
	}
	p.blast.count(&c)
	if c.Guards == 0 {
		p.imp.Counts.Change++
	} else {
		p.imp.Counts.Held++
		p.imp.HeldBy[c.Guards]++
	}
	p.loads.count(&c)
	p.changes = append(p.changes, c)
}

// say adds something about a row. N counts from where problems of this step begin.
func (p *planner) say(problem plan.Problem) {
	if last := len(p.problems) - 1; last >= 0 && p.problems[last].Row == problem.Row {
		problem.N = p.problems[last].N + 1
	} else {
		problem.N = problemsOfRecord
	}
	p.problems = append(p.problems, problem)
}

// flush writes what has been gathered.
func (p *planner) flush() error {
	changes, problems, used := p.changes, p.problems, p.mends.take()
	p.changes, p.problems = p.changes[:0], p.problems[:0]
	return p.save(func(tx *store.Tx) error {
		return errors.Join(tx.AddChanges(p.imp.ID, changes), tx.AddProblems(p.imp.ID, problems), tx.AddMended(p.imp.ID, used))
	})
}

// finishPlan writes the loads and calls the import ready.
func (p *planner) finishPlan() error {
	if err := p.settleBlast(); err != nil {
		return err
	}
	if err := p.counted(); err != nil {
		return err
	}
	p.imp.Counts.Accepted = p.imp.AcceptedBy(p.imp.Accepted)
	p.imp.Summary.Sight = p.loads.sight.mark()
	p.imp.CheckedAt = p.store.Now()
	p.imp.Done = p.imp.Total
	p.imp.State = plan.Ready
	return p.save(func(tx *store.Tx) error {
		return errors.Join(tx.PutLoads(p.imp.ID, p.loads.lines()), tx.PutMendings(p.imp.ID, p.mends.worthKeeping()))
	})
}

// compare holds the rows against the records, in the order of ids.
func (p *planner) compare(r *reading) error {
	p.imp.Summary.HiddenRows, p.imp.Summary.HiddenLeft = p.imp.Summary.HiddenRows+r.hidden, p.imp.Options.Hidden == plan.SkipHidden
	size := firstChunk
	for from := 0; from < len(r.rows); {
		chunk := r.rows[from:min(from+size, len(r.rows))]
		if err := p.compareChunk(r, chunk); err != nil {
			return err
		}
		from += len(chunk)
		p.imp.Done = progressWhole/2 + int64(from)*(progressWhole/2)/int64(len(r.rows))
		if err := p.flush(); err != nil {
			return err
		}
		size = min(steer(size, p.held, p.store.ChunkTime()/2), mostCompared)
	}
	return nil
}

func (p *planner) compareChunk(r *reading, chunk []row) error {
	ids := make([]int64, 0, len(chunk))
	for n := range chunk {
		if w := &chunk[n]; w.compared() && (len(ids) == 0 || ids[len(ids)-1] != w.id) {
			ids = append(ids, w.id)
		}
	}
	_, named := r.file.header.columns[nameColumn]
	named = named && !p.imp.Options.Rename
	return p.store.Read(p.ctx, p.imp.Workspace, func(tx *store.Tx) error {
		standings, err := tx.Standings(r.file.entity, ids, named)
		if err != nil {
			return err
		}
		standings = p.within(standings)
		records, err := p.readRecords(tx, r, ids)
		if err != nil {
			return err
		}
		for n := range chunk {
			w := &chunk[n]
			for len(standings) > 0 && standings[0].ID < w.id {
				standings = standings[1:]
			}
			if w.compared() && len(standings) > 0 && standings[0].ID == w.id {
				err = p.with(tx, r, w, standings[0], records)
			} else {
				err = p.without(tx, r, w)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// compared tells whether a row is held against its record. One that has failed is,
// too: all that is wrong with it is said at once.
func (w *row) compared() bool { return w.id != 0 && w.flags&duplicate == 0 }

// without counts a row that needs no record: it has no number, repeats another, or
// its record does not exist.
func (p *planner) without(tx *store.Tx, r *reading, w *row) error {
	if w.flags&duplicate != 0 {
		p.imp.Counts.Unchanged++
		return nil
	}
	p.imp.Counts.Failed++
	if w.id == 0 {
		return nil
	}
	problem := plan.Problem{Row: r.at(w), RecordID: w.id, Outcome: plan.RowFailed, Field: entity.ID, Code: "unknown_id", Value: fmt.Sprint(w.id)}
	switch kind, err := p.kindOf(tx, w.id); {
	case err == nil:
		problem.Code = "other_kind"
		problem.Args = map[string]any{"kind": kind.Name, "wanted": r.file.entity.Name}
		if problem.Suggestion, err = p.instead(tx, kind, w.id, r.file.entity); err != nil {
			return err
		}
	case fault.CodeOf(err) != fault.NotFound:
		return err
	}
	p.say(problem)
	return nil
}

// with compares a row with its record. All that is wrong with it is said at once.
func (p *planner) with(tx *store.Tx, r *reading, w *row, st store.Standing, records *fieldRecords) error {
	c := plan.Change{Entity: r.file.entity, RecordID: w.id, Row: r.at(w), Version: st.Version}
	if want := w.status == activate; w.status != asItIs && want != st.Active {
		c.TouchesActive, c.ActiveBefore, c.ActiveAfter = true, st.Active, want
	}
	after, used := r.people.instead(st.Responsibles, r.people.after(w.people, st.Responsibles))
	p.mended(r, w, used)
	var wrong []plan.Problem
	if w.people != 0 && !equalSets(after, st.Responsibles) {
		if e := r.people.inactive(st.Responsibles, after); e != nil {
			wrong = append(wrong, plan.Problem{
				Row: c.Row, RecordID: w.id, Outcome: plan.RowFailed, Field: entity.Responsibles, Code: "inactive_login",
				Args: map[string]any{"name": e.Name}, Value: e.Login,
			})
		}
		c.TouchesResponsibles, c.ResponsiblesBefore, c.ResponsiblesAfter = true, st.Responsibles, after
	}
	ofFields, err := p.fieldsOf(tx, r, w, records, &c)
	if err != nil {
		return err
	}
	wrong = append(wrong, ofFields...)
	if w.version > st.Version {
		wrong = append(wrong, plan.Problem{
			Row: c.Row, RecordID: w.id, Outcome: plan.RowFailed, Field: entity.Version, Code: "version_ahead",
			Args: map[string]any{"version": st.Version}, Value: fmt.Sprint(w.version),
		})
	}
	if len(wrong) > 0 || w.flags&failed != 0 {
		p.imp.Counts.Failed++
		for _, problem := range wrong {
			p.say(problem)
		}
		return nil
	}
	return p.settle(tx, r, w, st, records, c)
}

// settle puts a row that is understood into the plan, unless nothing of it is left.
func (p *planner) settle(tx *store.Tx, r *reading, w *row, st store.Standing, records *fieldRecords, c plan.Change) error {
	var since []plan.Problem
	if !c.Empty() && w.version != 0 && w.version != st.Version {
		var err error
		fields := len(c.Fields)
		if since, err = p.settleStale(tx, w.version, &c); err != nil {
			return err
		}
		if len(c.Fields) < fields {
			wrong, err := p.rulesAgain(tx, r, w, records, &c)
			if err != nil {
				return err
			}
			if len(wrong) > 0 {
				p.imp.Counts.Failed++
				since = append(wrong, since...)
				c = plan.Change{}
			}
		}
	}
	switch {
	case c.Entity == nil: // failed
	case c.Empty():
		p.imp.Counts.Unchanged++
	case p.refuses(&c): // nobody is asked about it
	default:
		p.guard(r, w, st, &c)
		p.put(c)
	}
	for _, problem := range since {
		if problem.Outcome == plan.Warning {
			p.imp.Counts.Warnings++
		}
		p.say(problem)
	}
	return nil
}

// mended notes what a row was read with that only its record could tell.
func (p *planner) mended(r *reading, w *row, used []*plan.Mending) {
	if len(used) > 0 && w.flags&mended == 0 {
		p.imp.Counts.Mended++
	}
	r.mend(w, used...)
}

// guard holds a row that needs a person's word, and says why.
func (p *planner) guard(r *reading, w *row, st store.Standing, c *plan.Change) {
	if w.nameLen > 0 && !p.imp.Options.Rename {
		if name := r.nameOf(w); !isBlank(name) && !sameName(name, st.Title) {
			c.Guards |= plan.Name
			p.say(plan.Problem{
				Row: c.Row, RecordID: w.id, Outcome: plan.Held, Field: nameColumn, Code: "name_differs",
				Args: map[string]any{"title": st.Title}, Value: name,
			})
		}
	}
	if c.TouchesResponsibles && len(c.ResponsiblesAfter) == 0 {
		c.Guards |= plan.Visibility
		p.say(plan.Problem{Row: c.Row, RecordID: w.id, Outcome: plan.Held, Field: entity.Responsibles, Code: "left_to_nobody"})
	}
}

func equalSets(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
