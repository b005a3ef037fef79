package store

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"nadel/internal/entity"
)

// The map is cut into cells of degrees, whose rows the database adds up; what
// comes of it is put together into cells of the screen here. The cells of the
// index are those of indexZoom. For a map farther away they are added up in the
// order of the index, without sorting; nearer ones are cut finer, and there a
// box holds little.
const (
	indexZoom  = 12
	cellPixels = 64 // how near to each other markers may stand
	worldTile  = 256
)

// cellSize is the size of the cells that are added up for a zoom.
func cellSize(zoom int) (latitude, longitude float64) {
	longitude = 360 * cellPixels / worldTile / math.Exp2(float64(max(zoom, indexZoom)))
	return longitude / 2, longitude // degrees of latitude look longer, away from the equator
}

// cellNumber is the SQL expression for the number of the cell of a coordinate,
// as the index has it.
func cellNumber(column string, size float64) string {
	return "FLOOR(" + column + " / " + strconv.FormatFloat(size, 'f', -1, 64) + ")"
}

// placeColumns are the coordinates in the wide row w.
func placeColumns(e *entity.Entity) (latitude, longitude string) {
	return "w." + quote(e.Place.Latitude), "w." + quote(e.Place.Longitude)
}

// within narrows to records that are in the box.
func (s *selection) within(b entity.Box) {
	latitude, longitude := placeColumns(s.e)
	s.conds = append(s.conds, latitude+" IS NOT NULL")
	if b.South > entity.World.South || b.North < entity.World.North {
		size, _ := cellSize(0)
		s.conds = append(s.conds, cellNumber(latitude, size)+" BETWEEN ? AND ?", latitude+" BETWEEN ? AND ?")
		s.args = append(s.args, math.Floor(b.South/size), math.Floor(b.North/size), b.South, b.North)
	}
	switch {
	case b.Crosses():
		s.conds = append(s.conds, "("+longitude+" >= ? OR "+longitude+" <= ?)")
	case b.West > entity.World.West || b.East < entity.World.East:
		s.conds = append(s.conds, longitude+" BETWEEN ? AND ?")
	default:
		return
	}
	s.args = append(s.args, b.West, b.East)
}

// Clusters puts together those records of a query that lie close to each other
// on a map of this zoom.
func (tx *Tx) Clusters(e *entity.Entity, q entity.Query, scope entity.Scope, zoom int) ([]entity.Cluster, error) {
	if q.Within == nil {
		q.Within = &entity.World
	}
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return nil, err
	}
	latitude, longitude := placeColumns(e)
	height, width := cellSize(zoom)
	where, args := sel.where(gather)
	screen := map[[2]int]*sum{}
	err = tx.query("SELECT COUNT(*), SUM("+latitude+"), SUM("+longitude+"), MIN("+latitude+"), MAX("+latitude+"), MIN("+longitude+"), MAX("+longitude+"), MIN(w.id) FROM "+
		quote(e.Table)+" w"+where+" GROUP BY "+cellNumber(latitude, height)+", "+cellNumber(longitude, width), args,
		func(scan func(...any) error) error {
			var c sum
			if err := scan(&c.n, &c.latitude, &c.longitude, &c.box.South, &c.box.North, &c.box.West, &c.box.East, &c.id); err != nil {
				return fmt.Errorf("read a cell of the map: %w", err)
			}
			at := screenCell(c.latitude/float64(c.n), c.longitude/float64(c.n), zoom)
			if screen[at] == nil {
				screen[at] = &c
			} else {
				screen[at].add(c)
			}
			return nil
		})
	list := make([]entity.Cluster, 0, len(screen))
	for _, c := range screen {
		list = append(list, entity.Cluster{
			Count: c.n, Latitude: c.latitude / float64(c.n), Longitude: c.longitude / float64(c.n), Box: c.box, ID: c.id,
		})
	}
	slices.SortFunc(list, func(a, b entity.Cluster) int { return int(a.ID - b.ID) })
	return list, err
}

// sum is what is known of the records of a cell.
type sum struct {
	n, id               int64
	latitude, longitude float64
	box                 entity.Box
}

func (s *sum) add(c sum) {
	s.n, s.latitude, s.longitude, s.id = s.n+c.n, s.latitude+c.latitude, s.longitude+c.longitude, min(s.id, c.id)
	s.box = entity.Box{
		West: min(s.box.West, c.box.West), South: min(s.box.South, c.box.South),
		East: max(s.box.East, c.box.East), North: max(s.box.North, c.box.North),
	}
}

// edgeOfMap is the latitude at which the square map of the world ends.
const edgeOfMap = 85.05112878

// screenCell is the cell of the screen that a point is in, by Mercator's
// projection, as maps on the web are drawn.
func screenCell(latitude, longitude float64, zoom int) [2]int {
	cells := worldTile / cellPixels * math.Exp2(float64(zoom))
	sin := math.Sin(max(-edgeOfMap, min(edgeOfMap, latitude)) * math.Pi / 180)
	x := (longitude + 180) / 360
	y := 0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)
	return [2]int{int(x * cells), int(y * cells)}
}

// Extent tells how far the records of a query reach. Where a box across the
// meridian of 180° is narrower, it is that one.
func (tx *Tx) Extent(e *entity.Entity, q entity.Query, scope entity.Scope) (entity.Extent, error) {
	q.Within = &entity.World
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return entity.Extent{}, err
	}
	latitude, longitude := placeColumns(e)
	eastward := "CASE WHEN " + longitude + " < 0 THEN " + longitude + " + 360 ELSE " + longitude + " END"
	where, args := sel.where(gather)
	var n int64
	edges := [6]*float64{}
	_, err = tx.one("SELECT COUNT(*), MIN("+latitude+"), MAX("+latitude+"), MIN("+longitude+"), MAX("+longitude+"), MIN("+eastward+"), MAX("+eastward+") FROM "+
		quote(e.Table)+" w"+where, args, &n, &edges[0], &edges[1], &edges[2], &edges[3], &edges[4], &edges[5])
	if err != nil || n == 0 {
		return entity.Extent{}, err
	}
	box := entity.Box{South: *edges[0], North: *edges[1], West: *edges[2], East: *edges[3]}
	if west, east := *edges[4], *edges[5]; east > 180 && east-west < box.Width() {
		box.West, box.East = west, east-360
		if west > 180 {
			box.West -= 360
		}
	}
	return entity.Extent{Placed: n, Box: box}, nil
}
