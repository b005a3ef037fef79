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
func (tx *Tx) applyBeings(changes []plan.Change) (others []plan.Change, conflicts []int64, err error) {
	if !slices.ContainsFunc(changes, func(c plan.Change) bool { return c.Being != plan.Stays }) {
		return changes, nil, nil
	}
	if err := tx.takeTurn(fmt.Sprint("apply in ", tx.workspace)); err != nil {
		return nil, nil, err
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
	for _, step := range []struct {
		changes []plan.Change
		apply   func(*entity.Entity, []plan.Change) ([]int64, error)
	}{{leave, tx.takeRecords}, {come, tx.makeRecords}} {
		for _, part := range byKind(step.changes) {
			missed, err := step.apply(part[0].Entity, part)
			if err != nil {
				return nil, nil, err
			}
			conflicts = append(conflicts, missed...)
		}
	}
	return others, conflicts, nil
}

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
	g := &ground{tx: tx, e: e, there: map[*entity.Entity]map[int64]bool{}, retired: map[int64]bool{}, held: map[string]bool{}}
	targets := map[*entity.Entity][]int64{}
	var back []int64
	for n := range changes {
		if changes[n].Version > 0 {
			back = append(back, changes[n].RecordID)
		}
		for _, f := range changes[n].Own() {
			if field := e.Field(f.Field); field.Kind == entity.Reference {
				of := tx.catalog.ByName(field.Ref)
				targets[of] = append(targets[of], entity.ParseIDs(f.After)...)
			}
		}
	}
	for of, ids := range targets {
		var err error
		if g.there[of], err = tx.existing(of, entity.SortedSet(ids)); err != nil {
			return nil, err
		}
	}
	var err error
	if g.own, err = tx.existing(e, back); err != nil {
		return nil, err
	}
	retired, err := tx.numbers("SELECT id FROM directory_values WHERE workspace_id = ? AND retired = 1", tx.workspace)
	for _, id := range retired {
		g.retired[id] = true
	}
	return g, err
}

// existing tells which of the records exist. They are kept from going away until
// the transaction ends.
func (tx *Tx) existing(e *entity.Entity, ids []int64) (map[int64]bool, error) {
	found := make(map[int64]bool, len(ids))
	for part := range parts(ids) {
		list, err := tx.numbers("SELECT id FROM records WHERE workspace_id = ? AND kind = ? AND id IN ("+marks(len(part))+")",
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

// Stuck tells which of the rows that make records or take them back could not be
// applied now.
func (tx *Tx) Stuck(changes []plan.Change) ([]int64, error) {
	var stuck []int64
	for _, part := range byKind(changes) {
		e := part[0].Entity
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

// takeRecords takes records back, each with its companion, and answers those
// that cannot go any more.
func (tx *Tx) takeRecords(e *entity.Entity, changes []plan.Change) (conflicts []int64, err error) {
	free, err := tx.free(e, changes)
	if err != nil {
		return nil, err
	}
	var gone, goneMates goneRecords
	for n := range changes {
		c := &changes[n]
		mate, may := free[c.RecordID]
		if !may {
			conflicts = append(conflicts, c.RecordID)
			continue
		}
		gone.add(c.RecordID, c.ResponsiblesBefore)
		if mate != nil {
			goneMates.add(mate.ID, mate.Responsibles)
		}
	}
	if companion, _ := tx.catalog.Companion(e); companion != nil {
		if err := tx.drop(companion, &goneMates); err != nil {
			return nil, err
		}
	}
	return conflicts, tx.drop(e, &gone)
}

// free tells which of the records can be taken back: they are at the version that
// the plan saw, and so are their companions, which it answers; nothing hangs on
// them.
func (tx *Tx) free(e *entity.Entity, changes []plan.Change) (map[int64]*entity.Record, error) {
	free := make(map[int64]*entity.Record, len(changes))
	if len(changes) == 0 {
		return free, nil
	}
	ids := make([]int64, len(changes))
	for n := range changes {
		ids[n] = changes[n].RecordID
	}
	versions, err := tx.versions(e, ids)
	if err != nil {
		return nil, err
	}
	hanging, err := tx.Hanging(e, ids)
	if err != nil {
		return nil, err
	}
	companion, flag := tx.catalog.Companion(e)
	mates := map[int64]*entity.Record{}
	if companion != nil {
		if mates, err = tx.Held(companion, flag.Name, flag.OnePer, ids); err != nil {
			return nil, err
		}
	}
	for n := range changes {
		c := &changes[n]
		if versions[c.RecordID] != c.Version || len(hanging[c.RecordID]) > 0 {
			continue
		}
		bound, err := tx.boundToStay(e, c)
		if err != nil {
			return nil, err
		}
		mate := mates[c.RecordID]
		together := companion == nil || mate != nil && mate.ID == plan.Mate(c.RecordID) && mate.Version == mateVersion(c, companion)
		if together && !bound {
			free[c.RecordID] = mate
		}
	}
	return free, nil
}

// boundToStay tells whether a row's record has what one of several must have: a
// main location does not go while others are there.
func (tx *Tx) boundToStay(e *entity.Entity, c *plan.Change) (bool, error) {
	for _, f := range c.Own() {
		if flag := e.Field(f.Field); flag.OnePer == "" || f.Before != "1" {
			continue
		} else if rec, err := tx.Get(e, c.RecordID); err != nil {
			return false, err
		} else if bound, err := tx.Bound(rec, flag); err != nil || bound {
			return bound, err
		}
	}
	return false, nil
}

// Bound tells whether a record has what exactly one of those beside it must have,
// and there are others beside it.
func (tx *Tx) Bound(rec *entity.Record, flag *entity.Field) (bool, error) {
	target := entity.ParseIDs(rec.Get(flag.OnePer))
	if rec.Get(flag.Name) != "1" || len(target) == 0 {
		return false, nil
	}
	return tx.Others(rec.Entity, flag, target[0], rec.ID, false)
}

// mateVersion is the version of the companion that a row saw.
func mateVersion(c *plan.Change, companion *entity.Entity) int64 {
	for _, f := range c.OfMate(companion) {
		if f.Field == entity.Version {
			seen, _ := strconv.ParseInt(f.Before, 10, 64) // we wrote it
			return seen
		}
	}
	return 1
}

// versions tells at which version records are, and holds them there.
func (tx *Tx) versions(e *entity.Entity, ids []int64) (map[int64]int64, error) {
	found := make(map[int64]int64, len(ids))
	for part := range parts(ids) {
		err := tx.query("SELECT id, version FROM records WHERE workspace_id = ? AND kind = ? AND id IN ("+marks(len(part))+")"+tx.locked(),
			append([]any{tx.workspace, e.Number}, anys(part)...), func(scan func(...any) error) error {
				var id, version int64
				err := scan(&id, &version)
				found[id] = version
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Hang is records of one kind that hang on another one.
type Hang struct {
	Entity *entity.Entity
	Count  int64
}

// Hanging tells what refers to records of e or to their companions, but for the
// companions themselves: what keeps them from being taken back.
func (tx *Tx) Hanging(e *entity.Entity, ids []int64) (map[int64][]Hang, error) {
	hanging := map[int64][]Hang{}
	companion, flag := tx.catalog.Companion(e)
	for _, other := range tx.catalog.Entities {
		for i := range other.Fields {
			f := &other.Fields[i]
			if f.Kind != entity.Reference {
				continue
			}
			add := func(target, n int64) {
				list := hanging[target]
				if at := slices.IndexFunc(list, func(h Hang) bool { return h.Entity == other }); at >= 0 {
					list[at].Count += n
				} else {
					list = append(list, Hang{other, n})
				}
				hanging[target] = list
			}
			if f.Ref == e.Name {
				but := ""
				if other == companion && f.Name == flag.OnePer {
					but = " AND NOT (w." + quote(flag.Name) + " = 1 AND w.id = w." + quote(f.Name) + " + 1)"
				}
				if err := tx.countReferring(other, f, ids, but, add); err != nil {
					return nil, err
				}
			}
			if companion != nil && f.Ref == companion.Name {
				mates := make([]int64, len(ids))
				for n, id := range ids {
					mates[n] = plan.Mate(id)
				}
				if err := tx.countReferring(other, f, mates, "", func(target, n int64) { add(target-1, n) }); err != nil {
					return nil, err
				}
			}
		}
	}
	return hanging, nil
}

func (tx *Tx) countReferring(e *entity.Entity, f *entity.Field, targets []int64, but string, tell func(target, n int64)) error {
	column := "w." + quote(f.Name)
	for part := range parts(targets) {
		if err := tx.query("SELECT "+column+", COUNT(*) FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND "+column+" IN ("+marks(len(part))+")"+but+
			" GROUP BY "+column, append([]any{tx.workspace}, anys(part)...), func(scan func(...any) error) error {
			var target, n int64
			if err := scan(&target, &n); err != nil {
				return fmt.Errorf("read what hangs on a record: %w", err)
			}
			tell(target, n)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// goneRecords is records that go, with who was responsible for them.
type goneRecords struct {
	ids   []int64
	pairs pairs
}

func (g *goneRecords) add(id int64, responsibles []int64) {
	g.ids = append(g.ids, id)
	g.pairs.add(id, underWhom(responsibles))
}

// drop takes records out of the tables of records.
func (tx *Tx) drop(e *entity.Entity, g *goneRecords) error {
	for part := range parts(g.ids) {
		args := append([]any{tx.workspace}, anys(part)...)
		if _, err := tx.exec("DELETE FROM "+quote(e.Table)+" WHERE workspace_id = ? AND id IN ("+marks(len(part))+")", args...); err != nil {
			return err
		}
		if _, err := tx.exec("DELETE FROM records WHERE workspace_id = ? AND kind = ? AND id IN ("+marks(len(part))+")",
			slices.Insert(args, 1, any(e.Number))...); err != nil {
			return err
		}
		if err := tx.dropOwn(e, part); err != nil {
			return err
		}
	}
	if !tx.dialect.columns {
		return tx.movePairs(e, g.pairs, pairs{})
	}
	if len(g.ids) == 0 {
		return nil
	}
	_, err := tx.exec(`DELETE FROM responsibilities r USING unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS g (employee_id, record_id)
		WHERE r.workspace_id = ? AND r.kind = ? AND r.employee_id = g.employee_id AND r.record_id = g.record_id`,
		g.pairs.employees, g.pairs.records, tx.workspace, e.Number)
	return err
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
