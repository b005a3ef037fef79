package entity

import "time"

// Workspace is a tenant: nothing of one is ever visible from another.
type Workspace struct {
	ID        int64
	Name      string // unique regardless of case
	Language  string // of those who chose none
	TimeZone  string // IANA name
	Sight     Sight
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
