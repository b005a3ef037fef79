package bulk

import (
	"fmt"
	"maps"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// A mending concerns some rows of the file. They alone are read again and held
// against the records; what the plan says of all others stays as it was shown.

// replanned is what rows of a file have become since a mending.
type replanned struct {
	rows     []int64 // the rows planned anew, in the order of the file
	about    []int64 // the records that they name or named
	records  []int64 // whose changes give way
	changes  []plan.Change
	gave     []plan.Change // those that give way
	turned   bool          // too many records change hands now, or no more: the other rows are marked wrong
	problems []plan.Problem
	used     []plan.MendedRow
	after    *plan.Import // with the numbers that the import gets
	loads    []plan.Load
	mends    *mends
}

// replan plans rows of a checked import anew, and writes nothing. was is the
// mendings with which they were read until now.
func (j *job) replan(rows []int64, was *mends) (*replanned, error) {
	part := *j // counts the rows that are planned anew, and nothing else
	part.imp = new(plan.Import)
	*part.imp = *j.imp
	part.imp.Counts, part.imp.HeldBy = plan.Counts{}, map[plan.Guards]int64{}
	r, err := part.readRows(rows, was)
	if err != nil {
		return nil, err
	}
	p, err := part.newPlanner(0)
	if err != nil {
		return nil, err
	}
	p.blast.resume(j.imp)
	for from := 0; from < len(r.rows); from += planChunk {
		if err := p.compareChunk(r, r.rows[from:min(from+planChunk, len(r.rows))]); err != nil {
			return nil, err
		}
	}
	out := &replanned{
		rows: slices.Sorted(maps.Keys(r.only.wanted)), about: r.only.old, changes: p.changes,
		problems: append(r.problems, p.problems...), used: j.mends.take(), mends: j.mends,
	}
	for n := range r.rows {
		out.about = append(out.about, r.rows[n].id)
	}
	return out, j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) error { return out.account(tx, j.imp, p) })
}

// readRows reads the rows given, and with them all rows that name the same
// records: which of them counts is to be judged anew.
func (j *job) readRows(rows []int64, was *mends) (*reading, error) {
	only := &rowsOnly{wanted: map[int64]bool{}, was: was}
	for _, row := range rows {
		only.wanted[row] = true
	}
	r, err := j.readOnly(only)
	if err != nil {
		return nil, err
	}
	twins := only.twins(r.rows)
	if len(twins) == 0 {
		return r, nil
	}
	for _, row := range twins {
		only.wanted[row] = true
	}
	j.imp.Counts = plan.Counts{}
	j.mends.used, j.mends.last, only.ids, only.old = nil, plan.MendedRow{}, nil, nil
	return j.readOnly(only)
}

func (j *job) readOnly(only *rowsOnly) (*reading, error) {
	file, _, err := openFile(j.store.OpenFile(j.ctx, j.imp), j.imp, j.headingsOf(j.imp, j.imp.Entity))
	if err != nil {
		return nil, fmt.Errorf("open the file of import %d again: %w", j.imp.ID, err)
	}
	var r *reading
	if err = j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
		r, err = j.newReading(tx, file)
		return err
	}); err == nil {
		r.only = only
		err = r.read()
	}
	if closed := file.close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	r.sortRows()
	return r, r.twins()
}

// rowsOnly lets a reading pass over the rows that are not planned anew; it keeps
// their ids, among which the twins of the others are found.
type rowsOnly struct {
	wanted map[int64]bool
	was    *mends  // as the rows were read before
	ids    []idRow // of the other rows
	old    []int64 // of the wanted rows, as they were read before
}

type idRow struct{ id, row int64 }

// wants tells whether a row is to be read.
func (o *rowsOnly) wants(r *reading, in sheet.Row) bool {
	if o == nil {
		return true
	}
	row := int64(in.Number)
	if o.wanted[row] {
		o.old = append(o.old, r.idOf(in, o.was))
		return true
	}
	if in.Hidden && r.imp.Options.Hidden == plan.SkipHidden || blankRow(in) {
		return false
	}
	if id := r.idOf(in, r.mends); id != 0 {
		o.ids = append(o.ids, idRow{id, row})
	}
	return false
}

// idOf is the record that a row is about; 0 when that is not understood.
func (r *reading) idOf(in sheet.Row, m *mends) int64 {
	at := r.file.header.columns[entity.ID].Place
	cell := sheet.Cell{Col: at}
	if n := slices.IndexFunc(in.Cells, func(c sheet.Cell) bool { return c.Col == at }); n >= 0 {
		cell = in.Cells[n]
	}
	if said, ok := m.cell(int64(in.Number), entity.ID); ok {
		cell = asCell(at, said.With)
	}
	id, _, wrong := parseID(cell)
	if wrong == nil {
		return id
	}
	if said, ok := m.value(entity.ID, string(cell.Text)); ok {
		id, _, _ = parseID(asCell(at, said.With))
	}
	return id
}

// twins are the rows that name the same records as those that were read, before
// the mending or after it.
func (o *rowsOnly) twins(read []row) []int64 {
	about := map[int64]bool{}
	for n := range read {
		about[read[n].id] = true
	}
	for _, id := range o.old {
		about[id] = id != 0
	}
	var rows []int64
	for _, one := range o.ids {
		if about[one.id] {
			rows = append(rows, one.row)
		}
	}
	return rows
}

// account works out the import's numbers and loads: those of the rows as they
// were planned before are taken away, those of the new plan are added.
func (out *replanned) account(tx *store.Tx, before *plan.Import, p *planner) error {
	was, err := out.asPlanned(tx, before.ID, p)
	if err != nil {
		return err
	}
	out.after = new(plan.Import)
	*out.after = *before
	c, now, old := &out.after.Counts, p.imp.Counts, was.counts
	c.Change += now.Change - old.Change
	c.Unchanged += now.Unchanged - old.Unchanged
	c.Held += now.Held - old.Held
	c.Failed += now.Failed - old.Failed
	c.Warnings += now.Warnings - old.Warnings
	c.Mended += now.Mended - old.Mended
	out.after.HeldBy = maps.Clone(before.HeldBy)
	for by, rows := range was.heldBy {
		out.after.HeldBy[by] -= rows
	}
	for by, rows := range p.imp.HeldBy {
		out.after.HeldBy[by] += rows
	}
	maps.DeleteFunc(out.after.HeldBy, func(_ plan.Guards, rows int64) bool { return rows == 0 })
	c.Accepted = out.after.AcceptedBy(before.Accepted)
	if out.turned, err = p.blast.turned(tx, out.after, out.gave); err != nil {
		return err
	}
	if out.after.Summary.Sight != p.loads.sight.mark() {
		out.after.Summary.Sight = "" // the rows' sums were made with one sight of things, these with another
	}
	return out.addLoads(tx, before.ID, p.loads, was.loads)
}

// planned is what the plan says of some rows.
type planned struct {
	counts plan.Counts
	heldBy map[plan.Guards]int64
	loads  *loads
}

// asPlanned sums up what the plan has said of the rows until now.
func (out *replanned) asPlanned(tx *store.Tx, id int64, p *planner) (*planned, error) {
	was := &planned{heldBy: map[plan.Guards]int64{}, loads: &loads{sight: p.loads.sight, sums: map[loadKey]*plan.Load{}}}
	wanted := map[int64]bool{}
	for _, row := range out.rows {
		wanted[row] = true
	}
	about := slices.Clone(out.about)
	for from := 0; from < len(out.rows); from += problemsAtHand {
		problems, err := tx.ProblemsOfRows(id, out.rows[from:min(from+problemsAtHand, len(out.rows))])
		if err != nil {
			return nil, err
		}
		for _, of := range problems {
			if slices.ContainsFunc(of, func(p plan.Problem) bool { return p.Outcome == plan.RowFailed }) {
				was.counts.Failed++
			}
			for _, one := range of {
				about = append(about, one.RecordID)
				if one.Outcome == plan.Warning {
					was.counts.Warnings++
				}
			}
		}
	}
	changes, err := tx.ChangesOf(id, entity.SortedSet(about))
	if err != nil {
		return nil, err
	}
	for n := range changes {
		c := &changes[n]
		if !wanted[c.Row] {
			continue
		}
		out.records, out.gave = append(out.records, c.RecordID), append(out.gave, *c)
		was.loads.count(c)
		if c.Guards == 0 {
			was.counts.Change++
		} else {
			was.counts.Held++
			was.heldBy[c.Guards]++
		}
	}
	was.counts.Unchanged = int64(len(out.rows)) - was.counts.Change - was.counts.Held - was.counts.Failed
	return was, out.forgetUse(tx, id, was)
}

// forgetUse takes away from the mendings the rows that are read anew.
func (out *replanned) forgetUse(tx *store.Tx, id int64, was *planned) error {
	for from := 0; from < len(out.rows); from += problemsAtHand {
		used, err := tx.MendedOf(id, out.rows[from:min(from+problemsAtHand, len(out.rows))])
		if err != nil {
			return err
		}
		for n, one := range used {
			if n == 0 || used[n-1].Row != one.Row {
				was.counts.Mended++
			}
			if m := out.mends.of(one.Mending); m != nil {
				m.Rows--
			}
		}
	}
	return nil
}

// addLoads puts the difference upon the loads that the plan had.
func (out *replanned) addLoads(tx *store.Tx, id int64, now, was *loads) error {
	lines, err := tx.PlanLoads(id)
	if err != nil {
		return err
	}
	sums := &loads{sums: map[loadKey]*plan.Load{}}
	for _, l := range lines {
		*sums.of(l.EmployeeID, l.Guards) = l
	}
	sums.add(now, 1)
	sums.add(was, -1)
	out.loads = sums.lines()
	return nil
}
