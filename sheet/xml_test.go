package sheet_test

import (
	"strings"
	"testing"

	"nadel/sheet"
)

// Every error of syntax is fatal, wherever it stands. The document is a sheet
// of which a part is replaced.
func TestXMLIsStrict(t *testing.T) {
	const rows = `<row r="1"><c r="A1"><v>1</v></c></row>`
	tests := []struct {
		name, old, new string
		code           sheet.Code
	}{
		{"a document type", "<worksheet", `<!DOCTYPE worksheet><worksheet`, sheet.XMLDoctype},
		{"a document type in small letters", "<worksheet", `<!doctype worksheet><worksheet`, sheet.XMLDoctype},
		{"an external document type", "<worksheet", `<!DOCTYPE w SYSTEM "http://127.0.0.1:1/x.dtd"><worksheet`, sheet.XMLDoctype},
		{"entities that multiply", "<worksheet", `<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet`, sheet.XMLDoctype},
		{"an undeclared entity", "<v>1", "<v>&nbsp;1", sheet.XMLEntity},
		{"an undeclared entity where nobody looks", "<sheetData>", `<x y="&nbsp;"/><sheetData>`, sheet.XMLEntity},
		{"a reference to NUL", "<v>1", "<v>&#0;1", sheet.XMLEntity},
		{"a reference to half a surrogate pair", "<v>1", "<v>&#xD800;1", sheet.XMLEntity},
		{"a reference beyond Unicode", "<v>1", "<v>&#x110000;1", sheet.XMLEntity},
		{"a lone ampersand", "<v>1", "<v>& 1", sheet.XMLEntity},
		{"another encoding", "<worksheet", `<?xml version="1.0" encoding="windows-1251"?><worksheet`, sheet.XMLEncoding},
		{"UTF-16 that is none", "<worksheet", `<?xml version="1.0" encoding="UTF-16"?><worksheet`, sheet.XMLEncoding},
		{"bytes that are not UTF-8", "<v>1", "<v>\xff1", sheet.XMLCharacters},
		{"an overlong form", "<v>1", "<v>\xc0\xbc1", sheet.XMLCharacters},
		{"a control character", "<v>1", "<v>\x011", sheet.XMLCharacters},
		{"U+FFFF", "<v>1", "<v>\uFFFF1", sheet.XMLCharacters},
		{"a control character behind the rows", "</worksheet>", "<x>\x1f</x></worksheet>", sheet.XMLCharacters},
		{"an end tag of another element", "</v>", "</w>", sheet.XMLSyntax},
		{"an end tag too many", "</worksheet>", "</worksheet></worksheet>", sheet.XMLSyntax},
		{"an end tag missing", "</worksheet>", "", sheet.XMLCutOff},
		{"a tag cut off", "</worksheet>", "</work", sheet.XMLCutOff},
		{"a second root", "</worksheet>", "</worksheet><worksheet/>", sheet.XMLSyntax},
		{"text behind the root", "</worksheet>", "</worksheet>x", sheet.XMLSyntax},
		{"text before the root", "<worksheet", "x<worksheet", sheet.XMLSyntax},
		{"a doubled attribute", `<row r="1"`, `<row r="1" r="1"`, sheet.XMLSyntax},
		{"a doubled attribute among many", `<row r="1"`, `<row r="1" a="" b="" c="" d="" e="" f="" g="" h="" i="" j="" k="" l="" m="" a=""`, sheet.XMLSyntax},
		{"an attribute without quotes", `r="1"`, `r=1`, sheet.XMLSyntax},
		{"an attribute without a value", `r="1"`, `r`, sheet.XMLSyntax},
		{"attributes without space between", `<row r="1"`, `<row r="1"s="1"`, sheet.XMLSyntax},
		{"a < in an attribute", `<row r="1"`, `<row x="<" r="1"`, sheet.XMLSyntax},
		{"an undeclared prefix of an element", "<v>1</v>", "<q:v>1</q:v>", sheet.XMLSyntax},
		{"an undeclared prefix of an attribute", `<row r="1"`, `<row q:x="1" r="1"`, sheet.XMLSyntax},
		{"a prefix without a namespace", "<sheetData>", `<x xmlns:q=""/><sheetData>`, sheet.XMLSyntax},
		{"a name that begins with a digit", "<sheetData>", "<1x/><sheetData>", sheet.XMLSyntax},
		{"a name of two colons", "<sheetData>", "<x:y:z/><sheetData>", sheet.XMLSyntax},
		{"]]> in a text", "<v>1", "<v>]]>1", sheet.XMLSyntax},
		{"-- in a comment", "<sheetData>", "<!-- a -- b --><sheetData>", sheet.XMLSyntax},
		{"an open comment", "<sheetData>", "<!-- a <sheetData>", sheet.XMLCutOff},
		{"an open CDATA", "<v>1", "<v><![CDATA[1", sheet.XMLCutOff},
		{"a declaration in the middle", "<sheetData>", `<?xml version="1.0"?><sheetData>`, sheet.XMLSyntax},
		{"unknown markup", "<sheetData>", "<!ELEMENT x><sheetData>", sheet.XMLSyntax},
		{"elements nested too deep", "<sheetData>", strings.Repeat("<x>", 64) + strings.Repeat("</x>", 64) + "<sheetData>", sheet.XMLTooDeep},
		{"too many attributes", `<row r="1"`, `<row r="1" ` + attributes(256), sheet.XMLAttributes},
		{"a tag that is too long", `<row r="1"`, `<row r="1" x="` + strings.Repeat("x", 1<<20) + `"`, sheet.XMLTokenTooLong},
		{"a text that is too long", "<v>1", "<v>" + strings.Repeat("x", 1<<20+1), sheet.XMLTokenTooLong},
		{"a comment that is too long", "<sheetData>", "<!--" + strings.Repeat("x", 1<<20) + "--><sheetData>", sheet.XMLTokenTooLong},
		{"nothing", worksheet(rows), " ", sheet.XMLCutOff},

		{"as many attributes as are allowed", `<row r="1"`, `<row r="1" ` + attributes(255), ""},
		{"a long text where nobody looks", "<sheetData>", "<x>" + strings.Repeat("x", 1<<20-10) + "</x><sheetData>", ""},
		{"a > in an attribute", `<row r="1"`, `<row r="1" x=">"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(worksheet(rows), tt.old, tt.new, 1)
			data := byHand(t, map[string]string{"[s]xl/worksheets/sheet1.xml": text, "xl/worksheets/sheet1.xml": ""})
			checkRead(t, data, sheet.Options{}, "1: A1\n", tt.code)
		})
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a")
		b.WriteString(sheet.ColumnName(i))
		b.WriteString(`=""`)
	}
	return b.String()
}
