package web

import (
	"net/url"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/records"
)

// listPage is a section: its records, and the ways to narrow them.
type listPage struct {
	frame
	Section    *entity.Entity
	Path       string
	Heading    string
	Search     string
	Sort       string
	Descending bool
	Statuses   []option
	Filters    []filterField
	Chips      []chip
	Merges     bool // records of the kind can be merged
	Narrowed   bool // something was asked for
	Total      int64
	Columns    []column
	Rows       []listRow
	Pager      pager
}

// filterField is one filter: a select of options, or a record to look up.
type filterField struct {
	Name, Label  string
	Value, Shown string
	Lookup       string
	People       bool
	Options      []option
}

// chip is a filter in force, with the address of the list without it.
type chip struct{ Label, Value, Without string }

type column struct{ Label, Sort, Order, Class string }

type listRow struct {
	ID     int64
	URL    string
	Title  string
	Active bool
	Cells  []cell
	People []personName
	More   int // responsibles beyond those shown
}

type cell struct{ Label, Text, URL, Class string }

type personName struct {
	Name, Login string
	Gone        bool // does not work here any more
}

// peopleShown is how many responsibles a row of a list names.
const peopleShown = 3

func listRecords(v *visit, e *entity.Entity) error {
	asked := v.r.URL.Query()
	q := listQuery(e, asked)
	found, err := v.s.records.List(v.r.Context(), v.who, e, q)
	if err != nil {
		return err
	}
	names, err := v.s.records.Names(v.r.Context(), v.who, found.Records)
	if err != nil {
		return err
	}
	page := &listPage{
		Section: e, Path: "/" + e.Path, Heading: v.say.T("entity." + e.Name + ".many"),
		Search: q.Search, Sort: q.Sort, Descending: q.Descending, Total: found.Total,
		Statuses: v.statuses(asked, "ui.list"),
	}
	page.frame = v.frame(page.Heading)
	_, page.Merges = e.MergedInto()
	if page.Filters, err = v.filters(e, asked); err != nil {
		return err
	}
	page.Chips = chips(page, asked)
	page.Narrowed = len(page.Chips) > 0 || q.Search != "" || q.Active != nil
	page.Columns = v.columns(e, asked, q)
	for _, rec := range found.Records {
		page.Rows = append(page.Rows, v.listRow(e, rec, names))
	}
	page.Pager = newPager("#list", page.Path, asked, found.Total, pageSize)
	return v.show("list", page)
}

// filters are those that the catalog declares, and the responsible.
func (v *visit) filters(e *entity.Entity, asked url.Values) ([]filterField, error) {
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{})
	if err != nil {
		return nil, err
	}
	choices, err := v.s.records.Choices(v.r.Context(), v.who, e)
	if err != nil {
		return nil, err
	}
	list := []filterField{v.responsibleFilter(people, asked.Get(entity.Responsibles))}
	list[0].Label = v.say.Field(e, entity.Responsibles)
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.Filter {
			continue
		}
		filter := filterField{Name: f.Name, Label: v.say.Field(e, f.Name), Value: asked.Get(f.Name)}
		if f.Kind == entity.Reference {
			filter.Lookup = v.lookupOf(f)
			if filter.Shown, err = v.titleOf(f, filter.Value); err != nil {
				return nil, err
			}
		} else {
			filter.Options = valueOptions(choices[f.Directory], filter.Value)
			filter.Shown = chosenLabel(filter.Options)
		}
		list = append(list, filter)
	}
	return list, nil
}

func (v *visit) responsibleFilter(people []*entity.Employee, chosen string) filterField {
	filter := filterField{Name: entity.Responsibles, Value: chosen, People: true}
	filter.Options = append(filter.Options, option{Value: nobody, Label: v.say.T("ui.nobody"), Selected: chosen == nobody})
	for _, p := range people {
		id := strconv.FormatInt(p.ID, 10)
		filter.Options = append(filter.Options, option{Value: id, Label: p.Name, Note: p.Login, Selected: id == chosen})
	}
	filter.Shown = chosenLabel(filter.Options)
	return filter
}

func chosenLabel(options []option) string {
	for _, o := range options {
		if o.Selected {
			return o.Label
		}
	}
	return ""
}

func (v *visit) lookupOf(f *entity.Field) string {
	return "/" + v.s.catalog.ByName(f.Ref).Path + "/lookup"
}

// titleOf is the title of the record that a reference names, as far as the
// person may see it; "" otherwise.
func (v *visit) titleOf(f *entity.Field, canonical string) (string, error) {
	ids := entity.ParseIDs(canonical)
	if len(ids) == 0 {
		return "", nil
	}
	rec, err := v.s.records.Get(v.r.Context(), v.who, v.s.catalog.ByName(f.Ref), ids[0])
	if err != nil {
		return "", notOurs(err)
	}
	return rec.Title(), nil
}

func chips(page *listPage, asked url.Values) []chip {
	var list []chip
	for _, f := range page.Filters {
		if f.Value == "" {
			continue
		}
		shown := f.Shown
		if shown == "" {
			shown = f.Value
		}
		list = append(list, chip{f.Label, shown, changed(page.Path, asked, f.Name, "")})
	}
	return list
}

// columns of the list: id, title, what the catalog puts there, responsibles.
func (v *visit) columns(e *entity.Entity, asked url.Values, q entity.Query) []column {
	list := []column{
		v.column(e, entity.ID, asked, q),
		v.column(e, e.Title, asked, q),
	}
	list[0].Class = "num"
	for i := range e.Fields {
		if f := &e.Fields[i]; f.InList && f.Name != e.Title {
			list = append(list, v.column(e, f.Name, asked, q))
		}
	}
	people := v.column(e, entity.Responsibles, asked, q)
	people.Sort = ""
	return append(list, people)
}

func (v *visit) column(e *entity.Entity, field string, asked url.Values, q entity.Query) column {
	c := column{Label: v.say.Field(e, field)}
	sort, desc := field, ""
	if field == e.Title {
		sort = "" // the list's own order
	}
	if q.Sort == sort || q.Sort == field {
		c.Order = "ascending"
		if q.Descending {
			c.Order = "descending"
		} else {
			desc = "1"
		}
	}
	c.Sort = changed("/"+e.Path, asked, "sort", sort, "desc", desc)
	return c
}

func (v *visit) listRow(e *entity.Entity, rec *entity.Record, names records.Names) listRow {
	row := listRow{ID: rec.ID, URL: recordURL(e, rec.ID), Title: rec.Title(), Active: rec.Active}
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.InList || f.Name == e.Title {
			continue
		}
		row.Cells = append(row.Cells, v.cell(e, f, rec.Values[i], names))
	}
	people := peopleNames(rec.Responsibles, names)
	if len(people) > peopleShown {
		row.More = len(people) - peopleShown
		people = people[:peopleShown]
	}
	row.People = people
	return row
}

// cell is a field's value as people read it, with a link when it is a record.
func (v *visit) cell(e *entity.Entity, f *entity.Field, canonical string, names records.Names) cell {
	c := cell{Label: v.say.Field(e, f.Name), Text: names.Value(f, canonical)}
	switch f.Kind {
	case entity.Reference:
		if ids := entity.ParseIDs(canonical); len(ids) == 1 && c.Text != "" {
			c.URL = recordURL(v.s.catalog.ByName(f.Ref), ids[0])
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
