package plan

import "time"

// Act is a kind of decision.
type Act string

// The acts. Each has its sentence in the locales: decision.accept and so on.
const (
	Accepted      Act = "accept"         // guards: what may pass
	AcceptedAhead Act = "accept_ahead"   // guards: the same, before the file was checked
	Withdrawn     Act = "withdraw"       // guards: what may not pass after all
	AllOrNothing  Act = "all_or_nothing" // the import is to be applied whole or not at all
	GoodRows      Act = "good_rows"      // all good rows are to be applied
	Started       Act = "apply"          // rows: how many were to be written
	Stopped       Act = "cancel"
	UndoAsked     Act = "undo"          // import: the one that is to take this one back
	Mended        Act = "mend"          // value and with: what is read instead of what; as "mend_cell" of one row
	Unmended      Act = "unmend"        // the same, taken back
	ChosenMine    Act = "choose_mine"   // row: what becomes of a field that somebody has changed since; as "choose_mine_all" of all rows
	ChosenTheirs  Act = "choose_theirs" // likewise
	ChosenMerge   Act = "choose_merge"  // likewise
	Unchosen      Act = "unchoose"      // the same, taken back
	Extended      Act = "extend"        // what belongs to the records is to follow them
	Narrowed      Act = "narrow"        // nothing is to follow after all
	OtherSheet    Act = "sheet"         // import: the one made of another sheet of the file, and the sheet
	ApprovalAsked Act = "ask"           // another administrator is asked to approve
	ApprovalGiven Act = "approve"       // word
	ApprovalKept  Act = "reject"        // word
)

// Decision is what a person decided about an import: who, when, what.
type Decision struct {
	N          int64 // in order, from 1
	EmployeeID int64 // 0 is the operator
	At         time.Time
	What       Act
	Args       map[string]any // of its sentence
}
