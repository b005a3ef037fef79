package web

import (
	"net/http"
	"slices"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/records"
)

// listPage is a section: its records, and the ways to narrow them.
type listPage struct {
	frame
	Section   *entity.Entity
	Path      string
	At        string // address of this way of looking at the section: its list or its map
	Map       *mapView
	OnList    string // the same records in the list
	OnMap     string // and on the map; "" where there is none
	Heading   string
	Search    string
	Statuses  []option
	Filters   []filterField
	Rest      []filterField // those asked for rarely
	Hidden    []option      // what the form has no control for
	Chips     []chip
	Bare      string // the list without any of it
	Merges    bool   // records of the kind can be merged
	Narrowed  bool   // something was asked for
	Blind     bool   // nothing is shown, for not everything was understood
	Wrong     []string
	Total     int64
	Part      bool // of what was found; there is more
	Columns   []column
	Rows      []listRow
	Pager     pager
	Views     viewsMenu
	Arranging arranging
}

type column struct{ Label, Sort, Order, Class string }

type listRow struct {
	ID     int64
	Active bool
	Cells  []cell
}

// cell is one field of a record in a list.
type cell struct {
	Label, Text, URL, Class string
	Title                   bool         // it is what people call the record
	Asleep                  string       // beside the title of a record that is not active
	People                  []personName // of the responsibles' cell
	Whose                   bool         // it is that
	More                    int          // responsibles beyond those shown
}

type personName struct {
	Name, Login string
	Gone        bool // does not work here any more
}

// peopleShown is how many responsibles a row of a list names.
const peopleShown = 3

func listRecords(v *visit, e *entity.Entity) error {
	l, err := v.listState(e, v.r.URL.Query())
	if err != nil {
		return err
	}
	return v.showList(http.StatusOK, l, nil)
}

// showList shows a list; wrong is what did not work about its views or columns.
func (v *visit) showList(status int, l *listState, wrong error) error {
	e := l.e
	q := l.q
	q.Glance = true
	found, err := v.s.records.List(v.r.Context(), v.who, e, q)
	if err != nil {
		return err
	}
	names, err := v.s.records.Names(v.r.Context(), v.who, found.Records)
	if err != nil {
		return err
	}
	people, choices, err := v.inForm(e)
	if err != nil {
		return err
	}
	page := &listPage{
		Section: e, Path: "/" + e.Path, Heading: v.sectionName(e), Search: l.q.Search, Total: found.Total, Part: found.Part,
		Statuses: v.statuses(l.asked, "ui.list"), Hidden: l.unshown(), Bare: l.bare(), Blind: l.blind(), Wrong: v.faultsAsked(l),
	}
	page.frame = v.frame(page.Heading)
	page.Here, page.Address = page.Path, l.path()
	if err := v.chooseWay(page, l); err != nil {
		return err
	}
	_, page.Merges = e.MergedInto()
	filters, err := v.filters(l, people, choices)
	if err != nil {
		return err
	}
	often := slices.IndexFunc(filters, func(f filterField) bool { return !f.Often })
	if often < 0 {
		often = len(filters)
	}
	page.Filters, page.Rest = filters[:often], filters[often:]
	if page.Chips, err = v.chips(l, people, choices); err != nil {
		return err
	}
	page.Narrowed = page.Blind || len(page.Chips) > 0 || l.q.Search != "" || l.q.Active != nil
	page.Views = v.viewsMenu(l, wrong)
	page.Arranging = v.arranging(l)
	for _, name := range l.columns {
		page.Columns = append(page.Columns, v.column(l, name))
	}
	for _, rec := range found.Records {
		page.Rows = append(page.Rows, v.listRow(l, rec, names))
	}
	page.Pager = newPager("#list", page.Path, l.asked, found.Total, pageSize)
	v.render(status, "list", page)
	return nil
}

func (v *visit) lookupOf(f *entity.Field) string {
	return "/" + v.catalog().ByName(f.Ref).Path + "/lookup"
}

// titleOf is the title of the record that a reference names, as far as the
// person may see it; "" otherwise.
func (v *visit) titleOf(f *entity.Field, canonical string) (string, error) {
	ids := entity.ParseIDs(canonical)
	if len(ids) == 0 {
		return "", nil
	}
	rec, err := v.s.records.Get(v.r.Context(), v.who, v.catalog().ByName(f.Ref), ids[0])
	if err != nil {
		return "", notOurs(err)
	}
	return rec.Title(), nil
}

// unsorted are the columns that no list is in the order of.
var unsorted = []string{entity.Responsibles}

func (v *visit) column(l *listState, name string) column {
	c := column{Label: v.say.Field(l.e, name)}
	if name == entity.ID || l.e.Has(name) && numeric[l.e.Field(name).Kind] {
		c.Class = "num"
	}
	if slices.Contains(unsorted, name) {
		return c
	}
	sort, desc := name, ""
	if name == l.e.Title {
		sort = "" // the list's own order
	}
	if l.q.Sort == sort || l.q.Sort == name {
		c.Order = "ascending"
		if l.q.Descending {
			c.Order = "descending"
		} else {
			desc = "1"
		}
	}
	c.Sort = changed(l.at, l.asked, "sort", sort, "desc", desc)
	return c
}

// numeric are the kinds that stand one under the other by their last digits.
var numeric = map[entity.Kind]bool{entity.Integer: true, entity.Decimal: true}

func (v *visit) listRow(l *listState, rec *entity.Record, names records.Names) listRow {
	row := listRow{ID: rec.ID, Active: rec.Active}
	for _, name := range l.columns {
		row.Cells = append(row.Cells, v.columnCell(l.e, name, rec, names))
	}
	return row
}

func (v *visit) columnCell(e *entity.Entity, name string, rec *entity.Record, names records.Names) cell {
	label := v.say.Field(e, name)
	switch name {
	case entity.ID:
		return cell{Label: label, Text: strconv.FormatInt(rec.ID, 10), Class: "num id"}
	case e.Title:
		c := cell{Text: rec.Title(), URL: recordURL(e, rec.ID), Class: "title", Title: true}
		if !rec.Active {
			c.Asleep = v.say.T("status.inactive")
		}
		return c
	case entity.Active:
		return cell{Label: label, Text: v.say.T(map[bool]string{true: "status.active", false: "status.inactive"}[rec.Active])}
	case entity.Responsibles:
		c := cell{Label: label, Class: "people", Whose: true, People: peopleNames(rec.Responsibles, names)}
		if len(c.People) > peopleShown {
			c.More = len(c.People) - peopleShown
			c.People = c.People[:peopleShown]
		}
		return c
	}
	f := e.Field(name)
	c := v.cell(e, f, rec.Get(name), names)
	if numeric[f.Kind] {
		c.Class = "num"
	}
	return c
}

// cell is a field's value as people read it, with a link when it is a record.
func (v *visit) cell(e *entity.Entity, f *entity.Field, canonical string, names records.Names) cell {
	c := cell{Label: v.say.Field(e, f.Name), Text: names.Value(f, canonical)}
	switch f.Kind {
	case entity.Reference:
		if ids := entity.ParseIDs(canonical); len(ids) == 1 && c.Text != "" {
			c.URL = recordURL(v.catalog().ByName(f.Ref), ids[0])
		}
	case entity.Phone:
		c.Class = "nowrap"
	case entity.Date:
		c.Text = v.say.Date(canonical)
	case entity.Bool:
		c.Text = v.say.T(yesOrNo(canonical))
	}
	return c
}

func yesOrNo(canonical string) string {
	if canonical == "1" {
		return "ui.yes"
	}
	return "ui.no"
}

func recordURL(e *entity.Entity, id int64) string {
	return "/" + e.Path + "/" + strconv.FormatInt(id, 10)
}

// lookUp finds records by typing, for choosing one in a form or a filter.
func lookUp(v *visit, e *entity.Entity) error {
	const most = 20
	found, err := v.s.records.List(v.r.Context(), v.who, e, entity.Query{Search: v.r.URL.Query().Get("q"), Limit: most, WithoutCount: true})
	if err != nil {
		return err
	}
	type choice struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Note string `json:"note"`
	}
	choices := make([]choice, 0, len(found.Records))
	for _, rec := range found.Records {
		id := strconv.FormatInt(rec.ID, 10)
		choices = append(choices, choice{id, rec.Title(), id})
	}
	v.json(200, choices)
	return nil
}
