package entity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func thing() *Entity {
	e := &Entity{Name: "thing", Path: "things", Number: 1, Title: "name", TitleElse: "place", Fields: []Field{
		{Name: "name"}, {Name: "place"}, {Name: "size", Kind: Integer, Default: "100"},
	}}
	NewCatalog(nil, e)
	return e
}

func TestDiff(t *testing.T) {
	old := NewRecord(thing())
	old.Set("name", "Дом")
	old.Responsibles = []int64{3, 7}
	if changes := Diff(old, old.Clone()); changes != nil {
		t.Errorf("a copy differs: %v", changes)
	}
	now := old.Clone()
	now.Active = false
	now.Responsibles[0] = 2
	now.Set("size", "")
	now.Set("name", "Хата")
	want := []Change{
		{Active, "1", ""}, {Responsibles, "3,7", "2,7"}, {"name", "Дом", "Хата"}, {"size", "100", ""},
	}
	if diff := cmp.Diff(want, Diff(old, now)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTitle(t *testing.T) {
	rec := NewRecord(thing())
	rec.Set("place", "Минск")
	if rec.Title() != "Минск" {
		t.Errorf("without a name the title is %q, want the place", rec.Title())
	}
	rec.Set("name", "Дом")
	if rec.Title() != "Дом" {
		t.Errorf("the title is %q, want the name", rec.Title())
	}
}

func TestScopeSees(t *testing.T) {
	of := func(ids ...int64) *Record { return &Record{Responsibles: ids} }
	for _, tt := range []struct {
		name  string
		scope Scope
		rec   *Record
		want  bool
	}{
		{"everything", Scope{All: true}, of(9), true},
		{"his own among others", Scope{Employees: []int64{1, 2}}, of(2, 9), true},
		{"somebody else's", Scope{Employees: []int64{1, 2}, Unassigned: true}, of(9), false},
		{"nobody's, seen", Scope{Unassigned: true}, of(), true},
		{"nobody's, not seen", Scope{Employees: []int64{1}}, of(), false},
	} {
		if got := tt.scope.Sees(tt.rec); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestIDsText(t *testing.T) {
	for _, ids := range [][]int64{nil, {5}, {1, 20, 300}} {
		if diff := cmp.Diff(ids, ParseIDs(IDsText(ids))); diff != "" {
			t.Errorf("%v (-want +got):\n%s", ids, diff)
		}
	}
	if diff := cmp.Diff([]int64{1, 2, 9}, SortedSet([]int64{9, 1, 2, 1})); diff != "" {
		t.Errorf("SortedSet (-want +got):\n%s", diff)
	}
}

func TestCatalogRefusesContradictions(t *testing.T) {
	for name, entities := range map[string][]*Entity{
		"two of one name":             {{Name: "a", Path: "a", Number: 1, Title: "t", Fields: []Field{{Name: "t"}}}, {Name: "a", Path: "b", Number: 2, Title: "t", Fields: []Field{{Name: "t"}}}},
		"two of one number":           {{Name: "a", Path: "a", Number: 1, Title: "t", Fields: []Field{{Name: "t"}}}, {Name: "b", Path: "b", Number: 1, Title: "t", Fields: []Field{{Name: "t"}}}},
		"a field twice":               {{Name: "a", Path: "a", Title: "t", Fields: []Field{{Name: "t"}, {Name: "t"}}}},
		"a title that is no field":    {{Name: "a", Path: "a", Title: "x", Fields: []Field{{Name: "t"}}}},
		"a reference to nowhere":      {{Name: "a", Path: "a", Title: "t", Fields: []Field{{Name: "t", Kind: Reference, Ref: "b"}}}},
		"a directory nobody declared": {{Name: "a", Path: "a", Title: "t", Fields: []Field{{Name: "t", Kind: Directory, Directory: "d"}}}},
		"one per what is no record":   {{Name: "a", Path: "a", Title: "t", Fields: []Field{{Name: "t"}, {Name: "m", Kind: Bool, OnePer: "t"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was accepted")
				}
			}()
			NewCatalog(nil, entities...)
		})
	}
}
