package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/records"
)

// filterField is what a list offers to ask of one field.
type filterField struct {
	Name, Label  string
	Control      string // values, record, text, range
	Any          string // what it says while nothing is asked
	None         string // that records without a value are meant; "" where each has one
	Options      []option
	Value, Shown string // of a record that was looked up; of a text that is held
	Lookup       string
	From, To     string
	Type         string // of the inputs
	Is           string // empty, filled or neither
	Ops          bool   // whether emptiness can be asked for
	Often        bool   // offered before the others
}

// filters are the ways to ask by each field of the catalog, and by people.
func (v *visit) filters(l *listState, people []*entity.Employee, choices map[string][]entity.DirectoryValue) ([]filterField, error) {
	list := []filterField{v.peopleFilter(l, people)}
	if groups := groupOptions(people, l.q.Groups); len(groups) > 0 {
		list = append(list, filterField{
			Name: entity.Responsibles + ".group", Label: v.say.T("ui.list.groups"), Control: "values",
			Any: v.say.T("ui.list.any.group"), Options: groups, Often: len(l.q.Groups) > 0,
		})
	}
	for i := range l.e.Fields {
		f := &l.e.Fields[i]
		one, err := v.fieldFilter(l, f, choices[f.Directory])
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b filterField) int { return int(boolean(b.Often)) - int(boolean(a.Often)) })
	return list, nil
}

func boolean(b bool) int8 {
	if b {
		return 1
	}
	return 0
}

func (v *visit) peopleFilter(l *listState, people []*entity.Employee) filterField {
	filter := filterField{Name: entity.Responsibles, Label: v.say.Field(l.e, entity.Responsibles), Control: "values", Any: v.say.T("ui.picker.anyone"), Often: true}
	filter.Options = append(filter.Options, option{Value: records.Nobody, Label: v.say.T("ui.nobody"), Selected: l.q.Unassigned})
	for _, p := range people {
		chosen := slices.Contains(l.q.Responsible, p.ID)
		filter.Options = append(filter.Options, option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name, Note: p.Login, Selected: chosen})
	}
	return filter
}

// groupOptions are the groups that anybody is in, as the list of employees has them.
func groupOptions(people []*entity.Employee, chosen []int64) []option {
	var options []option
	seen := map[int64]bool{}
	for _, p := range people {
		for _, g := range p.Groups {
			if !seen[g.GroupID] {
				seen[g.GroupID] = true
				options = append(options, option{Value: strconv.FormatInt(g.GroupID, 10), Label: g.Name, Selected: slices.Contains(chosen, g.GroupID)})
			}
		}
	}
	slices.SortFunc(options, func(a, b option) int { return strings.Compare(entity.Fold(a.Label), entity.Fold(b.Label)) })
	return options
}

// inputTypes are the kinds whose bounds are typed into another input than a line
// of text.
var inputTypes = map[entity.Kind]string{entity.Date: "date"}

func (v *visit) fieldFilter(l *listState, f *entity.Field, values []entity.DirectoryValue) (filterField, error) {
	filter := filterField{Name: f.Name, Label: v.say.Field(l.e, f.Name), Often: f.Filter, Ops: len(f.Kind.Ops()) > 0, Type: "text"}
	asked := l.q.Filters[f.Name]
	filter.Often = filter.Often || len(asked) > 0
	for _, c := range l.q.Where {
		if c.Field != f.Name {
			continue
		}
		filter.Often = true
		switch c.Op {
		case entity.Empty, entity.Filled:
			filter.Is = string(c.Op)
		case entity.Holds:
			filter.Value = c.Value
		case entity.From:
			filter.From = c.Value
		case entity.UpTo:
			filter.To = c.Value
		}
	}
	var err error
	switch f.Kind {
	case entity.Directory:
		filter.Control, filter.Any = "values", v.say.T("ui.list.any")
		filter.Options = append([]option{{Value: records.Nobody, Label: v.say.T("ui.list.without"), Selected: slices.Contains(asked, "")}}, directoryOptions(values, asked)...)
	case entity.Bool:
		filter.Control, filter.Any = "choice", v.say.T("ui.list.any.truth")
		for _, truth := range []string{"1", ""} {
			filter.Options = append(filter.Options, option{
				Value: records.ValueAsked(f, truth), Label: v.say.T(yesOrNo(truth)), Selected: slices.Equal(asked, []string{truth}),
			})
		}
	case entity.Reference:
		filter.Control, filter.Any, filter.Lookup = "record", v.say.T("ui.list.any.record"), v.lookupOf(f)
		if len(asked) == 1 {
			filter.Value = asked[0]
			filter.Shown, err = v.titleOf(f, asked[0])
		}
	case entity.Integer, entity.Decimal, entity.Date:
		filter.Control, filter.Any = "range", v.say.T("ui.list.any")
		if t := inputTypes[f.Kind]; t != "" {
			filter.Type = t
		}
	default:
		filter.Control, filter.Any = "text", v.say.T("ui.list.any.text")
	}
	return filter, err
}

// directoryOptions are the values of a directory: those on offer, and those that
// are chosen even when they are retired.
func directoryOptions(values []entity.DirectoryValue, chosen []string) []option {
	var options []option
	for _, value := range values {
		id := strconv.FormatInt(value.ID, 10)
		if on := slices.Contains(chosen, id); on || !value.Retired {
			options = append(options, option{Value: id, Label: value.Name, Selected: on})
		}
	}
	return options
}

// unshown is what a list is asked that its form has no control for, as hidden
// inputs: whoever sends the form does not lose it.
func (l *listState) unshown() []option {
	var list []option
	add := func(name, value string) { list = append(list, option{Value: value, Label: name}) }
	for _, name := range []string{"from", "columns", "sort", "desc"} {
		if value := l.asked.Get(name); value != "" {
			add(name, value)
		}
	}
	seen := map[string]bool{}
	for _, c := range slices.Backward(l.q.Where) {
		name, value := c.Field+"."+string(c.Op), c.Value
		if c.Op == entity.Empty || c.Op == entity.Filled {
			name, value = c.Field+".is", string(c.Op)
		}
		if seen[name] { // the last one stands in the form
			add(name, value)
		}
		seen[name] = true
	}
	for name, values := range l.q.Filters {
		f := l.e.Field(name)
		if f.Kind == entity.Directory || len(values) < 2 {
			continue
		}
		for _, value := range values {
			add(name, records.ValueAsked(f, value))
		}
	}
	return list
}

// chip is a filter in force, with the address of the list without it.
type chip struct {
	Label, Value, Without string
	Gone                  string // why it finds less than it says
}

// chips names what a list is asked for, in the order of the catalog.
func (v *visit) chips(l *listState, people []*entity.Employee, choices map[string][]entity.DirectoryValue) ([]chip, error) {
	var list []chip
	drop := func(name, value string) string {
		left := url.Values{}
		for other, values := range l.asked {
			left[other] = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return other == name && (value == "" || s == value) })
		}
		if next := changed(l.at, left); next != l.at || l.habits.View == 0 {
			return next
		}
		return l.bare()
	}
	if l.q.Unassigned || len(l.q.Responsible) > 0 {
		c := v.peopleChip(l, people)
		c.Without = drop(entity.Responsibles, "")
		list = append(list, c)
	}
	if len(l.q.Groups) > 0 {
		c := v.groupChip(l, people)
		c.Without = drop(entity.Responsibles+".group", "")
		list = append(list, c)
	}
	for i := range l.e.Fields {
		f := &l.e.Fields[i]
		if asked := l.q.Filters[f.Name]; len(asked) > 0 {
			c, err := v.valuesChip(l.e, f, asked, choices[f.Directory])
			if err != nil {
				return nil, err
			}
			c.Without = drop(f.Name, "")
			list = append(list, c)
		}
		for _, cond := range l.q.Where {
			if cond.Field != f.Name {
				continue
			}
			c := chip{Label: v.say.Field(l.e, f.Name), Value: v.conditionText(f, cond)}
			if cond.Op == entity.Empty || cond.Op == entity.Filled {
				c.Without = drop(f.Name+".is", string(cond.Op))
			} else {
				c.Without = drop(f.Name+"."+string(cond.Op), "")
			}
			list = append(list, c)
		}
	}
	return list, nil
}

func (v *visit) peopleChip(l *listState, people []*entity.Employee) chip {
	c := chip{Label: v.say.Field(l.e, entity.Responsibles)}
	var names []string
	if l.q.Unassigned {
		names = append(names, v.say.T("ui.nobody"))
	}
	for _, id := range l.q.Responsible {
		at := slices.IndexFunc(people, func(p *entity.Employee) bool { return p.ID == id })
		switch {
		case at < 0:
			names, c.Gone = append(names, "№ "+strconv.FormatInt(id, 10)), v.say.T("ui.list.gone.employee")
		case !people[at].Active:
			names, c.Gone = append(names, people[at].Name), v.say.T("ui.employee.inactive")
		default:
			names = append(names, people[at].Name)
		}
	}
	c.Value = strings.Join(names, ", ")
	return c
}

func (v *visit) groupChip(l *listState, people []*entity.Employee) chip {
	c := chip{Label: v.say.T("ui.list.groups")}
	options := groupOptions(people, nil)
	var names []string
	for _, id := range l.q.Groups {
		text := strconv.FormatInt(id, 10)
		if at := slices.IndexFunc(options, func(o option) bool { return o.Value == text }); at >= 0 {
			names = append(names, options[at].Label)
			continue
		}
		names, c.Gone = append(names, "№ "+text), v.say.T("ui.list.gone.group")
	}
	c.Value = strings.Join(names, ", ")
	return c
}

func (v *visit) valuesChip(e *entity.Entity, f *entity.Field, asked []string, values []entity.DirectoryValue) (chip, error) {
	c := chip{Label: v.say.Field(e, f.Name)}
	var names []string
	for _, value := range asked {
		switch {
		case f.Kind == entity.Bool:
			names = append(names, v.say.T(yesOrNo(value)))
		case value == "":
			names = append(names, v.say.T("ui.list.without"))
		case f.Kind == entity.Reference:
			title, err := v.titleOf(f, value)
			if err != nil {
				return c, err
			}
			if title == "" {
				title = "№ " + value
			}
			names = append(names, title)
		default:
			at := slices.IndexFunc(values, func(d entity.DirectoryValue) bool { return strconv.FormatInt(d.ID, 10) == value })
			switch {
			case at < 0:
				names, c.Gone = append(names, "№ "+value), v.say.T("ui.list.gone.value")
			case values[at].Retired:
				names, c.Gone = append(names, values[at].Name), v.say.T("ui.list.gone.retired")
			default:
				names = append(names, values[at].Name)
			}
		}
	}
	c.Value = strings.Join(names, ", ")
	return c, nil
}

// conditionText says what a field must be like.
func (v *visit) conditionText(f *entity.Field, c entity.Condition) string {
	value := c.Value
	if f.Kind == entity.Date {
		value = v.say.Date(value)
	}
	return v.say.T("ui.list.op."+string(c.Op), "value", value)
}

// faultsAsked says what of an address could not be understood.
func (v *visit) faultsAsked(l *listState) []string {
	var list []string
	for _, f := range l.wrong {
		sentence := v.say.FaultOf(f)
		name, _, _ := strings.Cut(f.Field, ".")
		if f.Key != "error.no_such_filter" && (l.e.Has(name) || name == entity.Responsibles || name == entity.Active) {
			sentence = v.say.Field(l.e, name) + ": " + sentence
		}
		if !slices.Contains(list, sentence) {
			list = append(list, sentence)
		}
	}
	return list
}

// inForm finds what filters need: who works here, and the directories' values.
func (v *visit) inForm(e *entity.Entity) (people []*entity.Employee, choices map[string][]entity.DirectoryValue, err error) {
	if people, err = v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{}); err != nil {
		return nil, nil, err
	}
	choices, err = v.s.records.Choices(v.r.Context(), v.who, e)
	return people, choices, err
}
