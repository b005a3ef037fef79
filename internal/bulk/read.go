package bulk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// row is what one row of an edit file asks for, in as few bytes as possible: a
// million of them are held until the file is read, because duplicates and
// merged cells are known only then, and sorted, because the database is read
// and written in the order of ids.
type row struct {
	id      int64
	version int64 // 0: the cell is blank
	number  int32
	name    uint32 // where in names the name begins
	people  wish
	fields  uint32 // where in fieldCells.rows the row begins
	nameLen uint16
	status  active
	flags   flags
}

type flags uint8

const (
	failed    flags = 1 << iota // understood that it is not understood
	duplicate                   // says again what an earlier row says
	merged                      // shares a merged cell
	mended                      // was read with a mending
)

// Problems of a row are numbered by the step that found them, so that each step
// can write without knowing what the others wrote. A step's numbers must have room
// for problemsAtMost of one cell and one or two of every other.
const (
	problemsOfCells   = 0
	problemsOfFormula = 200
	problemOfMerge    = 398
	problemOfTwins    = 399
	problemsOfRecord  = 400
	problemOfApplying = 900
	problemsAtMost    = 100 // by one cell; a list of more wrong logins says enough with these
)

// reading turns a file into rows.
type reading struct {
	*job
	file     *source
	status   *statusCell
	people   *peopleCell
	mends    *mends
	only     *rowsOnly   // the rows that are planned anew; nil: all are
	fields   *fieldCells // nil: the file edits none
	byPlace  map[int]string
	rows     []row
	names    []byte
	long     map[string]uint32 // where in names a long one begins
	problems []plan.Problem    // not yet written
	hidden   int64
	last     int // number of the row read last
}

// problemsAtHand is how many problems are gathered before they are written.
const problemsAtHand = 2000

// read reads the whole file. Problems are written as they are found.
func (r *reading) read() error {
	columns := r.file.header.columns
	for n := 0; r.file.rows.Next(); n++ {
		if in := r.file.rows.Row(); r.only.wants(r, in) {
			r.one(in, columns)
		}
		if n%1024 == 0 || len(r.problems) >= problemsAtHand || len(r.mends.used) >= problemsAtHand {
			if err := r.step(); err != nil {
				return err
			}
		}
	}
	if err := r.file.rows.Err(); err != nil {
		return refused(err)
	}
	r.merges(columns, r.file.rows.Merges())
	return r.flush()
}

// step writes what has been gathered when there is enough of it, and shows
// progress: reading and sorting are the first half of the check.
func (r *reading) step() error {
	if r.only != nil {
		return nil
	}
	done, total := r.file.rows.Progress()
	r.imp.Total = progressWhole
	if total > 0 {
		r.imp.Done = done * progressRead / total
	}
	if len(r.problems) >= problemsAtHand || len(r.mends.used) >= problemsAtHand {
		return r.flush()
	}
	return r.saveNowAndThen()
}

func (r *reading) flush() error {
	if r.only != nil {
		return nil // whoever plans some rows anew takes it from here
	}
	if len(r.problems) == 0 && len(r.mends.used) == 0 {
		return r.saveNowAndThen()
	}
	problems, used := r.problems, r.mends.take()
	r.problems = r.problems[:0]
	return r.save(func(tx *store.Tx) error {
		return errors.Join(tx.AddProblems(r.imp.ID, problems), tx.AddMended(r.imp.ID, used))
	})
}

// one reads one row of the file.
func (r *reading) one(in sheet.Row, columns map[string]plan.Column) {
	counts := &r.imp.Counts
	counts.Blank += int64(in.Number - r.last - 1) // sheet hands out no row without cells
	r.last = in.Number
	if blankRow(in) {
		counts.Blank++
		return
	}
	if in.Hidden {
		r.hidden++
		if len(r.imp.Summary.HiddenSeen) < hiddenNamed {
			r.imp.Summary.HiddenSeen = append(r.imp.Summary.HiddenSeen, in.Number)
		}
		if r.imp.Options.Hidden == plan.SkipHidden {
			return
		}
	}
	counts.Read++
	out := row{number: int32(in.Number)}
	before := len(r.problems)
	if last := len(in.Cells) - 1; r.file.csv && last >= 0 && in.Cells[last].Col >= r.file.header.fields {
		r.fail(&out, "", complaint{code: "ragged_row", args: map[string]any{"fields": in.Fields, "columns": r.file.header.fields}})
	}
	r.cells(&out, in)
	r.blankMended(&out, in, columns)
	if out.id == 0 && out.flags&failed == 0 && !r.creates() {
		r.fail(&out, entity.ID, complaint{code: "id_missing"})
	}
	if out.flags&mended != 0 {
		counts.Mended++
	}
	r.number(before, &out)
	if out.id == 0 && !r.creates() {
		counts.Failed++ // every row without an id has failed; the others are counted when they are compared
		return
	}
	r.room()
	r.rows = append(r.rows, out)
}

// room makes room for as many rows as there will be, as far as can be told from
// what has been read: a list that grows by itself is in memory twice each time.
func (r *reading) room() {
	const few = 4096
	n := len(r.rows)
	if n < cap(r.rows) || n < few || r.only != nil {
		return
	}
	done, total := r.file.rows.Progress()
	if expected := int64(n) * total / max(done, 1); expected > int64(n) {
		r.rows = slices.Grow(r.rows, int(min(expected+expected/32, sheetRows))-n+few)
	}
}

// hiddenNamed is how many hidden rows are named in the warning about them.
const hiddenNamed = 20

func (r *reading) cells(out *row, in sheet.Row) {
	if r.fields != nil {
		out.fields = r.fields.begin()
	}
	for _, c := range in.Cells {
		column, there := r.byPlace[c.Col]
		if !there {
			continue
		}
		r.cell(out, column, c)
		if c.Formula && !c.NoValue {
			r.warn(out, column, "computed_by_formula", string(c.Text))
		}
	}
}

// cell reads a cell, or what somebody has said it means.
func (r *reading) cell(out *row, column string, c sheet.Cell) {
	if m, ok := r.mends.cell(r.at(out), column); ok {
		r.mend(out, m)
		c = asCell(c.Col, m.With)
	}
	wrong := r.understand(out, column, c)
	if len(wrong) > 0 {
		if m, ok := r.mends.value(column, string(c.Text)); ok {
			r.mend(out, m)
			wrong = r.understand(out, column, asCell(c.Col, m.With))
		}
	} else if m, ok := r.meantFor(out, column, c); ok {
		r.mend(out, m)
		wrong = r.understand(out, column, asCell(c.Col, m.With))
	}
	for _, w := range wrong[:min(len(wrong), problemsAtMost)] {
		r.fail(out, column, w)
	}
}

// meantFor is what somebody has said a value means that would otherwise be added
// to a directory.
func (r *reading) meantFor(out *row, column string, c sheet.Cell) (*plan.Mending, bool) {
	if !r.creates() || len(r.mends.values) == 0 {
		return nil, false
	}
	n := r.fields.at(column)
	if n < 0 || r.fields.asks[r.fields.of(out)[n]].verb != fresh {
		return nil, false
	}
	return r.mends.value(column, string(c.Text))
}

// mend notes that a row was read with mendings.
func (r *reading) mend(out *row, with ...*plan.Mending) {
	if len(with) > 0 {
		out.flags |= mended
		r.mends.note(r.at(out), with...)
	}
}

// blankMended reads the cells of a row that somebody has filled where the file
// has none.
func (r *reading) blankMended(out *row, in sheet.Row, columns map[string]plan.Column) {
	for _, m := range r.mends.cells[r.at(out)] {
		at, there := columns[m.Field]
		if there && !slices.ContainsFunc(in.Cells, func(c sheet.Cell) bool { return c.Col == at.Place }) {
			r.cell(out, m.Field, sheet.Cell{Col: at.Place})
		}
	}
}

// understand reads a cell into a row, and says what is wrong with it.
func (r *reading) understand(out *row, column string, c sheet.Cell) []complaint {
	var wrong *complaint
	switch column {
	case entity.ID:
		if r.creates() {
			wrong = strayID(c)
		} else {
			out.id, _, wrong = parseID(c)
		}
	case entity.Version:
		out.version, _, wrong = parseVersion(c)
	case entity.Active:
		out.status, wrong = r.status.parse(c)
	case entity.Responsibles:
		people, wrong := r.people.parse(c)
		out.people = people
		r.mend(out, r.people.used...)
		return wrong
	case nameColumn:
		if r.imp.Options.Rename || r.creates() {
			wrong = r.field(out, column, c)
		} else {
			wrong = r.name(out, c)
		}
	default:
		wrong = r.field(out, column, c)
	}
	if wrong == nil {
		return nil
	}
	return []complaint{*wrong}
}

func (r *reading) name(out *row, c sheet.Cell) *complaint {
	switch {
	case c.NoValue:
		return &complaint{code: "formula_without_value"}
	case c.Kind == sheet.ErrorValue:
		return &complaint{code: "cell_error", value: string(c.Text)}
	}
	text := string(c.Text)
	if len(text) > maxName {
		text = text[:maxName] // longer than any title: it differs from every one either way
	}
	out.nameLen = uint16(len(text))
	out.name = r.keepName(text)
	return nil
}

// maxName is how many bytes of a name are kept. One of more than longName is
// kept once however often the file repeats it, or a small file could fill the
// memory.
const (
	maxName  = 4096
	longName = 100
)

// keepName gives the place of a name in names.
func (r *reading) keepName(text string) uint32 {
	if len(text) > longName {
		if at, seen := r.long[text]; seen {
			return at
		}
		if r.long == nil {
			r.long = map[string]uint32{}
		}
		r.long[text] = uint32(len(r.names))
	}
	at := uint32(len(r.names))
	r.names = append(r.names, text...)
	return at
}

// sameName compares the name of a file with a record's: regardless of case, of
// what cannot be seen at the ends, and of how spaces and accents were typed.
func sameName(a, b string) bool { return a == b || foldName(a) == foldName(b) }

func foldName(s string) string { return entity.Squeeze(strings.TrimFunc(entity.FoldCase(s), blank)) }

func (r *reading) nameOf(w *row) string { return string(r.names[w.name : w.name+uint32(w.nameLen)]) }

// at is the place of a row.
func (r *reading) at(w *row) int64 { return plan.At(r.file.number, int64(w.number)) }

// fail says why a row is not understood.
func (r *reading) fail(out *row, column string, c complaint) {
	out.flags |= failed
	r.problems = append(r.problems, c.problem(r.at(out), column))
}

func (r *reading) warn(out *row, column, code, value string) {
	r.problems = append(r.problems, plan.Problem{Row: r.at(out), N: problemsOfFormula, Outcome: plan.Warning, Field: column, Code: code, Value: quoted(value)})
	r.imp.Counts.Warnings++
}

// number numbers the problems of a row that were just gathered and ties them to
// its record.
func (r *reading) number(from int, out *row) {
	for n := from; n < len(r.problems); n++ {
		r.problems[n].N += n - from
		r.problems[n].RecordID = out.id
	}
}

// blankRow tells whether nothing is to be seen in a row.
func blankRow(in sheet.Row) bool {
	for _, c := range in.Cells {
		if c.NoValue || c.Kind != sheet.Empty && (c.Kind != sheet.Text || !isBlank(string(c.Text))) {
			return false
		}
	}
	return true
}

// creates tells whether the rows are to become records.
func (r *reading) creates() bool { return r.imp.Mode == plan.Create }

// merges fails the rows that share a merged cell of a column that counts: only
// the first of the cells has a value, whatever the eye sees.
func (r *reading) merges(columns map[string]plan.Column, list []sheet.Range) {
	for _, m := range list {
		column, at := "", plan.Column{Place: m.LastCol + 1}
		for name, c := range columns { // the leftmost one
			if m.FirstCol <= c.Place && c.Place < at.Place {
				column, at = name, c
			}
		}
		if column != "" {
			r.merged(m, column, at)
		}
	}
}

func (r *reading) merged(m sheet.Range, column string, at plan.Column) {
	if m.FirstRow == m.LastRow && m.FirstCol == m.LastCol {
		return
	}
	first, _ := slices.BinarySearchFunc(r.rows, int32(m.FirstRow), func(w row, n int32) int { return cmp.Compare(w.number, n) })
	for n := first; n < len(r.rows) && int(r.rows[n].number) <= m.LastRow; n++ {
		if _, said := r.mends.cell(r.at(&r.rows[n]), column); said || r.rows[n].flags&merged != 0 {
			continue
		}
		r.rows[n].flags |= failed | merged
		cells := fmt.Sprintf("%s%d:%s%d", sheet.ColumnName(m.FirstCol), m.FirstRow, sheet.ColumnName(m.LastCol), m.LastRow)
		r.problems = append(r.problems, plan.Problem{
			Row: r.at(&r.rows[n]), N: problemOfMerge, RecordID: r.rows[n].id, Outcome: plan.RowFailed, Field: column,
			Code: "merged_cells", Args: map[string]any{"cells": cells, "heading": at.Heading},
		})
	}
}

// sortRows brings the rows into the order of ids, and within an id of the file.
func (r *reading) sortRows() {
	byID := func(a, b row) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.number, b.number)) }
	if !slices.IsSortedFunc(r.rows, byID) {
		slices.SortFunc(r.rows, byID)
	}
}

// twins finds ids that stand in several rows. Rows that say the same are one
// change, and the later ones are told so; rows that contradict each other have
// failed, all of them: nobody knows which is meant.
func (r *reading) twins() error {
	for from := 0; from < len(r.rows); {
		upto := from + 1
		for upto < len(r.rows) && r.rows[upto].id == r.rows[from].id {
			upto++
		}
		if upto-from > 1 {
			r.judge(r.rows[from:upto])
		}
		from = upto
		if len(r.problems) >= problemsAtHand {
			if err := r.flush(); err != nil {
				return err
			}
		}
	}
	return r.flush()
}

func (r *reading) judge(same []row) {
	agree := true
	for n := range same {
		agree = agree && same[n].flags&failed == 0 && r.equal(&same[0], &same[n])
	}
	if agree {
		for n := 1; n < len(same); n++ {
			same[n].flags |= duplicate
			r.imp.Counts.Warnings++
			r.problems = append(r.problems, plan.Problem{
				Row: r.at(&same[n]), N: problemOfTwins, RecordID: same[n].id, Outcome: plan.Warning, Field: entity.ID,
				Code: "duplicate_row", Args: map[string]any{"row": int64(same[0].number)}, Value: fmt.Sprint(same[n].id),
			})
		}
		return
	}
	const named = 5
	var numbers []string
	for n := range same[:min(len(same), named)] {
		numbers = append(numbers, fmt.Sprint(same[n].number))
	}
	if len(same) > named {
		numbers = append(numbers, "…")
	}
	for n := range same {
		same[n].flags |= failed
		r.problems = append(r.problems, plan.Problem{
			Row: r.at(&same[n]), N: problemOfTwins, RecordID: same[n].id, Outcome: plan.RowFailed, Field: entity.ID,
			Code: "duplicate_conflict", Args: map[string]any{"rows": strings.Join(numbers, ", ")}, Value: fmt.Sprint(same[n].id),
		})
	}
}

func (r *reading) equal(a, b *row) bool {
	return a.status == b.status && a.version == b.version && r.people.same(a.people, b.people) &&
		r.nameOf(a) == r.nameOf(b) && r.fields.same(a, b)
}

// describe notes in the summary what the file is like as a whole.
func (r *reading) describe() {
	s, h := &r.imp.Summary, r.file.header
	s.Sheet, s.HeaderRow, s.Columns, s.Ignored = r.file.sheet, h.row, h.columns, append(s.Ignored, h.ignored...)
	_, version := h.columns[entity.Version]
	_, status := h.columns[entity.Active]
	_, people := h.columns[entity.Responsibles]
	if !r.creates() { // of new records nobody misses them
		s.NoVersion, s.NoStatus, s.NoPeople = s.NoVersion || !version, s.NoStatus || !status, s.NoPeople || !people
	}
	for _, w := range r.file.warnings {
		if r.file.number > 0 {
			break // said of the first sheet
		}
		s.Warnings = append(s.Warnings, fault.Error{Code: fault.Refused, Key: "file." + string(w.Code), Args: w.Args})
		r.imp.Counts.Warnings++
	}
}
