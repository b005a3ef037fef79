package bulk_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/bulk"
	"nadel/internal/plan"
	"nadel/sheet"
)

// wrongs is the problems of an import without their places.
func (d desk) wrongs(i *plan.Import) (list []string) {
	d.Helper()
	problems, _, err := d.bulk.Problems(context.Background(), d.who, i.ID, bulk.ProblemQuery{Outcomes: []plan.Outcome{plan.RowFailed, plan.Held}, Limit: 1000})
	if err != nil {
		d.Fatal(err)
	}
	for _, p := range problems {
		list = append(list, p.Code+" "+strings.ReplaceAll(p.Value, "petrvo", "petrov")) // one is mended into the other
	}
	return list
}

func TestProblemFileUploadedUnchangedHasTheSameProblemsAndIsLinked(t *testing.T) {
	d := newDesk(t, 15)
	first := d.check(d.file("wrong.csv", []byte(wrongFile)))
	first = d.mend(first, "status да=Активировать\n13 id=11\nresponsibles PETRVO=petrov\n", nil)
	for name, format := range map[string]sheet.Format{"problems.xlsx": sheet.XLSX, "problems.ods": sheet.ODS, "problems.csv": sheet.CSV} {
		second := d.check(d.file(name, d.report(first, format)))
		if diff := cmp.Diff(d.wrongs(first), d.wrongs(second)); diff != "" {
			t.Errorf("%s (-first +again):\n%s", name, diff)
		}
		wanted := first.ID
		if format == sheet.CSV {
			wanted = 0 // has no place for the mark
		}
		if second.Corrects != wanted {
			t.Errorf("%s corrects import %d, not %d", name, second.Corrects, wanted)
		}
		if found, err := d.bulk.Get(context.Background(), d.who, first.ID); err != nil || wanted != 0 && found.CorrectedBy != second.ID {
			t.Errorf("%s: the first import is corrected by %d (%v), not by %d", name, found.CorrectedBy, err, second.ID)
		}
	}
}

func TestProblemFileOfAnotherWorkspaceIsNotLinked(t *testing.T) {
	d := newDesk(t, 15)
	first := d.check(d.file("wrong.csv", []byte(wrongFile)))
	other := newDesk(t, 15)
	other.check(other.file("else.csv", []byte("ID;Статус\n1;нет\n")))
	if i := other.check(other.file("problems.xlsx", d.report(first, sheet.XLSX))); i.Corrects != 0 {
		t.Errorf("the file of another workspace corrects import %d here", i.Corrects)
	}
}

func TestProblemFileKeepsItsMarkInLibreOffice(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("LibreOffice is not installed, and here everything has to be proven")
	}
	if err != nil {
		t.Skip("LibreOffice is not installed; scripts/needs installs it")
	}
	d := newDesk(t, 15)
	first := d.check(d.file("wrong.csv", []byte(wrongFile)))
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "problems.xlsx")
	if err := os.WriteFile(name, d.report(first, sheet.XLSX), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"xlsx", "ods"} {
		out, err := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
			"--headless", "--convert-to", format, "--outdir", filepath.Join(dir, "out"), name).CombinedOutput()
		if err != nil {
			t.Fatalf("LibreOffice: %v\n%s", err, out)
		}
		saved, err := os.ReadFile(filepath.Join(dir, "out", "problems."+format))
		if err != nil {
			t.Fatal(err)
		}
		if i := d.check(d.file("problems."+format, saved)); i.Corrects != first.ID {
			t.Errorf("saved as %s, the file corrects import %d, not %d", format, i.Corrects, first.ID)
		}
	}
}
