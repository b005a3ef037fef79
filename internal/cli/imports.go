package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

type importCommand struct {
	entityArgument
	File         string `arg:"" help:"${h_file}"`
	Mode         string `enum:"edit,create" default:"edit" help:"${h_mode}"`
	Lists        string `enum:"replace,add,remove" default:"replace" help:"${h_lists}"`
	Apply        bool   `help:"${h_apply_flag}"`
	AllOrNothing bool   `help:"${h_all_or_nothing}"`
	Rename       bool   `help:"${h_rename}"`
	WithRelated  bool   `help:"${h_with_related}"`
	Sheet        string `placeholder:"NAME" help:"${h_sheet}"`
	Hidden       string `enum:"include,skip" default:"include" help:"${h_hidden}"`
	Stale        string `placeholder:"mine|theirs|merge" help:"${h_stale}"`
	guardsFlag
	outputFlags
}

// outputFlags is how the outcome is told.
type outputFlags struct {
	Report string `placeholder:"FILE" help:"${h_report}"`
	JSON   bool   `name:"json" help:"${h_json}"`
}

// reportCanBeWritten looks before anything is done: a wrong name told afterwards,
// with the status of wrong usage, would hide that the import was applied.
func (o outputFlags) reportCanBeWritten() error {
	if o.Report == "" {
		return nil
	}
	if _, err := formatOf(o.Report); err != nil {
		return err
	}
	folder, err := os.Stat(filepath.Dir(o.Report))
	if err == nil && !folder.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return fault.New(fault.Usage, "error.cannot_write", "name", o.Report, "problem", reason(err))
	}
	return nil
}

// Run uploads a file, checks it, and with --apply writes what it asks for.
func (c importCommand) Run(ctx context.Context, s *session) error {
	accept, err := plan.ParseGuards(c.words())
	if err != nil {
		return err
	}
	stale, err := plan.ParseChoice(c.Stale)
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return fault.New(fault.Usage, "error.cannot_read", "name", c.File, "problem", reason(err))
	}
	defer func() { _ = file.Close() }() // only read from
	j, err := s.job(ctx, c.outputFlags)
	if err != nil {
		return err
	}
	e := j.who.Catalog.ByName(c.Entity)
	i, err := j.rooms.Bulk.Upload(ctx, j.who, bulk.Upload{
		Entity: e, Mode: plan.Mode(c.Mode), Name: filepath.Base(c.File), Content: file, Accept: accept, Stale: stale, AllOrNothing: c.AllOrNothing,
		Options: plan.Options{Lists: plan.Lists(c.Lists), Rename: c.Rename, Related: c.WithRelated, Sheet: c.Sheet, Hidden: plan.Hidden(c.Hidden), Language: s.say.Tag()},
	})
	if refused := refusedAtTheDoor(err); refused != nil {
		return j.tell(ctx, &plan.Import{Entity: e, Mode: plan.Mode(c.Mode), State: plan.Refused, Reason: refused, File: plan.File{Name: filepath.Base(c.File)}})
	}
	if err != nil {
		return err
	}
	return j.carryOut(ctx, i.ID, c.Apply, bulk.Decision{Notices: c.told()})
}

// refusedAtTheDoor is the fault of a file that was refused before an import was
// made of it; nil for other errors.
func refusedAtTheDoor(err error) *fault.Error {
	switch fault.CodeOf(err) {
	case fault.Refused, fault.TooLarge:
		return fault.All(err)[0]
	}
	return nil
}

type applyCommand struct {
	ID    int64  `arg:"" name:"import" help:"${h_import_id}"`
	Stale string `placeholder:"mine|theirs|merge" help:"${h_stale}"`
	guardsFlag
	outputFlags
}

// Run applies a ready import, or finishes one that was interrupted.
func (c applyCommand) Run(ctx context.Context, s *session) error {
	accept, err := plan.ParseGuards(c.words())
	if err != nil {
		return err
	}
	stale, err := plan.ParseChoice(c.Stale)
	if err != nil {
		return err
	}
	j, err := s.job(ctx, c.outputFlags)
	if err != nil {
		return err
	}
	i, err := j.rooms.Bulk.Get(ctx, j.who, c.ID)
	if err != nil {
		return err
	}
	if i.State.Final() { // says why it cannot be applied
		_, err = j.rooms.Bulk.Apply(ctx, j.who, c.ID, bulk.Decision{})
		return err
	}
	if stale != "" {
		if _, err := j.drive(ctx, c.ID); err != nil {
			return err
		}
		if _, err := j.rooms.Bulk.Choose(ctx, j.who, c.ID, bulk.Choose{Choice: stale}); err != nil {
			return err
		}
	}
	return j.carryOut(ctx, c.ID, true, bulk.Decision{Accept: accept, Notices: c.told()})
}

type extendCommand struct {
	ID  int64 `arg:"" name:"import" help:"${h_import_id}"`
	Off bool  `help:"${h_extend_off}"`
	outputFlags
}

// Run has what belongs to the records of a ready import follow them, and shows
// the preview that comes of it.
func (c extendCommand) Run(ctx context.Context, s *session) error {
	j, err := s.job(ctx, c.outputFlags)
	if err != nil {
		return err
	}
	if _, err := j.rooms.Bulk.Extend(ctx, j.who, c.ID, !c.Off); err != nil {
		return err
	}
	return j.carryOut(ctx, c.ID, false, bulk.Decision{})
}

type undoCommand struct {
	ID       int64   `arg:"" name:"import" help:"${h_import_id}"`
	Rows     string  `placeholder:"5,7-20" help:"${h_undo_rows}"`
	Record   []int64 `sep:"," placeholder:"ID" help:"${h_undo_record}"`
	Employee string  `placeholder:"LOGIN" help:"${h_undo_employee}"`
	Concern  string  `enum:"gained,lost,both" default:"both" help:"${h_undo_concern} (${enum})"`
	Apply    bool    `help:"${h_apply_flag}"`
	guardsFlag
	outputFlags
}

// Run makes an import that takes another one back, or a part of it.
func (c undoCommand) Run(ctx context.Context, s *session) error {
	accept, err := plan.ParseGuards(c.words())
	if err != nil {
		return err
	}
	j, err := s.job(ctx, c.outputFlags)
	if err != nil {
		return err
	}
	part, err := c.part(ctx, j)
	if err != nil {
		return err
	}
	i, err := j.rooms.Bulk.UndoPart(ctx, j.who, c.ID, part, accept)
	if err != nil {
		return err
	}
	return j.carryOut(ctx, i.ID, c.Apply, bulk.Decision{Notices: c.told()})
}

// part is which rows are to go back.
func (c undoCommand) part(ctx context.Context, j *job) (plan.Part, error) {
	spans, err := plan.ParseSpans(c.Rows)
	if err != nil {
		return plan.Part{}, err
	}
	part := plan.Part{Rows: spans, Records: c.Record}
	if c.Employee != "" {
		p, err := j.rooms.Access.EmployeeByLogin(ctx, j.who, c.Employee)
		if err != nil {
			return part, err
		}
		part.Employee, part.Concern = p.ID, plan.Concern(c.Concern)
	}
	return part, nil
}

type cancelCommand struct {
	ID int64 `arg:"" name:"import" help:"${h_import_id}"`
}

// Run ends an import that waits, or stops one that is working.
func (c cancelCommand) Run(ctx context.Context, s *session) error {
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	i, err := rooms.Bulk.Cancel(ctx, who, c.ID)
	if err != nil {
		return err
	}
	s.print(s.headline(i))
	return nil
}

type importsCommand struct {
	ID   int64 `arg:"" name:"import" optional:"" help:"${h_import_id}"`
	JSON bool  `name:"json" help:"${h_json}"`

	Limit  int   `default:"200" placeholder:"N" help:"${h_imports_limit}"`
	Offset int64 `placeholder:"N" help:"${h_imports_offset}"`
}

// Run shows one import, or lists all.
func (c importsCommand) Run(ctx context.Context, s *session) error {
	j, err := s.job(ctx, outputFlags{JSON: c.JSON})
	if err != nil {
		return err
	}
	if c.ID == 0 {
		return j.list(ctx, c.Offset, c.Limit)
	}
	i, err := j.rooms.Bulk.Get(ctx, j.who, c.ID)
	if err != nil {
		return err
	}
	if err := j.loadDecisions(ctx, c.ID); err != nil {
		return err
	}
	if err := j.tell(ctx, i); !errors.As(err, new(ended)) {
		return err
	}
	return nil // showing has worked, whatever is shown
}

// loadDecisions has the import be told with what was decided about it.
func (j *job) loadDecisions(ctx context.Context, id int64) error {
	list, err := j.rooms.Bulk.Decisions(ctx, j.who, id)
	for _, d := range list {
		j.decided = append(j.decided, decision{At: d.At, Who: d.Name, What: d.What, Import: bulk.Led(d.Decision), Message: bulk.Decided(j.say, d.Decision)})
	}
	return err
}

// list shows imports, the newest first, and says when there are more.
func (j *job) list(ctx context.Context, offset int64, limit int) error {
	if limit < 0 || offset < 0 {
		return fault.New(fault.Usage, "error.bad_page")
	}
	if limit == 0 {
		limit = math.MaxInt32
	}
	all, total, err := j.rooms.Bulk.List(ctx, j.who, offset, limit)
	if err != nil {
		return err
	}
	if next := offset + int64(len(all)); next < total && len(all) > 0 {
		defer j.complain(j.say.T("cli.list.more", "count", total-next, "offset", next))
	}
	if j.flags.JSON {
		list := struct {
			Imports []receipt `json:"imports"`
		}{make([]receipt, len(all))}
		for n, i := range all {
			list.Imports[n] = receiptOf(i)
		}
		return j.printJSON(list)
	}
	table := tabwriter.NewWriter(j.house.Out, 0, 0, 2, ' ', 0)
	for _, i := range all {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", i.ID, j.say.DateTime(i.CreatedAt, j.zone),
			j.say.T("entity."+i.Entity.Name+".many"), j.say.T("mode."+string(i.Mode)), j.say.T("state."+string(i.State)),
			j.done(i), j.source(i))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

// done counts what an import has written and what of it was undone; "" before it
// writes.
func (j *job) done(i *plan.Import) string {
	if i.StartedAt.IsZero() {
		return ""
	}
	key := "cli.list.changed"
	switch i.Mode {
	case plan.Create:
		key = "cli.list.created"
	case plan.Undo:
		key = "cli.list.reverted"
	}
	text := j.say.T(key, "count", i.Counts.Applied)
	if i.UndoneBy != 0 {
		text += ", " + j.say.T("cli.list.undone", "count", i.Undone)
	}
	return text
}

// job is a command about one import.
type job struct {
	*session
	rooms *Rooms
	who   access.User
	flags outputFlags
	zone  *time.Location

	decided []decision // told with the import
}

func (s *session) job(ctx context.Context, flags outputFlags) (*job, error) {
	if err := flags.reportCanBeWritten(); err != nil {
		return nil, err
	}
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(who.TimeZone)
	if err != nil {
		zone = time.UTC // a zone this machine does not know; the times stay right
	}
	return &job{session: s, rooms: rooms, who: who, flags: flags, zone: zone}, nil
}

// carryOut works on an import until it rests, applies it when asked to, and
// tells the outcome.
func (j *job) carryOut(ctx context.Context, id int64, apply bool, d bulk.Decision) error {
	i, err := j.drive(ctx, id)
	if err != nil {
		return err
	}
	var kept error // why it was not applied, told after the preview
	if apply && i.State == plan.Ready {
		if _, err := j.rooms.Bulk.Apply(ctx, j.who, id, d); err == nil {
			i, err = j.drive(ctx, id)
			if err != nil {
				return err
			}
		} else if fault.CodeOf(err) == fault.Conflict {
			kept = err
		} else {
			return err
		}
	}
	var unwritten error
	if i.State != plan.Refused && j.flags.Report != "" {
		unwritten = j.report(ctx, id)
	}
	told := j.tell(ctx, i) // whatever became of the report: records may have changed
	if unwritten != nil {
		return fmt.Errorf("%s: %w", j.flags.Report, unwritten)
	}
	if kept != nil {
		j.complain(j.say.Fault(kept))
		if told == nil {
			return ended(statusRows)
		}
	}
	return told
}

func (j *job) drive(ctx context.Context, id int64) (*plan.Import, error) {
	bar := j.bar()
	defer bar.clear()
	return j.rooms.Bulk.Drive(ctx, j.who.WorkspaceID, id, func(i *plan.Import) {
		if i.State == plan.Checking || i.State == plan.Applying {
			bar.show(j.headline(i), i.Done, i.Total)
		}
	})
}

func (j *job) report(ctx context.Context, id int64) error {
	format, err := formatOf(j.flags.Report)
	if err != nil {
		return err
	}
	return j.write(j.flags.Report, func(w io.Writer) error {
		return j.rooms.Bulk.Report(ctx, j.who, id, format, j.say.Tag(), w)
	})
}

// outcome is the exit status that an import deserves.
func outcome(i *plan.Import) error {
	c := i.Counts
	switch {
	case i.State == plan.Refused:
		return ended(statusRefused)
	case i.State == plan.Failed || i.State == plan.Cancelled:
		return ended(statusOther)
	case c.Failed > 0 || c.Held > c.Accepted || c.Conflict > 0 || i.LeftOut() > 0:
		return ended(statusRows)
	}
	return nil
}
