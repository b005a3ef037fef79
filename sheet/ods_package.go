package sheet

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// odsHead begins a part of the document.
func odsHead(root string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<office:` + root +
		` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"` +
		` xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
		` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"` +
		` xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
		` xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"` +
		` xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"` +
		` xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0"` +
		` xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"` +
		` xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"` +
		` xmlns:ooo="http://openoffice.org/2004/office" office:version="1.3">`
}

// odsMaxWidth is the widest column, in characters, that has a style of its own.
const odsMaxWidth = 120

// odsWidth is the number of the column style for a width in characters; 0 is
// the default.
func odsWidth(chars float64) int {
	if chars == 0 {
		return 0
	}
	return int(math.Round(min(max(chars, 1), odsMaxWidth)))
}

// odsLooks are the styles in the order of the constants.
var odsLooks = [styleCount]struct{ text, cell string }{
	Header: {`fo:font-weight="bold"`, `fo:background-color="#ddebf7" fo:wrap-option="wrap"`},
	Bad:    {`fo:font-weight="bold" fo:color="#9c0006"`, `fo:background-color="#ffc7ce"`},
	Held:   {`fo:color="#7f6000"`, `fo:background-color="#ffeb9c"`},
	Muted:  {`fo:color="#7f7f7f"`, ``},
	Title:  {`fo:font-weight="bold" fo:font-size="16pt"`, ``},
	Wrap:   {``, `fo:wrap-option="wrap" style:vertical-align="top"`},
}

// odsAutomaticStyles lists the styles of columns, rows, tables and cells.
func odsAutomaticStyles() string {
	var b strings.Builder
	b.WriteString(`<office:automatic-styles>`)
	for i := range odsMaxWidth + 1 {
		cm := 2.258 // LibreOffice's default
		if i > 0 {
			cm = float64(i)*0.19 + 0.13
		}
		fmt.Fprintf(&b, `<style:style style:name="co%d" style:family="table-column"><style:table-column-properties fo:break-before="auto" style:column-width="%.3fcm"/></style:style>`, i, cm)
	}
	b.WriteString(`<style:style style:name="ro1" style:family="table-row"><style:table-row-properties style:use-optimal-row-height="true"/></style:style>` +
		`<style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style>` +
		`<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>` +
		`<number:text-style style:name="N1"><number:text-content/></number:text-style>` +
		`<number:date-style style:name="N2"><number:day number:style="long"/><number:text>.</number:text><number:month number:style="long"/><number:text>.</number:text><number:year number:style="long"/></number:date-style>` +
		`<number:date-style style:name="N3"><number:day number:style="long"/><number:text>.</number:text><number:month number:style="long"/><number:text>.</number:text><number:year number:style="long"/><number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/></number:date-style>`)
	formats := [variantCount]string{asText: "N1", quoted: "N1", asDate: "N2", asMoment: "N3"}
	for s, look := range odsLooks {
		for v, format := range formats {
			fmt.Fprintf(&b, `<style:style style:name="ce%d" style:family="table-cell" style:parent-style-name="Default"`, variant(Style(s), v))
			if format != "" {
				fmt.Fprintf(&b, ` style:data-style-name="%s"`, format)
			}
			b.WriteString(`>`)
			if look.cell != "" {
				fmt.Fprintf(&b, `<style:table-cell-properties %s/>`, look.cell)
			}
			if look.text != "" {
				fmt.Fprintf(&b, `<style:text-properties %s/>`, look.text)
			}
			b.WriteString(`</style:style>`)
		}
	}
	b.WriteString(`</office:automatic-styles>`)
	return b.String()
}

// appendODSValidations lists the drop-downs, which cells refer to by name.
func appendODSValidations(b []byte, s Spec) ([]byte, error) {
	if len(s.Validations) == 0 {
		return b, nil
	}
	b = append(b, `<table:content-validations>`...)
	for i, v := range s.Validations {
		var list string
		if v.Source == "" {
			items := make([]string, len(v.List))
			for i, item := range v.List {
				items[i] = `"` + strings.ReplaceAll(item, `"`, `""`) + `"`
			}
			list = strings.Join(items, ";")
		} else {
			ref, err := odsSource(v.Source)
			if err != nil {
				return b, err
			}
			list = ref
		}
		b = fmt.Appendf(b, `<table:content-validation table:name="val%d" table:condition="%s" table:allow-empty-cell="true" table:base-cell-address="%s">`,
			i+1, escapeAttr("of:cell-content-is-in-list("+list+")"), escapeAttr(fmt.Sprintf("%s.%s%d", odsSheetRef(s.Name), ColumnName(v.Col), v.FirstRow)))
		b = fmt.Appendf(b, `<table:error-message table:display="%t" table:message-type="stop" table:title="%s">`, v.Strict, escapeAttr(v.Title))
		b = appendODSText(b, v.Message)
		b = append(b, `</table:error-message></table:content-validation>`...)
	}
	return append(b, `</table:content-validations>`...), nil
}

// odsSource turns Logins!$A$2:$A$20 into [$Logins.$A$2:.$A$20].
func odsSource(source string) (string, error) {
	i := strings.LastIndexByte(source, '!')
	first, last, ok := strings.Cut(source[i+1:], ":")
	if i <= 0 || !ok {
		return "", fmt.Errorf("sheet: the source %q of a drop-down is not like Sheet!$A$2:$A$20", source)
	}
	return "[$" + source[:i] + "." + first + ":." + last + "]", nil
}

// odsSheetRef quotes the name of a sheet for an address.
func odsSheetRef(name string) string {
	return "'" + strings.ReplaceAll(name, "'", "''") + "'"
}

// close writes the parts that hold the document together.
func (e *odsEncoder) close() error {
	e.endSheet()
	if e.part == nil {
		return nil // it failed before the document began
	}
	b := e.part.buf
	if len(e.filter) > 0 {
		b = append(b, `<table:database-ranges>`...)
		for i, f := range e.filter {
			b = fmt.Appendf(b, `<table:database-range table:name="__Anonymous_Sheet_DB__%d" table:target-range-address="%s" table:display-filter-buttons="true"/>`, i, escapeAttr(f))
		}
		b = append(b, `</table:database-ranges>`...)
	}
	e.part.buf = append(b, `</office:spreadsheet></office:body></office:document-content>`...)
	if err := e.z.end(); err != nil {
		return err
	}
	active := ""
	for i := len(e.views) - 1; i >= 0; i-- {
		if !e.views[i].hidden {
			active = e.views[i].name
		}
	}
	if active == "" {
		return errors.New("sheet: a workbook needs a visible sheet")
	}
	parts := []struct{ name, text string }{
		{"styles.xml", odsHead("document-styles") + `<office:styles><style:style style:name="Default" style:family="table-cell"/></office:styles></office:document-styles>`},
		{"settings.xml", e.settings(active)},
		{"META-INF/manifest.xml", odsManifest},
	}
	for _, p := range parts {
		if err := e.z.whole(p.name, p.text); err != nil {
			return err
		}
	}
	return e.z.close()
}

const odsManifest = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
	`<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">` +
	`<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="` + odfSheet + `"/>` +
	`<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>` +
	`<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>` +
	`<manifest:file-entry manifest:full-path="settings.xml" manifest:media-type="text/xml"/>` +
	`</manifest:manifest>`

// settings says which sheet is in front and which rows are frozen.
func (e *odsEncoder) settings(active string) string {
	var b strings.Builder
	b.WriteString(odsHead("document-settings"))
	b.WriteString(`<office:settings><config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>` +
		`<config:config-item config:name="ViewId" config:type="string">view1</config:config-item><config:config-item-map-named config:name="Tables">`)
	for _, v := range e.views {
		fmt.Fprintf(&b, `<config:config-item-map-entry config:name="%s">`, escapeAttr(v.name))
		if v.freeze > 0 {
			fmt.Fprintf(&b, `<config:config-item config:name="VerticalSplitMode" config:type="short">2</config:config-item>`+
				`<config:config-item config:name="VerticalSplitPosition" config:type="int">%d</config:config-item>`+
				`<config:config-item config:name="ActiveSplitRange" config:type="short">2</config:config-item>`+
				`<config:config-item config:name="PositionBottom" config:type="int">%d</config:config-item>`, v.freeze, v.freeze)
		}
		b.WriteString(`</config:config-item-map-entry>`)
	}
	fmt.Fprintf(&b, `</config:config-item-map-named><config:config-item config:name="ActiveTable" config:type="string">%s</config:config-item>`+
		`</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set></office:settings></office:document-settings>`, escapeAttr(active))
	return b.String()
}
