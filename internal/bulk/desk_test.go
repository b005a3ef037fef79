package bulk_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// desk is an administrator at work: what the scenarios have, and the steps that
// the other tests take more freely.
type desk struct{ *scenario }

// newDesk is a workspace with ivanov, petrov and sidorova, olduser who is
// inactive, and so many companies «Клиент 1», «Клиент 2»… of ivanov.
func newDesk(t *testing.T, companies int) desk {
	t.Helper()
	return newDeskAt(t, testkit.Store(t), companies)
}

// newDeskAt is newDesk on a store of the test's own.
func newDeskAt(t *testing.T, st *store.Store, companies int) desk {
	t.Helper()
	d := desk{&scenario{T: t, st: st, who: testkit.Admin(t, st), bulk: newService(t, st)}}
	d.people("ivanov\npetrov\nsidorova\nolduser!")
	d.settings("blast_records=100000000") // what is too much at once has tests of its own
	d.companies(companies)
	return d
}

func (d desk) companies(n int) {
	testkit.Write(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		ivanov, err := tx.EmployeeByLogin("ivanov")
		if err != nil {
			return err
		}
		for i := range n {
			rec := entity.NewRecord(company(d.st))
			rec.Set("name", fmt.Sprintf("Клиент %d", i+1))
			rec.Responsibles = []int64{ivanov.ID}
			if err := tx.Insert(rec); err != nil {
				return err
			}
		}
		return nil
	})
}

// file is an upload of companies.
func (d desk) file(name string, content []byte) bulk.Upload {
	return bulk.Upload{Entity: company(d.st), Name: name, Content: bytes.NewReader(content)}
}

// csv is an upload of companies written as CSV.
func (d desk) csv(lines ...string) bulk.Upload {
	return d.file("file.csv", []byte(strings.Join(lines, "\n")+"\n"))
}

// check uploads a file and waits for its preview.
func (d desk) check(u bulk.Upload) *plan.Import {
	d.Helper()
	return d.drive(d.waiting(u).ID)
}

// waiting uploads a file that nobody works on yet.
func (d desk) waiting(u bulk.Upload) *plan.Import {
	d.Helper()
	i, err := d.bulk.Upload(context.Background(), d.who, u)
	if err != nil {
		d.Fatalf("upload: %v", err)
	}
	return i
}

// apply presses Import and waits.
func (d desk) apply(i *plan.Import, accept plan.Guards) *plan.Import {
	d.Helper()
	d.press(i, accept)
	return d.drive(i.ID)
}

// press presses Import.
func (d desk) press(i *plan.Import, accept plan.Guards) {
	d.Helper()
	if _, err := d.bulk.Apply(context.Background(), d.who, i.ID, bulk.Decision{Accept: accept}); err != nil {
		d.Fatalf("apply import %d: %v", i.ID, err)
	}
}

// undo makes the preview of an undo.
func (d desk) undo(i *plan.Import) *plan.Import {
	d.Helper()
	undo, err := d.bulk.Undo(context.Background(), d.who, i.ID, 0)
	if err != nil {
		d.Fatalf("undo import %d: %v", i.ID, err)
	}
	return d.drive(undo.ID)
}

// byHand changes a company as somebody at its form would.
func (d desk) byHand(line string) { d.meanwhile(line) }

// wanted compares the receipt and what is said about rows with a text of lines:
// the counts, then "row code" for each problem.
func (d desk) wanted(i *plan.Import, want string) {
	d.Helper()
	got := strings.TrimSpace(strings.SplitN(d.counts(i), "\n", 2)[0])
	if i.Reason != nil {
		got += " " + i.Reason.Key
	}
	problems, _, err := d.bulk.Problems(context.Background(), d.who, i.ID, bulk.ProblemQuery{Limit: 1000})
	if err != nil {
		d.Fatal(err)
	}
	for _, p := range problems {
		got += fmt.Sprintf("\n%d %s", p.Row, p.Code)
	}
	if got != want {
		d.Errorf("import %d:\n%s\nwanted:\n%s", i.ID, got, want)
	}
	d.explained(i, problems)
}

// explained holds that every locale can say all there is to say; a message that
// lacks a word panics.
func (d desk) explained(i *plan.Import, problems []plan.Problem) {
	d.Helper()
	set := locales(d)
	for _, tag := range set.Languages() {
		l := set.Get(tag)
		for _, p := range problems {
			if text := bulk.Explain(l, time.UTC, p); strings.Contains(text, "<no value>") || strings.Contains(text, "{{") {
				d.Errorf("%s: %q of %s", tag, text, p.Code)
			}
		}
		if i.Reason != nil {
			if text := l.Fault(i.Reason); text == "" || strings.Contains(text, "<no value>") {
				d.Errorf("%s: the reason %v is said as %q", tag, i.Reason, text)
			}
		}
		for n := range i.Summary.Warnings {
			l.FaultOf(&i.Summary.Warnings[n])
		}
	}
}

func locales(t testing.TB) *locale.Set {
	t.Helper()
	set, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// checksum is everything an undo must bring back: values, active and
// responsibles of all records, not versions and times.
func (d desk) checksum() string {
	d.Helper()
	var b strings.Builder
	testkit.Read(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		for _, e := range d.st.Catalog().Entities {
			records, err := tx.Each(e, entity.Query{}, entity.Scope{All: true}, 0, 1<<20)
			if err != nil {
				return err
			}
			for _, r := range records {
				fmt.Fprintf(&b, "%s %d %v %v %q\n", e.Name, r.ID, r.Active, r.Responsibles, r.Values)
			}
		}
		return nil
	})
	return b.String()
}

// sound holds what is true of every database at every rest: Check is silent and
// all receipts add up.
func (d desk) sound() {
	d.Helper()
	ctx := context.Background()
	broken, err := d.st.Check(ctx)
	if err != nil {
		d.Fatalf("check: %v", err)
	}
	for _, b := range broken {
		d.Errorf("check: %v", b)
	}
	list, _, err := d.bulk.List(ctx, d.who, 0, 1000)
	if err != nil {
		d.Fatal(err)
	}
	for _, i := range list {
		n := i.Counts
		if n.Read != n.Change+n.Unchanged+n.Held+n.Failed && i.State != plan.Checking {
			d.Errorf("import %d, %s: read does not add up: %+v", i.ID, i.State, n)
		}
		if !i.StartedAt.IsZero() && n.Change+n.Accepted != n.Applied+n.Conflict+n.Remaining {
			d.Errorf("import %d, %s: applied does not add up: %+v", i.ID, i.State, n)
		}
		if i.State == plan.Applied && n.Remaining != 0 {
			d.Errorf("import %d is applied, but %d rows remain", i.ID, n.Remaining)
		}
	}
}

// book is a workbook that the test writes part by part, to have in it what no
// writer of ours would put there.
type book struct{ sheets []bookSheet }

type bookSheet struct {
	name   string
	state  string // "", "hidden"
	rows   []string
	merges []string
}

// bytes packs the workbook. Style 1 is a date.
func (b book) bytes(t testing.TB) []byte {
	t.Helper()
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	types, sheets, rels := "", "", ""
	parts := map[string]string{}
	for n, s := range b.sheets {
		part := fmt.Sprintf("worksheets/sheet%d.xml", n+1)
		types += fmt.Sprintf(`<Override PartName="/xl/%s" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, part)
		state := ""
		if s.state != "" {
			state = fmt.Sprintf(` state=%q`, s.state)
		}
		sheets += fmt.Sprintf(`<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, s.name, n+1, state, n+1)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="%s"/>`, n+1, relations, part)
		merges := ""
		for _, m := range s.merges {
			merges += fmt.Sprintf(`<mergeCell ref="%s"/>`, m)
		}
		if merges != "" {
			merges = fmt.Sprintf(`<mergeCells count="%d">%s</mergeCells>`, len(s.merges), merges)
		}
		parts["xl/"+part] = head + `<worksheet xmlns="` + main + `"><sheetData>` + strings.Join(s.rows, "") + `</sheetData>` + merges + `</worksheet>`
	}
	rels += fmt.Sprintf(`<Relationship Id="rId99" Type="%s/styles" Target="styles.xml"/>`, relations)
	parts["[Content_Types].xml"] = head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types + `</Types>`
	parts["_rels/.rels"] = head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relations + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	parts["xl/workbook.xml"] = head + `<workbook xmlns="` + main + `" xmlns:r="` + relations + `"><sheets>` + sheets + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels + `</Relationships>`
	parts["xl/styles.xml"] = head + `<styleSheet xmlns="` + main + `"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>` +
		`<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, name := range append([]string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}, sheetParts(len(b.sheets))...) {
		w, err := zw.Create(name)
		if err == nil {
			_, err = w.Write([]byte(parts[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sheetParts(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1))
	}
	return names
}

// Cells of a book: what stands behind the reference in <c r="A1"…>.
func str(s string) string     { return ` t="inlineStr"><is><t xml:space="preserve">` + s + `</t></is></c>` }
func num(s string) string     { return `><v>` + s + `</v></c>` }
func kind(k, v string) string { return ` t="` + k + `"><v>` + v + `</v></c>` }

// line is a row of a book; an empty cell is left out.
func line(number int, cells ...string) string { return lineWith("", number, cells...) }

func hiddenLine(number int, cells ...string) string { return lineWith(` hidden="1"`, number, cells...) }

func lineWith(attributes string, number int, cells ...string) string {
	text := fmt.Sprintf(`<row r="%d"%s>`, number, attributes)
	for col, c := range cells {
		if c != "" {
			text += fmt.Sprintf(`<c r="%s%d"%s`, sheet.ColumnName(col), number, c)
		}
	}
	return text + `</row>`
}

// as gives a login the role and is that person.
func (d desk) as(login string, role entity.Role) access.User {
	d.Helper()
	testkit.Write(d, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
		p, err := tx.EmployeeByLogin(login)
		if err != nil {
			return err
		}
		p.Role = role
		return tx.UpdateEmployee(p)
	})
	return testkit.As(d, d.st, d.who.WorkspaceID, login)
}

var styleOfCell = regexp.MustCompile(`<c r="([A-Z]+[0-9]+)"(?: s="([0-9]+)")?`)

// styleNumbers is the style of each cell of the first sheet of a workbook.
func styleNumbers(t testing.TB, file []byte) map[string]string {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	part, err := zr.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(part)
	if err != nil {
		t.Fatal(err)
	}
	styles := map[string]string{}
	for _, m := range styleOfCell.FindAllStringSubmatch(string(text), -1) {
		styles[m[1]] = m[2]
	}
	return styles
}
