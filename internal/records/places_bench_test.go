package records_test

import (
	"context"
	"testing"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// benchMap measures what a map asks for.
func benchMap(b *testing.B, st *store.Store, who access.User) {
	b.Helper()
	ctx := context.Background()
	s := records.New(st)
	field := testkit.As(b, st, who.WorkspaceID, "user007")
	location := st.Catalog().ByName("location")
	active := true
	region := map[string][]string{"region": {testkit.Value(b, st, who.WorkspaceID, "region", "Брестская область")}}
	country := entity.Box{West: 14, South: 48, East: 42, North: 58}
	town := entity.Box{West: 27.3, South: 53.8, East: 27.8, North: 54}
	street := entity.Box{West: 27.54, South: 53.89, East: 27.58, North: 53.91}
	places := func(who access.User, q entity.Query, box entity.Box, zoom int) func() error {
		return func() error {
			q.Within = &box
			_, err := s.Places(ctx, who, location, q, zoom)
			return err
		}
	}
	measure(b, []measured{
		{"how far all reach", func() error { _, err := s.Extent(ctx, who, location, entity.Query{}); return err }},
		{"country", places(who, entity.Query{}, country, 6)},
		{"country, active", places(who, entity.Query{Active: &active}, country, 6)},
		{"country, of a region", places(who, entity.Query{Filters: region}, country, 6)},
		{"country, of one employee", places(who, entity.Query{Responsible: []int64{3}}, country, 6)},
		{"country, field employee", places(field, entity.Query{}, country, 6)},
		{"country, search", places(who, entity.Query{Search: "советская 12"}, country, 6)},
		{"town", places(who, entity.Query{}, town, 11)},
		{"street", places(who, entity.Query{}, street, 15)},
	})
}
