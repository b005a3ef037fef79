package sheet_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nadel/sheet"
)

// program is a file in testdata and what differs from program to program in how
// it reads.
type program struct {
	file string
	// formula, truth, fifth and date are the cells D3, B4, B6 and D6 as read.
	formula, truth, fifth, date string
	plain                       bool // no hidden row, no sixth row, no merged range
}

var programs = []program{
	{"exceljs.xlsx", `D"=1+1"`, "B!TRUE", `B"богатый"`, "D@46082", false},
	{"openpyxl.xlsx", "D=?", "B!TRUE", "B!#N/A", "D@46082", false},
	{"xlsxwriter.xlsx", "D=0", "B!TRUE", `B"богатый"`, "D@46082", false},
	{"libreoffice.xlsx", "D=0", "B=!TRUE", `B"богатый"`, "D@46082", false},
	{"libreoffice.ods", "D=0", "B=1", `B"богатый"`, "Diso@2026-03-01", false},
	{"libreoffice.fods", "D=0", "B=1", `B"богатый"`, "Diso@2026-03-01", false},
	{"gnumeric.xlsx", "D=2", "B!TRUE", "B!#N/A", "D@46082", false},
	{"gnumeric.ods", "D=2", "B!TRUE", "B=!#N/A", "Diso@2026-03-01", false},
	{"sheetjs.xlsx", `D"=1+1"`, "B!TRUE", "", "", true},
	{"sheetjs.ods", `D"=1+1"`, "B!TRUE", "", "", true},
	{"sheetjs.fods", `D"=1+1"`, "B!TRUE", "", "", true},
}

func (p program) want() string {
	hidden := " hidden"
	if p.plain {
		hidden = ""
	}
	want := `1: A"ID" B"Статус" C"Ответственные" D"Дата"
2: A1 B"Активировать" C"ivanov, petrov"
3` + hidden + `: A2 C"sidorova" ` + p.formula + `
4: A100003 ` + p.truth + ` C" two  spaces " D2.5
5: A4 B"a & <b>" C"\"quoted\"" D"строка\nвторая"
`
	if !p.plain {
		want += "6: A5 " + p.fifth + " " + p.date + "\n8: B\"слито\"\n"
	}
	return want
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPrograms(t *testing.T) {
	for _, p := range programs {
		t.Run(p.file, func(t *testing.T) {
			data := readFile(t, p.file)
			checkRead(t, data, sheet.Options{Name: p.file}, p.want(), "")
			if p.plain {
				return
			}
			b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{Name: p.file})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if len(b.Warnings()) > 0 {
				t.Errorf("warnings: %v", b.Warnings())
			}
			rows, err := b.Rows(0)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
			}
			if want := []sheet.Range{{FirstRow: 8, LastRow: 9, FirstCol: 1, LastCol: 2}}; !slices.Equal(rows.Merges(), want) {
				t.Errorf("merged ranges %v, want %v", rows.Merges(), want)
			}
			if done, total := rows.Progress(); done != total || total == 0 {
				t.Errorf("progress ends at %d of %d", done, total)
			}
		})
	}
}

func TestProgramsSheets(t *testing.T) {
	tests := map[string][]sheet.Info{
		"openpyxl.xlsx":    {{Name: "Лист1", Rows: true}, {Name: "lists", Hidden: true, Rows: true}},
		"gnumeric.ods":     {{Name: "Лист1", Rows: true}, {Name: "lists", Hidden: true, Rows: true}},
		"xlsxwriter.xlsx":  {{Name: "Лист1", Rows: true}, {Name: "Chart1"}},
		"libreoffice.fods": {{Name: "Лист1", Rows: true}, {Name: "Chart1", Rows: true}},
	}
	for file, want := range tests {
		data := readFile(t, file)
		b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.Sheets(), want) {
			t.Errorf("%s has the sheets %v, want %v", file, b.Sheets(), want)
		}
		if want[1].Rows {
			continue
		}
		if _, err := b.Rows(1); codeOf(err) != sheet.SheetWithoutRows {
			t.Errorf("%s: the rows of a chart give %v", file, err)
		}
	}
}

func TestOtherFilesAreNamed(t *testing.T) {
	files := map[string]sheet.Code{
		"binary.xlsb": sheet.BinaryWorkbook, "excel97.xls": sheet.OldExcel, "excel5.xls": sheet.OldExcel,
		"libreoffice97.xls": sheet.OldExcel, "excel2003.xml": sheet.ExcelXML2003, "table.slk": sheet.Sylk,
		"table.dif": sheet.OtherDocument, "page.html": sheet.WebPage,
	}
	for file, code := range files {
		data := readFile(t, filepath.Join("other", file))
		if _, err := readAll(data, sheet.Options{Name: "renamed.xlsx"}); codeOf(err) != code {
			t.Errorf("%s is refused with %v, want %s", file, err, code)
		}
	}
}

func TestEveryCodeHasAMessage(t *testing.T) {
	for _, c := range append(sheet.Codes(), sheet.WarningCodes()...) {
		text := sheet.Template(c)
		if text == "" || !strings.HasSuffix(text, ".") {
			t.Errorf("the message of %s is %q", c, text)
		}
	}
}
