package sheet

import (
	"errors"
	"fmt"
	"strings"
)

const (
	nsMain         = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsDocRels      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsRels         = "http://schemas.openxmlformats.org/package/2006/relationships"
	nsContentTypes = "http://schemas.openxmlformats.org/package/2006/content-types"
)

// endSheet completes the sheet being written, in the order of elements that
// Excel insists on.
func (e *xlsxEncoder) endSheet() error {
	if e.part == nil {
		return nil
	}
	done := &e.list[len(e.list)-1]
	b := append(e.part.buf, `</sheetData>`...)
	if e.spec.AutoFilter && e.rows > 0 && e.widths > 0 {
		top := max(e.spec.FreezeRows, 1)
		last := ColumnName(e.widths - 1)
		b = fmt.Appendf(b, `<autoFilter ref="A%d:%s%d"/>`, top, last, max(e.rows, top))
		done.filter = fmt.Sprintf("$A$%d:$%s$%d", top, last, max(e.rows, top))
	}
	b = appendXLSXValidations(b, e.spec.Validations)
	b = append(b, `<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>`...)
	if len(e.notes) > 0 {
		done.notes = true
		b = append(b, `<legacyDrawing r:id="rId1"/>`...)
	}
	e.part.buf = append(b, `</worksheet>`...)
	e.part = nil
	if err := e.z.end(); err != nil {
		return err
	}
	return e.writeNotes(len(e.list))
}

func appendXLSXValidations(b []byte, list []Validation) []byte {
	if len(list) == 0 {
		return b
	}
	b = fmt.Appendf(b, `<dataValidations count="%d">`, len(list))
	for _, v := range list {
		col := ColumnName(v.Col)
		b = append(b, `<dataValidation type="list" allowBlank="1"`...)
		if v.Strict {
			b = append(b, ` showErrorMessage="1"`...)
		}
		if v.Title != "" {
			b = append(appendAttr(append(b, ` errorTitle="`...), v.Title), '"')
		}
		if v.Message != "" {
			b = append(appendAttr(append(b, ` error="`...), v.Message), '"')
		}
		b = fmt.Appendf(b, ` sqref="%s%d:%s%d"><formula1>`, col, v.FirstRow, col, v.LastRow)
		formula := v.Source
		if formula == "" {
			formula = `"` + strings.ReplaceAll(strings.Join(v.List, ","), `"`, `""`) + `"`
		}
		b = append(appendAttr(b, formula), `</formula1></dataValidation>`...)
	}
	return append(b, `</dataValidations>`...)
}

// close writes the parts that hold the document together.
func (e *xlsxEncoder) close() error {
	if err := e.endSheet(); err != nil {
		return err
	}
	visible := -1
	for i, s := range e.list {
		if !s.hidden && visible < 0 {
			visible = i
		}
	}
	if visible < 0 {
		return errors.New("sheet: a workbook needs a visible sheet")
	}
	parts := []struct{ name, text string }{
		{"xl/workbook.xml", e.workbook(visible)},
		{"xl/_rels/workbook.xml.rels", e.workbookRels()},
		{"xl/styles.xml", xlsxStyles()},
		{"_rels/.rels", xmlHead + `<Relationships xmlns="` + nsRels + `"><Relationship Id="rId1" Type="` + nsDocRels + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", e.contentTypes()},
	}
	for _, p := range parts {
		if err := e.z.whole(p.name, p.text); err != nil {
			return err
		}
	}
	return e.z.close()
}

func (e *xlsxEncoder) workbook(visible int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `%s<workbook xmlns="%s" xmlns:r="%s"><bookViews><workbookView activeTab="%d" firstSheet="%d"/></bookViews><sheets>`, xmlHead, nsMain, nsDocRels, visible, visible)
	for i, s := range e.list {
		state := ""
		if s.hidden {
			state = ` state="hidden"`
		}
		fmt.Fprintf(&b, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, escapeAttr(s.name), i+1, state, i+1)
	}
	b.WriteString(`</sheets>`)
	b.WriteString(e.filterNames())
	b.WriteString(`</workbook>`)
	return b.String()
}

// filterNames gives each filtered range the hidden name by which Excel finds it.
func (e *xlsxEncoder) filterNames() string {
	var b strings.Builder
	for i, s := range e.list {
		if s.filter != "" {
			name := "'" + strings.ReplaceAll(s.name, "'", "''") + "'!" + s.filter
			fmt.Fprintf(&b, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">%s</definedName>`, i, escapeAttr(name))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return `<definedNames>` + b.String() + `</definedNames>`
}

func (e *xlsxEncoder) workbookRels() string {
	var b strings.Builder
	fmt.Fprintf(&b, `%s<Relationships xmlns="%s">`, xmlHead, nsRels)
	for i := range e.list {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, nsDocRels, i+1)
	}
	fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(e.list)+1, nsDocRels)
	return b.String()
}

func (e *xlsxEncoder) contentTypes() string {
	const main = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	var b strings.Builder
	b.WriteString(xmlHead + `<Types xmlns="` + nsContentTypes + `">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + main + `sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + main + `styles+xml"/>`)
	for i, s := range e.list {
		fmt.Fprintf(&b, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i+1, main)
		if s.notes {
			fmt.Fprintf(&b, `<Override PartName="/xl/comments%d.xml" ContentType="%scomments+xml"/>`, i+1, main)
		}
	}
	b.WriteString(`</Types>`)
	return b.String()
}

// The looks of the styles, in the order of the constants: font, fill, and whether
// lines are broken.
var xlsxLooks = [styleCount]struct {
	font, fill int
	wrap       bool
}{
	Plain:  {0, 0, false},
	Header: {1, 2, true},
	Bad:    {2, 3, false},
	Held:   {3, 4, false},
	Muted:  {4, 0, false},
	Title:  {5, 0, false},
	Wrap:   {0, 0, true},
}

func xlsxStyles() string {
	var b strings.Builder
	font := func(size int, color string, bold bool) {
		b.WriteString(`<font>`)
		if bold {
			b.WriteString(`<b/>`)
		}
		fmt.Fprintf(&b, `<sz val="%d"/><color rgb="FF%s"/><name val="Calibri"/><family val="2"/></font>`, size, color)
	}
	fill := func(color string) {
		fmt.Fprintf(&b, `<fill><patternFill patternType="solid"><fgColor rgb="FF%s"/><bgColor indexed="64"/></patternFill></fill>`, color)
	}
	b.WriteString(xmlHead + `<styleSheet xmlns="` + nsMain + `"><fonts count="6">`)
	font(11, "000000", false)
	font(11, "000000", true)
	font(11, "9C0006", true)
	font(11, "7F6000", false)
	font(11, "7F7F7F", false)
	font(16, "000000", true)
	b.WriteString(`</fonts><fills count="5"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>`)
	fill("DDEBF7")
	fill("FFC7CE")
	fill("FFEB9C")
	b.WriteString(`</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>`)
	fmt.Fprintf(&b, `<cellXfs count="%d">`, int(styleCount)*variantCount)
	for _, look := range xlsxLooks {
		for v := range variantCount {
			format := [variantCount]int{general: 0, asText: 49, quoted: 49, asDate: 14, asMoment: 22}[v]
			fmt.Fprintf(&b, `<xf numFmtId="%d" fontId="%d" fillId="%d" borderId="0" xfId="0"`, format, look.font, look.fill)
			if v == quoted {
				b.WriteString(` quotePrefix="1"`)
			}
			b.WriteString(` applyNumberFormat="1" applyFont="1" applyFill="1"`)
			if look.wrap {
				b.WriteString(` applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>`)
			} else {
				b.WriteString(`/>`)
			}
		}
	}
	b.WriteString(`</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`)
	return b.String()
}
