package plan

import "nadel/internal/fault"

// Choice is what becomes of a field that somebody has changed after the file was
// made: the file's value, the present one, or both.
type Choice string

// The choices.
const (
	Mine   Choice = "mine"   // what the file wants
	Theirs Choice = "theirs" // what is there now stays
	Merge  Choice = "merge"  // responsibles: what the file has changed of its version's list is changed of the present one
)

// Chosen is one choice on an import.
type Chosen struct {
	Record int64 // 0: every record that nothing else was chosen for
	Row    int64 // of the file
	Field  string
	Choice Choice
}

// ParseChoice reads a word of the command line or of a form; none is no choice.
func ParseChoice(word string) (Choice, error) {
	switch c := Choice(word); c {
	case "", Mine, Theirs, Merge:
		return c, nil
	}
	return "", fault.New(fault.Usage, "error.no_such_choice", "value", word).In("choice")
}
