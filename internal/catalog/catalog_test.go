package catalog

import (
	"strings"
	"testing"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

func TestDeclarations(t *testing.T) {
	c := New()
	reserved := map[string]bool{entity.ID: true, entity.Active: true, entity.Responsibles: true, entity.Version: true}
	columns := map[string]bool{"workspace_id": true, "sort_key": true, "search_text": true, "created_at": true}
	for _, e := range c.Entities {
		for i := range e.Fields {
			f := &e.Fields[i]
			if reserved[f.Name] || columns[f.Name] {
				t.Errorf("%s.%s: the name is taken by what every record has", e.Name, f.Name)
			}
			if f.Name != strings.ToLower(f.Name) || strings.ContainsAny(f.Name, ` "-.`) {
				t.Errorf("%s.%s: names are lower case words joined by _", e.Name, f.Name)
			}
			if (f.Kind == entity.Directory) != (f.Directory != "") || (f.Kind == entity.Reference) != (f.Ref != "") {
				t.Errorf("%s.%s: the kind and what it refers to disagree", e.Name, f.Name)
			}
			if got, err := f.Parse(f.Format(f.Default)); f.Default != "" && (err != nil || got != f.Default) {
				t.Errorf("%s.%s: the default %q is not canonical: %q, %v", e.Name, f.Name, f.Default, got, err)
			}
			if f.Unique {
				t.Errorf("%s.%s: nothing keeps a field unique yet; give it an index and a check first", e.Name, f.Name)
			}
		}
	}
}

func TestRules(t *testing.T) {
	c := New()
	for _, tt := range []struct {
		name, kind string
		values     map[string]string
		want       string // the field at fault
	}{
		{"a contact of a company", "contact", map[string]string{"company": "1"}, ""},
		{"a contact of a location", "contact", map[string]string{"location": "1"}, ""},
		{"a contact of nobody", "contact", nil, "company"},
		{"an asset of nobody", "asset", nil, "company"},
		{"a location without coordinates", "location", nil, ""},
		{"a location with both", "location", map[string]string{"latitude": "53.9", "longitude": "27.5"}, ""},
		{"a latitude alone", "location", map[string]string{"latitude": "53.9"}, "longitude"},
		{"a longitude alone", "location", map[string]string{"longitude": "27.5"}, "latitude"},
	} {
		rec := entity.NewRecord(c.ByName(tt.kind))
		for field, value := range tt.values {
			rec.Set(field, value)
		}
		got := ""
		if all := fault.All(rec.Entity.Check(rec)); len(all) > 0 {
			got = all[0].Field
		}
		if got != tt.want {
			t.Errorf("%s: fault in %q, want %q", tt.name, got, tt.want)
		}
	}
}
