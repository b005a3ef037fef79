package bulk

import (
	"cmp"
	"errors"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/sheet"
)

// planCreate makes the plan of a file of new records. Its rows need no order but
// the file's, so they are read, understood and written a part at a time, however
// many there are. The file is read twice: its merged cells are known only at its
// end, and the records need numbers, one after the other.
func (j *job) planCreate() error {
	only, err := j.partOfNew()
	if err != nil {
		return err
	}
	rows, merges, err := j.survey(only)
	if err != nil {
		return err
	}
	file, sheets, err := j.openPart(j.ctx, j.imp, only)
	if err != nil {
		j.imp.Summary.Sheets = sheets
		return err
	}
	err = j.planNew(file, rows, merges)
	if closed := file.close(); err == nil {
		err = closed
	}
	return err
}

// partOfNew is the sheet to be read: the one asked for, or named like the section;
// else the file decides.
func (j *job) partOfNew() (part, error) {
	only := part{entity: j.imp.Entity, sheet: j.imp.Options.Sheet}
	h := j.headingsOf(j.imp, j.imp.Entity)
	book, err := sheet.Open(j.store.OpenFile(j.ctx, j.imp), j.imp.File.Size, sheet.Options{Name: j.imp.File.Name, KnownHeader: h.isHeader})
	if err != nil {
		return only, refused(err)
	}
	defer func() { _ = book.Close() }() // only read from
	if err := j.findCorrected(book); err != nil || only.sheet != "" {
		return only, err
	}
	for _, info := range book.Sheets() {
		if info.Rows && !info.Hidden && len(book.Sheets()) > 1 && sectionNamed(j.imp.Catalog, j.locales, info.Name) == only.entity {
			only.sheet = info.Name
		}
	}
	return only, nil
}

// survey counts the rows of a file and finds its merged cells.
func (j *job) survey(p part) (rows int64, merges []sheet.Range, err error) {
	file, sheets, err := j.openPart(j.ctx, j.imp, p)
	if err != nil {
		j.imp.Summary.Sheets = sheets
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	for file.rows.Next() {
		if rows++; rows%planChunk != 0 {
			continue
		}
		if done, total := file.rows.Progress(); total > 0 {
			j.imp.Done = done * (progressWhole / 4) / total
		}
		if err := j.saveNowAndThen(); err != nil {
			return 0, nil, err
		}
	}
	merges = slices.Clone(file.rows.Merges())
	slices.SortFunc(merges, func(a, b sheet.Range) int { return cmp.Compare(a.FirstRow, b.FirstRow) })
	return rows, merges, refused(file.rows.Err())
}

// creating is the work of planning new records.
type creating struct {
	*planner
	r      *reading
	merges []sheet.Range
	mate   *entity.Entity // the kind of the companion; nil: there is none
	flag   *entity.Field  // by which it belongs to its record
	next   int64          // number of the next record
	step   int64          // from one record's number to the next one's
	values map[valueKey]*entity.DirectoryValue
	rows   map[uint64]int32 // of what the rows so far say: the first that says so
}

type valueKey struct{ directory, folded string }

func (j *job) planNew(file *source, rows int64, merges []sheet.Range) error {
	c := &creating{merges: merges, step: 1, values: map[valueKey]*entity.DirectoryValue{}, rows: map[uint64]int32{}}
	if c.mate, c.flag = j.imp.Catalog.Companion(file.entity); c.mate != nil {
		c.step = plan.Mate(0) + 1
	}
	var err error
	if c.planner, err = j.newPlanner(rows); err != nil {
		return err
	}
	defer c.countLoads()()
	if err := j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
		if c.r, err = j.newReading(tx, file); err != nil {
			return err
		}
		known, err := tx.ImportValues(j.imp.ID) // of a check before
		for n := range known {
			c.values[valueKey{known[n].Directory, entity.Fold(known[n].Name)}] = &known[n]
		}
		return err
	}); err != nil {
		return err
	}
	c.r.describe()
	if rows > 0 {
		if err := j.save(func(tx *store.Tx) (err error) {
			c.next, err = tx.TakeIDs(j.imp.ID, rows*c.step)
			return err
		}); err != nil {
			return err
		}
	}
	if err := c.read(); err != nil {
		return err
	}
	j.imp.Summary.HiddenRows, j.imp.Summary.HiddenLeft = c.r.hidden, j.imp.Options.Hidden == plan.SkipHidden
	return c.finishPlan()
}

// read goes through the file, a part at a time.
func (c *creating) read() error {
	r := c.r
	for more := true; more; {
		for more = r.file.rows.Next(); more; more = len(r.rows) < planChunk && r.file.rows.Next() {
			r.one(r.file.rows.Row(), r.file.header.columns)
		}
		more = len(r.rows) >= planChunk
		if err := r.file.rows.Err(); err != nil {
			return refused(err)
		}
		if done, total := r.file.rows.Progress(); total > 0 {
			c.imp.Done = progressWhole/4 + done*(progressWhole*3/4)/total
		}
		if err := c.part(); err != nil {
			return err
		}
	}
	return nil
}

// part plans the rows that were read and forgets them.
func (c *creating) part() error {
	r := c.r
	c.spoilMerged()
	if err := c.nameValues(); err != nil {
		return err
	}
	if err := c.store.Read(c.ctx, c.imp.Workspace, c.planRows); err != nil {
		return err
	}
	for n := range r.problems { // of rows that have got a number
		if at, planned := slices.BinarySearchFunc(c.changes, r.problems[n].Row, func(p plan.Change, row int64) int { return cmp.Compare(p.Row, row) }); planned {
			r.problems[n].RecordID = c.changes[at].RecordID
		}
	}
	if err := r.flush(); err != nil {
		return err
	}
	r.rows, r.names, r.long = r.rows[:0], r.names[:0], nil
	if r.fields != nil {
		r.fields.forget()
	}
	return c.flush()
}

// spoilMerged fails those of the rows that share a merged cell.
func (c *creating) spoilMerged() {
	if len(c.r.rows) == 0 || len(c.merges) == 0 {
		return
	}
	last := int(c.r.rows[len(c.r.rows)-1].number)
	upto := len(c.merges)
	for n, m := range c.merges {
		if m.FirstRow > last {
			upto = n
			break
		}
	}
	c.r.merges(c.r.file.header.columns, c.merges[:upto])
	c.merges = slices.DeleteFunc(c.merges, func(m sheet.Range) bool { return m.LastRow <= last })
}

// mostNewValues is how many values one import adds to directories; a file with
// more has something else in that column.
const mostNewValues = 5000

// nameValues gives numbers to the values of the rows that are in no directory yet.
func (c *creating) nameValues() error {
	if c.r.fields == nil {
		return nil
	}
	var added []*entity.DirectoryValue
	for n := range c.r.rows {
		for at, number := range c.r.fields.of(&c.r.rows[n]) {
			a := &c.r.fields.asks[number]
			if a.verb != fresh {
				continue
			}
			key := valueKey{c.r.fields.columns[at].field.Directory, entity.Fold(a.value)}
			if c.values[key] == nil && len(c.values) < mostNewValues {
				c.values[key] = &entity.DirectoryValue{Directory: key.directory, Name: a.value}
				added = append(added, c.values[key])
			}
		}
	}
	if len(added) == 0 {
		return nil
	}
	return c.save(func(tx *store.Tx) error {
		for _, v := range added {
			if err := tx.AddImportValue(c.imp.ID, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// unborn is a row on its way to a record.
type unborn struct {
	w         *row
	rec, mate *entity.Record
	guards    plan.Guards
	held      []plan.Problem
	faults    []plan.Problem
	spoiled   map[string]bool // columns of which something wrong was said already
}

// planRows makes plan of the rows at hand.
func (c *creating) planRows(tx *store.Tx) error {
	if err := c.lookUp(tx); err != nil {
		return err
	}
	list := make([]*unborn, 0, len(c.r.rows))
	for n := range c.r.rows {
		u, err := c.conceive(tx, &c.r.rows[n])
		if err != nil {
			return err
		}
		list = append(list, u)
	}
	if err := c.findTwins(tx, list); err != nil {
		return err
	}
	for _, u := range list {
		c.settleNew(u)
	}
	return nil
}

// conceive reads a row into a record and its companion, and says everything that
// is wrong with them.
func (c *creating) conceive(tx *store.Tx, w *row) (*unborn, error) {
	e := c.r.file.entity
	u := &unborn{w: w, rec: entity.NewRecord(e), spoiled: map[string]bool{}}
	u.rec.ID, u.rec.Active = c.next, w.status != deactivate
	if c.mate != nil {
		u.mate = entity.NewRecord(c.mate)
	}
	c.responsibles(u)
	if c.r.fields != nil {
		for n, number := range c.r.fields.of(w) {
			if err := c.fill(tx, u, c.r.fields.columns[n], c.r.fields.asks[number]); err != nil {
				return nil, err
			}
		}
	}
	c.mustHave(u, u.rec, "", "")
	if u.mate != nil {
		c.mustHave(u, u.mate, c.mate.Name+".", c.flag.OnePer)
	}
	if err := c.obey(tx, u); err != nil {
		return nil, err
	}
	if w.flags&failed == 0 && len(u.faults) == 0 {
		c.next += c.step
	}
	return u, nil
}

func (c *creating) responsibles(u *unborn) {
	after, used := c.r.people.instead(nil, c.r.people.after(u.w.people, nil))
	c.mended(c.r, u.w, used)
	if e := c.r.people.inactive(nil, after); e != nil {
		c.fault(u, entity.Responsibles, &complaint{code: "inactive_login", value: e.Login, args: map[string]any{"name": e.Name}})
	}
	u.rec.Responsibles = after
	if at := slices.IndexFunc(after, func(id int64) bool { return !c.who.MayName(id) }); at >= 0 {
		c.fault(u, entity.Responsibles, &complaint{code: "not_led", args: notLed(c.staff.byID[after[at]])})
	} else if !c.who.Scope().Sees(u.rec) {
		c.fault(u, entity.Responsibles, &complaint{code: "out_of_sight"})
	}
}

// fault says what is wrong with a field of a row.
func (c *creating) fault(u *unborn, column string, wrong *complaint) {
	u.spoiled[column] = true
	u.faults = append(u.faults, c.r.fieldProblem(u.w, &fieldColumn{column: column}, wrong))
}

// fill puts into a record what a cell asks for.
func (c *creating) fill(tx *store.Tx, u *unborn, column *fieldColumn, a ask) error {
	value, wrong, err := c.valueOf(tx, u, column, a)
	if err != nil {
		return err
	}
	if wrong != nil {
		if m, ok := c.r.mends.value(column.column, wrong.value); ok {
			c.mended(c.r, u.w, []*plan.Mending{m})
			var number uint32
			if number, wrong = c.r.fields.parse(column, asCell(0, m.With)); wrong == nil {
				if value, wrong, err = c.valueOf(tx, u, column, c.r.fields.asks[number]); err != nil {
					return err
				}
			}
		}
	}
	switch {
	case wrong != nil:
		c.fault(u, column.column, wrong)
	case a.verb == misread:
		u.spoiled[column.column] = true
	case a.verb == asIs: // the default stays
	case column.of == u.rec.Entity:
		u.rec.Set(column.field.Name, value)
	default:
		u.mate.Set(column.field.Name, value)
	}
	return nil
}

// valueOf is the canonical value that a cell asks for.
func (c *creating) valueOf(tx *store.Tx, u *unborn, column *fieldColumn, a ask) (string, *complaint, error) {
	switch a.verb {
	case become:
		return a.value, lossy(column.field, a.raw), nil
	case retired:
		return "", &complaint{code: "value_retired", value: a.raw}, nil
	case refer:
		return c.referTo(tx, u, column.field, a.raw)
	case fresh:
		v := c.values[valueKey{column.field.Directory, entity.Fold(a.value)}]
		if v == nil {
			return "", &complaint{code: "too_many_values", value: a.raw, args: map[string]any{"max": mostNewValues}}, nil
		}
		p := (&complaint{code: plan.NewValue, value: a.value, suggestion: a.near, args: map[string]any{"entity": column.of.Name}}).problem(c.r.at(u.w), column.column)
		p.Outcome = plan.Held
		u.guards, u.held = u.guards|plan.Values, append(u.held, p)
		return entity.IDsText([]int64{v.ID}), nil, nil
	}
	return "", nil, nil
}

// mustHave says which fields must not be empty and are.
func (c *creating) mustHave(u *unborn, rec *entity.Record, prefix, partner string) {
	for n := range rec.Entity.Fields {
		f := &rec.Entity.Fields[n]
		column := prefix + f.Name
		if prefix == "" && f.Name == rec.Entity.Title {
			column = nameColumn
		}
		if f.Required && !f.Derived && f.Name != partner && rec.Values[n] == "" && !u.spoiled[column] {
			c.fault(u, column, &complaint{code: "field_missing"})
		}
	}
}

// obey asks the rules of the kinds, the same that the form asks. Where a field is
// wrong, those that can be asked without it are.
func (c *creating) obey(tx *store.Tx, u *unborn) error {
	clean := len(u.spoiled) == 0 && u.w.flags&failed == 0
	if u.mate != nil {
		c.obeyCheck(u, u.mate, c.mate.Name+".")
	}
	if !clean {
		c.obeyCheck(u, u.rec, "")
		return nil
	}
	faults, err := c.kindRules(tx, records.Nothing(u.rec.Entity), u.rec)
	for _, one := range faults {
		c.fault(u, one.Field, complained(one, ""))
	}
	return err
}

// obeyCheck asks a kind's own rule. A field that was not understood counts as
// given: what it misses may be in there.
func (c *creating) obeyCheck(u *unborn, rec *entity.Record, prefix string) {
	if rec.Entity.Check == nil {
		return
	}
	asked := rec.Clone()
	for n := range asked.Entity.Fields {
		if u.spoiled[prefix+asked.Entity.Fields[n].Name] {
			asked.Values[n] = "0"
		}
	}
	for _, one := range fault.All(rec.Entity.Check(asked)) {
		c.fault(u, prefix+one.Field, complained(one, ""))
	}
}

// settleNew puts a row into the plan, or says why not.
func (c *creating) settleNew(u *unborn) {
	if u.w.flags&failed != 0 || len(u.faults) > 0 {
		c.imp.Counts.Failed++
		for _, p := range u.faults {
			c.say(p)
		}
		return
	}
	change := birth(u.rec, u.mate, c.flag)
	change.Row, change.Guards = c.r.at(u.w), u.guards
	for _, p := range u.held {
		p.RecordID = u.rec.ID
		c.say(p)
	}
	c.put(change)
}

// birth is the row of a plan that makes a record, and its companion with it.
func birth(rec, mate *entity.Record, flag *entity.Field) plan.Change {
	c := plan.Change{Entity: rec.Entity, RecordID: rec.ID, Being: plan.Comes, Fields: declared(records.Nothing(rec.Entity), rec)}
	if !rec.Active {
		c.TouchesActive, c.ActiveBefore = true, true
	}
	if len(rec.Responsibles) > 0 {
		c.TouchesResponsibles, c.ResponsiblesAfter = true, rec.Responsibles
	}
	if mate == nil {
		return c
	}
	for _, f := range declared(records.Nothing(mate.Entity), mate) {
		if f.Field != flag.Name && f.Field != flag.OnePer {
			c.Fields = append(c.Fields, entity.Change{Field: plan.MateField(mate.Entity, f.Field), Before: f.Before, After: f.After})
		}
	}
	return c
}

// declared is what differs of the declared fields.
func declared(old, now *entity.Record) []entity.Change {
	return slices.DeleteFunc(entity.Diff(old, now), func(c entity.Change) bool { return !old.Entity.Has(c.Field) })
}
