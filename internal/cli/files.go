package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/sheet"
)

type templateCommand struct {
	entityArgument
	Mode   string `enum:"edit,create" default:"edit" help:"${h_mode}"`
	Output string `short:"o" required:"" placeholder:"FILE" help:"${h_output}"`
}

// Run writes an empty edit file.
func (c templateCommand) Run(ctx context.Context, s *session) error {
	format, err := formatOf(c.Output)
	if err != nil {
		return err
	}
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	e := who.Catalog.ByName(c.Entity)
	return s.write(c.Output, func(w io.Writer) error {
		return rooms.Bulk.Template(ctx, who, e, bulk.TemplateOptions{Mode: plan.Mode(c.Mode), Format: format, Language: s.say.Tag()}, w)
	})
}

type exportCommand struct {
	Entity      string   `arg:"" enum:"${entities},all" help:"${h_entity} (${enum})"`
	ForEdit     bool     `help:"${h_for_edit}"`
	Responsible []string `sep:"," placeholder:"LOGIN" help:"${h_responsible}"`
	Fields      []string `sep:"," placeholder:"FIELD" help:"${h_fields}"`
	Filter      []string `sep:"none" placeholder:"FIELD=VALUE" help:"${h_filter}"`
	AsOf        string   `placeholder:"DATE" help:"${h_as_of}"`
	Output      string   `short:"o" required:"" placeholder:"FILE" help:"${h_output}"`
}

// Run writes the records that pass the filters, or those of a date.
func (c exportCommand) Run(ctx context.Context, s *session) error {
	format, err := formatOf(c.Output)
	if err != nil {
		return err
	}
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	var employees []int64
	for _, login := range c.Responsible {
		p, err := rooms.Access.EmployeeByLogin(ctx, who, login)
		if err != nil {
			return err
		}
		employees = append(employees, p.ID)
	}
	o := bulk.ExportOptions{ForEdit: c.ForEdit, Fields: c.Fields, Format: format, Language: s.say.Tag()}
	if c.Entity == "all" {
		if len(employees) == 0 || len(c.Filter) > 0 || c.AsOf != "" {
			return fault.New(fault.Usage, "error.all_of_whom")
		}
		return s.write(c.Output, func(w io.Writer) error { return rooms.Bulk.ExportAll(ctx, who, employees, o, w) })
	}
	e := who.Catalog.ByName(c.Entity)
	for n, word := range c.Fields {
		c.Fields[n] = fieldNamed(e, word)
	}
	o.Fields = c.Fields
	if c.AsOf != "" {
		return c.asOf(ctx, s, rooms, who, e, employees, format)
	}
	q, err := s.query(ctx, rooms, who, e, c.Filter)
	if err != nil {
		return err
	}
	q.Responsible = append(q.Responsible, employees...)
	return s.write(c.Output, func(w io.Writer) error {
		return rooms.Bulk.Export(ctx, who, e, q, o, w)
	})
}

// asOf writes the records as they were, as an edit file.
func (c exportCommand) asOf(ctx context.Context, s *session, rooms *Rooms, who access.User, e *entity.Entity, employees []int64, format sheet.Format) error {
	if len(c.Filter) > 0 || len(employees) > 1 {
		return fault.New(fault.Usage, "error.as_of_alone")
	}
	zone, err := time.LoadLocation(who.TimeZone)
	if err != nil {
		zone = time.UTC // a zone this machine does not know
	}
	var q bulk.AsOf
	if q.At, err = bulk.ParseMoment(c.AsOf, zone); err != nil {
		return err
	}
	if len(employees) == 1 {
		q.Employee = employees[0]
	}
	return s.write(c.Output, func(w io.Writer) error {
		return rooms.Bulk.ExportAsOf(ctx, who, e, q, bulk.ExportOptions{Fields: c.Fields, Format: format, Language: s.say.Tag()}, w)
	})
}

func formatOf(name string) (sheet.Format, error) {
	format, ok := sheet.FormatOf(name)
	if !ok {
		return "", fault.New(fault.Usage, "error.unknown_extension", "name", name)
	}
	return format, nil
}

// write makes a file whole or not at all: what is not finished is under another
// name and is taken away.
func (s *session) write(name string, f func(io.Writer) error) (err error) {
	part := name + ".part"
	file, err := os.Create(part)
	if err != nil {
		return fault.New(fault.Usage, "error.cannot_write", "name", name, "problem", reason(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	if err := errors.Join(f(file), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return fmt.Errorf("put the file in its place: %w", err)
	}
	s.complain(s.say.T("cli.written", "name", name))
	return nil
}

// reason is what the system says about a file, without its name.
func reason(err error) string {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// query understands filters like city=Минск, status=active and
// responsibles=ivanov. Filters of one field add up, those of different fields
// narrow. An empty responsibles= asks for the records of nobody.
func (s *session) query(ctx context.Context, rooms *Rooms, who access.User, e *entity.Entity, filters []string) (entity.Query, error) {
	q := entity.Query{Filters: map[string][]string{}}
	for _, filter := range filters {
		field, value, ok := strings.Cut(filter, "=")
		if !ok {
			return q, fault.New(fault.Usage, "error.bad_filter", "value", filter)
		}
		field = fieldNamed(e, field)
		var err error
		switch {
		case field == entity.Active:
			q.Active, err = s.activeValue(value)
		case field == entity.Responsibles && value == "":
			q.Unassigned = true
		case field == entity.Responsibles:
			var p *entity.Employee
			if p, err = rooms.Access.EmployeeByLogin(ctx, who, value); err == nil {
				q.Responsible = append(q.Responsible, p.ID)
			}
		case e.Has(field):
			var canonical string
			if canonical, err = s.fieldValue(ctx, rooms, who, e, e.Field(field), value); err == nil {
				q.Filters[field] = append(q.Filters[field], canonical)
			}
		default:
			err = fault.New(fault.Usage, "error.no_such_filter", "name", field)
		}
		if err != nil {
			return q, err
		}
	}
	return q, nil
}

// activeValue reads the words for active and inactive of every language.
func (s *session) activeValue(value string) (*bool, error) {
	for _, tag := range s.house.Locales.Languages() {
		l := s.house.Locales.Get(tag)
		for key, active := range map[string]bool{"status.active": true, "status.inactive": false} {
			if entity.Fold(value) == entity.Fold(l.T(key)) {
				return &active, nil
			}
		}
	}
	return nil, noSuchValue(entity.Active, value)
}

// fieldValue is the canonical text of a value given by its name.
func (s *session) fieldValue(ctx context.Context, rooms *Rooms, who access.User, e *entity.Entity, f *entity.Field, value string) (string, error) {
	if f.Kind != entity.Directory {
		return f.Parse(value)
	}
	choices, err := rooms.Records.Choices(ctx, who, e)
	if err != nil {
		return "", err
	}
	values := choices[f.Directory]
	n := slices.IndexFunc(values, func(v entity.DirectoryValue) bool { return entity.Fold(v.Name) == entity.Fold(value) })
	if n < 0 {
		return "", noSuchValue(f.Name, value)
	}
	return strconv.FormatInt(values[n].ID, 10), nil
}

func noSuchValue(field, value string) error {
	return fault.New(fault.Usage, "error.no_such_value", "field", field, "value", value)
}
