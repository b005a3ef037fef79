package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"nadel/internal/bulk"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// header is the usual first line of a sheet.
var header = line(1, str("ID"), str("Статус"), str("Ответственные"))

// one is a workbook of one sheet.
func one(rows ...string) book { return book{sheets: []bookSheet{{name: "Лист1", rows: rows}}} }

// TestFiles reads real workbooks. There are nine companies of ivanov.
func TestFiles(t *testing.T) {
	const off, petrov = "Деактивировать", "petrov"
	tests := []struct {
		name  string
		book  book
		tweak func(*bulk.Upload)
		want  string // the receipt, then row and code of what is said
	}{
		{"ids in every form that keeps the digits", one(header,
			line(2, num("1"), str(off)), line(3, num("2.0"), str(off)), line(4, num("3E+00"), str(off)),
			line(5, str("4"), str(off)), line(6, str("'5"), str(off)), line(7, str("006"), str(off))),
			nil, "ready read=6 change=6"},
		{"ids that are none", one(header,
			line(2, kind("b", "1"), str(off)), line(3, ` s="1"><v>2</v></c>`, str(off)), line(4, kind("d", "2026-03-01"), str(off)),
			line(5, kind("e", "#N/A"), str(off)), line(6, num("1.5"), str(off)), line(7, str("1E+05"), str(off)), line(8, "", str(off)),
			line(9, num("4E9"), str(off))),
			nil, "ready read=8 failed=8\n2 id_boolean\n3 id_date\n4 id_date\n5 cell_error\n6 id_not_whole\n7 id_scientific\n8 id_missing\n9 unknown_id"},
		{"ids computed by a formula, and never computed", one(header,
			line(2, `><f>1+1</f><v>2</v></c>`, str(off)), line(3, `><f>1+2</f></c>`, str(off))),
			nil, "ready read=2 change=1 failed=1 warnings=1\n2 computed_by_formula\n3 formula_without_value"},
		{"booleans as status", one(header, line(2, num("1"), kind("b", "1")), line(3, num("2"), kind("b", "0")), line(4, num("3"), num("1"))),
			nil, "ready read=3 change=1 unchanged=1 failed=1\n4 status_unknown"},
		{"what Excel made of a typed +petrov", one(header, line(2, num("1"), "", ` t="e"><f>+petrov</f><v>#NAME?</v></c>`)),
			nil, "ready read=1 failed=1 warnings=1\n2 responsibles_formula\n2 computed_by_formula"},
		{"a formula that makes a login", one(header, line(2, num("1"), "", ` t="str"><f>A9</f><v>petrov</v></c>`)),
			nil, "ready read=1 change=1 warnings=1\n2 computed_by_formula"},
		{"a status cell merged over rows", book{sheets: []bookSheet{{name: "Лист1", merges: []string{"B2:B4"},
			rows: []string{header, line(2, num("1"), str(off)), line(3, num("2")), line(4, num("3")), line(5, num("4"), str(off))}}}},
			nil, "ready read=4 change=1 failed=3\n2 merged_cells\n3 merged_cells\n4 merged_cells"},
		{"an id merged over rows", book{sheets: []bookSheet{{name: "Лист1", merges: []string{"A2:A3"},
			rows: []string{header, line(2, num("1"), str(off)), line(3, "", str(off)), line(4, num("3"), str(off))}}}},
			nil, "ready read=3 change=1 failed=2\n2 merged_cells\n3 id_missing"},
		{"a merged title above and merged cells of other columns", book{sheets: []bookSheet{{name: "Лист1", merges: []string{"A1:C1", "D3:D4"},
			rows: []string{line(1, str("Клиенты")), line(2, str("ID"), str("Статус"), "", str("Заметки")), line(3, num("1"), str(off), "", str("x")), line(4, num("2"), str(off))}}}},
			nil, "ready read=2 change=2"},
		{"hidden rows, read", one(header, line(2, num("1"), str(off)), hiddenLine(3, num("2"), str(off))),
			nil, "ready read=2 change=2"},
		{"hidden rows, left out", one(header, line(2, num("1"), str(off)), hiddenLine(3, num("2"), str(off))),
			func(u *bulk.Upload) { u.Options.Hidden = plan.SkipHidden }, "ready read=1 change=1"},
		{"a header in row 5", one(line(1, str("ООО Ромашка")), line(3, str("На пятницу")), line(5, str("Ответственные"), str("Имя"), str("id")),
			line(6, str(petrov), "", num("1"))), nil, "ready read=1 change=1"},
		{"a header in row 20", one(line(20, str("ID"), str("Status")), line(21, num("1"), str(off))), nil, "ready read=1 change=1"},
		{"a header in row 21", one(line(1, str("x")), line(21, str("ID"), str("Status")), line(22, num("1"), str(off))),
			nil, "refused file.no_id_heading"},
		{"headings of two languages, reordered, with spaces and capitals", one(line(1, str(" адказныя "), str("СТАТУС"), str("I D")),
			line(2, str(petrov), str(off), num("1"))), nil, "ready read=1 change=1"},
		{"blank rows between", one(header, line(2, num("1"), str(off)), line(3, str(" "), str("\u00a0")), line(7, num("2"), str(off))),
			nil, "ready read=2 change=2 blank=4"},
		{"a header only", one(header), nil, "ready"},
		{"two visible sheets with a header", book{sheets: []bookSheet{{name: "Минск", rows: []string{header}}, {name: "Брест", rows: []string{header}}}},
			nil, "refused file.choose_sheet"},
		{"the one that is asked for", book{sheets: []bookSheet{{name: "Минск", rows: []string{header}},
			{name: "Брест", rows: []string{header, line(2, num("1"), str(off))}}}},
			func(u *bulk.Upload) { u.Options.Sheet = "брест" }, "ready read=1 change=1"},
		{"one that is not there", one(header), func(u *bulk.Upload) { u.Options.Sheet = "Гомель" }, "refused file.no_such_sheet"},
		{"a hidden sheet of lists before", book{sheets: []bookSheet{{name: "lists", state: "hidden", rows: []string{header, line(2, num("9"), str(off))}},
			{name: "Клиенты", rows: []string{header, line(2, num("1"), str(off))}}}}, nil, "ready read=1 change=1"},
		{"a very hidden sheet before", book{sheets: []bookSheet{{name: "lists", state: "veryHidden", rows: []string{header, line(2, num("9"), str(off))}},
			{name: "Клиенты", rows: []string{header, line(2, num("1"), str(off))}}}}, nil, "ready read=1 change=1"},
		{"a sheet without a header before", book{sheets: []bookSheet{{name: "Как заполнить", rows: []string{line(1, str("Читайте"))}},
			{name: "Клиенты", rows: []string{header, line(2, num("1"), str(off))}}}}, nil, "ready read=1 change=1"},
		{"an empty sheet", one(), nil, "refused file.empty_sheet"},
		{"no id", one(line(1, str("Название"), str("Статус")), line(2, str("Клиент 1"), str(off))), nil, "refused file.no_id_heading"},
		{"nothing that edits", one(line(1, str("ID"), str("Название")), line(2, num("1"), str("Клиент 1"))), nil, "refused file.nothing_to_edit"},
		{"a heading that is nearly ours", one(line(1, str("ID"), str("Ответственые"))), nil, "refused file.heading_nearly"},
		{"a heading with a letter of another alphabet", one(line(1, str("ID"), str("Cтатус"))), nil, "refused file.heading_nearly"},
		{"two columns of one meaning", one(line(1, str("ID"), str("Статус"), str("Status"))), nil, "refused file.heading_twice"},
		{"two columns of ids", one(line(1, str("ID"), str("Статус"), str("id"))), nil, "refused file.heading_twice"},
	}
	d := newDesk(t, 9)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := desk{&scenario{T: t, st: d.st, who: d.who, bulk: d.bulk}}
			u := d.file("file.xlsx", tt.book.bytes(t))
			if tt.tweak != nil {
				tt.tweak(&u)
			}
			start := d.checksum()
			d.wanted(d.check(u), tt.want)
			if d.checksum() != start {
				t.Error("a preview has changed records")
			}
		})
	}
	d.sound()
}

func TestSummaryOfFile(t *testing.T) {
	d := newDesk(t, 3)
	i := d.check(d.file("file.xlsx", one(line(3, str("ID"), str("Пометки"), str("Статус"), str("Заметки")),
		line(4, num("1"), "", str("деактивировать")), hiddenLine(5, num("2"), "", str("деактивировать"))).bytes(t)))
	s := i.Summary
	if s.HeaderRow != 3 || s.Sheet != "Лист1" || !s.NoVersion || !s.NoPeople || s.NoStatus {
		t.Errorf("summary %+v", s)
	}
	if strings.Join(s.Ignored, ",") != "Пометки,Заметки" {
		t.Errorf("ignored columns %q", s.Ignored)
	}
	if s.HiddenRows != 1 || len(s.HiddenSeen) != 1 || s.HiddenSeen[0] != 5 || s.HiddenLeft {
		t.Errorf("hidden rows: %d, %v, left %v", s.HiddenRows, s.HiddenSeen, s.HiddenLeft)
	}
	refused := d.check(d.file("file.xlsx", book{sheets: []bookSheet{{name: "Минск", rows: []string{header}}, {name: "Брест", rows: []string{header}}}}.bytes(t)))
	if strings.Join(refused.Summary.Sheets, ",") != "Минск,Брест" {
		t.Errorf("sheets to choose from: %q", refused.Summary.Sheets)
	}
}

// TestEncodings reads one table in the encodings and with the separators that
// spreadsheet programs write.
func TestEncodings(t *testing.T) {
	d := newDesk(t, 3)
	const table = "ID;Статус;Ответственные\r\n1;Деактивировать;\"petrov, sidorova\"\r\n2;;\"+petrov\"\r\n3;;\r\n"
	cp1251, err := charmap.Windows1251.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	var wide bytes.Buffer
	wide.Write([]byte{0xFF, 0xFE})
	for _, u := range utf16.Encode([]rune(strings.ReplaceAll(table, ";", "\t"))) {
		wide.Write([]byte{byte(u), byte(u >> 8)})
	}
	tests := []struct {
		name    string
		content []byte
		told    string // what the owner of the file hears
	}{
		{"UTF-8", []byte(table), ""},
		{"UTF-8 with a byte order mark", []byte("\ufeff" + table), ""},
		{"Windows-1251", []byte(cp1251), "file.code_page_1251"},
		{"UTF-16 with tabs", wide.Bytes(), ""},
		{"a line that names the separator", []byte("sep=;\r\n" + table), ""},
		{"commas", []byte("ID,Статус,Ответственные\n1,Деактивировать,\"petrov, sidorova\"\n2,,+petrov\n3,,\n"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := desk{&scenario{T: t, st: d.st, who: d.who, bulk: d.bulk}}
			i := d.check(d.file("file.csv", tt.content))
			told, warnings := "", ""
			for _, w := range i.Summary.Warnings {
				told, warnings = w.Key, " warnings=1"
			}
			d.wanted(i, "ready read=3 change=2 unchanged=1"+warnings)
			if told != tt.told {
				t.Errorf("warned of %q, want %q", told, tt.told)
			}
		})
	}
}

// TestRefusals uploads what is no edit file; each is refused by its name.
func TestRefusals(t *testing.T) {
	d := newDesk(t, 1)
	whole := one(header, line(2, num("1"), str("Деактивировать"))).bytes(t)
	tests := []struct {
		name    string
		content []byte
	}{
		{"a page saved as .xls", []byte("<html><body><table><tr><td>ID</td></tr></table></body></html>")},
		{"a PDF", []byte("%PDF-1.7\n%âãÏÓ\n1 0 obj\n")},
		{"a picture", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")},
		{"half a workbook", whole[:len(whole)/2]},
		{"bytes", []byte{0, 1, 2, 3, 0, 0, 0, 9}},
		{"a quote that never ends", []byte("ID;Статус\n1;\"деактивировать\n2;\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := desk{&scenario{T: t, st: d.st, who: d.who, bulk: d.bulk}}
			i := d.check(d.file("file.xlsx", tt.content))
			if i.State != plan.Refused || i.Reason == nil || i.Reason.Code != fault.Refused || i.Counts != (plan.Counts{}) {
				t.Fatalf("state %s, reason %v, counts %+v", i.State, i.Reason, i.Counts)
			}
			d.explained(i, nil)
		})
	}
}

func TestUploadRefusedAtOnce(t *testing.T) {
	d := newDesk(t, 1)
	ctx := context.Background()
	tests := []struct {
		name   string
		upload bulk.Upload
		code   fault.Code
	}{
		{"an empty file", d.file("a.csv", nil), fault.Refused},
		{"more than the bound", d.file("a.csv", make([]byte, bulk.MaxFile+1)), fault.TooLarge},
		{"an unknown list mode", with(d.csv("ID"), func(u *bulk.Upload) { u.Options.Lists = "swap" }), fault.Usage},
		{"an unknown way with hidden rows", with(d.csv("ID"), func(u *bulk.Upload) { u.Options.Hidden = "maybe" }), fault.Usage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := d.bulk.Upload(ctx, d.who, tt.upload)
			if fault.CodeOf(err) != tt.code {
				t.Errorf("error %v, want code %s", err, tt.code)
			}
		})
	}
	if _, total, err := d.bulk.List(ctx, d.who, 0, 10); err != nil || total != 0 {
		t.Errorf("%d imports are left of them, %v", total, err)
	}
	d.sound()
}

// A file that breaks off on its way is not a shorter file: rows would be missing
// and nobody told.
func TestBrokenOffUploadLeavesNothing(t *testing.T) {
	d := newDesk(t, 2)
	ctx := context.Background()
	for _, cut := range []error{io.ErrUnexpectedEOF, errors.New("connection reset")} {
		u := d.csv("ID;Статус", "1;деактивировать")
		u.Content = io.MultiReader(u.Content, iotest.ErrReader(cut))
		if _, err := d.bulk.Upload(ctx, d.who, u); !errors.Is(err, cut) {
			t.Errorf("cut off by %v: error %v", cut, err)
		}
	}
	if _, total, err := d.bulk.List(ctx, d.who, 0, 10); err != nil || total != 0 {
		t.Errorf("%d imports are left of them, %v", total, err)
	}
	d.sound()
}

// A row with more wrong logins than are told, computed by formulas, and there
// twice: all that is said of it finds its place, and the import does not fail.
func TestRowWithMuchWrong(t *testing.T) {
	d := newDesk(t, 1)
	people := func(wrong string) string {
		return ` t="str"><f>T(Z1)</f><v>` + strings.Repeat(wrong+",", 150) + `</v></c>`
	}
	i := d.check(d.file("file.xlsx", one(header,
		line(2, `><f>1+0</f><v>1</v></c>`, "", people("nobody")),
		line(3, `><f>1+0</f><v>1</v></c>`, "", people("noone")),
	).bytes(t)))
	if i.State != plan.Ready || i.Counts.Failed != 2 {
		t.Errorf("%s, %+v, reason %v", i.State, i.Counts, i.Reason)
	}
	d.sound()
}

func with(u bulk.Upload, f func(*bulk.Upload)) bulk.Upload {
	f(&u)
	return u
}
