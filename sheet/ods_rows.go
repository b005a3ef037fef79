package sheet

import "strconv"

// odsRows reads the rows of one table of an OpenDocument spreadsheet.
type odsRows struct {
	x      *xmlReader
	src    source
	limits Limits
	depth  int // of the table

	row      int // number of the last row, repetitions included
	repeat   int // how often the row in cells is still to be handed out
	hidden   bool
	cells    []Cell
	arena    []byte
	col      int // column after the last cell
	repeated int // cells handed out that are repetitions
	blanks   int // characters that are only counted in the file
	ranges   []Range
	ended    bool
	closed   bool
}

func (r *odsRows) merges() []Range          { return r.ranges }
func (r *odsRows) progress() (int64, int64) { return r.src.progress() }

func (r *odsRows) close() {
	if !r.closed {
		r.closed = true
		r.x.close()
		r.src.close()
	}
}

// next goes to the next row that has cells. A row that is stored once and
// repeated is handed out as often as it is there, unless it is empty.
func (r *odsRows) next(row *Row) (bool, error) {
	for r.repeat == 0 && !r.ended {
		if err := r.advance(); err != nil {
			if e, ok := err.(*Error); ok && e.Row == 0 && !r.ended {
				e.Row = r.row
			}
			return false, err
		}
	}
	if r.repeat == 0 {
		return false, nil
	}
	r.repeat--
	r.row++
	row.Number, row.Hidden = r.row, r.hidden
	row.Cells = append(row.Cells, r.cells...)
	return true, nil
}

// advance reads to the end of the next row, or of the document.
func (r *odsRows) advance() error {
	x := r.x
	kind, err := x.next()
	if err != nil {
		return err
	}
	switch {
	case kind == xmlEnd && x.depth() < r.depth:
		r.ended = true
		return r.finish()
	case kind == xmlEOF:
		return x.refuse(XMLCutOff)
	case kind != xmlStart:
		return nil
	case x.name.space != spaceTable:
		return x.skip()
	}
	switch string(x.name.local) {
	case "table-row":
		return r.readRow()
	case "table-header-rows", "table-row-group", "table-rows":
		return nil // what they group counts as if it stood alone
	}
	return x.skip()
}

// finish reads the document to its end, where the checksum is.
func (r *odsRows) finish() error {
	for {
		kind, err := r.x.next()
		if err != nil || kind == xmlEOF {
			return err
		}
	}
}

// readRow reads the row whose start tag is current.
func (r *odsRows) readRow() error {
	x := r.x
	repeat, err := r.count("number-rows-repeated")
	if err != nil {
		return err
	}
	visibility, err := x.attrText(spaceTable, "visibility")
	if err != nil {
		return err
	}
	r.hidden = visibility == "collapse" || visibility == "filter"
	r.cells, r.arena, r.col = r.cells[:0], r.arena[:0], 0
	for outer := x.depth(); ; {
		kind, err := x.next()
		if err != nil {
			return err
		}
		switch {
		case kind == xmlEnd && x.depth() < outer:
			return r.endRow(repeat)
		case kind != xmlStart:
		case x.is(spaceTable, "table-cell"), x.is(spaceTable, "covered-table-cell"):
			err = r.readCell()
		default:
			err = x.skip()
		}
		if err != nil {
			return err
		}
	}
}

// endRow decides how often the row is to be handed out. Empty rows only count:
// files end with a million of them.
func (r *odsRows) endRow(repeat int) error {
	if len(r.cells) == 0 {
		r.row += min(repeat, maxRows)
		r.row = min(r.row, 2*maxRows)
		return nil
	}
	if r.row+repeat > r.limits.Rows {
		return r.x.refuse(TooManyRows, "limit", r.limits.Rows)
	}
	r.repeat = repeat
	return r.addRepeated((repeat - 1) * len(r.cells))
}

// addRepeated counts cells that the file does not hold one by one, so that a
// small file cannot ask for endless work.
func (r *odsRows) addRepeated(n int) error {
	r.repeated += n
	if r.repeated > r.limits.RepeatedCells {
		return r.x.refuse(TooManyRepetitions, "limit", r.limits.RepeatedCells)
	}
	return nil
}

// count reads an attribute that says how often something is repeated, or how
// far it spans; 1 if it is not there.
func (r *odsRows) count(local string) (int, error) {
	v, ok, err := r.x.attr(spaceTable, local)
	if err != nil || !ok {
		return 1, err
	}
	n, ok := parseUint(v)
	if !ok || n == 0 {
		return 0, r.x.refuse(RepeatCount, "value", strconv.Quote(string(v)))
	}
	return n, nil
}

// readCell reads the cell whose start tag is current, with its repetitions. What
// a merged range covers is read too, as in .xlsx; Merges tells.
func (r *odsRows) readCell() error {
	x := r.x
	repeat, err := r.count("number-columns-repeated")
	if err != nil {
		return err
	}
	if err := r.addMerge(); err != nil {
		return err
	}
	cell := Cell{Col: r.col}
	r.col = min(r.col+repeat, 2*maxColumns)
	present, err := r.cellValue(&cell)
	if err != nil {
		if e, ok := err.(*Error); ok && e.Row == 0 {
			e.Row, e.Col = r.row+1, cell.Col
		}
		return err
	}
	if !present {
		return nil
	}
	if cell.Col+repeat > r.limits.Columns {
		return x.refuse(TooManyColumns, "limit", r.limits.Columns)
	}
	if err := r.addRepeated(repeat - 1); err != nil {
		return err
	}
	for range repeat {
		r.cells = append(r.cells, cell)
		cell.Col++
	}
	return nil
}

// addMerge notes the range that the current cell spans.
func (r *odsRows) addMerge() error {
	rows, err := r.count("number-rows-spanned")
	if err != nil {
		return err
	}
	cols, err := r.count("number-columns-spanned")
	if err != nil || rows == 1 && cols == 1 {
		return err
	}
	if len(r.ranges) >= r.limits.Merges {
		return r.x.refuse(TooManyMerges, "limit", r.limits.Merges)
	}
	r.ranges = append(r.ranges, Range{r.row + 1, r.row + rows, r.col, r.col + cols - 1})
	return nil
}
