package locale

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// ordinals are the arguments that say which one and not how many: they are
// written as bare digits.
var ordinals = map[string]bool{
	"id": true, "row": true, "line": true, "cell": true, "import": true, "undoes": true, "version": true, "previous": true,
	"port": true, "employee": true, "wanted_version": true,
}

// vocabulary says where the words for an argument are kept. An argument that is
// not one of the words (somebody's typing, say) is shown as it is.
var vocabulary = map[string]string{
	"entity": "entity.%s.one",
	"kind":   "entity.%s.one",
	"wanted": "entity.%s.one",
	"state":  "state.%s",
	"role":   "role.%s",
	"what":   "what.%s",
	"guards": "ui.guard.%s",
}

// word is one argument as people read it.
func (l *Locale) word(name string, value any, args map[string]any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return l.ourWord(name, v, args)
	case []string:
		return strings.Join(v, ", ")
	case []any: // a list that was stored as JSON
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = l.word(name, v[i], args)
		}
		return strings.Join(parts, ", ")
	case float64: // any number that was stored as JSON; else a real one
		if n, ok := whole(v); ok {
			return l.whole(name, n)
		}
		return strings.Replace(fmt.Sprint(v), ".", l.format.decimal, 1)
	}
	if n, ok := whole(value); ok {
		return l.whole(name, n)
	}
	return fmt.Sprint(value)
}

func (l *Locale) ourWord(name, value string, args map[string]any) string {
	if name == "field" {
		kind, _ := args["entity"].(string)
		if !l.Has("field."+value) && !l.Has("field."+kind+"."+value) && l.own[value] == "" {
			return value
		}
		return l.heading(kind, value)
	}
	if name == "day" {
		return l.Date(value)
	}
	pattern, ok := vocabulary[name]
	if !ok {
		return value
	}
	if key := fmt.Sprintf(pattern, value); l.Has(key) {
		return l.T(key)
	}
	return value
}

func (l *Locale) whole(name string, n int64) string {
	if ordinals[name] {
		return strconv.FormatInt(n, 10)
	}
	return l.Number(n)
}

// whole reads any whole number, also one that was stored as JSON.
func whole(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case int32:
		return int64(n), true
	case uint32:
		return int64(n), true
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	}
	return 0, false
}

// Field is the heading of a field: how forms, lists, files and messages call
// it. field may also be entity.ID, Active, Responsibles or Version; e may be nil
// for those.
func (l *Locale) Field(e *entity.Entity, field string) string {
	if e == nil {
		return l.heading("", field)
	}
	if e.Has(field) && e.Field(field).Own != 0 {
		return e.Field(field).Heading
	}
	return l.heading(e.Name, field)
}

// FieldOf is Field where only the entity's name is at hand; "" is none.
func (l *Locale) FieldOf(kind, field string) string { return l.heading(kind, field) }

// Heading is how a field is called where no entity is at hand: a field of an
// employee or of a workspace, say. An unknown field is called by its own name.
func (l *Locale) Heading(field string) string {
	if own := l.own[field]; own != "" {
		return own
	}
	for _, key := range []string{"field.employee." + field, "field." + field} {
		if l.Has(key) {
			return l.T(key)
		}
	}
	return field
}

// Directory is what a directory is called: one of the workspace's own like the
// field that it is for.
func (l *Locale) Directory(name string) string {
	if own := l.own[name]; own != "" {
		return own
	}
	return l.T("directory." + name)
}

// Setting is a setting's canonical text as people read it.
func (l *Locale) Setting(s *entity.Setting, canonical string) string {
	switch {
	case s.Choices != nil && slices.Contains(s.Choices, canonical):
		return l.T("setting." + s.Name + "." + canonical)
	case s.Kind == entity.Bool && canonical == "1":
		return l.T("setting.yes")
	case s.Kind == entity.Bool:
		return l.T("setting.no")
	}
	return canonical
}

func (l *Locale) heading(kind, field string) string {
	if of, own, is := strings.Cut(field, "."); is { // a companion's: "location.address"
		kind, field = of, own
	}
	if own := l.own[field]; own != "" {
		return own
	}
	if own := "field." + kind + "." + field; kind != "" && l.Has(own) {
		return l.T(own)
	}
	if key := "field." + field; l.Has(key) {
		return l.T(key)
	}
	mistake("there is no heading for the field %q in %s", field, l.tag)
	return field
}

// Fault is what to tell a person about err: a sentence, or several when err is
// several faults. It is empty when err is not a fault: what went wrong then is
// none of the person's business.
func (l *Locale) Fault(err error) string {
	all := fault.All(err)
	sentences := make([]string, len(all))
	for i, f := range all {
		sentences[i] = l.FaultOf(f)
	}
	return strings.Join(sentences, " ")
}

// FaultOf is the sentence for one fault. Faults about a file begin with the
// place in it, when they name one by the arguments sheet, cell, row or line.
func (l *Locale) FaultOf(f *fault.Error) string {
	if f == nil {
		return ""
	}
	sentence := l.fill(f.Key, f.Args)
	if !strings.HasPrefix(f.Key, "file.") {
		return sentence
	}
	if place := l.place(f.Args); place != "" {
		return place + ". " + sentence
	}
	return sentence
}

// place says where in a file something is: «Лист „Клиенты“, ячейка B7».
func (l *Locale) place(args map[string]any) string {
	var parts []string
	for _, name := range []string{"sheet", "cell", "row", "line"} {
		value, given := args[name]
		if !given || l.word(name, value, nil) == "" {
			continue
		}
		if _, cell := args["cell"]; cell && name == "row" {
			continue // the cell says it already
		}
		parts = append(parts, l.fill("place."+name, args))
	}
	place := strings.Join(parts, ", ")
	return capital(place)
}

// capital makes the first letter of a sentence a capital one.
func capital(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}
