package bulk

import (
	"cmp"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// mends is the mendings of an import as reading its file needs them. A mending
// of one cell stands above what the cell holds; one of a value is asked for only
// where the value was not understood, so that it never changes what was right.
type mends struct {
	list   []plan.Mending
	cells  map[int64][]*plan.Mending // by row
	values map[mendKey]*plan.Mending
	used   []plan.MendedRow // not yet written
	last   plan.MendedRow   // noted last
}

type mendKey struct{ field, value string } // the value as wrongValue makes it

// wrongValue is what a wrong text is known by: as much of it as a problem
// repeats, regardless of case.
func wrongValue(text string) string { return entity.Fold(quoted(strings.TrimFunc(text, blank))) }

func newMends(list []plan.Mending) *mends {
	m := &mends{list: list, cells: map[int64][]*plan.Mending{}, values: map[mendKey]*plan.Mending{}}
	for n := range list {
		switch one := &list[n]; {
		case one.Off:
		case one.Row != 0:
			m.cells[one.Row] = append(m.cells[one.Row], one)
		default:
			key := mendKey{one.Field, wrongValue(one.Value)}
			if m.values[key] == nil || m.values[key].Memory != 0 { // the import's own word counts more
				m.values[key] = one
			}
		}
	}
	return m
}

// loadMends is the mendings made on an import, and behind them the workspace's
// remembered ones as far as the import has not got them yet. Those that name
// records are not for him who does not see all of them: scope is of whoever has
// begun the import.
func loadMends(tx *store.Tx, i *plan.Import, scope entity.Scope) (*mends, error) {
	own, err := tx.Mendings(i.ID)
	if err != nil {
		return nil, err
	}
	remembered, err := tx.Remembered()
	if err != nil {
		return nil, err
	}
	next, has := int64(1), map[int64]bool{}
	for _, m := range own {
		next, has[m.Memory] = max(next, m.ID+1), true
	}
	for _, r := range slices.Backward(remembered) {
		if has[r.ID] || r.Kind != 0 && r.Kind != i.Entity.Number || !scope.All && namesRecords(tx.Catalog(), i.Entity, r.Field) {
			continue
		}
		own = append(own, plan.Mending{ID: next, Field: r.Field, Value: r.Value, With: r.With, Memory: r.ID, By: r.By, At: r.At})
		next++
	}
	return newMends(own), nil
}

// namesRecords tells whether cells of a column name records.
func namesRecords(catalog *entity.Catalog, e *entity.Entity, field string) bool {
	if field == entity.ID {
		return true
	}
	for _, other := range catalog.Entities { // a workbook has columns of several kinds
		if other.Has(field) && other.Field(field).Kind == entity.Reference {
			return true
		}
	}
	return e.Has(field) && e.Field(field).Kind == entity.Reference
}

// begin counts anew, because all rows are about to be read.
func (m *mends) begin() {
	for n := range m.list {
		m.list[n].Rows = 0
	}
}

// worthKeeping is the mendings that are written down: not those that were only
// remembered and have found nothing.
func (m *mends) worthKeeping() []plan.Mending {
	return slices.DeleteFunc(slices.Clone(m.list), func(one plan.Mending) bool { return one.Memory != 0 && one.Rows == 0 && !one.Off })
}

// cell is what is read in place of a cell, when somebody has said so.
func (m *mends) cell(row int64, field string) (*plan.Mending, bool) {
	for _, one := range m.cells[row] {
		if one.Field == field {
			return one, true
		}
	}
	return nil, false
}

// value is what is read in place of a wrong text.
func (m *mends) value(field, text string) (*plan.Mending, bool) {
	if len(m.values) == 0 {
		return nil, false
	}
	one, ok := m.values[mendKey{field, wrongValue(text)}]
	return one, ok
}

// note says that a row was read with mendings.
func (m *mends) note(row int64, with ...*plan.Mending) {
	for _, one := range with {
		mended := plan.MendedRow{Row: row, Mending: one.ID}
		if mended == m.last {
			continue
		}
		m.last = mended
		m.used = append(m.used, mended)
	}
}

// take hands out what was noted since, each once, and counts it.
func (m *mends) take() []plan.MendedRow {
	used := m.used
	m.used, m.last = nil, plan.MendedRow{}
	slices.SortFunc(used, func(a, b plan.MendedRow) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Mending, b.Mending))
	})
	used = slices.Compact(used)
	for _, one := range used {
		m.of(one.Mending).Rows++
	}
	return used
}

// of finds a mending by its number; nil when it was taken back.
func (m *mends) of(id int64) *plan.Mending {
	n := slices.IndexFunc(m.list, func(l plan.Mending) bool { return l.ID == id })
	if n < 0 {
		return nil
	}
	return &m.list[n]
}

// asCell is a mended cell as the file could have held it.
func asCell(column int, text string) sheet.Cell {
	c := sheet.Cell{Col: column, Kind: sheet.Text, Text: []byte(text)}
	if isBlank(text) {
		c.Kind = sheet.Empty
	}
	return c
}
