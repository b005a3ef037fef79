package store_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nadel/internal/entity"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestClusters compares what the database puts together with the same done one
// record at a time.
func TestClusters(t *testing.T) { testkit.EachEngine(t, testClusters) }

func testClusters(t *testing.T, st *store.Store) {
	w := testkit.Admin(t, st).WorkspaceID
	foreign := testkit.AdminOf(t, st, "Чужие").WorkspaceID
	placed := scatter(t, st, w, 400)
	scatter(t, st, foreign, 50)
	location := st.Catalog().ByName("location")
	yes := true
	minsk := testkit.Value(t, st, w, "region", "Минск")
	for _, tt := range []struct {
		name  string
		box   entity.Box
		zoom  int
		q     entity.Query
		scope entity.Scope
	}{
		{"the world from afar", entity.World, 2, entity.Query{}, everything},
		{"the world as near as it goes", entity.World, 18, entity.Query{}, everything},
		{"a country", entity.Box{West: 23, South: 51, East: 33, North: 56}, 6, entity.Query{}, everything},
		{"a quarter", entity.Box{West: 27.45, South: 53.85, East: 27.55, North: 53.92}, 15, entity.Query{}, everything},
		{"across the meridian of 180°", entity.Box{West: 170, South: 50, East: -165, North: 70}, 4, entity.Query{}, everything},
		{"around a pole", entity.Box{West: -180, South: 80, East: 180, North: 90}, 3, entity.Query{}, everything},
		{"a box without height", entity.Box{West: -180, South: 53.9, East: 180, North: 53.9}, 8, entity.Query{}, everything},
		{"active ones of a region", entity.World, 6, entity.Query{Active: &yes, Filters: map[string][]string{"region": {minsk}}}, everything},
		{"found by search", entity.World, 6, entity.Query{Search: "дом 7"}, everything},
		{"of somebody, for one who sees others", entity.World, 9, entity.Query{Responsible: []int64{2}}, entity.Scope{Employees: []int64{1}, Unassigned: true}},
		{"for one who sees his own", entity.World, 9, entity.Query{}, entity.Scope{Employees: []int64{3}}},
		{"for one who sees nothing", entity.World, 9, entity.Query{}, entity.Scope{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var inside []*entity.Record
			for _, rec := range placed {
				lat, lon, somewhere := point(t, rec)
				if somewhere && tt.box.Has(lat, lon) && tt.scope.Sees(rec) && asked(rec, tt.q) {
					inside = append(inside, rec)
				}
			}
			want := merged(t, inside, tt.zoom)
			tt.q.Within = &tt.box
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				got, err := tx.Clusters(location, tt.q, tt.scope, tt.zoom)
				if diff := gocmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if tt.scope.All && tt.q.Search == "" && len(want) == 0 {
					t.Error("the case is about nothing")
				}
				return err
			})
		})
	}
}

// scatter puts n locations into towns, on the far side of the world, at the
// poles, and nowhere.
func scatter(t *testing.T, st *store.Store, w int64, n int) []*entity.Record {
	t.Helper()
	company := testkit.Company(t, st, w, "Сеть")
	regions := []string{testkit.Value(t, st, w, "region", "Минск"), testkit.Value(t, st, w, "region", "Брест")}
	r := rand.New(rand.NewPCG(1, 2))
	towns := [][2]float64{{53.89, 27.51}, {53.89, 27.51}, {52.1, 23.7}, {64.7, 177.5}, {65.5, -171}, {-33.9, 151.2}, {0, 0}}
	recs := make([]*entity.Record, 0, n)
	for i := range n {
		rec := entity.NewRecord(st.Catalog().ByName("location"))
		rec.Set("company", fmt.Sprint(company.ID))
		rec.Set("address", fmt.Sprintf("дом %d", i))
		rec.Set("radius", "100")
		rec.Set("region", regions[i%2])
		town := towns[r.IntN(len(towns))]
		lat, lon := town[0]+(r.Float64()-0.5)*0.2, town[1]+(r.Float64()-0.5)*0.3
		switch i {
		case 1, 2: // one spot
			lat, lon = 53.9, 27.55
		case 3:
			lat, lon = 90, 10
		case 4:
			lat, lon = -90, -180
		case 5:
			lat, lon = 10, 180
		}
		if i%20 != 19 {
			rec.Set("latitude", strconv.FormatFloat(lat, 'f', 6, 64))
			rec.Set("longitude", strconv.FormatFloat(lon, 'f', 6, 64))
		}
		rec.Active = i%3 > 0
		rec.Responsibles = [][]int64{nil, {1}, {1, 2}, {2}}[i%4]
		recs = append(recs, rec)
	}
	testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.Fill(recs) })
	return recs
}

func point(t *testing.T, rec *entity.Record) (lat, lon float64, somewhere bool) {
	t.Helper()
	if rec.Get("latitude") == "" {
		return 0, 0, false
	}
	lat, err := strconv.ParseFloat(rec.Get("latitude"), 64)
	if err != nil {
		t.Fatal(err)
	}
	lon, err = strconv.ParseFloat(rec.Get("longitude"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return lat, lon, true
}

// asked is the queries of the cases, in plain words.
func asked(rec *entity.Record, q entity.Query) bool {
	return (q.Active == nil || rec.Active == *q.Active) &&
		(q.Responsible == nil || slices.Contains(rec.Responsibles, q.Responsible[0])) &&
		(q.Filters == nil || slices.Contains(q.Filters["region"], rec.Get("region"))) &&
		strings.Contains(rec.Get("address"), q.Search)
}

// merged is the definition: cells of degrees first, which for a map farther
// away than zoom 12 are those of 12; then those whose middles are in one square
// of 64 pixels of the map.
func merged(t *testing.T, recs []*entity.Record, zoom int) []entity.Cluster {
	t.Helper()
	cells := map[[2]float64][]*entity.Record{}
	width := 90 / math.Pow(2, float64(max(zoom, 12)))
	for _, rec := range recs {
		lat, lon, _ := point(t, rec)
		at := [2]float64{math.Floor(lat / (width / 2)), math.Floor(lon / width)}
		cells[at] = append(cells[at], rec)
	}
	squares := map[[2]float64][]*entity.Record{}
	for _, cell := range cells {
		c := around(t, cell)
		lat := math.Max(-85.05112878, math.Min(85.05112878, c.Latitude)) * math.Pi / 180
		side := 4 * math.Pow(2, float64(zoom))
		at := [2]float64{math.Floor((c.Longitude + 180) / 360 * side), math.Floor((1 - math.Log(math.Tan(lat)+1/math.Cos(lat))/math.Pi) / 2 * side)}
		squares[at] = append(squares[at], cell...)
	}
	var list []entity.Cluster
	for _, square := range squares {
		list = append(list, around(t, square))
	}
	slices.SortFunc(list, func(a, b entity.Cluster) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func around(t *testing.T, recs []*entity.Record) entity.Cluster {
	t.Helper()
	c := entity.Cluster{Count: int64(len(recs)), ID: recs[0].ID, Box: entity.Box{West: 180, South: 90, East: -180, North: -90}}
	for _, rec := range recs {
		lat, lon, _ := point(t, rec)
		c.Latitude, c.Longitude, c.ID = c.Latitude+lat/float64(len(recs)), c.Longitude+lon/float64(len(recs)), min(c.ID, rec.ID)
		c.Box = entity.Box{West: min(c.Box.West, lon), South: min(c.Box.South, lat), East: max(c.Box.East, lon), North: max(c.Box.North, lat)}
	}
	return c
}

func TestExtent(t *testing.T) { testkit.EachEngine(t, testExtent) }

func testExtent(t *testing.T, st *store.Store) {
	w := testkit.Admin(t, st).WorkspaceID
	company := testkit.Company(t, st, w, "Сеть")
	add := func(lat, lon string, person int64) {
		testkit.Record(t, st, w, "location", map[string]string{"company": fmt.Sprint(company.ID), "address": "x", "latitude": lat, "longitude": lon}, person)
	}
	add("53.9", "27.5", 1)
	add("52", "24", 1)
	add("64", "178", 2)
	add("66", "-170", 2)
	add("60", "-175", 3)
	add("61", "-170", 3)
	add("", "", 4)
	for _, tt := range []struct {
		name   string
		person int64
		want   entity.Extent
	}{
		{"a country", 1, entity.Extent{Placed: 2, Box: entity.Box{West: 24, South: 52, East: 27.5, North: 53.9}}},
		{"across the meridian of 180°", 2, entity.Extent{Placed: 2, Box: entity.Box{West: 178, South: 64, East: -170, North: 66}}},
		{"beyond it", 3, entity.Extent{Placed: 2, Box: entity.Box{West: -175, South: 60, East: -170, North: 61}}},
		{"nowhere", 4, entity.Extent{}},
		{"of nobody", 5, entity.Extent{}},
	} {
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			got, err := tx.Extent(st.Catalog().ByName("location"), entity.Query{Responsible: []int64{tt.person}}, everything)
			if got != tt.want {
				t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
			}
			return err
		})
	}
}
