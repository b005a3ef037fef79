package bulk

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/sheet"
)

// source is an edit file opened at its first row after the header.
type source struct {
	book     *sheet.Book
	rows     *sheet.Rows
	header   *header
	entity   *entity.Entity // of the rows
	number   int            // of the sheet, among those that are read
	sheet    string
	warnings []sheet.Warning
	csv      bool
}

// date1904 tells how the file counts days.
func (f *source) date1904() bool { return f.book != nil && f.book.Date1904() }

func (f *source) close() error {
	var errs []error
	if f.rows != nil {
		errs = append(errs, f.rows.Close())
	}
	return errors.Join(append(errs, f.book.Close())...)
}

// openFile opens an edit file: which sheet, which row is the header, which
// column is what. Whatever is wrong with the file as a whole is a fault of code
// Refused. sheets are the names to choose from when there is a choice to make.
func openFile(r io.ReaderAt, i *plan.Import, h *headings) (f *source, sheets []string, err error) {
	book, err := sheet.Open(r, i.File.Size, sheet.Options{Name: i.File.Name, KnownHeader: h.isHeader})
	if err != nil {
		return nil, nil, refused(err)
	}
	f = &source{book: book, entity: i.Entity, warnings: book.Warnings(), csv: book.Format() == sheet.CSV || book.Format() == sheet.TSV}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
			f = nil
		}
	}()
	number, sheets, err := chooseSheet(book, i.Options.Sheet, h)
	if err != nil {
		return f, sheets, err
	}
	f.sheet = book.Sheets()[number].Name
	if f.rows, err = book.Rows(number); err != nil {
		return f, nil, refused(err)
	}
	found, seen, almost, err := h.findHeader(f.rows)
	switch {
	case err != nil:
		return f, nil, refused(err)
	case found == nil && h.fresh != nil && almost == "" && len(seen) > 0:
		return f, nil, h.fresh.missing(seen)
	case found == nil && h.fresh != nil && almost != "":
		return f, nil, fault.New(fault.Refused, "file.new_heading_nearly", "heading", almost, "suggestion", h.shown[h.nearly(foldHeading(almost))])
	case found == nil && almost != "":
		return f, nil, fault.New(fault.Refused, "file.id_heading_nearly", "heading", almost, "sheet", f.sheet)
	case found == nil && len(seen) == 0:
		return f, nil, fault.New(fault.Refused, "file.empty_sheet", "sheet", f.sheet)
	case found == nil:
		return f, nil, fault.New(fault.Refused, "file.no_id_heading", "sheet", f.sheet, "rows", headerRows, "headings", strings.Join(seen, ", "))
	}
	f.header = found
	return f, nil, nil
}

// chooseSheet finds the sheet to read: the one asked for, else the only visible
// one with a header; when none has one, the first visible one, so that the
// refusal can name what it found there.
func chooseSheet(book *sheet.Book, wanted string, h *headings) (number int, choice []string, err error) {
	var visible, names []string
	first, only := -1, -1
	for n, info := range book.Sheets() {
		if !info.Rows {
			continue
		}
		names = append(names, info.Name)
		if wanted != "" {
			if strings.EqualFold(info.Name, wanted) {
				return n, nil, nil
			}
			continue
		}
		if info.Hidden {
			continue
		}
		if first < 0 {
			first = n
		}
		with, err := hasHeader(book, n, h)
		if err != nil {
			return 0, nil, err
		}
		if with {
			visible = append(visible, info.Name)
			only = n
		}
	}
	switch {
	case wanted != "":
		return 0, names, fault.New(fault.Refused, "file.no_such_sheet", "name", wanted, "sheets", strings.Join(names, ", "))
	case first < 0:
		return 0, nil, fault.New(fault.Refused, "file.no_visible_sheet")
	case len(visible) > 1:
		return 0, visible, fault.New(fault.Refused, "file.choose_sheet", "sheets", strings.Join(visible, ", "))
	case len(visible) == 1:
		return only, nil, nil
	}
	return first, nil, nil
}

func hasHeader(book *sheet.Book, number int, h *headings) (bool, error) {
	if len(book.Sheets()) == 1 {
		return true, nil // nothing to choose: do not read it twice
	}
	rows, err := book.Rows(number)
	if err != nil {
		return false, refused(err)
	}
	found := false
	for !found && rows.Next() && rows.Row().Number <= headerRows {
		found = h.isHeader(texts(rows.Row()))
	}
	err = rows.Err()
	if closed := rows.Close(); err == nil {
		err = closed
	}
	return found, refused(err)
}

// refused turns sheet's refusals into faults; an error of reading the stored
// file stays what it is.
func refused(err error) error {
	var e *sheet.Error
	if !errors.As(err, &e) {
		return err
	}
	f := fault.New(fault.Refused, "file."+string(e.Code))
	f.Args = map[string]any{}
	for name, value := range e.Args {
		f.Args[name] = value
	}
	// where in the file; the locales put it in front of the sentence
	where := map[string]any{}
	if e.Sheet != "" {
		where["sheet"] = e.Sheet
	}
	switch {
	case e.Row > 0 && e.Col >= 0:
		where["cell"] = fmt.Sprintf("%s%d", sheet.ColumnName(e.Col), e.Row)
	case e.Row > 0:
		where["row"] = e.Row
	case e.Line > 0:
		where["line"] = e.Line
	}
	for name, value := range where {
		if _, taken := f.Args[name]; !taken {
			f.Args[name] = value
		}
	}
	return f
}
