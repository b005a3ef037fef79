package cli

import (
	"context"
	"strings"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/records"
)

// changesShown is how many rows of a preview are printed, was → now.
const changesShown = 10

// preview prints the first rows of a plan that waits, and how many more there are.
func (j *job) preview(ctx context.Context, i *plan.Import) error {
	if i.State != plan.Ready || i.Counts.Change == 0 {
		return nil
	}
	rows, err := j.rooms.Bulk.Changes(ctx, j.who, i.ID, bulk.RowQuery{Limit: changesShown})
	if err != nil {
		return err
	}
	j.print("")
	for n := range rows {
		j.print("  " + j.rowOf(&rows[n]))
	}
	if left := i.Counts.Change - int64(len(rows)); left > 0 {
		j.print("  " + j.say.T("cli.more_changes", "count", left))
	}
	return nil
}

// newValues prints what a waiting import would add to directories.
func (j *job) newValues(ctx context.Context, i *plan.Import) error {
	if i.State != plan.Ready || i.Mode != plan.Create {
		return nil
	}
	values, err := j.rooms.Bulk.NewValues(ctx, j.who, i.ID)
	if err != nil || len(values) == 0 {
		return err
	}
	j.print("\n" + j.say.T("cli.new_values"))
	for _, v := range values {
		j.print("  " + j.say.T("cli.new_value", "directory", j.say.Directory(v.Directory), "name", v.Name, "count", v.Rows))
	}
	return nil
}

// rowOf is one row: its record, and what was and will be of each field.
func (j *job) rowOf(c *bulk.ChangeView) string {
	var said []string
	change := func(field, before, after string) {
		said = append(said, j.say.Field(c.Entity, field)+": "+orNothing(before)+" → "+orNothing(after))
	}
	if c.TouchesActive && c.ActiveBefore != c.ActiveAfter {
		change(entity.Active, j.status(c.ActiveBefore), j.status(c.ActiveAfter))
	}
	if c.TouchesResponsibles {
		change(entity.Responsibles, logins(c.Before), logins(c.After))
	}
	for _, f := range c.Fields {
		field := c.Field(f.Field)
		switch {
		case field == nil: // of a companion: its version, and the like
		case c.Being == plan.Stays:
			change(f.Field, j.value(field, f.Before, c.Names), j.value(field, f.After, c.Names))
		default:
			said = append(said, j.say.Field(c.Entity, f.Field)+": "+j.value(field, f.Before+f.After, c.Names))
		}
	}
	return j.say.Number(c.RecordID) + " " + c.Title + ": " + strings.Join(said, "; ")
}

func (s *session) status(active bool) string {
	if active {
		return s.say.T("status.active")
	}
	return s.say.T("status.inactive")
}

func (s *session) value(f *entity.Field, canonical string, names records.Names) string {
	switch {
	case f.Kind == entity.Date && canonical != "":
		return s.say.Date(canonical)
	case f.Kind == entity.Bool && canonical == "1":
		return s.say.T("ui.yes")
	case f.Kind == entity.Bool:
		return s.say.T("ui.no")
	}
	return names.Value(f, canonical)
}

func logins(people []*entity.Employee) string {
	list := make([]string, len(people))
	for n, p := range people {
		list[n] = p.Login
	}
	return strings.Join(list, ", ")
}

func orNothing(text string) string {
	if text == "" {
		return "—"
	}
	return text
}
