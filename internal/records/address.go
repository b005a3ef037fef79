package records

import (
	"net/url"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// The address of a list says what it shows: q, status, responsibles, sort, desc,
// and for each field of the kind
//
//	city=7        has this value; twice: one of these; none: has no value
//	main=yes      is so; no: is not so
//	email.has=by  the text holds this
//	radius.from=5 is 5 or more; to: or less
//	phone.is=empty  has no value; filled: has one
//
// Saved views and changes of a whole list keep the same words.

// Nobody stands for records without responsibles, and for fields without a value.
const Nobody = "none"

// groupsOf is the parameter for groups of employees: records of their members.
const groupsOf = entity.Responsibles + ".group"

// The bounds of an address.
const (
	mostAsked   = 300 // values in all
	longestText = 200 // letters
)

// beside are the parameters of an address that do not choose records.
var beside = []string{"page", "view", "from", "columns", "for", "format", "fit"}

// ReadQuery reads the address of a list of e. What cannot be understood is told,
// each with the parameter it is about, and then the query finds nothing: finding
// everything would be worse, for somebody would export it and edit it.
func ReadQuery(e *entity.Entity, asked url.Values) (entity.Query, []*fault.Error) {
	r := &queryReader{e: e, q: entity.Query{Filters: map[string][]string{}}}
	names := make([]string, 0, len(asked))
	total := 0
	for name, values := range asked {
		names, total = append(names, name), total+len(values)
	}
	if total > mostAsked {
		r.wrong("", fault.New(fault.Invalid, "error.filter_too_many", "max", mostAsked))
		names = nil
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(beside, name) {
			continue
		}
		for _, text := range asked[name] {
			if text != "" {
				r.read(name, text)
			}
		}
	}
	if len(r.faults) > 0 {
		r.q.IDs = []int64{-1}
	}
	return r.q, append(r.faults, r.mild...)
}

type queryReader struct {
	e      *entity.Entity
	q      entity.Query
	faults []*fault.Error
	mild   []*fault.Error // which change nothing about what is found
}

func (r *queryReader) wrong(name string, f *fault.Error) { r.faults = append(r.faults, f.In(name)) }

func (r *queryReader) read(name, text string) {
	if bad := readable(text); bad != nil {
		r.wrong(name, bad)
		return
	}
	switch name {
	case "q":
		r.q.Search = text
	case "desc":
		r.q.Descending = text == "1"
	case "sort":
		if text != entity.ID && text != entity.Active && !r.e.Has(text) {
			r.mild = append(r.mild, fault.New(fault.Invalid, "error.no_such_sort", "name", text).In(name))
			return
		}
		r.q.Sort = text
	case entity.Active:
		r.status(text)
	case entity.Responsibles:
		if text == Nobody {
			r.q.Unassigned = true
			return
		}
		r.q.Responsible = r.id(r.q.Responsible, name, text)
	case groupsOf:
		r.q.Groups = r.id(r.q.Groups, name, text)
	default:
		r.field(name, text)
	}
}

// readable refuses what no text of ours holds.
func readable(text string) *fault.Error {
	switch {
	case !utf8.ValidString(text):
		return fault.New(fault.Invalid, "error.bad_character")
	case utf8.RuneCountInString(text) > longestText:
		return fault.New(fault.Invalid, "error.too_long", "max", longestText)
	}
	for _, letter := range text {
		if unicode.IsControl(letter) && !unicode.IsSpace(letter) {
			return fault.New(fault.Invalid, "error.bad_character")
		}
	}
	return nil
}

func (r *queryReader) status(text string) {
	yes := text == "active"
	if !yes && text != "inactive" || r.q.Active != nil && *r.q.Active != yes {
		r.wrong(entity.Active, fault.New(fault.Invalid, "error.no_such_choice"))
		return
	}
	r.q.Active = &yes
}

func (r *queryReader) id(list []int64, name, text string) []int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		r.wrong(name, fault.New(fault.Invalid, "error.no_such_choice"))
		return list
	}
	return append(list, id)
}

// field reads a parameter that is a field's name, maybe with a way of asking.
func (r *queryReader) field(name, text string) {
	field, way := cutLast(name)
	if !r.e.Has(field) {
		r.wrong(name, fault.New(fault.Invalid, "error.no_such_filter", "name", field))
		return
	}
	f := r.e.Field(field)
	if way == "" && f.Kind.ByValue() {
		value, err := wholeValue(f, text)
		if err != nil {
			r.wrong(name, err)
			return
		}
		r.q.Filters[field] = append(r.q.Filters[field], value)
		return
	}
	op := entity.Op(way)
	if way == "is" {
		op, text = entity.Op(text), ""
	}
	if !slices.Contains(f.Kind.Ops(), op) || (op == entity.Empty || op == entity.Filled) != (way == "is") {
		r.wrong(name, fault.New(fault.Invalid, "error.no_such_filter", "name", name))
		return
	}
	value, err := bound(f, op, text)
	if err != nil {
		r.wrong(name, err)
		return
	}
	r.q.Where = append(r.q.Where, entity.Condition{Field: field, Op: op, Value: value})
}

// cutLast cuts a name at its last point: fields of a workspace's own may have one.
func cutLast(name string) (field, way string) {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[:i], name[i+1:]
		}
	}
	return name, ""
}

// wholeValue is the canonical value that a filter by values names.
func wholeValue(f *entity.Field, text string) (string, *fault.Error) {
	if text == Nobody && f.Kind != entity.Bool {
		return "", nil
	}
	value, err := plain(f).Parse(text)
	if all := fault.All(err); len(all) > 0 {
		return "", all[0]
	}
	if value == "" && f.Kind != entity.Bool {
		return "", fault.New(fault.Invalid, "error.no_such_choice")
	}
	return value, nil
}

// bound is the canonical text that a condition compares with.
func bound(f *entity.Field, op entity.Op, text string) (string, *fault.Error) {
	switch op {
	case entity.Empty, entity.Filled:
		return "", nil
	case entity.Holds:
		return entity.Squeeze(text), nil
	}
	value, err := plain(f).Parse(text)
	if all := fault.All(err); len(all) > 0 {
		return "", all[0]
	}
	if value == "" {
		return "", fault.New(fault.Invalid, "error.required")
	}
	return value, nil
}

// plain is a field without the bounds of what may be stored in it.
func plain(f *entity.Field) *entity.Field { return &entity.Field{Name: f.Name, Kind: f.Kind} }

// WriteQuery is the address of a list: ReadQuery reads it back. Which page is
// looked at and which records were picked is not part of it.
func WriteQuery(e *entity.Entity, q entity.Query) url.Values {
	asked := url.Values{}
	add := func(name, value string) {
		if value != "" {
			asked.Add(name, value)
		}
	}
	add("q", q.Search)
	add("sort", q.Sort)
	if q.Descending {
		add("desc", "1")
	}
	if q.Active != nil {
		add(entity.Active, map[bool]string{true: "active", false: "inactive"}[*q.Active])
	}
	for _, id := range q.Responsible {
		add(entity.Responsibles, strconv.FormatInt(id, 10))
	}
	if q.Unassigned {
		add(entity.Responsibles, Nobody)
	}
	for _, id := range q.Groups {
		add(groupsOf, strconv.FormatInt(id, 10))
	}
	for name, values := range q.Filters {
		for _, value := range values {
			add(name, ValueAsked(e.Field(name), value))
		}
	}
	for _, c := range q.Where {
		if c.Op == entity.Empty || c.Op == entity.Filled {
			add(c.Field+".is", string(c.Op))
			continue
		}
		add(c.Field+"."+string(c.Op), c.Value)
	}
	return asked
}

// ValueAsked is how an address names a canonical value.
func ValueAsked(f *entity.Field, canonical string) string {
	switch {
	case f.Kind == entity.Bool && canonical == "1":
		return "yes"
	case f.Kind == entity.Bool:
		return "no"
	case canonical == "":
		return Nobody
	}
	return canonical
}
