package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// use is a message asked for somewhere in the program.
type use struct {
	place string
	key   string
	gives map[string]bool // names of the arguments; nil when the source does not show them
}

// Every key that stands in the Go sources and the page templates exists, and is
// given the arguments that its message names.
func TestEveryKeyInTheSourcesExists(t *testing.T) {
	l := load(t).Get("ru")
	uses := usesInSources(t, "../..")
	if len(uses) < 20 {
		t.Fatalf("found only %d uses of messages: the search does not work", len(uses))
	}
	for _, u := range uses {
		m, ok := l.messages[u.key]
		if !ok {
			t.Errorf("%s: there is no message %q", u.place, u.key)
			continue
		}
		for _, name := range m.needs {
			if u.gives != nil && !u.gives[name] {
				t.Errorf("%s: %q needs the argument %q", u.place, u.key, name)
			}
		}
	}
}

func usesInSources(t *testing.T, root string) []use {
	t.Helper()
	var uses []use
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); name == "node_modules" || name == "testdata" || name == "dist" || name == ".git" {
				return filepath.SkipDir
			}
		case strings.HasSuffix(path, "_test.go"):
		case strings.HasSuffix(path, ".go"):
			found, err := usesInGo(path)
			uses = append(uses, found...)
			return err
		case strings.HasSuffix(path, ".html"):
			found, err := usesInTemplate(path)
			uses = append(uses, found...)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return uses
}

// usesInGo finds calls like say.T("key", …) and fault.New(code, "key", …).
func usesInGo(path string) ([]use, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		return nil, err
	}
	var uses []use
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		key := keyArgument(call)
		if key < 0 || len(call.Args) <= key {
			return true
		}
		if text, ok := literal(call.Args[key]); ok {
			u := use{place: files.Position(call.Pos()).String(), key: text}
			if !call.Ellipsis.IsValid() && !strings.HasPrefix(text, "check.") { // report adds arguments of its own
				u.gives = named(call.Args[key+1:])
			}
			uses = append(uses, u)
		}
		return true
	})
	return uses, nil
}

// keyArgument is the place of the message key among the arguments, -1 when the
// call is about something else.
func keyArgument(call *ast.CallExpr) int {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return -1
	}
	switch f.Sel.Name {
	case "T":
		return 0
	case "report": // of nadel check
		if key, ok := literal(call.Args[0]); ok && strings.HasPrefix(key, "check.") {
			return 0
		}
	}
	if of, ok := f.X.(*ast.Ident); ok && of.Name == "fault" && f.Sel.Name == "New" {
		return 1
	}
	return -1
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func named(pairs []ast.Expr) map[string]bool {
	names := map[string]bool{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := literal(pairs[i])
		if !ok {
			return nil
		}
		names[name] = true
	}
	return names
}

// usesInTemplate finds calls like {{t "key" …}}.
func usesInTemplate(path string) ([]use, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	call := regexp.MustCompile(`[{(\s]t "([^"]+)"`)
	var uses []use
	for n, line := range strings.Split(string(content), "\n") {
		for _, found := range call.FindAllStringSubmatch(line, -1) {
			uses = append(uses, use{place: path + ":" + strconv.Itoa(n+1), key: found[1]})
		}
	}
	return uses, nil
}
