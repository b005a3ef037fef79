package bulk

import (
	"slices"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
)

// Taking back rows that have made records, and bringing back what such an undo
// has taken.

// beingsBack plans what takes back those rows of a part of the import that have
// made records or taken them, and answers the others.
func (u *undoing) beingsBack(tx *store.Tx, list []plan.Change) (others []plan.Change, err error) {
	ids := map[*entity.Entity][]int64{}
	for n := range list {
		if list[n].Being != plan.Stays {
			ids[list[n].Entity] = append(ids[list[n].Entity], list[n].RecordID)
		}
	}
	if len(ids) == 0 {
		return list, nil
	}
	made := map[int64]*madeRecord{}
	for e, of := range ids {
		if err := findMade(tx, e, of, made); err != nil {
			return nil, err
		}
	}
	for n := range list {
		c := &list[n]
		now := made[c.RecordID]
		switch {
		case c.Being == plan.Stays:
			others = append(others, *c)
		case (now == nil) == (c.Being == plan.Comes): // somebody has taken it back, or brought it back, before
			u.imp.Counts.Unchanged++
		case c.Being == plan.Comes:
			err = u.unmake(tx, c, now)
		default:
			err = u.bringBack(tx, c)
		}
		if err != nil {
			return nil, err
		}
	}
	return others, nil
}

// madeRecord is a record that an import has made, as it is now.
type madeRecord struct {
	rec, mate *entity.Record // no mate: the companion belongs to another record now
	hangs     []store.Hang
}

func findMade(tx *store.Tx, e *entity.Entity, ids []int64, into map[int64]*madeRecord) error {
	recs, err := tx.GetMany(e, ids)
	if err != nil {
		return err
	}
	mates := map[int64]*entity.Record{}
	if companion, flag := tx.Catalog().Companion(e); companion != nil {
		if mates, err = tx.Held(companion, flag.Name, flag.OnePer, ids); err != nil {
			return err
		}
	}
	hangs, err := tx.Hanging(e, ids)
	for _, rec := range recs {
		m := &madeRecord{rec: rec, hangs: hangs[rec.ID]}
		if mate := mates[rec.ID]; mate != nil && mate.ID == plan.Mate(rec.ID) {
			m.mate = mate
		}
		into[rec.ID] = m
	}
	return err
}

// leaveOut says why a row cannot be taken back.
func (u *undoing) leaveOut(c *plan.Change, field, code string, args map[string]any) {
	u.imp.Counts.Failed++
	u.say(plan.Problem{Row: c.Row, RecordID: c.RecordID, Outcome: plan.RowFailed, Field: field, Code: code, Args: args})
}

// unmake plans the taking back of a record. It is held when somebody has changed
// the record since, and left out when something hangs on it.
func (u *undoing) unmake(tx *store.Tx, done *plan.Change, now *madeRecord) error {
	scope := u.who.Scope()
	switch {
	case !scope.Sees(now.rec), now.mate != nil && !scope.Sees(now.mate):
		u.leaveOut(done, "", "no_longer_seen", nil)
		return nil
	case len(now.hangs) > 0 && !scope.All: // how many he may not know
		u.leaveOut(done, "", "hangs_on_some", nil)
		return nil
	case len(now.hangs) > 0:
		u.imp.Counts.Failed++
		for _, h := range now.hangs {
			u.say(plan.Problem{Row: done.Row, RecordID: done.RecordID, Outcome: plan.RowFailed, Code: "hangs_on", Args: map[string]any{"kind": h.Entity.Name, "count": h.Count}})
		}
		return nil
	}
	companion, flag := tx.Catalog().Companion(done.Entity)
	if companion != nil && now.mate == nil {
		u.leaveOut(done, "", "companion_moved", map[string]any{"kind": companion.Name})
		return nil
	}
	for n := range done.Entity.Fields {
		if f := &done.Entity.Fields[n]; f.OnePer != "" {
			if bound, err := tx.Bound(now.rec, f); err != nil || bound {
				if bound {
					u.leaveOut(done, f.Name, "one_must_stay", map[string]any{"entity": done.Entity.Name, "field": f.Name})
				}
				return err
			}
		}
	}
	back := goes(now, flag)
	back.Row = done.Row
	if err := u.holdChanged(tx, done, now, &back); err != nil {
		return err
	}
	u.put(back)
	return nil
}

// goes is the row that takes a record back, with everything that it is.
func goes(now *madeRecord, flag *entity.Field) plan.Change {
	c := birth(now.rec, now.mate, flag)
	c.Being, c.Version, c.MadeAt = plan.Goes, now.rec.Version, now.rec.CreatedAt
	c.ActiveBefore, c.ActiveAfter = c.ActiveAfter, c.ActiveBefore
	c.ResponsiblesBefore, c.ResponsiblesAfter = c.ResponsiblesAfter, c.ResponsiblesBefore
	c.Fields = reversed(c.Fields)
	if now.mate == nil {
		return c
	}
	more := func(field, before string) {
		c.Fields = append(c.Fields, entity.Change{Field: plan.MateField(now.mate.Entity, field), Before: before})
	}
	if !slices.Equal(now.mate.Responsibles, now.rec.Responsibles) {
		more(entity.Responsibles, entity.IDsText(now.mate.Responsibles))
	}
	if !now.mate.Active {
		c.Fields = append(c.Fields, entity.Change{Field: plan.MateField(now.mate.Entity, entity.Active), After: "1"})
	}
	more(entity.Version, strconv.FormatInt(now.mate.Version, 10))
	return c
}

// holdChanged holds a row when the record is not what the import made of it, and
// says who has changed what.
func (u *undoing) holdChanged(tx *store.Tx, done *plan.Change, now *madeRecord, back *plan.Change) error {
	changed := changedOf(done.Own(), done, now.rec)
	if err := u.sayChanged(tx, done, now.rec, done.Version+1, "", changed, back); err != nil || now.mate == nil {
		return err
	}
	mate := now.mate.Entity
	return u.sayChanged(tx, done, now.mate, 1, mate.Name+".", changedOf(done.OfMate(mate), done, now.mate), back)
}

// changedOf is the fields of a record that are not what a row has made of them.
func changedOf(fields []entity.Change, done *plan.Change, now *entity.Record) []string {
	was := records.Nothing(now.Entity)
	was.Responsibles = done.ResponsiblesAfter
	for _, f := range fields {
		switch {
		case now.Entity.Has(f.Field):
			was.Set(f.Field, f.After)
		case f.Field == entity.Active:
			was.Active = f.After == "1"
		case f.Field == entity.Responsibles: // of a companion that is another's than its record
			was.Responsibles = entity.ParseIDs(f.After)
		}
	}
	if now.Entity.Number == done.Entity.Number && done.TouchesActive {
		was.Active = done.ActiveAfter
	}
	var list []string
	for _, f := range entity.Diff(was, now) {
		flag := now.Entity.Number != done.Entity.Number && now.Entity.Has(f.Field) && (now.Entity.Field(f.Field).OnePer != "" || isPartner(now.Entity, f.Field))
		if !flag { // what ties a companion to its record was looked at before
			list = append(list, f.Field)
		}
	}
	return list
}

// isPartner tells whether a field is the reference by which a companion belongs to
// its record.
func isPartner(e *entity.Entity, field string) bool {
	return slices.ContainsFunc(e.Fields, func(f entity.Field) bool { return f.OnePer == field })
}

func (u *undoing) sayChanged(tx *store.Tx, done *plan.Change, rec *entity.Record, since int64, prefix string, changed []string, back *plan.Change) error {
	if len(changed) == 0 {
		return nil
	}
	back.Guards |= plan.Stale
	history, err := changesBetween(tx, rec.Entity, rec.ID, rec.ID)
	if err != nil {
		return err
	}
	for _, field := range changed {
		p := plan.Problem{Row: done.Row, RecordID: done.RecordID, Outcome: plan.Held, Field: prefix + field, Code: "changed_since_unknown"}
		for _, l := range history[rec.ID] { // the newest says enough
			if l.version > since && l.change.Field == field {
				p.Code = "changed_since"
				if p.Args, err = l.args(tx, rec.Entity, u.staff); err != nil {
					return err
				}
				break
			}
		}
		u.say(p)
	}
	return nil
}

// bringBack plans the return of a record that the import has taken back.
func (u *undoing) bringBack(tx *store.Tx, done *plan.Change) error {
	back := backwards(done)
	back.Guards, back.Left = 0, nil
	for n := range back.Fields {
		f := &back.Fields[n]
		if companion, _ := tx.Catalog().Companion(done.Entity); companion != nil && f.Field == plan.MateField(companion, entity.Version) {
			seen, _ := strconv.ParseInt(f.After, 10, 64) // goes wrote it
			f.After = strconv.FormatInt(seen+1, 10)
		}
	}
	problem, err := referenceGone(tx, &back)
	if err != nil {
		return err
	}
	if problem != nil {
		u.imp.Counts.Failed++
		u.say(*problem)
		return nil
	}
	u.put(back)
	return nil
}

// referenceGone says of a row that it would refer to a record that is gone.
func referenceGone(tx *store.Tx, back *plan.Change) (*plan.Problem, error) {
	for _, f := range back.Own() {
		if !back.Entity.Has(f.Field) || back.Entity.Field(f.Field).Kind != entity.Reference {
			continue
		}
		ids := entity.ParseIDs(f.After)
		there, err := tx.Existing(tx.Catalog().ByName(back.Entity.Field(f.Field).Ref), ids)
		if err != nil {
			return nil, err
		}
		if len(there) < len(ids) {
			return &plan.Problem{
				Row: back.Row, RecordID: back.RecordID, Outcome: plan.RowFailed, Field: f.Field, Code: "reference_gone",
				Args: map[string]any{"entity": back.Entity.Name, "id": ids[0]},
			}, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing to say
}

// leadersOf puts in the place of companions the records that they were made with:
// a main location does not go without its company.
func leadersOf(tx *store.Tx, i *plan.Import, ids []int64) ([]int64, error) {
	companion, _ := tx.Catalog().Companion(i.Entity)
	if companion == nil || len(ids) == 0 {
		return ids, nil
	}
	wanted := slices.Clone(ids)
	for _, id := range ids {
		wanted = append(wanted, id-1)
	}
	rows, err := tx.ChangesOf(i.ID, entity.SortedSet(wanted))
	if err != nil {
		return nil, err
	}
	var list []int64
	for _, id := range ids {
		own := slices.ContainsFunc(rows, func(c plan.Change) bool { return c.RecordID == id })
		led := slices.ContainsFunc(rows, func(c plan.Change) bool { return plan.Mate(c.RecordID) == id && c.Being != plan.Stays })
		if !own && led {
			id--
		}
		list = append(list, id)
	}
	return entity.SortedSet(list), nil
}
