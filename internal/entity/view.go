package entity

import "slices"

// View is a way to look at the list of one kind, kept under a name.
type View struct {
	ID      int64
	Author  int64 // employee; nobody else sees it unless it is shared
	Name    string
	Shared  bool
	Query   string   // what the list shows and in which order, as its address says it
	Columns []string // in order; none: those that each person has chosen
}

// ListHabits is how a person looks at the list of one kind.
type ListHabits struct {
	Columns []string // in order; none: those of the catalog
	View    int64    // opened when the list is asked for nothing; 0: none
}

// Columns is what can be a column of a list of e: what every record has, and its
// fields.
func (e *Entity) Columns() []string {
	list := []string{ID}
	for i := range e.Fields {
		list = append(list, e.Fields[i].Name)
	}
	return append(list, Active, Responsibles)
}

// ListColumns is the columns of a list that nobody has arranged.
func (e *Entity) ListColumns() []string {
	list := []string{ID, e.Title}
	for i := range e.Fields {
		if f := &e.Fields[i]; f.InList && f.Name != e.Title {
			list = append(list, f.Name)
		}
	}
	return append(list, Responsibles)
}

// ArrangeColumns makes columns of names that were chosen or kept: what e has not
// is left out, each stands once, and the title is always there, for it leads to
// the record. Without a name they are those of ListColumns.
func (e *Entity) ArrangeColumns(names []string) []string {
	known := e.Columns()
	var list []string
	for _, name := range names {
		if slices.Contains(known, name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	switch {
	case len(list) == 0:
		return e.ListColumns()
	case !slices.Contains(list, e.Title):
		return slices.Insert(list, min(1, len(list)), e.Title)
	}
	return list
}
