package sheet

import (
	"bytes"
	"strconv"
)

// odsAttrs are the attributes that say what a cell holds. The values live in
// the arena of the row.
type odsAttrs struct {
	kind    string // office:value-type
	isError bool   // calcext:value-type="error"
	formula bool
	value   []byte // office:value or its like; nil if there is none
}

// cellValue understands the cell whose start tag is current, goes to its end,
// and reports whether it holds anything.
func (r *odsRows) cellValue(cell *Cell) (bool, error) {
	a, err := r.cellAttrs()
	if err != nil {
		return false, err
	}
	cell.Formula = a.formula
	text, err := r.paragraphs()
	if err != nil {
		return false, err
	}
	if len(r.arena) > r.limits.RowBytes {
		return false, r.x.refuse(RowTooLong, "limit", r.limits.RowBytes)
	}
	ok := true
	cell.Text = a.value
	switch a.kind {
	case "":
		// No type: empty, or an old writer's text.
		if len(text) == 0 {
			cell.Kind, cell.NoValue = Empty, a.formula
			return a.formula, nil
		}
		r.setText(cell, text)
	case "float", "percentage", "currency":
		cell.Kind, ok = Number, isNumber(a.value)
	case "date":
		cell.Kind, cell.ISO, ok = Date, true, looksLikeISO(a.value)
	case "time":
		cell.Kind, cell.ISO, ok = Date, true, looksLikeDuration(a.value)
	case "boolean":
		cell.Kind = Bool
		cell.Text, ok = boolText(a.value)
	case "string":
		if a.value != nil && !a.isError {
			text = a.value
		}
		if a.isError {
			cell.Kind, cell.Text = ErrorValue, bytes.TrimSpace(text)
			ok = isErrorText(cell.Text)
			break
		}
		if a.formula && isClassicError(text) {
			// Gnumeric has no other way to say so.
			cell.Kind, cell.Text = ErrorValue, text
			break
		}
		r.setText(cell, text)
		return len(text) > 0 || a.formula, nil
	default:
		return false, r.x.refuse(CellType, "value", strconv.Quote(a.kind))
	}
	if !ok {
		return false, r.x.refuse(CellValue, "value", strconv.Quote(string(cell.Text[:min(len(cell.Text), 60)])), "type", a.kind)
	}
	return true, nil
}

func isClassicError(text []byte) bool {
	switch string(text) {
	case "#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!":
		return true
	}
	return false
}

// isErrorText recognises an error as programs store it: #N/A, also in another
// language, or Err:502, which is how LibreOffice shows what has no name.
func isErrorText(text []byte) bool {
	return len(text) >= 2 && len(text) <= 64 && (text[0] == '#' || bytes.HasPrefix(text, []byte("Err:")))
}

func (r *odsRows) setText(cell *Cell, text []byte) {
	cell.Kind, cell.Text = Text, text
	cell.TooLong = tooLong(text, r.limits.CellChars)
}

// looksLikeDuration reports whether a text can be an ISO 8601 duration.
func looksLikeDuration(text []byte) bool {
	for _, c := range text {
		if !('0' <= c && c <= '9' || c == '.' || bytes.IndexByte([]byte("-PYMDTHS"), c) >= 0) {
			return false
		}
	}
	return len(text) >= 3 && len(text) <= 40 && (text[0] == 'P' || text[0] == '-')
}

// odsKinds gives the attribute in which each type of cell keeps its value.
var odsKinds = map[string]struct{ name, value string }{
	"float": {"float", "value"}, "percentage": {"percentage", "value"}, "currency": {"currency", "value"},
	"date": {"date", "date-value"}, "time": {"time", "time-value"},
	"boolean": {"boolean", "boolean-value"}, "string": {"string", "string-value"},
}

func (r *odsRows) cellAttrs() (odsAttrs, error) {
	x := r.x
	var a odsAttrs
	var err error
	if kind, _, err := x.attr(spaceOffice, "value-type"); err != nil {
		return a, err
	} else if known, ok := odsKinds[string(kind)]; ok {
		a.kind = known.name
	} else {
		a.kind = string(kind)
	}
	if calc, _, err := x.attr(spaceCalcExt, "value-type"); err != nil {
		return a, err
	} else if string(calc) == "error" {
		a.isError = true
	}
	if _, a.formula, err = x.attr(spaceTable, "formula"); err != nil {
		return a, err
	}
	known, ok := odsKinds[a.kind]
	if !ok {
		return a, nil
	}
	v, ok, err := x.attr(spaceOffice, known.value)
	if err != nil || !ok {
		return a, err
	}
	start := len(r.arena)
	r.arena = append(r.arena, v...)
	a.value = r.arena[start:len(r.arena):len(r.arena)]
	return a, nil
}

// paragraphs collects the text of a cell, one line for each paragraph, and goes
// to the end of the cell. Comments and drawings are no text.
func (r *odsRows) paragraphs() ([]byte, error) {
	x := r.x
	start, first := len(r.arena), true
	for outer := x.depth(); ; {
		kind, err := x.next()
		if err != nil {
			return nil, err
		}
		switch {
		case kind == xmlEnd && x.depth() < outer:
			return r.arena[start:len(r.arena):len(r.arena)], nil
		case kind != xmlStart:
		case x.is(spaceText, "p"), x.is(spaceText, "h"):
			if !first {
				r.arena = append(r.arena, '\n')
			}
			first = false
			err = r.paragraph()
		default:
			err = x.skip()
		}
		if err != nil {
			return nil, err
		}
		if err := x.bounded(len(r.arena) - start); err != nil {
			return nil, err
		}
	}
}

// paragraph appends the text of the paragraph whose start tag is current. By the
// standard any run of white space is one blank, or none at the ends, and elements
// stand for what should be kept. But LibreOffice writes blanks as they are in
// some places, and means them; so only a run with a line break in it, which is
// layout, is treated like that.
func (r *odsRows) paragraph() error {
	x := r.x
	start := len(r.arena)
	var space odsSpace
	for outer := x.depth(); ; {
		kind, err := x.next()
		if err != nil {
			return err
		}
		switch {
		case kind == xmlText:
			for _, c := range x.text {
				if isXMLSpace(c) {
					space.add(c)
					continue
				}
				r.arena = append(space.flush(r.arena, start), c)
			}
			err = x.bounded(len(r.arena) - start + space.blanks)
		case kind == xmlEnd && x.depth() < outer:
			if !space.layout {
				r.arena = space.flush(r.arena, start)
			}
			return nil
		case kind == xmlStart && x.name.space == spaceText:
			r.arena = space.flush(r.arena, start)
			err = r.inline()
		case kind == xmlStart:
			err = x.skip()
		}
		if err != nil {
			return err
		}
	}
}

// odsSpace is a run of white space that is not yet part of the text.
type odsSpace struct {
	blanks int
	layout bool // it has a line break or a tab
}

func (s *odsSpace) add(c byte) {
	s.blanks++
	s.layout = s.layout || c != ' '
}

// flush appends the run to the text that begins at start.
func (s *odsSpace) flush(text []byte, start int) []byte {
	switch {
	case s.layout && len(text) > start:
		text = append(text, ' ')
	case !s.layout:
		for range s.blanks {
			text = append(text, ' ')
		}
	}
	*s = odsSpace{}
	return text
}

// inline handles an element inside a paragraph.
func (r *odsRows) inline() error {
	x := r.x
	switch string(x.name.local) {
	case "s":
		n := 1
		if v, ok, err := x.attr(spaceText, "c"); err != nil {
			return err
		} else if ok {
			if n, ok = parseUint(v); !ok || n > r.limits.CellChars {
				return x.refuse(RepeatCount, "value", strconv.Quote(string(v)))
			}
		}
		if r.blanks += n - 1; r.blanks > r.limits.RepeatedCells {
			return x.refuse(TooManyRepetitions, "limit", r.limits.RepeatedCells)
		}
		for range n {
			r.arena = append(r.arena, ' ')
		}
	case "tab":
		r.arena = append(r.arena, '\t')
	case "line-break":
		r.arena = append(r.arena, '\n')
	case "span", "a", "ruby", "ruby-base", "date", "time", "title", "sheet-name", "page-number", "file-name", "author-name":
		return nil // their text is part of the paragraph
	}
	return x.skip()
}
