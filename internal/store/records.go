package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// batch is how many ids one statement names at most.
const batch = 500

// Get reads one record of e. When the id belongs to a record of another kind,
// the fault (error.other_kind) says which.
func (tx *Tx) Get(e *entity.Entity, id int64) (*entity.Record, error) {
	list, err := tx.records(e, []int64{id})
	if err != nil {
		return nil, err
	}
	if len(list) == 1 {
		return list[0], nil
	}
	kind, err := tx.KindOf(id)
	if err != nil {
		return nil, err
	}
	return nil, fault.New(fault.NotFound, "error.other_kind", "id", id, "kind", kind.Name, "wanted", e.Name)
}

// GetMany reads those records of e among the ids that exist, in the order of ids.
func (tx *Tx) GetMany(e *entity.Entity, ids []int64) ([]*entity.Record, error) {
	var all []*entity.Record
	for part := range slices.Chunk(ids, batch) {
		list, err := tx.records(e, part)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func (tx *Tx) records(e *entity.Entity, ids []int64) ([]*entity.Record, error) {
	e = tx.of(e)
	found := make(map[int64]*entity.Record, len(ids))
	err := tx.query("SELECT "+recordColumns(e)+" FROM "+recordFrom(e)+
		" WHERE w.workspace_id = ? AND w.id IN ("+marks(len(ids))+")",
		append([]any{tx.workspace}, anys(ids)...), func(scan func(...any) error) error {
			rec, err := scanRecord(e, scan)
			if err != nil {
				return err
			}
			found[rec.ID] = rec
			return nil
		})
	if err != nil {
		return nil, err
	}
	list := make([]*entity.Record, 0, len(found))
	for _, id := range ids {
		if rec := found[id]; rec != nil {
			list = append(list, rec)
		}
	}
	return list, tx.readOwn(e, list)
}

// KindOf tells what kind of record has the id; an absent one is a fault.
func (tx *Tx) KindOf(id int64) (*entity.Entity, error) {
	numbers := make([]int64, len(tx.catalog.Entities))
	for i, e := range tx.catalog.Entities {
		numbers[i] = int64(e.Number)
	}
	var kind int
	args := append(append([]any{tx.workspace}, anys(numbers)...), id)
	found, err := tx.one("SELECT kind FROM records WHERE workspace_id = ? AND kind IN ("+marks(len(numbers))+") AND id = ?", args, &kind)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "error.no_such_record", "id", id)
	}
	return tx.catalog.ByNumber(kind), nil
}

// Titles tells what people call those records of e among the ids that exist.
func (tx *Tx) Titles(e *entity.Entity, ids []int64) (map[int64]string, error) {
	titles := make(map[int64]string, len(ids))
	for part := range slices.Chunk(ids, batch) {
		err := tx.query("SELECT w.id, "+titleSQL(e)+" FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND w.id IN ("+marks(len(part))+")",
			append([]any{tx.workspace}, anys(part)...), func(scan func(...any) error) error {
				var id int64
				var title string
				if err := scan(&id, &title); err != nil {
					return fmt.Errorf("read a title: %w", err)
				}
				titles[id] = title
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return titles, nil
}

// Named finds the records of e that people call by this name, regardless of
// case; at most limit of them.
func (tx *Tx) Named(e *entity.Entity, title string, limit int) ([]int64, error) {
	var ids []int64
	err := tx.query("SELECT w.id FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND w.sort_key = ? ORDER BY w.id LIMIT ?",
		[]any{tx.workspace, entity.Fold(title), limit}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	return ids, err
}

// Holder finds the record of e for which the truth flag is set among those
// whose reference ref is target: a company's main location. found is false when
// there is none. In a writing transaction the answer stays true to its end: the
// target is locked, and nobody else asks for its holder meanwhile.
func (tx *Tx) Holder(e *entity.Entity, flag, ref string, target int64) (id int64, found bool, err error) {
	if err := tx.lockRecord(tx.catalog.ByName(e.Field(ref).Ref), target); err != nil {
		return 0, false, err
	}
	found, err = tx.one("SELECT w.id FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND w."+quote(e.Field(ref).Name)+
		" = ? AND w."+quote(e.Field(flag).Name)+" = 1", []any{tx.workspace, target}, &id)
	return id, found, err
}

// Referring finds the records of e whose reference f is one of the targets: the
// target of each.
func (tx *Tx) Referring(e *entity.Entity, f *entity.Field, targets []int64) (map[int64]int64, error) {
	found := map[int64]int64{}
	for part := range slices.Chunk(targets, batch) {
		err := tx.query("SELECT w.id, w."+quote(f.Name)+" FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND w."+quote(f.Name)+" IN ("+marks(len(part))+")",
			append([]any{tx.workspace}, anys(part)...), func(scan func(...any) error) error {
				var id, target int64
				err := scan(&id, &target)
				found[id] = target
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Others tells whether other records of e refer to target as id does, or with
// flagged, whether one of them has the flag.
func (tx *Tx) Others(e *entity.Entity, flag *entity.Field, target, id int64, flagged bool) (bool, error) {
	q := "SELECT 1 FROM " + quote(e.Table) + " w WHERE w.workspace_id = ? AND w." + quote(flag.OnePer) + " = ? AND w.id <> ?"
	if flagged {
		q += " AND w." + quote(flag.Name) + " = 1"
	}
	return tx.one(q+" LIMIT 1", []any{tx.workspace, target, id}, new(int64))
}

func (tx *Tx) lockRecord(e *entity.Entity, id int64) error {
	if tx.locked() == "" {
		return nil
	}
	_, err := tx.exec("SELECT id FROM records WHERE workspace_id = ? AND kind = ? AND id = ?"+tx.locked(), tx.workspace, e.Number, id)
	return err
}

// Insert stores a new record at version 1. It takes the next id when the record
// has none, and the transaction's instant when it has no time of its own.
func (tx *Tx) Insert(rec *entity.Record) error {
	if err := tx.takeID(rec); err != nil {
		return err
	}
	if rec.CreatedAt.IsZero() {
		rec.CreatedAt = tx.at
	}
	rec.Version = 1
	wide, err := tx.wideValues(rec)
	if err != nil {
		return err
	}
	if _, err := tx.exec(wideInsert(rec.Entity, 1), wide...); err != nil {
		return err
	}
	if err := tx.writeOwn(ownChanges(nil, rec)); err != nil {
		return err
	}
	if _, err := tx.exec("INSERT INTO records (workspace_id, kind, id, active, version, responsibles) VALUES (?, ?, ?, ?, ?, ?)",
		tx.workspace, rec.Entity.Number, rec.ID, truth(rec.Active), rec.Version, pack(rec.Responsibles)); err != nil {
		return err
	}
	for _, employee := range underWhom(rec.Responsibles) {
		if _, err := tx.exec("INSERT INTO responsibilities (workspace_id, employee_id, kind, record_id) VALUES (?, ?, ?, ?)",
			tx.workspace, employee, rec.Entity.Number, rec.ID); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) takeID(rec *entity.Record) error {
	if rec.ID == 0 {
		_, err := tx.one("UPDATE workspaces SET next_record_id = next_record_id + 1 WHERE id = ? RETURNING next_record_id - 1",
			[]any{tx.workspace}, &rec.ID)
		return err
	}
	_, err := tx.exec("UPDATE workspaces SET next_record_id = ? WHERE id = ? AND next_record_id <= ?", rec.ID+1, tx.workspace, rec.ID)
	return err
}

// wideInsert is the statement for rows wide rows at once; wideValues gives the
// arguments of each.
func wideInsert(e *entity.Entity, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + quote(e.Table) + " (workspace_id, id, sort_key, search_text, created_at")
	for _, f := range e.Declared() {
		b.WriteString(", " + quote(f.Name))
	}
	one := "(" + marks(5+len(e.Declared())) + ")"
	b.WriteString(") VALUES " + one + strings.Repeat(", "+one, rows-1))
	return b.String()
}

func (tx *Tx) wideValues(rec *entity.Record) ([]any, error) {
	values := make([]any, 0, 5+len(rec.Values))
	values = append(values, tx.workspace, rec.ID, sortKey(rec), searchText(rec), millis(rec.CreatedAt))
	declared := rec.Entity.Declared()
	for i := range declared {
		v, err := toColumn(&declared[i], rec.Values[i])
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// Update brings a stored record from old to now, if it still is at old's
// version, and sets now.Version; otherwise the fault is a conflict. History is
// the caller's to write (LogChange), in the same transaction.
func (tx *Tx) Update(old, now *entity.Record) error {
	e := old.Entity
	n, err := tx.exec(`UPDATE records SET active = ?, version = version + 1, responsibles = ?
		WHERE workspace_id = ? AND kind = ? AND id = ? AND version = ?`,
		truth(now.Active), pack(now.Responsibles), tx.workspace, e.Number, old.ID, old.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.notUpdated(e, old.ID)
	}
	now.Version = old.Version + 1
	if err := tx.moveResponsibilities(e, old.ID, old.Responsibles, now.Responsibles); err != nil {
		return err
	}
	if err := tx.writeOwn(ownChanges(old, now)); err != nil {
		return err
	}
	return tx.updateWide(old, now)
}

func (tx *Tx) notUpdated(e *entity.Entity, id int64) error {
	if _, err := tx.Get(e, id); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "error.changed_meanwhile", "id", id)
}

// updateWide writes what differs of the fields that have columns, and what is
// searched for, which own fields may be part of.
func (tx *Tx) updateWide(old, now *entity.Record) error {
	e := old.Entity
	declared := e.Declared()
	var sets []string
	var args []any
	for i := range declared {
		if old.Values[i] == now.Values[i] {
			continue
		}
		v, err := toColumn(&declared[i], now.Values[i])
		if err != nil {
			return err
		}
		sets, args = append(sets, quote(declared[i].Name)+" = ?"), append(args, v)
	}
	text := searchText(now)
	if len(sets) == 0 && text == searchText(old) {
		return nil
	}
	sets, args = append(sets, "sort_key = ?", "search_text = ?"), append(args, sortKey(now), text)
	_, err := tx.exec("UPDATE "+quote(e.Table)+" SET "+strings.Join(sets, ", ")+" WHERE workspace_id = ? AND id = ?",
		append(args, tx.workspace, old.ID)...)
	return err
}

// sortKey orders records as people read their titles.
func sortKey(rec *entity.Record) string { return entity.Fold(rec.Title()) }

// searchText is what free search looks through: the words of the searchable
// fields, folded, each after a space; of phones the digits, after a plus, so
// that a short number finds words and not the middles of phones.
func searchText(rec *entity.Record) string {
	var b strings.Builder
	for i := range rec.Entity.Fields {
		f := &rec.Entity.Fields[i]
		if !f.Search || rec.Values[i] == "" {
			continue
		}
		b.WriteByte(' ')
		if f.Kind == entity.Phone {
			b.WriteString("+" + entity.Digits(rec.Values[i]))
			continue
		}
		b.WriteString(entity.Fold(rec.Values[i]))
	}
	return b.String()
}

// CountRecords tells how many records of any kind the workspace has ever made.
func (tx *Tx) CountRecords() (int64, error) {
	var next int64
	_, err := tx.one("SELECT next_record_id FROM workspaces WHERE id = ?", []any{tx.workspace}, &next)
	return max(next-1, 0), err
}

// recordNumber reads a search that may be an id; 0 when it is none.
func recordNumber(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "#"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// moveResponsibilities keeps the reverse index in step with a record's set.
func (tx *Tx) moveResponsibilities(e *entity.Entity, id int64, before, after []int64) error {
	gone, come := setDifference(underWhom(before), underWhom(after))
	for _, employee := range gone {
		if _, err := tx.exec("DELETE FROM responsibilities WHERE workspace_id = ? AND employee_id = ? AND kind = ? AND record_id = ?",
			tx.workspace, employee, e.Number, id); err != nil {
			return err
		}
	}
	for _, employee := range come {
		if _, err := tx.exec("INSERT INTO responsibilities (workspace_id, employee_id, kind, record_id) VALUES (?, ?, ?, ?)",
			tx.workspace, employee, e.Number, id); err != nil {
			return err
		}
	}
	return nil
}
