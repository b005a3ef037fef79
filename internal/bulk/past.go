package bulk

import (
	"context"
	"io"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/sheet"
)

// AsOf asks for the records as they were at an instant.
type AsOf struct {
	At       time.Time
	Employee int64 // only the records that he was responsible for; 0 is all
}

// momentForms are the ways in which people write when; a day alone means its end.
var momentForms = []struct {
	form string
	day  bool
}{
	{time.DateOnly, true}, {"2006-01-02 15:04", false}, {"2006-01-02T15:04", false},
	{"02.01.2006", true}, {"02.01.2006 15:04", false},
}

// ParseMoment reads when, by the clock of a time zone. A day alone means its end.
func ParseMoment(text string, zone *time.Location) (time.Time, error) {
	for _, f := range momentForms {
		at, err := time.ParseInLocation(f.form, text, zone)
		if err != nil {
			continue
		}
		if f.day {
			at = at.AddDate(0, 0, 1).Add(-time.Millisecond)
		}
		return at, nil
	}
	return time.Time{}, fault.New(fault.Usage, "error.bad_moment", "value", text)
}

// ParseBeginning is ParseMoment for the beginning of a time: a day alone means
// its beginning.
func ParseBeginning(text string, zone *time.Location) (time.Time, error) {
	at, err := ParseMoment(text, zone)
	if err == nil && !strings.Contains(text, ":") {
		at = at.AddDate(0, 0, -1).Add(time.Millisecond)
	}
	return at, err
}

// ListAsOf reads the next records as they were, from after the given id on, in
// the order of ids. last is where the next page begins; 0 when there is none.
// Seen are the records that who may see today.
func (s *Service) ListAsOf(ctx context.Context, who access.User, e *entity.Entity, q AsOf, after int64, limit int) (list []store.PastRecord, last int64, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, 0, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		past, err := tx.Past(e, q.At, q.Employee)
		if err != nil {
			return err
		}
		for last = after; len(list) < limit; {
			var page []store.PastRecord
			if page, last, err = tx.PastPage(past, who.Scope(), last, exportPage); err != nil {
				return err
			}
			list = append(list, page...)
			if last == 0 {
				break
			}
		}
		if len(list) > limit {
			list, last = list[:limit], list[limit-1].Then.ID
		}
		return nil
	})
	return list, last, err
}

// ExportAsOf writes the records as they were as an edit file: imported, it
// brings that state back. It carries the versions of today, so that what is
// changed after it was made is held. What was empty then and is not now is
// emptied by its word.
func (s *Service) ExportAsOf(ctx context.Context, who access.User, e *entity.Entity, q AsOf, o ExportOptions, w io.Writer) error {
	if err := who.Must(access.ExportRecords); err != nil {
		return err
	}
	o.ForEdit = true
	if len(o.Fields) == 0 {
		o.Fields = []string{AllFields}
	}
	present := entity.Query{}
	if q.Employee != 0 {
		present.Responsible = []int64{q.Employee}
	}
	x, err := s.newExport(ctx, who, e, present, o)
	if err != nil {
		return err
	}
	var past *store.Past
	if err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		past, err = tx.Past(e, q.At, q.Employee)
		return err
	}); err != nil {
		return err
	}
	out, err := sheet.NewWriter(w, o.Format)
	if err != nil {
		return err
	}
	if err := out.Sheet(x.spec()); err != nil {
		return err
	}
	if err := out.Row(x.header()); err != nil {
		return err
	}
	for after := int64(0); ; {
		rows, last, err := x.pastPage(ctx, past, after)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := out.Row(row); err != nil {
				return err
			}
		}
		if last == 0 {
			return x.close(out)
		}
		after = last
	}
}

func (x *export) pastPage(ctx context.Context, past *store.Past, after int64) (rows [][]sheet.Value, last int64, err error) {
	err = x.service.store.Read(ctx, x.who.WorkspaceID, func(tx *store.Tx) error {
		var page []store.PastRecord
		if page, last, err = tx.PastPage(past, x.who.Scope(), after, exportPage); err != nil {
			return err
		}
		then := make([]*entity.Record, len(page))
		for n := range page {
			then[n] = page[n].Then
		}
		names, err := x.names(tx, then)
		if err != nil {
			return err
		}
		for _, p := range page {
			rows = append(rows, x.pastRow(p, names))
		}
		return nil
	})
	return rows, last, err
}

// pastRow is a record as it was; its version is today's.
func (x *export) pastRow(p store.PastRecord, names referenced) []sheet.Value {
	p.Then.Version = p.Now.Version
	row := x.row(p.Then, names)
	emptied := sheet.Value{Kind: sheet.Text, Text: x.locale.T("report.clear")}
	if len(p.Then.Responsibles) == 0 && len(p.Now.Responsibles) > 0 {
		row[3] = emptied
	}
	for n, f := range x.fields {
		if p.Then.Get(f.Name) == "" && p.Now.Get(f.Name) != "" && !f.Required {
			row[len(row)-len(x.fields)+n] = emptied
		}
	}
	return row
}
