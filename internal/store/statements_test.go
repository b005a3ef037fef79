package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notOfOneWorkspace is the functions that may hold a text without workspace_id,
// and why.
var notOfOneWorkspace = map[string]string{
	"FindCtx":        "sessions: a token is known before it is known whose it is",
	"CommitCtx":      "sessions",
	"stands":         "sessions",
	"DeleteCtx":      "sessions",
	"CountTry":       "failures to sign in are counted for an address across all workspaces",
	"anybodySignsIn": "setting up asks whether anybody can sign in anywhere",
	"claim":          "a worker takes the next import of whatever workspace",
	"ClaimMail":      "one node sends the next e-mail of whatever workspace",
	"EachListed":     "the condition is written by selection.where, which begins with it",
	"Each":           "the condition is written by selection.where, which begins with it",
	"count":          "the same",
	"Clusters":       "the same",
	"Extent":         "the same",
	"ids":            "the same",
	"insertRows":     "the columns are its callers'",
	"eachOnce":       "the column or the condition, its callers', is workspace_id",

	"sqliteSearchEntered": "a row's number there begins with its workspace's",

	"makeSearchTables":    "the schema is everybody's",
	"defineSearchTable":   "the same",
	"fillSearchTable":     "the same",
	"sqliteSearchTable":   "a row's number there begins with its workspace's",
	"sqliteSearchFind":    "the same",
	"Holding":             "the condition is written by searchFind, which begins with it",
	"narrow":              "the condition is written by searchFind, which begins with it",
	"postgresSearchTable": "a trigger is about the row that it is called for",
	"Save":                "the whole installation is carried",
	"dump":                "the same",
	"holdsData":           "the same",
	"clearOneByOne":       "the same",
	"clearPostgres":       "the same",
	"all":                 "the same: leases of all imports end",
	"schemaVersion":       "the schema is everybody's",
	"Distribute":          "the same",
	"distribution":        "the same",
	"distributing":        "the same",
	"worksWithNewer":      "the same",
	"migratingSQLite":     "the same",

	"migratingPostgres": "the schema is everybody's",
	"suits":             "the server is everybody's",
}

var (
	statement = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b`)
	ofNobody  = regexp.MustCompile(`(FROM|INTO|UPDATE) workspaces\b`) // the table of workspaces is keyed by its own id
)

// TestEveryStatementNamesItsWorkspace reads the sources of this package: each
// function that holds SQL names workspace_id, or stands in the short list of
// those that have a reason not to.
func TestEveryStatementNamesItsWorkspace(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			for _, sql := range statements(f) {
				checked++
				if strings.Contains(sql, "workspace_id") || ofNobody.MatchString(sql) {
					continue
				}
				if _, excused := notOfOneWorkspace[f.Name.Name]; !excused {
					t.Errorf("%s: %s runs a statement that names no workspace_id: %s", file, f.Name.Name, brief(sql))
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d statements were found: the test no longer sees them", checked)
	}
}

// statements is the SQL texts in a function: string literals joined by + count
// as one.
func statements(f *ast.FuncDecl) []string {
	var list []string
	ast.Inspect(f, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		text := literals(e)
		if text == "" {
			return true
		}
		if statement.MatchString(text) {
			list = append(list, text)
		}
		return false
	})
	return list
}

// literals is the string literals of an expression, joined; "" when it is
// neither a literal nor a sum.
func literals(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			return e.Value
		}
	case *ast.ParenExpr:
		return literals(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return literals(e.X) + literals(e.Y)
		}
	}
	return ""
}
