package bulk

import (
	"maps"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// A change of status or responsibles may be carried on to what belongs to the
// record: a company's locations, assets and contacts, those of its locations too.

// dependants are the kinds of record that refer to e.
func dependants(c *entity.Catalog, e *entity.Entity) []*entity.Entity {
	var list []*entity.Entity
	for _, other := range c.Entities {
		if other.Number != e.Number && len(referring(other, func(f *entity.Field) bool { return f.Ref == e.Name })) > 0 {
			list = append(list, other)
		}
	}
	return list
}

// follow adds to the plan what belongs to the records it changes. inFile are
// records that the file names itself: they do what it says of them.
func (p *planner) follow(inFile map[int64]bool) error {
	for after := int64(0); ; {
		var chunk []plan.Change
		if err := p.store.Read(p.ctx, p.imp.Workspace, func(tx *store.Tx) (err error) {
			if chunk, err = tx.Changes(p.imp.ID, after, planChunk); err != nil {
				return err
			}
			return p.followChunk(tx, chunk, inFile)
		}); err != nil {
			return err
		}
		if len(chunk) == 0 {
			return nil
		}
		after = chunk[len(chunk)-1].RecordID
		if err := p.flush(); err != nil {
			return err
		}
	}
}

func (p *planner) followChunk(tx *store.Tx, chunk []plan.Change, inFile map[int64]bool) error {
	leads := map[*entity.Entity]map[int64]*plan.Change{} // by record of the kind: whom it follows
	for n := range chunk {
		c := &chunk[n]
		if plan.SheetOf(c.Row) == plan.Following || !c.TouchesActive && !c.TouchesResponsibles {
			continue
		}
		if leads[c.Entity] == nil {
			leads[c.Entity] = map[int64]*plan.Change{}
		}
		leads[c.Entity][c.RecordID] = c
	}
	// A location follows its company and leads its assets, so kinds go in the
	// order in which they hang on each other: the catalog's.
	for _, e := range tx.Catalog().Entities {
		for _, other := range dependants(tx.Catalog(), e) {
			if err := p.followKind(tx, other, e, leads, inFile); err != nil {
				return err
			}
		}
	}
	return nil
}

// followKind finds the records of e that belong to the leading ones of a kind.
func (p *planner) followKind(tx *store.Tx, e, kind *entity.Entity, leads map[*entity.Entity]map[int64]*plan.Change, inFile map[int64]bool) error {
	if len(leads[kind]) == 0 {
		return nil
	}
	after := map[int64]*plan.Change{}
	for _, f := range referring(e, func(f *entity.Field) bool { return f.Ref == kind.Name }) {
		found, err := tx.Referring(e, f, slices.Sorted(maps.Keys(leads[kind])))
		if err != nil {
			return err
		}
		for id, of := range found {
			if !inFile[id] {
				after[id] = leads[kind][of]
			}
		}
	}
	if leads[e] == nil {
		leads[e] = map[int64]*plan.Change{}
	}
	standings, err := tx.Standings(e, slices.Sorted(maps.Keys(after)), false)
	for _, st := range p.within(standings) {
		if leads[e][st.ID] == nil {
			leads[e][st.ID] = after[st.ID]
		}
		p.followOne(e, st, after[st.ID])
	}
	return err
}

// followOne has a record go the way of the one that it belongs to. Of the
// responsibles only those leave and come who left and came there: others who
// look after this record stay.
func (p *planner) followOne(e *entity.Entity, st store.Standing, lead *plan.Change) {
	if p.followed[st.ID] {
		return
	}
	if p.followed == nil {
		p.followed = map[int64]bool{}
	}
	p.followed[st.ID] = true
	c := plan.Change{Entity: e, RecordID: st.ID, Row: plan.At(plan.Following, st.ID), Version: st.Version, Guards: lead.Guards &^ plan.Blast}
	if lead.TouchesActive && st.Active != lead.ActiveAfter {
		c.TouchesActive, c.ActiveBefore, c.ActiveAfter = true, st.Active, lead.ActiveAfter
	}
	if lead.TouchesResponsibles {
		if after := goneAndCome(st.Responsibles, lead.ResponsiblesBefore, lead.ResponsiblesAfter); !equalSets(after, st.Responsibles) {
			c.TouchesResponsibles, c.ResponsiblesBefore, c.ResponsiblesAfter = true, st.Responsibles, after
		}
	}
	if c.Empty() {
		return // it stands so already, and no row asked for it
	}
	p.imp.Counts.Read++
	p.imp.Summary.Following++
	if p.refuses(&c) {
		return
	}
	if c.Guards != 0 {
		p.say(plan.Problem{
			Row: c.Row, RecordID: c.RecordID, Outcome: plan.Held, Code: "follows_held",
			Args: map[string]any{"id": lead.RecordID},
		})
	}
	if c.TouchesResponsibles && len(c.ResponsiblesAfter) == 0 {
		c.Guards |= plan.Visibility
		p.say(plan.Problem{Row: c.Row, RecordID: c.RecordID, Outcome: plan.Held, Field: entity.Responsibles, Code: "left_to_nobody"})
	}
	p.put(c)
}

// goneAndCome is a set without those who have gone from another one and with
// those who have come to it.
func goneAndCome(set, before, after []int64) []int64 {
	now := slices.DeleteFunc(slices.Clone(set), func(id int64) bool {
		return slices.Contains(before, id) && !slices.Contains(after, id)
	})
	for _, id := range after {
		if !slices.Contains(before, id) {
			now = append(now, id)
		}
	}
	return entity.SortedSet(now)
}
