package catalog

import "nadel/internal/entity"

// company is a client: the firm that pays. Its main location carries the address.
func company() *entity.Entity {
	return &entity.Entity{
		Name: "company", Path: "companies", Table: "companies", Icon: "building", Number: 1, Title: "name",
		Fields: []entity.Field{
			{Name: "name", Kind: entity.Text, Required: true, Search: true, InList: true},
			{Name: "city", Kind: entity.Directory, Directory: "city", InList: true, Filter: true},
			{Name: "email", Kind: entity.Email, Search: true},
			{Name: "phone", Kind: entity.Phone, Search: true, InList: true},
			{Name: "description", Kind: entity.LongText, Max: 4000},
			{Name: "region", Kind: entity.Directory, Directory: "region", Filter: true},
			{Name: "subregion", Kind: entity.Directory, Directory: "subregion"},
			{Name: "industry", Kind: entity.Directory, Directory: "industry", Filter: true},
			{Name: "contract", Kind: entity.Directory, Directory: "contract"},
			{Name: "revenue", Kind: entity.Directory, Directory: "revenue"},
			{Name: "headcount", Kind: entity.Directory, Directory: "headcount"},
			{Name: "client_status", Kind: entity.Directory, Directory: "client_status", InList: true, Filter: true},
			{Name: "type", Kind: entity.Directory, Directory: "company_type", Filter: true},
			{Name: "size", Kind: entity.Directory, Directory: "size"},
			{Name: "priority", Kind: entity.Directory, Directory: "priority", Filter: true},
			{Name: "merged_into", Kind: entity.Reference, Ref: "company", Derived: true},
		},
	}
}
