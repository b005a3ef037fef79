package sheet

// Kind says what a cell holds.
type Kind uint8

// The kinds of cell.
const (
	Empty      Kind = iota // nothing; when reading, a formula that was never computed
	Number                 // Text is the number exactly as the file has it
	Text                   // Text is the decoded text, not trimmed
	Bool                   // Text is TRUE or FALSE
	ErrorValue             // Text is a spreadsheet's error, such as #N/A
	Date                   // Text is a serial number, or ISO 8601 if Cell.ISO is set
)

// String names the kind in English, for messages to programmers.
func (k Kind) String() string {
	switch k {
	case Empty:
		return "empty"
	case Number:
		return "number"
	case Text:
		return "text"
	case Bool:
		return "boolean"
	case ErrorValue:
		return "error"
	case Date:
		return "date"
	}
	return "unknown kind"
}

// Row is one row of a sheet. It and everything it points to are valid until
// the next call of Rows.Next.
type Row struct {
	// Number counts from 1, as the spreadsheet shows it. In CSV it counts the
	// records, which is what a spreadsheet would show on opening the file.
	Number int
	// Line is the line of the file on which a CSV record begins, from 1; it is
	// 0 in the other formats.
	Line int
	// Fields is how many fields a CSV record has, trailing empty ones
	// included; it is 0 in the other formats. A record with more fields than
	// the header has usually lost its quotes.
	Fields int
	// Hidden is set when the row cannot be seen in the spreadsheet, by a
	// filter or otherwise.
	Hidden bool
	// Cells holds the cells that have a value or a formula, by ascending Col.
	Cells []Cell
}

// Cell returns the cell in the given column, from 0, or an Empty one.
func (r *Row) Cell(col int) Cell {
	for _, c := range r.Cells {
		if c.Col >= col {
			if c.Col == col {
				return c
			}
			break
		}
	}
	return Cell{Col: col}
}

// Cell is one cell as the file stores it.
type Cell struct {
	// Col counts from 0.
	Col  int
	Kind Kind
	// Text is valid until the next call of Rows.Next. It may hold control
	// characters, even NUL, where the file encodes them.
	Text []byte
	// ISO is set on a Date that is stored as ISO 8601 text: a date
	// (2026-03-01), a date with a time (2026-03-01T09:30:00) or, in .ods, a
	// duration (PT9H30M). Otherwise Text is a serial number; see DateText.
	ISO bool
	// Formula is set when the value was computed by a formula.
	Formula bool
	// NoValue is set on a formula that was stored without its value, as
	// programs that do not calculate write it. Kind is then Empty.
	NoValue bool
	// TooLong is set on a text of more characters than a cell can have
	// (Limits.CellChars). Text is whole all the same.
	TooLong bool
}

// Range is a rectangle of cells. Rows count from 1, columns from 0; both ends
// belong to it.
type Range struct{ FirstRow, LastRow, FirstCol, LastCol int }

// Contains reports whether the cell lies inside the range.
func (r Range) Contains(row, col int) bool {
	return r.FirstRow <= row && row <= r.LastRow && r.FirstCol <= col && col <= r.LastCol
}

// ColumnName returns the letters of a column that is counted from 0: A for 0,
// AA for 26. It returns "?" for a negative one.
func ColumnName(col int) string {
	if col < 0 {
		return "?"
	}
	var b [8]byte
	i := len(b)
	for n := col + 1; n > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}
