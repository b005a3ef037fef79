package sheet_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"nadel/sheet"
)

// write makes a file of one sheet.
func write(t testing.TB, f sheet.Format, spec sheet.Spec, rows [][]sheet.Value) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := sheet.NewWriter(&out, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sheet(spec); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func text(s string) sheet.Value   { return sheet.Value{Kind: sheet.Text, Text: s} }
func number(s string) sheet.Value { return sheet.Value{Kind: sheet.Number, Text: s} }

// everyKind is a table with one of each kind of cell, and its description.
var everyKind = [][]sheet.Value{
	{text("ID"), {Kind: sheet.Text, Text: "Статус", Style: sheet.Header, Note: "заметка <b>"}, text(" две  строки\nи\tтаб ")},
	{number("1"), {}, {Kind: sheet.Bool, Text: "TRUE"}, {Kind: sheet.Bool, Text: "FALSE", Style: sheet.Bad}},
	{},
	{number("-2.5E+10"), {Kind: sheet.ErrorValue, Text: "#N/A"}, {Kind: sheet.Date, Text: "2026-03-01"}, {Kind: sheet.Date, Text: "2026-03-01T12:00:00"}},
	{text("=1+1"), text("'@x"), text("<&>\"'"), text("😀 ё"), {Kind: sheet.Empty, Style: sheet.Held}, text("a]]>b")},
}

func TestWriteXLSX(t *testing.T) {
	data := write(t, sheet.XLSX, sheet.Spec{Name: "Лист", FreezeRows: 1, AutoFilter: true,
		Columns:     []sheet.Column{{Width: 10}, {}, {Hidden: true, Text: true}},
		Validations: []sheet.Validation{{Col: 1, FirstRow: 2, LastRow: 100, List: []string{"a", `"b"`}, Strict: true, Title: "t", Message: "m"}},
	}, everyKind)
	checkRead(t, data, sheet.Options{}, `1: A"ID" B"Статус" C" две  строки\nи\tтаб "
2: A1 C!TRUE D!FALSE
4: A-2.5E+10 B!#N/A C@46082 D@46082.5
5: A"=1+1" B"'@x" C"<&>\"'" D"😀 ё" F"a]]>b"
`, "")
	controls := "\x00\x01\r\n_x000D_\uFFFE_x005F_ _xD800_ _x"
	data = write(t, sheet.XLSX, sheet.Spec{Name: "1"}, [][]sheet.Value{{text(controls)}})
	checkRead(t, data, sheet.Options{}, `1: A"\x00\x01\r\n_x000D_\ufffe_x005F_ _xD800_ _x"`+"\n", "")
}

func TestWriterRefuses(t *testing.T) {
	tests := []struct {
		name  string
		value sheet.Value
		want  error
	}{
		{"text that is not UTF-8", text("\xff"), sheet.ErrText},
		{"text that is too long", text(strings.Repeat("я", 32768)), sheet.ErrTextTooLong},
		{"a number that is none", number("1,5"), sheet.ErrValue},
		{"a boolean that is none", sheet.Value{Kind: sheet.Bool, Text: "1"}, sheet.ErrValue},
		{"a date that is none", sheet.Value{Kind: sheet.Date, Text: "2026-02-30"}, sheet.ErrValue},
		{"a style that is none", sheet.Value{Style: 99}, sheet.ErrValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, err := sheet.NewWriter(&bytes.Buffer{}, sheet.XLSX)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Sheet(sheet.Spec{Name: "1"}); err != nil {
				t.Fatal(err)
			}
			if err := w.Row([]sheet.Value{tt.value}); !errors.Is(err, tt.want) {
				t.Errorf("Row gave %v, want %v", err, tt.want)
			}
			if err := w.Close(); !errors.Is(err, tt.want) {
				t.Errorf("Close gave %v, want the first error again", err)
			}
		})
	}
}

func TestWriteODS(t *testing.T) {
	data := write(t, sheet.ODS, sheet.Spec{Name: "Лист", FreezeRows: 1, AutoFilter: true,
		Columns:     []sheet.Column{{Width: 10}, {}, {Hidden: true, Text: true}},
		Validations: []sheet.Validation{{Col: 1, FirstRow: 2, LastRow: 1048576, List: []string{"a", `"b"`}, Strict: true, Title: "t", Message: "m"}},
	}, everyKind)
	checkRead(t, data, sheet.Options{}, `1: A"ID" B"Статус" C" две  строки\nи\tтаб "
2: A1 C!TRUE D!FALSE
4: A-2.5E+10 B!#N/A Ciso@2026-03-01 Diso@2026-03-01T12:00:00
5: A"=1+1" B"'@x" C"<&>\"'" D"😀 ё" F"a]]>b"
`, "")
	data = write(t, sheet.ODS, sheet.Spec{Name: "1"}, [][]sheet.Value{{text("a\r\n\n \t b\r")}})
	checkRead(t, data, sheet.Options{}, `1: A"a\r\n\n \t b\r"`+"\n", "")
}
