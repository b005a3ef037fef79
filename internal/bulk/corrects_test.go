package bulk_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io/fs"
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
	if err != nil {
		t.Fatal("LibreOffice is not installed: run make needs")
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

// correct writes over cells of an import's problem file as a person would, uploads
// that and imports it.
func (s *scenario) correct(i *plan.Import, text string) {
	s.Helper()
	ctx := context.Background()
	var file bytes.Buffer
	if err := s.bulk.Report(ctx, s.who, i.ID, sheet.XLSX, "ru", &file); err != nil {
		s.Fatal(err)
	}
	again := s.upload(s.writtenOver(file.Bytes(), text), nil)
	s.got["corrected"] = fmt.Sprintf("corrects %d\n", again.Corrects) + s.preview(again) + "\n"
	if first, err := s.bulk.Get(ctx, s.who, i.ID); err != nil || first.CorrectedBy != again.ID {
		s.Errorf("import %d is corrected by %d, not %d: %v", i.ID, first.CorrectedBy, again.ID, err)
	}
	if _, err := s.bulk.Apply(ctx, s.who, again.ID, bulk.Decision{}); err != nil {
		s.Fatal(err)
	}
	s.got["corrected"] += s.counts(s.drive(again.ID)) + s.table()
}

// writtenOver is a workbook with other texts in cells; all else is left as it is.
func (s *scenario) writtenOver(book []byte, text string) string {
	s.Helper()
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		s.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	found := map[string]bool{}
	for _, f := range in.File {
		part, err := fs.ReadFile(in, f.Name)
		if err != nil {
			s.Fatal(err)
		}
		for line := range lines(text) {
			wrong, right, _ := strings.Cut(line, "=")
			was, is := []byte(">"+wrong+"<"), []byte(">"+right+"<")
			found[line] = found[line] || bytes.Contains(part, was)
			part = bytes.ReplaceAll(part, was, is)
		}
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = to.Write(part)
		}
		if err != nil {
			s.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.Fatal(err)
	}
	for line := range lines(text) {
		if !found[line] {
			s.Errorf("no cell to correct: %s", line)
		}
	}
	return out.String()
}
