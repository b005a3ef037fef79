package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// plainField is an ordinary input of a form.
type plainField struct {
	Name, Label, Type, Value string
	Required                 bool
	Hint, Fault              string
	Autocomplete             string
}

// ID ties the label to the input.
func (f plainField) ID() string { return "field-" + f.Name }

// recordField is a control made of a field's declaration.
type recordField struct {
	Name, Label, Value string
	Control            string // type of the input; or area, choice, reference, check
	Mode               string // which keyboard a telephone shows
	Required, Wide     bool
	Most               int // characters; 0 when it does not apply
	Options            []option
	Addable            bool   // a value that the directory lacks may be typed beside
	Lookup, Shown      string // of a reference: where to look it up, and the title it has now
	Fault              string
}

// ID ties the label to the control.
func (f recordField) ID() string { return "field-" + strings.ReplaceAll(f.Name, ".", "-") }

type option struct {
	Value, Label, Note string
	Selected           bool
}

// controls are the kinds of field as forms show them; a kind that is not here
// is a line of text.
var controls = map[entity.Kind]struct{ control, mode string }{
	entity.LongText:  {"area", ""},
	entity.Phone:     {"tel", ""},
	entity.Email:     {"email", ""},
	entity.Integer:   {"text", "numeric"},
	entity.Decimal:   {"text", "decimal"},
	entity.Date:      {"date", ""},
	entity.Bool:      {"check", ""},
	entity.Directory: {"choice", ""},
	entity.Reference: {"reference", ""},
}

// faulty hands the faults of a form out to its fields; what belongs to no field
// is left for the top of the form.
type faulty struct {
	v     *visit
	left  []*fault.Error
	count int
}

func (v *visit) faultsIn(err error) *faulty {
	all := fault.All(err)
	return &faulty{v: v, left: slices.Clone(all), count: len(all)}
}

// of takes the sentences about one field.
func (f *faulty) of(field string) string {
	var sentences []string
	f.left = slices.DeleteFunc(f.left, func(one *fault.Error) bool {
		if one.Field != field {
			return false
		}
		sentences = append(sentences, f.v.say.FaultOf(one))
		return true
	})
	return strings.Join(sentences, " ")
}

func (f *faulty) field(p plainField) plainField {
	p.Fault = f.of(p.Name)
	return p
}

// general is the sentences about no field that was asked for.
func (f *faulty) general() []string {
	sentences := make([]string, len(f.left))
	for i, one := range f.left {
		sentences[i] = f.v.say.FaultOf(one)
	}
	return sentences
}

func (f *faulty) rest() string { return strings.Join(f.general(), " ") }

// valueOptions are the values of a directory: those on offer, and the one that
// is chosen even when it is retired.
func valueOptions(values []entity.DirectoryValue, chosen string) []option {
	var options []option
	for _, value := range values {
		id := strconv.FormatInt(value.ID, 10)
		if value.Retired && id != chosen {
			continue
		}
		options = append(options, option{Value: id, Label: value.Name, Selected: id == chosen})
	}
	return options
}

// peopleOptions are employees to choose from. Somebody who no longer works is
// offered only where he is chosen already.
func peopleOptions(people []*entity.Employee, chosen []int64) []option {
	var options []option
	for _, p := range people {
		selected := slices.Contains(chosen, p.ID)
		if !p.Active && !selected {
			continue
		}
		options = append(options, option{
			Value: strconv.FormatInt(p.ID, 10), Label: p.Name, Note: p.Login, Selected: selected,
		})
	}
	slices.SortStableFunc(options, func(a, b option) int { return cmp.Compare(entity.Fold(a.Label), entity.Fold(b.Label)) })
	return options
}

// initials are the letters in a person's round sign.
func initials(name string) string {
	var letters []rune
	for _, word := range strings.Fields(name) {
		if first := []rune(word)[0]; len(letters) < 2 {
			letters = append(letters, first)
		}
	}
	return strings.ToUpper(string(letters))
}
