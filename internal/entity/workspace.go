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

	HistoryDays int64     // how long history is kept; 0 is for ever
	HistoryFrom time.Time // from when on history is complete; zero is from the beginning

	CreatedAt time.Time
}

// KeptFrom is the day from which on history is kept, as ISO text by the
// workspace's own clock; "" when all of it is.
func (w *Workspace) KeptFrom() string {
	if w.HistoryFrom.IsZero() {
		return ""
	}
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return w.HistoryFrom.In(zone).Format(time.DateOnly)
}

// Sight is what responsibles do to who sees a record.
type Sight string

// The kinds of sight, as the database writes them.
const (
	SightEveryone       Sight = "everyone"       // records without responsibles are seen by everyone
	SightAdministrators Sight = "administrators" // records without responsibles are seen by administrators only
	SightOff            Sight = "off"            // everybody sees every record, whoever is responsible
)
