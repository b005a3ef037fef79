package web

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
)

// historyPage searches the history of all records.
type historyPage struct {
	frame
	Employees, Authors, Fields, Concerns []option
	From, To, Import                     string
	Fault                                string
	Kept                                 string // says from when on history is kept
	Lines                                []foundLine
	Older                                string // address of the next page; "" at the end
}

// foundLine is one change with the record that it is about.
type foundLine struct {
	historyLine
	Title, URL, Kind string
	ID               int64
}

func searchHistory(v *visit) error {
	asked := v.r.URL.Query()
	page := &historyPage{frame: v.frame(v.say.T("ui.history.all")), From: asked.Get("from"), To: asked.Get("to"), Import: asked.Get("import")}
	if err := v.fillHistoryFilters(page, asked); err != nil {
		return err
	}
	var err error
	if page.Kept, err = v.historyFrom(); err != nil {
		return err
	}
	q, err := v.historyQuery(asked)
	if err != nil {
		page.Fault = v.say.Fault(err)
		v.render(statusOf(err), "history", page)
		return nil
	}
	found, names, err := v.s.records.SearchHistory(v.r.Context(), v.who, q)
	if err != nil {
		return err
	}
	for n := range found {
		page.Lines = append(page.Lines, v.foundLine(&found[n], names))
	}
	if len(found) == q.Limit {
		page.Older = changed("/history", asked, "before", found[len(found)-1].Place())
	}
	return v.show("history", page)
}

func (v *visit) foundLine(f *records.Found, names records.Names) foundLine {
	line := foundLine{
		Title: names.Titles[f.Entity.Name][f.RecordID], URL: recordURL(f.Entity, f.RecordID), ID: f.RecordID,
		Kind: v.say.T("entity." + f.Entity.Name + ".one"),
	}
	line.At, line.Import, line.Undoes, line.File, line.Row = f.At, f.ImportID, f.Undoes, f.FileName, f.Row
	line.TakenBack = f.TakenBack
	name := ""
	if p := names.People[f.EmployeeID]; p != nil {
		name = p.Name
	}
	line.Who = v.author(f.EmployeeID, name)
	if line.Being = v.beingWord(f.Being, f.Version); line.Being != "" {
		if line.Title == "" { // it is gone
			line.Title = titleOf(f.Entity, f.Changes)
		}
		return line
	}
	for _, c := range f.Changes {
		line.Changes = append(line.Changes, v.shownChange(f.Entity, c, names))
	}
	return line
}

// titleOf is what a record was called that a change has made or taken away.
func titleOf(e *entity.Entity, changes []entity.Change) string {
	rec := records.Nothing(e)
	for _, c := range changes {
		if e.Has(c.Field) {
			rec.Set(c.Field, cmp.Or(c.After, c.Before))
		}
	}
	return rec.Title()
}

// historyQuery reads the filters of the address. One that cannot be understood
// is a fault: an answer about everything would be taken for the answer.
func (v *visit) historyQuery(asked url.Values) (q records.HistoryQuery, err error) {
	q.Limit, q.Field = pageSize, asked.Get("field")
	if q.Concern, err = plan.ParseConcern(asked.Get("concern")); err != nil {
		return q, err
	}
	if text := asked.Get("employee"); text != "" {
		q.Employee = numberOrNone(text)
	}
	if text := asked.Get("author"); text != "" {
		author := numberOrNone(text)
		if text == "0" {
			author = 0
		}
		q.Author = &author
	}
	if text := strings.TrimPrefix(strings.TrimSpace(asked.Get("import")), "№"); text != "" {
		q.Import = numberOrNone(strings.TrimSpace(text))
	}
	if text := asked.Get("from"); text != "" {
		if q.From, err = bulk.ParseBeginning(text, v.zone); err != nil {
			return q, err
		}
	}
	if text := asked.Get("to"); text != "" {
		if q.To, err = bulk.ParseMoment(text, v.zone); err != nil {
			return q, err
		}
	}
	if text := asked.Get("before"); text != "" {
		if q.Before, err = records.ParsePlace(text); err != nil {
			return q, fault.New(fault.Usage, "ui.error.bad_form")
		}
	}
	return q, nil
}

func (v *visit) fillHistoryFilters(page *historyPage, asked url.Values) error {
	people, err := v.peopleToChoose()
	if err != nil {
		return err
	}
	page.Employees = chosen(people, asked.Get("employee"))
	page.Authors = chosen(append([]option{{Value: "0", Label: v.say.T("ui.operator")}}, people...), asked.Get("author"))
	fields := []option{{Value: entity.Responsibles, Label: v.say.Field(nil, entity.Responsibles)}, {Value: entity.Active, Label: v.say.Field(nil, entity.Active)}}
	seen := map[string]bool{}
	for _, e := range v.catalog().Entities {
		for i := range e.Fields {
			if name := e.Fields[i].Name; !seen[name] {
				seen[name] = true
				fields = append(fields, option{Value: name, Label: v.say.Field(e, name)})
			}
		}
	}
	page.Fields = chosen(fields, asked.Get("field"))
	page.Concerns = chosen([]option{
		{Value: string(plan.Both), Label: v.say.T("ui.undo.part.both")},
		{Value: string(plan.Lost), Label: v.say.T("ui.undo.part.lost")},
		{Value: string(plan.Gained), Label: v.say.T("ui.undo.part.gained")},
	}, asked.Get("concern"))
	return nil
}

// chosen is options with one of them selected.
func chosen(options []option, value string) []option {
	list := make([]option, len(options))
	for n, o := range options {
		o.Selected = value != "" && o.Value == value
		list[n] = o
	}
	return list
}

// pastPage is a section as it was on a date.
type pastPage struct {
	frame
	Section     *entity.Entity
	SectionName string
	Path        string
	Date        string
	Employee    string
	Employees   []option
	Fault       string
	Kept        string // says from when on history is kept
	Asked       bool
	When        time.Time
	Rows        []pastRow
	Next        string // address of the next page; "" at the end
	File        string // address of the edit file
}

type pastRow struct {
	ID             int64
	URL, Title     string
	Status, People string
	Changed        bool // it is not so any more
}

// showPast lists the records of a section as they were on a date.
func showPast(v *visit, e *entity.Entity) error {
	asked := v.r.URL.Query()
	page := &pastPage{
		frame: v.frame(v.say.T("ui.past.title", "section", v.sectionName(e))), Section: e, SectionName: v.sectionName(e), Path: "/" + e.Path,
		Date: asked.Get("date"), Employee: asked.Get("employee"), Asked: asked.Get("date") != "",
	}
	people, err := v.peopleToChoose()
	if err != nil {
		return err
	}
	page.Employees = chosen(people, page.Employee)
	if page.Kept, err = v.historyFrom(); err != nil {
		return err
	}
	if !page.Asked {
		return v.show("past", page)
	}
	q, err := v.asOfAsked(asked)
	if err != nil {
		page.Asked, page.Fault = false, v.say.Fault(err)
		v.render(statusOf(err), "past", page)
		return nil
	}
	page.When = q.At
	after, err := strconv.ParseInt(asked.Get("after"), 10, 64)
	if err != nil {
		after = 0 // the first page
	}
	list, last, err := v.s.bulk.ListAsOf(v.r.Context(), v.who, e, q, after, pageSize)
	if fault.CodeOf(err) == fault.Invalid {
		page.Asked, page.Fault = false, v.say.Fault(err)
		v.render(statusOf(err), "past", page)
		return nil
	}
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, p := range people {
		id, _ := strconv.ParseInt(p.Value, 10, 64) // written by peopleToChoose
		names[id] = p.Label
	}
	for _, p := range list {
		row := pastRow{ID: p.Then.ID, URL: recordURL(e, p.Then.ID), Title: p.Then.Title(), Status: v.statusWord(p.Then.Active), Changed: len(entity.Diff(p.Then, p.Now)) > 0}
		var who []string
		for _, id := range p.Then.Responsibles {
			who = append(who, names[id])
		}
		row.People = strings.Join(who, ", ")
		page.Rows = append(page.Rows, row)
	}
	here := page.Path + "/as-of"
	if last > 0 {
		page.Next = changed(here, asked, "after", strconv.FormatInt(last, 10))
	}
	page.File = changed(here+"/file", asked, "after", "")
	return v.show("past", page)
}

func (v *visit) asOfAsked(asked url.Values) (q bulk.AsOf, err error) {
	if q.At, err = bulk.ParseMoment(asked.Get("date"), v.zone); err == nil && asked.Get("employee") != "" {
		q.Employee = numberOrNone(asked.Get("employee"))
	}
	return q, err
}
