package sheet_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nadel/sheet"
)

// Every limit refuses what is just over it, and reads what just keeps it.
func TestLimits(t *testing.T) {
	three := withRows(t, `<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="B2" s="1"><v>1</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>12345</t></is></c></row>`)
	const table = "1: A\"ID\"\n2: B@1\n3: A\"12345\"\n"
	csv := []byte("a;b\n1;12345\n")
	const csvTable = "1: A\"a\" B\"b\"\n2: A\"1\" B\"12345\"\n"
	merged := byHand(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet " + xmlMain + `><sheetData/><mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="C1:D2"/></mergeCells></worksheet>`})
	repeated := flat(`<table:table-row table:number-rows-repeated="3"><table:table-cell office:value-type="float" office:value="1"/></table:table-row>`)
	tests := []struct {
		name       string
		data       []byte
		want       string
		keep, over sheet.Limits
		code       sheet.Code
	}{
		{"the file", csv, csvTable, sheet.Limits{FileBytes: 12}, sheet.Limits{FileBytes: 11}, sheet.FileTooLarge},
		{"entries", three, table, sheet.Limits{Entries: 7}, sheet.Limits{Entries: 6}, sheet.ZipTooMany},
		{"unpacked bytes", three, table, sheet.Limits{UnpackedBytes: 1000}, sheet.Limits{UnpackedBytes: 300}, sheet.UnpackedLimit},
		{"the ratio", three, table, sheet.Limits{RatioAfter: 10, Ratio: 10}, sheet.Limits{RatioAfter: 10, Ratio: 1}, sheet.ZipBomb},
		{"styles", three, table, sheet.Limits{StyleBytes: 1000}, sheet.Limits{StyleBytes: 100}, sheet.StylesTooLarge},
		{"depth", three, table, sheet.Limits{Depth: 6}, sheet.Limits{Depth: 5}, sheet.XMLTooDeep},
		{"attributes", three, table, sheet.Limits{Attributes: 3}, sheet.Limits{Attributes: 2}, sheet.XMLAttributes},
		{"sheets", three, table, sheet.Limits{Sheets: 1}, sheet.Limits{Sheets: -1}, sheet.TooManySheets},
		{"rows", three, table, sheet.Limits{Rows: 3}, sheet.Limits{Rows: 2}, sheet.TooManyRows},
		{"columns", three, table, sheet.Limits{Columns: 2}, sheet.Limits{Columns: 1}, sheet.TooManyColumns},
		{"characters of a cell", three, table, sheet.Limits{CellChars: 5}, sheet.Limits{}, ""},
		{"the texts of a row", three, table, sheet.Limits{RowBytes: 5}, sheet.Limits{RowBytes: 4}, sheet.RowTooLong},
		{"shared strings", three, table, sheet.Limits{Strings: 3}, sheet.Limits{Strings: 2}, sheet.TooManyStrings},
		{"bytes of shared strings", three, table, sheet.Limits{StringBytes: 8}, sheet.Limits{StringBytes: 7}, sheet.StringsTooLarge},
		{"merged ranges", merged, "", sheet.Limits{Merges: 2}, sheet.Limits{Merges: 1}, sheet.TooManyMerges},
		{"repeated cells", repeated, "1: A1\n2: A1\n3: A1\n", sheet.Limits{RepeatedCells: 2}, sheet.Limits{RepeatedCells: 1}, sheet.TooManyRepetitions},
		{"a CSV record", csv, csvTable, sheet.Limits{RecordBytes: 8}, sheet.Limits{RecordBytes: 7}, sheet.CSVRecord},
		{"CSV fields", csv, csvTable, sheet.Limits{Fields: 2}, sheet.Limits{Fields: 1}, sheet.CSVFields},
		{"CSV rows", csv, csvTable, sheet.Limits{Rows: 2}, sheet.Limits{Rows: 1}, sheet.TooManyRows},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, tt.data, sheet.Options{Limits: tt.keep}, tt.want, "")
			if tt.code != "" {
				checkRead(t, tt.data, sheet.Options{Limits: tt.over}, "", tt.code)
			}
		})
	}
	t.Run("a long text is flagged, and whole", func(t *testing.T) {
		long := strings.Repeat("я", 40000)
		for name, data := range map[string][]byte{
			"inline":   withRows(t, `<row><c t="inlineStr"><is><t>`+long+`</t></is></c></row>`),
			"shared":   byHand(t, map[string]string{"xl/sharedStrings.xml": `<sst ` + xmlMain + `><si><t>` + long + `</t></si></sst>`, "xl/worksheets/sheet1.xml": worksheet(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`)}),
			"flat":     flat(`<table:table-row><table:table-cell office:value-type="string"><text:p>` + long + `</text:p></table:table-cell></table:table-row>`),
			"csv":      []byte(long),
			"csv, two": []byte("\"" + long + "\""),
		} {
			if got, err := readAll(data, sheet.Options{}); err != nil || got != `1: A"`+long+"\"(too long)\n" {
				t.Errorf("%s: read %d bytes, %v", name, len(got), err)
			}
		}
	})
}

// Every code that the package declares has an English message, and none has a
// message without being declared.
func TestCodesAreComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	listed := append(sheet.Codes(), sheet.WarningCodes()...)
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if ok && v.Type != nil && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				n++
				code, _ := strconv.Unquote(lit.Value)
				if !slices.Contains(listed, sheet.Code(code)) {
					t.Errorf("%s has no message", code)
				}
			}
		}
		return true
	})
	if n != len(listed) {
		t.Errorf("%d codes are declared, %d have messages", n, len(listed))
	}
}

// A refusal says where and leaves no gap in its sentence.
func TestRefusalsSayWhere(t *testing.T) {
	tests := []struct {
		rows, place string
		row, col    int
	}{
		{`<row r="3"><c r="B3"><v>x</v></c></row>`, `sheet "S", cell B3`, 3, 1},
		{`<row r="3"/><row r="2"/>`, `sheet "S", row 3`, 3, -1},
		{`<row r="3"><c r="B3" t="s"><v>99</v></c></row>`, `sheet "S", cell B3`, 3, 1},
	}
	for _, tt := range tests {
		_, err := readAll(withRows(t, tt.rows), sheet.Options{})
		var e *sheet.Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v", tt.rows, err)
		}
		if e.Row != tt.row || e.Col != tt.col || !strings.HasPrefix(e.Error(), tt.place) || e.Part != "xl/worksheets/sheet1.xml" || e.Offset <= 0 {
			t.Errorf("%s: %v; row %d, column %d, part %q, offset %d", tt.rows, e, e.Row, e.Col, e.Part, e.Offset)
		}
		if strings.Contains(e.Error(), "{") {
			t.Errorf("an argument is missing in %q", e.Error())
		}
	}
}
