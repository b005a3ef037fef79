package store

import (
	"maps"
	"slices"

	"nadel/internal/entity"
)

// Existing tells which records of e among the ids exist.
func (tx *Tx) Existing(e *entity.Entity, ids []int64) (map[int64]bool, error) {
	return tx.existing(e, ids)
}

// NamedEach finds, for each folded title that is a key of wanted, the one record
// of e called so; titles that nobody has, or several, are left out.
func (tx *Tx) NamedEach(e *entity.Entity, wanted map[string][]string) (map[string]int64, error) {
	found := map[string]int64{}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(wanted)), batch) {
		err := tx.query("SELECT w.sort_key, MIN(w.id) FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND w.sort_key IN ("+marks(len(part))+
			") GROUP BY w.sort_key HAVING COUNT(*) = 1", append([]any{tx.workspace}, anyTexts(part)...), func(scan func(...any) error) error {
			var key string
			var id int64
			err := scan(&key, &id)
			found[key] = id
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// NamedWithin finds the records of e that people call by this name among those
// whose reference by is target; at most limit of them.
func (tx *Tx) NamedWithin(e *entity.Entity, title string, by *entity.Field, target int64, limit int) ([]int64, error) {
	return tx.numbers("SELECT w.id FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND w."+quote(by.Name)+" = ? AND w.sort_key = ? ORDER BY w.id LIMIT ?",
		tx.workspace, target, entity.Fold(title), limit)
}

// Pair is a record with its companion; Mate is nil where there is none.
type Pair struct {
	Record, Mate *entity.Record
}

// pairsOfTitle is how many records of one title are looked at.
const pairsOfTitle = 50

// TitledPairs reads the records of e with these folded titles, by title, some
// dozens of each at most.
func (tx *Tx) TitledPairs(e *entity.Entity, titles map[string]bool) (map[string][]Pair, error) {
	found := map[string][]Pair{}
	var ids []int64
	for part := range slices.Chunk(slices.Sorted(maps.Keys(titles)), batch) {
		of, err := tx.numbers("SELECT id FROM (SELECT w.id, ROW_NUMBER() OVER (PARTITION BY w.sort_key ORDER BY w.id) AS n FROM "+quote(e.Table)+
			" w WHERE w.workspace_id = ? AND w.sort_key IN ("+marks(len(part))+")) AS titled WHERE n <= ? ORDER BY id",
			append(append([]any{tx.workspace}, anyTexts(part)...), pairsOfTitle)...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, of...)
	}
	if len(ids) == 0 {
		return found, nil
	}
	recs, err := tx.GetMany(e, ids)
	if err != nil {
		return nil, err
	}
	mates := map[int64]*entity.Record{}
	if companion, flag := tx.catalog.Companion(e); companion != nil {
		if mates, err = tx.Held(companion, flag.Name, flag.OnePer, ids); err != nil {
			return nil, err
		}
	}
	for _, rec := range recs {
		key := sortKey(rec)
		found[key] = append(found[key], Pair{rec, mates[rec.ID]})
	}
	return found, nil
}
