package bulk

import (
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/sheet"
)

// A file of new records has a column for each field that the form of a new record
// asks for, those of a companion among them: a company's address is that of its
// main location.

// newColumn is one of them.
type newColumn struct {
	name   string // as plans and problems call it: "location.address" of a companion
	of     *entity.Entity
	field  *entity.Field // nil: status or responsibles
	needed bool          // nothing stands in for it when it is empty
}

// columnsOfNew are the columns, in the order of the form.
func columnsOfNew(c *entity.Catalog, e *entity.Entity) []newColumn {
	var list []newColumn
	add := func(name string, of *entity.Entity, f *entity.Field) {
		list = append(list, newColumn{name, of, f, f.Required && f.Default == ""})
	}
	for _, f := range e.FormOrder() {
		name := f.Name
		if name == e.Title {
			name = nameColumn
		}
		add(name, e, f)
	}
	if companion, _ := c.Companion(e); companion != nil {
		for _, f := range companion.AlongFields() {
			add(plan.MateField(companion, f.Name), companion, f)
		}
	}
	return append(list, newColumn{name: entity.Responsibles, of: e}, newColumn{name: entity.Active, of: e})
}

// newColumns is what the headings of a file of new records are held against.
type newColumns struct {
	entity   *entity.Entity
	columns  []newColumn
	required []string       // names of the columns that the file must have, or one of which tells the header
	say      *locale.Locale // names them to who has sent the file
}

// newRecordHeadings knows the columns of a file of new records. An ID column is
// known, so that a file for editing can be told what it is.
func newRecordHeadings(c *entity.Catalog, e *entity.Entity, set *locale.Set, language string) *headings {
	fresh := &newColumns{entity: e, columns: columnsOfNew(c, e), say: set.Get(language).With(c)}
	h := &headings{entity: e, known: map[string]string{}, shown: map[string]string{}, fresh: fresh}
	add := func(heading, column string) {
		folded := foldHeading(heading)
		if _, taken := h.known[folded]; !taken { // the record's own field goes before the companion's
			h.known[folded], h.shown[folded] = column, heading
		}
	}
	for _, column := range fresh.columns {
		if column.needed || column.field != nil && column.field.Kind == entity.Reference {
			fresh.required = append(fresh.required, column.name)
		}
		add(column.name, column.name)
	}
	add(entity.ID, entity.ID)
	for _, tag := range set.Languages() {
		l := set.Get(tag)
		for _, column := range fresh.columns {
			add(column.heading(l), column.name)
		}
		add(l.T("field."+nameColumn), nameColumn)
		add(l.T("field."+entity.ID), entity.ID)
	}
	return h
}

// heading is how people call a column.
func (c *newColumn) heading(l *locale.Locale) string {
	if c.field == nil {
		return l.Field(c.of, c.name)
	}
	return l.Field(c.of, c.field.Name)
}

// settle completes a header: which columns hold fields. A column that every
// record needs must be there.
func (n *newColumns) settle(found *header, row int) error {
	var absent []string
	for _, c := range n.columns {
		if _, there := found.columns[c.name]; !there && c.needed {
			absent = append(absent, c.heading(n.say))
		}
	}
	if len(absent) > 0 {
		return fault.New(fault.Refused, "file.columns_missing", "row", row, "columns", strings.Join(absent, ", "))
	}
	found.wide = n.wide(found.columns)
	return nil
}

// wide are the columns of a file that hold declared fields.
func (n *newColumns) wide(columns map[string]plan.Column) []*fieldColumn {
	var list []*fieldColumn
	for _, c := range n.columns {
		if _, there := columns[c.name]; there && c.field != nil {
			list = append(list, &fieldColumn{field: c.field, column: c.name, of: c.of, grows: true})
		}
	}
	return list
}

// missing refuses a sheet in which no row can be the header.
func (n *newColumns) missing(seen []string) error {
	var needed []string
	for _, c := range n.columns {
		if slices.Contains(n.required, c.name) {
			needed = append(needed, c.heading(n.say))
		}
	}
	return fault.New(fault.Refused, "file.no_new_heading", "rows", headerRows,
		"columns", strings.Join(needed, ", "), "headings", strings.Join(seen, ", "))
}

// strayID is what is wrong with a cell of the ID column of a new record; nil when
// it is empty.
func strayID(c sheet.Cell) *complaint {
	text := string(c.Text)
	if c.Kind == sheet.Empty && !c.NoValue || c.Kind == sheet.Text && isBlank(text) {
		return nil
	}
	return &complaint{code: "id_of_new", value: text}
}
