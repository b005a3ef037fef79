package web

import (
	"net/url"
	"slices"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
)

// recordForm is the form of every field of a record, known or new.
type recordForm struct {
	frame
	Section     *entity.Entity
	SectionName string
	Path        string
	Cancel      string // where leaving without saving leads
	Action      string
	ID, Version int64 // 0 for a new record
	Heading     string
	Held        *entity.Record // the record as it is stored; nil for a new one
	Twins       []twinLine     // what a new record would likely repeat
	Lead        []recordField  // come before the companion's; none when it is not asked for
	Fields      []recordField
	Companion   string // heading of the companion's fields; "" when none are asked
	Along       []recordField
	People      recordField
	Faults      int
	General     []string // what is wrong with no field in particular
	Contests    []contest
}

// draft is the form's content: field name to raw text, as records takes it.
type draft map[string]string

func draftOf(rec *entity.Record) draft {
	d := draft{entity.Responsibles: entity.IDsText(rec.Responsibles)}
	for i := range rec.Entity.Fields {
		d[rec.Entity.Fields[i].Name] = rec.Values[i]
	}
	return d
}

// draftGiven reads what was typed; along names further fields of the form.
func draftGiven(e *entity.Entity, form url.Values, along ...string) draft {
	d := draft{entity.Responsibles: strings.Join(form[entity.Responsibles], ",")}
	for i := range e.Fields {
		if !e.Fields[i].Derived {
			d[e.Fields[i].Name] = form.Get(e.Fields[i].Name)
		}
	}
	for _, name := range along {
		d[name] = form.Get(name)
	}
	return d
}

// newValues adds to the directories what was typed instead of chosen, and puts
// it into the draft. What is added stays, whatever becomes of the form.
func (v *visit) newValues(e *entity.Entity, form url.Values, d draft) error {
	var faults fault.Many
	for i := range e.Fields {
		f := &e.Fields[i]
		typed := form.Get("new." + f.Name)
		if f.Kind != entity.Directory || entity.Squeeze(typed) == "" {
			continue
		}
		id, err := v.s.records.EnsureValue(v.r.Context(), v.who, f.Directory, typed)
		if fault.CodeOf(err) == fault.Invalid {
			faults = append(faults, fault.All(err)[0].In(f.Name))
			continue
		}
		if err != nil {
			return err
		}
		d[f.Name] = entity.IDsText([]int64{id})
	}
	return faults.ErrOrNil()
}

// showForm fills the form's controls with what was typed and what is wrong with
// it, and writes the page.
func (v *visit) showForm(status int, page *recordForm, d draft, wrong error) error {
	e := page.Section
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{})
	if err != nil {
		return err
	}
	chosen := entity.ParseIDs(d[entity.Responsibles])
	people = slices.DeleteFunc(people, func(p *entity.Employee) bool { return !v.who.MayName(p.ID) && !slices.Contains(chosen, p.ID) })
	f := v.faultsIn(wrong)
	page.SectionName, page.Path = v.say.T("entity."+e.Name+".many"), "/"+e.Path
	page.Faults = f.count
	page.frame = v.frame(page.Title)
	if page.Fields, err = v.recordFields(page, e, e.FormOrder(), "", d, f); err != nil {
		return err
	}
	if companion, fields := v.along(e); page.ID == 0 && companion != nil {
		page.Companion = v.say.T("entity." + companion.Name + ".companion")
		if page.Along, err = v.recordFields(page, companion, fields, companion.Name+".", d, f); err != nil {
			return err
		}
		// What it is called and where it is come first: the rest can wait.
		named := slices.IndexFunc(page.Fields, func(one recordField) bool { return one.Name == e.Title }) + 1
		page.Lead, page.Fields = page.Fields[:named], page.Fields[named:]
	}
	page.People = recordField{
		Name: entity.Responsibles, Label: v.say.Field(e, entity.Responsibles), Fault: f.of(entity.Responsibles),
		Options: peopleOptions(people, chosen),
	}
	for i := range page.Contests {
		page.Contests[i].Fault = f.of(page.Contests[i].Choice())
	}
	page.General = f.general()
	v.render(status, "edit", page)
	return nil
}

// along is the companion of a kind and its fields that the form of a new record
// asks for, too.
func (v *visit) along(e *entity.Entity) (*entity.Entity, []*entity.Field) {
	companion, _ := v.catalog().Companion(e)
	if companion == nil {
		return nil, nil
	}
	return companion, companion.AlongFields()
}

func (v *visit) alongNames(e *entity.Entity) []string {
	companion, fields := v.along(e)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = companion.Name + "." + f.Name
	}
	return names
}

// recordFields makes controls of declared fields; prefix stands before their
// names in the form.
func (v *visit) recordFields(page *recordForm, e *entity.Entity, fields []*entity.Field, prefix string, d draft, f *faulty) ([]recordField, error) {
	choices, err := v.s.records.Choices(v.r.Context(), v.who, e)
	if err != nil {
		return nil, err
	}
	var names records.Names
	if page.Held != nil {
		if names, err = v.s.records.Names(v.r.Context(), v.who, []*entity.Record{page.Held}); err != nil {
			return nil, err
		}
	}
	list := make([]recordField, 0, len(fields))
	for _, declared := range fields {
		field, err := v.recordField(e, declared, d[prefix+declared.Name], choices)
		if err != nil {
			return nil, err
		}
		if held := page.Held; declared.Kind == entity.Reference && field.Shown == "" && held != nil && field.Value == held.Get(declared.Name) {
			// what the record refers to may be out of this person's sight; its title is not
			field.Shown = names.Value(declared, field.Value)
		}
		field.Name = prefix + declared.Name
		field.Fault = f.of(field.Name)
		list = append(list, field)
	}
	return list, nil
}

// recordField makes a control of a field's declaration and what was typed.
func (v *visit) recordField(e *entity.Entity, f *entity.Field, text string, choices map[string][]entity.DirectoryValue) (recordField, error) {
	shown := recordField{
		Name: f.Name, Label: v.say.Field(e, f.Name), Value: text, Control: "text",
		Required: f.Required, Wide: f.Kind == entity.LongText,
	}
	if c, ok := controls[f.Kind]; ok {
		shown.Control, shown.Mode = c.control, c.mode
	}
	var err error
	switch f.Kind {
	case entity.Text, entity.LongText, entity.Phone, entity.Email:
		shown.Most = f.Most()
	case entity.Directory:
		shown.Options = valueOptions(choices[f.Directory], text)
		shown.Addable = v.who.May(access.ManageDirectories)
	case entity.Reference:
		shown.Lookup = v.lookupOf(f)
		shown.Shown, err = v.titleOf(f, text)
	}
	return shown, err
}
