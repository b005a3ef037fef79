// Package plan is the vocabulary of imports: what an import is, which states it
// passes, what became of its rows. bulk makes plans, store keeps them, the doors
// show them. It knows no file format and no storage.
package plan

import (
	"slices"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// State is how far an import has come.
type State string

// The states. An import goes uploaded, checking, ready, applying, applied; or
// ends as refused (the file), failed (applying) or cancelled, with a reason.
const (
	Uploaded  State = "uploaded"
	Checking  State = "checking"
	Ready     State = "ready"
	Applying  State = "applying"
	Applied   State = "applied"
	Refused   State = "refused"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Working tells whether the import is, or waits to be, in a worker's hands.
func (s State) Working() bool { return s == Uploaded || s == Checking || s == Applying }

// Final tells whether nothing will happen to the import any more.
func (s State) Final() bool { return s == Applied || s == Refused || s == Failed || s == Cancelled }

// Mode is what kind of import it is.
type Mode string

// The modes.
const (
	Edit   Mode = "edit"   // changes records that exist
	Create Mode = "create" // makes new ones
	Undo   Mode = "undo"   // takes an applied import back
)

// Lists is what a plain list of logins in the responsibles column means.
type Lists string

// The list modes.
const (
	Replace Lists = "replace"
	Add     Lists = "add"
	Remove  Lists = "remove"
)

// Hidden is what happens to rows that are hidden in the file.
type Hidden string

// The ways with hidden rows.
const (
	IncludeHidden Hidden = "include"
	SkipHidden    Hidden = "skip"
)

// Options are the choices made at upload.
type Options struct {
	Lists    Lists  `json:"lists,omitempty"`
	Rename   bool   `json:"rename,omitempty"`  // the name column edits instead of guarding
	Related  bool   `json:"related,omitempty"` // what belongs to the records goes the way of their status and responsibles
	Sheet    string `json:"sheet,omitempty"`   // the sheet to read; "" lets the file decide
	Hidden   Hidden `json:"hidden,omitempty"`
	Undo     *Part  `json:"undo,omitempty"`     // which rows an undo is about; nil is all of them
	Task     *Task  `json:"task,omitempty"`     // what was asked for on a page; nil when there is a file
	Language string `json:"language,omitempty"` // of the person who uploaded; reports are made in it by default
}

// Counts is the receipt. Read = Change + Unchanged + Held + Failed, and once
// applied Change + Accepted = Applied + Conflict + Remaining.
type Counts struct {
	Read      int64 `json:"read"`
	Change    int64 `json:"change"`
	Unchanged int64 `json:"unchanged"`
	Held      int64 `json:"held"`
	Failed    int64 `json:"failed"`
	Accepted  int64 `json:"accepted"` // of the held ones
	Applied   int64 `json:"applied"`
	Conflict  int64 `json:"conflict"`
	Remaining int64 `json:"remaining"`
	Blank     int64 `json:"blank"` // apart from Read
	Warnings  int64 `json:"warnings"`
	Mended    int64 `json:"mended"` // of Read: rows that were read with a mending
}

// File is the uploaded file, by name and content.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"-"` // bytes
}

// Import is one import: a file (or, for an undo, another import's history), the
// plan made of it and what became of the plan.
type Import struct {
	Workspace    int64
	ID           int64
	Entity       *entity.Entity   // the section it was begun in
	Kinds        []*entity.Entity // of the plan's rows: Entity alone, unless a workbook or follow-ups brought others
	Mode         Mode
	State        State
	Reason       *fault.Error // why refused, failed or cancelled; nil otherwise
	Options      Options
	AllOrNothing bool
	Notices      bool  // those whose records change hands are told
	Undoes       int64 // the import this one takes back; 0 when none
	UndoneBy     int64 // the newest applied undo of this import; 0 when none, or when all that was undone is back again
	Undone       int64 // rows that its undos have taken back
	Corrects     int64 // the import whose left rows this file brought back; 0 when none
	CorrectedBy  int64 // the newest import that corrects this one; 0 when none
	Revision     int64 // grows whenever the plan is made anew
	Replans      int64 // the mending whose rows alone are to be planned anew; 0: all rows are
	File         File
	Accepted     Guards // guards accepted for all rows
	Summary      Summary
	Counts       Counts
	HeldBy       map[Guards]int64 // held rows for each set of guards
	AppliedUpto  int64            // record id up to which the plan has been applied
	TakingBack   int64            // all or nothing met a conflict: what was applied, up to this record id, is still to be taken back; 0: no
	Done, Total  int64            // progress of the present state, in its own unit
	CreatedBy    int64            // employee; 0 is the operator
	CreatedAt    time.Time
	CheckedAt    time.Time
	AppliedBy    int64
	StartedAt    time.Time // applying began
	FinishedAt   time.Time
	Worked       time.Duration // time spent checking and applying
	ForgottenAt  time.Time     // its file and rows are not kept any more; zero while they are
	CancelAsked  bool
	Waiting      fault.Code // what the work waits for though nothing is wrong with it, such as fault.NoSpace; "" when it goes on
	Fence        int64
	// Catalog is the declarations as the workspace saw them when the import was read.
	Catalog *entity.Catalog
}

// Selected is how many rows of the plan are to be written: the changes and the
// held rows whose every guard is accepted.
func (i *Import) Selected() int64 { return i.Counts.Change + i.Counts.Accepted }

// Mixed tells whether the plan may hold rows of other kinds than Entity.
func (i *Import) Mixed() bool {
	return slices.ContainsFunc(i.Kinds, func(e *entity.Entity) bool { return e.Number != i.Entity.Number })
}

// LeftOut is how many of the rows to be written go without some of their fields.
func (i *Import) LeftOut() int64 {
	if Stale.Within(i.Accepted) {
		return 0
	}
	return i.Summary.Left
}

// AcceptedBy counts the held rows that accepting guards lets pass.
func (i *Import) AcceptedBy(guards Guards) int64 {
	n := int64(0)
	for by, rows := range i.HeldBy {
		if by.Within(guards) {
			n += rows
		}
	}
	return n
}

// Asking is what the held rows wait for a person's word about, besides what is
// accepted already.
func (i *Import) Asking() Guards {
	g := Guards(0)
	for by := range i.HeldBy {
		g |= by &^ i.Accepted
	}
	return g
}

// Summary is what the check found out about the file as a whole.
type Summary struct {
	Sheet      string            `json:"sheet,omitempty"`
	HeaderRow  int               `json:"header_row,omitempty"`
	Columns    map[string]Column `json:"columns,omitempty"`     // by field
	Ignored    []string          `json:"ignored,omitempty"`     // headings of columns nobody knows
	HiddenRows int64             `json:"hidden_rows,omitempty"` // hidden in the file
	HiddenSeen []int             `json:"hidden_seen,omitempty"` // the first of them, by row number
	HiddenLeft bool              `json:"hidden_left,omitempty"` // they were left out
	NoVersion  bool              `json:"no_version,omitempty"`  // no version column: no stale guard
	NoStatus   bool              `json:"no_status,omitempty"`
	NoPeople   bool              `json:"no_people,omitempty"` // no responsibles column
	Left       int64             `json:"left,omitempty"`      // rows that go without some of their fields unless the stale guard is accepted
	Warnings   []fault.Error     `json:"warnings,omitempty"`  // about the file, not about a row
	Moves      []Moves           `json:"moves,omitempty"`     // how many records of how many are deactivated or change hands
	Blast      bool              `json:"blast,omitempty"`     // that is too many: the blast guard holds them
	Parts      []Sheet           `json:"parts,omitempty"`     // the sheets, when the workbook is read as a whole
	Following  int64             `json:"following,omitempty"` // rows of records that follow those they belong to
	Sight      string            `json:"sight,omitempty"`     // the same for two imports when who sees whose records was the same
	Sheets     []string          `json:"sheets,omitempty"`    // to choose from, when refused for want of a choice
}

// Moves is how many records of a kind would be deactivated or change hands, of how
// many there are.
type Moves struct {
	Kind string `json:"kind"`
	Rows int64  `json:"rows"`
	Of   int64  `json:"of"`
}

// Column is where a field was found.
type Column struct {
	Place   int    `json:"place"`   // from 0
	Heading string `json:"heading"` // as the file has it
}

// Outcome is what the check made of a row.
type Outcome string

// The outcomes of rows; Warning and Conflict are not outcomes of the check but
// things said about rows in the same list.
const (
	ToChange  Outcome = "change"
	Unchanged Outcome = "unchanged"
	Held      Outcome = "held"
	RowFailed Outcome = "failed"
	Warning   Outcome = "warning"
	Conflict  Outcome = "conflict"
)

// Fate is what became of a planned change, where the import's progress does not
// tell it already.
type Fate uint8

// The fates.
const (
	AsProgressSays Fate = iota
	InConflict          // the record had changed since the check: left alone
	TakenBack           // applied, then taken back by all or nothing
)

// Change is one row of the plan: what one record is to become. Only touched
// fields count.
type Change struct {
	Entity   *entity.Entity // the record's kind
	RecordID int64
	Row      int64 // in the file; for an undo, in the undone import's file
	Guards   Guards
	Fate     Fate
	Version  int64 // seen by the plan
	Being    Being
	MadeAt   time.Time // of a record that goes or comes back; zero: as the row is applied

	TouchesActive             bool
	ActiveBefore, ActiveAfter bool

	TouchesResponsibles                   bool
	ResponsiblesBefore, ResponsiblesAfter []int64

	// Left are those of the touched fields that the row goes without unless the
	// stale guard is accepted: an undo's, where somebody has changed them since.
	Left []string

	// Fields are the other touched fields, in the order of the catalog. A row
	// without any is written the fast way.
	Fields []entity.Change
}

// Touches tells whether the row changes a field: a declared one, the status or
// the responsibles.
func (c *Change) Touches(field string) bool {
	switch field {
	case entity.Active:
		return c.TouchesActive
	case entity.Responsibles:
		return c.TouchesResponsibles
	}
	return slices.ContainsFunc(c.Fields, func(f entity.Change) bool { return f.Field == field })
}

// Empty tells whether the row touches nothing.
func (c *Change) Empty() bool {
	return !c.TouchesActive && !c.TouchesResponsibles && len(c.Fields) == 0
}

// Problem is something to be said about a row. The sentence is made when it is
// shown: Code is its key, Args what it names.
type Problem struct {
	Row        int64
	N          int // among the problems of the row
	RecordID   int64
	Outcome    Outcome
	Field      string // by its catalog name; "" when it is about the whole row
	Code       string
	Args       map[string]any
	Value      string // what the cell held
	Suggestion string // a value that would be right; "" when there is none
}

// Load is one employee's share before and after an import.
type Load struct {
	EmployeeID int64
	Guards     Guards // of the rows that this line is about; 0 for the plain changes
	Before     int64  // records of this kind; only on the line with no guards
	Delta      int64
	Received   int64 // of Delta: what came, without what went
	Gains      int64 // records the employee begins to see
	Loses      int64 // records the employee ceases to see
}
