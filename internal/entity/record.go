package entity

import (
	"slices"
	"time"
)

// Record is one record as it stands: what every record has, and its declared
// fields as canonical text ("" is empty).
type Record struct {
	Entity       *Entity
	ID           int64
	Version      int64 // 1 when made; grows by one with each change
	Active       bool
	Responsibles []int64 // employee ids, ascending, without repeats
	Values       []string
	CreatedAt    time.Time
}

// NewRecord is an active record with the declared defaults.
func NewRecord(e *Entity) *Record {
	r := &Record{Entity: e, Version: 1, Active: true, Values: make([]string, len(e.Fields))}
	for i, f := range e.Fields {
		r.Values[i] = f.Default
	}
	return r
}

// Get is the canonical text of a declared field.
func (r *Record) Get(field string) string { return r.Values[r.Entity.Index(field)] }

// Set replaces the canonical text of a declared field.
func (r *Record) Set(field, value string) { r.Values[r.Entity.Index(field)] = value }

// Title is what people call the record.
func (r *Record) Title() string {
	title := r.Get(r.Entity.Title)
	if title == "" && r.Entity.TitleElse != "" {
		return r.Get(r.Entity.TitleElse)
	}
	return title
}

// Clone is a copy that shares nothing with r.
func (r *Record) Clone() *Record {
	c := *r
	c.Responsibles = slices.Clone(r.Responsibles)
	c.Values = slices.Clone(r.Values)
	return &c
}

// Change is one field before and after. Active is written "1" and "", the
// responsibles as ids joined by commas, any other field as its canonical text.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Diff lists what differs between two states of one record: active and
// responsibles first, then fields in the order of the catalog.
func Diff(old, now *Record) []Change {
	var changes []Change
	if old.Active != now.Active {
		changes = append(changes, Change{Active, BoolText(old.Active), BoolText(now.Active)})
	}
	if !slices.Equal(old.Responsibles, now.Responsibles) {
		changes = append(changes, Change{Responsibles, IDsText(old.Responsibles), IDsText(now.Responsibles)})
	}
	for i, f := range old.Entity.Fields {
		after := now.Values[i]
		if old.Entity != now.Entity { // somebody has changed the workspace's fields in between
			after = now.Get(f.Name)
		}
		if old.Values[i] != after {
			changes = append(changes, Change{f.Name, old.Values[i], after})
		}
	}
	return changes
}
