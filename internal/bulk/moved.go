package bulk

import (
	"context"
	"io"
	"strconv"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// Way is how a record comes to, or goes from, an employee by an import.
type Way string

// The ways.
const (
	Gains      Way = "gains"       // he begins to see it
	Loses      Way = "loses"       // he ceases to see it
	Received   Way = "received"    // he becomes responsible for it
	HandedOver Way = "handed_over" // he ceases to be
)

// MovedQuery asks for the records of an import that come to an employee, or go
// from him. Employee 0 is everybody: what becomes open to all, or ceases to be.
type MovedQuery struct {
	Employee int64
	Way      Way
	After    int64 // a record id: the page begins behind it
	Limit    int
}

// Moved lists the records that an import, as far as it is accepted, brings to an
// employee or takes from him, in the order of ids; more tells whether others
// follow.
func (s *Service) Moved(ctx context.Context, who access.User, id int64, q MovedQuery) (views []ChangeView, more bool, err error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, false, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err == nil {
			err = kept(i)
		}
		if err != nil {
			return err
		}
		f, err := newMoves(tx, i, q)
		if err != nil {
			return err
		}
		f.scope = who.Scope()
		views, more, err = f.views(tx)
		return err
	})
	return views, more, err
}

// NoticeRecords lists the records that a notice of the user's own is about.
// Whoever gets a notice had these records, or has them now, so that he may know
// them whatever his rights are.
func (s *Service) NoticeRecords(ctx context.Context, who access.User, notice int64, q MovedQuery) (views []ChangeView, more bool, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, false, err
	}
	q.Employee = who.EmployeeID
	if q.Way != Received && q.Way != HandedOver {
		return nil, false, fault.New(fault.NotFound, "error.no_such_choice")
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		n, err := tx.Notice(who.EmployeeID, notice)
		if err != nil {
			return err
		}
		if n.Kind != plan.Digest {
			return fault.New(fault.NotFound, "error.no_such_notice", "id", notice)
		}
		i, err := tx.Import(n.ImportID)
		if err == nil {
			err = kept(i)
		}
		if err != nil {
			return err
		}
		f, err := newMoves(tx, i, q)
		if err != nil {
			return err
		}
		f.applied, f.scope = true, entity.Scope{All: true}
		views, more, err = f.views(tx)
		return err
	})
	return views, more, err
}

// moves finds the rows of a plan that a query is about.
type moves struct {
	imp     *plan.Import
	q       MovedQuery
	sight   *sight
	scope   entity.Scope // of whoever looks
	applied bool         // only what was written and stands
}

func newMoves(tx *store.Tx, i *plan.Import, q MovedQuery) (*moves, error) {
	switch q.Way {
	case Gains, Loses, Received, HandedOver:
	default:
		return nil, fault.New(fault.NotFound, "error.no_such_choice")
	}
	if q.Employee != 0 {
		if _, err := tx.Employee(q.Employee); err != nil {
			return nil, err
		}
	}
	w, err := tx.OwnWorkspace()
	if err != nil {
		return nil, err
	}
	f := &moves{imp: i, q: q}
	f.sight, err = newSight(tx, w)
	return f, err
}

// wants tells whether a row is one of those asked for.
func (f *moves) wants(c *plan.Change) bool {
	if !movesPeople(f.imp, c) || f.applied && !wasApplied(f.imp, c) {
		return false
	}
	switch f.q.Way {
	case Gains:
		gains, _ := f.sight.change(c, f.q.Employee)
		return gains
	case Loses:
		_, loses := f.sight.change(c, f.q.Employee)
		return loses
	}
	gone, come := moved(c)
	for _, id := range come {
		if id == f.q.Employee && f.q.Way == Received {
			return true
		}
	}
	for _, id := range gone {
		if id == f.q.Employee && f.q.Way == HandedOver {
			return true
		}
	}
	return false
}

// page reads on until the page is full or the plan ends.
func (f *moves) page(tx *store.Tx) (list []plan.Change, more bool, err error) {
	for after := f.q.After; ; {
		chunk, err := tx.PeopleChanges(f.imp.ID, after, planChunk)
		if err != nil || len(chunk) == 0 {
			return list, false, err
		}
		for n := range chunk {
			if !f.wants(&chunk[n]) {
				continue
			}
			if len(list) == f.q.Limit {
				return list, true, nil
			}
			list = append(list, chunk[n])
		}
		after = chunk[len(chunk)-1].RecordID
	}
}

func (f *moves) views(tx *store.Tx) ([]ChangeView, bool, error) {
	list, more, err := f.page(tx)
	if err != nil {
		return nil, false, err
	}
	views, err := describe(tx, f.imp, list, f.scope)
	return views, more, err
}

// ExportMoved writes the records of Moved as a file.
func (s *Service) ExportMoved(ctx context.Context, who access.User, id int64, q MovedQuery, format sheet.Format, language string, w io.Writer) error {
	l := s.locales.Get(language)
	q.After, q.Limit = 0, movedBatch
	views, more, err := s.Moved(ctx, who, id, q)
	if err != nil {
		return err
	}
	out, err := sheet.NewWriter(w, format)
	if err != nil {
		return err
	}
	const wide = 44
	if err := out.Sheet(sheet.Spec{Name: l.T("report.sheet"), FreezeRows: 1, AutoFilter: true,
		Columns: []sheet.Column{{Width: 12}, {Width: wide}, {Width: wide}, {Width: wide}}}); err != nil {
		return err
	}
	var headings []sheet.Value
	for _, heading := range []string{l.Field(nil, entity.ID), l.T("ui.record"), l.T("moved.before"), l.T("moved.after")} {
		headings = append(headings, sheet.Value{Kind: sheet.Text, Text: heading, Style: sheet.Header})
	}
	if err := out.Row(headings); err != nil {
		return err
	}
	for {
		for n := range views {
			v := &views[n]
			if err := out.Row([]sheet.Value{{Kind: sheet.Number, Text: strconv.FormatInt(v.RecordID, 10)},
				textValue(v.Title), textValue(loginsText(v.Before)), textValue(loginsText(v.After))}); err != nil {
				return err
			}
			q.After = v.RecordID
		}
		if !more {
			return out.Close()
		}
		if views, more, err = s.Moved(ctx, who, id, q); err != nil {
			return err
		}
	}
}

// movedBatch is how many records of a move are written at a time.
const movedBatch = 1000

func loginsText(people []*entity.Employee) string {
	logins := make([]string, len(people))
	for n, p := range people {
		logins[n] = p.Login
	}
	return strings.Join(logins, ", ")
}
