package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
)

// mapView is a map for the page to draw: of what a query finds, asked for part by
// part, or of one point.
type mapView struct {
	Label    string
	Path     string // address of the section
	Query    string // what the map shows, as the section's addresses say it
	Bounds   string // west,south,east,north of all of it; "" when none of it is anywhere
	Own      string // JSON of the one point; "" when there are more
	Small    bool   // on a card
	Tiles    Tiles
	Placed   int64
	Unplaced int64
	Nowhere  string // address of the list of those without coordinates
	Tip      bool   // who sees it can be told how a ground for maps is had
}

// spotPage is what the map says of one spot.
type spotPage struct {
	frame
	Section *entity.Entity
	Total   int64
	More    int64 // beyond those listed
	Records []spotRecord
}

// spotRecord is a record as the panel beside a map shows it.
type spotRecord struct {
	Row    listRow
	Radius string
}

// mostInSpot is how many records the panel lists.
const mostInSpot = 20

// showMap is the section's list on a map.
func showMap(v *visit, e *entity.Entity) error {
	l, err := v.listState(e, v.r.URL.Query())
	if err != nil {
		return err
	}
	l.at = mapAddress(e)
	return v.showList(http.StatusOK, l, nil)
}

func mapAddress(e *entity.Entity) string { return "/" + e.Path + "/map" }

// chooseWay makes the map where the section is looked at that way, and the way to
// the other one.
func (v *visit) chooseWay(page *listPage, l *listState) (err error) {
	page.At = l.at
	if l.e.Place == nil {
		return nil
	}
	page.OnList, page.OnMap = changed(page.Path, l.asked), changed(mapAddress(l.e), l.asked)
	if l.at == mapAddress(l.e) {
		page.Map, err = v.onMap(l.e, l.asked, l.q, page.Total)
	}
	return err
}

// onMap makes the map of what a query finds; total is how many that are.
func (v *visit) onMap(e *entity.Entity, asked url.Values, q entity.Query, total int64) (*mapView, error) {
	reach, err := v.s.records.Extent(v.r.Context(), v.who, e, q)
	if err != nil {
		return nil, err
	}
	m := &mapView{
		Label: v.say.T("ui.map.of", "section", v.sectionName(e)), Path: "/" + e.Path,
		Query: withoutPage(asked).Encode(), Tiles: v.s.tiles, Placed: reach.Placed, Unplaced: max(0, total-reach.Placed),
		Nowhere: changed("/"+e.Path, asked, e.Place.Latitude+".is", string(entity.Empty)),
		Tip:     v.s.tiles.Template == "" && v.who.May(access.Administer),
	}
	if reach.Placed > 0 {
		m.Bounds = reach.Box.String()
	}
	return m, nil
}

func withoutPage(asked url.Values) url.Values {
	left := maps.Clone(asked)
	delete(left, "page")
	return left
}

// cardMap is the map on a record's card: the record itself where it has a place,
// else the records of the kind that has one and refers to it; nil when there is
// nothing to show.
func (v *visit) cardMap(e *entity.Entity, rec *entity.Record) (*mapView, error) {
	if e.Place != nil {
		return v.ownMap(e, rec), nil
	}
	for _, other := range v.catalog().Entities {
		if other.Place == nil {
			continue
		}
		for i := range other.Fields {
			if f := &other.Fields[i]; f.Kind == entity.Reference && f.Ref == e.Name {
				asked := url.Values{f.Name: {strconv.FormatInt(rec.ID, 10)}}
				q, _ := records.ReadQuery(other, asked)
				m, err := v.onMap(other, asked, q, 0)
				if err != nil || m.Placed == 0 {
					return nil, err
				}
				m.Small, m.Tip = true, false
				return m, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // no map is no fault
}

func (v *visit) ownMap(e *entity.Entity, rec *entity.Record) *mapView {
	p, somewhere := pointOf(e, rec)
	if !somewhere {
		return nil
	}
	own, err := json.Marshal(p)
	if err != nil {
		return nil // numbers and a text can always be written
	}
	box := entity.Box{West: p.Longitude, South: p.Latitude, East: p.Longitude, North: p.Latitude}
	return &mapView{
		Label: v.say.T("ui.map.of", "section", rec.Title()), Path: "/" + e.Path,
		Bounds: box.String(), Own: string(own), Small: true, Tiles: v.s.tiles, Placed: 1,
	}
}

// point is a record on the map, for the script.
type point struct {
	ID        int64   `json:"id"`
	Title     string  `json:"title"`
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lng"`
	Radius    float64 `json:"radius"`
	Active    bool    `json:"active"`
}

// group is records that lie together, for the script.
type group struct {
	Count     int64      `json:"n"`
	Latitude  float64    `json:"lat"`
	Longitude float64    `json:"lng"`
	Box       [4]float64 `json:"box"`
}

func pointOf(e *entity.Entity, rec *entity.Record) (p point, somewhere bool) {
	p = point{ID: rec.ID, Title: rec.Title(), Active: rec.Active}
	for name, to := range map[string]*float64{e.Place.Latitude: &p.Latitude, e.Place.Longitude: &p.Longitude, e.Place.Radius: &p.Radius} {
		n, err := strconv.ParseFloat(rec.Get(name), 64)
		if err != nil {
			return p, false
		}
		*to = n
	}
	return p, true
}

// mapPoints answers what lies in a box of the map, for the script.
func mapPoints(v *visit, e *entity.Entity) error {
	q, err := v.boxAsked(e)
	if err != nil {
		return err
	}
	text := v.r.URL.Query().Get("zoom")
	zoom, err := strconv.Atoi(text)
	if err != nil {
		return fault.New(fault.Invalid, "error.bad_zoom", "value", text, "most", 18)
	}
	found, err := v.s.records.Places(v.r.Context(), v.who, e, q, zoom)
	if err != nil {
		return err
	}
	answer := struct {
		Total  int64   `json:"total"`
		Points []point `json:"points"`
		Groups []group `json:"groups"`
	}{found.Total, []point{}, []group{}}
	for _, rec := range found.Records {
		if p, somewhere := pointOf(e, rec); somewhere {
			answer.Points = append(answer.Points, p)
		}
	}
	for _, c := range found.Clusters {
		answer.Groups = append(answer.Groups, group{c.Count, c.Latitude, c.Longitude, [4]float64{c.Box.West, c.Box.South, c.Box.East, c.Box.North}})
	}
	v.json(http.StatusOK, answer)
	return nil
}

// boxAsked is the list's query, narrowed to the box of the address.
func (v *visit) boxAsked(e *entity.Entity) (entity.Query, error) {
	asked := v.r.URL.Query()
	box, err := entity.ParseBox(asked.Get("box"))
	if err != nil {
		return entity.Query{}, err
	}
	asked.Del("box")
	asked.Del("zoom")
	l, err := v.listState(e, asked)
	if err != nil {
		return entity.Query{}, err
	}
	l.q.Within = &box
	return l.q, nil
}

// showSpot lists the records of a box: those that lie so close together that no
// zoom parts them.
func showSpot(v *visit, e *entity.Entity) error {
	q, err := v.boxAsked(e)
	if err != nil {
		return err
	}
	q.Offset, q.Limit = 0, mostInSpot
	found, err := v.s.records.List(v.r.Context(), v.who, e, q)
	if err != nil {
		return err
	}
	return v.showPanel(e, found)
}

// showPoint tells of one record what people want to know on a map.
func showPoint(v *visit, e *entity.Entity) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	rec, err := v.s.records.Get(v.r.Context(), v.who, e, id)
	if err != nil {
		return err
	}
	return v.showPanel(e, entity.Page{Records: []*entity.Record{rec}, Total: 1})
}

func (v *visit) showPanel(e *entity.Entity, found entity.Page) error {
	names, err := v.s.records.Names(v.r.Context(), v.who, found.Records)
	if err != nil {
		return err
	}
	plain := &listState{e: e, columns: e.ArrangeColumns(nil)}
	page := &spotPage{Section: e, Total: found.Total, More: found.Total - int64(len(found.Records))}
	page.frame = v.frame(v.sectionName(e))
	for _, rec := range found.Records {
		page.Records = append(page.Records, spotRecord{v.listRow(plain, rec, names), rec.Get(e.Place.Radius)})
	}
	return v.show("spot", page)
}
