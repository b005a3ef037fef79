package app

import (
	"context"
	"errors"
	"os"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/cli"
	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/sheet"
)

// sampleFile is the edit file that comes with the demonstration: somebody has
// left, and his clients are given to three others. A few rows are as careless
// as those of real files, so that the preview has something to say.
type sampleFile struct {
	rooms  *cli.Rooms
	who    access.User
	say    *locale.Locale
	entity *entity.Entity
}

// sampleRows is how many records the sample edits.
const sampleRows = 30

// Rows of the sample, from 0, that are not as they should be.
const (
	rowDeactivated = 5
	rowMistyped    = 11
	rowMisnamed    = 17
	rowCleared     = 23
)

func (s *sampleFile) write(ctx context.Context, path string) error {
	left, heirs, err := s.people(ctx)
	if err != nil {
		return err
	}
	active := true
	page, err := s.rooms.Records.List(ctx, s.who, s.entity, entity.Query{Active: &active, Responsible: []int64{left.ID}, Sort: entity.ID, Limit: sampleRows, WithoutCount: true})
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(s.fill(file, page.Records, heirs), file.Close())
}

// people finds somebody who has left, and those who come into his clients:
// field employees of his groups, or any when there are none.
func (s *sampleFile) people(ctx context.Context) (left *entity.Employee, heirs []*entity.Employee, err error) {
	all, err := s.rooms.Access.Employees(ctx, s.who, access.EmployeeQuery{})
	if err != nil {
		return nil, nil, err
	}
	for _, p := range all {
		if !p.Active {
			left = p
			break
		}
	}
	if left == nil {
		return nil, nil, errors.New("nobody has left the demo company")
	}
	for _, p := range all {
		if p.Active && p.Role == entity.FieldStaff && together(p, left) {
			heirs = append(heirs, p)
		}
	}
	if len(heirs) == 0 {
		return nil, nil, errors.New("nobody is left in the demo company's group")
	}
	return left, heirs[:min(3, len(heirs))], nil
}

func together(a, b *entity.Employee) bool {
	for _, one := range a.Groups {
		for _, other := range b.Groups {
			if one.GroupID == other.GroupID {
				return true
			}
		}
	}
	return false
}

func (s *sampleFile) fill(file *os.File, records []*entity.Record, heirs []*entity.Employee) error {
	w, err := sheet.NewWriter(file, sheet.XLSX)
	if err != nil {
		return err
	}
	err = w.Sheet(sheet.Spec{
		Name: s.say.T("entity." + s.entity.Name + ".many"), FreezeRows: 1,
		Columns: []sheet.Column{{Width: 10}, {Width: 44}, {Width: 18}, {Width: 34, Text: true}},
	})
	if err != nil {
		return err
	}
	header := make([]sheet.Value, 0, 4)
	for _, field := range []string{entity.ID, s.entity.Title, entity.Active, entity.Responsibles} {
		header = append(header, sheet.Value{Kind: sheet.Text, Text: s.say.Field(s.entity, field), Style: sheet.Header})
	}
	if err := w.Row(header); err != nil {
		return err
	}
	for n, rec := range records {
		if err := w.Row(s.row(n, rec, records, heirs[n%len(heirs)].Login)); err != nil {
			return err
		}
	}
	return w.Close()
}

func (s *sampleFile) row(n int, rec *entity.Record, all []*entity.Record, login string) []sheet.Value {
	title, status, people := rec.Title(), "", login
	switch n {
	case rowDeactivated:
		status = s.say.T("status.deactivate")
	case rowMistyped: // two letters changed places
		end := len(login)
		people = login[:end-2] + login[end-1:] + login[end-2:end-1]
	case rowMisnamed: // the name of the row above, as when one column was sorted
		title = all[n-1].Title()
	case rowCleared:
		people = s.say.T("report.clear")
	}
	text := func(t string) sheet.Value { return sheet.Value{Kind: sheet.Text, Text: t} }
	return []sheet.Value{{Kind: sheet.Number, Text: strconv.FormatInt(rec.ID, 10)}, text(title), text(status), text(people)}
}
