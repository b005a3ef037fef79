package bulk

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/sheet"
)

// headerRows is how far down a sheet its header is looked for.
const headerRows = 20

// headings knows the columns of an edit file by what people call them, in every
// language at once: a file made in one is good in another.
type headings struct {
	entity *entity.Entity
	known  map[string]string // folded heading: column of the edit file
	shown  map[string]string // folded heading: as people write it
	rename bool              // the column of names edits
	fresh  *newColumns       // of a file of new records; nil: it edits
}

// editColumns are the columns that an edit file may have, in their order.
var editColumns = []string{entity.ID, nameColumn, entity.Active, entity.Responsibles, entity.Version}

// nameColumn is what an edit file calls a record's title.
const nameColumn = "name"

func newHeadings(e *entity.Entity, set *locale.Set, o plan.Options) *headings {
	h := &headings{entity: e, known: map[string]string{}, shown: map[string]string{}, rename: o.Rename}
	add := func(heading, column string) {
		h.known[foldHeading(heading)] = column
		h.shown[foldHeading(heading)] = heading
	}
	for _, column := range editColumns {
		add(column, column)
	}
	for _, tag := range set.Languages() {
		l := set.Get(tag)
		for _, column := range editColumns {
			add(l.T("field."+column), column)
		}
		add(l.Field(e, e.Title), nameColumn)
		for _, f := range e.Fields {
			if f.Name != e.Title && !f.Derived {
				add(l.Field(e, f.Name), f.Name)
				add(f.Name, f.Name)
			}
		}
	}
	return h
}

// needed stands in templates behind the heading of a column that must be filled.
const needed = "*"

// foldHeading makes headings comparable regardless of case, ё, spaces, and the
// mark of what must be filled.
func foldHeading(s string) string {
	folded := strings.ReplaceAll(entity.Fold(strings.TrimFunc(s, blank)), " ", "")
	return cmp.Or(strings.TrimRight(folded, needed), folded)
}

// isHeader tells whether a row of texts can be the header: it has the column by
// which a file is known. It is also how a file in an old encoding is recognised.
func (h *headings) isHeader(cells []string) bool {
	return slices.ContainsFunc(cells, func(c string) bool { return h.tells(h.known[foldHeading(c)]) })
}

// tells tells whether a column is one by which a file is known: the ids of an edit
// file, what new records must have of the others.
func (h *headings) tells(column string) bool {
	if h.fresh != nil {
		return slices.Contains(h.fresh.required, column)
	}
	return column == entity.ID
}

// header is a sheet's header, understood.
type header struct {
	row     int
	fields  int // columns of the header row
	columns map[string]plan.Column
	ignored []string
	others  map[int]string // headings of the ignored columns, by place
	wide    []*fieldColumn // columns of declared fields, in the order of the catalog
}

// texts of a row by column; what is no text is written as it stands.
func texts(row sheet.Row) []string {
	var list []string
	for _, c := range row.Cells {
		for len(list) < c.Col {
			list = append(list, "")
		}
		list = append(list, strings.TrimFunc(string(c.Text), blank))
	}
	return list
}

// understand reads a header row. What is wrong with it is told all at once as
// far as one sentence can.
func (h *headings) understand(number int, cells []string) (*header, error) {
	found := &header{row: number, columns: map[string]plan.Column{}, others: map[int]string{}}
	for place, text := range cells {
		folded := foldHeading(text)
		if folded == "" {
			continue
		}
		found.fields = place + 1
		column, known := h.known[folded]
		if !known {
			if like := h.nearly(folded); like != "" {
				return nil, fault.New(fault.Refused, "file.heading_nearly", "heading", text, "place", sheet.ColumnName(place), "suggestion", h.shown[like], "row", number)
			}
			found.ignored = append(found.ignored, text)
			found.others[place] = text
			continue
		}
		if first, twice := found.columns[column]; twice {
			return nil, fault.New(fault.Refused, "file.heading_twice", "first", first.Heading, "first_place", sheet.ColumnName(first.Place),
				"second", text, "second_place", sheet.ColumnName(place), "row", number)
		}
		found.columns[column] = plan.Column{Place: place, Heading: text}
	}
	if h.fresh != nil {
		return found, h.fresh.settle(found, number)
	}
	found.wide = wideColumns(h.entity, found.columns, h.rename)
	_, status := found.columns[entity.Active]
	_, people := found.columns[entity.Responsibles]
	if !status && !people && len(found.wide) == 0 {
		return nil, fault.New(fault.Refused, "file.nothing_to_edit", "row", number, "headings", strings.Join(nonEmpty(cells), ", "))
	}
	return found, nil
}

// wideColumns are the columns that hold declared fields. The title's is one of them only
// when records are to be renamed; otherwise it is a guard.
func wideColumns(e *entity.Entity, columns map[string]plan.Column, rename bool) []*fieldColumn {
	var list []*fieldColumn
	for n := range e.Fields {
		f := &e.Fields[n]
		name := f.Name
		if name == e.Title {
			if !rename {
				continue
			}
			name = nameColumn
		}
		if _, ok := columns[name]; ok {
			list = append(list, &fieldColumn{field: f, column: name})
		}
	}
	return list
}

// nearly finds the heading of ours of which another is a misspelling: the
// nearest, and of several as near always the same.
func (h *headings) nearly(folded string) string {
	found, best := "", 3
	for _, ours := range slices.Sorted(maps.Keys(h.known)) {
		if entity.Skeleton(ours) == entity.Skeleton(folded) {
			return ours
		}
		if most := slips(ours, folded); most > 0 {
			if d := distance(folded, ours, most); d <= most && d < best {
				found, best = ours, d
			}
		}
	}
	return found
}

// slips is how many slips of typing may lie between two headings for one to be
// taken for the other; short words are other words soon.
func slips(ours, theirs string) int {
	a, b := len([]rune(ours)), len([]rune(theirs))
	switch {
	case min(a, b) >= 8:
		return 2
	case min(a, b) >= 4 && max(a, b) >= 5:
		return 1
	}
	return 0
}

func nonEmpty(cells []string) []string {
	var list []string
	for _, c := range cells {
		if c != "" {
			list = append(list, c)
		}
	}
	return list
}

// findHeader looks for the header at the top of a sheet and leaves rows after
// it. It is nil when no row is one; seen is then what the first row with any text
// says, and almost a heading that nearly is one of those by which it is known.
func (h *headings) findHeader(rows *sheet.Rows) (found *header, seen []string, almost string, err error) {
	for rows.Next() {
		row := rows.Row()
		if row.Number > headerRows {
			break
		}
		cells := texts(row)
		if h.isHeader(cells) {
			found, err := h.understand(row.Number, cells)
			if found != nil && row.Fields > 0 {
				found.fields = row.Fields
			}
			return found, nil, "", err
		}
		if len(seen) == 0 {
			seen = nonEmpty(cells)
		}
		for _, text := range cells {
			if like := h.nearly(foldHeading(text)); like != "" && h.tells(h.known[like]) {
				almost = text
			}
		}
	}
	return nil, seen, almost, rows.Err()
}
