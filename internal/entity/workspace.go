package entity

import "time"

// Workspace is a tenant: nothing of one is ever visible from another.
type Workspace struct {
	ID       int64
	Name     string // unique regardless of case
	Language string // of those who chose none
	TimeZone string // IANA name
	Sight    Sight
	Lists    string // what a plain list of logins means when nobody says: replace, add, remove

	BlastRecords        int64 // records that may change hands or be deactivated at once without a word
	BlastShare          int64 // the same, in percent of the kind; both must be passed
	SecondAdministrator bool  // a word alone is not enough: another administrator approves
	ApprovalDays        int64 // how long a request for approval lasts

	Notices bool // imports tell those whose records change hands, unless told otherwise

	CreatedAt time.Time
}

// Sight is what responsibles do to who sees a record.
type Sight string

// The kinds of sight, as the database writes them.
const (
	SightEveryone       Sight = "everyone"       // records without responsibles are seen by everyone
	SightAdministrators Sight = "administrators" // records without responsibles are seen by administrators only
	SightOff            Sight = "off"            // everybody sees every record, whoever is responsible
)
