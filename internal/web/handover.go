package web

import (
	"net/http"
	"net/url"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// belongings is what an employee is responsible for, and the form that hands it
// over to colleagues.
type belongings struct {
	Kinds []link // each to the list of those records
	Heirs recordField
}

// belongings counts the records of an employee, kind by kind; without any there
// is nobody to choose either.
func (v *visit) belongings(p *entity.Employee, wrong error) (*belongings, error) {
	b := &belongings{}
	id := strconv.FormatInt(p.ID, 10)
	for _, e := range v.catalog().Entities {
		n, err := v.s.records.Count(v.r.Context(), v.who, e, entity.Query{Responsible: []int64{p.ID}})
		if err != nil {
			return nil, err
		}
		if n > 0 {
			b.Kinds = append(b.Kinds, link{
				URL:  "/" + e.Path + "?" + url.Values{entity.Responsibles: {id}}.Encode(),
				Name: v.say.T("entity."+e.Name+".count", "count", n), Icon: e.Icon,
			})
		}
	}
	if len(b.Kinds) == 0 {
		return b, nil
	}
	yes := true
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{Active: &yes})
	if err != nil {
		return nil, err
	}
	b.Heirs = recordField{Name: "into", Label: v.say.T("ui.hand_over.to"), Fault: v.faultsIn(wrong).of("into")}
	for _, o := range peopleOptions(people, nil) {
		if o.Value != id {
			b.Heirs.Options = append(b.Heirs.Options, o)
		}
	}
	return b, nil
}

// handOver begins the import that puts colleagues in an employee's place.
func handOver(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p, err := v.employee()
	if err != nil {
		return err
	}
	i, err := v.s.bulk.HandOver(v.r.Context(), v.who, p.ID, idsGiven(form, "into"))
	if fault.CodeOf(err) == fault.Invalid {
		return v.knownEmployee(statusOf(err), p, "", err)
	}
	if err != nil {
		return err
	}
	return v.seeOther("/imports/" + strconv.FormatInt(i.ID, 10))
}

// duplicatesPage is records that are likely one thing twice, in groups.
type duplicatesPage struct {
	frame
	Section     *entity.Entity
	SectionName string
	Path        string
	Groups      [][]duplicateLine
	Next        string
	Fault       string
}

type duplicateLine struct {
	ID          int64
	URL         string
	Title, Note string
	People      []personName
}

func listDuplicates(v *visit, e *entity.Entity) error { return v.showDuplicates(http.StatusOK, e, nil) }

func (v *visit) showDuplicates(status int, e *entity.Entity, wrong error) error {
	groups, next, err := v.s.records.Duplicates(v.r.Context(), v.who, e, v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	var recs []*entity.Record
	for _, group := range groups {
		for _, t := range group {
			recs = append(recs, t.Record)
		}
	}
	names, err := v.s.records.Names(v.r.Context(), v.who, recs)
	if err != nil {
		return err
	}
	page := &duplicatesPage{Section: e, SectionName: v.say.T("entity." + e.Name + ".many"), Path: "/" + e.Path}
	page.frame = v.frame(v.say.T("ui.duplicates"))
	if next != "" {
		page.Next = page.Path + "/duplicates?" + url.Values{"after": {next}}.Encode()
	}
	if wrong != nil {
		page.Fault = v.say.Fault(wrong)
	}
	for _, group := range groups {
		var lines []duplicateLine
		for _, t := range group {
			lines = append(lines, duplicateLine{t.ID, recordURL(e, t.ID), t.Title(), t.Note, peopleNames(t.Responsibles, names)})
		}
		page.Groups = append(page.Groups, lines)
	}
	v.render(status, "duplicates", page)
	return nil
}

// mergeRecord begins the import that merges a record into another one.
func mergeRecord(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	from, bad := strconv.ParseInt(form.Get("from"), 10, 64)
	into, worse := strconv.ParseInt(form.Get("into"), 10, 64)
	if bad != nil || worse != nil {
		return v.showDuplicates(http.StatusUnprocessableEntity, e, fault.New(fault.Invalid, "error.cannot_merge"))
	}
	i, err := v.s.bulk.Merge(v.r.Context(), v.who, e, from, into)
	if fault.CodeOf(err) == fault.Invalid {
		return v.showDuplicates(statusOf(err), e, err)
	}
	if err != nil {
		return err
	}
	return v.seeOther("/imports/" + strconv.FormatInt(i.ID, 10))
}
