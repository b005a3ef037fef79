package sheet

import (
	"strconv"
)

// xlsxRows reads the rows of a worksheet part.
type xlsxRows struct {
	book   *xlsxBook
	x      *xmlReader
	part   *partReader
	budget *budget
	dates  []bool // by cell style
	ranges []Range

	begun  bool   // inside sheetData
	ended  bool   // behind it
	fast   bool   // rows and cells may be read by the short way
	x14ac  bool   // the prefix x14ac is declared
	row    int    // number of the last row
	col    int    // column of the last cell, -1 before the first
	arena  []byte // texts of the row
	rich   []byte
	pinned int // so many cells of the row do not lie in the window

	rowText []byte // the row number and a quote, as addresses end in it
	closed  bool
}

func (r *xlsxRows) merges() []Range          { return r.ranges }
func (r *xlsxRows) progress() (int64, int64) { return r.part.progress() }

func (r *xlsxRows) close() {
	if !r.closed {
		r.closed = true
		r.x.close()
		r.part.close()
	}
}

// next goes to the next row that has cells. Behind the last one it reads the
// part to its end, where the checksum is.
func (r *xlsxRows) next(row *Row) (bool, error) {
	if !r.begun {
		if err := r.begin(); err != nil {
			return false, err
		}
	}
	for !r.ended {
		if r.fast && r.fastRowStart(row) {
			if err := r.readCells(row, true); err != nil {
				return false, r.place(err)
			}
			if len(row.Cells) > 0 {
				return true, nil
			}
			continue
		}
		kind, err := r.x.next()
		if err != nil {
			return false, r.place(err)
		}
		switch {
		case kind == xmlEnd: // of sheetData
			r.ended = true
		case kind == xmlText:
			err = r.noText()
		case r.x.is(spaceMain, "row"):
			if err = r.readRow(row); err == nil && len(row.Cells) > 0 {
				return true, nil
			}
		case r.x.is(spaceCompatibility, "AlternateContent"):
			err = r.x.refuse(AlternateContent)
		default:
			err = r.x.skip()
		}
		if err != nil {
			return false, r.place(err)
		}
	}
	return false, r.finish()
}

// place adds to a refusal which row it is about.
func (r *xlsxRows) place(err error) error {
	if e, ok := err.(*Error); ok && e.Row == 0 && !r.ended {
		e.Row = r.row
	}
	return err
}

// begin goes to the first row.
func (r *xlsxRows) begin() error {
	r.begun = true
	for {
		kind, err := r.x.next()
		if err != nil {
			return err
		}
		switch {
		case kind == xmlEOF:
			r.ended = true // a sheet may have no sheetData
			return nil
		case kind != xmlStart:
		case r.x.depth() == 1 && !r.x.is(spaceMain, "worksheet"):
			return r.x.refuse(SheetBroken, "detail", "no worksheet")
		case r.x.depth() == 2 && r.x.is(spaceMain, "sheetData"):
			// The short way knows only names without a prefix.
			space, _ := r.x.resolve(nil)
			r.fast = space == spaceMain && !r.x.pendEnd && !r.book.slow && fastWithin(r.book.limits)
			_, r.x14ac = r.x.resolve([]byte("x14ac"))
			return nil
		case r.x.depth() == 2 && r.x.is(spaceCompatibility, "AlternateContent"):
			if err := r.x.skip(); err != nil {
				return err
			}
		case r.x.depth() == 2 && r.x.is(spaceMain, "mergeCells"):
			return r.x.refuse(SheetBroken, "detail", "merged ranges before the rows")
		}
	}
}

// finish reads what follows the rows: the merged ranges.
func (r *xlsxRows) finish() error {
	for {
		kind, err := r.x.next()
		if err != nil || kind == xmlEOF {
			return err
		}
		switch {
		case kind != xmlStart:
		case r.x.depth() == 2 && r.x.is(spaceMain, "sheetData"):
			return r.x.refuse(SheetBroken, "detail", "two tables of rows")
		case r.x.depth() == 3 && r.x.is(spaceMain, "mergeCell"):
			if err := r.addMerge(); err != nil {
				return err
			}
		}
	}
}

func (r *xlsxRows) addMerge() error {
	ref, _, err := r.x.attr(spaceNone, "ref")
	if err != nil {
		return err
	}
	m, ok := parseRange(string(ref))
	if !ok {
		return r.x.refuse(MergeReference, "value", strconv.Quote(string(ref)))
	}
	if len(r.ranges) >= r.book.limits.Merges {
		return r.x.refuse(TooManyMerges, "limit", r.book.limits.Merges)
	}
	r.ranges = append(r.ranges, m)
	return nil
}

// noText refuses text between rows or cells; white space is layout.
func (r *xlsxRows) noText() error {
	for _, c := range r.x.text {
		if !isXMLSpace(c) {
			return r.x.refuse(SheetBroken, "detail", "text between cells")
		}
	}
	return nil
}

// readRow reads the row whose start tag is current.
func (r *xlsxRows) readRow(row *Row) error {
	x := r.x
	bindings := len(x.bindings) - x.stack[len(x.stack)-1].bindings
	if err := r.rowAttrs(row); err != nil {
		return err
	}
	r.rowText = append(strconv.AppendInt(r.rowText[:0], int64(r.row), 10), '"')
	// The row may give the prefixless names another meaning.
	return r.readCells(row, r.fast && bindings == 0 && !x.pendEnd)
}

// readCells reads the cells of a row to its end.
func (r *xlsxRows) readCells(row *Row, fast bool) error {
	x := r.x
	r.arena, r.col, r.pinned = r.arena[:0], -1, 0
	for {
		if fast {
			if r.fastCells(row) {
				return nil
			}
			r.pin(row)
		}
		kind, err := x.next()
		if err != nil {
			return err
		}
		switch {
		case kind == xmlEnd:
			return nil
		case kind == xmlText:
			err = r.noText()
		case x.is(spaceMain, "c"):
			err = r.readCell(row)
		case x.is(spaceCompatibility, "AlternateContent"):
			err = x.refuse(AlternateContent)
		default:
			err = x.skip()
		}
		if err != nil {
			return err
		}
	}
}

// rowAttrs reads the number of a row and whether it is hidden. A row without a
// number follows the one before.
func (r *xlsxRows) rowAttrs(row *Row) error {
	number := r.row + 1
	row.Hidden = false
	for i := range r.x.attrs {
		a := &r.x.attrs[i]
		switch string(a.raw) {
		case "r":
			v, err := r.x.value(a)
			if err != nil {
				return err
			}
			n, ok := parseUint(v)
			if !ok || n == 0 {
				return r.x.refuse(RowNumber, "value", strconv.Quote(string(v)))
			}
			number = n
		case "hidden":
			v, err := r.x.value(a)
			if err != nil {
				return err
			}
			row.Hidden = isTrue(v)
		}
	}
	if number <= r.row {
		return r.x.refuse(RowOrder, "row", number, "previous", r.row)
	}
	if number > r.book.limits.Rows {
		return r.x.refuse(TooManyRows, "limit", r.book.limits.Rows)
	}
	r.row, row.Number = number, number
	return nil
}

// parseUint reads a decimal number without a sign, of at most nine digits.
func parseUint(p []byte) (int, bool) {
	if len(p) == 0 || len(p) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// parseRef reads a cell address such as AB12 and returns the column from 0.
func parseRef(p []byte) (row, col int, ok bool) {
	i := 0
	for i < len(p) && i < 4 && 'a' <= p[i]|0x20 && p[i]|0x20 <= 'z' {
		col = col*26 + int(p[i]|0x20-'a') + 1
		i++
	}
	if i == 0 || i == len(p) || p[i] == '0' {
		return 0, 0, false
	}
	row, ok = parseUint(p[i:])
	return row, col - 1, ok && col <= maxColumns
}

// parseRange reads B2 or B2:D5.
func parseRange(ref string) (Range, bool) {
	first, last := ref, ref
	for i := range ref {
		if ref[i] == ':' {
			first, last = ref[:i], ref[i+1:]
			break
		}
	}
	r1, c1, ok1 := parseRef([]byte(first))
	r2, c2, ok2 := parseRef([]byte(last))
	return Range{r1, r2, c1, c2}, ok1 && ok2 && r1 <= r2 && c1 <= c2 && r2 <= maxRows
}
