package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// receipt is an import as scripts read it. Its form is a promise.
type receipt struct {
	Import     int64       `json:"import"`
	Entity     string      `json:"entity"`
	Mode       plan.Mode   `json:"mode"`
	State      plan.State  `json:"state"`
	Waiting    fault.Code  `json:"waiting,omitempty"` // what a working import waits for: no_space
	Undoes     int64       `json:"undoes,omitempty"`
	Corrects   int64       `json:"corrects,omitempty"`
	File       plan.File   `json:"file"`
	DurationMS int64       `json:"duration_ms"`
	Counts     plan.Counts `json:"counts"`
	Problems   []problem   `json:"problems"`
	Decisions  []decision  `json:"decisions,omitempty"` // where one import is looked up
}

// decision is what a person has decided about an import.
type decision struct {
	At      time.Time `json:"at"`
	Who     string    `json:"who"` // "" is the operator
	What    plan.Act  `json:"what"`
	Import  int64     `json:"import,omitempty"` // that it led to
	Message string    `json:"message"`
}

// problem is what is said about one row. For a file that was refused it is the
// reason, with the row when there is one.
type problem struct {
	Row        int64  `json:"row"`
	Sheet      string `json:"sheet,omitempty"` // of a workbook that is read as a whole
	Column     string `json:"column"`
	Code       string `json:"code"`
	Value      string `json:"value"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion"`
}

func receiptOf(i *plan.Import) receipt {
	return receipt{
		Import: i.ID, Entity: i.Entity.Name, Mode: i.Mode, State: i.State, Waiting: i.Waiting, Undoes: i.Undoes, Corrects: i.Corrects, File: i.File,
		DurationMS: i.Worked.Milliseconds(), Counts: i.Counts, Problems: []problem{},
	}
}

const (
	problemsInJSON = 1000
	problemsShown  = 20
)

// tell prints an import in the form asked for, and returns the status that it
// deserves.
func (j *job) tell(ctx context.Context, i *plan.Import) error {
	most := problemsShown
	if j.flags.JSON {
		most = problemsInJSON
	}
	problems, total, err := j.problems(ctx, i, most)
	if err != nil {
		return err
	}
	if !j.flags.JSON {
		if err := j.describe(ctx, i, problems, total); err != nil {
			return err
		}
		return outcome(i)
	}
	r := receiptOf(i)
	r.Problems, r.Decisions = problems, j.decided
	if err := j.printJSON(r); err != nil {
		return err
	}
	return outcome(i)
}

func (j *job) printJSON(v any) error {
	out := json.NewEncoder(j.house.Out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// problems is the first problems of an import, the reason of its end among
// them, and how many there are in all.
func (j *job) problems(ctx context.Context, i *plan.Import, most int) ([]problem, int64, error) {
	problems := []problem{}
	if i.Reason != nil {
		problems = append(problems, problem{
			Row: whole(i.Reason.Args["row"]), Code: lastWord(i.Reason.Key), Message: j.say.FaultOf(i.Reason),
		})
	}
	if i.ID == 0 { // refused before it became an import
		return problems, int64(len(problems)), nil
	}
	rows, total, err := j.rooms.Bulk.Problems(ctx, j.who, i.ID, bulk.ProblemQuery{Outcomes: standing(i), Limit: most - len(problems)})
	if err != nil {
		return nil, 0, err
	}
	for _, p := range rows {
		sheet, row := bulk.Place(i, p.Row)
		one := problem{Row: row, Sheet: sheet, Code: p.Code, Value: p.Value, Suggestion: p.Suggestion, Message: bulk.Explain(j.say, j.zone, p)}
		if p.Field != "" {
			one.Column = bulk.Column(j.say, i, p)
		}
		problems = append(problems, one)
	}
	return problems, total + int64(len(problems)-len(rows)), nil
}

// standing is what is still to be said about the rows of an import: once it has
// been applied, not what was asked about rows that were all accepted. Empty
// means everything.
func standing(i *plan.Import) []plan.Outcome {
	if i.State != plan.Applied || i.Counts.Held == 0 || i.Counts.Accepted < i.Counts.Held {
		return nil
	}
	return []plan.Outcome{plan.RowFailed, plan.Conflict, plan.Warning}
}

// whole reads a row number, which may have been through JSON.
func whole(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// lastWord is the code in a message key: old_excel of file.old_excel.
func lastWord(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// headline is an import in one line.
func (s *session) headline(i *plan.Import) string {
	section := s.say.T("entity." + i.Entity.Name + ".many")
	if i.Mode == plan.Create {
		section += ", " + s.say.T("mode.create")
	}
	return s.say.T("cli.headline", "import", i.ID, "section", section, "source", s.source(i), "state", string(i.State))
}

// source is what an import was made from.
func (s *session) source(i *plan.Import) string {
	if i.Undoes != 0 {
		return s.say.T("cli.undoes", "undoes", i.Undoes)
	}
	return i.File.Name
}

// describe prints an import for people.
func (j *job) describe(ctx context.Context, i *plan.Import, problems []problem, total int64) error {
	j.print(j.headline(i))
	if i.State != plan.Refused {
		j.counts(i)
		for _, notice := range bulk.Notices(j.say, entity.Scope{All: true}, i) {
			j.print("  " + notice)
		}
	}
	if !i.ForgottenAt.IsZero() {
		j.print("  " + j.say.T("ui.import.forgotten", "day", i.ForgottenAt.Format(time.DateOnly)))
	}
	if err := j.newValues(ctx, i); err != nil {
		return err
	}
	if err := j.preview(ctx, i); err != nil {
		return err
	}
	j.lines(i, problems, total)
	j.decisions()
	if next := j.next(i); next != "" {
		j.print("\n" + next)
	}
	return nil
}

// lines prints the first problems, one a line.
func (j *job) lines(i *plan.Import, problems []problem, total int64) {
	if len(problems) > 0 {
		j.print("")
	}
	for _, p := range problems {
		place := p.Column
		if p.Row > 0 && i.State != plan.Refused { // a refusal names its place itself
			place = strings.Trim(j.say.T("place.row", "row", p.Row)+", "+p.Column, ", ")
			if p.Sheet != "" {
				place = p.Sheet + ", " + place
			}
		}
		if place != "" {
			place += ": "
		}
		j.print("  " + place + p.Message)
	}
	if left := total - int64(len(problems)); left > 0 {
		j.print("  " + j.say.T("cli.more_problems", "count", left))
	}
}

// decisions prints what people have decided about the import.
func (j *job) decisions() {
	if len(j.decided) > 0 {
		j.print("")
	}
	for _, d := range j.decided {
		who, led := d.Who, ""
		if who == "" {
			who = j.say.T("row.operator")
		}
		if d.Import != 0 {
			led = " " + j.say.T("ui.import_no", "id", d.Import)
		}
		j.print("  " + j.say.DateTime(d.At, j.zone) + "  " + who + " " + d.Message + led)
	}
}

// next is what can be done now, or why nothing need be.
func (j *job) next(i *plan.Import) string {
	c := i.Counts
	switch {
	case i.State == plan.Ready && i.Selected() > 0:
		return j.say.T("cli.next_apply", "import", i.ID)
	case i.State == plan.Ready && c.Held > 0:
		return j.say.T("cli.next_accept", "import", i.ID, "words", strings.Join(i.Asking().Names(), ","))
	case (i.State == plan.Ready || i.State == plan.Applied) && c.Change+c.Held+c.Failed == 0:
		return j.say.T(byMode(i, "cli.nothing_to_change", "cli.nothing_to_create"))
	case i.UndoneBy != 0:
		return j.say.T("cli.undone", "undone", i.Undone, "of", c.Applied, "import", i.UndoneBy)
	case c.Applied > 0:
		return j.say.T("cli.next_undo", "import", i.ID)
	}
	return ""
}

// byMode is one key, or the other of an import that makes records.
func byMode(i *plan.Import, edit, create string) string {
	if i.Mode == plan.Create {
		return create
	}
	return edit
}

// counts prints the receipt: what was read, what is to become of it, and, once
// applying has begun, what became of it.
func (j *job) counts(i *plan.Import) {
	c, began := i.Counts, !i.StartedAt.IsZero()
	change, held := byMode(i, "count.change", "count.create"), "count.held"
	if began { // what was to come is past
		change, held = byMode(i, "count.was_change", "count.was_create"), "count.was_held"
	}
	lines := []struct {
		key   string
		n     int64
		shown bool
	}{
		{"count.read", c.Read, true},
		{change, c.Change, true},
		{"count.unchanged", c.Unchanged, i.Mode != plan.Create},
		{held, c.Held, true},
		{"count.failed", c.Failed, true},
		{"count.accepted", c.Accepted, c.Held > 0},
		{byMode(i, "count.applied", "count.created"), c.Applied, began},
		{"count.conflict", c.Conflict, began},
		{"count.remaining", c.Remaining, began},
		{"count.blank", c.Blank, c.Blank > 0},
		{"count.warnings", c.Warnings, c.Warnings > 0},
		{"count.mended", c.Mended, c.Mended > 0},
	}
	const column = 24
	for _, line := range lines {
		if !line.shown {
			continue
		}
		name, number := j.say.T(line.key), j.say.Number(line.n)
		gap := max(1, column+10-utf8.RuneCountInString(name)-utf8.RuneCountInString(number))
		j.print("  " + name + strings.Repeat(" ", gap) + number)
	}
}
