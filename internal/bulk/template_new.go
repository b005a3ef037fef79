package bulk

import (
	"fmt"

	"nadel/internal/entity"
	"nadel/internal/store"
	"nadel/sheet"
)

// valueList is the values of a directory that a template offers.
type valueList struct {
	directory string
	heading   string
	names     []string
}

// readValues finds what the columns of a template offer.
func (t *template) readValues(tx *store.Tx) error {
	seen := map[string]bool{}
	for _, c := range t.columns {
		if c.field == nil || c.field.Kind != entity.Directory || seen[c.field.Directory] {
			continue
		}
		seen[c.field.Directory] = true
		list := valueList{directory: c.field.Directory, heading: c.heading(t.locale)}
		values, err := tx.DirectoryValues(list.directory)
		if err != nil {
			return err
		}
		for _, v := range values {
			if !v.Retired {
				list.names = append(list.names, v.Name)
			}
		}
		t.lists = append(t.lists, list)
	}
	return nil
}

// newForm is the sheet for new records: a column for each field of the form, as
// text, so that no spreadsheet turns a phone into a number.
func (t *template) newForm() error {
	spec := sheet.Spec{Name: t.locale.T("entity." + t.entity.Name + ".many"), FreezeRows: 1}
	header := make([]sheet.Value, 0, len(t.columns))
	for at, c := range t.columns {
		width := 20.0
		switch {
		case c.name == nameColumn || c.name == entity.Responsibles:
			width = 36
		case c.field != nil && c.field.Most() > 300:
			width = 36
		}
		spec.Columns = append(spec.Columns, sheet.Column{Width: width, Text: true})
		switch {
		case c.name == entity.Active:
			spec.Validations = append(spec.Validations, statusList(t.locale, at))
		case c.name == entity.Responsibles:
			spec.Validations = append(spec.Validations, loginList(t.locale, at, len(t.employees)))
		case c.field.Kind == entity.Bool:
			spec.Validations = append(spec.Validations, sheet.Validation{
				Col: at, FirstRow: 2, LastRow: sheetRows + 1, List: []string{t.locale.T("template.yes"), t.locale.T("template.no")},
			})
		case c.field.Kind == entity.Directory:
			spec.Validations = append(spec.Validations, t.valuesOf(at, c.field.Directory)...)
		}
		heading := c.heading(t.locale)
		if c.needed {
			heading += " " + needed
		}
		header = append(header, sheet.Value{Kind: sheet.Text, Text: heading, Style: sheet.Header})
	}
	if err := t.out.Sheet(spec); err != nil {
		return err
	}
	return t.out.Row(header)
}

// valuesOf offers the values of a directory without insisting: others may be added.
func (t *template) valuesOf(column int, directory string) []sheet.Validation {
	for n, list := range t.lists {
		if list.directory == directory && len(list.names) > 0 {
			name := sheet.ColumnName(n)
			return []sheet.Validation{{
				Col: column, FirstRow: 2, LastRow: sheetRows + 1,
				Source: fmt.Sprintf("'%s'!$%s$2:$%[2]s$%d", t.locale.T("template.values"), name, max(2, len(list.names)+1)),
			}}
		}
	}
	return nil
}

// valueSheet lists the values, a column for each directory.
func (t *template) valueSheet() error {
	if len(t.lists) == 0 {
		return nil
	}
	spec := sheet.Spec{Name: t.locale.T("template.values"), FreezeRows: 1}
	rows := 0
	var header []sheet.Value
	for _, list := range t.lists {
		spec.Columns = append(spec.Columns, sheet.Column{Width: 24, Text: true})
		header = append(header, sheet.Value{Kind: sheet.Text, Text: list.heading, Style: sheet.Header})
		rows = max(rows, len(list.names))
	}
	if err := t.out.Sheet(spec); err != nil {
		return err
	}
	if err := t.out.Row(header); err != nil {
		return err
	}
	for n := range rows {
		row := make([]sheet.Value, len(t.lists))
		for at, list := range t.lists {
			if n < len(list.names) {
				row[at] = textValue(list.names[n])
			}
		}
		if err := t.out.Row(row); err != nil {
			return err
		}
	}
	return nil
}
