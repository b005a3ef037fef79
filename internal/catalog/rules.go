package catalog

import (
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// belongsSomewhere: an asset or a contact hangs on a company or a location.
func belongsSomewhere(r *entity.Record) error {
	if r.Get("company") == "" && r.Get("location") == "" {
		return fault.New(fault.Invalid, "error.company_or_location").In("company")
	}
	return nil
}

// wholePoint: half a coordinate is no place.
func wholePoint(r *entity.Record) error {
	lat, lon := r.Get("latitude"), r.Get("longitude")
	if (lat == "") == (lon == "") {
		return nil
	}
	field := "latitude"
	if lon == "" {
		field = "longitude"
	}
	return fault.New(fault.Invalid, "error.half_a_point").In(field)
}
