package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"nadel/internal/bulk"
	"nadel/internal/fault"
)

type mendCommand struct {
	ID       int64    `arg:"" name:"import" help:"${h_import_id}"`
	Replace  []string `sep:"none" placeholder:"WRONG=RIGHT" help:"${h_mend_replace}"`
	Row      int64    `placeholder:"N" help:"${h_mend_row}"`
	Set      string   `placeholder:"FIELD=TEXT" help:"${h_mend_set}"`
	Remember bool     `help:"${h_mend_remember}"`
	TakeBack []int64  `placeholder:"N" help:"${h_mend_take_back}"`
	outputFlags
}

// Run says what cells of a ready import's file mean, takes such words back, and
// shows the preview that comes of it.
func (c mendCommand) Run(ctx context.Context, s *session) error {
	if len(c.Replace)+len(c.TakeBack) == 0 && c.Set == "" || (c.Row == 0) != (c.Set == "") {
		return fault.New(fault.Usage, "error.mend_what")
	}
	j, err := s.job(ctx, c.outputFlags)
	if err != nil {
		return err
	}
	for _, mending := range c.TakeBack {
		if _, err := j.rooms.Bulk.Unmend(ctx, j.who, c.ID, mending); err != nil {
			return err
		}
		if _, err := j.drive(ctx, c.ID); err != nil {
			return err
		}
	}
	mends, err := c.mends(ctx, j)
	if err != nil {
		return err
	}
	for _, m := range mends {
		if _, err := j.rooms.Bulk.Mend(ctx, j.who, c.ID, m); err != nil {
			return err
		}
		if _, err := j.drive(ctx, c.ID); err != nil {
			return err
		}
	}
	if err := j.listMendings(ctx, c.ID); err != nil {
		return err
	}
	return j.carryOut(ctx, c.ID, false, bulk.Decision{})
}

// mends reads the flags: a wrong value is replaced in every field in which it has
// made rows fail.
func (c mendCommand) mends(ctx context.Context, j *job) (list []bulk.Mend, err error) {
	for _, pair := range c.Replace {
		wrong, right, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fault.New(fault.Usage, "error.mend_what")
		}
		fields, err := j.rooms.Bulk.WrongFields(ctx, j.who, c.ID, wrong)
		if err != nil {
			return nil, err
		}
		if len(fields) == 0 {
			return nil, fault.New(fault.Invalid, "error.nothing_to_mend", "value", wrong)
		}
		for _, field := range fields {
			list = append(list, bulk.Mend{Field: field, Value: wrong, With: right, Remember: c.Remember})
		}
	}
	if c.Set != "" {
		field, text, ok := strings.Cut(c.Set, "=")
		if !ok {
			return nil, fault.New(fault.Usage, "error.mend_what")
		}
		list = append(list, bulk.Mend{Row: c.Row, Field: field, With: text})
	}
	return list, nil
}

// listMendings prints what is read instead of what; JSON has it in the counts.
func (j *job) listMendings(ctx context.Context, id int64) error {
	if j.flags.JSON {
		return nil
	}
	list, err := j.rooms.Bulk.Mendings(ctx, j.who, id)
	if err != nil {
		return err
	}
	i, err := j.rooms.Bulk.Get(ctx, j.who, id)
	if err != nil {
		return err
	}
	for _, m := range list {
		place := bulk.ColumnOf(j.say, i, m.Field)
		if m.Row != 0 {
			place = j.say.T("place.row", "row", m.Row) + ", " + place
		}
		line := fmt.Sprintf("%d  %s: %s → %s  %s", m.ID, place, m.Value, m.With, j.say.T("ui.mend.rows", "count", m.Rows))
		if m.Off {
			line += "  (" + j.say.T("ui.mend.off") + ")"
		}
		j.print(line)
	}
	return nil
}

type mendingsCommand struct {
	Forget []int64 `placeholder:"N" help:"${h_mendings_forget}"`
}

// Run lists the mendings that the workspace keeps for later files, and forgets
// those that it is told to.
func (c mendingsCommand) Run(ctx context.Context, s *session) error {
	j, err := s.job(ctx, outputFlags{})
	if err != nil {
		return err
	}
	for _, id := range c.Forget {
		if err := j.rooms.Bulk.Forget(ctx, j.who, id); err != nil {
			return err
		}
	}
	list, err := j.rooms.Bulk.Remembered(ctx, j.who)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	table := tabwriter.NewWriter(j.house.Out, 0, 0, 2, ' ', 0)
	for _, m := range list {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s → %s\t%s\t%s\n", m.ID, j.say.Heading(m.Field), m.Value, m.With,
			j.say.DateTime(m.At, j.zone), j.say.T("ui.import_no", "id", m.Import))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}
