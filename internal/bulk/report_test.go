package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/sheet"
)

// report is the problem file of an import.
func (d desk) report(i *plan.Import, format sheet.Format) []byte {
	d.Helper()
	var out bytes.Buffer
	if err := d.bulk.Report(context.Background(), d.who, i.ID, format, "ru", &out); err != nil {
		d.Fatalf("report of import %d: %v", i.ID, err)
	}
	return out.Bytes()
}

// cells reads the first sheet of a file as texts, the kind before what is no text.
func cells(t testing.TB, file []byte) [][]string {
	t.Helper()
	b, err := sheet.Open(bytes.NewReader(file), int64(len(file)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	rows, err := b.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	var table [][]string
	for rows.Next() {
		var line []string
		for _, c := range rows.Row().Cells {
			for len(line) < c.Col {
				line = append(line, "")
			}
			text := string(c.Text)
			if c.Kind != sheet.Text {
				text = c.Kind.String() + " " + text
			}
			line = append(line, text)
		}
		table = append(table, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return table
}

func firstColumn(table [][]string) string {
	var list []string
	for _, row := range table {
		list = append(list, row[0])
	}
	return strings.Join(list, ",")
}

// TestReport goes the whole round: a file with good, failed, held and later
// conflicting rows; the problem file of it; corrected, uploaded, applied.
func TestReport(t *testing.T) {
	for _, format := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV} {
		t.Run(string(format), func(t *testing.T) {
			d := newDesk(t, 8)
			i := d.check(d.csv("ID;Название;Статус;Ответственные;Заметки",
				"1;Клиент 1;деактивировать;;хорошая", "2;Клиент 2;;petrvo;не тот логин", "3;Клиент 4;деактивировать;;чужое имя",
				"4;Клиент 4;;clear;очистить", "99;;деактивировать;;нет такой", "5;Клиент 5;деактивировать;;хорошая", "6;Клиент 6;;;без изменений"))
			d.byHand("5 | Клиент 5 | active | petrov")
			i = d.apply(i, plan.Visibility)
			d.wanted(i, "applied read=7 change=2 unchanged=1 held=2 failed=2 accepted=1 applied=2 conflict=1\n"+
				"3 unknown_login\n4 name_differs\n5 left_to_nobody\n6 unknown_id\n7 changed_after_check")

			file := d.report(i, format)
			table := cells(t, file)
			if got := strings.ReplaceAll(firstColumn(table), "number ", ""); got != "ID,2,3,99,5" {
				t.Errorf("the report is about %s", got)
			}
			if strings.Join(table[0], "|") != "ID|Название|Статус|Ответственные|Заметки|Причина" {
				t.Errorf("columns %q", table[0])
			}
			if row := table[1]; row[4] != "не тот логин" || !strings.Contains(row[5], "petrvo") || !strings.Contains(row[5], "petrov") {
				t.Errorf("a row of the report: %q", row)
			}
			d.wanted(d.check(d.file("again", file)), "ready read=4 change=1 held=1 failed=2\n2 unknown_login\n3 name_differs\n4 unknown_id")

			corrected := correct(t, format, table)
			again := d.apply(d.check(d.file("corrected", corrected)), 0)
			d.wanted(again, "applied read=3 change=3 applied=3")
			if got := d.table(); !strings.Contains(got, "2 | Клиент 2 | active | petrov") || !strings.Contains(got, "3 | Клиент 3 | inactive") || !strings.Contains(got, "5 | Клиент 5 | inactive | petrov") {
				t.Errorf("after the correction:\n%s", got)
			}
			d.sound()
		})
	}
}

// correct does what a person does with the problem file: mends the login, the
// name, deletes the row of nobody.
func correct(t testing.TB, format sheet.Format, table [][]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := sheet.NewWriter(&out, format)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sheet(sheet.Spec{Name: "x"}); err != nil {
		t.Fatal(err)
	}
	for _, row := range table {
		if strings.HasSuffix(row[0], "99") {
			continue
		}
		var values []sheet.Value
		for _, text := range row {
			text = strings.ReplaceAll(strings.TrimPrefix(text, "number "), "petrvo", "petrov")
			if strings.HasSuffix(row[0], "3") {
				text = strings.ReplaceAll(text, "Клиент 4", "Клиент 3")
			}
			values = append(values, sheet.Value{Kind: sheet.Text, Text: text})
		}
		if err := w.Row(values); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What a person did not correct is refused again for the same reason, in every
// format: the problem file must never make an id out of what was none.
func TestReportKeepsWhatIsWrong(t *testing.T) {
	d := newDesk(t, 60)
	const off = "Деактивировать"
	i := d.check(d.file("file.xlsx", one(header,
		line(2, kind("b", "1"), str(off)), line(3, ` s="1"><v>57</v></c>`, str(off)), line(4, kind("d", "2026-03-01"), str(off)),
		line(5, kind("e", "#N/A"), str(off)), line(6, num("1.5"), str(off)), line(7, str("1E+05"), str(off)), line(8, str("5_x0001_7"), str(off)),
		line(9, str("5&#x200B;7"), str(off)), line(10, "", str(off)), line(11, num("9E+01"), str(off)), line(12, num("9.0"), str("да")),
		line(13, num("3"), "", kind("e", "#NAME?"))).bytes(t)))
	codes := "2 id_boolean\n3 id_date\n4 id_date\n5 cell_error\n6 id_not_whole\n7 id_scientific\n8 invisible_character\n9 invisible_character\n10 id_missing\n11 unknown_id\n12 status_unknown\n13 responsibles_formula"
	d.wanted(i, "ready read=12 failed=12\n"+codes)
	for _, format := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV} {
		again := d.check(d.file("again", d.report(i, format)))
		if again.Counts.Read != 12 || again.Counts.Failed != 12 {
			t.Errorf("%s: %+v", format, again.Counts)
		}
		problems, _, err := d.bulk.Problems(context.Background(), d.who, again.ID, bulk.ProblemQuery{Limit: 100})
		if err != nil || len(problems) < 12 {
			t.Fatalf("%s: %d problems, %v", format, len(problems), err)
		}
		if p := problems[9]; p.Code != "unknown_id" || p.Value != "90" {
			t.Errorf("%s: the id written as 9E+01 is %s %q", format, p.Code, p.Value)
		}
		if p := problems[10]; p.Code != "status_unknown" || p.RecordID != 9 {
			t.Errorf("%s: the row of 9.0 says %s of %d", format, p.Code, p.RecordID)
		}
	}
}

// A problem file of a problem file has one column of reasons, the last ones.
func TestReportOfReport(t *testing.T) {
	d := newDesk(t, 2)
	i := d.check(d.csv("ID;Статус", "7;деактивировать"))
	for range 2 {
		table := cells(t, d.report(i, sheet.XLSX))
		if got := strings.Join(table[0], "|"); got != "ID|Статус|Причина" {
			t.Fatalf("columns %q", got)
		}
		i = d.check(d.file("again.xlsx", d.report(i, sheet.XLSX)))
	}
}

// The problem file of an undo lists the records that somebody has changed since.
func TestReportOfUndo(t *testing.T) {
	d := newDesk(t, 4)
	i := d.apply(d.check(d.csv("ID;Статус;Ответственные", "1;деактивировать;petrov", "2;;petrov", "3;;petrov", "4;;petrov")), 0)
	d.byHand("2 | Клиент 2 | active | sidorova")
	undo := d.undo(i)
	d.byHand("3 | Клиент 3 | active | petrov, sidorova")
	undo = d.apply(undo, 0)
	d.wanted(undo, "applied read=4 change=3 held=1 applied=2 conflict=1\n3 changed_since\n4 changed_after_check")
	file := d.report(undo, sheet.XLSX)
	if got := firstColumn(cells(t, file)); got != "ID,number 2,number 3" {
		t.Errorf("the report is about %s", got)
	}
	again := d.apply(d.check(d.file("undo.xlsx", file)), 0)
	d.wanted(again, "applied read=2 change=2 applied=2")
	if got := d.table(); !strings.Contains(got, "2 | Клиент 2 | active | ivanov") || !strings.Contains(got, "3 | Клиент 3 | active | ivanov") {
		t.Errorf("after uploading it:\n%s", got)
	}
	d.sound()
}

// Every row of a long file comes back once and in order, whole, though problems
// are read in batches and rows may have several.
func TestLongReport(t *testing.T) {
	d := newDesk(t, 3)
	lines := []string{"ID;Ответственные"}
	var want []string
	for n := range 2600 {
		lines = append(lines, fmt.Sprintf("%d;x%dx, y%dy, z%dz", n+100, n, n, n))
		want = append(want, fmt.Sprint(n+100))
	}
	i := d.check(d.csv(lines...))
	if i.Counts.Failed != 2600 {
		t.Fatalf("%+v", i.Counts)
	}
	table := cells(t, d.report(i, sheet.CSV))
	var got []string
	for _, row := range table[1:] {
		got = append(got, row[0])
		if reasons := row[2]; strings.Count(reasons, "x") < 1 || !strings.Contains(reasons, "y") || !strings.Contains(reasons, "z") {
			t.Fatalf("a row without all its reasons: %q", row)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d rows came back, want %d", len(got), len(want))
	}
}

// The cells at fault are coloured: red where the row failed, amber where it is
// held.
func TestReportIsColoured(t *testing.T) {
	d := newDesk(t, 2)
	i := d.check(d.csv("ID;Название;Статус;Ответственные", "1;Клиент 1;;petrvo", "2;Клиент 9;деактивировать;"))
	styles := styleNumbers(t, d.report(i, sheet.XLSX))
	plain, bad, held := styles["A2"], styles["D2"], styles["B3"]
	if bad == plain || held == plain || bad == held || styles["B2"] == bad || styles["D3"] == held {
		t.Errorf("styles of the cells: %v", styles)
	}
}

func TestReportBeforeTheCheck(t *testing.T) {
	d := newDesk(t, 1)
	i := d.waiting(d.csv("ID;Статус", "1;деактивировать"))
	err := d.bulk.Report(context.Background(), d.who, i.ID, sheet.XLSX, "ru", &bytes.Buffer{})
	if fault.CodeOf(err) != fault.Conflict {
		t.Errorf("report of an import that was not checked: %v", err)
	}
	refused := d.check(d.csv("Статус", "деактивировать"))
	if err := d.bulk.Report(context.Background(), d.who, refused.ID, sheet.XLSX, "ru", &bytes.Buffer{}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("report of a refused file: %v", err)
	}
}

// A manager's export holds what he may see and nothing else.
func TestExportWithinSight(t *testing.T) {
	d := newDesk(t, 3)
	d.byHand("2 | Клиент 2 | active | petrov")
	d.byHand("3 | Клиент 3 | active | ")
	petrov := d.as("petrov", entity.Manager)
	var out bytes.Buffer
	if err := d.bulk.Export(context.Background(), petrov, company(d.st), entity.Query{}, bulk.ExportOptions{ForEdit: true, Format: sheet.CSV}, &out); err != nil {
		t.Fatal(err)
	}
	if got := firstColumn(cells(t, out.Bytes())); got != "ID,2,3" {
		t.Errorf("the manager exports %s", got)
	}
}
