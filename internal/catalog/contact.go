package catalog

import "nadel/internal/entity"

// contact is a person at the client's: whom to call, who opens the door.
func contact() *entity.Entity {
	return &entity.Entity{
		Name: "contact", Path: "contacts", Table: "contacts", Icon: "user", Number: 4, Title: "name",
		Fields: []entity.Field{
			{Name: "name", Kind: entity.Text, Required: true, Search: true, InList: true},
			{Name: "company", Kind: entity.Reference, Ref: "company", InList: true, Filter: true},
			{Name: "location", Kind: entity.Reference, Ref: "location"},
			{Name: "position", Kind: entity.Directory, Directory: "position", InList: true, Filter: true},
			{Name: "phone", Kind: entity.Phone, Search: true, InList: true},
			{Name: "email", Kind: entity.Email, Search: true, InList: true},
			{Name: "description", Kind: entity.LongText, Max: 4000},
		},
		Check: belongsSomewhere,
	}
}
