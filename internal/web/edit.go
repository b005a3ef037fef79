package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
)

// editPage is the form of every field of a record.
type editPage struct {
	frame
	Section     *entity.Entity
	SectionName string
	Path, URL   string
	ID, Version int64
	RecordTitle string
	Active      bool
	StatusLabel string
	Fields      []recordField
	People      recordField
	Faults      int
	General     []string // what is wrong with no field in particular
	Conflict    []contest
}

// contest is a field that somebody else changed while this person typed.
type contest struct{ Label, Theirs, Yours string }

// draft is the form's content: field name to raw text, as records.Update takes it.
type draft map[string]string

func draftOf(rec *entity.Record) draft {
	d := draft{entity.Active: entity.BoolText(rec.Active), entity.Responsibles: entity.IDsText(rec.Responsibles)}
	for i := range rec.Entity.Fields {
		d[rec.Entity.Fields[i].Name] = rec.Values[i]
	}
	return d
}

func draftGiven(e *entity.Entity, form url.Values) draft {
	d := draft{entity.Active: form.Get(entity.Active), entity.Responsibles: strings.Join(form[entity.Responsibles], ",")}
	for i := range e.Fields {
		d[e.Fields[i].Name] = form.Get(e.Fields[i].Name)
	}
	return d
}

func editRecord(v *visit, e *entity.Entity) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	rec, err := v.s.records.Get(v.r.Context(), v.who, e, id)
	if err != nil {
		return err
	}
	return v.editForm(http.StatusOK, rec, rec.Version, draftOf(rec), nil, nil)
}

func (v *visit) editForm(status int, rec *entity.Record, version int64, d draft, wrong error, conflict []contest) error {
	e := rec.Entity
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{})
	if err != nil {
		return err
	}
	choices, err := v.s.records.Choices(v.r.Context(), v.who, e)
	if err != nil {
		return err
	}
	f := v.faultsIn(wrong)
	page := &editPage{
		Section: e, SectionName: v.say.T("entity." + e.Name + ".many"), Path: "/" + e.Path, URL: recordURL(e, rec.ID),
		ID: rec.ID, Version: version, RecordTitle: rec.Title(), Active: d[entity.Active] == "1",
		StatusLabel: v.say.Field(e, entity.Active), Faults: f.count, Conflict: conflict,
	}
	page.frame = v.frame(v.say.T("ui.edit.title", "title", rec.Title()))
	for _, declared := range formOrder(e) {
		field, err := v.recordField(e, declared, d[declared.Name], choices)
		if err != nil {
			return err
		}
		field.Fault = f.of(field.Name)
		page.Fields = append(page.Fields, field)
	}
	page.People = recordField{
		Name: entity.Responsibles, Label: v.say.Field(e, entity.Responsibles), Fault: f.of(entity.Responsibles),
		Options: peopleOptions(people, entity.ParseIDs(d[entity.Responsibles])),
	}
	page.General = f.general()
	v.render(status, "edit", page)
	return nil
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
	case entity.Reference:
		shown.Lookup = v.lookupOf(f)
		shown.Shown, err = v.titleOf(f, text)
	}
	return shown, err
}

func saveRecord(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, err := v.number()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return fault.New(fault.Usage, "ui.error.bad_form")
	}
	d := draftGiven(e, form)
	_, err = v.s.records.Update(v.r.Context(), v.who, e, id, version, d)
	switch fault.CodeOf(err) {
	case "":
		v.notice("ui.saved")
		return v.seeOther(recordURL(e, id))
	case fault.Conflict, fault.Invalid:
		return v.editAgain(e, id, version, d, err)
	}
	return err
}

// editAgain shows the form with everything that was typed. After a conflict it
// stands on the record's present version, with what the others changed put
// beside what was typed: saving again is then a decision.
func (v *visit) editAgain(e *entity.Entity, id, version int64, d draft, wrong error) error {
	rec, err := v.s.records.Get(v.r.Context(), v.who, e, id)
	if err != nil {
		return err
	}
	if fault.CodeOf(wrong) != fault.Conflict || rec.Version == version {
		return v.editForm(statusOf(wrong), rec, version, d, wrong, nil)
	}
	conflict, err := v.contests(rec, version, d)
	if err != nil {
		return err
	}
	return v.editForm(statusOf(wrong), rec, rec.Version, d, nil, conflict)
}

// contests compares what was typed with what the record became since version.
// A field that only the others changed is taken over into the draft; one that
// both changed is shown.
func (v *visit) contests(rec *entity.Record, version int64, d draft) ([]contest, error) {
	since, err := v.s.records.Since(v.r.Context(), v.who, rec.Entity, rec.ID, version)
	if err != nil {
		return nil, err
	}
	seen := map[string]string{} // as it stood at version
	for _, h := range since {   // newest first: the last one to write is the oldest
		for _, c := range h.Changes {
			seen[c.Field] = c.Before
		}
	}
	now, yours := draftOf(rec), map[string]string{}
	for field, before := range seen {
		if d[field] == before {
			d[field] = now[field]
		}
		yours[field] = d[field]
	}
	names, err := v.s.records.HistoryNames(v.r.Context(), v.who, rec.Entity, []records.HistoryEntry{{Changes: between(yours, now)}})
	if err != nil {
		return nil, err
	}
	var list []contest
	for _, field := range fieldOrder(rec.Entity) {
		if _, touched := seen[field]; touched {
			list = append(list, contest{
				Label:  v.say.Field(rec.Entity, field),
				Theirs: v.valueText(rec.Entity, field, now[field], names),
				Yours:  v.valueText(rec.Entity, field, yours[field], names),
			})
		}
	}
	return list, nil
}

func between(yours, now map[string]string) []entity.Change {
	var changes []entity.Change
	for field, text := range yours {
		changes = append(changes, entity.Change{Field: field, Before: now[field], After: text})
	}
	return changes
}

func fieldOrder(e *entity.Entity) []string {
	order := []string{entity.Active, entity.Responsibles}
	for i := range e.Fields {
		order = append(order, e.Fields[i].Name)
	}
	return order
}

// valueText is any field's value in words.
func (v *visit) valueText(e *entity.Entity, field, canonical string, names records.Names) string {
	switch field {
	case entity.Active:
		return v.statusWord(canonical == "1")
	case entity.Responsibles:
		var list []string
		for _, p := range people(entity.ParseIDs(canonical), names.People) {
			list = append(list, p.Name)
		}
		slices.Sort(list)
		return strings.Join(list, ", ")
	}
	return v.cell(e, e.Field(field), canonical, names).Text
}
