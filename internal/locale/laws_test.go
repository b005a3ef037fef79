package locale

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/sheet"
)

// Every language has the same messages with the same arguments, so that none
// of them falls silent where another one speaks.
func TestLanguagesAgree(t *testing.T) {
	s := load(t)
	first := s.Get(languages[0])
	for _, tag := range languages[1:] {
		other := s.Get(tag)
		for _, key := range slices.Sorted(maps.Keys(first.messages)) {
			theirs, ok := other.messages[key]
			switch ours := first.messages[key]; {
			case !ok:
				t.Errorf("%s.toml lacks %q", tag, key)
			case !slices.Equal(ours.needs, theirs.needs):
				t.Errorf("%s.toml: %q names the arguments %v; in %s they are %v", tag, key, theirs.needs, languages[0], ours.needs)
			case ours.plural && !theirs.plural:
				t.Errorf("%s.toml: %q has no plural forms", tag, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(other.messages)) {
			if !first.Has(key) {
				t.Errorf("%s.toml has %q, %s.toml has not", tag, key, languages[0])
			}
		}
	}
}

// forms are the plural forms that whole numbers take. A language whose forms
// are not listed here is a line to add.
var forms = map[string][]string{
	"ru": {"one", "few", "many"},
	"be": {"one", "few", "many"},
	"en": {"one", "other"},
}

// A quoted key on a line of its own: TOML would take a bare dotted key for
// tables, and a table with an entry named "description" for a message.
var messageLine = regexp.MustCompile(`^"([a-z0-9_.]+)"\s*= (".+"|\{ .+ \})$`)

func TestFilesAreWrittenTheSameWay(t *testing.T) {
	form := regexp.MustCompile(`\b(zero|one|two|few|many|other) = "`)
	for _, tag := range languages {
		content, err := os.ReadFile(tag + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(content), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			found := messageLine.FindStringSubmatch(line)
			if found == nil {
				t.Errorf("%s.toml:%d: not of the form \"key\" = \"text\" or \"key\" = { one = … }: %s", tag, n+1, line)
				continue
			}
			if !strings.HasPrefix(found[2], "{") {
				continue
			}
			var have []string
			for _, f := range form.FindAllStringSubmatch(found[2], -1) {
				have = append(have, f[1])
			}
			if !slices.Equal(have, forms[tag]) {
				t.Errorf("%s.toml:%d: %s has the forms %v; the language has %v", tag, n+1, found[1], have, forms[tag])
			}
		}
	}
}

// What the program shows by a key put together from a word has a message for
// every word.
func TestEveryWordHasAMessage(t *testing.T) {
	l := load(t).Get("ru")
	c := catalog.New()
	var keys []string
	for _, e := range c.Entities {
		for _, form := range []string{"one", "of", "many", "ofmany", "count"} {
			keys = append(keys, "entity."+e.Name+"."+form)
		}
	}
	for _, r := range []entity.Role{entity.Administrator, entity.Manager, entity.FieldStaff} {
		keys = append(keys, "role."+string(r))
	}
	for _, s := range []plan.State{plan.Uploaded, plan.Checking, plan.Ready, plan.Applying, plan.Applied, plan.Refused, plan.Failed, plan.Cancelled} {
		keys = append(keys, "state."+string(s))
	}
	for _, o := range []plan.Outcome{plan.ToChange, plan.Unchanged, plan.Held, plan.RowFailed, plan.Warning, plan.Conflict} {
		keys = append(keys, "outcome."+string(o))
	}
	for _, g := range (plan.Name | plan.Stale | plan.Visibility | plan.Blast).Names() {
		keys = append(keys, "ui.guard."+g, "ui.guard."+g+".text")
	}
	for _, key := range keys {
		if !l.Has(key) {
			t.Errorf("there is no message %q", key)
		}
	}
	for _, e := range c.Entities {
		for _, f := range e.Fields {
			l.Field(e, f.Name) // panics when there is no heading
		}
	}
}

// Every refusal and warning of the spreadsheet reader has a message, and the
// message names nothing that the refusal does not carry.
func TestEveryRefusalHasAMessage(t *testing.T) {
	l := load(t).Get("ru")
	argument := regexp.MustCompile(`\{(\w+)\}`)
	for _, code := range slices.Concat(sheet.Codes(), sheet.WarningCodes()) {
		m, ok := l.messages["file."+string(code)]
		if !ok {
			t.Errorf("there is no message \"file.%s\"", code)
			continue
		}
		carried := map[string]bool{}
		for _, found := range argument.FindAllStringSubmatch(sheet.Template(code), -1) {
			carried[found[1]] = true
		}
		for _, name := range m.needs {
			if !carried[name] {
				t.Errorf("file.%s names %q, which package sheet does not tell", code, name)
			}
		}
	}
}
