package sheet_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"nadel/sheet"
)

const odsRoot = `<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
	` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
	` xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">`

// flat makes a flat document of one table.
func flat(rows string) []byte {
	return []byte(odsRoot + `<office:body><office:spreadsheet><table:table table:name="S">` + rows + `</table:table></office:spreadsheet></office:body></office:document>`)
}

func TestODS(t *testing.T) {
	row := func(cells string) string { return `<table:table-row>` + cells + `</table:table-row>` }
	cell := func(attrs, text string) string {
		return `<table:table-cell ` + attrs + `>` + text + `</table:table-cell>`
	}
	str := func(text string) string { return cell(`office:value-type="string"`, text) }
	tests := []struct {
		name, rows, want string
		code             sheet.Code
	}{
		{"numbers of every kind", row(cell(`office:value-type="float" office:value="2.0"`, "<text:p>2</text:p>") + cell(`office:value-type="percentage" office:value="0.5"`, "") + cell(`office:value-type="currency" office:value="1E+05"`, "")), "1: A2.0 B0.5 C1E+05\n", ""},
		{"dates and durations", row(cell(`office:value-type="date" office:date-value="2026-03-01"`, "") + cell(`office:value-type="time" office:time-value="PT09H30M00S"`, "")), "1: Aiso@2026-03-01 Biso@PT09H30M00S\n", ""},
		{"booleans", row(cell(`office:value-type="boolean" office:boolean-value="true"`, "<text:p>ИСТИНА</text:p>") + cell(`office:value-type="boolean" office:boolean-value="false"`, "")), "1: A!TRUE B!FALSE\n", ""},
		{"errors", row(cell(`table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"`, "<text:p>#N/A</text:p>") + cell(`table:formula="of:=1" office:value-type="string" calcext:value-type="error"`, "<text:p>Err:502</text:p>")), "1: A=!#N/A B=!Err:502\n", ""},
		{"formulas without a value", row(cell(`table:formula="of:=1+1"`, "")), "1: A=?\n", ""},
		{"paragraphs, blanks, tabs, breaks, spans and links", row(str(`<text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d</text:p><text:p><text:span>e</text:span> <text:a>f</text:a></text:p><text:p/>`)), `1: A"a   b\tc\nd\ne f\n"` + "\n", ""},
		{"white space that is layout", row(str("<text:p>\n  a \n  b\n </text:p>")), "1: A\"a b\"\n", ""},
		{"blanks that are not layout, which programs mean", row(str("<text:p>  a  b </text:p>")), "1: A\"  a  b \"\n", ""},
		{"comments on a cell", row(str(`<office:annotation><text:p>no</text:p></office:annotation><text:p>a</text:p>`)), "1: A\"a\"\n", ""},
		{"a text in an attribute", row(cell(`office:value-type="string" office:string-value="a&#13;b"`, "<text:p>other</text:p>")), "1: A\"a\\rb\"\n", ""},
		{"text of no type", row(cell("", "<text:p>a</text:p>")), "1: A\"a\"\n", ""},
		{"repeated cells and rows", `<table:table-row table:number-rows-repeated="2">` + cell(`table:number-columns-repeated="2" office:value-type="float" office:value="1"`, "") + `</table:table-row>` + row(cell(`table:number-columns-repeated="3"`, "")+str("<text:p>x</text:p>")), "1: A1 B1\n2: A1 B1\n3: D\"x\"\n", ""},
		{"a million empty rows", `<table:table-row table:number-rows-repeated="1048574">` + cell(`table:number-columns-repeated="16384"`, "") + `</table:table-row>` + row(str("<text:p>x</text:p>")), "1048575: A\"x\"\n", ""},
		{"header rows and groups", `<table:table-header-rows>` + row(str("<text:p>h</text:p>")) + `</table:table-header-rows><table:table-row-group><table:table-rows>` + row(str("<text:p>x</text:p>")) + `</table:table-rows></table:table-row-group>`, "1: A\"h\"\n2: A\"x\"\n", ""},
		{"hidden rows", `<table:table-row table:visibility="collapse">` + str("<text:p>a</text:p>") + `</table:table-row><table:table-row table:visibility="filter">` + str("<text:p>b</text:p>") + `</table:table-row>`, "1 hidden: A\"a\"\n2 hidden: A\"b\"\n", ""},
		{"what a merged range covers", row(cell(`table:number-columns-spanned="2" office:value-type="string"`, "<text:p>a</text:p>") + `<table:covered-table-cell office:value-type="float" office:value="1"/>`), "1: A\"a\" B1\n", ""},

		{"a number that is none", row(cell(`office:value-type="float" office:value="1,5"`, "")), "", sheet.CellValue},
		{"a number without a value", row(cell(`office:value-type="float"`, "<text:p>1</text:p>")), "", sheet.CellValue},
		{"an unknown type", row(cell(`office:value-type="colour"`, "")), "", sheet.CellType},
		{"a repetition of 0", row(cell(`table:number-columns-repeated="0"`, "")), "", sheet.RepeatCount},
		{"a value beyond column 256", row(cell(`table:number-columns-repeated="256"`, "") + str("<text:p>x</text:p>")), "", sheet.TooManyColumns},
		{"a value in too many columns", row(cell(`table:number-columns-repeated="16384" office:value-type="float" office:value="1"`, "")), "", sheet.TooManyColumns},
		{"a value beyond the last row", `<table:table-row table:number-rows-repeated="1048576"><table:table-cell/></table:table-row>` + row(str("<text:p>x</text:p>")), "", sheet.TooManyRows},
		{"a row repeated too often", `<table:table-row table:number-rows-repeated="1048577">` + str("<text:p>x</text:p>") + `</table:table-row>`, "", sheet.TooManyRows},
		{"a small file that repeats too much", `<table:table-row table:number-rows-repeated="1000000">` + cell(`table:number-columns-repeated="5" office:value-type="float" office:value="1"`, "") + `</table:table-row>`, "", sheet.TooManyRepetitions},
		{"a small file of blanks", strings.Repeat(row(str(`<text:p><text:s text:c="30000"/></text:p>`)), 200), "", sheet.TooManyRepetitions},
		{"a document type", "<!DOCTYPE x>", "", sheet.XMLDoctype},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, flat(tt.rows), sheet.Options{}, tt.want, tt.code)
		})
	}
}

// A sheet is found by its place, also behind others, and however often it is
// opened; a hidden one is known by its style.
func TestODSSheets(t *testing.T) {
	data := []byte(odsRoot + `<office:automatic-styles><style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>` +
		`<office:body><office:spreadsheet><table:table table:name="lists" table:style-name="h"><table:table-row><table:table-cell office:value-type="float" office:value="1"><text:p/></table:table-cell></table:table-row></table:table>` +
		`<table:table table:name="S"><table:table-row><table:table-cell office:value-type="float" office:value="2"><text:p/></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document>`)
	b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{Name: "x.xlsx"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []sheet.Info{{Name: "lists", Hidden: true, Rows: true}, {Name: "S", Rows: true}}; !slices.Equal(b.Sheets(), want) {
		t.Errorf("sheets %v, want %v", b.Sheets(), want)
	}
	if b.Format() != sheet.FODS || len(b.Warnings()) != 1 || b.Warnings()[0].Code != sheet.NameDiffers {
		t.Errorf("format %s, warnings %v; want a warning about the name", b.Format(), b.Warnings())
	}
	for i, want := range []string{"1: A1\n", "1: A2\n"} {
		for range 2 {
			if got, err := readSheet(data, sheet.Options{}, i); got != want || err != nil {
				t.Errorf("sheet %d reads %q, %v; want %q", i, got, err, want)
			}
		}
	}
}
