package bulk_test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

var update = flag.Bool("update", false, "write what the scenarios give as what they should give; read the difference before committing it")

// TestScenarios runs the stories in testdata/scenarios. Each is a text file:
//
//	people     a login a line, with "!" behind an inactive one
//	settings   what the workspace has set, a NAME=VALUE a line
//	before     the records: id | name | status | responsibles, and if need be | fields, such as
//	           city=Минск, main=1; of another kind than companies the id is written «location 2»
//	earlier    what somebody has edited by hand since the file was made
//	file.csv   the edit file; or a workbook, a part «sheet NAME» each, where «number 1.0E+11»
//	           and «date 2026-03-01» are cells of that kind
//	options    words like lists=add, accept=visibility, all-or-nothing; mode=create makes new records
//	preview    expected: the counts, the plan, what is said about rows
//	sight      expected, where it is asked for: who begins and who ceases to see which records
//	mendings   what a person says on the preview, a line each: FIELD WRONG=RIGHT, with
//	           "remember" in front of it; ROW FIELD=TEXT; "take back N"; "again" uploads
//	           the file once more; "choose all mine" and "choose ROW FIELD merge" say what
//	           becomes of fields that were changed since; "drop" for a choice takes it back;
//	           "extend" and "narrow" have what belongs to the records follow, and no longer
//	mended     expected: the preview after that
//	meanwhile  what somebody edits by hand between preview and Import, as in before
//	deactivated  logins that are deactivated between preview and Import
//	applied    expected: the counts and the records after Import
//	corrections  what a person writes over in the file of the rows that were not applied,
//	           WRONG=RIGHT a line, before uploading that one
//	corrected  expected: which import that one corrects, its preview, and the counts and
//	           the records after it is imported, too
//	later      what somebody edits by hand after Import, as in before
//	undo       which part is undone: words like rows=3,5-7 records=1 employee=ivanov
//	           concern=lost accept=stale
//	undone     expected: the counts and the records after the import is undone; where
//	           there is undo, what the import says of its undoing
//	redone     expected, where there is undo: the same after that undo is undone
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			testkit.EachEngine(t, func(t *testing.T, st *store.Store) { runScenario(t, st, file) })
		})
	}
}

// company is the kind of record the scenarios are about.
func company(st *store.Store) *entity.Entity { return st.Catalog().ByName("company") }

type scenario struct {
	*testing.T
	st   *store.Store
	who  access.User
	bulk *bulk.Service
	got  map[string]string
}

func runScenario(t *testing.T, st *store.Store, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{T: t, st: st, who: testkit.Admin(t, st), bulk: newService(t, st), got: map[string]string{}}
	parts := map[string]string{}
	for _, f := range archive.Files {
		parts[f.Name] = string(f.Data)
	}
	s.people(parts["people"])
	s.settings(parts["settings"])
	s.records(parts["before"])
	s.meanwhile(parts["earlier"])
	start := s.table()
	i := s.upload(s.file(archive, parts["file.csv"]), strings.Fields(parts["options"]))
	s.got["preview"] = s.preview(i)
	if _, told := parts["sight"]; told {
		s.got["sight"] = s.sight(i)
	}
	if text, told := parts["mendings"]; told {
		i = s.mend(i, text, func() *plan.Import { return s.upload(parts["file.csv"], strings.Fields(parts["options"])) })
		s.got["mended"] = s.preview(i)
	}
	s.meanwhile(parts["meanwhile"])
	s.deactivate(parts["deactivated"])
	if i.State == plan.Ready {
		s.run(i, parts)
	}
	s.unharmed(start, i)
	compareOrUpdate(t, file, archive, s.got)
}

// run presses Import and then takes it back, as far as the scenario goes.
func (s *scenario) run(i *plan.Import, parts map[string]string) {
	if _, told := parts["applied"]; !told && !*update {
		return
	}
	ctx := context.Background()
	if _, err := s.bulk.Apply(ctx, s.who, i.ID, bulk.Decision{}); err != nil {
		s.got["applied"] = "refused: " + s.sentence(err) + "\n"
		return
	}
	i = s.drive(i.ID)
	s.got["applied"] = s.counts(i) + s.table()
	if i.Counts.Applied == 0 {
		return
	}
	if text, told := parts["corrections"]; told {
		s.correct(i, text)
	}
	s.meanwhile(parts["later"])
	words, chosen := parts["undo"]
	part, accept := s.part(words)
	undo := s.takeBack("undone", i.ID, part, accept)
	if chosen {
		s.got["undone"] += s.undoneOf(i.ID)
		s.takeBack("redone", undo.ID, plan.Part{}, 0)
		s.got["redone"] += s.undoneOf(i.ID) + s.undoneOf(undo.ID)
	}
}

// takeBack undoes a part of an import and keeps preview, receipt and records
// under a name.
func (s *scenario) takeBack(name string, id int64, part plan.Part, accept plan.Guards) *plan.Import {
	s.Helper()
	ctx := context.Background()
	undo, err := s.bulk.UndoPart(ctx, s.who, id, part, accept)
	if err != nil {
		s.Fatalf("undo: %v", err)
	}
	undo = s.drive(undo.ID)
	shown := s.preview(undo)
	if _, err := s.bulk.Apply(ctx, s.who, undo.ID, bulk.Decision{}); err != nil {
		s.Fatalf("apply undo: %v", err)
	}
	undo = s.drive(undo.ID)
	s.got[name] = shown + "\n" + s.counts(undo) + s.table()
	return undo
}

func (s *scenario) undoneOf(id int64) string {
	i, err := s.bulk.Get(context.Background(), s.who, id)
	if err != nil {
		s.Fatal(err)
	}
	return fmt.Sprintf("import %d: undone %d of %d\n", id, i.Undone, i.Counts.Applied)
}

// part reads which part of an import is to be undone.
func (s *scenario) part(words string) (part plan.Part, accept plan.Guards) {
	for _, word := range strings.Fields(words) {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "rows":
			part.Rows, err = plan.ParseSpans(value)
		case "records":
			part.Records = entity.ParseIDs(value)
		case "employee":
			testkit.Read(s, s.st, s.who.WorkspaceID, func(tx *store.Tx) error {
				p, err := tx.EmployeeByLogin(value)
				if err == nil {
					part.Employee = p.ID
				}
				return err
			})
		case "concern":
			part.Concern, err = plan.ParseConcern(value)
		case "accept":
			accept, err = plan.ParseGuards(value)
		default:
			s.Fatalf("the scenario undoes by an unknown word %q", word)
		}
		if err != nil {
			s.Fatal(err)
		}
	}
	return part, accept
}

// unharmed is what holds in every scenario: the database keeps its promises, and
// an import that was not applied has changed nothing.
func (s *scenario) unharmed(start string, i *plan.Import) {
	broken, err := s.st.Check(context.Background())
	if err != nil {
		s.Fatalf("check: %v", err)
	}
	for _, b := range broken {
		s.Errorf("check: %v", b)
	}
	if i.State == plan.Refused && s.table() != start {
		s.Errorf("a refused file has changed records:\n%s", s.table())
	}
}

func newService(t testing.TB, st *store.Store) *bulk.Service {
	t.Helper()
	set, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return bulk.New(st, set, bulk.Options{})
}

// settings changes what the workspace's administrators decide, a NAME=VALUE a line.
func (s *scenario) settings(text string) {
	given := map[string]string{}
	for line := range lines(text) {
		name, value, _ := strings.Cut(line, "=")
		given[name] = value
	}
	if _, err := access.New(s.st).SetSettings(context.Background(), s.who, given); err != nil {
		s.Fatal(err)
	}
}

func (s *scenario) people(text string) {
	for line := range lines(text) {
		login, inactive := strings.CutSuffix(line, "!")
		p := testkit.Employee(s, s.st, s.who.WorkspaceID, login, entity.FieldStaff)
		if inactive {
			p.Active = false
			testkit.Write(s, s.st, s.who.WorkspaceID, func(tx *store.Tx) error { return tx.UpdateEmployee(p) })
		}
	}
}

// line of a table of records: id | name | status | responsibles.
func (s *scenario) record(tx *store.Tx, line string) (*entity.Record, error) {
	cells := strings.Split(line, "|")
	for n := range cells {
		cells[n] = strings.TrimSpace(cells[n])
	}
	kind, number, other := strings.Cut(cells[0], " ")
	if !other {
		kind, number = "company", cells[0]
	}
	rec := entity.NewRecord(s.st.Catalog().ByName(kind))
	var err error
	if rec.ID, err = strconv.ParseInt(number, 10, 64); err != nil {
		return nil, err
	}
	rec.Set("name", cells[1])
	if len(cells) > 4 {
		if err := s.fields(tx, rec, cells[4]); err != nil {
			return nil, err
		}
	}
	rec.Active = cells[2] == "active"
	for login := range strings.SplitSeq(cells[3], ",") {
		if login = strings.TrimSpace(login); login == "" {
			continue
		}
		p, err := tx.EmployeeByLogin(login)
		if err != nil {
			return nil, err
		}
		rec.Responsibles = append(rec.Responsibles, p.ID)
	}
	entity.SortedSet(rec.Responsibles)
	return rec, nil
}

// fields reads the last cell of a line: city=Минск, main=1.
func (s *scenario) fields(tx *store.Tx, rec *entity.Record, text string) error {
	for pair := range strings.SplitSeq(text, ", ") {
		name, value, _ := strings.Cut(pair, "=")
		f := rec.Entity.Field(name)
		if f.Kind == entity.Directory {
			id, err := tx.EnsureDirectoryValue(f.Directory, value)
			if err != nil {
				return err
			}
			value = strconv.FormatInt(id, 10)
		}
		rec.Set(name, value)
	}
	return nil
}

// shownFields writes what fields reads, without the name.
func (s *scenario) shownFields(tx *store.Tx, rec *entity.Record) string {
	var list []string
	for n := range rec.Entity.Fields {
		f := &rec.Entity.Fields[n]
		if rec.Values[n] != "" && rec.Values[n] != f.Default && f.Name != "name" {
			list = append(list, f.Name+"="+s.value(tx, f, rec.Values[n]))
		}
	}
	if list == nil {
		return ""
	}
	return " | " + strings.Join(list, ", ")
}

func (s *scenario) value(tx *store.Tx, f *entity.Field, canonical string) string {
	if f.Kind != entity.Directory || canonical == "" {
		return canonical
	}
	names, err := tx.ValueNames(entity.ParseIDs(canonical))
	if err != nil {
		s.Fatal(err)
	}
	return names[entity.ParseIDs(canonical)[0]]
}

func (s *scenario) records(text string) {
	testkit.Write(s, s.st, s.who.WorkspaceID, func(tx *store.Tx) error {
		for line := range lines(text) {
			rec, err := s.record(tx, line)
			if err != nil {
				return err
			}
			wanted := rec.ID
			rec.ID = 0
			if err := tx.Insert(rec); err != nil {
				return err
			}
			if rec.ID != wanted {
				return fmt.Errorf("record %d got the number %d; list the records from 1 on", wanted, rec.ID)
			}
		}
		return nil
	})
}

func (s *scenario) meanwhile(text string) {
	testkit.Write(s, s.st, s.who.WorkspaceID, func(tx *store.Tx) error {
		for line := range lines(text) {
			now, err := s.record(tx, line)
			if err != nil {
				return err
			}
			old, err := tx.Get(now.Entity, now.ID)
			if err != nil {
				return err
			}
			now.Version = old.Version
			changes := entity.Diff(old, now)
			if err := tx.Update(old, now); err != nil {
				return err
			}
			if err := tx.LogChange(now, s.who.EmployeeID, changes); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *scenario) deactivate(text string) {
	testkit.Write(s, s.st, s.who.WorkspaceID, func(tx *store.Tx) error {
		for login := range lines(text) {
			p, err := tx.EmployeeByLogin(login)
			if err != nil {
				return err
			}
			p.Active = false
			if err := tx.UpdateEmployee(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// file is file.csv, or a workbook made of the parts that are called «sheet NAME».
func (s *scenario) file(archive *txtar.Archive, csv string) string {
	var book bytes.Buffer
	var out *sheet.Writer
	for _, f := range archive.Files {
		name, is := strings.CutPrefix(f.Name, "sheet ")
		if !is {
			continue
		}
		if out == nil {
			var err error
			if out, err = sheet.NewWriter(&book, sheet.XLSX); err != nil {
				s.Fatal(err)
			}
		}
		if err := out.Sheet(sheet.Spec{Name: name}); err != nil {
			s.Fatal(err)
		}
		for line := range lines(string(f.Data)) {
			var row []sheet.Value
			for text := range strings.SplitSeq(line, ";") {
				row = append(row, cellOf(text))
			}
			if err := out.Row(row); err != nil {
				s.Fatal(err)
			}
		}
	}
	if out == nil {
		return csv
	}
	if err := out.Close(); err != nil {
		s.Fatal(err)
	}
	return book.String()
}

// cellOf reads how a scenario writes a cell of a workbook.
func cellOf(text string) sheet.Value {
	kind, rest, _ := strings.Cut(text, " ")
	switch {
	case text == "":
		return sheet.Value{}
	case kind == "number" && rest != "":
		return sheet.Value{Kind: sheet.Number, Text: rest}
	case kind == "date" && rest != "":
		return sheet.Value{Kind: sheet.Date, Text: rest}
	}
	return sheet.Value{Kind: sheet.Text, Text: text}
}

func (s *scenario) upload(csv string, options []string) *plan.Import {
	u := bulk.Upload{Entity: company(s.st), Name: "file.csv", Content: strings.NewReader(csv)}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		switch name {
		case "lists":
			u.Options.Lists = plan.Lists(value)
		case "accept":
			var err error
			if u.Accept, err = plan.ParseGuards(value); err != nil {
				s.Fatal(err)
			}
		case "stale":
			u.Stale = plan.Choice(value)
		case "kind":
			u.Entity = s.st.Catalog().ByName(value)
		case "mode":
			u.Mode = plan.Mode(value)
		case "related":
			u.Options.Related = true
		case "rename":
			u.Options.Rename = true
		case "all-or-nothing":
			u.AllOrNothing = true
		default:
			s.Fatalf("the scenario has an unknown option %q", o)
		}
	}
	i, err := s.bulk.Upload(context.Background(), s.who, u)
	if err != nil {
		s.Fatalf("upload: %v", err)
	}
	return s.drive(i.ID)
}

func (s *scenario) drive(id int64) *plan.Import {
	i, err := s.bulk.Drive(context.Background(), s.who.WorkspaceID, id, nil)
	if err != nil {
		s.Fatalf("drive import %d: %v", id, err)
	}
	return i
}

func (s *scenario) counts(i *plan.Import) string {
	c := i.Counts
	line := string(i.State)
	for _, n := range []struct {
		name string
		n    int64
	}{
		{"read", c.Read}, {"change", c.Change}, {"unchanged", c.Unchanged}, {"held", c.Held}, {"failed", c.Failed},
		{"accepted", c.Accepted}, {"applied", c.Applied}, {"conflict", c.Conflict}, {"remaining", c.Remaining},
		{"blank", c.Blank}, {"warnings", c.Warnings}, {"mended", c.Mended},
	} {
		if n.n != 0 {
			line += fmt.Sprintf(" %s=%d", n.name, n.n)
		}
	}
	if i.Reason != nil {
		line += "\n" + s.sentence(i.Reason)
	}
	return line + "\n"
}

func (s *scenario) sentence(err error) string {
	set, loadErr := locale.Load()
	if loadErr != nil {
		s.Fatal(loadErr)
	}
	return set.Get("en").Fault(err)
}

// sight tells who begins and who ceases to see which records, in numbers and by
// the lists behind them.
func (s *scenario) sight(i *plan.Import) string {
	ctx := context.Background()
	loads, err := s.bulk.Loads(ctx, s.who, i.ID)
	if err != nil {
		s.Fatal(err)
	}
	var b strings.Builder
	for _, l := range loads {
		who, id := "everybody", int64(0)
		if l.Employee != nil {
			who, id = l.Employee.Login, l.Employee.ID
		}
		for _, way := range []struct {
			way bulk.Way
			n   int64
		}{{bulk.Gains, l.Gains}, {bulk.Loses, l.Loses}} {
			if way.n == 0 { // the page has no list then
				continue
			}
			views, _, err := s.bulk.Moved(ctx, s.who, i.ID, bulk.MovedQuery{Employee: id, Way: way.way, Limit: 100})
			if err != nil {
				s.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s %d:", who, way.way, way.n)
			for _, v := range views {
				fmt.Fprintf(&b, " %d", v.RecordID)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (s *scenario) preview(i *plan.Import) string {
	var b strings.Builder
	b.WriteString(s.counts(i))
	ctx := context.Background()
	for _, held := range []bool{false, true} {
		views, err := s.bulk.Changes(ctx, s.who, i.ID, bulk.RowQuery{Held: held, Limit: 100})
		if err != nil {
			s.Fatalf("changes: %v", err)
		}
		for _, v := range views {
			fmt.Fprintf(&b, "%d (row %s)", v.RecordID, bulk.PlaceText(i, v.Row))
			if v.Being == plan.Comes {
				fmt.Fprintf(&b, " comes %q", v.Title)
			}
			if v.Being == plan.Goes {
				fmt.Fprintf(&b, " goes %q", v.Title)
			}
			if len(v.Left) > 0 {
				fmt.Fprintf(&b, " without %s", strings.Join(v.Left, ", "))
			}
			if held && v.Guards != 0 {
				fmt.Fprintf(&b, " held by %s", strings.Join(v.Guards.Names(), ", "))
			}
			if v.TouchesActive {
				fmt.Fprintf(&b, " %s → %s", status(v.ActiveBefore), status(v.ActiveAfter))
			}
			if v.TouchesResponsibles {
				fmt.Fprintf(&b, " [%s] → [%s]", logins(v.Before), logins(v.After))
			}
			for _, f := range v.Fields {
				field := v.Field(f.Field)
				if field == nil {
					continue
				}
				if v.Being != plan.Stays {
					fmt.Fprintf(&b, " %s: %q", f.Field, v.Names.Value(field, f.Before+f.After))
					continue
				}
				fmt.Fprintf(&b, " %s: %q → %q", f.Field, v.Names.Value(field, f.Before), v.Names.Value(field, f.After))
			}
			b.WriteString("\n")
		}
	}
	values, err := s.bulk.NewValues(ctx, s.who, i.ID)
	if err != nil {
		s.Fatal(err)
	}
	for _, v := range values {
		fmt.Fprintf(&b, "new value in %s: %s, rows %d\n", v.Directory, v.Name, v.Rows)
	}
	if i.Summary.Blast {
		fmt.Fprintf(&b, "blast: %s\n", bulk.BlastText(english(s), entity.Scope{All: true}, i))
	}
	s.problems(&b, i)
	return b.String()
}

func english(t testing.TB) *locale.Locale {
	set, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return set.Get("en")
}

func (s *scenario) problems(b *strings.Builder, i *plan.Import) {
	set, err := locale.Load()
	if err != nil {
		s.Fatal(err)
	}
	problems, _, err := s.bulk.Problems(context.Background(), s.who, i.ID, bulk.ProblemQuery{Limit: 100})
	if err != nil {
		s.Fatalf("problems: %v", err)
	}
	for _, p := range problems {
		sentence := bulk.Explain(set.Get("en"), time.UTC, p)
		if at, ok := p.Args["at"]; ok { // the clock of this run
			moment := set.Get("en").DateTime(momentOf(at), time.UTC)
			sentence = strings.ReplaceAll(sentence, moment, "NOW")
		}
		fmt.Fprintf(b, "row %s %s %s: %s\n", bulk.PlaceText(i, p.Row), p.Outcome, p.Code, sentence)
	}
}

func (s *scenario) table() string {
	var b strings.Builder
	testkit.Read(s, s.st, s.who.WorkspaceID, func(tx *store.Tx) error {
		var records []*entity.Record
		for _, e := range s.st.Catalog().Entities {
			list, err := tx.Each(e, entity.Query{}, entity.Scope{All: true}, 0, 1<<20)
			if err != nil {
				return err
			}
			records = append(records, list...)
		}
		slices.SortFunc(records, func(a, b *entity.Record) int { return int(a.ID - b.ID) })
		for _, rec := range records {
			var people []*entity.Employee
			for _, id := range rec.Responsibles {
				p, err := tx.Employee(id)
				if err != nil {
					return err
				}
				people = append(people, p)
			}
			kind := ""
			if rec.Entity != company(s.st) {
				kind = rec.Entity.Name + " "
			}
			fmt.Fprintf(&b, "%s%d | %s | %s | %s%s\n", kind, rec.ID, rec.Title(), status(rec.Active), logins(people), s.shownFields(tx, rec))
		}
		return nil
	})
	return b.String()
}

func status(active bool) string {
	if active {
		return "active"
	}
	return "inactive"
}

func logins(people []*entity.Employee) string {
	list := make([]string, len(people))
	for n, p := range people {
		list[n] = p.Login
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func lines(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for in := bufio.NewScanner(strings.NewReader(text)); in.Scan(); {
			if line := strings.TrimSpace(in.Text()); line != "" && !yield(line) {
				return
			}
		}
	}
}

func compareOrUpdate(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	for _, name := range []string{"preview", "sight", "mended", "applied", "corrected", "undone", "redone"} {
		at := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		text := got[name]
		if *update {
			if at < 0 && text != "" {
				archive.Files = append(archive.Files, txtar.File{Name: name})
				at = len(archive.Files) - 1
			}
			if at >= 0 {
				archive.Files[at].Data = []byte(text)
			}
			continue
		}
		wanted := ""
		if at >= 0 {
			wanted = string(archive.Files[at].Data)
		}
		if diff := cmp.Diff(trimLines(wanted), trimLines(text)); diff != "" {
			t.Errorf("%s (-wanted +got):\n%s", name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, bytes.TrimLeft(txtar.Format(archive), "\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func trimLines(s string) []string { return slices.Collect(lines(s)) }

func momentOf(at any) time.Time {
	switch ms := at.(type) {
	case float64:
		return time.UnixMilli(int64(ms)).UTC()
	case int64:
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}
