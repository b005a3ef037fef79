package sheet

import (
	"errors"
	"io"
)

// Options says how to read a file. The zero value is a good one.
type Options struct {
	// Name is the file's name as its owner knows it. It is used in warnings
	// only: what is inside is found by looking at the content.
	Name string
	// KnownHeader reports whether a row looks like a header that the caller
	// knows. It lets a CSV file in Windows-1251 be recognised, since nothing
	// in such a file says what it is, and decides between separators that do
	// equally well; it is used for nothing else. The cells are those of one of
	// the first 20 records.
	KnownHeader func(cells []string) bool
	// Limits bounds the cost of reading.
	Limits Limits
}

// Info describes a sheet.
type Info struct {
	Name   string
	Hidden bool
	// Rows is false for a sheet that has no rows of cells, such as a chart.
	Rows bool
}

// workbook is what each format puts behind a Book.
type workbook interface {
	format() Format
	sheets() []Info
	// rows starts reading the sheet, whose Info.Rows is true.
	rows(sheet int) (rowSource, error)
	date1904() bool
}

// rowSource reads the rows of one sheet, one after the other.
type rowSource interface {
	// next fills the row, or reports that there is no further one. After an
	// error it is not called again.
	next(*Row) (bool, error)
	merges() []Range
	progress() (done, total int64)
	close()
}

// Book is an open file. Several sheets may be read one after another; a Book
// must not be used by several goroutines at once, except for Rows.Progress.
type Book struct {
	wb    workbook
	warns []Warning
	open  []*Rows
}

// Format returns what the file is, whatever its name says.
func (b *Book) Format() Format { return b.wb.format() }

// Sheets lists the sheets in the order of the workbook. CSV has one, without a
// name.
func (b *Book) Sheets() []Info { return b.wb.sheets() }

// Warnings lists what the file's owner should hear although the file can be read.
func (b *Book) Warnings() []Warning { return b.warns }

// Date1904 reports whether serial numbers of dates count from 1904, as old
// Excel for the Macintosh did. See DateText.
func (b *Book) Date1904() bool { return b.wb.date1904() }

// Rows starts reading a sheet, by its place in Sheets. Close it when done; it
// may be opened again. The error is an *Error or one of the ReaderAt.
func (b *Book) Rows(sheet int) (*Rows, error) {
	infos := b.wb.sheets()
	if sheet < 0 || sheet >= len(infos) {
		return nil, refuse(NoSheets)
	}
	if !infos[sheet].Rows {
		e := refuse(SheetWithoutRows)
		e.Sheet = infos[sheet].Name
		return nil, e
	}
	src, err := b.wb.rows(sheet)
	if err != nil {
		return nil, inSheet(err, infos[sheet].Name)
	}
	r := &Rows{src: src, name: infos[sheet].Name}
	b.open = append(b.open, r)
	return r, nil
}

// Close ends all reading. It does not close the ReaderAt.
func (b *Book) Close() error {
	var errs []error
	for _, r := range b.open {
		errs = append(errs, r.Close())
	}
	b.open = nil
	return errors.Join(errs...)
}

// Rows hands out the rows of a sheet. What it has handed out is certain only
// when Next has returned false and Err is nil.
type Rows struct {
	src    rowSource
	name   string
	row    Row
	err    error
	done   bool
	closed bool
}

// Next goes to the next row that has a cell, and reports whether there is one.
func (r *Rows) Next() bool {
	if r.done {
		return false
	}
	r.row.Cells = r.row.Cells[:0]
	more, err := r.src.next(&r.row)
	if err != nil {
		r.err = inSheet(err, r.name)
	}
	r.done = !more || err != nil
	return !r.done
}

// Row returns the current row, valid until the next call of Next.
func (r *Rows) Row() Row { return r.row }

// Err returns why Next returned false before the end: an *Error, or an error
// of the ReaderAt.
func (r *Rows) Err() error { return r.err }

// Merges returns the merged ranges of the sheet. It is complete only after
// Next has returned false and Err is nil.
func (r *Rows) Merges() []Range { return r.src.merges() }

// Progress returns how many bytes of the packed source have been read, and how
// many there are. It may be called from any goroutine.
func (r *Rows) Progress() (done, total int64) { return r.src.progress() }

// Close ends reading. It may be called more than once, and before the end.
func (r *Rows) Close() error {
	if !r.closed {
		r.closed, r.done = true, true
		r.src.close()
	}
	return nil
}

func inSheet(err error, name string) error {
	if e, ok := err.(*Error); ok && e.Sheet == "" {
		e.Sheet = name
	}
	return err
}

// Open looks at a file and makes it ready for reading. Nothing is read twice
// that need not be, and r must stay readable until Close. The error is an
// *Error when the file is refused, and otherwise one of the ReaderAt.
func Open(r io.ReaderAt, size int64, o Options) (*Book, error) {
	o.Limits = o.Limits.withDefaults()
	wb, warns, err := open(r, size, o)
	if err != nil {
		return nil, err
	}
	return &Book{wb: wb, warns: warns}, nil
}
