package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
)

// contest is a field that somebody else changed while this person typed: one of
// the two values must be chosen.
type contest struct{ Name, Label, Theirs, Yours, Chosen, Fault string }

// The choices in a contest, as the form writes them.
const (
	keepTheirs = "theirs"
	keepYours  = "yours"
)

// Choice is the name of the control that chooses.
func (c contest) Choice() string { return "keep." + c.Name }

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

func (v *visit) editForm(status int, rec *entity.Record, version int64, d draft, wrong error, contests []contest) error {
	page := &recordForm{
		Section: rec.Entity, Held: rec, ID: rec.ID, Version: version, Heading: rec.Title(), Contests: contests,
		Cancel: recordURL(rec.Entity, rec.ID), Action: recordURL(rec.Entity, rec.ID) + "/edit",
	}
	page.Title = v.say.T("ui.edit.title", "title", rec.Title())
	return v.showForm(status, page, d, wrong)
}

func saveRecord(v *visit, e *entity.Entity) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return fault.New(fault.Usage, "ui.error.bad_form")
	}
	d := draftGiven(e, form)
	given, undecided := settle(form, d)
	var rec *entity.Record
	if err = undecided.ErrOrNil(); err == nil {
		err = v.newValues(e, form, given)
	}
	if err == nil {
		rec, err = v.s.records.Update(v.r.Context(), v.who, e, id, version, given)
	}
	var contested *records.ContestedError
	switch {
	case err == nil:
		v.noticeSaved(rec, version)
		return v.seeOther(recordURL(e, id))
	case errors.As(err, &contested):
		names := make([]string, len(contested.Fields))
		for i, c := range contested.Fields {
			names[i] = c.Field
		}
		return v.contestedForm(statusOf(err), contested.Record, contested.Draft, nil, names, nil)
	case fault.CodeOf(err) == fault.Invalid:
		rec, again := v.s.records.Get(v.r.Context(), v.who, e, id)
		if again != nil {
			return again
		}
		if names := form["contest"]; len(names) > 0 {
			return v.contestedForm(statusOf(err), rec, d, err, names, form)
		}
		return v.editForm(statusOf(err), rec, version, d, err, nil)
	}
	return err
}

// noticeSaved says so, and when somebody else's changes were kept beside.
func (v *visit) noticeSaved(rec *entity.Record, seen int64) {
	if rec.Version > seen+1 {
		v.notice("ui.saved.merged")
		return
	}
	v.notice("ui.saved")
}

// settle takes out of the draft what was decided in favour of the others, and
// finds what is not decided yet.
func settle(form url.Values, d draft) (given draft, undecided fault.Many) {
	given = draft{}
	for name, text := range d {
		given[name] = text
	}
	for _, name := range form["contest"] {
		switch c := (contest{Name: name}); form.Get(c.Choice()) {
		case keepYours:
		case keepTheirs:
			delete(given, name)
		default:
			undecided = append(undecided, fault.New(fault.Invalid, "ui.conflict.choose").In(c.Choice()))
		}
	}
	return given, undecided
}

// contestedForm stands on the record as it is now: beside each field that both
// wrote are the two values to choose from.
func (v *visit) contestedForm(status int, rec *entity.Record, d draft, wrong error, fields []string, form url.Values) error {
	now, yours := draftOf(rec), map[string]string{}
	fields = slices.DeleteFunc(slices.Clone(fields), func(name string) bool {
		_, known := now[name]
		yours[name] = d[name]
		return !known
	})
	names, err := v.s.records.HistoryNames(v.r.Context(), v.who, rec.Entity, []records.HistoryEntry{{Changes: between(yours, now)}})
	if err != nil {
		return err
	}
	contests := make([]contest, len(fields))
	for i, field := range fields {
		contests[i] = contest{
			Name: field, Label: v.say.Field(rec.Entity, field),
			Theirs: v.valueText(rec.Entity, field, now[field], names), Yours: v.valueText(rec.Entity, field, yours[field], names),
		}
		contests[i].Chosen = form.Get(contests[i].Choice())
	}
	return v.editForm(status, rec, rec.Version, d, wrong, contests)
}

func between(yours, now map[string]string) []entity.Change {
	var changes []entity.Change
	for field, text := range yours {
		changes = append(changes, entity.Change{Field: field, Before: now[field], After: text})
	}
	return changes
}

// valueText is any field's value in words.
func (v *visit) valueText(e *entity.Entity, field, canonical string, names records.Names) string {
	if field == entity.Responsibles {
		var list []string
		for _, p := range people(entity.ParseIDs(canonical), names.People) {
			list = append(list, p.Name)
		}
		slices.Sort(list)
		return strings.Join(list, ", ")
	}
	return v.cell(e, e.Field(field), canonical, names).Text
}
