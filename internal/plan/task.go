package plan

import "nadel/internal/entity"

// Task is a change of many records that was asked for on a page and not in a
// file. It is checked, shown, applied and undone like any other import.
type Task struct {
	What TaskName `json:"what"`
	From int64    `json:"from"` // who or what is to be replaced
	Into []int64  `json:"into"` // by whom or what

	// Of ChangeFound: which records, as far as whoever asked could see them then,
	// and what is to become of each.
	Find  *entity.Query `json:"find,omitempty"`
	Sight *entity.Scope `json:"sight,omitempty"`
	Edit  *FieldEdit    `json:"edit,omitempty"`
}

// FieldEdit is what is to become of one field of many records.
type FieldEdit struct {
	Field  string  `json:"field"`            // of the kind, or status, or responsibles
	Lists  Lists   `json:"lists,omitempty"`  // of responsibles: whether People replace, are added or taken away
	People []int64 `json:"people,omitempty"` // employees, ascending
	Value  string  `json:"value,omitempty"`  // canonical; "" empties the field, and of the status it means inactive
}

// TaskName is what a task does.
type TaskName string

// The tasks.
const (
	// MergeRecords makes one record of two of the import's kind: whatever refers
	// to From refers to Into then, which takes over responsibles and what it
	// lacks; From is deactivated and says where it went.
	MergeRecords TaskName = "merge_records"
	// MergeValues puts the directory value Into wherever From stands, and retires From.
	MergeValues TaskName = "merge_values"
	// HandOver puts the employees Into in the place of From: each company with
	// what belongs to it goes to one of them, so that the shares are even.
	HandOver TaskName = "hand_over"
	// ChangeFound changes one field of all records that a list was asked for, or of
	// those that were picked there.
	ChangeFound TaskName = "change_found"
)
