package plan

import "time"

// Approval is a request that another administrator approve an import, and what
// he answered. It is about exactly one plan.
type Approval struct {
	N          int64
	Plan       string // fingerprint of what was shown
	AskedBy    int64  // employee; 0 is the operator
	AskedAt    time.Time
	ExpiresAt  time.Time
	Answer     Answer
	AnsweredBy int64
	AnsweredAt time.Time
	Word       string
}

// Answer is how a request for approval stands.
type Answer string

// The answers. Void and Expired are never stored: they follow from the plan and
// the time.
const (
	Unanswered Answer = ""
	Approved   Answer = "approved"
	Rejected   Answer = "rejected"
	Void       Answer = "void"    // something was decided or mended since
	Expired    Answer = "expired" // nobody answered, or used the answer, in time
)

// Stands tells how the request stands at an instant, when the plan to be applied
// has this fingerprint.
func (a *Approval) Stands(fingerprint string, now time.Time) Answer {
	switch {
	case a.Answer == Rejected:
		return Rejected
	case a.Plan != fingerprint:
		return Void
	case !now.Before(a.ExpiresAt):
		return Expired
	}
	return a.Answer
}

// Blasts tells whether rows that the blast guard holds are to be written.
func (i *Import) Blasts() bool {
	for by := range i.HeldBy {
		if by&Blast != 0 && by.Within(i.Accepted) {
			return true
		}
	}
	return false
}
