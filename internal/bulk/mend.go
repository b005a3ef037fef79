package bulk

import (
	"context"
	"slices"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// Mend is what a person says a cell means that was not understood.
type Mend struct {
	Row      int64  // the one row it is about; 0: every row where Value is wrong
	Field    string // by its catalog name
	Value    string // what is wrong, as the problem names it
	With     string // what is to be read instead
	Remember bool   // for later files too
}

// mostAtOnce is how many rows are planned anew while somebody waits; more are a
// worker's work. Of more than mostReplanned, planning all of them anew costs no
// more.
const (
	mostAtOnce    = 2000
	mostReplanned = 200_000
)

// Mend has a ready import's file read with what a person says its cells mean.
// The rows concerned are planned anew: at once when they are few, else by a
// worker, and the import goes through checking.
func (s *Service) Mend(ctx context.Context, who access.User, id int64, m Mend) (*plan.Import, error) {
	if m.Remember {
		if err := who.Must(access.Administer); err != nil {
			return nil, err
		}
	}
	return s.remend(ctx, who, id, func(r *remending) error { return r.mend(who, m) })
}

// Unmend takes a mending back. A remembered one is switched off for this import.
func (s *Service) Unmend(ctx context.Context, who access.User, id, mending int64) (*plan.Import, error) {
	return s.remend(ctx, who, id, func(r *remending) error {
		n, err := r.find(mending)
		if err != nil {
			return err
		}
		m := r.list[n]
		if r.rows, err = r.tx.MendedRows(id, mending); err != nil {
			return err
		}
		r.about, r.act = m, plan.Unmended
		if m.Memory != 0 {
			r.list[n].Off = true
		} else {
			r.list = slices.Delete(r.list, n, n+1)
		}
		return nil
	})
}

// MendAgain uses a remembered mending that was switched off for this import.
func (s *Service) MendAgain(ctx context.Context, who access.User, id, mending int64) (*plan.Import, error) {
	return s.remend(ctx, who, id, func(r *remending) error {
		n, err := r.find(mending)
		if err != nil {
			return err
		}
		r.list[n].Off = false
		r.about, r.act = r.list[n], plan.Mended
		r.rows, err = r.wrongRows(r.about.Field, r.about.Value)
		return err
	})
}

// remending is a change of what an import's cells are said to mean.
type remending struct {
	*Service
	tx       *store.Tx
	imp      *plan.Import
	by       access.User // who has begun the import
	was      *mends
	staff    *staff
	list     []plan.Mending // as it is to be
	about    plan.Mending   // the one that comes or goes
	act      plan.Act
	rows     []int64 // that it concerns
	remember bool
	choices  choices      // as they are to be
	chosen   *plan.Chosen // the choice that comes or goes, when that is what changes
}

// remend changes the mendings of a ready import and plans anew what that
// concerns. The rows are read and compared before anything is locked, so it
// begins again when somebody else has changed the plan meanwhile.
func (s *Service) remend(ctx context.Context, who access.User, id int64, alter func(*remending) error) (*plan.Import, error) {
	if err := who.Must(access.ImportRecords); err != nil {
		return nil, err
	}
	for again := 0; ; again++ {
		err := s.remendOnce(ctx, who, id, alter)
		if isMeanwhile(err) && again < tries {
			continue
		}
		if err != nil {
			return nil, err
		}
		return s.Get(ctx, who, id)
	}
}

func isMeanwhile(err error) bool {
	all := fault.All(err)
	return len(all) == 1 && all[0].Key == "error.decided_meanwhile"
}

func (s *Service) remendOnce(ctx context.Context, who access.User, id int64, alter func(*remending) error) error {
	r := &remending{Service: s}
	if err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error { return r.prepare(tx, who, id, alter) }); err != nil {
		return err
	}
	whole := r.imp.Mixed() || r.imp.Options.Related || r.imp.Mode == plan.Create // rows of several sheets, that others follow, or that are compared with each other
	wide := whole || r.about.Field == entity.ID && len(r.rows) > mostAtOnce || len(r.rows) > mostReplanned
	if whole || len(r.rows) > mostAtOnce {
		return s.checkAgain(ctx, who, r, wide)
	}
	j := &job{Service: s, ctx: ctx, imp: r.imp, who: r.by, staff: r.staff, mends: newMends(r.list), choices: r.choices}
	out, err := j.replan(r.rows, r.was)
	if err != nil {
		return err
	}
	if used := out.mends.of(r.about.ID); r.act == plan.Mended && r.about.Row == 0 && used.Rows == 0 {
		return fault.New(fault.Invalid, "error.nothing_to_mend", "value", r.about.Value) // what is wrong with it is not what it says
	}
	if out.turned {
		return s.checkAgain(ctx, who, r, true)
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, err := tx.Import(id); err != nil { // locked
			return err
		}
		if err := tx.SaveReplan(out.after); err != nil {
			return err
		}
		if err := out.write(tx, id); err != nil {
			return err
		}
		return r.writeDown(tx, who)
	})
}

// checkAgain leaves it to a worker: the rows concerned, or all of them.
func (s *Service) checkAgain(ctx context.Context, who access.User, r *remending, all bool) error {
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		only := r.about.ID
		if all {
			only = 0
		}
		if err := tx.CheckAgain(r.imp.ID, r.imp.Revision, only); err != nil {
			return err
		}
		if err := tx.PutMendings(r.imp.ID, newMends(r.list).worthKeeping()); err != nil {
			return err
		}
		return r.writeDown(tx, who)
	})
	s.nudge()
	return err
}

// prepare finds out what is to change.
func (r *remending) prepare(tx *store.Tx, who access.User, id int64, alter func(*remending) error) (err error) {
	r.tx = tx
	if r.imp, err = importFor(tx, who, id); err != nil {
		return err
	}
	if r.by, err = access.Acting(tx, r.imp.CreatedBy); err != nil {
		return err
	}
	if r.imp.State != plan.Ready {
		return fault.New(fault.Conflict, "error.import_state", "id", id, "state", string(r.imp.State))
	}
	if r.imp.Mode == plan.Undo || r.imp.Options.Task != nil {
		return fault.New(fault.Usage, "error.no_file", "id", id)
	}
	if r.was, err = loadMends(tx, r.imp, r.by.Scope()); err != nil {
		return err
	}
	if r.choices, err = loadChoices(tx, id); err != nil {
		return err
	}
	employees, err := tx.Employees(store.EmployeeQuery{})
	if err != nil {
		return err
	}
	r.staff, r.list = newStaff(employees), slices.Clone(r.was.list)
	return alter(r)
}

// writeDown keeps who has decided what, and what is to be remembered.
func (r *remending) writeDown(tx *store.Tx, who access.User) error {
	if r.chosen != nil {
		return noteChosen(tx, r.imp, who, *r.chosen)
	}
	m := r.about
	if r.remember {
		kind := 0
		if r.imp.Entity.Has(m.Field) {
			kind = r.imp.Entity.Number
		}
		if err := tx.Remember(&plan.Remembered{
			Kind: kind, Field: m.Field, Value: m.Value, With: m.With, By: who.EmployeeID, Import: r.imp.ID,
		}); err != nil {
			return err
		}
	}
	act := r.act
	if m.Row != 0 {
		act += "_cell"
	}
	return tx.AddDecision(r.imp.ID, who.EmployeeID, act, "field", m.Field, "row", m.Row, "value", m.Value, "with", m.With)
}

func (r *remending) find(mending int64) (int, error) {
	n := slices.IndexFunc(r.list, func(m plan.Mending) bool { return m.ID == mending })
	if n < 0 {
		return 0, fault.New(fault.NotFound, "error.no_such_mending", "id", mending)
	}
	return n, nil
}

// mend adds what a person says.
func (r *remending) mend(who access.User, m Mend) error {
	m.Value, m.With = strings.TrimFunc(m.Value, blank), strings.TrimFunc(m.With, blank)
	if len([]rune(m.With)) > maxCellText {
		return fault.New(fault.Invalid, "error.too_long", "max", maxCellText).In("with")
	}
	r.act, r.remember = plan.Mended, m.Remember && m.Row == 0
	next := int64(1)
	for _, one := range r.list {
		next = max(next, one.ID+1)
	}
	r.about = plan.Mending{ID: next, Row: m.Row, Field: m.Field, Value: m.Value, With: m.With, By: who.EmployeeID, At: r.tx.At()}
	if m.Row != 0 {
		return r.mendCell()
	}
	return r.mendValue()
}

// mendCell replaces one cell. What stands in it now may be right or wrong; it
// belongs to a row about which there is something to be said.
func (r *remending) mendCell() error {
	m := &r.about
	m.Value = ""
	columns := r.imp.Summary.Columns
	if n := plan.SheetOf(m.Row); n < len(r.imp.Summary.Parts) {
		columns = r.imp.Summary.Parts[n].Columns
	}
	if _, there := columns[m.Field]; !there || m.Field == entity.Version {
		return fault.New(fault.Invalid, "error.no_such_cell", "row", m.Row)
	}
	r.rows = []int64{m.Row}
	r.list = slices.DeleteFunc(r.list, func(one plan.Mending) bool {
		return one.Row == m.Row && one.Field == m.Field
	})
	problems, err := r.tx.ProblemsOfRows(r.imp.ID, r.rows)
	if err != nil {
		return err
	}
	mendable := func(p plan.Problem) bool { return p.Outcome == plan.RowFailed || p.Outcome == plan.Held }
	if len(r.list) == len(r.was.list) && !slices.ContainsFunc(problems[m.Row], mendable) {
		return fault.New(fault.Invalid, "error.no_such_cell", "row", m.Row)
	}
	r.list = append(r.list, *m)
	return nil
}

// mendValue replaces a wrong value wherever it stands.
func (r *remending) mendValue() (err error) {
	m := &r.about
	if m.Value == "" || m.With == "" {
		return fault.New(fault.Invalid, "error.mend_with_nothing").In("with")
	}
	if r.rows, err = r.wrongRows(m.Field, m.Value); err != nil {
		return err
	}
	if len(r.rows) == 0 {
		return fault.New(fault.Invalid, "error.nothing_to_mend", "value", m.Value)
	}
	if wrong := r.understands(m.Field, m.With); wrong != nil {
		return wrong
	}
	r.list = append(r.list, *m)
	return nil
}

// understands tells why a replacement would be as wrong as what it replaces.
func (r *remending) understands(field, text string) error {
	j := &job{Service: r.Service, imp: r.imp, who: r.by, staff: r.staff, mends: newMends(nil)}
	e, columns := r.imp.Entity, r.imp.Summary.Columns
	for _, p := range r.imp.Summary.Parts {
		if _, there := p.Columns[field]; there {
			e, columns = r.tx.Catalog().ByName(p.Kind), p.Columns
			break
		}
	}
	wide := wideColumns(e, columns, r.imp.Options.Rename)
	if h := r.headingsOf(r.imp, e); h.fresh != nil {
		wide = h.fresh.wide(columns)
	}
	reading, err := j.newReading(r.tx, &source{entity: e, header: &header{columns: columns, wide: wide}})
	if err != nil {
		return err
	}
	wrong := reading.understand(&row{}, field, sheet.Cell{Kind: sheet.Text, Text: []byte(text)})
	if len(wrong) > 0 {
		said := fault.New(fault.Invalid, "row."+wrong[0].code).In("with")
		said.Args = wrong[0].sentenceArgs()
		return said
	}
	if field == entity.Responsibles {
		for _, login := range split(text) {
			if e := r.staff.find(login); e != nil && !e.Active {
				return fault.New(fault.Invalid, "row.inactive_login", "value", e.Login, "name", e.Name).In("with")
			}
		}
	}
	return nil
}

// wrongRows are the rows that have failed by a value of a field.
func (r *remending) wrongRows(field, value string) ([]int64, error) {
	return wrongRows(r.tx, r.imp.ID, field, value)
}

func wrongRows(tx *store.Tx, importID int64, field, value string) (rows []int64, err error) {
	wanted := wrongValue(value)
	err = tx.WrongCells(importID, field, func(row int64, value string) {
		if wrongValue(value) == wanted && (len(rows) == 0 || rows[len(rows)-1] != row) {
			rows = append(rows, row)
		}
	})
	return rows, err
}

// write puts the rows into the plan as they are now.
func (out *replanned) write(tx *store.Tx, id int64) error {
	if err := tx.DropRows(id, out.rows, out.records); err != nil {
		return err
	}
	if err := tx.AddChanges(id, out.changes); err != nil {
		return err
	}
	if err := tx.AddProblems(id, out.problems); err != nil {
		return err
	}
	return out.writeSums(tx, id)
}

func (out *replanned) writeSums(tx *store.Tx, id int64) error {
	if err := tx.AddMended(id, out.used); err != nil {
		return err
	}
	if err := tx.PutLoads(id, out.loads); err != nil {
		return err
	}
	return tx.PutMendings(id, out.mends.worthKeeping())
}

// replanOnly is the worker's way of planning anew what a mending concerns. Should
// it be cut off, whoever goes on plans all rows anew: Replans is 0 by then.
func (j *job) replanOnly() error {
	if err := j.loadStaff(); err != nil {
		return err
	}
	i := j.imp
	var rows []int64
	if err := j.store.Read(j.ctx, i.Workspace, func(tx *store.Tx) (err error) {
		if rows, err = tx.MendedRows(i.ID, i.Replans); err != nil {
			return err
		}
		m := j.mends.of(i.Replans)
		if m == nil || m.Off {
			return nil
		}
		wrong, err := wrongRows(tx, i.ID, m.Field, m.Value)
		rows = entity.SortedSet(append(rows, wrong...))
		return err
	}); err != nil {
		return err
	}
	i.Replans, i.Done, i.Total = 0, 0, progressWhole
	if err := j.save(nil); err != nil {
		return err
	}
	out, err := j.replan(rows, j.mends)
	if err != nil {
		return err
	}
	if out.turned {
		return j.check()
	}
	return j.writeReplanned(out)
}

// writeReplanned writes many rows, a part of them at a time.
func (j *job) writeReplanned(out *replanned) error {
	i, whole := j.imp, len(out.rows)+len(out.records)+len(out.changes)+len(out.problems)
	done := 0
	part := func(n int, write func(tx *store.Tx, from, upto int) error) error {
		for from := 0; from < n; from += planChunk {
			upto := min(from+planChunk, n)
			i.Done = int64(progressWhole * (done + upto) / max(whole, 1))
			if err := j.save(func(tx *store.Tx) error { return write(tx, from, upto) }); err != nil {
				return err
			}
		}
		done += n
		return nil
	}
	steps := []struct {
		n     int
		write func(tx *store.Tx, from, upto int) error
	}{
		{len(out.rows), func(tx *store.Tx, from, upto int) error { return tx.DropRows(i.ID, out.rows[from:upto], nil) }},
		{len(out.records), func(tx *store.Tx, from, upto int) error { return tx.DropRows(i.ID, nil, out.records[from:upto]) }},
		{len(out.changes), func(tx *store.Tx, from, upto int) error { return tx.AddChanges(i.ID, out.changes[from:upto]) }},
		{len(out.problems), func(tx *store.Tx, from, upto int) error { return tx.AddProblems(i.ID, out.problems[from:upto]) }},
		{len(out.used), func(tx *store.Tx, from, upto int) error { return tx.AddMended(i.ID, out.used[from:upto]) }},
	}
	for _, step := range steps {
		if err := part(step.n, step.write); err != nil {
			return err
		}
	}
	out.used = nil
	i.Counts, i.HeldBy, i.Done, i.State = out.after.Counts, out.after.HeldBy, i.Total, plan.Ready
	i.Summary.Moves, i.Summary.Sight = out.after.Summary.Moves, out.after.Summary.Sight
	return j.save(func(tx *store.Tx) error { return out.writeSums(tx, i.ID) })
}
