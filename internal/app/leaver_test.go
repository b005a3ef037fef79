package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Somebody leaves, and his four thousand clients go to three others: exported,
// edited, previewed, applied, and taken back, as an administrator does it.
func TestLeaversClientsChangeHands(t *testing.T) {
	p := &program{t: t, dir: t.TempDir()}
	p.run("seed", "--companies", "6000", "--employees", "3")
	heirs := []string{"ivanov", "petrov", "sidorova"}
	for _, login := range heirs {
		p.run("employee", "add", login, "--name", "Преемник "+login)
	}
	before := everything(p)

	p.run("export", "company", "--for-edit", "--filter", "responsibles=user001", "-o", "his.csv")
	clients := handOver(t, filepath.Join(p.dir, "his.csv"), heirs)
	if clients < 3500 {
		t.Fatalf("the leaver has %d clients; about 4,000 were wanted", clients)
	}

	type receipt struct {
		State  string
		Counts struct{ Read, Change, Held, Failed, Applied, Conflict, Remaining int }
	}
	shown := func(args ...string) (r receipt) {
		t.Helper()
		if err := json.Unmarshal([]byte(p.run(args...)), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	preview := shown("import", "company", "his.csv", "--json")
	if c := preview.Counts; c.Read != clients || c.Change != clients || c.Held+c.Failed != 0 {
		t.Errorf("the preview of %d clients: %+v", clients, c)
	}
	if everything(p) != before {
		t.Error("the preview has written something")
	}
	applied := shown("apply", "1", "--json")
	if c := applied.Counts; applied.State != "applied" || c.Applied != clients || c.Conflict+c.Remaining != 0 {
		t.Errorf("applied: %s %+v", applied.State, c)
	}
	p.run("export", "company", "--for-edit", "--filter", "responsibles=user001", "-o", "left.csv")
	if left, err := os.ReadFile(filepath.Join(p.dir, "left.csv")); err != nil || strings.Count(string(left), "\n") != 1 {
		t.Errorf("the leaver still has clients: %.200s (%v)", left, err)
	}
	undone := shown("undo", "1", "--apply", "--json")
	if c := undone.Counts; undone.State != "applied" || c.Applied != clients {
		t.Errorf("undone: %s %+v", undone.State, c)
	}
	if everything(p) != before {
		t.Error("undo has not brought back what was before")
	}
	if complaints := p.run("check"); complaints != "" {
		t.Errorf("nadel check: %s", complaints)
	}
}

// everything is what a workspace's records of all kinds hold, without versions.
func everything(p *program) string {
	p.t.Helper()
	var sums []string
	for _, kind := range []string{"company", "location", "asset", "contact"} {
		p.run("export", kind, "--for-edit", "-o", kind+".csv")
		content, err := os.ReadFile(filepath.Join(p.dir, kind+".csv"))
		if err != nil {
			p.t.Fatal(err)
		}
		sums = append(sums, valuesOf(string(content)))
	}
	return strings.Join(sums, " ")
}

// handOver writes one of the heirs into each row in the leaver's place, and
// tells how many rows there are.
func handOver(t *testing.T, path string, heirs []string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(content), "\r\n"), "\r\n")
	out := []string{"ID;Ответственные"}
	for n, line := range lines[1:] {
		id, _, _ := strings.Cut(line, ";")
		out = append(out, fmt.Sprintf("%s;user001>%s", id, heirs[n%len(heirs)]))
	}
	if err := os.WriteFile(path, []byte(strings.Join(out, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return len(out) - 1
}
