package plan

import "time"

// Mending is a person's word on what a cell that was not understood is to say.
// The file stays as it is: whoever reads it reads With instead.
type Mending struct {
	ID     int64  // in its import, from 1
	Row    int64  // the one row it is about; 0: every row where Value is wrong
	Field  string // by its catalog name
	Value  string // what it replaces, as the problem names it; "" for a single cell
	With   string // what is read instead
	Memory int64  // the remembered mending that it follows; 0: it was made on this import
	Off    bool   // a remembered one that is not to be used on this import
	Rows   int64  // that it has mended
	By     int64  // employee; 0 is the operator
	At     time.Time
}

// MendedRow says that a row was read with a mending.
type MendedRow struct{ Row, Mending int64 }

// Remembered is a mending that the workspace keeps for the files to come.
type Remembered struct {
	ID     int64
	Kind   int    // number of the kind of record whose field it is; 0: a field that all kinds have
	Field  string // by its catalog name
	Value  string
	With   string
	By     int64 // employee; 0 is the operator
	At     time.Time
	Import int64 // on which it was made
	Used   int64 // imports that it has mended rows of
}

// Cause is rows that have failed, or are held, for one and the same reason.
type Cause struct {
	Outcome  Outcome
	Field    string
	Code     string
	Value    string // what all of them say; "" when the value differs from row to row
	Rows     int64
	FirstRow int64
}
