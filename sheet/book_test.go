package sheet_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"nadel/sheet"
)

// largeFiles are files that are read ahead on another goroutine.
func largeFiles(t *testing.T) map[string][]byte {
	table := make([][]sheet.Value, 30000)
	for i := range table {
		id, state, names := benchRow(i)
		table[i] = []sheet.Value{number(id), text(state), text(names)}
	}
	return map[string][]byte{
		"shared.xlsx": excelLike(30000, true, false),
		"inline.xlsx": excelLike(30000, false, false),
		"file.ods":    write(t, sheet.ODS, sheet.Spec{Name: "1"}, table),
		"file.csv":    csvTable(30000),
	}
}

func TestClosingEarlyEndsEverything(t *testing.T) {
	before := runtime.NumGoroutine()
	for name, data := range largeFiles(t) {
		b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			rows, err := b.Rows(0)
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() {
				t.Fatalf("%s: no rows: %v", name, rows.Err())
			}
			if done, total := rows.Progress(); done <= 0 || done > total {
				t.Errorf("%s: progress %d of %d", name, done, total)
			}
		}
		for range 2 {
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left, there were %d", runtime.NumGoroutine(), before)
}

func TestNextDoesNotAllocate(t *testing.T) {
	for name, data := range largeFiles(t) {
		b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := b.Rows(0)
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			rows.Next()
		}
		if n := testing.AllocsPerRun(10, func() {
			for range 1000 {
				rows.Next()
			}
		}); n > 50 {
			t.Errorf("%s: 1,000 rows of 3 cells take %v allocations", name, n)
		}
		b.Close()
	}
}

// failing is a disk that breaks after some bytes.
type failing struct {
	r     io.ReaderAt
	after int64
}

var errDisk = errors.New("the disk is broken")

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > f.after && at < f.after {
		n, _ := f.r.ReadAt(p[:f.after-at], at)
		return n, errDisk
	}
	if at >= f.after {
		return 0, errDisk
	}
	return f.r.ReadAt(p, at)
}

// An error of the disk is no fault of the file and is returned as it is.
func TestDiskErrorsAreNotRefusals(t *testing.T) {
	for name, data := range largeFiles(t) {
		size := int64(len(data))
		for _, part := range []int64{0, 10, 50, 90} {
			_, err := readQuietly(failing{bytes.NewReader(data), size * part / 100}, size)
			if !errors.Is(err, errDisk) {
				t.Errorf("%s, broken at %d %%: %v", name, part, err)
			}
		}
	}
}

// The two rows before and after a chunk's end are as good as all others.
func TestChunksOfLargeParts(t *testing.T) {
	for name, data := range largeFiles(t) {
		b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := b.Rows(0)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		if name == "file.csv" {
			rows.Next()
		}
		for ; rows.Next(); n++ {
			row := rows.Row()
			i := row.Number
			if name == "file.csv" || name == "file.ods" {
				i-- // a header, or a table that counts from 0
			}
			id, state, names := benchRow(i)
			if a, s, l := row.Cell(0), row.Cell(1), row.Cell(2); string(a.Text) != id || string(s.Text) != state || string(l.Text) != names {
				t.Fatalf("%s, row %d: %q %q %q, want %q %q %q", name, row.Number, a.Text, s.Text, l.Text, id, state, names)
			}
		}
		if n != 30000 || rows.Err() != nil {
			t.Errorf("%s: %d rows, %v", name, n, rows.Err())
		}
		b.Close()
	}
}

func TestPasswordProtected(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	var out bytes.Buffer
	if err := f.Write(&out, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	checkRead(t, out.Bytes(), sheet.Options{Name: "x.xlsx"}, "", sheet.PasswordProtected)
	checkRead(t, out.Bytes()[:600], sheet.Options{}, "", sheet.OtherDocument)
}

func TestNames(t *testing.T) {
	csv := []byte("a;b\n")
	for name, want := range map[string][]sheet.Code{
		"x.csv": nil, "x.txt": nil, "": nil, "x": nil, "x.tsv": nil,
		"x.xlsx": {sheet.NameDiffers}, "X.XLS": {sheet.NameDiffers}, "x.ods": {sheet.NameDiffers},
	} {
		b, err := sheet.Open(bytes.NewReader(csv), int64(len(csv)), sheet.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		var got []sheet.Code
		for _, w := range b.Warnings() {
			got = append(got, w.Code)
			if w.String() == "" {
				t.Errorf("%s: a warning without words", w.Code)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: warnings %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]sheet.Format{"a.XLSX": sheet.XLSX, "a.b/c.ods": sheet.ODS, `a\b.csv`: sheet.CSV, "x.tsv": sheet.TSV} {
		if f, ok := sheet.FormatOf(name); !ok || f != want {
			t.Errorf("FormatOf(%q) = %q, %t", name, f, ok)
		}
	}
	if f, ok := sheet.FormatOf("x.pdf"); ok {
		t.Errorf("FormatOf(x.pdf) = %q", f)
	}
}

// A text of any kind of file that people choose by mistake is named.
func TestIdentify(t *testing.T) {
	tests := []struct {
		name, data string
		code       sheet.Code
	}{
		{"nothing", "", sheet.FileEmpty},
		{"PDF", "%PDF-1.7\n%\xe2\xe3", sheet.PDFDocument},
		{"RTF", `{\rtf1\ansi a}`, sheet.TextDocument},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00", sheet.Image},
		{"JPEG", "\xFF\xD8\xFF\xE0\x00\x10JFIF", sheet.Image},
		{"gzip", "\x1F\x8B\x08\x00\x00", sheet.OtherArchive},
		{"RAR", "Rar!\x1A\x07\x00", sheet.OtherArchive},
		{"SQLite", "SQLite format 3\x00", sheet.OtherDocument},
		{"JSON", "[\n {\"id\": 1}\n]", sheet.OtherDocument},
		{"HTML", "\n\n<!-- x --><HTML><table>", sheet.WebPage},
		{"HTML in UTF-16", utf16Text("<html><body>"), sheet.WebPage},
		{"a web page in one file", "MIME-Version: 1.0\r\n", sheet.WebPage},
		{"XML", "<?xml version='1.0'?><data><x/></data>", sheet.OtherXML},
		{"Excel 2003", `<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`, sheet.ExcelXML2003},
		{"SYLK", "ID;PWXL;N;E\r\nC;Y1;X1;K1\r\nE\r\n", sheet.Sylk},
		{"a program", "MZ\x90\x00\x03", sheet.NotASpreadsheet},
		{"noise", "\x01\x02\x00\x03\x04\x05\x06\x07", sheet.NotASpreadsheet},
		{"UTF-16 without a mark", "I\x00D\x00;\x00a\x00\n\x00", sheet.CSVNul},
		{"a bare mark", "\xEF\xBB\xBF", ""},
		{"a CSV whose headings are ID and Phone", "ID;Phone\nP;1\n", ""},
		{"a CSV whose headings are ID and Post", "ID;Post\n1;2\n", ""},
		{"a CSV that begins with BM", "BM;a\n1;2\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readAll([]byte(tt.data), sheet.Options{}); codeOf(err) != tt.code {
				t.Errorf("refused with %v, want %q", err, tt.code)
			}
		})
	}
}
