package sheet

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Errors of a Writer that come from the data and not from the disk; test for
// them with errors.Is.
var (
	// ErrTooManyRows is returned for row 1,048,577 of a sheet.
	ErrTooManyRows = errors.New("sheet: a sheet cannot have more than 1,048,576 rows")
	// ErrTooManyColumns is returned for a row of more than 16,384 cells.
	ErrTooManyColumns = errors.New("sheet: a sheet cannot have more than 16,384 columns")
	// ErrTextTooLong is returned for a text of more than 32,767 UTF-16 units.
	ErrTextTooLong = errors.New("sheet: a cell cannot hold more than 32,767 characters")
	// ErrText is returned for a text that is not UTF-8, or that the format
	// cannot hold: control characters in .ods.
	ErrText = errors.New("sheet: a text has characters that the format cannot hold")
	// ErrValue is returned for a Number, Bool or Date whose text is none.
	ErrValue = errors.New("sheet: a value does not fit its kind")
)

// Style is the look of a cell.
type Style uint8

// The styles. Colours are chosen to be told apart in black and white print too.
const (
	Plain  Style = iota
	Header       // bold on a tinted ground
	Bad          // red: refused
	Held         // amber: waits for a person
	Muted        // grey: for information
	Title        // large and bold
	Wrap         // long text, broken into lines
	styleCount
)

// Value is a cell to be written. Text depends on Kind as in Cell, except that a
// Date is ISO 8601: 2026-03-01 or 2026-03-01T09:30:00.
type Value struct {
	Kind  Kind
	Text  string
	Style Style
	// Note is a comment on the cell. .csv and .tsv drop it.
	Note string
}

// Column is how a column looks.
type Column struct {
	Width  float64 // in characters; 0 is the program's default
	Hidden bool
	// Text formats the whole column as text, so that a spreadsheet program
	// takes nothing typed into it for a number, a date or a formula.
	Text bool
}

// Validation restricts what may be typed into the cells of a column by a
// drop-down list.
type Validation struct {
	Col               int      // from 0
	FirstRow, LastRow int      // from 1
	List              []string // literal values, or
	Source            string   // a range such as Logins!$A$2:$A$20
	Strict            bool     // whether other values are rejected, or merely possible
	Title, Message    string   // shown when a value is rejected
}

// Spec describes a sheet to be written.
type Spec struct {
	Name        string
	Hidden      bool
	Columns     []Column
	FreezeRows  int // rows at the top that stay in sight
	Validations []Validation
	AutoFilter  bool // filter buttons on the last frozen row, or on the first
}

// encoder is what each format puts behind a Writer. Rows arrive checked.
type encoder interface {
	sheet(Spec) error
	row(number int, cells []Value) error
	close() error
}

// Writer writes a file as a stream: memory does not grow with the rows.
type Writer struct {
	enc   encoder
	rows  int
	names map[string]bool
	err   error
	begun bool

	closed bool
}

// NewWriter begins a file. XLSX, ODS, CSV (UTF-8 with byte order mark, with ;)
// and TSV can be written. The file is complete only after Close.
func NewWriter(w io.Writer, f Format) (*Writer, error) {
	enc, err := newEncoder(w, f)
	if err != nil {
		return nil, err
	}
	return &Writer{enc: enc, names: map[string]bool{}}, nil
}

// Sheet begins the next sheet. CSV and TSV have room for one: the rows of
// later sheets are dropped, and so is everything of Spec.
func (w *Writer) Sheet(s Spec) error {
	if err := w.usable(); err != nil {
		return err
	}
	if err := checkSpec(s, w.names); err != nil {
		return w.fail(err)
	}
	w.rows, w.begun = 0, true
	return w.fail(w.enc.sheet(s))
}

// Row writes the next row of the current sheet; the cells begin in the first
// column. An error is final: the file cannot be completed after it.
func (w *Writer) Row(cells []Value) error {
	if err := w.usable(); err != nil {
		return err
	}
	if !w.begun {
		return w.fail(errors.New("sheet: Row before Sheet"))
	}
	w.rows++
	if w.rows > maxRows {
		return w.fail(ErrTooManyRows)
	}
	if len(cells) > maxColumns {
		return w.fail(ErrTooManyColumns)
	}
	for i := range cells {
		if err := checkValue(&cells[i]); err != nil {
			return w.fail(fmt.Errorf("row %d, column %s: %w", w.rows, ColumnName(i), err))
		}
	}
	return w.fail(w.enc.row(w.rows, cells))
}

// Close completes the file. It does not close the underlying writer. After an
// earlier error it returns that error.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	if w.err != nil {
		w.closed = true
		_ = w.enc.close() // ends its goroutine; the first error is the one to tell
		return w.err
	}
	if !w.begun {
		if err := w.Sheet(Spec{Name: "Sheet1"}); err != nil {
			return err
		}
	}
	w.closed = true
	w.err = w.enc.close()
	return w.err
}

var errClosed = errors.New("sheet: the writer is closed")

func (w *Writer) usable() error {
	if w.err == nil && w.closed {
		return errClosed
	}
	return w.err
}

func (w *Writer) fail(err error) error {
	if err != nil {
		w.err = err
	}
	return err
}

const (
	maxRows      = 1048576
	maxColumns   = 16384
	maxCellChars = 32767
)

func checkValue(v *Value) error {
	if v.Style >= styleCount {
		return fmt.Errorf("%w: style %d", ErrValue, v.Style)
	}
	if v.Note != "" && (!utf8.ValidString(v.Note) || utf16Len(v.Note) > maxCellChars) {
		return ErrText
	}
	ok := true
	switch v.Kind {
	case Empty:
	case Number:
		ok = isNumber(v.Text)
	case Bool:
		ok = v.Text == "TRUE" || v.Text == "FALSE"
	case ErrorValue:
		ok = isErrorValue(v.Text)
	case Date:
		ok = isISODate(v.Text)
	case Text:
		if !utf8.ValidString(v.Text) {
			return ErrText
		}
		if len(v.Text) > maxCellChars && utf16Len(v.Text) > maxCellChars {
			return ErrTextTooLong
		}
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("%w: %s %q", ErrValue, v.Kind, v.Text)
	}
	return nil
}
