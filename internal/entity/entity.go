// Package entity is the vocabulary of records: what an Entity, a Field and a
// Record are, and how two states of a record differ. It knows no particular
// entity (those are declared in catalog), no storage and no language.
package entity

// Entity declares one kind of record. Everything else (tables, forms, lists,
// sheets, validation, history) is derived from the declaration.
type Entity struct {
	Name   string // singular, as the command line says it: "company"
	Path   string // plural, as addresses say it: "companies"
	Table  string // table of the wide row
	Icon   string // name of the icon in the interface
	Number int    // the kind's number in the database; never changes, never reused
	Fields []Field

	// Title is the field by which people know a record; TitleElse stands in when
	// it is empty and may itself be "".
	Title, TitleElse string
	// Place is where the records are; nil when they are nowhere in particular.
	Place *Place
	// Check is the rule that belongs to this kind alone; it sees a record about
	// to be saved and reports every fault. May be nil.
	Check func(*Record) error

	byName   map[string]int
	declared int // how many of Fields every workspace has; 0 is all of them
}

// Field declares one field of an entity.
type Field struct {
	Name      string
	Kind      Kind
	Required  bool
	Unique    bool   // within the workspace and kind, after Fold
	Search    bool   // part of what free search looks through
	InList    bool   // a column of the section's list, by default
	Filter    bool   // offered as a filter above the list
	Directory string // for Directory: the directory's name
	Ref       string // for Reference: the entity's name
	OnePer    string // for Bool: a reference of the entity; of the records with one value of it exactly one is true
	Along     bool   // of an entity with a OnePer field: asked on the form that makes what OnePer refers to, too
	Derived   bool   // written by the program alone: shown where it is not empty, never asked for
	Twin      bool   // of an entity with a OnePer field: what OnePer refers to is likely the same thing twice when title and this agree
	Max       int    // for texts: most characters; 0 means 200
	Min, Top  float64
	Bounded   bool   // Min and Top count
	Default   string // canonical text given to a new record

	Own     int64  // the number of a field that the workspace has declared for itself; 0 for those of the catalog
	Heading string // of an own field: how people call it, in every language
}

// Kind is the type of a field's value.
type Kind uint8

// The kinds. A value is always held as its canonical text; the kind says which
// texts are canonical and how they are stored.
const (
	Text      Kind = iota // one line
	LongText              // several lines
	Phone                 // text, searchable by its digits
	Email                 // text of the form local@domain
	Integer               // digits, maybe with a minus
	Decimal               // digits with a point
	Date                  // 2026-03-01
	Bool                  // "1" or ""
	Directory             // id of a directory value
	Reference             // id of another record
)

// Names of the things every record has beside its declared fields. They are
// words of the edit file, of history and of filters alike.
const (
	ID           = "id"
	Active       = "status" // the edit file's status: active or inactive
	Responsibles = "responsibles"
	Version      = "version"
)

// Field finds a field by name. It panics when there is none: the name is a
// programmer's, or was checked with Has.
func (e *Entity) Field(name string) *Field { return &e.Fields[e.Index(name)] }

// Has tells whether a field of this name is declared.
func (e *Entity) Has(name string) bool {
	_, ok := e.byName[name]
	return ok
}

// FormOrder is the fields as forms, cards and templates show them: those of
// several lines last, where they leave no holes. What the program alone writes is
// not among them.
func (e *Entity) FormOrder() []*Field {
	var short, long []*Field
	for i := range e.Fields {
		switch f := &e.Fields[i]; {
		case f.Derived:
		case f.Kind == LongText:
			long = append(long, f)
		default:
			short = append(short, f)
		}
	}
	return append(short, long...)
}

// AlongFields is those of a companion's fields that are asked where the record is
// made that it belongs to.
func (e *Entity) AlongFields() []*Field {
	var fields []*Field
	for i := range e.Fields {
		if e.Fields[i].Along {
			fields = append(fields, &e.Fields[i])
		}
	}
	return fields
}

// MergedInto is the field that says into which record one of e was merged; ok is
// false for kinds whose records are not merged.
func (e *Entity) MergedInto() (f *Field, ok bool) {
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Kind == Reference && f.Ref == e.Name && f.Derived {
			return f, true
		}
	}
	return nil, false
}

// Index is the field's place in Fields. It panics when there is none.
func (e *Entity) Index(name string) int {
	i, ok := e.byName[name]
	if !ok {
		panic("entity " + e.Name + " has no field " + name)
	}
	return i
}

// Catalog is all declared entities, in the order in which people see them.
type Catalog struct {
	Entities    []*Entity
	Directories []string // names of the directories, those of employees included
	byName      map[string]*Entity
	byPath      map[string]*Entity
	byNumber    map[int]*Entity
}

// NewCatalog indexes the declarations. It panics on a declaration that
// contradicts itself: two of one name, a reference to nowhere.
func NewCatalog(directories []string, entities ...*Entity) *Catalog {
	c := &Catalog{
		Entities:    entities,
		Directories: directories,
		byName:      map[string]*Entity{},
		byPath:      map[string]*Entity{},
		byNumber:    map[int]*Entity{},
	}
	for _, e := range entities {
		if c.byName[e.Name] != nil || c.byPath[e.Path] != nil || c.byNumber[e.Number] != nil {
			panic("catalog: two entities share a name, a path or a number: " + e.Name)
		}
		c.byName[e.Name], c.byPath[e.Path], c.byNumber[e.Number] = e, e, e
		e.index()
	}
	for _, e := range entities {
		c.verify(e)
	}
	return c
}

func (e *Entity) index() {
	e.byName = make(map[string]int, len(e.Fields))
	for i, f := range e.Fields {
		if _, twice := e.byName[f.Name]; twice {
			panic("catalog: " + e.Name + " declares " + f.Name + " twice")
		}
		e.byName[f.Name] = i
	}
	if !e.Has(e.Title) || e.TitleElse != "" && !e.Has(e.TitleElse) {
		panic("catalog: the title of " + e.Name + " is not one of its fields")
	}
}

func (c *Catalog) verify(e *Entity) {
	known := map[string]bool{}
	for _, d := range c.Directories {
		known[d] = true
	}
	if p := e.Place; p != nil {
		for name, kind := range map[string]Kind{p.Latitude: Decimal, p.Longitude: Decimal, p.Radius: Integer} {
			if !e.Has(name) || e.Field(name).Kind != kind {
				panic("catalog: the place of " + e.Name + " is not made of its fields")
			}
		}
	}
	for _, f := range e.Fields {
		if f.Kind == Reference && c.byName[f.Ref] == nil {
			panic("catalog: " + e.Name + "." + f.Name + " refers to nothing")
		}
		if f.OnePer != "" && (f.Kind != Bool || !e.Has(f.OnePer) || e.Field(f.OnePer).Kind != Reference) {
			panic("catalog: " + e.Name + "." + f.Name + " is one per something that is no reference")
		}
		if f.Kind == Directory && !known[f.Directory] {
			panic("catalog: " + e.Name + "." + f.Name + " names no directory")
		}
	}
}

// Companion is the kind of record that every record of e has exactly one chosen
// of, and the field that chooses it: the main location of a company. Both are
// nil when e has none. The two are made together.
func (c *Catalog) Companion(e *Entity) (*Entity, *Field) {
	for _, other := range c.Entities {
		for i := range other.Fields {
			if f := &other.Fields[i]; f.OnePer != "" && other.Field(f.OnePer).Ref == e.Name {
				return other, f
			}
		}
	}
	return nil, nil
}

// ByName finds an entity by its singular name; nil when there is none.
func (c *Catalog) ByName(name string) *Entity { return c.byName[name] }

// ByPath finds an entity by its plural, as in addresses; nil when there is none.
func (c *Catalog) ByPath(path string) *Entity { return c.byPath[path] }

// ByNumber finds an entity by its number in the database; nil when there is none.
func (c *Catalog) ByNumber(n int) *Entity { return c.byNumber[n] }
