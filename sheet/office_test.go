package sheet_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nadel/sheet"
)

// officeSpec uses everything that a sheet can have.
var officeSpec = sheet.Spec{
	Name: "Правка & co", FreezeRows: 1, AutoFilter: true,
	Columns: []sheet.Column{{Width: 10}, {Width: 30}, {Width: 20, Text: true}, {Hidden: true}},
	Validations: []sheet.Validation{
		{Col: 1, FirstRow: 2, LastRow: 1048576, List: []string{"a", `"b"`}, Strict: true, Title: "t", Message: "m & n"},
		{Col: 2, FirstRow: 2, LastRow: 100, Source: "lists!$A$1:$A$3"},
	},
}

// officeFile is a workbook with all of that and a second, hidden sheet.
func officeFile(t *testing.T, f sheet.Format) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file."+string(f))
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := sheet.NewWriter(out, f)
	steps := []func() error{
		func() error { return w.Sheet(officeSpec) },
		func() error { return w.Row(everyKind[0]) }, func() error { return w.Row(everyKind[1]) }, func() error { return w.Row(everyKind[2]) },
		func() error { return w.Row(everyKind[3]) }, func() error { return w.Row(everyKind[4]) },
		func() error { return w.Sheet(sheet.Spec{Name: "lists", Hidden: true}) },
		func() error { return w.Row([]sheet.Value{text("ivanov")}) },
		func() error { return w.Close() },
	}
	for _, step := range steps {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// absent passes over a test whose program is not installed; where everything
// has to be proven, that is a failure.
func absent(t *testing.T, program string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", program)
	}
	t.Skipf("%s is not installed", program)
}

// LibreOffice reads what we write, and what it writes of it we read as the same.
func TestLibreOfficeAgrees(t *testing.T) {
	program, err := exec.LookPath("soffice")
	if err != nil {
		absent(t, "LibreOffice")
	}
	// What it makes of a file differs in form: an error and a truth value are
	// formulas to it, .ods has no tabs in its texts, numbers get other digits.
	same := strings.NewReplacer("\\t", "", "B=!#N/A", "B!#N/A", `B"#N/A"`, "B!#N/A", "Ciso@2026-03-01 ", "C@46082 ",
		"Diso@2026-03-01T12:00:00", "D@46082.5", "C=1 ", "C!TRUE ", "C1 ", "C!TRUE ", "D=0", "D!FALSE", "D=!FALSE", "D!FALSE", "A-25000000000 ", "A-2.5E+10 ")
	for _, from := range []sheet.Format{sheet.XLSX, sheet.ODS} {
		name := officeFile(t, from)
		ours, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := readAll(ours, sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range map[sheet.Format][]string{sheet.XLSX: {"xlsx", "ods"}, sheet.ODS: {"xlsx", "fods"}}[from] {
			dir := t.TempDir()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			out, err := exec.CommandContext(ctx, program, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", to, "--outdir", dir, name).CombinedOutput()
			cancel()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			theirs, err := os.ReadFile(filepath.Join(dir, "file."+to))
			if err != nil {
				t.Fatalf("LibreOffice did not convert .%s to .%s: %s", from, to, out)
			}
			got, err := readAll(theirs, sheet.Options{})
			if err != nil || same.Replace(got) != same.Replace(want) {
				t.Errorf(".%s as .%s: %v\n%swant\n%s", from, to, err, got, want)
			}
		}
	}
}

// openpyxl, which is strict about what Excel expects, reads all of it.
func TestOpenpyxlAgrees(t *testing.T) {
	const script = `
import sys, warnings, openpyxl
warnings.simplefilter("error")
wb = openpyxl.load_workbook(sys.argv[1])
ws = wb.active
print(wb.sheetnames, wb["lists"].sheet_state, ws.freeze_panes, ws.auto_filter.ref, ws.column_dimensions["D"].hidden)
print([v.formula1 for v in ws.data_validations.dataValidation], [str(v.sqref) for v in ws.data_validations.dataValidation])
for row in ws.iter_rows():
    print([(c.value, c.data_type) for c in row if c.value is not None])
print(ws["A5"].quotePrefix, ws["A5"].number_format, ws["C1"].number_format, ws["B1"].comment.text, ws["B1"].font.b)
`
	const want = `['Правка & co', 'lists'] hidden A2 A1:F5 True
['"a,""b"""', 'lists!$A$1:$A$3'] ['B2:B1048576', 'C2:C100']
[('ID', 's'), ('Статус', 's'), (' две  строки\nи\tтаб ', 's')]
[(1, 'n'), (True, 'b'), (False, 'b')]
[]
[(-25000000000.0, 'n'), ('#N/A', 'e'), (datetime.datetime(2026, 3, 1, 0, 0), 'd'), (datetime.datetime(2026, 3, 1, 12, 0), 'd')]
[('=1+1', 's'), ("'@x", 's'), ('<&>"\'', 's'), ('😀 ё', 's'), ('a]]>b', 's')]
True @ @ заметка <b> True
`
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import openpyxl").Run() == nil {
			python = p
		}
	}
	if python == "" {
		absent(t, "openpyxl")
	}
	cmd := exec.Command(python, "-c", script, officeFile(t, sheet.XLSX))
	cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}
