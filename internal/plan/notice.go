package plan

import "time"

// Notice is something told to one employee. The sentence is made when it is
// shown: Kind is its key, Args what it names.
type Notice struct {
	ID         int64
	EmployeeID int64
	At         time.Time
	Kind       NoticeKind
	ImportID   int64
	Args       map[string]any
	ReadAt     time.Time // zero: not yet
}

// NoticeKind is what a notice is about.
type NoticeKind string

// The kinds of notice.
const (
	Digest      NoticeKind = "digest"   // an import has given or taken records: received, handed_over
	ApprovalDue NoticeKind = "approval" // an import waits for another administrator's yes: who
	WasApproved NoticeKind = "approved" // who, word
	WasRejected NoticeKind = "rejected" // who, word
)
