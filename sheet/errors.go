package sheet

import (
	"fmt"
	"slices"
	"strings"
)

// Code names one reason to refuse a file, or one warning. Codes are stable;
// an application keeps a message for each of them in every language it speaks.
type Code string

// Error is a refusal: the file is not what it seems, is damaged, or asks for
// more than the Limits allow. Whatever Open, Book.Rows and Rows.Err return is
// either an *Error or the error of the underlying ReaderAt.
type Error struct {
	Code   Code
	Sheet  string         // name of the sheet, if one was being read
	Part   string         // name of the part inside the archive, if any
	Row    int            // from 1; 0 if the place is not a row
	Col    int            // from 0; -1 if the place is not a cell
	Line   int            // line of a CSV file, from 1; 0 elsewhere
	Offset int64          // byte offset in the part, or in the file if Part is empty; -1 if unknown
	Args   map[string]any // what the message of this code needs; see Codes
}

// Error says in English what is wrong, where, and what to do.
func (e *Error) Error() string {
	text, ok := refusals[e.Code]
	if !ok {
		text = string(e.Code)
	}
	for name, value := range e.Args {
		text = strings.ReplaceAll(text, "{"+name+"}", fmt.Sprint(value))
	}
	if place := e.Place(); place != "" {
		return place + ": " + text
	}
	return text
}

// Place says where in the file the reason lies, in English, as closely as it
// is known; it is empty when the whole file is meant.
func (e *Error) Place() string {
	var at []string
	if e.Sheet != "" {
		at = append(at, fmt.Sprintf("sheet %q", e.Sheet))
	}
	switch {
	case e.Row > 0 && e.Col >= 0:
		at = append(at, fmt.Sprintf("cell %s%d", ColumnName(e.Col), e.Row))
	case e.Row > 0:
		at = append(at, fmt.Sprintf("row %d", e.Row))
	}
	if e.Line > 0 {
		at = append(at, fmt.Sprintf("line %d", e.Line))
	}
	if e.Part != "" {
		at = append(at, fmt.Sprintf("part %q", e.Part))
	}
	if e.Offset >= 0 && (e.Part != "" || e.Line == 0) && e.Offset > 0 {
		at = append(at, fmt.Sprintf("byte %d", e.Offset))
	}
	return strings.Join(at, ", ")
}

// refuse makes an Error without a place. Arguments come as name, value, …
func refuse(code Code, args ...any) *Error {
	e := &Error{Code: code, Col: -1, Offset: -1}
	if len(args) > 0 {
		e.Args = make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			e.Args[args[i].(string)] = args[i+1]
		}
	}
	return e
}

// Warning is something about a file that did not prevent it from being read,
// but that its owner should hear.
type Warning struct {
	Code Code
	Args map[string]any
}

// String is the warning in English.
func (w Warning) String() string {
	text := warnings[w.Code]
	for name, value := range w.Args {
		text = strings.ReplaceAll(text, "{"+name+"}", fmt.Sprint(value))
	}
	return text
}

// Codes lists every code that an Error can carry, in alphabetical order.
func Codes() []Code { return sortedKeys(refusals) }

// WarningCodes lists every code that a Warning can carry, in alphabetical order.
func WarningCodes() []Code { return sortedKeys(warnings) }

// Template returns the English message of a code with its arguments as {name},
// or "" for an unknown code. Translations use the same names.
func Template(c Code) string {
	if text, ok := refusals[c]; ok {
		return text
	}
	return warnings[c]
}

func sortedKeys(m map[Code]string) []Code {
	codes := make([]Code, 0, len(m))
	for c := range m {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return codes
}
