package store

import (
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// Past is the records of a kind as they were at an instant: the present, with
// what happened since replayed backwards. It is read page by page, so that a
// million records need no more memory than a few thousand.
type Past struct {
	Entity   *entity.Entity
	At       time.Time
	Employee int64 // only the records that he was responsible for; 0 is all

	touched []int64 // records that he gained or lost since, ascending
}

// PastRecord is a record then and now.
type PastRecord struct {
	Then, Now *entity.Record
}

// Past prepares looking back. For one employee it finds out which records he has
// gained or lost since; the chunks of imports say which of them need reading. To
// before the beginning of history nobody can look back.
func (tx *Tx) Past(e *entity.Entity, at time.Time, employee int64) (*Past, error) {
	p := &Past{Entity: e, At: at, Employee: employee}
	if err := tx.KnowsThen(at); err != nil || employee == 0 {
		return p, err
	}
	byHand, err := tx.touchedByHand(p)
	if err != nil {
		return nil, err
	}
	byImport, err := tx.touchedByImports(p)
	p.touched = entity.SortedSet(append(byHand, byImport...))
	return p, err
}

func (tx *Tx) touchedByHand(p *Past) ([]int64, error) {
	var ids []int64
	err := tx.query("SELECT record_id, fields FROM changes WHERE workspace_id = ? AND at > ? AND kind = ?",
		[]any{tx.workspace, millis(p.At), p.Entity.Number}, func(scan func(...any) error) error {
			var id int64
			var fields string
			var changes []entity.Change
			if err := scan(&id, &fields); err != nil {
				return fmt.Errorf("read history: %w", err)
			}
			if err := json.Unmarshal([]byte(fields), &changes); err != nil {
				return fmt.Errorf("read history of %s %d: %w", p.Entity.Name, id, err)
			}
			for _, c := range changes {
				if c.Field == entity.Responsibles && plan.Concerns(entity.ParseIDs(c.Before), entity.ParseIDs(c.After), p.Employee, plan.Both) {
					ids = append(ids, id)
				}
			}
			return nil
		})
	return ids, err
}

func (tx *Tx) touchedByImports(p *Past) ([]int64, error) {
	chunks, err := tx.chunksAfter(p)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, c := range chunks {
		err := tx.stream(`SELECT record_id, responsibles_before, responsibles_after FROM import_changes
			WHERE workspace_id = ? AND import_id = ? AND record_id > ? AND record_id <= ? AND responsibles_after IS NOT NULL`,
			[]any{tx.workspace, c.importID, c.after, c.last}, func(row []driver.Value) error {
				id, is1 := row[0].(int64)
				packedBefore, is2 := row[1].([]byte)
				packedAfter, is3 := row[2].([]byte)
				if !is1 || !is2 || !is3 {
					return fmt.Errorf("read a planned change: it came as %v", row)
				}
				before, err1 := unpack(packedBefore)
				after, err2 := unpack(packedAfter)
				if err := errors.Join(err1, err2); err != nil {
					return err
				}
				if plan.Concerns(before, after, p.Employee, plan.Both) {
					ids = append(ids, id)
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// chunk is a part of an import that was applied at one instant: the rows about
// the records after one and up to another.
type chunk struct {
	importID, after, last int64
}

// chunksAfter lists the chunks applied after the instant that have touched the
// employee.
func (tx *Tx) chunksAfter(p *Past) ([]chunk, error) {
	var list []chunk
	err := tx.query(`SELECT k.import_id, k.last_record, COALESCE((SELECT MAX(b.last_record) FROM import_chunks b
				WHERE b.workspace_id = k.workspace_id AND b.import_id = k.import_id AND b.last_record < k.last_record), 0), k.employees
		FROM import_chunks k JOIN imports i ON i.workspace_id = k.workspace_id AND i.id = k.import_id
		WHERE k.workspace_id = ? AND (i.kind = ? OR (i.kinds & ?) <> 0) AND (k.at > ? OR i.finished_at > ? AND i.all_or_nothing = 1)`,
		[]any{tx.workspace, p.Entity.Number, kindBit(p.Entity), millis(p.At), millis(p.At)}, func(scan func(...any) error) error {
			var c chunk
			var packed []byte
			if err := scan(&c.importID, &c.last, &c.after, &packed); err != nil {
				return fmt.Errorf("read a chunk: %w", err)
			}
			if concerns, err := chunkConcerns(packed, p.Employee); err != nil || !concerns {
				return err
			}
			list = append(list, c)
			return nil
		})
	return list, err
}

// chunkConcerns tells whether a chunk may have touched an employee.
func chunkConcerns(packed []byte, employee int64) (bool, error) {
	if packed == nil { // nobody noted whom it touched
		return true, nil
	}
	touched, err := unpack(packed)
	return slices.Contains(touched, employee), err
}

// PastPage reads the next records of the past that scope sees today, from after
// the given id on. last is where the next page begins; 0 when there is none.
func (tx *Tx) PastPage(p *Past, scope entity.Scope, after int64, limit int) (list []PastRecord, last int64, err error) {
	recs, last, err := tx.presentPage(p, scope, after, limit)
	if err != nil || len(recs) == 0 {
		return nil, last, err
	}
	since, err := tx.since(p, recs)
	if err != nil {
		return nil, 0, err
	}
	for _, now := range recs {
		then, there := rewound(now, since[now.ID])
		if !there || now.CreatedAt.After(p.At) || p.Employee != 0 && !slices.Contains(then.Responsibles, p.Employee) {
			continue
		}
		list = append(list, PastRecord{Then: then, Now: now})
	}
	return list, last, nil
}

// presentPage reads the present of the records that may be on a page.
func (tx *Tx) presentPage(p *Past, scope entity.Scope, after int64, limit int) (recs []*entity.Record, last int64, err error) {
	if p.Employee == 0 {
		recs, err = tx.Each(p.Entity, entity.Query{}, scope, after, limit)
		if len(recs) == limit {
			last = recs[limit-1].ID
		}
		return recs, last, err
	}
	var ids []int64
	err = tx.query(`SELECT record_id FROM responsibilities WHERE workspace_id = ? AND employee_id = ? AND kind = ? AND record_id > ?
		ORDER BY record_id LIMIT ?`, []any{tx.workspace, p.Employee, p.Entity.Number, after, limit}, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	from, _ := slices.BinarySearch(p.touched, after+1)
	ids = entity.SortedSet(append(ids, p.touched[from:min(from+limit, len(p.touched))]...))
	if len(ids) >= limit { // fewer are the end of both
		ids = ids[:limit]
		last = ids[limit-1]
	}
	recs, err = tx.GetMany(p.Entity, ids)
	return slices.DeleteFunc(recs, func(r *entity.Record) bool { return !scope.Sees(r) }), last, err
}

// sinceStep is one change of a record after the instant.
type sinceStep struct {
	version int64
	changes []entity.Change
	being   plan.Being
}

// spread is how many ids a range may span for each record before looking into
// history for each by itself is cheaper than reading all of the range's.
const spread = 64

// since lists what happened after the instant to records, the newest first.
func (tx *Tx) since(p *Past, recs []*entity.Record) (map[int64][]sinceStep, error) {
	steps := map[int64][]sinceStep{}
	first, last := recs[0].ID, recs[len(recs)-1].ID
	if last-first < int64(len(recs))*spread {
		return steps, tx.addSince(steps, p, first, last)
	}
	for _, rec := range recs {
		if err := tx.addSince(steps, p, rec.ID, rec.ID); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

func (tx *Tx) addSince(steps map[int64][]sinceStep, p *Past, first, last int64) error {
	byHand, err := tx.HandChangesBetween(p.Entity, first, last)
	if err != nil {
		return err
	}
	for id, list := range byHand {
		for _, h := range list {
			if h.At.After(p.At) {
				steps[id] = append(steps[id], sinceStep{version: h.Version, changes: h.Changes})
			}
		}
	}
	byImport, err := tx.importChangesAfter(p.Entity, first, last, p.At)
	for _, h := range byImport {
		steps[h.RecordID] = append(steps[h.RecordID], sinceStep{h.Version, h.Changes, h.Being})
	}
	for id := range steps {
		slices.SortFunc(steps[id], func(a, b sinceStep) int { return cmp.Compare(b.version, a.version) })
	}
	return err
}

// rewound is a record with the steps taken back, the newest first, and whether it
// was there then.
func rewound(now *entity.Record, steps []sinceStep) (then *entity.Record, there bool) {
	then, there = now.Clone(), true
	for _, s := range steps {
		if s.being != plan.Stays {
			there = s.being == plan.Goes
		}
		for _, c := range s.changes {
			switch {
			case c.Field == entity.Active:
				then.Active = c.Before == "1"
			case c.Field == entity.Responsibles:
				then.Responsibles = entity.ParseIDs(c.Before)
			case then.Entity.Has(c.Field):
				then.Set(c.Field, c.Before)
			}
		}
		then.Version = s.version - 1
	}
	return then, there
}
