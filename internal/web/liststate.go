package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
)

// listState is what a list is asked to show: by its address, by the view that the
// address names, and by how the person likes to look at it.
//
// view=12 opens a view as it is saved. An address that says from=12 says itself
// what to show, and the view is what it was made of; "all" in either place is the
// list without any view. An address that says nothing opens the person's own
// first view, if he has one.
type listState struct {
	e       *entity.Entity
	at      string     // address: of the section's list, or of its map
	asked   url.Values // what to show and from where; links of the page are made of it
	q       entity.Query
	wrong   []*fault.Error // what of it could not be understood
	views   []entity.View
	habits  entity.ListHabits
	view    *entity.View // nil: none
	columns []string
}

// wholeList is the name, in addresses, of the list without a view.
const wholeList = "all"

func (v *visit) listState(e *entity.Entity, asked url.Values) (*listState, error) {
	l := &listState{e: e, at: "/" + e.Path, asked: url.Values{}}
	var err error
	if l.views, l.habits, err = v.s.records.Views(v.r.Context(), v.who, e); err != nil {
		return nil, err
	}
	for name, values := range asked {
		if values = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" }); len(values) > 0 && name != "for" && name != "format" {
			l.asked[name] = values
		}
	}
	if len(l.asked) == 0 && l.habits.View != 0 {
		l.asked.Set("view", strconv.FormatInt(l.habits.View, 10))
	}
	l.openView()
	q, wrong := records.ReadQuery(e, l.asked)
	l.q, l.wrong = q, append(l.wrong, wrong...)
	if len(l.wrong) > len(wrong) {
		l.q.IDs = []int64{-1} // of an absent view nothing is shown
	}
	l.q.Limit, l.q.Offset = pageSize, (pageAsked(l.asked)-1)*pageSize
	l.arrange()
	return l, nil
}

// openView puts in the place of view=12 what that view shows.
func (l *listState) openView() {
	opened, from := l.asked.Get("view"), l.asked.Get("from")
	l.asked.Del("view")
	if opened == "" {
		l.view = l.find(from)
		if from != wholeList && l.view == nil {
			l.asked.Del("from")
		}
	} else if l.view = l.find(opened); l.view != nil {
		kept, err := url.ParseQuery(l.view.Query)
		if err != nil {
			l.wrong = append(l.wrong, fault.New(fault.Invalid, "error.view_query"))
		}
		for _, name := range []string{"page", "columns"} {
			if values := l.asked[name]; len(values) > 0 {
				kept[name] = values
			}
		}
		l.asked = kept
		l.asked.Set("from", opened)
	} else if opened != wholeList {
		l.wrong = append(l.wrong, fault.New(fault.NotFound, "error.no_such_view"))
	}
	if l.view == nil && l.habits.View != 0 {
		l.asked.Set("from", wholeList)
	}
}

func (l *listState) find(id string) *entity.View {
	at := slices.IndexFunc(l.views, func(v entity.View) bool { return strconv.FormatInt(v.ID, 10) == id })
	if at < 0 {
		return nil
	}
	return &l.views[at]
}

// mostColumns is how many names of columns are looked at; no kind has as many.
const mostColumns = 300

// arrange finds the columns: those of the address, of the view, of the person.
func (l *listState) arrange() {
	var names []string
	switch given := l.asked.Get("columns"); {
	case given != "":
		names = strings.Split(given, ",")
	case l.view != nil && len(l.view.Columns) > 0:
		names = l.view.Columns
	default:
		names = l.habits.Columns
	}
	names = names[:min(len(names), mostColumns)]
	l.columns = l.e.ArrangeColumns(names)
	for _, name := range names {
		if !slices.Contains(l.columns, name) {
			l.wrong = append(l.wrong, fault.New(fault.Invalid, "error.no_such_column", "name", name).In("columns"))
		}
	}
}

// address is what the list shows, as a view keeps it.
func (l *listState) address() string { return records.WriteQuery(l.e, l.q).Encode() }

// changed tells whether the list shows something else than its view.
func (l *listState) changed() bool {
	if l.view == nil {
		return false
	}
	return l.address() != l.view.Query || len(l.view.Columns) > 0 && !slices.Equal(l.columns, l.e.ArrangeColumns(l.view.Columns))
}

// path is the address of the list with its filters, on this page of it.
func (l *listState) path() string {
	if len(l.asked) == 0 {
		return l.at
	}
	return l.at + "?" + l.asked.Encode()
}

// bare is the address of the list without filters, views and order.
func (l *listState) bare() string {
	if l.habits.View != 0 {
		return l.at + "?view=" + wholeList
	}
	return l.at
}

// blind tells whether nothing is shown because something was not understood.
func (l *listState) blind() bool { return slices.Equal(l.q.IDs, []int64{-1}) }
