package sheet_test

import (
	"strings"
	"testing"

	"nadel/sheet"
)

// What cells of an .xlsx hold. Rows are those of a workbook made by hand, whose
// shared strings are 0 "ID", 1 "Status" (rich, with a pronunciation) and 2 "".
func TestXLSXCells(t *testing.T) {
	tests := []struct {
		name, rows, want string
		code             sheet.Code
	}{
		{"shared strings, rich ones without their pronunciation", `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`, `1: A"ID" B"Status"`, ""},
		{"numbers as they are written", `<row r="1"><c r="A1"><v>2.0</v></c><c r="B1"><v>1E+05</v></c><c r="C1"><v>-0.50</v></c><c r="D1"><v>12345678901234567890</v></c></row>`, `1: A2.0 B1E+05 C-0.50 D12345678901234567890`, ""},
		{"white space around a number", `<row r="1"><c r="A1"><v> 7
</v></c></row>`, `1: A7`, ""},
		{"booleans and errors", `<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="e"><v>#REF!</v></c></row>`, `1: A!TRUE B!FALSE C!#REF!`, ""},
		{"errors in another language", `<row r="1"><c r="A1" t="e"><v>#Н/Д</v></c></row>`, `1: A!#Н/Д`, ""},
		{"dates by style, built in and declared", `<row r="1"><c r="A1" s="1"><v>46082</v></c><c r="B1" s="2"><v>46082</v></c><c r="C1" s="3"><v>46082</v></c><c r="D1" s="0"><v>46082</v></c></row>`, `1: A@46082 B@46082 C46082 D46082`, ""},
		{"dates by type", `<row r="1"><c r="A1" t="d"><v>2026-03-01T00:00:00</v></c></row>`, `1: Aiso@2026-03-01T00:00:00`, ""},
		{"inline strings, rich ones too", `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><r><rPr><b/></rPr><t>b</t></r><r><t xml:space="preserve"> c</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c></row>`, `1: A"a" B"b c"`, ""},
		{"formulas with and without a value", `<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>1+1</f></c><c r="C1"><f>1+1</f><v></v></c><c r="D1" t="str"><f>"a"</f><v>a</v></c><c r="E1" t="str"><f>""</f><v></v></c><c r="F1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`, `1: A=2 B=? C=? D="a" E="" F=!#DIV/0!`, ""},
		{"text without a formula in a cell of formula type", `<row r="1"><c r="A1" t="str"><v>x</v></c></row>`, `1: A"x"`, ""},
		{"escapes, once, in either case of letters", `<row r="1"><c r="A1" t="inlineStr"><is><t>a_x000D_b_x000a_c_x005F_x000D_d_xZZZZ_</t></is></c></row>`, `1: A"a\rb\nc_x000D_d_xZZZZ_"`, ""},
		{"an escaped pair of surrogates, and half of one", `<row r="1"><c r="A1" t="inlineStr"><is><t>_xD83D__xDE00_ _xD83D_</t></is></c></row>`, `1: A"😀 _xD83D_"`, ""},
		{"an escaped NUL, for the caller to see", `<row r="1"><c r="A1" t="inlineStr"><is><t>a_x0000_b</t></is></c></row>`, `1: A"a\x00b"`, ""},
		{"CDATA and comments", `<row r="1"><!-- x --><c r="A1" t="inlineStr"><is><t>a<![CDATA[<&]]>b<!-- x -->c</t></is></c><c r="B1"><v>1<!-- x -->2</v></c></row>`, `1: A"a<&bc" B12`, ""},
		{"references", `<row r="1"><c r="A1" t="inlineStr"><is><t>&lt;&#1057;&#x442;&amp;&quot;&apos;&gt;</t></is></c></row>`, `1: A"<Ст&\"'>"`, ""},
		{"line ends, as XML has them", "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>a\r\nb\rc</t></is></c></row>", `1: A"a\nb\nc"`, ""},
		{"a value beside an inline string, which the type does not ask for", `<row r="1"><c r="A1" t="inlineStr"><v>1.0</v><is><t>1</t></is></c><c r="B1" t="inlineStr"><is><t>2</t></is><v>2.0</v></c></row>`, `1: A"1" B"2"`, ""},
		{"a style without a number", `<row r="1"><c r="A1" s=""><v>1</v></c></row>`, `1: A1`, ""},
		{"empty values", `<row r="1"><c r="A1" t="s"><v/></c><c r="B1" t="s"><v></v></c><c r="C1"/><c r="D1"><v/></c><c r="E1" t="s"><v>2</v></c><c r="F1" t="inlineStr"><is><t/></is></c><c r="G1"><v>1</v></c></row>`, `1: G1`, ""},

		{"a number that is none", `<row r="1"><c r="A1"><v>abc</v></c></row>`, "", sheet.CellValue},
		{"not a number", `<row r="1"><c r="A1"><v>NaN</v></c></row>`, "", sheet.CellValue},
		{"a boolean that is none", `<row r="1"><c r="A1" t="b"><v>2</v></c></row>`, "", sheet.CellValue},
		{"an error that is none", `<row r="1"><c r="A1" t="e"><v>oops</v></c></row>`, "", sheet.CellValue},
		{"a shared string out of range", `<row r="1"><c r="A1" t="s"><v>3</v></c></row>`, "", sheet.StringIndex},
		{"a negative shared string", `<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`, "", sheet.StringIndex},
		{"a shared string by name", `<row r="1"><c r="A1" t="s"><v>abc</v></c></row>`, "", sheet.StringIndex},
		{"a shared string by a huge number", `<row r="1"><c r="A1" t="s"><v>99999999999999999999</v></c></row>`, "", sheet.StringIndex},
		{"an unknown type", `<row r="1"><c r="A1" t="x"><v>1</v></c></row>`, "", sheet.CellType},
		{"an unknown style", `<row r="1"><c r="A1" s="4"><v>1</v></c></row>`, "", sheet.CellStyle},
		{"two values", `<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>`, "", sheet.SheetBroken},
		{"a value where an inline string should be", `<row r="1"><c r="A1" t="inlineStr"><v>x</v></c></row>`, "", sheet.SheetBroken},
		{"an inline text in a number", `<row r="1"><c r="A1"><is><t>x</t></is></c></row>`, "", sheet.SheetBroken},
		{"text between cells", `<row r="1">x<c r="A1"><v>1</v></c></row>`, "", sheet.SheetBroken},
		{"alternative cells", `<row r="1"><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Fallback><c r="A1"><v>1</v></c></mc:Fallback></mc:AlternateContent></row>`, "", sheet.AlternateContent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, withRows(t, tt.rows), sheet.Options{}, tt.want+"\n", tt.code)
		})
	}
}

// How rows and cells lie in a sheet.
func TestXLSXLayout(t *testing.T) {
	tests := []struct {
		name, rows, want string
		code             sheet.Code
	}{
		{"rows and cells without addresses", `<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c r="C3"><v>3</v></c><c><v>4</v></c></row>`, "1: A1 B2\n3: C3 D4\n", ""},
		{"single quotes and space before attributes", "<row\n r='1'\n><c\tr = 'B1' t='s' ><v>0</v ></c></row >", "1: B\"ID\"\n", ""},
		{"hidden rows", `<row r="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="1"><c r="A2"><v>2</v></c></row><row r="3" hidden="true"><c r="A3"><v>3</v></c></row>`, "1: A1\n2 hidden: A2\n3 hidden: A3\n", ""},
		{"blank rows, by leaving gaps", `<row r="1"><c r="A1"><v>1</v></c></row><row r="3" s="1"><c r="A3" s="1"/></row><row r="7"><c r="A7"><v>7</v></c></row>`, "1: A1\n7: A7\n", ""},
		{"the last row there can be", `<row r="1048576"><c r="A1048576"><v>1</v></c></row>`, "1048576: A1\n", ""},
		{"rows nested in an extension", `<row r="1"><c r="A1"><v>1</v><extLst><ext><row r="9"><c r="A9"><v>9</v></c></row></ext></extLst></c></row>`, "1: A1\n", ""},
		{"cells of another namespace", `<row r="1"><x:c xmlns:x="urn:x" r="A1"><v>9</v></x:c><c r="B1"><v>1</v></c></row>`, "1: B1\n", ""},
		{"a row that gives prefixless names another meaning", `<row r="1"><c r="A1"><v>1</v></c></row><x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns="urn:x" r="2"><c r="A2"><v>9</v></c><x:c r="B2"><x:v>2</x:v></x:c></x:row>`, "1: A1\n2: B2\n", ""},
		{"styled cells beyond the last column that is read", `<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row>`, "1: A1\n", ""},

		{"rows out of order", `<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>`, "", sheet.RowOrder},
		{"a doubled row", `<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="D2"><v>1</v></c></row>`, "", sheet.RowOrder},
		{"row 0", `<row r="0"><c><v>1</v></c></row>`, "", sheet.RowNumber},
		{"a row number that is none", `<row r="1x"><c><v>1</v></c></row>`, "", sheet.RowNumber},
		{"one row too many", `<row r="1048577"><c><v>1</v></c></row>`, "", sheet.TooManyRows},
		{"cells out of order", `<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>`, "", sheet.CellOrder},
		{"a doubled cell", `<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>`, "", sheet.CellOrder},
		{"a cell of another row", `<row r="1"><c r="A2"><v>1</v></c></row>`, "", sheet.CellWrongRow},
		{"a cell address that is none", `<row r="1"><c r="1A"><v>1</v></c></row>`, "", sheet.CellReference},
		{"a column beyond the last", `<row r="1"><c r="XFE1"><v>1</v></c></row>`, "", sheet.CellReference},
		{"a value beyond column 256", `<row r="1"><c r="IW1"><v>1</v></c></row>`, "", sheet.TooManyColumns},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, withRows(t, tt.rows), sheet.Options{}, tt.want, tt.code)
		})
	}
}

// The workbook around the rows.
func TestXLSXWorkbook(t *testing.T) {
	const table = "1: A\"ID\" B\"Status\"\n2: A5\n"
	const strict = "http://purl.oclc.org/ooxml/"
	toStrict := strings.NewReplacer("http://schemas.openxmlformats.org/spreadsheetml/2006/main", strict+"spreadsheetml/main",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships", strict+"officeDocument/relationships")
	prefixed := func(s string) string {
		s = strings.ReplaceAll(s, "</", "</\x00")
		s = strings.ReplaceAll(s, "<", "<x:")
		return strings.ReplaceAll(strings.ReplaceAll(s, "<x:/\x00", "</x:"), "xmlns=", "xmlns:x=")
	}
	with := func(name, old, new string) map[string]string {
		return map[string]string{name: strings.ReplaceAll(byHandParts()[name], old, new)}
	}
	all := func(f func(string) string) map[string]string {
		parts := byHandParts()
		for name := range parts {
			parts[name] = f(parts[name])
		}
		return parts
	}
	const sheet1, rels = "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"
	tests := []struct {
		name  string
		parts map[string]string
		want  string
		code  sheet.Code
	}{
		{"the minimum", nil, table, ""},
		{"the strict namespaces", all(toStrict.Replace), table, ""},
		{"a prefix on every name", all(prefixed), table, ""},
		{"a byte order mark and a declaration", all(func(s string) string {
			return "\uFEFF<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<!-- c --><?pi x?>" + s + "\n<!-- end -->"
		}), table, ""},
		{"UTF-16", map[string]string{sheet1: utf16Text(`<?xml version="1.0" encoding="UTF-16"?>` + byHandParts()[sheet1])}, table, ""},
		{"a dimension that lies", with(sheet1, "<sheetData>", `<dimension ref="A1:XFD1048576"/><sheetData>`), table, ""},
		{"no rows", map[string]string{sheet1: `<worksheet ` + xmlMain + `><sheetData/></worksheet>`}, "", ""},
		{"no table of rows", map[string]string{sheet1: `<worksheet ` + xmlMain + `/>`}, "", ""},
		{"a table of rows nested in an extension", with(sheet1, "</worksheet>", `<extLst><ext><sheetData><row r="9"><c r="A9"><v>9</v></c></row></sheetData></ext></extLst></worksheet>`), table, ""},
		{"a target that climbs", with(rels, "worksheets/sheet1.xml", "../xl/./worksheets/sheet1.xml"), table, ""},
		{"an absolute target", with(rels, "worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml"), table, ""},
		{"a target in other letters and slashes", with(rels, "worksheets/sheet1.xml", `WorkSheets\Sheet1.XML`), table, ""},
		{"styles that are no XML", with("xl/styles.xml", "<", ""), "", sheet.XMLSyntax},
		{"styles that are not there", map[string]string{"xl/styles.xml": ""}, table, ""},

		{"no shared strings", map[string]string{"xl/sharedStrings.xml": ""}, "", sheet.StringsMissing},
		{"a sheet that is not there", map[string]string{sheet1: ""}, "", sheet.PartMissing},
		{"a sheet in another file", with(rels, `Target="worksheets/sheet1.xml"`, `TargetMode="External" Target="http://127.0.0.1:1/x.xml"`), "", sheet.PartExternal},
		{"two tables of rows", with(sheet1, "</worksheet>", "<sheetData/></worksheet>"), "", sheet.SheetBroken},
		{"a sheet that is something else", map[string]string{sheet1: "<chartsheet " + xmlMain + "/>"}, "", sheet.SheetBroken},
		{"a workbook that is something else", map[string]string{"xl/workbook.xml": "<html/>"}, "", sheet.WorkbookBroken},
		{"no sheets", with("xl/workbook.xml", `<sheet name="S" sheetId="1" r:id="rId1"/>`, ""), "", sheet.NoSheets},
		{"two sheets of one name", with("xl/workbook.xml", `</sheets>`, `<sheet name="s" sheetId="2" r:id="rId1"/></sheets>`), "", sheet.WorkbookBroken},
		{"a sheet without a part", with("xl/workbook.xml", `rId1`, `rId9`), "", sheet.WorkbookBroken},
		{"two relationships of one id", with(rels, "rId2", "rId1"), "", sheet.WorkbookBroken},
		{"a merged range that is none", with(sheet1, "</worksheet>", `<mergeCells><mergeCell ref="B2:A1"/></mergeCells></worksheet>`), "", sheet.MergeReference},
		{"a word processor's main part", with("[Content_Types].xml", "spreadsheetml.sheet.main", "wordprocessingml.document.main"), "", sheet.TextDocument},
		{"a presentation's", with("[Content_Types].xml", "spreadsheetml.sheet.main", "presentationml.presentation.main"), "", sheet.Presentation},
		{"a binary workbook's", with("[Content_Types].xml", "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.binary.macroEnabled.main"), "", sheet.BinaryWorkbook},
		{"a workbook with macros", with("[Content_Types].xml", "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.macroEnabled.main+xml"), table, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, byHand(t, tt.parts), sheet.Options{}, tt.want, tt.code)
		})
	}
	t.Run("the workbook at the root, under other names", func(t *testing.T) {
		p := byHandParts()
		data := pack(t, map[string]string{
			"[Content_Types].xml": strings.ReplaceAll(p["[Content_Types].xml"], "/xl/workbook.xml", "/book.xml"),
			"_rels/.rels":         strings.ReplaceAll(p["_rels/.rels"], "xl/workbook.xml", "/book.xml"),
			"book.xml":            p["xl/workbook.xml"],
			"_rels/book.xml.rels": strings.NewReplacer("worksheets/sheet1.xml", "one.xml", "sharedStrings.xml", "texts.xml", "styles.xml", "looks.xml").Replace(p[rels]),
			"one.xml":             p[sheet1], "texts.xml": p["xl/sharedStrings.xml"], "looks.xml": p["xl/styles.xml"],
		})
		checkRead(t, data, sheet.Options{}, table, "")
	})
}

func utf16Text(s string) string {
	out := []byte{0xFF, 0xFE}
	for _, r := range s {
		out = append(out, byte(r), byte(r>>8))
	}
	return string(out)
}

func TestDate1904(t *testing.T) {
	tests := []struct {
		serial   string
		from1904 bool
		want     string
		ok       bool
	}{
		{"46082", false, "2026-03-01", true},
		{"44620", true, "2026-03-01", true},
		{"46082.5", false, "2026-03-01T12:00:00", true},
		{"46081.99999999", false, "2026-03-01", true},
		{"1", false, "1900-01-01", true},
		{"59", false, "1900-02-28", true},
		{"60", false, "", false}, // a day that Excel has and the calendar has not
		{"61", false, "1900-03-01", true},
		{"0.5", false, "", false},
		{"2958466", false, "", false},
		{"1e99", false, "", false},
		{"x", false, "", false},
	}
	for _, tt := range tests {
		if got, ok := sheet.DateText(tt.serial, tt.from1904); got != tt.want || ok != tt.ok {
			t.Errorf("DateText(%q, %t) = %q, %t; want %q, %t", tt.serial, tt.from1904, got, ok, tt.want, tt.ok)
		}
	}
}
