package bulk

import (
	"cmp"
	"maps"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
)

// A plan may hold records of several kinds and touch any of their fields. What
// is done here costs nothing where it holds one kind and no such fields.

// standingsOf tells how the records of a part of a plan stand, in the order of
// ids.
func standingsOf(tx *store.Tx, chunk []plan.Change) ([]store.Standing, error) {
	ids := map[*entity.Entity][]int64{}
	for n := range chunk {
		ids[chunk[n].Entity] = append(ids[chunk[n].Entity], chunk[n].RecordID)
	}
	var all []store.Standing
	for e, of := range ids {
		list, err := tx.Standings(e, of, false)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(ids) > 1 {
		slices.SortFunc(all, func(a, b store.Standing) int { return cmp.Compare(a.ID, b.ID) })
	}
	return all, nil
}

// recordsOf reads those records of a part of a plan whose fields it touches.
func recordsOf(tx *store.Tx, chunk []plan.Change) (map[int64]*entity.Record, error) {
	ids := map[*entity.Entity][]int64{}
	for n := range chunk {
		if len(chunk[n].Fields) > 0 {
			ids[chunk[n].Entity] = append(ids[chunk[n].Entity], chunk[n].RecordID)
		}
	}
	found := map[int64]*entity.Record{}
	for e, of := range ids {
		list, err := tx.GetMany(e, of)
		if err != nil {
			return nil, err
		}
		for _, rec := range list {
			found[rec.ID] = rec
		}
	}
	return found, nil
}

// reversed is fields taken back.
func reversed(fields []entity.Change) []entity.Change {
	var back []entity.Change
	for _, f := range fields {
		back = append(back, entity.Change{Field: f.Field, Before: f.After, After: f.Before})
	}
	return back
}

// titlesOf tells what people call the records of a part of a plan.
func titlesOf(tx *store.Tx, chunk []plan.Change) (map[int64]string, error) {
	ids := map[*entity.Entity][]int64{}
	for n := range chunk {
		ids[chunk[n].Entity] = append(ids[chunk[n].Entity], chunk[n].RecordID)
	}
	all := map[int64]string{}
	for e, of := range ids {
		titles, err := tx.Titles(e, of)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, titles)
	}
	for n := range chunk { // of a record that is not there yet, or no more, the row tells
		if c := &chunk[n]; c.Being != plan.Stays && all[c.RecordID] == "" {
			all[c.RecordID] = titleInRow(c)
		}
	}
	return all, nil
}

func titleInRow(c *plan.Change) string {
	rec := records.Nothing(c.Entity)
	for _, f := range c.Own() {
		rec.Set(f.Field, cmp.Or(f.After, f.Before))
	}
	return rec.Title()
}
