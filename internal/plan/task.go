package plan

// Task is a change of many records that was asked for on a page and not in a
// file. It is checked, shown, applied and undone like any other import.
type Task struct {
	What TaskName `json:"what"`
	From int64    `json:"from"` // who or what is to be replaced
	Into []int64  `json:"into"` // by whom or what
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
)
