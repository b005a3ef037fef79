package entity

import "slices"

// Query asks for a page of records of one entity.
type Query struct {
	Search       string              // free text; folded by whoever executes it
	Active       *bool               // nil: both
	Responsible  []int64             // of any of these employees; empty: of anybody
	Unassigned   bool                // only records without responsibles
	Filters      map[string][]string // canonical values by field: directory value ids, reference ids
	Sort         string              // field name, "id", "status" or ""; "" is by title
	Descending   bool
	Offset       int64
	Limit        int // records on the page
	WithoutCount bool
}

// Page is the answer to a Query.
type Page struct {
	Records []*Record
	Total   int64 // records matching, on all pages; -1 when not counted
}

// Scope is whose records somebody may see. A record without responsibles is
// seen when Unassigned is set; any other when one of Employees is responsible.
type Scope struct {
	All        bool // every record; the other fields do not matter
	Unassigned bool
	Employees  []int64
}

// Sees tells whether the scope reaches a record.
func (s Scope) Sees(r *Record) bool {
	if s.All {
		return true
	}
	if len(r.Responsibles) == 0 {
		return s.Unassigned
	}
	return slices.ContainsFunc(r.Responsibles, func(id int64) bool { return slices.Contains(s.Employees, id) })
}
