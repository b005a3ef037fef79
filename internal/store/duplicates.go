package store

import (
	"fmt"

	"nadel/internal/entity"
)

// TitlesTwice lists, from after on in the order of titles, what several active
// records of e are called: folded titles, limit of them at most.
func (tx *Tx) TitlesTwice(e *entity.Entity, after string, limit int) ([]string, error) {
	var list []string
	err := tx.query("SELECT w.sort_key FROM "+recordFrom(e)+" WHERE w.workspace_id = ? AND w.sort_key > ? AND r.active = 1 GROUP BY w.sort_key HAVING COUNT(*) > 1 ORDER BY w.sort_key LIMIT ?",
		[]any{tx.workspace, after, limit}, func(scan func(...any) error) error {
			var key string
			if err := scan(&key); err != nil {
				return fmt.Errorf("read a title: %w", err)
			}
			list = append(list, key)
			return nil
		})
	return list, err
}

// Titled reads the active records of e with these folded titles, limit at most,
// in the order of titles.
func (tx *Tx) Titled(e *entity.Entity, keys []string, limit int) ([]*entity.Record, error) {
	args := []any{tx.workspace}
	for _, key := range keys {
		args = append(args, key)
	}
	var list []*entity.Record
	err := tx.query("SELECT "+recordColumns(e)+" FROM "+recordFrom(e)+" WHERE w.workspace_id = ? AND w.sort_key IN ("+marks(len(keys))+
		") AND r.active = 1 ORDER BY w.sort_key, w.id LIMIT ?", append(args, limit), func(scan func(...any) error) error {
		rec, err := scanRecord(e, scan)
		list = append(list, rec)
		return err
	})
	return list, err
}

// Held reads the records of e that hold one of the ids in the reference ref and
// the truth flag: the main locations of companies, by company.
func (tx *Tx) Held(e *entity.Entity, flag, ref string, ids []int64) (map[int64]*entity.Record, error) {
	e = tx.of(e)
	held := map[int64]*entity.Record{}
	for start := 0; start < len(ids); start += batch {
		part := ids[start:min(start+batch, len(ids))]
		var recs []*entity.Record
		err := tx.query("SELECT "+recordColumns(e)+" FROM "+recordFrom(e)+" WHERE w.workspace_id = ? AND w."+quote(e.Field(ref).Name)+
			" IN ("+marks(len(part))+") AND w."+quote(e.Field(flag).Name)+" = 1", append([]any{tx.workspace}, anys(part)...),
			func(scan func(...any) error) error {
				rec, err := scanRecord(e, scan)
				if err == nil {
					recs = append(recs, rec)
					held[entity.ParseIDs(rec.Get(ref))[0]] = rec
				}
				return err
			})
		if err != nil {
			return nil, err
		}
		if err := tx.readOwn(e, recs); err != nil {
			return nil, err
		}
	}
	return held, nil
}
