package records

import (
	"context"
	"math"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Bounds of a map.
const (
	nearest   = 18      // the deepest zoom
	mostCells = 1 << 12 // how many markers the box may have room for at its zoom
	cellSide  = 64      // pixels that a marker takes
)

// Places is what lies in a part of the map: single records, and clusters of
// those that lie together.
type Places struct {
	Records  []*entity.Record
	Clusters []entity.Cluster
	Total    int64 // records in that part
}

// Places puts the records of a query within its box on a map of the zoom, as far
// as who may see them.
func (s *Service) Places(ctx context.Context, who access.User, e *entity.Entity, q entity.Query, zoom int) (p Places, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return p, err
	}
	if err := roomy(*q.Within, zoom); err != nil {
		return p, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		found, err := tx.Clusters(e, q, who.Scope(), zoom)
		if err != nil {
			return err
		}
		var single []int64
		for _, c := range found {
			p.Total += c.Count
			if c.Count == 1 {
				single = append(single, c.ID)
			} else {
				p.Clusters = append(p.Clusters, c)
			}
		}
		p.Records, err = tx.GetMany(e, single)
		return err
	})
	return p, err
}

// roomy refuses a zoom that there is none of, and a box that has room for more
// markers than any screen: the answer is as big as that.
func roomy(b entity.Box, zoom int) error {
	if zoom < 0 || zoom > nearest {
		return fault.New(fault.Invalid, "error.bad_zoom", "value", zoom, "most", nearest)
	}
	const steepest = 85
	mercator := func(latitude float64) float64 {
		sin := math.Sin(max(-steepest, min(steepest, latitude)) * math.Pi / 180)
		return math.Log((1+sin)/(1-sin)) / (4 * math.Pi)
	}
	across := 256 / cellSide * math.Exp2(float64(zoom))
	if (b.Width()/360*across+1)*((mercator(b.North)-mercator(b.South))*across+1) > mostCells {
		return fault.New(fault.Invalid, "error.wide_box", "zoom", zoom)
	}
	return nil
}

// Extent tells how far the records of a query reach, as far as who may see them.
func (s *Service) Extent(ctx context.Context, who access.User, e *entity.Entity, q entity.Query) (x entity.Extent, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return x, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		x, err = tx.Extent(e, q, who.Scope())
		return err
	})
	return x, err
}
