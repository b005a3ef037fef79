package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// odsEncoder writes an OpenDocument spreadsheet. All sheets are one part, and
// what stands at its beginning (styles, drop-downs) cannot wait until the sheets
// are known: column widths come from a fixed set, and only the first sheet may
// have drop-downs.
type odsEncoder struct {
	z      *zipWriter
	part   *partWriter
	spec   Spec
	open   bool
	rows   int
	widths int // the most cells that a row of the sheet has
	views  []odsView
	filter []string // database ranges
}

// odsView is what the settings say of a sheet.
type odsView struct {
	name   string
	hidden bool
	freeze int
}

var errODSValidations = errors.New("sheet: in .ods only the first sheet can have drop-downs")

func newODSEncoder(w io.Writer) *odsEncoder { return &odsEncoder{z: newZipWriter(w)} }

func (e *odsEncoder) sheet(s Spec) error {
	if len(e.views) == 0 {
		if err := e.begin(s); err != nil {
			return err
		}
	} else if len(s.Validations) > 0 {
		return errODSValidations
	}
	e.endSheet()
	e.spec, e.rows, e.widths, e.open = s, 0, len(s.Columns), true
	e.views = append(e.views, odsView{s.Name, s.Hidden, s.FreezeRows})
	style := "ta1"
	if s.Hidden {
		style = "ta2"
	}
	b := fmt.Appendf(e.part.buf, `<table:table table:name="%s" table:style-name="%s">`, escapeAttr(s.Name), style)
	for _, c := range s.Columns {
		b = fmt.Appendf(b, `<table:table-column table:style-name="co%d"`, odsWidth(c.Width))
		if c.Hidden {
			b = append(b, ` table:visibility="collapse"`...)
		}
		if c.Text {
			b = fmt.Appendf(b, ` table:default-cell-style-name="ce%d"`, variant(Plain, asText))
		}
		b = append(b, `/>`...)
	}
	e.part.buf = append(b, fmt.Sprintf(`<table:table-column table:style-name="co0" table:number-columns-repeated="%d"/>`, max(maxColumns-len(s.Columns), 1))...)
	e.part.flush()
	return nil
}

// begin writes what comes before the first sheet.
func (e *odsEncoder) begin(s Spec) error {
	if err := e.z.stored("mimetype", odfSheet); err != nil {
		return err
	}
	part, err := e.z.begin("content.xml")
	if err != nil {
		return err
	}
	e.part = part
	b := append(part.buf, odsHead("document-content")...)
	b = append(b, odsAutomaticStyles()...)
	b = append(b, `<office:body><office:spreadsheet>`...)
	part.buf, err = appendODSValidations(b, s)
	return err
}

func (e *odsEncoder) row(number int, cells []Value) error {
	e.rows, e.widths = number, max(e.widths, len(cells))
	b := append(e.part.buf, `<table:table-row table:style-name="ro1">`...)
	total := max(len(cells), 1)
	for _, v := range e.spec.Validations {
		if v.FirstRow <= number && number <= v.LastRow {
			total = max(total, v.Col+1)
		}
	}
	blank := Value{}
	for i := range total {
		v := &blank
		if i < len(cells) {
			v = &cells[i]
		}
		if v.Kind == Text {
			if err := checkODSText(v.Text); err != nil {
				return fmt.Errorf("row %d, column %s: %w", number, ColumnName(i), err)
			}
		}
		if checkODSText(v.Note) != nil {
			return fmt.Errorf("row %d, column %s, note: %w", number, ColumnName(i), ErrText)
		}
		b = e.appendCell(b, v, number, i)
		if len(b) >= partBuffer {
			e.part.buf = b
			e.part.flush()
			b = e.part.buf
		}
	}
	e.part.buf = append(b, `</table:table-row>`...)
	e.part.flush()
	return nil
}

// checkODSText refuses characters that XML cannot hold: OpenDocument has no
// way around them.
func checkODSText(s string) error {
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != 0xEF || c == '\t' || c == '\n' || c == '\r' {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(s[i:]); !isXMLChar(r) {
			return fmt.Errorf("%w: %U", ErrText, r)
		}
	}
	return nil
}

func (e *odsEncoder) appendCell(b []byte, v *Value, row, col int) []byte {
	b = append(b, `<table:table-cell`...)
	if style := e.look(v, col); style != 0 {
		b = fmt.Appendf(b, ` table:style-name="ce%d"`, style)
	}
	for i := range e.spec.Validations {
		d := &e.spec.Validations[i]
		if d.Col == col && d.FirstRow <= row && row <= d.LastRow {
			b = fmt.Appendf(b, ` table:content-validation-name="val%d"`, i+1)
			break
		}
	}
	if v.Kind == Empty || v.Kind == Text && v.Text == "" {
		if v.Note == "" {
			return append(b, `/>`...)
		}
		b = appendODSNote(append(b, '>'), v.Note)
		return append(b, `</table:table-cell>`...)
	}
	b = appendODSType(b, v)
	if v.Note != "" {
		b = appendODSNote(b, v.Note)
	}
	b = appendODSText(b, v.Text)
	return append(b, `</table:table-cell>`...)
}

// appendODSType writes the attributes that say what the value is.
func appendODSType(b []byte, v *Value) []byte {
	attr := func(name, value string) {
		b = append(append(append(b, ' '), name...), `="`...)
		b = append(appendAttr(b, value), '"')
	}
	switch v.Kind {
	case Number:
		attr("office:value-type", "float")
		attr("office:value", v.Text)
	case Bool:
		attr("office:value-type", "boolean")
		attr("office:boolean-value", strings.ToLower(v.Text))
	case Date:
		attr("office:value-type", "date")
		attr("office:date-value", v.Text)
	case ErrorValue:
		attr("office:value-type", "string")
		attr("office:string-value", "")
		attr("calcext:value-type", "error")
	case Text:
		attr("office:value-type", "string")
		if strings.IndexByte(v.Text, '\r') >= 0 {
			attr("office:string-value", v.Text) // paragraphs cannot hold it
		}
	}
	return append(b, '>')
}

func (e *odsEncoder) look(v *Value, col int) int {
	switch {
	case v.Kind == Date && len(v.Text) > len("2006-01-02"):
		return variant(v.Style, asMoment)
	case v.Kind == Date:
		return variant(v.Style, asDate)
	case v.Kind == Text && looksLikeFormula(v.Text),
		col < len(e.spec.Columns) && e.spec.Columns[col].Text && (v.Kind == Text || v.Kind == Empty):
		return variant(v.Style, asText)
	}
	return variant(v.Style, general)
}

func appendODSNote(b []byte, note string) []byte {
	b = appendODSText(append(b, `<office:annotation>`...), note)
	return append(b, `</office:annotation>`...)
}

// appendODSText writes a text as paragraphs, one for each line. White space that
// a program would drop is written as elements.
func appendODSText(b []byte, s string) []byte {
	b = append(b, `<text:p>`...)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\n':
			b = append(b, `</text:p><text:p>`...)
		case '\t':
			b = append(b, `<text:tab/>`...)
		case ' ':
			n := 1
			for i+n < len(s) && s[i+n] == ' ' {
				n++
			}
			// One blank between letters is safe; the rest is counted.
			if n == 1 && i > 0 && s[i-1] > ' ' && i+1 < len(s) && s[i+1] > ' ' {
				b = append(b, ' ')
			} else {
				b = fmt.Appendf(b, `<text:s text:c="%d"/>`, n)
			}
			i += n - 1
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '\r':
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return append(b, `</text:p>`...)
}

// endSheet completes the table being written.
func (e *odsEncoder) endSheet() {
	if !e.open {
		return
	}
	e.open = false
	b := e.appendDropDowns(e.part.buf)
	if e.rows == 0 && len(e.spec.Validations) == 0 {
		b = append(b, `<table:table-row table:style-name="ro1"><table:table-cell/></table:table-row>`...)
	}
	e.part.buf = append(b, `</table:table>`...)
	if e.spec.AutoFilter && e.rows > 0 && e.widths > 0 {
		top := max(e.spec.FreezeRows, 1)
		name := odsSheetRef(e.spec.Name)
		e.filter = append(e.filter, fmt.Sprintf("%s.A%d:%s.%s%d", name, top, name, ColumnName(e.widths-1), max(e.rows, top)))
	}
	e.part.flush()
}

// appendDropDowns writes the empty rows below the data that have drop-downs, in
// as few repeated rows as will do.
func (e *odsEncoder) appendDropDowns(b []byte) []byte {
	for row := e.rows + 1; ; {
		last, cols := 0, 0
		next := maxRows + 1
		for _, v := range e.spec.Validations {
			last = max(last, v.LastRow)
			switch {
			case v.FirstRow > row:
				next = min(next, v.FirstRow)
			case v.LastRow >= row:
				next = min(next, v.LastRow+1)
				cols = max(cols, v.Col+1)
			}
		}
		if row > last {
			return b
		}
		b = fmt.Appendf(b, `<table:table-row table:style-name="ro1" table:number-rows-repeated="%d">`, next-row)
		for col := range max(cols, 1) {
			b = e.appendCell(b, &Value{}, row, col)
		}
		b = append(b, `</table:table-row>`...)
		row = next
	}
}
