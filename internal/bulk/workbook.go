package bulk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// A workbook with sheets for several kinds of record is one import: one preview,
// one press, one undo. What kind a sheet is of, its name says.

// part is a sheet to be read, and of what kind it is.
type part struct {
	entity *entity.Entity
	sheet  string // "" lets the file decide
	number int
}

// parts are the sheets of an import's file. There are several only when no sheet
// was chosen, all visible sheets with an ID column are named like sections, and
// no two like the same.
func (j *job) parts() ([]part, error) {
	only := []part{{entity: j.imp.Entity, sheet: j.imp.Options.Sheet}}
	h := j.headingsOf(j.imp, j.imp.Entity)
	book, err := sheet.Open(j.store.OpenFile(j.ctx, j.imp), j.imp.File.Size, sheet.Options{Name: j.imp.File.Name, KnownHeader: h.isHeader})
	if err != nil {
		return nil, refused(err)
	}
	defer func() { _ = book.Close() }() // only read from
	if err := j.findCorrected(book); err != nil || j.imp.Options.Sheet != "" {
		return only, err
	}
	var found []part
	for n, info := range book.Sheets() {
		if !info.Rows || info.Hidden {
			continue
		}
		with, err := hasHeader(book, n, h)
		if err != nil {
			return nil, err
		}
		if !with {
			continue
		}
		e := sectionNamed(j.imp.Catalog, j.locales, info.Name)
		if e == nil || slices.ContainsFunc(found, func(p part) bool { return p.entity == e }) {
			return only, nil
		}
		found = append(found, part{entity: e, sheet: info.Name, number: len(found)})
	}
	if len(found) < 2 {
		return only, nil
	}
	return found, nil
}

// sectionNamed finds the kind of record that a sheet is named for, in any
// language: by the section's name, the record's, or its bare name.
func sectionNamed(c *entity.Catalog, set *locale.Set, name string) *entity.Entity {
	folded := foldHeading(name)
	for _, e := range c.Entities {
		names := []string{e.Name, e.Path}
		for _, tag := range set.Languages() {
			l := set.Get(tag)
			names = append(names, l.T("entity."+e.Name+".many"), l.T("entity."+e.Name+".one"))
		}
		if slices.ContainsFunc(names, func(n string) bool { return foldHeading(n) == folded }) {
			return e
		}
	}
	return nil
}

// headingsOf is the headings that a file of an import may have.
func (s *Service) headingsOf(i *plan.Import, e *entity.Entity) *headings {
	if i.Mode == plan.Create {
		return newRecordHeadings(i.Catalog, e, s.locales, i.Options.Language)
	}
	return newHeadings(e, s.locales, i.Options)
}

// openPart opens a part at its first row after the header.
func (s *Service) openPart(ctx context.Context, i *plan.Import, p part) (*source, []string, error) {
	one := *i
	one.Entity, one.Options.Sheet = p.entity, p.sheet
	file, sheets, err := openFile(s.store.OpenFile(ctx, i), &one, s.headingsOf(i, p.entity))
	if file != nil {
		file.entity, file.number = p.entity, p.number
	}
	return file, sheets, err
}

// partsRead are the parts of an import that has been checked.
func (s *Service) partsRead(i *plan.Import) []part {
	if len(i.Summary.Parts) == 0 {
		return []part{{entity: i.Entity, sheet: i.Options.Sheet}}
	}
	parts := make([]part, len(i.Summary.Parts))
	for n, p := range i.Summary.Parts {
		parts[n] = part{entity: i.Catalog.ByName(p.Kind), sheet: p.Sheet, number: n}
	}
	return parts
}

// readPart reads a sheet to its end and puts its rows into order.
func (j *job) readPart(p part) (*reading, error) {
	file, sheets, err := j.openPart(j.ctx, j.imp, p)
	if err != nil {
		j.imp.Summary.Sheets = sheets
		return nil, err
	}
	var r *reading
	if err = j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
		r, err = j.newReading(tx, file)
		return err
	}); err == nil {
		err = r.read()
	}
	if closed := file.close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	r.describe()
	if err := j.show(progressRead); err != nil {
		return nil, err
	}
	r.sortRows()
	if err := j.show(progressSorted); err != nil {
		return nil, err
	}
	return r, r.twins()
}

// kindsOf are the kinds of record that an import's plan may hold.
func (j *job) kindsOf(parts []part) []*entity.Entity {
	var kinds []*entity.Entity
	for _, p := range parts {
		kinds = append(kinds, p.entity)
		if j.imp.Options.Related {
			kinds = append(kinds, dependants(j.imp.Catalog, p.entity)...)
		}
	}
	return slices.DeleteFunc(slices.Clone(j.imp.Catalog.Entities), func(e *entity.Entity) bool { return !slices.Contains(kinds, e) })
}

// Column is the heading of the column that a problem is about.
func Column(l *locale.Locale, i *plan.Import, p plan.Problem) string {
	kind, _ := p.Args["entity"].(string)
	if n := plan.SheetOf(p.Row); kind == "" && n < len(i.Summary.Parts) {
		kind = i.Summary.Parts[n].Kind
	}
	if kind == "" {
		kind = i.Entity.Name
	}
	return l.FieldOf(kind, p.Field)
}

// ColumnOf is the heading of a column of the file: of the first of its kinds that
// has such a field.
func ColumnOf(l *locale.Locale, i *plan.Import, field string) string {
	for _, e := range append([]*entity.Entity{i.Entity}, i.Kinds...) {
		if e.Has(field) {
			return l.Field(e, field)
		}
	}
	return l.Field(i.Entity, field)
}

// PlaceText is where a row stands, for people: its number, and in a workbook the
// sheet. It is empty for records that follow others.
func PlaceText(i *plan.Import, place int64) string {
	name, row := Place(i, place)
	switch {
	case row == 0:
		return ""
	case name == "":
		return fmt.Sprint(row)
	}
	return strings.TrimSpace(name) + " · " + fmt.Sprint(row)
}

// Place is the sheet and the row of a place; no sheet where the file is read as
// one table, no row where the record stands in no file.
func Place(i *plan.Import, place int64) (name string, row int64) {
	n := plan.SheetOf(place)
	switch {
	case n == plan.Following:
		return "", 0
	case n < len(i.Summary.Parts):
		name = i.Summary.Parts[n].Sheet
	}
	return name, plan.RowOf(place)
}
