package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// Rows of plans that touch more than what lies in records, or records of another
// kind than the import's own. They are few among many imports, so they have
// columns of their own and the others do not pay for them.

// kindBit is a kind in imports.kinds.
func kindBit(e *entity.Entity) int64 { return 1 << e.Number }

// kindBits is an import's kinds as the database keeps them.
func kindBits(i *plan.Import) int64 {
	if !i.Mixed() {
		return 0
	}
	bits := int64(0)
	for _, e := range i.Kinds {
		bits |= kindBit(e)
	}
	return bits
}

func (tx *Tx) kindsOf(bits int, own *entity.Entity) []*entity.Entity {
	if bits == 0 {
		return []*entity.Entity{own}
	}
	var kinds []*entity.Entity
	for _, e := range tx.catalog.Entities {
		if int64(bits)&kindBit(e) != 0 {
			kinds = append(kinds, e)
		}
	}
	return kinds
}

// importKind is the kind of record that an import was begun for.
func (tx *Tx) importKind(importID int64) (*entity.Entity, error) {
	var kind int
	_, err := tx.one("SELECT kind FROM imports WHERE workspace_id = ? AND id = ?", []any{tx.workspace, importID}, &kind)
	return tx.catalog.ByNumber(kind), err
}

// partWide parts the rows that need the columns kind and fields from the others.
func (tx *Tx) partWide(importID int64, changes []plan.Change) (narrow, wide []plan.Change, err error) {
	if len(changes) == 0 {
		return nil, nil, nil
	}
	own, err := tx.importKind(importID)
	if err != nil {
		return nil, nil, err
	}
	isWide := func(c plan.Change) bool {
		return c.Fields != nil || c.Left != nil || c.Being != plan.Stays || c.Entity != nil && c.Entity.Number != own.Number
	}
	if !slices.ContainsFunc(changes, isWide) {
		return changes, nil, nil
	}
	for _, c := range changes {
		if isWide(c) {
			wide = append(wide, c)
		} else {
			narrow = append(narrow, c)
		}
	}
	return narrow, wide, nil
}

const wideColumns = `record_id, source_row, guards, version, fate,
	active_before, active_after, responsibles_before, responsibles_after, kind, fields, left_fields, being, made_at`

// wideRow is a planned change as columns.
type wideRow struct {
	activeBefore, activeAfter, kind, being, madeAt *int64
	before, after                                  []byte
	fields, left                                   *string
}

func newWideRow(c *plan.Change) (wideRow, error) {
	var r wideRow
	if c.TouchesActive {
		r.activeBefore, r.activeAfter = new(truth(c.ActiveBefore)), new(truth(c.ActiveAfter))
	}
	if c.TouchesResponsibles {
		r.before, r.after = pack(c.ResponsiblesBefore), pack(c.ResponsiblesAfter)
	}
	if c.Entity != nil {
		r.kind = new(int64(c.Entity.Number))
	}
	if c.Fields != nil {
		text, err := json.Marshal(c.Fields)
		if err != nil {
			return r, fmt.Errorf("write a planned change: %w", err)
		}
		r.fields = new(string(text))
	}
	if len(c.Left) > 0 {
		r.left = new(strings.Join(c.Left, ","))
	}
	if c.Being != plan.Stays {
		r.being = new(int64(c.Being))
	}
	if !c.MadeAt.IsZero() {
		r.madeAt = new(millis(c.MadeAt))
	}
	return r, nil
}

func (tx *Tx) addWideChanges(importID int64, changes []plan.Change) error {
	if tx.dialect.columns {
		return tx.addWideColumns(importID, changes)
	}
	for n := range changes {
		c := &changes[n]
		r, err := newWideRow(c)
		if err != nil {
			return err
		}
		if _, err := tx.exec("INSERT INTO import_changes (workspace_id, import_id, "+wideColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			tx.workspace, importID, c.RecordID, c.Row, c.Guards, c.Version, c.Fate,
			r.activeBefore, r.activeAfter, r.before, r.after, r.kind, r.fields, r.left, r.being, r.madeAt); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) addWideColumns(importID int64, changes []plan.Change) error {
	if len(changes) == 0 {
		return nil
	}
	n := len(changes)
	var numbers [5][]int64 // record, row, guards, version, fate
	var maybe [5][]*int64  // active before and after, kind, being, made at
	before, after, fields, left := make([][]byte, n), make([][]byte, n), make([]*string, n), make([]*string, n)
	for i := range changes {
		c := &changes[i]
		r, err := newWideRow(c)
		if err != nil {
			return err
		}
		for k, number := range [...]int64{c.RecordID, c.Row, int64(c.Guards), c.Version, int64(c.Fate)} {
			numbers[k] = append(numbers[k], number)
		}
		for k, number := range [...]*int64{r.activeBefore, r.activeAfter, r.kind, r.being, r.madeAt} {
			maybe[k] = append(maybe[k], number)
		}
		before[i], after[i], fields[i], left[i] = r.before, r.after, r.fields, r.left
	}
	_, err := tx.exec(`INSERT INTO import_changes (workspace_id, import_id, `+wideColumns+`) SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), c.* FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[]),
			CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]),
			CAST(? AS BYTEA[]), CAST(? AS BYTEA[]), CAST(? AS BIGINT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS c`,
		tx.workspace, importID, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4],
		maybe[0], maybe[1], before, after, maybe[2], fields, left, maybe[3], maybe[4])
	return err
}

// ofOwnKind completes rows read from a plan: those that name no kind are of the
// import's own.
func (tx *Tx) ofOwnKind(importID int64, list []plan.Change, err error) ([]plan.Change, error) {
	if err != nil || len(list) == 0 {
		return list, err
	}
	own, err := tx.importKind(importID)
	for n := range list {
		if list[n].Entity == nil {
			list[n].Entity = own
		}
	}
	return list, err
}

// ApplyPlan brings records of any kind to what a plan's rows say, in ascending
// order of ids, and answers the ids of those that it left alone: changed ones are
// not at the version that the plan saw, stuck ones could not become what the plan
// says (partStuck).
func (tx *Tx) ApplyPlan(changes []plan.Change) (changed, stuck []int64, err error) {
	changes, changed, stuck, err = tx.applyBeings(changes)
	if err != nil {
		return nil, nil, err
	}
	for _, part := range byKind(changes) {
		e := part[0].Entity
		part, cannot, err := tx.partStuck(e, part)
		if err != nil {
			return nil, nil, err
		}
		missed, err := tx.ApplyChanges(e, part)
		if err != nil {
			return nil, nil, err
		}
		if err := tx.applyFields(e, part, missed); err != nil {
			return nil, nil, err
		}
		changed, stuck = append(changed, missed...), append(stuck, cannot...)
	}
	return changed, stuck, nil
}

// partStuck takes out those rows that cannot be written whatever the version of
// their record: what they refer to is gone since the check, or another record has
// got what exactly one may have, a location's "main".
func (tx *Tx) partStuck(e *entity.Entity, changes []plan.Change) (free []plan.Change, stuck []int64, err error) {
	if !slices.ContainsFunc(changes, func(c plan.Change) bool { return len(c.Fields) > 0 }) {
		return changes, nil, nil
	}
	there, err := tx.referredTo(e, changes)
	if err != nil {
		return nil, nil, err
	}
	for n := range changes {
		is, err := tx.isStuck(e, &changes[n], there)
		if err != nil {
			return nil, nil, err
		}
		if is {
			stuck = append(stuck, changes[n].RecordID)
		}
	}
	if len(stuck) == 0 {
		return changes, nil, nil
	}
	return slices.DeleteFunc(slices.Clone(changes), func(c plan.Change) bool { return slices.Contains(stuck, c.RecordID) }), stuck, nil
}

func (tx *Tx) isStuck(e *entity.Entity, c *plan.Change, there map[*entity.Entity]map[int64]bool) (bool, error) {
	for _, f := range c.Fields {
		if !e.Has(f.Field) {
			continue
		}
		field := e.Field(f.Field)
		for _, id := range entity.ParseIDs(f.After) {
			if field.Kind == entity.Reference && !there[tx.catalog.ByName(field.Ref)][id] {
				return true, nil
			}
		}
		if field.OnePer != "" {
			if taken, err := tx.isTaken(e, field, c); taken || err != nil {
				return taken, err
			}
		}
	}
	return false, nil
}

func (tx *Tx) isTaken(e *entity.Entity, flag *entity.Field, c *plan.Change) (bool, error) {
	at := slices.IndexFunc(c.Fields, func(f entity.Change) bool { return f.Field == flag.Name && f.After == "1" })
	if at < 0 {
		return false, nil
	}
	rec, err := tx.Get(e, c.RecordID)
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil // taken back meanwhile: its version will tell
	}
	if err != nil {
		return false, err
	}
	target := rec.Get(flag.OnePer)
	for _, f := range c.Fields {
		if f.Field == flag.OnePer {
			target = f.After
		}
	}
	holder, found, err := tx.Holder(e, flag.Name, flag.OnePer, entity.ParseIDs(target)[0])
	return found && holder != c.RecordID, err
}

// byKind parts changes by kind and keeps their order. Nearly always there is one
// kind, and nothing is copied.
func byKind(changes []plan.Change) [][]plan.Change {
	if len(changes) == 0 {
		return nil
	}
	if !slices.ContainsFunc(changes, func(c plan.Change) bool { return c.Entity.Number != changes[0].Entity.Number }) {
		return [][]plan.Change{changes}
	}
	var parts [][]plan.Change
	for _, c := range changes {
		at := slices.IndexFunc(parts, func(part []plan.Change) bool { return part[0].Entity.Number == c.Entity.Number })
		if at < 0 {
			at, parts = len(parts), append(parts, nil)
		}
		parts[at] = append(parts[at], c)
	}
	return parts
}

// applyFields writes the fields of the wide rows, where the narrow row was at the
// version that the plan saw: it has just been compared and is locked.
func (tx *Tx) applyFields(e *entity.Entity, changes []plan.Change, missed []int64) error {
	wanted := map[int64][]entity.Change{}
	var ids []int64
	for n := range changes {
		c := &changes[n]
		if len(c.Fields) > 0 && !slices.Contains(missed, c.RecordID) {
			ids, wanted[c.RecordID] = append(ids, c.RecordID), c.Fields
		}
	}
	if len(ids) == 0 {
		return nil
	}
	recs, err := tx.GetMany(e, ids)
	if err != nil {
		return err
	}
	var own []ownChange
	for _, old := range recs {
		now := old.Clone()
		for _, c := range wanted[old.ID] {
			now.Set(c.Field, c.After)
		}
		own = append(own, ownChanges(old, now)...)
		if err := tx.updateWide(old, now); err != nil {
			return err
		}
	}
	return tx.writeOwn(own)
}
