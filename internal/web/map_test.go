package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/testkit"
)

// mapAnswer is what the script of a map gets.
type mapAnswer struct {
	Total   int64
	Message string
	Points  []point
	Groups  []group
}

func (v *visitor) points(query string) mapAnswer {
	v.t.Helper()
	a := v.send("GET", "/locations/map/points?"+query, nil, map[string][]string{"Accept": {"application/json"}})
	var got mapAnswer
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		v.t.Fatalf("%s: %v in %s", query, err, a)
	}
	return got
}

// place makes a location of «Наша» with coordinates.
func (s *site) place(company *entity.Record, address, lat, lon string, people ...int64) *entity.Record {
	return s.record("location", map[string]string{"company": fmt.Sprint(company.ID), "address": address, "latitude": lat, "longitude": lon, "radius": "250"}, people...)
}

// What the map shows is what the list would: to each his own, and nothing of
// another workspace.
func TestMapShowsWhatTheListWould(t *testing.T) {
	s := newSite(t)
	s.addForeign()
	worker := s.employee("worker", entity.FieldStaff)
	company := s.company("Сеть")
	near := s.place(company, "Минск, ул. Первая, 1", "53.9", "27.5", worker.EmployeeID)
	s.place(company, "Минск, ул. Первая, 2", "53.901", "27.501", s.admin.EmployeeID)
	s.place(company, "Минск, ул. Первая, 3", "53.9", "27.5", s.admin.EmployeeID)
	s.place(company, "Брест, ул. Вторая, 1", "52.1", "23.7", s.admin.EmployeeID)
	s.place(company, "Гродно, без точки", "", "", s.admin.EmployeeID)
	hidden := testkit.Company(t, s.st, s.foreign.WorkspaceID, "Чужой клиент")
	testkit.Record(t, s.st, s.foreign.WorkspaceID, "location", map[string]string{"company": fmt.Sprint(hidden.ID), "address": "Чужой адрес", "latitude": "53.9", "longitude": "27.5"})
	const everywhere = "box=-180,-90,180,90&zoom=3"
	for _, tt := range []struct {
		name, workspace, login, query string
		total                         int64
		points, groups                int
	}{
		{"all from afar are one group", "Наша", "admin", everywhere, 4, 0, 1},
		{"towns apart", "Наша", "admin", "box=20,50,35,57&zoom=7", 4, 1, 1},
		{"a box leaves the others out", "Наша", "admin", "box=27,53,28,54&zoom=8", 3, 0, 1},
		{"as near as it goes, one spot is one group", "Наша", "admin", "box=27.499,53.899,27.502,53.902&zoom=18", 3, 1, 1},
		{"the list's search", "Наша", "admin", everywhere + "&q=" + url.QueryEscape("Вторая"), 1, 1, 0},
		{"the list's filter", "Наша", "admin", everywhere + "&responsibles=" + fmt.Sprint(worker.EmployeeID), 1, 1, 0},
		{"a filter that is not understood finds nothing", "Наша", "admin", everywhere + "&nonsense=1", 0, 0, 0},
		{"a field employee sees his own", "Наша", "worker", everywhere, 1, 1, 0},
		{"another workspace has its own", "Чужая", "admin", everywhere, 1, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := s.signedIn(tt.workspace, tt.login).points(tt.query)
			if got.Total != tt.total || len(got.Points) != tt.points || len(got.Groups) != tt.groups {
				t.Errorf("%+v; want %d in %d points and %d groups", got, tt.total, tt.points, tt.groups)
			}
		})
	}
	v := s.signedIn("Наша", "worker")
	v.get("/locations/map").has(t, "На карте 1 запись.", `data-bounds="27.5,53.9,27.5,53.9"`)
	spot := v.get("/locations/map/spot?box=27,53,28,54")
	spot.has(t, near.Title(), "Имя worker", "250")
	if strings.Contains(spot.body, "Первая, 2") || strings.Contains(spot.body, "Чужой") {
		t.Errorf("the spot tells of what its reader may not see: %s", spot)
	}
	v = s.signedIn("Наша", "admin")
	v.get("/locations/map").has(t, "На карте 4 записи.", "1 без координат", "/locations?latitude.is=empty", "NADEL_TILES")
	v.get("/locations?latitude.is=empty").has(t, "Гродно, без точки", "1 локация")
	v.get(fmt.Sprintf("/companies/%d", company.ID)).has(t, "На карте", fmt.Sprintf("/locations/map/points?company=%d", company.ID))
	v.get(fmt.Sprintf("/locations/%d", near.ID)).has(t, "На карте", `data-own=`)
	v.get("/locations/map?q="+url.QueryEscape("без точки")).has(t, "На карте показать нечего")
}

// Bad parts of the map are refused in words.
func TestMapRefusesBadBoxes(t *testing.T) {
	s := newSite(t)
	s.place(s.company("Сеть"), "<script>alert(1)</script>", "53.9", "27.5")
	v := s.signedIn("Наша", "admin")
	for _, query := range []string{
		"", "box=&zoom=3", "box=1,2,3&zoom=3", "box=1,2,3,4,5&zoom=3", "box=a,b,c,d&zoom=3", "box=NaN,0,1,1&zoom=3", "box=-Inf,-90,Inf,90&zoom=3",
		"box=0,50,1,40&zoom=3", "box=-181,0,0,1&zoom=3", "box=0,0,0,90.1&zoom=3", "box=1e400,0,1,1&zoom=3", "box=0,0,1,1);DROP TABLE locations&zoom=3",
		"box=0,0,1,1", "box=0,0,1,1&zoom=-1", "box=0,0,1,1&zoom=19", "box=0,0,1,1&zoom=1.5", "box=0,0,1,1&zoom=3;SELECT",
		"box=-180,-90,180,90&zoom=12", "box=-180,-90,180,90&zoom=18", "box=" + strings.Repeat("9", 5000) + "&zoom=3",
	} {
		a := v.send("GET", "/locations/map/points?"+strings.NewReplacer(";", "%3B", " ", "%20").Replace(query), nil, map[string][]string{"Accept": {"application/json"}})
		if a.status != 422 && a.status != 400 || !strings.Contains(a.body, "message") || len(a.body) > 500 {
			t.Errorf("%.80s: %s; want it refused in words", query, a)
		}
	}
	for _, query := range []string{"box=179,-90,-179,90&zoom=2", "box=-180,-90,180,90&zoom=0", "box=180,0,180,0&zoom=18", "box=-180,89,180,90&zoom=4"} {
		if got := v.points(query); got.Message != "" || got.Total != 0 && query != "box=-180,-90,180,90&zoom=0" {
			t.Errorf("%s: %+v", query, got)
		}
	}
	if a := v.get("/locations/map/spot?box=27,53,28,54"); strings.Contains(a.body, "<script>alert") {
		t.Errorf("an address became script: %s", a)
	}
}

// The policy lets pictures come from the tile server, and from nowhere else.
func TestTiles(t *testing.T) {
	for _, tt := range []struct{ template, origin string }{
		{"", ""},
		{"https://tiles.example.by/{z}/{x}/{y}.png", "https://tiles.example.by"},
		{"http://10.0.0.7:8081/osm/{z}/{x}/{y}.png?key=a", "http://10.0.0.7:8081"},
		{"https://[2001:db8::1]/{z}/{y}/{x}", "https://[2001:db8::1]"},
		{"https://tiles.example.by/{z}/{x}.png", "refused"},
		{"https://tiles.example.by/{z}/{x}/{y}/{y}.png", "refused"},
		{"https://{s}.tiles.example.by/{z}/{x}/{y}.png", "refused"},
		{"https://{z}.example.by/{x}/{y}.png", "refused"},
		{"//tiles.example.by/{z}/{x}/{y}.png", "refused"},
		{"javascript:alert(1)//{z}/{x}/{y}", "refused"},
		{"https://a b/{z}/{x}/{y}.png", "refused"},
		{"https://evil.example;script-src */{z}/{x}/{y}.png", "refused"},
		{"https://evil.example, https:/{z}/{x}/{y}.png", "refused"},
		{"https://evil*.example/{z}/{x}/{y}.png", "refused"},
		{"https://user:secret@tiles.example.by/{z}/{x}/{y}.png", "refused"},
		{"https:///{z}/{x}/{y}.png", "refused"},
		{"tiles", "refused"},
	} {
		tiles, err := ParseTiles(tt.template, "© <b>OSM</b>")
		origin := tiles.Origin
		if fault.CodeOf(err) == fault.Usage {
			origin = "refused"
		} else if err != nil {
			t.Fatal(err)
		}
		if origin != tt.origin {
			t.Errorf("%q: origin %q, %v; want %q", tt.template, origin, err, tt.origin)
		}
	}
	for template, images := range map[string]string{"": "img-src 'self' data:;", "https://tiles.example.by/{z}/{x}/{y}.png": "img-src 'self' data: https://tiles.example.by;"} {
		s := newSite(t, func(c *Config) { c.Tiles, _ = ParseTiles(template, "© <b>OSM</b>") })
		s.place(s.company("Сеть"), "Минск", "53.9", "27.5")
		a := s.signedIn("Наша", "admin").get("/locations/map")
		if got := a.header.Get("Content-Security-Policy"); !strings.Contains(got, images) || strings.Count(got, "http") != strings.Count(images, "http") {
			t.Errorf("with tiles %q the policy is %q", template, got)
		}
		if template == "" && strings.Contains(a.body, "data-tiles") {
			t.Errorf("a map without tiles asks for some: %s", a)
		}
		if template != "" {
			a.has(t, `data-tiles="`+template+`"`, "© &lt;b&gt;OSM&lt;/b&gt;")
		}
	}
}
