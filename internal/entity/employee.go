package entity

import "time"

// Role is what an employee may do in general; the rights follow from it in access.
type Role string

// The roles, by the words of the command line.
const (
	Administrator Role = "administrator"
	Manager       Role = "manager"
	FieldStaff    Role = "field"
)

// Employee is a person of the workspace: responsible for records, and with a
// login to sign in by.
type Employee struct {
	ID        int64
	Login     string // as written; unique regardless of case
	Name      string
	Email     string
	Phone     string
	Position  int64 // directory value; 0 when none
	Role      Role
	Active    bool
	Language  string // of the interface; "" is the workspace's
	Groups    []Membership
	Version   int64
	CreatedAt time.Time
}

// Membership is an employee's place in a group.
type Membership struct {
	GroupID int64
	Name    string
	Leads   bool // a manager of the group sees what its members see
}

// Group is a group of employees; those who lead it see what its members see.
type Group struct {
	ID      int64
	Name    string
	Members int64
}

// Positions is the directory that employees have their position from.
const Positions = "position"

// DirectoryValue is one value of a workspace's directory.
type DirectoryValue struct {
	ID        int64
	Directory string
	Name      string
	Place     int64 // order among the values
	Retired   bool  // still shown where used, not offered any more
}
