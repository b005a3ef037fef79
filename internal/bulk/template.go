package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// TemplateOptions says what a template is to be like.
type TemplateOptions struct {
	Mode     plan.Mode // plan.Create is for new records; "" is plan.Edit
	Format   sheet.Format
	Language string
}

// Template writes an empty file for people to fill in, an edit file or one of new
// records: drop-downs for the status and for values of directories, a sheet with
// the active logins, and a sheet of instructions. As CSV it is the header alone.
func (s *Service) Template(ctx context.Context, who access.User, e *entity.Entity, o TemplateOptions, w io.Writer) error {
	if err := who.Must(access.ImportRecords); err != nil {
		return err
	}
	if o.Mode != "" && o.Mode != plan.Edit && o.Mode != plan.Create {
		return fault.New(fault.Usage, "error.no_such_choice", "value", string(o.Mode)).In("mode")
	}
	active := true
	t := template{entity: e, locale: s.locales.Get(o.Language)}
	if err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		t.entity = tx.Catalog().Of(e)
		t.locale = t.locale.With(tx.Catalog())
		if o.Mode == plan.Create {
			t.columns = columnsOfNew(tx.Catalog(), t.entity)
		}
		if t.employees, err = tx.Employees(store.EmployeeQuery{Active: &active}); err != nil {
			return err
		}
		t.employees = slices.DeleteFunc(t.employees, func(e *entity.Employee) bool { return !who.MayName(e.ID) })
		return t.readValues(tx)
	}); err != nil {
		return err
	}
	out, err := sheet.NewWriter(w, o.Format)
	if err != nil {
		return err
	}
	t.out = out
	if err := t.write(); err != nil {
		return err
	}
	return out.Close()
}

type template struct {
	entity    *entity.Entity
	locale    *locale.Locale
	employees []*entity.Employee
	out       *sheet.Writer
	columns   []newColumn // of new records; nil: of an edit file
	lists     []valueList
}

func (t *template) write() error {
	if t.columns != nil {
		if err := t.newForm(); err != nil {
			return err
		}
		return errors.Join(t.logins(), t.valueSheet(), t.instructions())
	}
	if err := t.form(); err != nil {
		return err
	}
	return t.help()
}

// help is the sheets beside the table: whom to choose from, and how to fill in.
func (t *template) help() error {
	if err := t.logins(); err != nil {
		return err
	}
	return t.instructions()
}

func (t *template) form() error {
	spec := sheet.Spec{
		Name: t.locale.T("entity." + t.entity.Name + ".many"), FreezeRows: 1,
		Columns:     []sheet.Column{{Width: 10}, {Width: 44}, {Width: 20}, {Width: 44, Text: true}},
		Validations: []sheet.Validation{statusList(t.locale, 2), loginList(t.locale, 3, len(t.employees))},
	}
	if err := t.out.Sheet(spec); err != nil {
		return err
	}
	var header []sheet.Value
	for _, column := range []string{entity.ID, t.entity.Title, entity.Active, entity.Responsibles} {
		header = append(header, sheet.Value{Kind: sheet.Text, Text: t.locale.Field(t.entity, column), Style: sheet.Header})
	}
	return t.out.Row(header)
}

// loginList offers the logins without insisting: a cell may hold several.
func loginList(l *locale.Locale, column, logins int) sheet.Validation {
	return sheet.Validation{
		Col: column, FirstRow: 2, LastRow: sheetRows + 1,
		Source: fmt.Sprintf("'%s'!$A$2:$A$%d", l.T("template.logins"), max(2, logins+1)),
	}
}

func (t *template) logins() error {
	spec := sheet.Spec{Name: t.locale.T("template.logins"), FreezeRows: 1, Columns: []sheet.Column{{Width: 24, Text: true}, {Width: 36}}}
	if err := t.out.Sheet(spec); err != nil {
		return err
	}
	if err := t.out.Row([]sheet.Value{
		{Kind: sheet.Text, Text: t.locale.T("template.login"), Style: sheet.Header},
		{Kind: sheet.Text, Text: t.locale.T("template.person"), Style: sheet.Header},
	}); err != nil {
		return err
	}
	for _, e := range t.employees {
		if err := t.out.Row([]sheet.Value{textValue(e.Login), textValue(e.Name)}); err != nil {
			return err
		}
	}
	return nil
}

func (t *template) instructions() error {
	spec := sheet.Spec{Name: t.locale.T("template.instructions"), Columns: []sheet.Column{{Width: 100}}}
	if err := t.out.Sheet(spec); err != nil {
		return err
	}
	text := t.locale.T("template.text")
	if t.columns != nil {
		text = t.locale.T("template.new_text")
	}
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		style := sheet.Wrap
		if n == 0 {
			style = sheet.Title
		}
		if err := t.out.Row([]sheet.Value{{Kind: sheet.Text, Text: line, Style: style}}); err != nil {
			return err
		}
	}
	return nil
}
