package sheet

import (
	"bytes"
	"strconv"
)

// Types of cell, after the attribute t.
const (
	typeNumber = iota
	typeShared
	typeFormulaText
	typeInline
	typeBool
	typeError
	typeDate
)

// cellTypes gives the type of each value of the attribute t.
func cellType(t []byte) (int, bool) {
	switch string(t) {
	case "", "n":
		return typeNumber, true
	case "s":
		return typeShared, true
	case "str":
		return typeFormulaText, true
	case "inlineStr":
		return typeInline, true
	case "b":
		return typeBool, true
	case "e":
		return typeError, true
	case "d":
		return typeDate, true
	}
	return 0, false
}

// rawCell is what the XML says of a cell, before it is understood.
type rawCell struct {
	col     int
	kind    int
	date    bool // the style shows dates
	value   int  // where the text of v begins in the arena; -1 without v
	inline  int  // where that of is begins; -1 without is
	end     int
	formula bool
	unused  bool // it has a v that its type does not ask for
}

// readCell reads the cell whose start tag is current.
func (r *xlsxRows) readCell(row *Row) error {
	x := r.x
	c := rawCell{value: -1, inline: -1}
	if err := r.cellAttrs(&c); err != nil {
		return err
	}
	outer := x.depth()
	for {
		kind, err := x.next()
		if err != nil {
			return err
		}
		switch {
		case kind == xmlEnd && x.depth() < outer:
			if err := r.addCell(row, &c); err != nil {
				if e, ok := err.(*Error); ok && e.Row == 0 {
					e.Row, e.Col = r.row, c.col
				}
				return err
			}
			return nil
		case kind == xmlText:
			err = r.noText()
		case x.is(spaceMain, "v") && c.kind == typeInline && !c.unused:
			err = r.unusedValue(&c)
		case x.is(spaceMain, "v") && c.value < 0 && c.inline < 0:
			c.value = len(r.arena)
			r.arena, err = x.elementText(r.arena)
			c.end = len(r.arena)
		case x.is(spaceMain, "is") && c.value < 0 && c.inline < 0:
			c.inline = len(r.arena)
			err = r.inlineText()
			c.end = len(r.arena)
		case x.is(spaceMain, "v"), x.is(spaceMain, "is"):
			err = x.refuse(SheetBroken, "detail", "two values in a cell")
		case x.is(spaceMain, "f"):
			c.formula = true
			err = x.skip()
		case x.is(spaceCompatibility, "AlternateContent"):
			err = x.refuse(AlternateContent)
		default:
			err = x.skip()
		}
		if err != nil {
			return err
		}
		if len(r.arena) > r.book.limits.RowBytes {
			return x.refuse(RowTooLong, "limit", r.book.limits.RowBytes)
		}
	}
}

// unusedValue passes over the value of a cell whose type says that its text
// stands elsewhere. Some programs write both.
func (r *xlsxRows) unusedValue(c *rawCell) error {
	start := len(r.arena)
	var err error
	r.arena, err = r.x.elementText(r.arena)
	c.unused = len(r.arena) > start
	r.arena = r.arena[:start]
	return err
}

// inlineText appends a rich text to the arena. It is put together elsewhere,
// because its limit is that of one text and not of a row.
func (r *xlsxRows) inlineText() error {
	var err error
	r.rich, err = r.x.richText(r.rich[:0])
	r.arena = append(r.arena, r.rich...)
	return err
}

func (r *xlsxRows) cellAttrs(c *rawCell) error {
	x := r.x
	c.col = r.col + 1
	for i := range x.attrs {
		a := &x.attrs[i]
		if len(a.raw) != 1 {
			continue
		}
		v, err := x.value(a)
		if err != nil {
			return err
		}
		switch a.raw[0] {
		case 'r':
			n, col, ok := parseRef(v)
			if !ok {
				return x.refuse(CellReference, "value", strconv.Quote(string(v)))
			}
			if n != r.row {
				return x.refuse(CellWrongRow, "value", string(v), "row", r.row)
			}
			c.col = col
		case 't':
			kind, ok := cellType(v)
			if !ok {
				return x.refuse(CellType, "value", strconv.Quote(string(v)))
			}
			c.kind = kind
		case 's':
			if len(v) == 0 {
				continue // as good as none
			}
			n, ok := parseUint(v)
			if !ok || r.book.styleSet.known && n >= len(r.dates) {
				return x.refuse(CellStyle, "value", strconv.Quote(string(v)), "count", len(r.dates))
			}
			c.date = n < len(r.dates) && r.dates[n]
		}
	}
	if c.col <= r.col {
		return x.refuse(CellOrder, "value", ColumnName(c.col)+strconv.Itoa(r.row), "previous", ColumnName(r.col))
	}
	r.col = c.col
	return nil
}

// addCell understands a cell and adds it to the row, unless it is empty.
func (r *xlsxRows) addCell(row *Row, c *rawCell) error {
	cell := Cell{Col: c.col, Formula: c.formula}
	var text []byte
	if c.value >= 0 || c.inline >= 0 {
		text = r.arena[max(c.value, c.inline):c.end:c.end]
	}
	present, err := r.interpret(&cell, c, text)
	if err != nil {
		return err
	}
	if !present {
		if !c.formula {
			return nil
		}
		cell.Kind, cell.NoValue = Empty, true
	}
	if c.col >= r.book.limits.Columns {
		return r.x.refuse(TooManyColumns, "limit", r.book.limits.Columns)
	}
	row.Cells = append(row.Cells, cell)
	return nil
}

// interpret gives the cell its kind and text, and reports whether it has a value.
func (r *xlsxRows) interpret(cell *Cell, c *rawCell, text []byte) (bool, error) {
	if c.inline >= 0 && c.kind != typeInline || c.unused && c.inline < 0 {
		return false, r.x.refuse(SheetBroken, "detail", "inline text in a cell of another type, or the reverse")
	}
	switch c.kind {
	case typeFormulaText:
		if c.value < 0 || len(text) == 0 && !c.formula {
			return false, nil
		}
		before := len(text)
		text = decodeEscapes(text, 0)
		r.arena = r.arena[:len(r.arena)-before+len(text)]
		r.setText(cell, text)
		return true, nil
	case typeInline:
		r.setText(cell, text)
		return len(text) > 0, nil
	}
	// The other types collapse white space, as XML Schema has it.
	text = bytes.Trim(text, " \t\r\n")
	if len(text) == 0 {
		return false, nil
	}
	return r.simple(cell, c, text)
}

func (r *xlsxRows) setText(cell *Cell, text []byte) {
	cell.Kind, cell.Text = Text, text
	cell.TooLong = tooLong(text, r.book.limits.CellChars)
}

// simple understands the types that have a simple value.
func (r *xlsxRows) simple(cell *Cell, c *rawCell, text []byte) (bool, error) {
	ok, what := false, ""
	cell.Text = text
	switch c.kind {
	case typeNumber:
		ok, what = isNumber(text), "number"
		cell.Kind = Number
		if c.date {
			cell.Kind = Date
		}
	case typeShared:
		shared, err := r.shared(text)
		if err != nil {
			return false, err
		}
		r.setText(cell, shared)
		return len(shared) > 0 || c.formula, nil
	case typeBool:
		cell.Kind, what = Bool, "boolean"
		cell.Text, ok = boolText(text)
	case typeError:
		cell.Kind, what, ok = ErrorValue, "error", isErrorText(text)
	case typeDate:
		cell.Kind, cell.ISO, what, ok = Date, true, "date", looksLikeISO(text)
	}
	if !ok {
		return false, r.x.refuse(CellValue, "value", strconv.Quote(string(text[:min(len(text), 60)])), "type", what)
	}
	return true, nil
}

// shared returns the shared string with the number that the text is.
func (r *xlsxRows) shared(text []byte) ([]byte, error) {
	t := r.book.texts
	if t == nil {
		if err := r.book.loadStrings(r.budget); err != nil {
			return nil, err
		}
		t = r.book.texts
	}
	n, ok := parseUint(text)
	if !ok || n >= len(t.refs) {
		return nil, r.x.refuse(StringIndex, "value", strconv.Quote(string(text[:min(len(text), 60)])), "count", len(t.refs))
	}
	return t.get(n), nil
}

var trueText, falseText = []byte("TRUE"), []byte("FALSE")

func boolText(text []byte) ([]byte, bool) {
	switch string(text) {
	case "1", "true", "TRUE":
		return trueText, true
	case "0", "false", "FALSE":
		return falseText, true
	}
	return nil, false
}

// looksLikeISO reports whether a text can be an ISO 8601 date or time. What day
// it is, is for the caller to find out.
func looksLikeISO(text []byte) bool {
	for _, c := range text {
		if !('0' <= c && c <= '9' || c == '-' || c == '+' || c == ':' || c == '.' || c == 'T' || c == 'Z') {
			return false
		}
	}
	return len(text) >= 4 && len(text) <= 40
}
