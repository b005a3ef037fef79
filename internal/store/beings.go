package store

import (
	"fmt"
	"slices"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// Rows of plans that make records, or take back those that were made. A record
// that was taken back is in no table of records, so no list, search, count or
// reference can meet it; all it was stands in the row that took it back, and so
// it can return with its number (ADR 21).

// applyBeings makes and takes back what rows ask for, and answers the others.
func (tx *Tx) applyBeings(changes []plan.Change) (others []plan.Change, changed, stuck []int64, err error) {
	if !slices.ContainsFunc(changes, func(c plan.Change) bool { return c.Being != plan.Stays }) {
		return changes, nil, nil, nil
	}
	if err := tx.turnToApply(); err != nil {
		return nil, nil, nil, err
	}
	var come, leave []plan.Change
	for _, c := range changes {
		switch c.Being {
		case plan.Comes:
			come = append(come, c)
		case plan.Goes:
			leave = append(leave, c)
		default:
			others = append(others, c)
		}
	}
	for _, part := range byKind(leave) {
		missed, err := tx.takeRecords(part[0].Entity, part)
		if err != nil {
			return nil, nil, nil, err
		}
		changed = append(changed, missed...)
	}
	for _, part := range byKind(come) {
		missed, err := tx.makeRecords(part[0].Entity, part)
		if err != nil {
			return nil, nil, nil, err
		}
		stuck = append(stuck, missed...)
	}
	return others, changed, stuck, nil
}

// turnToApply makes those transactions of the workspace pass one at a time that
// make records or take them back.
func (tx *Tx) turnToApply() error { return tx.takeTurn(fmt.Sprint("apply in ", tx.workspace)) }

// makeRecords makes the records of rows, each with its companion, and answers
// those that cannot be made any more.
func (tx *Tx) makeRecords(e *entity.Entity, changes []plan.Change) (conflicts []int64, err error) {
	ground, err := tx.groundOf(e, changes)
	if err != nil {
		return nil, err
	}
	companion, flag := tx.catalog.Companion(e)
	var recs, mates []*entity.Record
	for n := range changes {
		c := &changes[n]
		stands, err := ground.stands(c)
		if err != nil {
			return nil, err
		}
		if !stands {
			conflicts = append(conflicts, c.RecordID)
			continue
		}
		rec := tx.made(e, c)
		recs = append(recs, rec)
		if companion != nil {
			mates = append(mates, tx.mateOf(rec, c, companion, flag))
		}
	}
	if err := tx.insertMade(recs); err != nil {
		return nil, err
	}
	return conflicts, tx.insertMade(mates)
}

// made is the record that a row makes.
func (tx *Tx) made(e *entity.Entity, c *plan.Change) *entity.Record {
	rec := &entity.Record{Entity: e, ID: c.RecordID, Version: c.Version + 1, Active: true, Values: make([]string, len(e.Fields)), CreatedAt: c.MadeAt}
	if rec.CreatedAt.IsZero() {
		rec.CreatedAt = tx.at
	}
	if c.TouchesActive {
		rec.Active = c.ActiveAfter
	}
	if c.TouchesResponsibles {
		rec.Responsibles = c.ResponsiblesAfter
	}
	for _, f := range c.Own() {
		rec.Set(f.Field, f.After)
	}
	return rec
}

// mateOf is the companion of a record that a row makes.
func (tx *Tx) mateOf(rec *entity.Record, c *plan.Change, companion *entity.Entity, flag *entity.Field) *entity.Record {
	mate := &entity.Record{
		Entity: companion, ID: plan.Mate(rec.ID), Version: 1, Active: true, Responsibles: rec.Responsibles,
		Values: make([]string, len(companion.Fields)), CreatedAt: rec.CreatedAt,
	}
	for _, f := range c.OfMate(companion) {
		switch f.Field {
		case entity.Active:
			mate.Active = f.After == "1"
		case entity.Responsibles:
			mate.Responsibles = entity.ParseIDs(f.After)
		case entity.Version:
			seen, _ := strconv.ParseInt(f.After, 10, 64) // we wrote it
			mate.Version = seen + 1
		default:
			mate.Set(f.Field, f.After)
		}
	}
	mate.Set(flag.OnePer, entity.IDsText([]int64{rec.ID}))
	mate.Set(flag.Name, "1")
	return mate
}

// insertMade stores records that have their numbers.
func (tx *Tx) insertMade(recs []*entity.Record) error {
	for part := range slices.Chunk(recs, fillRows) {
		if err := tx.fillPart(part); err != nil {
			return err
		}
	}
	return nil
}

// ground is what the records to be made stand on.
type ground struct {
	tx      *Tx
	e       *entity.Entity
	there   map[*entity.Entity]map[int64]bool // records that are referred to, as far as they exist
	own     map[int64]bool                    // of the numbers that come back, those that somebody has
	retired map[int64]bool                    // values that are no longer on offer
	held    map[string]bool                   // flags that a record before has got
}

func (tx *Tx) groundOf(e *entity.Entity, changes []plan.Change) (*ground, error) {
	g := &ground{tx: tx, e: e, retired: map[int64]bool{}, held: map[string]bool{}}
	var back []int64
	for n := range changes {
		if changes[n].Version > 0 {
			back = append(back, changes[n].RecordID)
		}
	}
	var err error
	if g.there, err = tx.referredTo(e, changes); err != nil {
		return nil, err
	}
	if g.own, err = tx.existing(e, back); err != nil {
		return nil, err
	}
	retired, err := tx.numbers("SELECT id FROM directory_values WHERE workspace_id = ? AND retired = 1", tx.workspace)
	for _, id := range retired {
		g.retired[id] = true
	}
	return g, err
}

// referredTo tells which of the records exist that rows of e would refer to.
func (tx *Tx) referredTo(e *entity.Entity, changes []plan.Change) (map[*entity.Entity]map[int64]bool, error) {
	targets := map[*entity.Entity][]int64{}
	for n := range changes {
		for _, f := range changes[n].Own() {
			if !e.Has(f.Field) || f.After == "" {
				continue
			}
			if field := e.Field(f.Field); field.Kind == entity.Reference {
				of := tx.catalog.ByName(field.Ref)
				targets[of] = append(targets[of], entity.ParseIDs(f.After)...)
			}
		}
	}
	there := make(map[*entity.Entity]map[int64]bool, len(targets))
	for of, ids := range targets {
		var err error
		if there[of], err = tx.existing(of, entity.SortedSet(ids)); err != nil {
			return nil, err
		}
	}
	return there, nil
}

// existing tells which of the records exist. They are kept from going away until
// the transaction ends.
func (tx *Tx) existing(e *entity.Entity, ids []int64) (map[int64]bool, error) {
	found := make(map[int64]bool, len(ids))
	for part := range parts(ids) {
		list, err := tx.numbers("SELECT id FROM records WHERE workspace_id = ? AND kind = ? AND id IN ("+marks(len(part))+") ORDER BY id"+tx.ifWriting(tx.dialect.kept),
			append([]any{tx.workspace, e.Number}, anys(part)...)...)
		if err != nil {
			return nil, err
		}
		for _, id := range list {
			found[id] = true
		}
	}
	return found, nil
}

// stands tells whether a row's record can still be made as it was planned.
func (g *ground) stands(c *plan.Change) (bool, error) {
	if g.own[c.RecordID] {
		return false, nil
	}
	for _, f := range c.Own() {
		field := g.e.Field(f.Field)
		for _, id := range entity.ParseIDs(f.After) {
			switch {
			case field.Kind == entity.Reference && !g.there[g.tx.catalog.ByName(field.Ref)][id]:
				return false, nil
			case field.Kind == entity.Directory && c.Version == 0 && g.retired[id]: // what comes back may have it
				return false, nil
			}
		}
		if field.OnePer != "" && f.After == "1" {
			free, err := g.free(field, c)
			if err != nil || !free {
				return false, err
			}
		}
	}
	return true, nil
}

// free tells whether no other record has the flag that a row's record is to get.
func (g *ground) free(flag *entity.Field, c *plan.Change) (bool, error) {
	for _, f := range c.Own() {
		if f.Field != flag.OnePer {
			continue
		}
		key := flag.Name + " " + f.After
		_, found, err := g.tx.Holder(g.e, flag.Name, flag.OnePer, entity.ParseIDs(f.After)[0])
		taken := found || g.held[key]
		g.held[key] = true
		return !taken, err
	}
	return true, nil
}

// Stuck tells which of the rows could not be applied now, for another reason than
// the version of their own record: they make records or take them back, refer to
// records that are gone, or claim what somebody else has got.
func (tx *Tx) Stuck(changes []plan.Change) ([]int64, error) {
	var stuck []int64
	for _, part := range byKind(changes) {
		e := part[0].Entity
		staying := slices.DeleteFunc(slices.Clone(part), func(c plan.Change) bool { return c.Being != plan.Stays })
		_, missed, err := tx.partStuck(e, staying)
		if err != nil {
			return nil, err
		}
		stuck = append(stuck, missed...)
		part = slices.DeleteFunc(slices.Clone(part), func(c plan.Change) bool { return c.Being == plan.Stays })
		g, err := tx.groundOf(e, part)
		if err != nil {
			return nil, err
		}
		for n := range part {
			if part[n].Being != plan.Comes {
				continue
			}
			if stands, err := g.stands(&part[n]); err != nil {
				return nil, err
			} else if !stands {
				stuck = append(stuck, part[n].RecordID)
			}
		}
		going := slices.DeleteFunc(slices.Clone(part), func(c plan.Change) bool { return c.Being != plan.Goes })
		free, err := tx.free(e, going)
		if err != nil {
			return nil, err
		}
		for n := range going {
			if _, may := free[going[n].RecordID]; !may {
				stuck = append(stuck, going[n].RecordID)
			}
		}
	}
	return stuck, nil
}

// TakeIDs gives an import numbers for n records, one after the other. One whose
// plan is made anew gets those that it had, if they are enough.
func (tx *Tx) TakeIDs(importID, n int64) (first int64, err error) {
	var count int64
	if _, err := tx.one("SELECT ids_first, ids_count FROM imports WHERE workspace_id = ? AND id = ?",
		[]any{tx.workspace, importID}, &first, &count); err != nil || count >= n {
		return first, err
	}
	if _, err := tx.one("UPDATE workspaces SET next_record_id = next_record_id + ? WHERE id = ? RETURNING next_record_id - ?",
		[]any{n, tx.workspace, n}, &first); err != nil {
		return 0, err
	}
	_, err = tx.exec("UPDATE imports SET ids_first = ?, ids_count = ? WHERE workspace_id = ? AND id = ?", first, n, tx.workspace, importID)
	return first, err
}
