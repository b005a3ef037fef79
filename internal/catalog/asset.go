package catalog

import "nadel/internal/entity"

// asset is a thing our people service: a boiler, a till, a lift.
func asset() *entity.Entity {
	return &entity.Entity{
		Name: "asset", Path: "assets", Table: "assets", Icon: "tool", Number: 3, Title: "name",
		Fields: []entity.Field{
			{Name: "name", Kind: entity.Text, Required: true, Search: true, InList: true},
			{Name: "company", Kind: entity.Reference, Ref: "company", InList: true, Filter: true},
			{Name: "location", Kind: entity.Reference, Ref: "location", InList: true},
			{Name: "type", Kind: entity.Directory, Directory: "asset_type", InList: true, Filter: true},
			{Name: "serial_number", Kind: entity.Text, Search: true, InList: true, Max: 80},
			{Name: "inventory_number", Kind: entity.Text, Search: true, Max: 80},
			{Name: "model", Kind: entity.Text, Search: true},
			{Name: "manufacturer", Kind: entity.Text},
			{Name: "installed_on", Kind: entity.Date},
			{Name: "warranty_until", Kind: entity.Date},
			{Name: "description", Kind: entity.LongText, Max: 4000},
		},
		Check: belongsSomewhere,
	}
}
