package store

import (
	"math"
	"slices"
	"time"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// history: for every record, the changes make a chain without gaps that ends in
// what the record is now.
func (c *checker) history(e *entity.Entity) error {
	for after, done := int64(0), false; !done; {
		standings, err := c.tx.nextStandings(e, after, checkChunk)
		if err != nil {
			return err
		}
		// each part reaches to where the next begins, the last one to the end of
		// all numbers: what lies between the records is history of nothing
		first, last := after+1, int64(math.MaxInt64)
		if done = len(standings) < checkChunk; !done {
			last = standings[len(standings)-1].ID
		}
		after = last
		entries, err := c.entries(e, first, last)
		if err != nil {
			return err
		}
		states := make(map[int64]map[string]string, len(standings))
		for _, st := range standings {
			if state, whole := c.replay(e, st, entries[st.ID]); whole {
				states[st.ID] = state
			}
			delete(entries, st.ID)
		}
		if err := c.present(e, standings, states); err != nil {
			return err
		}
		for id, steps := range entries {
			if c.wentAway(e, id, steps) {
				continue
			}
			c.report("check.history_of_nothing", "kind", e.Name, "id", id)
		}
	}
	return nil
}

// step is one change in a record's history, wherever it was written.
type step struct {
	version int64
	at      time.Time
	changes []entity.Change
	being   plan.Being
}

// wentAway tells whether a record that is not there was taken back, by the last
// step of a history without gaps.
func (c *checker) wentAway(e *entity.Entity, id int64, steps []step) bool {
	last := slices.MaxFunc(steps, func(a, b step) int { return int(a.version - b.version) })
	if last.being != plan.Goes {
		return false
	}
	_, whole := c.replay(e, Standing{ID: id, Version: last.version}, steps)
	return whole
}

func (c *checker) entries(e *entity.Entity, first, last int64) (map[int64][]step, error) {
	entries := map[int64][]step{}
	byHand, err := c.tx.HandChangesBetween(e, first, last)
	if err != nil {
		return nil, err
	}
	for id, list := range byHand {
		for _, h := range list {
			entries[id] = append(entries[id], step{version: h.Version, at: h.At, changes: h.Changes})
		}
	}
	byImport, err := c.tx.ImportChangesBetween(e, first, last)
	for _, h := range byImport {
		entries[h.RecordID] = append(entries[h.RecordID], step{h.Version, h.At, h.Changes, h.Being})
	}
	return entries, err
}

// replay tells what the history of a record ends in; whole is false when there
// is a gap in it.
func (c *checker) replay(e *entity.Entity, st Standing, steps []step) (state map[string]string, whole bool) {
	slices.SortFunc(steps, func(a, b step) int { return int(a.version - b.version) })
	state = map[string]string{}
	first := int64(2) // the version that history has to begin with
	if !c.from.IsZero() {
		if first, steps = c.kept(st, steps); first == 0 {
			return state, true
		}
	}
	if len(steps) > 0 && steps[0].version == 1 { // made by hand: what it was made as
		for _, change := range steps[0].changes {
			state[change.Field] = change.After
		}
		steps = steps[1:]
	}
	for n, s := range steps {
		// also for a version that two changes claim: no version is moved twice
		if s.version != first+int64(n) {
			c.report("check.history_gap", "kind", e.Name, "id", st.ID, "version", s.version, "wanted_version", first+int64(n))
			return nil, false
		}
		for _, change := range s.changes {
			if was, known := state[change.Field]; known && was != change.Before {
				c.report("check.history_chain", "kind", e.Name, "id", st.ID, "version", s.version, "field", change.Field)
			}
			state[change.Field] = change.After
		}
	}
	if now := first + int64(len(steps)) - 1; st.Version != now {
		c.report("check.version", "kind", e.Name, "id", st.ID, "version", st.Version, "wanted_version", now)
	}
	return state, true
}

// kept is the part of a record's history that has to be there where the rest may
// be forgotten: from the first step on that is not older than what is kept. first
// is the version of that step; 0 when nothing has to be there.
func (c *checker) kept(st Standing, steps []step) (first int64, kept []step) {
	for n, s := range steps {
		if !s.at.Before(c.from) {
			return max(s.version, 2), steps[n:]
		}
	}
	if len(steps) > 0 && steps[len(steps)-1].version > st.Version {
		return steps[len(steps)-1].version, steps[len(steps)-1:]
	}
	return 0, nil
}

// present compares what histories end in with what stands in the records. Fields
// of the wide row are compared, and read, where history mentions them.
func (c *checker) present(e *entity.Entity, standings []Standing, states map[int64]map[string]string) error {
	var wide []int64
	for _, st := range standings {
		for field := range states[st.ID] {
			if e.Has(field) {
				wide = append(wide, st.ID)
				break
			}
		}
	}
	recs, err := c.tx.GetMany(e, wide)
	if err != nil {
		return err
	}
	values := make(map[int64][]string, len(recs))
	for _, rec := range recs {
		values[rec.ID] = rec.Values
	}
	for _, st := range standings {
		for field, value := range states[st.ID] {
			var now string
			switch has, read := values[st.ID]; {
			case field == entity.Active:
				now = entity.BoolText(st.Active)
			case field == entity.Responsibles:
				now = entity.IDsText(st.Responsibles)
			case !read && e.Has(field):
				continue // reported as half a record already
			case read && e.Has(field):
				now = has[e.Index(field)]
			}
			if now != value {
				c.report("check.present", "kind", e.Name, "id", st.ID, "field", field, "now", now, "history", value)
			}
		}
	}
	return nil
}
