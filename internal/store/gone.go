package store

import (
	"fmt"
	"slices"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// What of beings.go takes records back, and tells what keeps one from going.

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
	companion, flag := tx.catalog.Companion(e)
	mates := map[int64]*entity.Record{}
	if companion != nil {
		mateIDs := make([]int64, len(ids))
		for n, id := range ids {
			mateIDs[n] = plan.Mate(id)
		}
		if _, err := tx.versions(companion, mateIDs); err != nil { // before they are read: nobody changes them then
			return nil, err
		}
		if mates, err = tx.Held(companion, flag.Name, flag.OnePer, ids); err != nil {
			return nil, err
		}
	}
	hanging, err := tx.Hanging(e, ids)
	if err != nil {
		return nil, err
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

// versions tells at which version records are, and holds them there: nobody
// changes them or refers to them anew before the transaction ends.
func (tx *Tx) versions(e *entity.Entity, ids []int64) (map[int64]int64, error) {
	found := make(map[int64]int64, len(ids))
	for part := range parts(ids) {
		err := tx.query("SELECT id, version FROM records WHERE workspace_id = ? AND kind = ? AND id IN ("+marks(len(part))+") ORDER BY id"+tx.ifWriting(tx.dialect.going),
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
