package entity

import (
	"math"
	"strconv"
	"strings"

	"nadel/internal/fault"
)

// Place names the fields that say where a record is on the map: degrees, and
// the radius in metres that counts as being there.
type Place struct{ Latitude, Longitude, Radius string }

// Box is a part of the map in degrees, its edges included. One whose West is
// greater than its East crosses the meridian of 180°.
type Box struct{ West, South, East, North float64 }

// World is the whole map.
var World = Box{West: -180, South: -90, East: 180, North: 90}

// ParseBox reads west,south,east,north.
func ParseBox(text string) (Box, error) {
	parts := strings.Split(text, ",")
	var edges [4]float64
	if len(parts) != len(edges) {
		return Box{}, badBox(text)
	}
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || math.IsNaN(n) {
			return Box{}, badBox(text)
		}
		edges[i] = n
	}
	b := Box{edges[0], edges[1], edges[2], edges[3]}
	if b.South > b.North || !World.Has(b.South, b.West) || !World.Has(b.North, b.East) {
		return Box{}, badBox(text)
	}
	return b, nil
}

func badBox(text string) error {
	const most = 80
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return fault.New(fault.Invalid, "error.bad_box", "value", text)
}

// Crosses tells whether the box crosses the meridian of 180°.
func (b Box) Crosses() bool { return b.West > b.East }

// Has tells whether a point is in the box.
func (b Box) Has(latitude, longitude float64) bool {
	if latitude < b.South || latitude > b.North {
		return false
	}
	if b.Crosses() {
		return longitude >= b.West || longitude <= b.East
	}
	return longitude >= b.West && longitude <= b.East
}

// Width is how many degrees of longitude the box spans.
func (b Box) Width() float64 {
	if b.Crosses() {
		return b.East - b.West + 360
	}
	return b.East - b.West
}

// String writes what ParseBox reads.
func (b Box) String() string {
	edges := []float64{b.West, b.South, b.East, b.North}
	texts := make([]string, len(edges))
	for i, n := range edges {
		texts[i] = DecimalText(n)
	}
	return strings.Join(texts, ",")
}

// Cluster is records that lie together on the map at some zoom.
type Cluster struct {
	Count               int64
	Latitude, Longitude float64 // the middle of all
	Box                 Box     // around all
	ID                  int64   // of the one with the lowest id
}

// Extent is how far the records of a query reach.
type Extent struct {
	Placed int64 // how many are somewhere
	Box    Box   // around those
}
