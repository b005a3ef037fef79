package sheet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// drain reads everything of a file and describes it in a few bytes for each
// cell, for comparing two ways of reading.
func drain(b *Book) (string, error) {
	defer b.Close()
	var out strings.Builder
	for i, info := range b.Sheets() {
		if !info.Rows {
			continue
		}
		rows, err := b.Rows(i)
		if err != nil {
			return out.String(), err
		}
		for rows.Next() {
			row := rows.Row()
			out.WriteString(ColumnName(row.Number))
			for _, c := range row.Cells {
				out.WriteByte(byte('a' + c.Kind))
				out.WriteString(ColumnName(c.Col))
				out.Write(c.Text)
			}
		}
		if rows.Err() != nil {
			return out.String(), rows.Err()
		}
		rows.Close()
	}
	return out.String(), nil
}

// mustBeRefusal fails on an error that is neither nil nor a refusal with a
// message.
func mustBeRefusal(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if err != nil && (!errors.As(err, &e) || refusals[e.Code] == "" || strings.Contains(refusals[e.Code], "{") && strings.Contains(e.Error(), "{") && e.Args == nil) {
		t.Fatalf("refused with %v", err)
	}
}

func seedFiles(f *testing.F) {
	for _, pattern := range []string{"testdata/*.*", "testdata/other/*.*"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			if len(data) < 30000 {
				f.Add(data)
			}
		}
	}
}

// FuzzOpen gives any bytes to Open: it must answer with a table or a refusal.
func FuzzOpen(f *testing.F) {
	seedFiles(f)
	f.Add([]byte("ID;a\r\n1;\"b\"\"c\"\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Open(bytes.NewReader(data), int64(len(data)), Options{KnownHeader: func([]string) bool { return true }})
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		_, err = drain(b)
		mustBeRefusal(t, err)
	})
}

// valueSpace makes white space in attributes alike: the standard library does
// not normalise it.
var valueSpace = strings.NewReplacer("\n", " ", "\t", " ")

// tokens reads a document with the tokenizer and writes it out in a normal form.
func tokens(data []byte) (string, error) {
	x := newXMLReader(newFeed(bytes.NewReader(data), "", int64(len(data))), Limits{}.withDefaults())
	defer x.close()
	var out strings.Builder
	for {
		kind, err := x.next()
		if err != nil {
			return "", err
		}
		switch kind {
		case xmlEOF:
			return out.String(), nil
		case xmlStart:
			out.WriteString("<" + string(x.name.local))
			for i := range x.attrs {
				v, err := x.value(&x.attrs[i])
				if err != nil {
					return "", err
				}
				out.WriteString(" " + string(x.attrs[i].raw[strings.IndexByte(string(x.attrs[i].raw), ':')+1:]) + "=" + valueSpace.Replace(string(v)))
			}
			out.WriteString(">")
		case xmlEnd:
			out.WriteString("</" + string(x.name.local) + ">")
		case xmlText:
			out.Write(x.text)
		}
	}
}

// referenceTokens is tokens by the standard library, which accepts more.
func referenceTokens(data []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	var out strings.Builder
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			out.WriteString("<" + tok.Name.Local)
			for _, a := range tok.Attr {
				out.WriteString(" " + a.Name.Local + "=" + valueSpace.Replace(a.Value))
			}
			out.WriteString(">")
		case xml.EndElement:
			out.WriteString("</" + tok.Name.Local + ">")
		case xml.CharData:
			out.Write(tok)
		}
	}
}

// FuzzXML compares the tokenizer with the standard library's: what ours accepts,
// that one reads in the same way.
func FuzzXML(f *testing.F) {
	for _, s := range []string{
		`<a/>`, `<a b="c" d='e'>f<g/>h</a>`, "<?xml version='1.0' encoding='UTF-8'?>\n<a>&lt;&#1057;&#x442;</a>", `<x:a xmlns:x="u" x:b="1"><x:c/></x:a>`,
		"<a><!-- b --><![CDATA[<c>]]>\r\nd\re</a>", `<a xmlns="u"><b xmlns=""/></a>`, "<a b='\t\n&#10;'/>", "<a>]]></a>", "<a><b></a></b>", "\uFEFF<a/>", "<a>\x00</a>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := tokens(data)
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		if len(data) > 1 && (data[0] == 0 || data[1] == 0 || data[0] >= 0xFE) {
			return // UTF-16, which the library does not read
		}
		want, err := referenceTokens(bytes.TrimPrefix(data, []byte("\uFEFF")))
		if err != nil {
			// The library is stricter in two points that do not matter here: the
			// letters of names beyond ASCII, and the text of the declaration.
			if s := err.Error(); strings.Contains(s, "invalid XML name") || strings.Contains(s, "version") || strings.Contains(s, "encoding") ||
				strings.Contains(s, "expected element name") || strings.Contains(s, "expected attribute name") || strings.Contains(s, "invalid characters between") ||
				strings.Contains(s, "expected target name") || strings.Contains(s, "attribute name without") {
				return
			}
			t.Fatalf("accepted %q, but: %v", data, err)
		}
		outside := func(s string) string { // the library reports space around the root
			return strings.TrimSpace(s)
		}
		if outside(got) != outside(want) && !bytes.ContainsRune(data, '\r') {
			t.Fatalf("%q read as\n%q, want\n%q", data, got, want)
		}
	})
}

// FuzzRows compares the short way through a sheet with the long one.
func FuzzRows(f *testing.F) {
	for _, rows := range []string{
		`<row r="1"><c r="A1"><v>1</v></c></row>`, `<row r="2" spans="1:3" ht="15"><c r="A2" s="1"><v>1.5</v></c><c r="B2" t="s"><v>1</v></c><c r="C2" s="1"/></row>`,
		`<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve"> a_x</t></is></c><c r="B1" t="n"><v>-1e5</v></c></row>`,
		`<row r="1"><c r="A1" t="inlineStr"><is><t>a]]b</t></is></c></row><row r="3" x14ac:dyDescent="0.25"><c r="AB3"><v>007</v></c></row>`,
		`<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>`, `<row r="1" customFormat="false" ht="15" hidden="false" customHeight="false" outlineLevel="0" collapsed="false"><c r="A1" s="0" t="s"><v>0</v></c></row>`, `<row r="1" hidden="falsetrue"><c r="A1"><v>1</v></c></row>`, `<row r="01"><c r="A1"><v>1</v></c></row>`, `<row r="1" s="1" s="1"/>`,
	} {
		f.Add(rows)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		fast, fastErr := readRowsOnly(rows, false)
		slow, slowErr := readRowsOnly(rows, true)
		mustBeRefusal(t, fastErr)
		if fast != slow || (fastErr == nil) != (slowErr == nil) || fastErr != nil && fastErr.Error() != slowErr.Error() {
			t.Fatalf("%q: the short way gives %q, %v; the long one %q, %v", rows, fast, fastErr, slow, slowErr)
		}
	})
}

// readRowsOnly reads the rows of a sheet whose workbook has three shared strings
// and two styles.
func readRowsOnly(rows string, slow bool) (string, error) {
	text := `<worksheet xmlns="` + nsMain + `" xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"><sheetData>` + rows + `</sheetData></worksheet>`
	book := &xlsxBook{limits: Limits{}.withDefaults(), slow: slow, styleSet: &styleSet{dates: []bool{false, true}, known: true}, texts: &stringTable{}}
	for _, s := range []string{"a", "", "b"} {
		book.texts.add([]byte(s))
	}
	f := newFeed(strings.NewReader(text), "", 0)
	r := &xlsxRows{book: book, x: newXMLReader(f, book.limits), dates: book.styleSet.dates}
	defer r.x.close()
	var out strings.Builder
	var row Row
	for {
		row.Cells = row.Cells[:0]
		more, err := r.next(&row)
		if err != nil || !more {
			return out.String(), err
		}
		out.WriteString(ColumnName(row.Number))
		for _, c := range row.Cells {
			out.WriteByte(byte('a' + c.Kind))
			out.WriteString(ColumnName(c.Col))
			out.Write(c.Text)
		}
	}
}

// FuzzCSV reads any bytes as CSV: no panic, and a text that was read can be
// written and read again as the same.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a;b\n1;2\n", "\"a\"\"b\",c\r\nd\r", "sep=|\na|b", "\xff\xfea\x00;\x00", "\xe0\xe1;\xe2\n", "'=1;''+\n", "\xEF\xBB\xBFx\ty\n", "\"open"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		wb, _, err := openCSV(bytes.NewReader(data), int64(len(data)), Options{Limits: Limits{}.withDefaults(), KnownHeader: func([]string) bool { return true }})
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		first, err := drain(&Book{wb: wb})
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		var again bytes.Buffer
		rewrite(t, &Book{wb: wb}, &again)
		b, err := Open(bytes.NewReader(again.Bytes()), int64(again.Len()), Options{})
		if err != nil {
			t.Fatalf("%q was written as %q and refused: %v", data, again.Bytes(), err)
		}
		if second, err := drain(b); err != nil || second != first {
			t.Fatalf("%q reads %q, rewritten %q, %v", data, first, second, err)
		}
	})
}

// rewrite writes what a book holds as CSV.
func rewrite(t *testing.T, b *Book, out io.Writer) {
	w, err := NewWriter(out, CSV)
	if err == nil {
		err = w.Sheet(Spec{Name: "1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := b.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for rows.Next() {
		row := rows.Row()
		for last++; last < row.Number; last++ {
			w.Row(nil)
		}
		var cells []Value
		for _, c := range row.Cells {
			for len(cells) < c.Col {
				cells = append(cells, Value{})
			}
			if c.TooLong {
				t.Skip("a text longer than a cell may be is read, but never written")
			}
			cells = append(cells, Value{Kind: Text, Text: string(c.Text)})
		}
		if err := w.Row(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
