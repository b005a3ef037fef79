package cli

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

type fieldAdd struct {
	entityArgument
	Heading   string   `arg:"" help:"${h_field_heading}"`
	Kind      string   `required:"" enum:"text,number,date,choice,yesno" placeholder:"KIND" help:"${h_field_kind} (${enum})"`
	Mandatory bool     `help:"${h_field_mandatory}"`
	Value     []string `sep:"none" placeholder:"VALUE" help:"${h_field_value}"`
}

// Run declares a field of the workspace's own, with the values to choose from.
func (c fieldAdd) Run(ctx context.Context, s *session) error {
	if len(c.Value) > 0 && entity.OwnKind(c.Kind) != entity.OwnChoice {
		return fault.New(fault.Usage, "error.values_of_choice")
	}
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	f, err := rooms.Bulk.DeclareField(ctx, who, entity.OwnField{
		Entity: c.Entity, Kind: entity.OwnKind(c.Kind), Heading: c.Heading, Mandatory: c.Mandatory,
	})
	if err != nil {
		return err
	}
	if _, who, err = s.enter(ctx); err != nil { // who now sees the field
		return err
	}
	for _, value := range c.Value {
		if _, err := rooms.Records.EnsureValue(ctx, who, f.Name(), value); err != nil {
			return err
		}
	}
	s.print(s.say.T("cli.field.added", "heading", f.Heading))
	return nil
}

type fieldList struct{}

// Run prints a table of the fields that the workspace has declared.
func (fieldList) Run(ctx context.Context, s *session) error {
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(s.house.Out, 0, 0, 2, ' ', 0)
	for _, e := range who.Catalog.Entities {
		fields, err := rooms.Bulk.OwnFields(ctx, who, e)
		if err != nil {
			return err
		}
		for _, f := range fields {
			note := ""
			switch {
			case f.Retired:
				note = s.say.T("ui.value.retired")
			case f.Mandatory:
				note = s.say.T("ui.field.mandatory")
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", e.Name, f.Heading, f.Kind, f.Records, note)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

type fieldRetire struct {
	entityArgument
	Heading string `arg:"" help:"${h_field_heading}"`
}

// Run takes a field out of what is asked for, and says how many values stay.
func (c fieldRetire) Run(ctx context.Context, s *session) error {
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	e := who.Catalog.ByName(c.Entity)
	fields, err := rooms.Bulk.OwnFields(ctx, who, e)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if entity.Fold(f.Heading) != entity.Fold(c.Heading) {
			continue
		}
		if err := rooms.Bulk.RetireField(ctx, who, e, f.ID, true); err != nil {
			return err
		}
		s.print(s.say.T("cli.field.retired", "heading", f.Heading, "records", f.Records))
		return nil
	}
	return fault.New(fault.Usage, "error.no_own_field_called", "heading", c.Heading)
}

// fieldNamed is the name of the field that a word of the command line means: its
// name, or the heading of one of the workspace's own.
func fieldNamed(e *entity.Entity, word string) string {
	own := e.OwnFields()
	n := slices.IndexFunc(own, func(f entity.Field) bool { return entity.Fold(f.Heading) == entity.Fold(word) })
	if e.Has(word) || n < 0 {
		return word
	}
	return own[n].Name
}
