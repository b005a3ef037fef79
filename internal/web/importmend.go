package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// importMends is what the tab of problems shows: causes, the rows of the one
// that is open, and what was mended.
type importMends struct {
	Causes   []causeBox
	Mendings []mendingRow
	Logins   []choice // whom a wrong login may give way to
	Back     string   // where on the page one is
}

// choice is one line to choose from.
type choice struct{ Value, Label string }

// causeBox is rows with one and the same problem.
type causeBox struct {
	ID, Field, Value string
	Rows             int64
	Column, Class    string
	Outcome          string
	Sentence         string
	Whole            bool // one word mends all of them
	Instead          bool // the employee is known, and inactive
	Suggestions      []choice
	URL              string // opens or closes it
	Open             bool
	Lines            []causeLine
	Pager            pager
}

// shownCause is a cause with the page that it stands on.
type shownCause struct {
	Page  *importPage
	Cause causeBox
	N     int
}

// causeLine is one row of a cause.
type causeLine struct {
	Place          string // the row, and in a workbook the sheet
	Row, Record    int64
	Value, Message string
	Suggestion     string
	Field          string
	EditURL        string // "" where there is no cell to mend
	Editing        bool
	Text           string // of the cell that is being mended
}

// mendingRow is one mending in effect, or switched off.
type mendingRow struct {
	plan.Mending
	Column, Who string
}

const (
	causesOnTab     = 25
	rowsOfCause     = 50
	peopleToOffer   = 2000
	keptOnThePlaces = 500 // bytes of what a place on the page is named by
)

func (v *visit) fillCauses(page *importPage, asked url.Values) error {
	i := page.Import
	views, total, err := v.s.bulk.Causes(v.r.Context(), v.who, i.ID, (pageAsked(asked)-1)*causesOnTab, causesOnTab)
	if err != nil {
		return err
	}
	page.Pager = newPager("#import", page.Address, asked, total, causesOnTab)
	for n := range views {
		box, err := v.causeBox(page, &views[n], asked)
		if err != nil {
			return err
		}
		page.Causes = append(page.Causes, box)
	}
	if err := v.fillMendings(page); err != nil || !page.MayMend {
		return err
	}
	active := true
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{Active: &active})
	people = slices.DeleteFunc(people, func(p *entity.Employee) bool { return !v.who.MayName(p.ID) })
	for _, p := range people[:min(len(people), peopleToOffer)] {
		page.Logins = append(page.Logins, choice{p.Login, p.Name})
	}
	return err
}

func (v *visit) causeBox(page *importPage, c *bulk.CauseView, asked url.Values) (causeBox, error) {
	box := causeBox{
		ID: string(c.Outcome) + "." + c.Field + "." + c.Code, Field: c.Field, Value: c.Value, Rows: c.Rows, Class: string(c.Outcome), Outcome: v.say.T("outcome." + string(c.Outcome)),
		Whole: c.Whole && page.MayMend, Instead: c.Code == "inactive_login",
	}
	if c.Field != "" {
		box.Column = bulk.ColumnOf(v.say, page.Import, c.Field)
	}
	said := c.Problem
	said.Suggestion = "" // on the buttons
	box.Sentence = bulk.Explain(v.say, v.zone, said)
	if !c.Whole && c.Rows > 1 && v.say.Has("cause."+c.Code) {
		box.Sentence = v.say.T("cause." + c.Code)
	}
	for _, s := range c.Suggestions {
		label := s.With
		if s.Employee != nil {
			label += " · " + s.Employee.Name
		}
		box.Suggestions = append(box.Suggestions, choice{s.With, label})
	}
	box.Open = asked.Get("cause") == box.ID && asked.Get("value") == c.Value
	here := place(asked)
	here.Del("rows")
	here.Del("cause")
	here.Del("value")
	if !box.Open {
		here.Set("cause", box.ID)
		here.Set("value", c.Value)
	}
	box.URL = page.Address + "?" + here.Encode()
	if !box.Open {
		return box, nil
	}
	return box, v.openCause(page, &box, c.Cause, asked)
}

// openCause shows the rows of a cause, a page of them.
func (v *visit) openCause(page *importPage, box *causeBox, c plan.Cause, asked url.Values) error {
	at := url.Values{"page": {asked.Get("rows")}}
	list, err := v.s.bulk.CauseRows(v.r.Context(), v.who, page.Import.ID, c, (pageAsked(at)-1)*rowsOfCause, rowsOfCause)
	if err != nil {
		return err
	}
	box.Pager = rowsPager(page.Address, asked, c.Rows)
	_, has := page.Import.Summary.Columns[c.Field]
	mendable := has && page.MayMend && c.Field != entity.Version && (c.Outcome == plan.RowFailed || c.Outcome == plan.Held)
	edit, _ := strconv.ParseInt(asked.Get("edit"), 10, 64) // anything else edits no row
	for _, p := range list {
		line := causeLine{Row: p.Row, Place: bulk.PlaceText(page.Import, p.Row), Record: p.RecordID, Value: p.Value, Suggestion: p.Suggestion, Field: p.Field}
		p.Suggestion = ""
		line.Message = bulk.Explain(v.say, v.zone, p)
		if mendable {
			line.EditURL = changed(page.Address, place(asked), "edit", strconv.FormatInt(p.Row, 10))
		}
		if line.Editing = mendable && p.Row == edit; line.Editing {
			if line.Text, err = v.s.bulk.CellText(v.r.Context(), v.who, page.Import.ID, p.Row, p.Field); err != nil {
				return err
			}
		}
		box.Lines = append(box.Lines, line)
	}
	return nil
}

// rowsPager walks the rows of a cause; the page's own pager walks the causes.
func rowsPager(path string, asked url.Values, total int64) pager {
	p := newPager("#import", path, url.Values{"page": {asked.Get("rows")}}, total, rowsOfCause)
	at := func(page int64, there string) string {
		if there == "" {
			return ""
		}
		return changed(path, place(asked), "rows", strconv.FormatInt(page, 10))
	}
	p.Before, p.After = at(p.Page-1, p.Before), at(p.Page+1, p.After)
	return p
}

// place is what an address says about where on the page one is.
func place(asked url.Values) url.Values {
	here := url.Values{}
	for _, name := range []string{"tab", "page", "cause", "value", "rows"} {
		if text := asked.Get(name); text != "" && len(text) <= keptOnThePlaces*4 {
			here.Set(name, text)
		}
	}
	return here
}

func (v *visit) fillMendings(page *importPage) error {
	list, err := v.s.bulk.Mendings(v.r.Context(), v.who, page.Import.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	names, err := v.employeeNames()
	for _, m := range list {
		page.Mendings = append(page.Mendings, mendingRow{m, bulk.ColumnOf(v.say, page.Import, m.Field), v.author(m.By, names[m.By])})
	}
	return err
}

// mendImport has cells read as somebody says.
func mendImport(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	row, _ := strconv.ParseInt(form.Get("row"), 10, 64) // no number is no row
	with := form.Get("with")
	if with == "" {
		with = form.Get("other")
	}
	_, err = v.s.bulk.Mend(v.r.Context(), v.who, id, bulk.Mend{
		Row: row, Field: form.Get("field"), Value: form.Get("value"), With: with, Remember: form.Get("remember") == "1",
	})
	return v.afterMending(id, form, err)
}

// unmendImport takes a mending back, or uses a remembered one again.
func unmendImport(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	mending, _ := strconv.ParseInt(form.Get("mending"), 10, 64) // there is no mending 0
	if form.Get("use") == "1" {
		_, err = v.s.bulk.MendAgain(v.r.Context(), v.who, id, mending)
	} else {
		_, err = v.s.bulk.Unmend(v.r.Context(), v.who, id, mending)
	}
	return v.afterMending(id, form, err)
}

// afterMending shows the place on the page from which something was asked.
func (v *visit) afterMending(id int64, form url.Values, err error) error {
	asked, wrong := url.ParseQuery(form.Get("back"))
	if wrong != nil {
		asked = url.Values{}
	}
	if asked.Get("tab") == "" {
		asked.Set("tab", "problems")
	}
	if err == nil {
		return v.seeOther("/imports/" + strconv.FormatInt(id, 10) + "?" + place(asked).Encode())
	}
	if v.r.Header.Get("HX-Request") != "" && slices.Contains([]fault.Code{fault.Conflict, fault.Invalid, fault.Usage}, fault.CodeOf(err)) { // a part of the page is exchanged, with the reason in it
		v.r.URL = &url.URL{Path: v.r.URL.Path, RawQuery: place(asked).Encode()}
		return v.showImport(http.StatusOK, err)
	}
	return v.after(id, "", err)
}

// mendingsPage lists the mendings that the workspace keeps for later files.
type mendingsPage struct {
	frame
	Rows      []rememberedRow
	MayForget bool
}

type rememberedRow struct {
	plan.Remembered
	Column, Who string
	When        time.Time
}

func showMendings(v *visit) error {
	list, err := v.s.bulk.Remembered(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	names, err := v.employeeNames()
	if err != nil {
		return err
	}
	page := &mendingsPage{frame: v.frame(v.say.T("ui.mendings")), MayForget: v.who.May(access.Administer)}
	page.Here = "/imports"
	for _, m := range list {
		row := rememberedRow{Remembered: m, Who: v.author(m.By, names[m.By]), When: m.At}
		row.Column = v.say.Field(v.catalog().ByNumber(m.Kind), m.Field)
		page.Rows = append(page.Rows, row)
	}
	return v.show("mendings", page)
}

func forgetMending(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(form.Get("id"), 10, 64) // there is no mending 0
	if err := v.s.bulk.Forget(v.r.Context(), v.who, id); err != nil {
		return err
	}
	v.notice("ui.mendings.forgotten")
	return v.seeOther("/mendings")
}
