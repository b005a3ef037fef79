package catalog

import "nadel/internal/entity"

// location is a place of a company where our people go: a shop, a boiler room.
func location() *entity.Entity {
	return &entity.Entity{
		Name: "location", Path: "locations", Table: "locations", Icon: "map-pin", Number: 2, Title: "name", TitleElse: "address",
		Place: &entity.Place{Latitude: "latitude", Longitude: "longitude", Radius: "radius"},
		Fields: []entity.Field{
			{Name: "company", Kind: entity.Reference, Ref: "company", Required: true, InList: true, Filter: true},
			{Name: "name", Kind: entity.Text, Search: true, InList: true},
			{Name: "address", Kind: entity.Text, Required: true, Search: true, InList: true, Max: 400, Along: true, Twin: true},
			{Name: "radius", Kind: entity.Integer, Required: true, Default: "100", Bounded: true, Min: 1, Top: 100000, Along: true},
			{Name: "latitude", Kind: entity.Decimal, Bounded: true, Min: -90, Top: 90, Along: true},
			{Name: "longitude", Kind: entity.Decimal, Bounded: true, Min: -180, Top: 180, Along: true},
			{Name: "main", Kind: entity.Bool, OnePer: "company"},
			{Name: "region", Kind: entity.Directory, Directory: "region", Filter: true},
			{Name: "group", Kind: entity.Directory, Directory: "group", Filter: true},
			{Name: "location_status", Kind: entity.Directory, Directory: "location_status", InList: true, Filter: true},
			{Name: "priority", Kind: entity.Directory, Directory: "priority", Filter: true},
			{Name: "type", Kind: entity.Directory, Directory: "location_type", Filter: true},
		},
		Check: wholePoint,
	}
}
