// Package bulk changes many records at once: it makes a plan out of an edit
// file (check), writes the plan (apply), makes a plan that takes another one
// back (undo), and produces the files people edit (template, export) and
// correct (report). It knows how a spreadsheet's cells are meant; it knows
// neither how a file is packed (sheet) nor how anything is stored (store).
package bulk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// Service is mass editing for the doors.
type Service struct {
	store   *store.Store
	locales *locale.Set
	log     *slog.Logger
	node    string
	wake    chan struct{}

	sweepEvery time.Duration
	following  followers

	noSpaceUntil atomic.Int64 // nanoseconds: until then imports are said to wait for space
}

// Options of New. The zero value is for production.
type Options struct {
	Log  *slog.Logger // nil: the default logger
	Node string       // name of this process among the nodes; "" is made from host and process

	SweepEvery time.Duration // how often abandoned uploads are looked for; 0 is every ten minutes
}

// New makes the service; Work or Drive set it to work.
func New(st *store.Store, locales *locale.Set, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Node == "" {
		host, _ := os.Hostname() // a node without a name is told apart by its process and start
		o.Node = fmt.Sprintf("%s/%d/%d", host, os.Getpid(), time.Now().UnixNano())
	}
	return &Service{
		store: st, locales: locales, log: o.Log, node: o.Node, wake: make(chan struct{}, 1),
		sweepEvery: cmp.Or(o.SweepEvery, sweepEvery),
	}
}

// MaxFile is the most bytes an uploaded file may have.
const MaxFile = 50 << 20

// Upload is a file on its way in.
type Upload struct {
	Entity       *entity.Entity
	Mode         plan.Mode // "" is plan.Edit
	Name         string    // as the user's machine calls the file
	Content      io.Reader
	Options      plan.Options
	AllOrNothing bool
	Accept       plan.Guards
	Stale        plan.Choice // for all fields that somebody has changed since; "" holds their rows
}

// Upload stores a file and hands it to the workers. The import it returns is
// uploaded; nothing of it has been looked at. A file that is empty or over
// MaxFile is refused at once, and one that breaks off leaves nothing behind.
func (s *Service) Upload(ctx context.Context, who access.User, u Upload) (*plan.Import, error) {
	if err := who.Must(access.ImportRecords); err != nil {
		return nil, err
	}
	if _, err := plan.ParseChoice(string(u.Stale)); err != nil {
		return nil, err
	}
	i, err := newImport(who, u)
	if err != nil {
		return nil, err
	}
	if err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error { return tx.InsertImport(i, true) }); err != nil {
		return nil, err
	}
	if err := s.receive(ctx, who, i, u); err != nil {
		// the request's context may be what ended; forgetting must not depend on it
		drop := s.store.Write(context.WithoutCancel(ctx), i.Workspace, func(tx *store.Tx) error { return tx.DropUpload(i.ID) })
		return nil, errors.Join(err, drop)
	}
	s.nudge()
	return i, nil
}

// OtherSheet makes a new import of a sheet of a workbook that was uploaded
// before, with the same choices. The file need not be sent again.
func (s *Service) OtherSheet(ctx context.Context, who access.User, id int64, sheet string) (*plan.Import, error) {
	if err := who.Must(access.ImportRecords); err != nil {
		return nil, err
	}
	var i *plan.Import
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		was, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		if was.Mode == plan.Undo || was.Options.Task != nil {
			return fault.New(fault.Usage, "error.no_file", "id", id)
		}
		if err := kept(was); err != nil {
			return err
		}
		i = &plan.Import{
			Entity: was.Entity, Kinds: []*entity.Entity{was.Entity}, Mode: was.Mode, Options: was.Options, AllOrNothing: was.AllOrNothing,
			Accepted: was.Accepted, File: was.File, CreatedBy: who.EmployeeID,
		}
		i.Options.Sheet = sheet
		if err := tx.InsertImport(i, true); err != nil {
			return err
		}
		if err := tx.CopyFile(id, i.ID); err != nil {
			return err
		}
		if err := noteAhead(tx, i, who); err != nil {
			return err
		}
		chosen, err := loadChoices(tx, id)
		if err != nil {
			return err
		}
		if choice := chosen[choiceKey{}]; choice != "" {
			if err := noteChosen(tx, i, who, plan.Chosen{Choice: choice}); err != nil {
				return err
			}
		}
		if err := tx.AddDecision(id, who.EmployeeID, plan.OtherSheet, "import", i.ID, "sheet", sheet); err != nil {
			return err
		}
		return tx.FinishUpload(i.ID, i.File)
	})
	s.nudge()
	return i, err
}

func newImport(who access.User, u Upload) (*plan.Import, error) {
	if u.Mode == "" {
		u.Mode = plan.Edit
	}
	o := u.Options
	switch {
	case u.Mode != plan.Edit && u.Mode != plan.Create:
		return nil, fault.New(fault.Usage, "error.no_such_choice", "value", string(u.Mode)).In("mode")
	case u.Mode == plan.Create && (o.Rename || o.Related || o.Lists != "" && o.Lists != plan.Replace || u.Stale != ""):
		return nil, fault.New(fault.Usage, "error.only_editing").In("mode")
	}
	if o.Lists == "" {
		o.Lists = plan.Replace
	}
	if o.Hidden == "" {
		o.Hidden = plan.IncludeHidden
	}
	if o.Lists != plan.Replace && o.Lists != plan.Add && o.Lists != plan.Remove {
		return nil, fault.New(fault.Usage, "error.no_such_choice", "value", string(o.Lists)).In("lists")
	}
	if o.Hidden != plan.IncludeHidden && o.Hidden != plan.SkipHidden {
		return nil, fault.New(fault.Usage, "error.no_such_choice", "value", string(o.Hidden)).In("hidden")
	}
	return &plan.Import{
		Entity: u.Entity, Kinds: []*entity.Entity{u.Entity}, Mode: u.Mode, Options: o, AllOrNothing: u.AllOrNothing, Accepted: u.Accept,
		File: plan.File{Name: fileName(u.Name)}, CreatedBy: who.EmployeeID,
	}, nil
}

// fileName is the last element of a name, whichever system's, and of bounded
// length: it is shown, never opened.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" {
		return ""
	}
	name = strings.ToValidUTF8(name, "\uFFFD")
	const most = 200
	if r := []rune(name); len(r) > most {
		return string(r[:most])
	}
	return name
}

// receive stores the content part by part as it arrives, each part in a
// transaction of its own: a slow upload holds no lock.
func (s *Service) receive(ctx context.Context, who access.User, i *plan.Import, u Upload) error {
	sum := sha256.New()
	var buf []byte
	for part := 0; ; part++ {
		var n int
		var err error
		buf, n, err = fill(buf, u.Content)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return fmt.Errorf("receive file: %w", err)
		}
		if n > 0 {
			i.File.Size += int64(n)
			if i.File.Size > MaxFile {
				return fault.New(fault.TooLarge, "error.file_too_large", "max", int64(MaxFile>>20))
			}
			sum.Write(buf[:n])
			if err := s.store.Write(ctx, i.Workspace, func(tx *store.Tx) error {
				return tx.AppendFile(i.ID, part, buf[:n])
			}); err != nil {
				return err
			}
		}
		if last {
			break
		}
	}
	if i.File.Size == 0 {
		return fault.New(fault.Refused, "file.file_empty", "name", i.File.Name)
	}
	i.File.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return s.store.Write(ctx, i.Workspace, func(tx *store.Tx) error {
		if err := noteAhead(tx, i, who); err != nil {
			return err
		}
		if u.Stale != "" {
			if err := noteChosen(tx, i, who, plan.Chosen{Choice: u.Stale}); err != nil {
				return err
			}
		}
		return tx.FinishUpload(i.ID, i.File)
	})
}

// fill reads a part of a file into buf, which grows as the bytes come: hundreds
// of senders who dribble must not take a part's memory each. It is not
// io.ReadFull, which gives the same error for the end of a file and for an
// upload that was cut off: half a file would pass for a whole one.
func fill(buf []byte, r io.Reader) (grown []byte, n int, err error) {
	const least = 32 << 10
	for n < store.FilePart && err == nil {
		if n == len(buf) {
			buf = append(buf, make([]byte, min(max(least, n), store.FilePart-n))...)
		}
		var more int
		more, err = r.Read(buf[n:])
		n += more
	}
	return buf, n, err
}

// Get finds an import.
func (s *Service) Get(ctx context.Context, who access.User, id int64) (*plan.Import, error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	var i *plan.Import
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		i, err = importFor(tx, who, id)
		return err
	})
	s.sayWaiting(i)
	return i, err
}

// List is the imports that who knows of, newest first, and their number.
func (s *Service) List(ctx context.Context, who access.User, offset int64, limit int) (list []*plan.Import, total int64, err error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, 0, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if who.May(access.SeeAllImports) {
			list, total, err = tx.Imports(offset, limit)
		} else {
			list, total, err = tx.ImportsOf(who.EmployeeID, offset, limit)
		}
		return err
	})
	s.sayWaiting(list...)
	return list, total, err
}

// Decision is what a person decides on the preview.
type Decision struct {
	Accept       plan.Guards // accepted for all rows, in addition to what was accepted before
	AllOrNothing *bool       // nil leaves the choice as it was
	Notices      *bool       // tell those whose records change hands; nil leaves the choice as it was
	SHA256       string      // of the file that was shown; "" does not compare
	// Shown is what stood accepted on the page that was looked at; nil does not
	// compare. It keeps one person's press from carrying out what another has
	// accepted in between.
	Shown *plan.Guards
	// Revision is of the plan on that page; nil does not compare.
	Revision *int64
}

// Accept keeps a decision without applying yet. Guards given here replace
// those accepted before, so that an acceptance can be taken back.
func (s *Service) Accept(ctx context.Context, who access.User, id int64, accept plan.Guards) (*plan.Import, error) {
	return s.decide(ctx, who, id, func(tx *store.Tx, i *plan.Import) error {
		was := i.Accepted
		i.Accepted = accept
		return noteGuards(tx, i, who, was)
	})
}

// Apply sets a ready import going. With all or nothing it starts only when
// nothing is held back or failed.
func (s *Service) Apply(ctx context.Context, who access.User, id int64, d Decision) (*plan.Import, error) {
	i, err := s.decide(ctx, who, id, func(tx *store.Tx, i *plan.Import) error {
		return takeDecision(tx, i, who, d)
	}, func(tx *store.Tx, i *plan.Import) error {
		if held := i.Counts.Held - i.Counts.Accepted + i.LeftOut(); i.AllOrNothing && held+i.Counts.Failed > 0 {
			return fault.New(fault.Conflict, "error.all_or_nothing", "held", held, "failed", i.Counts.Failed)
		}
		if err := mustCarryOut(tx, who, i); err != nil {
			return err
		}
		if err := s.mustBeApproved(tx, who, i); err != nil {
			return err
		}
		if err := tx.AddDecision(id, who.EmployeeID, plan.Started, "rows", i.Selected()); err != nil {
			return err
		}
		return tx.StartApplying(id, who.EmployeeID)
	})
	s.nudge()
	return i, err
}

// takeDecision puts what was decided on the preview into i, if the preview still
// stands, and writes it down.
func takeDecision(tx *store.Tx, i *plan.Import, who access.User, d Decision) error {
	if d.Shown != nil && *d.Shown != i.Accepted || d.Revision != nil && *d.Revision != i.Revision {
		return fault.New(fault.Conflict, "error.decided_meanwhile")
	}
	if d.SHA256 != "" && d.SHA256 != i.File.SHA256 {
		return fault.New(fault.Conflict, "error.other_file")
	}
	was := i.Accepted
	i.Accepted |= d.Accept
	if err := noteGuards(tx, i, who, was); err != nil {
		return err
	}
	if d.Notices != nil {
		i.Notices = *d.Notices
		if err := tx.SetNotices(i.ID, i.Notices); err != nil {
			return err
		}
	}
	if d.AllOrNothing == nil || *d.AllOrNothing == i.AllOrNothing {
		return nil
	}
	i.AllOrNothing = *d.AllOrNothing
	return noteChoice(tx, i, who)
}

// decide changes what was decided on a ready import, and does more in the same
// transaction.
func (s *Service) decide(ctx context.Context, who access.User, id int64, steps ...func(*store.Tx, *plan.Import) error) (*plan.Import, error) {
	if err := who.Must(access.ImportRecords); err != nil {
		return nil, err
	}
	var i *plan.Import
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if i, err = importFor(tx, who, id); err != nil {
			return err
		}
		if i.State != plan.Ready {
			return fault.New(fault.Conflict, "error.import_state", "id", id, "state", string(i.State))
		}
		for n, step := range steps {
			if err := step(tx, i); err != nil {
				return err
			}
			if n == 0 {
				i.Counts.Accepted = i.AcceptedBy(i.Accepted)
				if err := tx.SetDecision(id, i.Accepted, i.AllOrNothing, i.Counts.Accepted); err != nil {
					return err
				}
			}
		}
		i, err = importFor(tx, who, id)
		return err
	})
	return i, err
}

// Cancel ends an import that waits, and stops a working one after its present
// chunk; what was applied stays applied and can be undone.
func (s *Service) Cancel(ctx context.Context, who access.User, id int64) (*plan.Import, error) {
	if err := who.Must(access.ImportRecords); err != nil {
		return nil, err
	}
	var i *plan.Import
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, err := importFor(tx, who, id); err != nil {
			return err
		}
		if err := tx.Cancel(id, fault.New(fault.Conflict, "reason.cancelled", "login", who.Login)); err != nil {
			return err
		}
		if err := tx.AddDecision(id, who.EmployeeID, plan.Stopped); err != nil {
			return err
		}
		var err error
		i, err = importFor(tx, who, id)
		return err
	})
	return i, err
}

// nudge tells the worker of this process that something waits; the others find
// it by themselves.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
