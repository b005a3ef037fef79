package entity

import "slices"

// Query asks for a page of records of one entity. Whatever it asks for is narrowed
// by everything else; several people, or several values of one field, widen.
type Query struct {
	Search       string              // free text; folded by whoever executes it
	Active       *bool               // nil: both
	Responsible  []int64             // of any of these employees; empty: of anybody
	Groups       []int64             // or of the members of these groups
	Unassigned   bool                // or records without responsibles
	Filters      map[string][]string // canonical values by field, "" for empty: a record has one of them
	Where        []Condition         // what else its fields must be
	IDs          []int64             // only these records, ascending; empty: any
	Within       *Box                // only records that are there; nil: anywhere and nowhere
	Sort         string              // field name, "id", "status" or ""; "" is by title
	Descending   bool
	Offset       int64
	Limit        int // records on the page
	WithoutCount bool
	Glance       bool // of a list: free search alone that finds too much may be answered with a part of it
}

// Condition is what a field of a record must be like.
type Condition struct {
	Field string
	Op    Op
	Value string // text to hold, or canonical bound; of no use to Empty and Filled
}

// Op is how a condition asks.
type Op string

// The ways of asking, by the words of a list's address.
const (
	Holds  Op = "has"   // a text holds this one, whatever the letters' case; a phone these digits
	From   Op = "from"  // a number or a date is this one or more
	UpTo   Op = "to"    // a number or a date is this one or less
	Empty  Op = "empty" // there is no value
	Filled Op = "filled"
)

// Ops is how records can be asked for by a field of the kind, besides by whole
// values.
func (k Kind) Ops() []Op {
	switch k {
	case Bool:
		return nil // it has two values, and both can be chosen
	case Directory, Reference:
		return []Op{Empty, Filled}
	case Integer, Decimal, Date:
		return []Op{From, UpTo, Empty, Filled}
	}
	return []Op{Holds, Empty, Filled}
}

// ByValue tells whether records are asked for by whole values of the kind.
func (k Kind) ByValue() bool { return k == Directory || k == Reference || k == Bool }

// Page is the answer to a Query.
type Page struct {
	Records []*Record
	Total   int64 // records matching, on all pages; -1 when not counted
	Part    bool  // more match than Total says: these are a part (Query.Glance)
}

// Scope is whose records somebody may see. A record without responsibles is
// seen when Unassigned is set; any other when one of Employees is responsible.
type Scope struct {
	All        bool // every record; the other fields do not matter
	Unassigned bool
	Employees  []int64
}

// Sees tells whether the scope reaches a record.
func (s Scope) Sees(r *Record) bool { return s.SeesOf(r.Responsibles) }

// SeesOf tells whether the scope reaches a record with these responsibles.
func (s Scope) SeesOf(responsibles []int64) bool {
	if s.All {
		return true
	}
	if len(responsibles) == 0 {
		return s.Unassigned
	}
	return slices.ContainsFunc(responsibles, func(id int64) bool { return slices.Contains(s.Employees, id) })
}
