package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
)

// viewsMenu is the views that a person may open, and what can be done with the
// one that is open.
type viewsMenu struct {
	Own, Shared []viewLink
	Whole       viewLink // the list without a view
	Open        *entity.View
	Heading     string
	Changed     bool
	MayChange   bool
	First       bool   // it opens when the list is asked for nothing
	Query       string // what is shown now
	Columns     string
	Path        string // where forms are sent
	Name        string // that was typed
	Fault       string
}

type viewLink struct {
	Name, URL    string
	Current      bool
	First, Whose bool
	Author       string
}

func (v *visit) viewsMenu(l *listState, wrong error) viewsMenu {
	path := "/" + l.e.Path
	m := viewsMenu{
		Path: path + "/views", Open: l.view, Query: l.address(), Columns: strings.Join(l.columns, ","), Changed: l.changed(),
		Whole:   viewLink{Name: v.say.T("ui.view.all"), URL: l.bare(), Current: l.view == nil},
		Heading: v.say.T("ui.view.all"),
	}
	for _, one := range l.views {
		link := viewLink{Name: one.Name, URL: l.at + "?view=" + strconv.FormatInt(one.ID, 10), First: one.ID == l.habits.View}
		link.Current = l.view != nil && l.view.ID == one.ID
		if one.Shared {
			m.Shared = append(m.Shared, link)
		} else {
			m.Own = append(m.Own, link)
		}
	}
	if l.view != nil {
		m.Heading, m.MayChange, m.First = l.view.Name, records.MayChange(v.who, *l.view), l.view.ID == l.habits.View
	}
	if wrong != nil {
		m.Fault = v.say.Fault(wrong)
		m.Name = v.r.PostForm.Get("name")
	}
	return m
}

// listOf is the list that a posted form was sent from.
func (v *visit) listOf(e *entity.Entity, form url.Values) (*listState, error) {
	asked, err := url.ParseQuery(form.Get("query"))
	if err != nil {
		return nil, fault.New(fault.Invalid, "error.view_query")
	}
	for _, name := range []string{"columns", "from"} {
		if value := form.Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	return v.listState(e, asked)
}

// addView keeps what a list shows as a new view.
func addView(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	return v.keepView(e, form, entity.View{
		Name: form.Get("name"), Shared: form.Get("shared") == "1", Query: form.Get("query"), Columns: strings.Split(form.Get("columns"), ","),
	})
}

func (v *visit) keepView(e *entity.Entity, form url.Values, view entity.View) error {
	kept, err := v.s.records.SaveView(v.r.Context(), v.who, e, view)
	if fault.CodeOf(err) == fault.Invalid {
		l, bad := v.listOf(e, form)
		if bad != nil {
			return bad
		}
		return v.showList(statusOf(err), l, err)
	}
	if err != nil {
		return err
	}
	v.notice("ui.view.saved", "name", kept.Name)
	return v.openView(e, kept.ID)
}

func (v *visit) openView(e *entity.Entity, id int64) error {
	return v.seeOther("/" + e.Path + "?view=" + strconv.FormatInt(id, 10))
}

// changeView does to a view what the pressed button says.
func changeView(v *visit, e *entity.Entity) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	views, _, err := v.s.records.Views(v.r.Context(), v.who, e)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(views, func(one entity.View) bool { return one.ID == id })
	if at < 0 {
		return fault.New(fault.NotFound, "ui.error.no_page")
	}
	view := views[at]
	switch form.Get("do") {
	case "save":
		view.Query, view.Columns = form.Get("query"), strings.Split(form.Get("columns"), ",")
	case "rename":
		view.Name = form.Get("name")
	case "share":
		view.Shared = true
	case "hide":
		view.Shared = false
	case "first", "not_first":
		if form.Get("do") == "not_first" {
			id = 0
		}
		if err := v.s.records.OpenFirst(v.r.Context(), v.who, e, id); err != nil {
			return err
		}
		return v.openView(e, view.ID)
	case "drop":
		if _, err := v.s.records.DropView(v.r.Context(), v.who, e, id); err != nil {
			return err
		}
		v.notice("ui.view.dropped", "name", view.Name)
		return v.seeOther("/" + e.Path + "?view=" + wholeList)
	default:
		return fault.New(fault.Usage, "ui.error.no_page")
	}
	return v.keepView(e, form, view)
}

// arranging is the panel of columns.
type arranging struct {
	Choices []columnChoice
	Query   string
	From    string
	Given   bool // something other than the catalog's own columns is shown
}

type columnChoice struct {
	Name, Label string
	Place       int
	Shown       bool
	Always      bool
}

// arranging offers the columns: those shown, in their order, then the others.
func (v *visit) arranging(l *listState) arranging {
	a := arranging{Query: l.address(), From: l.asked.Get("from"), Given: !slices.Equal(l.columns, l.e.ListColumns())}
	for _, name := range l.columns {
		a.Choices = append(a.Choices, columnChoice{Name: name, Label: v.say.Field(l.e, name), Shown: true, Always: name == l.e.Title})
	}
	for _, name := range l.e.Columns() {
		if !slices.Contains(l.columns, name) {
			a.Choices = append(a.Choices, columnChoice{Name: name, Label: v.say.Field(l.e, name)})
		}
	}
	for n := range a.Choices {
		a.Choices[n].Place = n + 1
	}
	return a
}

// arrangeColumns keeps the columns that were chosen, in the order of the numbers
// beside them. Where a view is open they are part of what it shows.
func arrangeColumns(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	columns := slices.Clone(form["column"])
	place := func(name string) int {
		n, err := strconv.Atoi(form.Get("place." + name))
		if err != nil {
			return len(e.Columns())
		}
		return n
	}
	slices.SortStableFunc(columns, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	if form.Get("do") == "reset" {
		columns = nil
	}
	l, err := v.listOf(e, form)
	if err != nil {
		return err
	}
	if l.view == nil {
		if err := v.s.records.SetColumns(v.r.Context(), v.who, e, columns); err != nil {
			return err
		}
		return v.seeOther(l.path())
	}
	for _, name := range columns {
		if !slices.Contains(e.Columns(), name) {
			return fault.New(fault.Invalid, "error.no_such_field", "name", name).In("columns")
		}
	}
	return v.seeOther(changed("/"+e.Path, l.asked, "columns", strings.Join(e.ArrangeColumns(columns), ",")))
}
