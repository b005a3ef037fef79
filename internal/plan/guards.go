package plan

import (
	"strings"

	"nadel/internal/fault"
)

// Guards is a set of reasons for holding a row until a person says yes.
type Guards uint8

// The guards.
const (
	Name       Guards = 1 << iota // the name beside the id is not the record's
	Stale                         // the field was changed after the file was made
	Visibility                    // the record would be left without responsibles
	Blast                         // too much of the workspace would change at once
	Values                        // a value would be added to a directory
	Twins                         // the record would likely be the same thing twice
)

// guardNames is in the order in which guards are shown.
var guardNames = []struct {
	guard Guards
	name  string
}{{Name, "name"}, {Stale, "stale"}, {Visibility, "visibility"}, {Blast, "blast"}, {Values, "values"}, {Twins, "duplicates"}}

// Within tells whether every guard of g is among the accepted.
func (g Guards) Within(accepted Guards) bool { return g != 0 && g&^accepted == 0 }

// Names lists the guards of the set by the words that the command line uses.
func (g Guards) Names() []string {
	var names []string
	for _, n := range guardNames {
		if g&n.guard != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// ParseGuards reads words like "name,stale".
func ParseGuards(s string) (Guards, error) {
	var g Guards
	for word := range strings.SplitSeq(s, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		if word == "" {
			continue
		}
		found := false
		for _, n := range guardNames {
			if n.name == word {
				g |= n.guard
				found = true
			}
		}
		if !found {
			return 0, fault.New(fault.Usage, "error.no_such_guard", "guard", word)
		}
	}
	return g, nil
}
