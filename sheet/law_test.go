package sheet_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"nadel/sheet"
)

// The second law: what is written is read back, for every kind of cell and every
// text that the format can hold.

// awkward are texts that something on the way may take for something else.
var awkward = []string{
	"a", " ", "  a  b  ", "\t", "\n", "a\nb", "\r\n", "a\rb", "=1+1", "+7", "-x", "@a", "'=1", "''+", "' -", "' ", "'", "'a", "＝1", "＠",
	"\"", "\"=\"", "a;b", "a,b", "a\tb", "sep=;", "SEP=", "<a>&amp;&#10;</a>", "]]>", "<![CDATA[", "_x000D_", "_x005F_x000D_", "_xD800_", "_x",
	"TRUE", "#N/A", "1E+05", "007", "1,000", "😀", "Ё", "e\u0301", "\u00A0x\u00A0", "\u200B", "\uFEFF", "\u2028", "\uFFFD", "\U0010FFFF",
	"\x7f", "\u0085", "ID;PWXL", "<html>", "{\"a\":1}", "%PDF-", "PK", "<", "{", "BM", "\uFEFFid",
}

// controls are texts that only some formats can hold.
var controls = []string{"\x00", "\x01\x02", "\x1f", "a\x0bb", "\uFFFE", "\uFFFF"}

func TestEveryTextReadsBack(t *testing.T) {
	for _, f := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV, sheet.TSV} {
		texts := awkward
		if f == sheet.XLSX {
			texts = append(texts[:len(texts):len(texts)], controls...)
		}
		for _, s := range texts {
			checkRoundTrip(t, f, [][]sheet.Value{{text(s)}})
			checkRoundTrip(t, f, [][]sheet.Value{{text("a"), text("b")}, {text(s), text(s)}, {text("x" + s + "y")}})
		}
	}
}

func TestODSRefusesWhatItCannotHold(t *testing.T) {
	for _, s := range controls {
		w, err := sheet.NewWriter(&bytes.Buffer{}, sheet.ODS)
		if err == nil {
			err = w.Sheet(sheet.Spec{Name: "1"})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Row([]sheet.Value{text(s)}); err == nil {
			t.Errorf("%q was written", s)
		}
		w.Close()
	}
}

func TestRandomTablesReadBack(t *testing.T) {
	n := 150 * rounds()
	if raced {
		n = 20
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		table := randomTable(rng)
		for _, f := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV, sheet.TSV} {
			if !checkRoundTrip(t, f, table) {
				t.Fatalf("table %d", i)
			}
		}
	}
}

func randomTable(rng *rand.Rand) [][]sheet.Value {
	table := make([][]sheet.Value, rng.IntN(20))
	for i := range table {
		table[i] = make([]sheet.Value, rng.IntN(6))
		for k := range table[i] {
			table[i][k] = randomValue(rng)
		}
	}
	return table
}

func randomValue(rng *rand.Rand) sheet.Value {
	v := sheet.Value{Kind: sheet.Kind(rng.IntN(6)), Style: sheet.Style(rng.IntN(7))}
	switch v.Kind {
	case sheet.Number:
		v.Text = fmt.Sprint(rng.NormFloat64() * 1e6)
		if rng.IntN(2) == 0 {
			v.Text = fmt.Sprint(rng.Int64())
		}
	case sheet.Bool:
		v.Text = [...]string{"TRUE", "FALSE"}[rng.IntN(2)]
	case sheet.ErrorValue:
		v.Text = [...]string{"#N/A", "#DIV/0!", "#NAME?"}[rng.IntN(3)]
	case sheet.Date:
		v.Text = fmt.Sprintf("%04d-%02d-%02d", 1900+rng.IntN(200), 1+rng.IntN(12), 1+rng.IntN(28))
	case sheet.Text:
		for range rng.IntN(4) {
			v.Text += awkward[rng.IntN(len(awkward))]
		}
	}
	return v
}

// checkRoundTrip writes a table and reads it back.
func checkRoundTrip(t testing.TB, f sheet.Format, table [][]sheet.Value) bool {
	t.Helper()
	data := write(t, f, sheet.Spec{Name: "Лист 'a' &1"}, table)
	got, err := readAll(data, sheet.Options{})
	want := describeValues(f, table)
	if err != nil || got != want {
		t.Errorf("%s: wrote\n%sread\n%s%v", f, want, got, err)
		return false
	}
	return true
}

// describeValues says how a table that was written is to be read.
func describeValues(f sheet.Format, table [][]sheet.Value) string {
	var b strings.Builder
	for i, row := range table {
		read := sheet.Row{Number: i + 1}
		for k, v := range row {
			c := sheet.Cell{Col: k, Kind: v.Kind, Text: []byte(v.Text)}
			if v.Kind == sheet.Empty || v.Text == "" {
				continue
			}
			switch {
			case f == sheet.CSV || f == sheet.TSV:
				c.Kind = sheet.Text
			case v.Kind == sheet.Date && f == sheet.ODS:
				c.ISO = true
			case v.Kind == sheet.Date:
				// The serial number is checked by turning it back.
				c.Text = []byte(serialOf(v.Text))
			}
			read.Cells = append(read.Cells, c)
		}
		if len(read.Cells) > 0 {
			describe(&b, read)
		}
	}
	return b.String()
}

// serialOf finds the serial number of a day by going through all of them.
func serialOf(day string) string {
	low, high := 1, 2958465
	for low < high {
		mid := (low + high) / 2
		got, ok := sheet.DateText(fmt.Sprint(mid), false)
		if !ok { // only 29 February 1900
			got = "1900-02-29"
		}
		if got < day {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return fmt.Sprint(low)
}

// FuzzRoundTrip writes a table of the fuzzer's texts in every format.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range append(awkward, controls...) {
		f.Add(s, "b", uint8(3))
	}
	f.Fuzz(func(t *testing.T, a, b string, shape uint8) {
		if len(a)+len(b) > 5000 || !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip("no cell is to hold that: too long, or no text")
		}
		row := []sheet.Value{text(a), {}, text(b), text(b + a)}
		table := [][]sheet.Value{row[shape%4:], {}, row[:shape%5]}
		for _, format := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV, sheet.TSV} {
			if format == sheet.ODS && strings.ContainsFunc(a+b, func(r rune) bool {
				return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
			}) {
				continue
			}
			if format != sheet.XLSX && format != sheet.ODS && strings.ContainsRune(a+b, 0) {
				continue // a NUL is not text to the reader of CSV
			}
			checkRoundTrip(t, format, table)
		}
	})
}
