package plan

import (
	"strings"

	"nadel/internal/entity"
)

// Being is what a row of a plan does to a record's existence.
type Being uint8

// The ways.
const (
	Stays Being = iota // the record is there before and after: a change
	Comes              // it is made, or brought back
	Goes               // it is taken back; its history stays
)

// Reversed is the way back.
func (b Being) Reversed() Being {
	switch b {
	case Comes:
		return Goes
	case Goes:
		return Comes
	}
	return b
}

// NewValue is the code of what is said of a cell whose value would be added to a
// directory.
const NewValue = "new_value"

// A row that makes a record with a companion (a company with its main location)
// makes both. What it says of the companion stands among its fields, under the
// companion's name: "location.address". The companion's number is the next one.

// Mate is the companion's number.
func Mate(record int64) int64 { return record + 1 }

// MateField is the name of a companion's field among those of the row.
func MateField(companion *entity.Entity, field string) string { return companion.Name + "." + field }

// Own is the row's fields that are the record's own.
func (c *Change) Own() []entity.Change {
	if c.Being == Stays {
		return c.Fields
	}
	var own []entity.Change
	for _, f := range c.Fields {
		if !strings.Contains(f.Field, ".") {
			own = append(own, f)
		}
	}
	return own
}

// OfMate is the row's fields that are the companion's, under its own names.
func (c *Change) OfMate(companion *entity.Entity) []entity.Change {
	if c.Being == Stays || companion == nil {
		return nil
	}
	var list []entity.Change
	for _, f := range c.Fields {
		if name, is := strings.CutPrefix(f.Field, companion.Name+"."); is {
			list = append(list, entity.Change{Field: name, Before: f.Before, After: f.After})
		}
	}
	return list
}
