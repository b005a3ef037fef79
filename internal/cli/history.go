package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
)

type historyCommand struct {
	Employee string `placeholder:"LOGIN" help:"${h_history_employee}"`
	Concern  string `enum:"gained,lost,both" default:"both" help:"${h_undo_concern} (${enum})"`
	Field    string `placeholder:"FIELD" help:"${h_history_field}"`
	Author   string `placeholder:"LOGIN" help:"${h_history_author}"`
	Import   int64  `help:"${h_history_import}"`
	Record   int64  `placeholder:"ID" help:"${h_history_record}"`
	From     string `placeholder:"DATE" help:"${h_history_from}"`
	To       string `placeholder:"DATE" help:"${h_history_to}"`
	Limit    int    `default:"100" help:"${h_history_limit}"`
}

// Run prints the changes that were asked for, the newest first, one a line.
func (c historyCommand) Run(ctx context.Context, s *session) error {
	j, err := s.job(ctx, outputFlags{})
	if err != nil {
		return err
	}
	q, err := c.query(ctx, j)
	if err != nil {
		return err
	}
	for left := max(c.Limit, 1); left > 0; {
		q.Limit = left
		found, names, err := j.rooms.Records.SearchHistory(ctx, j.who, q)
		if err != nil {
			return err
		}
		for n := range found {
			s.print(j.foundLine(&found[n], names))
		}
		if len(found) == 0 {
			break
		}
		left, q.Before = left-len(found), found[len(found)-1]
	}
	day, err := j.rooms.Access.HistoryFrom(ctx, j.who)
	if err == nil && day != "" {
		s.complain(s.say.T("history.from", "day", day))
	}
	return err
}

func (c historyCommand) query(ctx context.Context, j *job) (q records.HistoryQuery, err error) {
	q = records.HistoryQuery{Field: c.Field, Import: c.Import, Record: c.Record}
	if q.Concern, err = plan.ParseConcern(c.Concern); err != nil {
		return q, err
	}
	if c.Employee != "" {
		p, err := j.rooms.Access.EmployeeByLogin(ctx, j.who, c.Employee)
		if err != nil {
			return q, err
		}
		q.Employee = p.ID
	}
	if c.Author != "" {
		p, err := j.rooms.Access.EmployeeByLogin(ctx, j.who, c.Author)
		if err != nil {
			return q, err
		}
		q.Author = &p.ID
	}
	known := func(e *entity.Entity) bool { return e.Has(c.Field) }
	if c.Field != "" && c.Field != entity.Active && c.Field != entity.Responsibles && !slices.ContainsFunc(j.who.Catalog.Entities, known) {
		return q, fault.New(fault.Usage, "error.no_such_field", "name", c.Field)
	}
	if c.From != "" {
		if q.From, err = bulk.ParseBeginning(c.From, j.zone); err != nil {
			return q, err
		}
	}
	if c.To != "" {
		q.To, err = bulk.ParseMoment(c.To, j.zone)
	}
	return q, err
}

// foundLine is one change: when, who, which record, what from what to what, and
// from which import, file and row.
func (j *job) foundLine(f *records.Found, names records.Names) string {
	who := j.say.T("ui.operator")
	if p := names.People[f.EmployeeID]; p != nil {
		who = p.Name
	}
	var said []string
	for _, c := range f.Changes {
		before, after := c.Before, c.After
		switch {
		case c.Field == entity.Active:
			before, after = j.status(before == "1"), j.status(after == "1")
		case c.Field == entity.Responsibles:
			before, after = loginsOf(before, names), loginsOf(after, names)
		case f.Entity.Has(c.Field):
			field := f.Entity.Field(c.Field)
			before, after = j.value(field, before, names), j.value(field, after, names)
		}
		said = append(said, j.say.Field(f.Entity, c.Field)+": "+orNothing(before)+" → "+orNothing(after))
	}
	line := fmt.Sprintf("%s  %s  %s %d %s: %s", j.say.DateTime(f.At.Truncate(time.Second), j.zone), who,
		j.say.T("entity."+f.Entity.Name+".one"), f.RecordID, names.Titles[f.Entity.Name][f.RecordID], strings.Join(said, "; "))
	if f.ImportID == 0 {
		return line
	}
	from := []string{j.say.T("ui.import_no", "id", f.ImportID)}
	if f.Undoes != 0 {
		from[0] = j.say.T("ui.undo_no", "id", f.ImportID, "undoes", f.Undoes)
	}
	if f.FileName != "" {
		from = append(from, f.FileName)
	}
	if f.Row != 0 {
		from = append(from, j.say.T("ui.history.row", "row", plan.RowOf(f.Row)))
	}
	return line + "  (" + strings.Join(from, ", ") + ")"
}

func loginsOf(ids string, names records.Names) string {
	var people []*entity.Employee
	for _, id := range entity.ParseIDs(ids) {
		if p := names.People[id]; p != nil {
			people = append(people, p)
		}
	}
	return logins(people)
}
