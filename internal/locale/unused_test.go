package locale

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A message that nothing asks for is work for three translators. A key counts
// as asked for when it stands in a source as a whole, or begins or ends like a
// text that keys are put together from ("row." + code, family + ".inactives").
func TestNoMessageStandsUnused(t *testing.T) {
	texts := textsInSources(t, "../..")
	var heads, tails []string
	for text := range texts {
		if head, _, pattern := strings.Cut(text, "%s"); pattern && strings.HasSuffix(head, ".") {
			heads = append(heads, head)
		} else if strings.HasSuffix(text, ".") {
			heads = append(heads, text)
		} else if strings.HasPrefix(text, ".") {
			tails = append(tails, text)
		}
	}
	l := load(t).Get(languages[0])
	for _, key := range slices.Sorted(maps.Keys(l.messages)) {
		begins := func(head string) bool { return strings.HasPrefix(key, head) }
		ends := func(tail string) bool { return strings.HasSuffix(key, tail) }
		if !texts[key] && !slices.ContainsFunc(heads, begins) && !slices.ContainsFunc(tails, ends) {
			t.Errorf("nothing asks for %q", key)
		}
	}
}

// textsInSources are the quoted texts that look like keys or parts of keys.
func textsInSources(t *testing.T, root string) map[string]bool {
	t.Helper()
	quoted := regexp.MustCompile(`["` + "`" + `]([a-z0-9_.]*\.[a-z0-9_.]*(?:%s[a-z.]*)?)["` + "`" + `]`)
	texts := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == "testdata" || name == "dist" || name == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range quoted.FindAllStringSubmatch(string(content), -1) {
			texts[found[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	delete(texts, ".") // of every path; it would let anything pass
	return texts
}
