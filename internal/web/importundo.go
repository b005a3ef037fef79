package web

import (
	"net/url"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// undoImport asks for the preview of an undo: of the whole import, or of the
// part that the form describes.
func undoImport(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	part, err := partAsked(form)
	if err == nil {
		var undo *plan.Import
		if undo, err = v.s.bulk.UndoPart(v.r.Context(), v.who, id, part, 0); err == nil {
			id = undo.ID
		}
	}
	return v.after(id, "", err)
}

// partAsked reads which part of an import is to be undone: ticked records, rows
// by their numbers, an employee. A form for a part that names none must not undo
// the whole.
func partAsked(form url.Values) (plan.Part, error) {
	var part plan.Part
	if form.Get("part") == "" {
		return part, nil
	}
	var err error
	if part.Rows, err = plan.ParseSpans(form.Get("rows")); err != nil {
		return part, err
	}
	if part.Concern, err = plan.ParseConcern(form.Get("concern")); err != nil {
		return part, err
	}
	for _, text := range form["record"] {
		part.Records = append(part.Records, numberOrNone(text))
	}
	if text := form.Get("employee"); text != "" {
		part.Employee = numberOrNone(text)
	}
	if part.Whole() {
		return part, fault.New(fault.Invalid, "ui.undo.part.none")
	}
	return part, nil
}

// peopleToChoose is every employee, by name.
func (v *visit) peopleToChoose() ([]option, error) {
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{})
	options := make([]option, 0, len(people))
	for _, p := range people {
		options = append(options, option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name, Note: p.Login})
	}
	return options, err
}
