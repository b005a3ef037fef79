package bulk

import (
	"strconv"

	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// A problem file says on a hidden sheet which import's rows it brings back, so
// that the import of the corrected rows is shown beside the first one. Whoever
// holds a file can write there what he likes: nothing is allowed by it, and a
// number counts only beside the checksum of that import's file.
const (
	markSheet = "nadel"
	markWord  = "corrects"
)

// mark writes the hidden sheet. A text file has no place for one.
func (r *report) mark() error {
	if err := r.out.Sheet(sheet.Spec{Name: markSheet, Hidden: true, Columns: []sheet.Column{{}, {}, {Text: true}}}); err != nil {
		return err
	}
	return r.out.Row([]sheet.Value{
		{Kind: sheet.Text, Text: markWord},
		{Kind: sheet.Number, Text: strconv.FormatInt(r.imp.ID, 10)},
		{Kind: sheet.Text, Text: r.imp.File.SHA256},
	})
}

// findCorrected notes which import the file corrects.
func (j *job) findCorrected(book *sheet.Book) error {
	j.imp.Corrects = 0
	for n, info := range book.Sheets() {
		if info.Name != markSheet || !info.Hidden || !info.Rows {
			continue
		}
		id, sum, err := readMark(book, n)
		if err != nil || id == 0 {
			return err
		}
		return j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) error {
			corrected, err := tx.Import(id)
			if fault.CodeOf(err) == fault.NotFound || err == nil && !knows(j.who, corrected) {
				return nil // a file from elsewhere, or somebody's invention
			}
			if err == nil && corrected.File.SHA256 == sum && corrected.ID != j.imp.ID && corrected.Mode != plan.Undo {
				j.imp.Corrects = id
			}
			return err
		})
	}
	return nil
}

func readMark(book *sheet.Book, number int) (id int64, sum string, err error) {
	rows, err := book.Rows(number)
	if err != nil {
		return 0, "", refused(err)
	}
	if rows.Next() {
		cells := texts(rows.Row())
		if len(cells) == 3 && cells[0] == markWord {
			id, _ = strconv.ParseInt(cells[1], 10, 64) // no number is no import
			sum = cells[2]
		}
	}
	err = rows.Err()
	if closed := rows.Close(); err == nil {
		err = closed
	}
	return id, sum, refused(err)
}
