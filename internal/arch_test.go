// Package internal_test keeps the house in order: which package may import
// which, and what only one of them may touch.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers, from the ground up. A package may import those of lower layers,
// never one of its own layer or above. A package that is not here is a package
// whose place nobody has thought about.
var layers = [][]string{
	{"sheet"}, // imports nothing of ours; anyone could take it
	{"internal/fault"},
	{"internal/entity"},
	{"internal/plan", "internal/catalog", "internal/archive"},
	{"internal/locale"},
	{"internal/store"},
	{"internal/access"},
	{"internal/records", "internal/notify"},
	{"internal/bulk"},
	{"internal/redistribute"},
	{"internal/web", "internal/api", "internal/cli", "internal/demo", "internal/testkit"},
	{"internal/app"},
	{"cmd/nadel"},
}

// only says who alone may import something.
var only = []struct {
	what, why string // what ends in "/" for everything under it
	who       []string
}{
	{"database/sql", "SQL lives in store", []string{"internal/store"}},
	{"modernc.org/", "database drivers live in store", []string{"internal/store"}},
	{"github.com/jackc/", "database drivers live in store", []string{"internal/store"}},
	{"github.com/pressly/", "migrations live in store", []string{"internal/store"}},
	{"nadel/internal/store", "the doors go through the use cases", []string{
		"internal/access", "internal/records", "internal/notify", "internal/bulk", "internal/redistribute", "internal/demo", "internal/testkit", "internal/app",
	}},
	{"nadel/internal/catalog", "everybody else is handed the catalog", []string{"internal/app", "internal/testkit"}},
	{"nadel/internal/testkit", "only tests need it", nil},
	{"nadel/sheet", "files are packed and unpacked for mass editing", []string{"internal/bulk", "internal/app", "internal/web", "internal/cli", "internal/api"}},
	{"net/http", "only the web speaks HTTP", []string{"internal/web", "internal/api", "internal/app"}},
	{"github.com/wneessen/", "e-mail leaves from one place", []string{"internal/notify"}},
	{"os/exec", "the program starts no others", []string{"internal/testkit"}},
}

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath string
	Imports    []string // without those of tests
}

func TestImportsPointDown(t *testing.T) {
	height := map[string]int{}
	for n, layer := range layers {
		for _, p := range layer {
			height["nadel/"+p] = n
		}
	}
	for _, p := range packages(t) {
		own, placed := height[p.ImportPath]
		if !placed {
			t.Errorf("%s has no place among the layers", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, "nadel/") {
				continue
			}
			if h, ok := height[imported]; !ok || h >= own {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, imported)
			}
			if p.ImportPath == "nadel/sheet" {
				t.Errorf("sheet imports %s, and so cannot be taken by itself", imported)
			}
		}
	}
}

func TestWhatOnlyOneMayTouch(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			for _, rule := range only {
				concerned := imported == rule.what || strings.HasSuffix(rule.what, "/") && strings.HasPrefix(imported, rule.what)
				if concerned && !slices.Contains(rule.who, strings.TrimPrefix(p.ImportPath, "nadel/")) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, rule.why)
				}
			}
		}
	}
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "nadel/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != "nadel/internal" { // this test's own place
			all = append(all, p)
		}
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}
