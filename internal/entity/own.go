package entity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// OwnField is a field that a workspace has declared for itself on one kind of
// record. Its values are kept, shown and changed like those of any other field.
type OwnField struct {
	ID        int64
	Entity    string // name of the kind
	Kind      OwnKind
	Heading   string // how people call it, in every language
	Mandatory bool   // new records and forms must have a value
	Retired   bool   // shown where it has a value, not asked for any more
	Place     int64  // order among the fields of the kind
}

// OwnKind is what an own field holds, by the words of the command line.
type OwnKind string

// The kinds of own fields.
const (
	OwnText   OwnKind = "text"
	OwnNumber OwnKind = "number"
	OwnDate   OwnKind = "date"
	OwnChoice OwnKind = "choice"
	OwnYesNo  OwnKind = "yesno"
)

var ownKinds = map[OwnKind]Kind{OwnText: Text, OwnNumber: Decimal, OwnDate: Date, OwnChoice: Directory, OwnYesNo: Bool}

// OwnKinds lists the kinds of own fields, in the order in which they are offered.
func OwnKinds() []OwnKind { return []OwnKind{OwnText, OwnNumber, OwnDate, OwnChoice, OwnYesNo} }

// Known tells whether there is such a kind.
func (k OwnKind) Known() bool { return slices.Contains(OwnKinds(), k) }

// Bounds of own fields. What is beyond them is refused in words.
const (
	MostOwnFields     = 50   // of one kind of record, without the retired ones
	MostOwnFieldsEver = 200  // the retired ones included
	MostOwnHeading    = 60   // characters
	mostOwnText       = 500  // characters
	mostOwnNumber     = 1e15 // beyond it digits would be lost
	ownInList         = 3    // the first of them are columns of the list by themselves
)

// Name is how addresses, history and plans call the field, whatever its heading.
func (f *OwnField) Name() string { return fmt.Sprint(ownPrefix, f.ID) }

const ownPrefix = "own_"

// DiffOwnField lists in what two states of an own field differ, for the log of
// settings, where a change is of "own_12.heading". The state before a new one is an
// empty one.
func DiffOwnField(before, after *OwnField) []Change {
	texts := func(f *OwnField) []string {
		return []string{f.Heading, string(f.Kind), BoolText(f.Mandatory), BoolText(f.Retired)}
	}
	var list []Change
	was, now := texts(before), texts(after)
	for n, aspect := range []string{"heading", "kind", "mandatory", "retired"} {
		if was[n] != now[n] {
			list = append(list, Change{Field: after.Name() + "." + aspect, Before: was[n], After: now[n]})
		}
	}
	return list
}

// IsOwnName tells whether a name is that of an own field.
func IsOwnName(name string) bool { return strings.HasPrefix(name, ownPrefix) }

// field is the declaration that follows. A retired one is like what the program
// alone writes: shown where it is not empty, never asked for.
func (f *OwnField) field(along, inList bool) Field {
	d := Field{
		Name: f.Name(), Kind: ownKinds[f.Kind], Own: f.ID, Heading: f.Heading,
		Required: f.Mandatory && f.Kind != OwnYesNo && !f.Retired, Derived: f.Retired,
		Search: f.Kind == OwnText, Filter: f.Kind == OwnChoice && !f.Retired, InList: inList && !f.Retired,
	}
	d.Along = along && d.Required
	switch f.Kind {
	case OwnText:
		d.Max = mostOwnText
	case OwnNumber:
		d.Bounded, d.Min, d.Top = true, -mostOwnNumber, mostOwnNumber
	case OwnChoice:
		d.Directory = d.Name
	}
	return d
}

// With is the catalog with the fields that a workspace has declared for itself,
// which stand behind those that every workspace has. The order of fields counts.
func (c *Catalog) With(fields []OwnField) *Catalog {
	directories := slices.Clone(c.Directories)
	entities := make([]*Entity, len(c.Entities))
	for n, e := range c.Entities {
		own := *e
		own.declared = len(e.Fields)
		own.Fields = slices.Clone(e.Fields)
		// what is asked along with another record must be asked whole
		along := slices.ContainsFunc(e.Fields, func(f Field) bool { return f.OnePer != "" })
		listed := 0
		for i := range fields {
			if fields[i].Entity != e.Name {
				continue
			}
			f := fields[i].field(along, listed < ownInList)
			if f.InList {
				listed++
			}
			if f.Directory != "" {
				directories = append(directories, f.Directory)
			}
			own.Fields = append(own.Fields, f)
		}
		entities[n] = &own
	}
	return NewCatalog(directories, entities...)
}

// Of is the entity of this catalog that is the same kind of record as e.
func (c *Catalog) Of(e *Entity) *Entity { return c.byNumber[e.Number] }

// Headings are how people call the own fields of a catalog, by their names.
func (c *Catalog) Headings() map[string]string {
	list := map[string]string{}
	for _, e := range c.Entities {
		maps.Copy(list, e.headings())
	}
	return list
}

func (e *Entity) headings() map[string]string {
	list := map[string]string{}
	for _, f := range e.OwnFields() {
		list[f.Name] = f.Heading
	}
	return list
}

// Declared are the fields that every workspace has: those with a column.
func (e *Entity) Declared() []Field {
	if e.declared == 0 {
		return e.Fields
	}
	return e.Fields[:e.declared]
}

// OwnFields are the fields that the workspace has declared for itself.
func (e *Entity) OwnFields() []Field { return e.Fields[len(e.Declared()):] }
