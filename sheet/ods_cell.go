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

// isErrorText recognises an error as it is shown: #N/A, or Err:502, which is
// how LibreOffice shows what has no name.
func isErrorText(text []byte) bool {
	return isErrorValue(text) || bytes.HasPrefix(text, []byte("Err:")) && len(text) < 16
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

func (r *odsRows) cellAttrs() (odsAttrs, error) {
	x := r.x
	var a odsAttrs
	var err error
	if a.kind, err = x.attrText(spaceOffice, "value-type"); err != nil {
		return a, err
	}
	if calc, _, err := x.attr(spaceCalcExt, "value-type"); err != nil {
		return a, err
	} else if string(calc) == "error" {
		a.isError = true
	}
	if _, a.formula, err = x.attr(spaceTable, "formula"); err != nil {
		return a, err
	}
	name := map[string]string{
		"float": "value", "percentage": "value", "currency": "value", "date": "date-value",
		"time": "time-value", "boolean": "boolean-value", "string": "string-value",
	}[a.kind]
	if name == "" {
		return a, nil
	}
	v, ok, err := x.attr(spaceOffice, name)
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

// paragraph appends the text of the paragraph whose start tag is current. White
// space counts as in HTML: a run of it is one blank, and none at the beginning;
// elements stand for what should be kept. At the end the standard drops white
// space as well, but LibreOffice and Gnumeric write one blank there and mean it:
// only line breaks, which are layout, are dropped.
func (r *odsRows) paragraph() error {
	x := r.x
	start := len(r.arena)
	blank := true // the text so far ends in white space that counts as one
	layout := false
	for outer := x.depth(); ; {
		kind, err := x.next()
		if err != nil {
			return err
		}
		switch {
		case kind == xmlText:
			for _, c := range x.text {
				if !isXMLSpace(c) {
					r.arena, blank = append(r.arena, c), false
				} else if !blank {
					r.arena, blank, layout = append(r.arena, ' '), true, c != ' '
				}
			}
			err = x.bounded(len(r.arena) - start)
		case kind == xmlEnd && x.depth() < outer:
			if n := len(r.arena); blank && layout && n > start && r.arena[n-1] == ' ' {
				r.arena = r.arena[:n-1]
			}
			return nil
		case kind == xmlStart && x.name.space == spaceText:
			blank, err = r.inline(blank)
		case kind == xmlStart:
			err = x.skip()
		}
		if err != nil {
			return err
		}
	}
}

// inline handles an element inside a paragraph, and returns whether a blank
// after it would be one too many.
func (r *odsRows) inline(blank bool) (bool, error) {
	x := r.x
	switch string(x.name.local) {
	case "s":
		n := 1
		if v, ok, err := x.attr(spaceText, "c"); err != nil {
			return false, err
		} else if ok {
			if n, ok = parseUint(v); !ok || n > r.limits.CellChars {
				return false, x.refuse(RepeatCount, "value", strconv.Quote(string(v)))
			}
		}
		if r.blanks += n - 1; r.blanks > r.limits.RepeatedCells {
			return false, x.refuse(TooManyRepetitions, "limit", r.limits.RepeatedCells)
		}
		for range n {
			r.arena = append(r.arena, ' ')
		}
		return false, x.skip()
	case "tab":
		r.arena = append(r.arena, '\t')
		return false, x.skip()
	case "line-break":
		r.arena = append(r.arena, '\n')
		return false, x.skip()
	case "span", "a", "ruby", "ruby-base", "date", "time", "title", "sheet-name", "page-number", "file-name", "author-name":
		return blank, nil // their text is part of the paragraph
	}
	return blank, x.skip()
}
