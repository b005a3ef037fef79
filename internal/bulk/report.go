package bulk

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// Report writes the rows that were not applied (failed, held back, in conflict)
// as an edit file: the same columns, the reason in a column of its own, the
// cells at fault coloured. Corrected and uploaded again, it is an import like
// any other.
func (s *Service) Report(ctx context.Context, who access.User, id int64, format sheet.Format, language string, w io.Writer) error {
	if err := who.Must(access.SeeImports); err != nil {
		return err
	}
	r := &report{service: s, ctx: ctx, format: format, who: who, locale: s.locales.Get(language).With(who.Catalog), zone: zoneOf(who)}
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if r.imp, err = importFor(tx, who, id); err != nil {
			return err
		}
		if err := kept(r.imp); err != nil {
			return err
		}
		employees, err := tx.Employees(store.EmployeeQuery{})
		if err != nil {
			return err
		}
		r.staff = newStaff(employees)
		for _, e := range employees {
			if e.Active && who.MayName(e.ID) {
				r.active = append(r.active, e)
			}
		}
		list, err := tx.Mendings(id)
		r.mends = newMends(list)
		return err
	})
	if err != nil {
		return err
	}
	if r.imp.CheckedAt.IsZero() {
		return fault.New(fault.Conflict, "error.import_state", "id", id, "state", string(r.imp.State))
	}
	if err := r.findBlast(); err != nil {
		return err
	}
	if r.out, err = sheet.NewWriter(w, format); err != nil {
		return err
	}
	if r.imp.Mode == plan.Undo || r.imp.Options.Task != nil {
		err = r.fromPlan(0)
	} else {
		err = r.fromFile()
	}
	if err != nil {
		return err
	}
	if format != sheet.CSV && format != sheet.TSV {
		err = r.beside()
	}
	if err != nil {
		return err
	}
	return r.out.Close()
}

// beside is the sheets that stand beside the rows: whom to choose from, and whose
// rows these are.
func (r *report) beside() error {
	t := template{entity: r.imp.Entity, locale: r.locale, employees: r.active, out: r.out}
	if err := t.logins(); err != nil || r.imp.Mode == plan.Undo {
		return err
	}
	return r.mark()
}

// zoneOf is where a user's clock stands; UTC when nobody knows.
func zoneOf(who access.User) *time.Location {
	zone, err := time.LoadLocation(who.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

type report struct {
	service *Service
	ctx     context.Context
	who     access.User
	imp     *plan.Import
	locale  *locale.Locale
	zone    *time.Location
	staff   *staff
	out     *sheet.Writer
	active  []*entity.Employee
	mends   *mends

	format   sheet.Format
	sheets   int  // begun
	date1904 bool // how the file counts days

	batch []plan.Problem // the next problems, in the order of the file
	after int64          // rows up to this one have been handed out
	all   bool           // the batch is the last one

	blast  []plan.Problem // of rows held because too much would change at once, of which nothing else need be said
	at     int            // in blast
	peeked []plan.Problem // the next row of which something was said
}

// reportBatch is how many problems are read at a time.
const reportBatch = 5000

// nextSaid is the problems of the next row that belongs into the report; none at
// the end.
func (r *report) nextSaid() ([]plan.Problem, error) {
	for {
		for len(r.batch) > 0 {
			n := 1
			for n < len(r.batch) && r.batch[n].Row == r.batch[0].Row {
				n++
			}
			if n == len(r.batch) && !r.all {
				break // the row may go on in the next batch
			}
			row := r.batch[:n]
			r.batch, r.after = r.batch[n:], row[0].Row
			belongs, err := r.belongs(row)
			if err != nil || belongs {
				return row, err
			}
		}
		if r.all {
			return nil, nil
		}
		if err := r.service.store.Read(r.ctx, r.imp.Workspace, func(tx *store.Tx) (err error) {
			r.batch, err = tx.ProblemsAfter(r.imp.ID, r.after, reportBatch)
			r.all = len(r.batch) < reportBatch
			return err
		}); err != nil {
			return nil, err
		}
	}
}

// belongs tells whether a row was left undone: warnings alone do not put it into
// the report, nor does a guard that was accepted.
func (r *report) belongs(row []plan.Problem) (bool, error) {
	held := false
	for _, p := range row {
		switch p.Outcome {
		case plan.RowFailed, plan.Conflict:
			return true, nil
		case plan.Held:
			held = true
		}
	}
	if !held || r.imp.Accepted == 0 {
		return held, nil
	}
	var changes []plan.Change
	err := r.service.store.Read(r.ctx, r.imp.Workspace, func(tx *store.Tx) (err error) {
		changes, err = tx.Changes(r.imp.ID, row[0].RecordID-1, 1)
		return err
	})
	return err == nil && len(changes) == 1 && !r.whole(&changes[0]), err
}

// whole tells whether a row was written with all of its fields.
func (r *report) whole(c *plan.Change) bool {
	kept := c.Kept(r.imp.Accepted)
	return selected(r.imp, c) && kept.Empty()
}

// fromFile takes the rows out of the file itself, as they were written there, and
// adds those of records that follow others.
func (r *report) fromFile() error {
	problems, err := r.next()
	if err != nil {
		return err
	}
	parts := r.service.partsRead(r.imp)
	for _, p := range parts {
		if len(parts) > 1 && (problems == nil || plan.SheetOf(problems[0].Row) != p.number) {
			continue
		}
		if problems, err = r.part(p, problems); err != nil {
			return err
		}
	}
	if problems == nil && r.sheets > 0 {
		return nil
	}
	return r.fromPlan(plan.At(plan.Following, 0))
}

// part writes the rows of one sheet, beginning with the one that has these
// problems; it answers those of the first row behind the sheet.
func (r *report) part(p part, problems []plan.Problem) ([]plan.Problem, error) {
	file, _, err := r.service.openPart(r.ctx, r.imp, p)
	if err != nil {
		return nil, fmt.Errorf("open the file of import %d again: %w", r.imp.ID, err)
	}
	r.date1904 = file.book.Date1904()
	width := r.width(file.header)
	err = r.begin(file.header, width, r.sheetName(p.entity))
	for err == nil && problems != nil && plan.SheetOf(problems[0].Row) == p.number {
		found := false
		for !found && file.rows.Next() {
			found = int64(file.rows.Row().Number) == plan.RowOf(problems[0].Row)
		}
		if !found {
			err = file.rows.Err()
			if err == nil {
				err = fmt.Errorf("import %d: row %d is not in the file any more", r.imp.ID, problems[0].Row)
			}
			break
		}
		if err = r.out.Row(r.row(file.header, width, file.rows.Row(), problems)); err == nil {
			problems, err = r.next()
		}
	}
	if closed := file.close(); err == nil {
		err = closed
	}
	return problems, err
}

// width is how many columns of the file come back. The reasons of an earlier
// report do not: the new ones stand in their place.
func (r *report) width(h *header) int {
	last := foldHeading(h.others[h.fields-1])
	for _, tag := range r.service.locales.Languages() {
		if last == foldHeading(r.service.locales.Get(tag).T("report.reason")) {
			return h.fields - 1
		}
	}
	return h.fields
}

func (r *report) begin(h *header, width int, name string) error {
	if r.sheets++; r.sheets > 1 && (r.format == sheet.CSV || r.format == sheet.TSV) {
		return fault.New(fault.Usage, "error.several_sheets")
	}
	spec := sheet.Spec{Name: name, FreezeRows: 1, AutoFilter: true}
	texts := make([]sheet.Value, width+1)
	for range texts {
		spec.Columns = append(spec.Columns, sheet.Column{Width: 24})
	}
	for name, c := range h.columns {
		texts[c.Place] = sheet.Value{Kind: sheet.Text, Text: cut(strings.Map(printable, c.Heading)), Style: sheet.Header}
		switch name {
		case entity.Active:
			spec.Validations = append(spec.Validations, statusList(r.locale, c.Place))
		case entity.Responsibles:
			spec.Columns[c.Place] = sheet.Column{Width: 44, Text: true}
			spec.Validations = append(spec.Validations, loginList(r.locale, c.Place, len(r.active)))
		case entity.Version:
			spec.Columns[c.Place].Hidden = true
		}
	}
	for place, text := range h.others {
		if place >= width {
			continue
		}
		texts[place] = sheet.Value{Kind: sheet.Text, Text: cut(strings.Map(printable, text)), Style: sheet.Header}
	}
	texts[width] = sheet.Value{Kind: sheet.Text, Text: r.locale.T("report.reason"), Style: sheet.Header}
	spec.Columns[width].Width = 90
	if r.sheets > 1 && r.format == sheet.ODS {
		spec.Validations = nil // only its first sheet can have drop-downs
	}
	if err := r.out.Sheet(spec); err != nil {
		return err
	}
	return r.out.Row(texts)
}

func (r *report) row(h *header, width int, in sheet.Row, problems []plan.Problem) []sheet.Value {
	out := make([]sheet.Value, width+1)
	for _, c := range in.Cells {
		if c.Col < width {
			out[c.Col] = r.copied(c)
		}
	}
	r.asMended(h, problems[0].Row, out)
	if at, ok := h.columns[entity.ID]; ok && problems[0].RecordID > 0 && r.imp.Mode != plan.Create {
		out[at.Place] = sheet.Value{Kind: sheet.Number, Text: strconv.FormatInt(problems[0].RecordID, 10)}
	}
	var reasons []string
	for _, p := range problems {
		reasons = append(reasons, Explain(r.locale, r.zone, p))
		if at, ok := h.columns[p.Field]; ok {
			out[at.Place].Style = styleOf(p.Outcome, out[at.Place].Style)
		}
	}
	out[width] = sheet.Value{Kind: sheet.Text, Text: cut(strings.Map(printable, strings.Join(reasons, " "))), Style: sheet.Wrap}
	return out
}

// asMended puts what was mended in the place of what the file says: a row that has
// another fault besides must not come back with the mended one.
func (r *report) asMended(h *header, row int64, out []sheet.Value) {
	for field, at := range h.columns {
		if at.Place >= len(out) {
			continue
		}
		was := out[at.Place]
		if m, ok := r.mends.cell(row, field); ok {
			out[at.Place] = textValue(m.With)
		} else if m, ok := r.mends.value(field, was.Text); ok && (field != entity.Responsibles || r.staff.find(was.Text) == nil) {
			out[at.Place] = textValue(m.With)
		} else if field == entity.Responsibles && was.Kind == sheet.Text {
			out[at.Place] = textValue(r.mendedList(was.Text))
		}
	}
}

// mendedList is a list of logins with the mended ones in the place of the wrong.
func (r *report) mendedList(text string) string {
	items := split(text)
	changed := false
	for n, item := range items {
		sign := ""
		if strings.HasPrefix(item, "+") || strings.HasPrefix(item, "-") {
			sign, item = item[:1], strings.TrimFunc(item[1:], blank)
		}
		if m, ok := r.mends.value(entity.Responsibles, item); ok && r.staff.find(item) == nil && len(split(m.With)) == 1 {
			items[n], changed = sign+m.With, true
		}
	}
	if !changed {
		return text
	}
	return strings.Join(items, ", ")
}

// copied is a cell of the file as it is written again. A value that was computed
// becomes a plain one. What was wrong stays wrong: a date must not come back as
// a number that happens to be an id, nor digits closed up over what is not shown.
func (r *report) copied(c sheet.Cell) sheet.Value {
	text := string(c.Text)
	switch c.Kind {
	case sheet.Number, sheet.Bool:
		return sheet.Value{Kind: c.Kind, Text: text}
	case sheet.Text:
		return textValue(cut(strings.Map(printable, text)))
	case sheet.ErrorValue:
		return sheet.Value{Kind: sheet.Text, Text: text}
	case sheet.Date:
		iso, ok := text, c.ISO
		if !ok {
			iso, ok = sheet.DateText(text, r.date1904)
		}
		day := iso[:min(len(iso), len(time.DateOnly))]
		if at, err := time.Parse(time.DateOnly, day); ok && err == nil && at.Year() >= 1900 {
			return sheet.Value{Kind: sheet.Date, Text: day}
		}
		return sheet.Value{Kind: sheet.Text, Text: "?"} // a date that no calendar has
	}
	return sheet.Value{}
}

// printable shows what not every format can hold as a character that no id and
// no login has.
func printable(c rune) rune {
	switch {
	case c == '\r':
		return '\n'
	case c < ' ' && c != '\n' && c != '\t' || c == 0x7F || c == 0xFFFE || c == 0xFFFF:
		return '\uFFFD'
	}
	return c
}

// cut shortens a text to what a cell can hold.
func cut(text string) string {
	const most = maxCellText / 2 // characters outside the basic plane count twice
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func styleOf(o plan.Outcome, was sheet.Style) sheet.Style {
	switch {
	case o == plan.RowFailed:
		return sheet.Bad
	case o == plan.Warning || was == sheet.Bad:
		return was
	}
	return sheet.Held
}
