package web

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
)

// picked is what was chosen on a list: records one by one, or all that it finds.
type picked struct {
	*listState
	Everything bool
	IDs        string // by commas
	Query      string
	Columns    string
}

// pickedOn reads what was chosen, and makes the query that finds it.
func (v *visit) pickedOn(e *entity.Entity, form url.Values) (*picked, error) {
	l, err := v.listOf(e, form)
	if err != nil {
		return nil, err
	}
	if l.blind() {
		return nil, fault.New(fault.Invalid, "error.view_query")
	}
	p := &picked{listState: l, Everything: form.Get("everything") == "1", Query: l.address(), Columns: strings.Join(l.columns, ",")}
	l.q.Offset, l.q.Limit = 0, 0
	if p.Everything {
		return p, nil
	}
	ids := idsGiven(form, "ids")
	switch {
	case len(ids) == 0:
		return nil, fault.New(fault.Invalid, "error.picked_none")
	case len(ids) > bulk.MostPicked:
		return nil, fault.New(fault.Invalid, "error.picked_too_many", "max", bulk.MostPicked)
	}
	// picked on pages of other filters, too: those do not matter any more
	l.q = entity.Query{IDs: ids, Sort: l.q.Sort, Descending: l.q.Descending}
	p.IDs = entity.IDsText(ids)
	return p, nil
}

// exportPicked gives what was chosen on a list, as the list shows it.
func exportPicked(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p, err := v.pickedOn(e, form)
	if err != nil {
		return err
	}
	name, o := v.exportAsked(p.listState, form.Get("for"))
	return v.download(name, o.Format, func(w io.Writer) error {
		return v.s.bulk.Export(v.r.Context(), v.who, e, p.q, o, w)
	})
}

// changePage asks what is to become of the records that were chosen.
type changePage struct {
	frame
	Section *entity.Entity
	Path    string
	Heading string
	Picked  *picked
	Chips   []chip
	What    string
	Choices []option // of people and status
	Fields  []changeField
	People  recordField
	Clear   bool
	Fault   string
}

// changeField is a field that can be given to many records, and its control.
type changeField struct {
	recordField
	What     string
	Selected bool
}

// fieldWhat begins the choice of a field.
const fieldWhat = "field."

func askChange(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	return v.showChange(http.StatusOK, e, form, nil)
}

func (v *visit) showChange(status int, e *entity.Entity, form url.Values, wrong error) error {
	p, err := v.pickedOn(e, form)
	if err != nil {
		return err
	}
	n, err := v.s.records.Count(v.r.Context(), v.who, e, p.q)
	if err != nil {
		return err
	}
	page := &changePage{Section: e, Path: "/" + e.Path, Picked: p, What: form.Get("what"), Clear: form.Get("clear") == "1"}
	page.Heading = v.say.T("ui.change.title", "records", v.say.T("entity."+e.Name+".count", "count", n))
	page.frame = v.frame(page.Heading)
	people, choices, err := v.inForm(e)
	if err != nil {
		return err
	}
	if p.Everything {
		if page.Chips, err = v.chips(p.listState, people, choices); err != nil {
			return err
		}
	}
	for _, what := range []string{"add", "remove", "replace", "activate", "deactivate"} {
		page.Choices = append(page.Choices, option{Value: what, Label: v.say.T("ui.change." + what), Selected: what == page.What})
	}
	f := v.faultsIn(wrong)
	chosen := idsGiven(form, "people")
	page.People = recordField{Name: "people", Label: v.say.Field(e, entity.Responsibles), Options: peopleOptions(people, chosen), Fault: f.of(entity.Responsibles)}
	for i := range e.Fields {
		declared := &e.Fields[i]
		if declared.Derived {
			continue
		}
		field, err := v.recordField(e, declared, form.Get("value."+declared.Name), choices)
		if err != nil {
			return err
		}
		what := fieldWhat + declared.Name
		// the browser must not ask for what is hidden
		field.Name, field.Required, field.Addable, field.Wide, field.Fault = "value."+declared.Name, false, false, true, f.of(declared.Name)
		page.Fields = append(page.Fields, changeField{field, what, what == page.What})
	}
	page.Fault = f.rest()
	v.render(status, "change", page)
	return nil
}

// changePicked begins the import that changes what was chosen.
func changePicked(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p, err := v.pickedOn(e, form)
	if err != nil {
		return err
	}
	edit, err := editAsked(e, form)
	if err == nil {
		var i *plan.Import
		if i, err = v.s.bulk.ChangeFound(v.r.Context(), v.who, e, p.q, edit); err == nil {
			return v.seeOther("/imports/" + strconv.FormatInt(i.ID, 10))
		}
	}
	if fault.CodeOf(err) == fault.Invalid {
		return v.showChange(statusOf(err), e, form, err)
	}
	return err
}

// editAsked reads what the form says is to be done. An empty field means nothing
// by itself: whoever wants to empty one says so.
func editAsked(e *entity.Entity, form url.Values) (plan.FieldEdit, error) {
	what := form.Get("what")
	switch what {
	case "add", "remove", "replace":
		return plan.FieldEdit{Field: entity.Responsibles, Lists: plan.Lists(what), People: idsGiven(form, "people")}, nil
	case "activate", "deactivate":
		return plan.FieldEdit{Field: entity.Active, Value: entity.BoolText(what == "activate")}, nil
	}
	name, isField := strings.CutPrefix(what, fieldWhat)
	if !isField || !e.Has(name) {
		return plan.FieldEdit{}, fault.New(fault.Invalid, "error.change_what").In("what")
	}
	edit := plan.FieldEdit{Field: name, Value: form.Get("value." + name)}
	if form.Get("clear") == "1" {
		edit.Value = ""
	} else if edit.Value == "" && e.Field(name).Kind != entity.Bool {
		return edit, fault.New(fault.Invalid, "error.change_empty").In(name)
	}
	return edit, nil
}

// changeSource is what an import that was begun on a list is made of: which
// records, and what is to become of them.
type changeSource struct {
	What  string
	URL   string // of the list; "" when the records were picked one by one
	Chips []chip
	Count int // of those that were picked
}

// changeSource says where an import of that sort comes from; nil for the others.
func (v *visit) changeSource(i *plan.Import) (*changeSource, error) {
	t := i.Options.Task
	if t == nil || t.What != plan.ChangeFound {
		return nil, nil //nolint:nilnil // most imports come from a file
	}
	e := i.Entity
	s := &changeSource{Count: len(t.Find.IDs)}
	people, choices, err := v.inForm(e)
	if err != nil {
		return nil, err
	}
	l := &listState{e: e, q: *t.Find, asked: records.WriteQuery(e, *t.Find)}
	if s.Count == 0 {
		s.URL = changed("/"+e.Path, l.asked)
		if len(l.asked) == 0 {
			s.URL += "?view=" + wholeList
		}
		if s.Chips, err = v.chips(l, people, choices); err != nil {
			return nil, err
		}
		if t.Find.Search != "" {
			s.Chips = append(s.Chips, chip{Label: v.say.T("ui.list.search"), Value: t.Find.Search})
		}
		if t.Find.Active != nil {
			s.Chips = append(s.Chips, chip{Label: v.say.Field(e, entity.Active), Value: v.say.T(statusKey(*t.Find.Active))})
		}
	}
	s.What, err = v.editText(e, t.Edit, people, choices)
	return s, err
}

func statusKey(active bool) string {
	if active {
		return "status.active"
	}
	return "status.inactive"
}

// editText says what is to become of records in words.
func (v *visit) editText(e *entity.Entity, edit *plan.FieldEdit, people []*entity.Employee, choices map[string][]entity.DirectoryValue) (string, error) {
	switch edit.Field {
	case entity.Active:
		if edit.Value == "1" {
			return v.say.T("ui.change.activate"), nil
		}
		return v.say.T("ui.change.deactivate"), nil
	case entity.Responsibles:
		who := v.peopleChip(&listState{e: e, q: entity.Query{Responsible: edit.People}}, people)
		return v.say.T("ui.change."+string(edit.Lists)) + ": " + who.Value, nil
	}
	if !e.Has(edit.Field) {
		return edit.Field, nil // a field that is no more
	}
	f := e.Field(edit.Field)
	label := v.say.Field(e, f.Name)
	switch {
	case f.Kind.ByValue():
		c, err := v.valuesChip(e, f, []string{edit.Value}, choices[f.Directory])
		return label + ": " + c.Value, err
	case edit.Value == "":
		return label + ": " + v.say.T("ui.list.is.empty"), nil
	case f.Kind == entity.Date:
		return label + ": " + v.say.Date(edit.Value), nil
	}
	return label + ": " + edit.Value, nil
}
