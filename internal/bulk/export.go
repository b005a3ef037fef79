package bulk

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/store"
	"nadel/sheet"
)

// ExportOptions says what an export is to be like.
type ExportOptions struct {
	ForEdit  bool     // only the columns of the edit file, with the version
	Fields   []string // these fields as well; AllFields is every one
	Columns  []string // exactly these columns, and the records in the order of the query
	Format   sheet.Format
	Language string // of headings and words; "" is Russian
}

// AllFields stands for all fields of the entity.
const AllFields = "all"

// exportPage is how many records are read at a time.
const exportPage = 2000

// Export writes the records that q finds and who may see: as a list shows them
// when columns are asked for, otherwise in the order of ids, and then paging and
// sorting of q do not matter. One with the ids is a valid edit file: imported
// unchanged, it changes nothing. An error after the first byte leaves a file that
// every reader refuses as cut off.
func (s *Service) Export(ctx context.Context, who access.User, e *entity.Entity, q entity.Query, o ExportOptions, w io.Writer) error {
	if err := who.Must(access.ExportRecords); err != nil {
		return err
	}
	x, err := s.newExport(ctx, who, e, q, o)
	if err != nil {
		return err
	}
	out, err := sheet.NewWriter(w, o.Format)
	if err != nil {
		return err
	}
	if err := x.table(ctx, q, out, x.spec()); err != nil {
		return err
	}
	return x.close(out)
}

// ExportAll writes all records of the employees, each kind on a sheet of its own.
// The workbook is an edit file that is imported as a whole.
func (s *Service) ExportAll(ctx context.Context, who access.User, employees []int64, o ExportOptions, w io.Writer) error {
	if err := who.Must(access.ExportRecords); err != nil {
		return err
	}
	if o.Format == sheet.CSV || o.Format == sheet.TSV {
		return fault.New(fault.Usage, "error.several_sheets")
	}
	q := entity.Query{Responsible: employees}
	var tables []*export
	for _, e := range s.store.Catalog().Entities { // each becomes the workspace's own
		x, err := s.newExport(ctx, who, e, q, o)
		if err != nil {
			return err
		}
		tables = append(tables, x)
	}
	out, err := sheet.NewWriter(w, o.Format)
	if err != nil {
		return err
	}
	for n, x := range tables {
		spec := x.spec()
		if n > 0 && o.Format == sheet.ODS {
			spec.Validations = nil // only its first sheet can have drop-downs
		}
		if err := x.table(ctx, q, out, spec); err != nil {
			return err
		}
	}
	return tables[0].close(out)
}

func (s *Service) newExport(ctx context.Context, who access.User, e *entity.Entity, q entity.Query, o ExportOptions) (*export, error) {
	x := &export{
		service: s, who: who, entity: e, options: o, locale: s.locales.Get(o.Language),
		words: map[string]string{}, lists: map[string]string{},
	}
	return x, x.prepare(ctx, q)
}

// table writes the sheet of records.
func (x *export) table(ctx context.Context, q entity.Query, out *sheet.Writer, spec sheet.Spec) error {
	if err := out.Sheet(spec); err != nil {
		return err
	}
	if err := out.Row(x.header()); err != nil {
		return err
	}
	if len(x.options.Columns) > 0 {
		return x.pagesShown(ctx, q, out.Row)
	}
	return x.pages(ctx, q, out.Row)
}

// pages reads the records page by page and puts them out as rows. The next page is
// read while the last one is written.
func (x *export) pages(ctx context.Context, q entity.Query, put func([]sheet.Value) error) error {
	ctx, stop := context.WithCancel(ctx)
	read := make(chan *page, 1)
	go func() {
		defer close(read)
		for after := int64(0); ; {
			p := x.page(ctx, q, after)
			select {
			case read <- p:
			case <-ctx.Done():
				return
			}
			if p.err != nil || len(p.rows)+len(p.listed) < exportPage {
				return
			}
			after = p.last
		}
	}()
	defer func() {
		stop()
		for range read { // until the reader has seen it
		}
	}()
	for p := range read {
		if err := x.put(p, put); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// page is the next records of an export: as rows, where they have more columns
// than an edit file.
type page struct {
	rows   [][]sheet.Value
	listed []store.Listed
	last   int64 // id of the last one
	err    error
}

// put puts a page out.
func (x *export) put(p *page, put func([]sheet.Value) error) error {
	if p.err != nil {
		return p.err
	}
	for _, row := range p.rows {
		if err := put(row); err != nil {
			return err
		}
	}
	row := make([]sheet.Value, 0, mostColumns) // one for all: a million rows are written and forgotten
	for n := range p.listed {
		l := &p.listed[n]
		logins, err := x.loginsOf(l.People)
		if err != nil {
			return fmt.Errorf("record %d: %w", l.ID, err)
		}
		row = x.columnsOf(row[:0], l, logins)
		if err := put(row); err != nil {
			return err
		}
	}
	return nil
}

type export struct {
	service *Service
	who     access.User
	entity  *entity.Entity
	options ExportOptions
	locale  *locale.Locale
	staff   *staff
	active  []*entity.Employee // for the sheet of logins
	fields  []*entity.Field    // beside the columns of the edit file
	words   map[string]string
	lists   map[string]string // of logins, by the packed set of employees
}

// sheetRows is how many records fit on a sheet beneath the header.
const sheetRows = 1048576 - 1

func (x *export) prepare(ctx context.Context, q entity.Query) error {
	return x.service.store.Read(ctx, x.who.WorkspaceID, func(tx *store.Tx) error {
		x.entity = tx.Catalog().Of(x.entity)
		x.locale = x.locale.With(tx.Catalog())
		if err := x.choose(); err != nil {
			return err
		}
		n, err := tx.Count(x.entity, q, x.who.Scope())
		if err != nil {
			return err
		}
		if n > sheetRows && x.options.Format != sheet.CSV && x.options.Format != sheet.TSV {
			return fault.New(fault.TooLarge, "error.too_many_to_export", "count", n, "max", int64(sheetRows))
		}
		employees, err := tx.Employees(store.EmployeeQuery{})
		x.staff = newStaff(employees)
		for _, e := range employees {
			if e.Active && x.who.MayName(e.ID) {
				x.active = append(x.active, e)
			}
		}
		return err
	})
}

// choose finds the fields to write: those asked for, and in a plain export those
// of the section's list.
func (x *export) choose() error {
	if len(x.options.Columns) > 0 {
		return x.chooseShown()
	}
	asked := x.options.Fields
	for _, name := range asked {
		if name != AllFields && !x.entity.Has(name) {
			return fault.New(fault.Usage, "error.no_such_field", "name", name)
		}
	}
	for i := range x.entity.Fields {
		f := &x.entity.Fields[i]
		inList := f.InList && !x.options.ForEdit
		if f.Name != x.entity.Title && !(f.Derived && x.options.ForEdit) && (inList || slices.Contains(asked, f.Name) || slices.Contains(asked, AllFields)) {
			x.fields = append(x.fields, f)
		}
	}
	return nil
}

func (x *export) columns() []string {
	columns := []string{entity.ID, x.entity.Title, entity.Active, entity.Responsibles}
	if x.options.ForEdit {
		return append(columns, entity.Version)
	}
	return columns
}

// fieldWidth is how many letters of a field a column shows.
const fieldWidth = 22

func (x *export) spec() sheet.Spec {
	widths := map[string]float64{entity.ID: 10, x.entity.Title: 44, entity.Active: 18, entity.Responsibles: 44}
	spec := sheet.Spec{Name: x.locale.T("entity." + x.entity.Name + ".many"), FreezeRows: 1, AutoFilter: true}
	if len(x.options.Columns) > 0 {
		return x.shownSpec(spec, widths)
	}
	for _, c := range x.columns() {
		spec.Columns = append(spec.Columns, sheet.Column{Width: widths[c], Hidden: c == entity.Version, Text: c == entity.Responsibles})
	}
	for _, f := range x.fields {
		spec.Columns = append(spec.Columns, sheet.Column{Width: fieldWidth, Text: staysText(f)})
	}
	if x.options.ForEdit {
		spec.Validations = []sheet.Validation{statusList(x.locale, 2), loginList(x.locale, 3, len(x.active))}
	}
	return spec
}

// close ends the file; one to be edited gets what a template has: the logins to
// choose from and the instructions.
func (x *export) close(out *sheet.Writer) error {
	if x.options.ForEdit {
		t := template{entity: x.entity, locale: x.locale, employees: x.active, out: out}
		if err := t.help(); err != nil {
			return err
		}
	}
	return out.Close()
}

// statusList is the drop-down of a status column.
func statusList(l *locale.Locale, column int) sheet.Validation {
	return sheet.Validation{
		Col: column, FirstRow: 2, LastRow: sheetRows + 1,
		List: []string{l.T("status.activate"), l.T("status.deactivate")},
	}
}

func (x *export) header() []sheet.Value {
	var row []sheet.Value
	if len(x.options.Columns) > 0 {
		for _, c := range x.options.Columns {
			row = append(row, sheet.Value{Kind: sheet.Text, Text: x.locale.Field(x.entity, c), Style: sheet.Header})
		}
		return row
	}
	for _, c := range x.columns() {
		row = append(row, sheet.Value{Kind: sheet.Text, Text: x.locale.Field(x.entity, c), Style: sheet.Header})
	}
	for _, f := range x.fields {
		row = append(row, sheet.Value{Kind: sheet.Text, Text: x.locale.Field(x.entity, f.Name), Style: sheet.Header})
	}
	return row
}

// page reads the records after an id.
func (x *export) page(ctx context.Context, q entity.Query, after int64) *page {
	p := &page{}
	p.err = x.service.store.Read(ctx, x.who.WorkspaceID, func(tx *store.Tx) error {
		if len(x.fields) == 0 {
			var err error
			if p.listed, err = tx.EachListed(x.entity, q, x.who.Scope(), after, exportPage); len(p.listed) > 0 {
				p.last = p.listed[len(p.listed)-1].ID
			}
			return err
		}
		records, err := tx.Each(x.entity, q, x.who.Scope(), after, exportPage)
		if err != nil {
			return err
		}
		names, err := x.names(tx, records)
		if err != nil {
			return err
		}
		for _, rec := range records {
			p.rows, p.last = append(p.rows, x.row(rec, names)), rec.ID
		}
		return nil
	})
	return p
}

// referenced is the names of what records refer to, by field and canonical value.
type referenced map[string]map[string]string

func (x *export) names(tx *store.Tx, records []*entity.Record) (referenced, error) {
	names := referenced{}
	for _, f := range x.fields {
		if f.Kind != entity.Directory && f.Kind != entity.Reference {
			continue
		}
		var ids []int64
		for _, rec := range records {
			ids = append(ids, entity.ParseIDs(rec.Get(f.Name))...)
		}
		ids = entity.SortedSet(ids)
		var found map[int64]string
		var err error
		if f.Kind == entity.Directory {
			found, err = tx.ValueNames(ids)
		} else {
			found, err = tx.Titles(tx.Catalog().ByName(f.Ref), ids)
		}
		if err != nil {
			return nil, err
		}
		names[f.Name] = make(map[string]string, len(found))
		for id, name := range found {
			names[f.Name][strconv.FormatInt(id, 10)] = name
		}
	}
	return names, nil
}

func (x *export) row(rec *entity.Record, names referenced) []sheet.Value {
	row := x.columnsOf(make([]sheet.Value, 0, mostColumns+len(x.fields)),
		&store.Listed{ID: rec.ID, Active: rec.Active, Version: rec.Version, Title: rec.Title()}, x.logins(rec.Responsibles))
	for _, f := range x.fields {
		row = append(row, x.value(f, rec.Get(f.Name), names))
	}
	return row
}

// mostColumns is how many columns an edit file has at most.
const mostColumns = 5

// columnsOf appends the columns of the edit file.
func (x *export) columnsOf(row []sheet.Value, l *store.Listed, logins string) []sheet.Value {
	row = append(row,
		sheet.Value{Kind: sheet.Number, Text: strconv.FormatInt(l.ID, 10)},
		textValue(l.Title),
		sheet.Value{Kind: sheet.Text, Text: x.statusWord(l.Active)},
		textValue(logins),
	)
	if x.options.ForEdit {
		row = append(row, sheet.Value{Kind: sheet.Number, Text: strconv.FormatInt(l.Version, 10)})
	}
	return row
}

func (x *export) statusWord(active bool) string {
	if active {
		return x.word("status.active")
	}
	return x.word("status.inactive")
}

// word is a message, remembered: a million rows say one of two.
func (x *export) word(key string) string {
	text, known := x.words[key]
	if !known {
		text = x.locale.T(key)
		x.words[key] = text
	}
	return text
}

// loginsOf is a list as the edit file has it. Most records share theirs with
// others, so the lists are remembered.
func (x *export) loginsOf(people store.PackedSet) (string, error) {
	if text, known := x.lists[string(people)]; known {
		return text, nil
	}
	ids, err := people.Employees()
	if err != nil {
		return "", err
	}
	const remembered = 1 << 14
	text := x.logins(ids)
	if len(x.lists) < remembered {
		x.lists[string(people)] = text
	}
	return text, nil
}

func (x *export) logins(ids []int64) string {
	logins := make([]string, len(ids))
	for i, id := range ids {
		logins[i] = x.staff.login(id)
	}
	slices.Sort(logins)
	return strings.Join(logins, ", ")
}

func (x *export) value(f *entity.Field, canonical string, names referenced) sheet.Value {
	switch f.Kind {
	case entity.Integer, entity.Decimal:
		if canonical == "" {
			return sheet.Value{}
		}
		return sheet.Value{Kind: sheet.Number, Text: canonical}
	case entity.Date:
		if canonical == "" {
			return sheet.Value{}
		}
		if at, err := time.Parse(time.DateOnly, canonical); err != nil || at.Year() < 1900 {
			return textValue(canonical) // spreadsheets have no such day
		}
		return sheet.Value{Kind: sheet.Date, Text: canonical}
	case entity.Bool:
		key := "row.no"
		if canonical == "1" {
			key = "row.yes"
		}
		return textValue(x.locale.T(key))
	case entity.Directory, entity.Reference:
		return textValue(names[f.Name][canonical])
	}
	return textValue(canonical)
}

// staysText tells whether what is typed into a field's column must not become a
// number or a date.
func staysText(f *entity.Field) bool {
	switch f.Kind {
	case entity.Integer, entity.Decimal, entity.Date, entity.Bool:
		return false
	}
	return true
}

// textValue is a text as a cell: nothing when it is empty, and cut to what a
// cell can hold.
func textValue(text string) sheet.Value {
	if text == "" {
		return sheet.Value{}
	}
	return sheet.Value{Kind: sheet.Text, Text: text}
}
