package sheet

import (
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// xlsxEncoder writes an Office Open XML workbook. Texts are written inside their
// cells: shared strings would have to be kept in memory.
type xlsxEncoder struct {
	z      *zipWriter
	part   *partWriter // of the sheet being written
	spec   Spec
	list   []xlsxDone
	rows   int
	widths int // the most cells that a row of the sheet has
	names  [][]byte
	notes  []xlsxNote
}

// xlsxDone is what the workbook has to know of a sheet.
type xlsxDone struct {
	name   string
	hidden bool
	filter string // range with filter buttons
	notes  bool
}

func newXLSXEncoder(w io.Writer) *xlsxEncoder { return &xlsxEncoder{z: newZipWriter(w)} }

func (e *xlsxEncoder) sheet(s Spec) error {
	if err := e.endSheet(); err != nil {
		return err
	}
	first := !s.Hidden
	for _, done := range e.list {
		first = first && done.hidden
	}
	e.spec, e.rows, e.widths, e.notes = s, 0, len(s.Columns), nil
	e.list = append(e.list, xlsxDone{name: s.Name, hidden: s.Hidden})
	var err error
	if e.part, err = e.z.begin(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(e.list))); err != nil {
		return err
	}
	b := append(e.part.buf, xmlHead...)
	b = append(b, `<worksheet xmlns="`+nsMain+`" xmlns:r="`+nsDocRels+`"><sheetViews><sheetView`...)
	if first {
		b = append(b, ` tabSelected="1"`...)
	}
	b = append(b, ` workbookViewId="0"`...)
	if s.FreezeRows > 0 {
		b = fmt.Appendf(b, `><pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView>`, s.FreezeRows, s.FreezeRows+1)
	} else {
		b = append(b, `/>`...)
	}
	b = append(b, `</sheetViews><sheetFormatPr defaultRowHeight="15"/>`...)
	b = appendXLSXColumns(b, s.Columns)
	e.part.buf = append(b, `<sheetData>`...)
	return nil
}

func appendXLSXColumns(b []byte, columns []Column) []byte {
	open := false
	for i, c := range columns {
		if c == (Column{}) {
			continue
		}
		if !open {
			b = append(b, `<cols>`...)
			open = true
		}
		width := c.Width
		if width == 0 {
			width = 9.140625 // Excel wants one, and this is its default
		}
		b = fmt.Appendf(b, `<col min="%d" max="%d" width="%s" customWidth="1"`, i+1, i+1, strconv.FormatFloat(width, 'f', -1, 64))
		if c.Hidden {
			b = append(b, ` hidden="1"`...)
		}
		if c.Text {
			b = fmt.Appendf(b, ` style="%d"`, variant(Plain, asText))
		}
		b = append(b, `/>`...)
	}
	if open {
		b = append(b, `</cols>`...)
	}
	return b
}

func (e *xlsxEncoder) row(number int, cells []Value) error {
	e.rows, e.widths = number, max(e.widths, len(cells))
	var digits [8]byte
	num := strconv.AppendInt(digits[:0], int64(number), 10)
	b := append(append(append(e.part.buf, `<row r="`...), num...), `">`...)
	for i := range cells {
		v := &cells[i]
		if v.Note != "" {
			if err := e.note(number, i, v.Note); err != nil {
				return err
			}
		}
		how := e.look(v, i)
		if v.Kind == Empty && how == 0 || v.Kind == Text && v.Text == "" && how == 0 {
			continue
		}
		b = append(append(append(b, `<c r="`...), e.columnName(i)...), num...)
		if how != 0 {
			b = append(b, `" s="`...)
			b = strconv.AppendInt(b, int64(how), 10)
		}
		b = appendXLSXValue(b, v)
		if len(b) >= partBuffer { // a row may be far larger than the buffer
			e.part.buf = b
			e.part.flush()
			b = e.part.buf
		}
	}
	e.part.buf = append(b, `</row>`...)
	e.part.flush()
	return nil
}

// appendXLSXValue writes what follows the address and style of a cell.
func appendXLSXValue(b []byte, v *Value) []byte {
	switch v.Kind {
	case Number:
		return append(append(append(b, `"><v>`...), v.Text...), `</v></c>`...)
	case Bool:
		if v.Text == "TRUE" {
			return append(b, `" t="b"><v>1</v></c>`...)
		}
		return append(b, `" t="b"><v>0</v></c>`...)
	case ErrorValue:
		return append(append(append(b, `" t="e"><v>`...), v.Text...), `</v></c>`...)
	case Date:
		serial, err := dateSerial(v.Text)
		if err != nil { // the Writer has checked it
			panic(err)
		}
		return append(append(append(b, `"><v>`...), serial...), `</v></c>`...)
	case Text:
		if v.Text == "" {
			break
		}
		b = append(b, `" t="inlineStr"><is><t`...)
		if keepsSpace(v.Text) {
			b = append(b, ` xml:space="preserve"`...)
		}
		b = appendEscapedText(append(b, '>'), v.Text)
		return append(b, `</t></is></c>`...)
	}
	return append(b, `"/>`...)
}

// keepsSpace reports whether a text has white space that a program may drop
// unless it is told not to.
func keepsSpace(s string) bool {
	if isXMLSpace(s[0]) || isXMLSpace(s[len(s)-1]) {
		return true
	}
	for i := range len(s) {
		if s[i] == '\n' || s[i] == '\t' || s[i] == ' ' && i > 0 && s[i-1] == ' ' {
			return true
		}
	}
	return false
}

// Variants of every style.
const (
	general  = iota
	asText   // number format "@"
	quoted   // with quotePrefix: shown as if an apostrophe had been typed
	asDate   // number format 14
	asMoment // date and time, number format 22
	variantCount
)

// variant is the number of a cell style: see xlsxStyles, which lists them in
// this order.
func variant(s Style, v int) int { return int(s)*variantCount + v }

// look chooses the style of a cell.
func (e *xlsxEncoder) look(v *Value, col int) int {
	switch {
	case v.Kind == Text && looksLikeFormula(v.Text):
		return variant(v.Style, quoted)
	case v.Kind == Date && len(v.Text) > len("2006-01-02"):
		return variant(v.Style, asMoment)
	case v.Kind == Date:
		return variant(v.Style, asDate)
	case col < len(e.spec.Columns) && e.spec.Columns[col].Text && (v.Kind == Text || v.Kind == Empty):
		return variant(v.Style, asText)
	}
	return variant(v.Style, general)
}

func (e *xlsxEncoder) columnName(i int) []byte {
	for len(e.names) <= i {
		e.names = append(e.names, []byte(ColumnName(len(e.names))))
	}
	return e.names[i]
}

// plainText is what stands in XML as it is.
var plainText = func() (t [256]bool) {
	for c := ' '; c < 256; c++ {
		t[c] = c != '&' && c != '<' && c != '>' && c != '"' && c != '_' && c != 0xEF
	}
	t['\n'], t['\t'] = true, true
	return t
}()

// appendEscapedText writes a text of a cell. What XML cannot hold is written as
// _xHHHH_, and so is a carriage return, which XML would make a line feed; a text
// that looks like such an escape has its first underscore escaped.
func appendEscapedText(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plainText[c] {
			continue
		}
		n := 1
		var by string
		switch {
		case c == '&':
			by = "&amp;"
		case c == '<':
			by = "&lt;"
		case c == '>':
			by = "&gt;"
		case c == '"':
			by = "&quot;"
		case c == '_':
			if i+7 > len(s) {
				continue
			}
			if _, ok := escapeUnit([]byte(s[i : i+7])); !ok {
				continue
			}
			by = "_x005F_"
		case c == 0xEF:
			r, _ := utf8.DecodeRuneInString(s[i:])
			if r != 0xFFFE && r != 0xFFFF {
				continue
			}
			n, by = 3, fmt.Sprintf("_x%04X_", r)
		default:
			by = fmt.Sprintf("_x%04X_", c)
		}
		b = append(append(b, s[from:i]...), by...)
		i += n - 1
		from = i + 1
	}
	return append(b, s[from:]...)
}

// appendAttr writes a value between the quotes of an attribute.
func appendAttr(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '"':
			b = append(b, "&quot;"...)
		case '\n', '\r', '\t':
			b = fmt.Appendf(b, "&#%d;", c)
		default:
			b = append(b, c)
		}
	}
	return b
}

func escapeAttr(s string) string { return string(appendAttr(nil, s)) }
