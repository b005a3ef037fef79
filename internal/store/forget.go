package store

import (
	"errors"
	"slices"
	"strings"
	"time"

	"nadel/internal/fault"
	"nadel/internal/plan"
)

// History is kept for ever, unless the workspace says for how many days
// (history_days). Since when it is complete stands in history_from, which only
// grows: it is moved first, and then what is older goes in small steps, by
// whichever process comes to it.

// forgetLater is how much longer than its time everything is kept. Clocks of
// several nodes differ, and are set back now and then; what is said to be kept
// must be there by any of them.
const forgetLater = 24 * time.Hour

// Forgettable is what a keeping time would have forgotten.
type Forgettable struct {
	From    time.Time // what is older
	Imports int64     // whose file and rows would go
	Changes int64     // of records, by imports and by hand
}

// Forgettable counts what would be forgotten at this moment if history were kept
// for so many days.
func (tx *Tx) Forgettable(days int64) (Forgettable, error) {
	f := Forgettable{From: tx.at.AddDate(0, 0, -int(days))}
	before := millis(f.From.Add(-forgetLater))
	if _, err := tx.one("SELECT COUNT(*) FROM changes WHERE workspace_id = ? AND at < ?", []any{tx.workspace, before}, &f.Changes); err != nil {
		return f, err
	}
	families, err := tx.oldFamilies(before)
	for _, family := range families {
		for _, i := range family {
			f.Imports++
			f.Changes += i.applied
		}
	}
	return f, err
}

// kin is an import among those that undo it and those that it undoes.
type kin struct {
	id, undoes, finished, forgotten, applied int64
	state                                    plan.State
}

// oldFamilies lists the imports that ended before an instant, each with its undos
// and their undos: an import is kept as long as any of them is, because how much
// of it stands undone is counted along that line.
func (tx *Tx) oldFamilies(before int64) ([][]kin, error) {
	families, heads := map[int64][]kin{}, map[int64]int64{}
	var young []int64
	err := tx.query(`SELECT id, undoes, finished_at, forgotten_at, rows_applied, state FROM imports
		WHERE workspace_id = ? ORDER BY id`, []any{tx.workspace}, func(scan func(...any) error) error {
		var i kin
		if err := scan(&i.id, &i.undoes, &i.finished, &i.forgotten, &i.applied, &i.state); err != nil {
			return err
		}
		head := i.id
		if i.undoes != 0 {
			head = heads[i.undoes] // an undo has a higher number than what it undoes
		}
		heads[i.id] = head
		switch {
		case i.forgotten > 0:
		case !i.state.Final() || i.finished == 0 || i.finished >= before:
			young = append(young, head)
		default:
			families[head] = append(families[head], i)
		}
		return nil
	})
	for _, head := range young {
		delete(families, head)
	}
	list := make([][]kin, 0, len(families))
	for _, family := range families {
		list = append(list, family)
	}
	slices.SortFunc(list, func(a, b []kin) int { return int(a[0].id - b[0].id) })
	return list, err
}

// MarkForgotten moves the beginning of history to where the workspace wants it and
// marks about limit imports that are older; from then on nobody reads their rows.
// It tells whether there are more. Where nothing is old enough nothing happens.
//
// The imports are locked before the workspace, in the order in which whoever asks
// for an undo locks them.
func (tx *Tx) MarkForgotten(limit int) (more bool, err error) {
	w, err := tx.OwnWorkspace()
	if err != nil || w.HistoryDays == 0 {
		return false, err
	}
	from := tx.at.AddDate(0, 0, -int(w.HistoryDays))
	before := millis(from.Add(-forgetLater))
	families, err := tx.oldFamilies(before)
	if err != nil {
		return false, err
	}
	var locked []int64
	for n, family := range families {
		if len(locked) >= limit {
			families, more = families[:n], true
			break
		}
		for _, i := range family {
			locked = append(locked, i.id)
		}
	}
	slices.Sort(locked)
	if len(families) == 0 {
		var old int64
		if found, err := tx.one("SELECT at FROM changes WHERE workspace_id = ? AND at < ? LIMIT 1", []any{tx.workspace, before}, &old); err != nil || !found {
			return false, err
		}
	}
	if err := tx.markAll(locked, before); err != nil {
		return false, err
	}
	n, err := tx.exec(`UPDATE workspaces SET history_from = CASE WHEN history_from < ? THEN ? ELSE history_from END
		WHERE id = ? AND history_days = ?`, millis(from), millis(from), tx.workspace, w.HistoryDays)
	if err == nil && n == 0 {
		err = errors.New("the keeping time was changed meanwhile")
	}
	return more, err
}

// markAll locks imports, looks once more whether they still are old, and marks
// those that are.
func (tx *Tx) markAll(ids []int64, before int64) error {
	for _, id := range ids {
		if _, err := tx.exec("UPDATE imports SET forgotten_at = forgotten_at WHERE workspace_id = ? AND id = ?", tx.workspace, id); err != nil {
			return err
		}
	}
	families, err := tx.oldFamilies(before)
	if err != nil {
		return err
	}
	for _, family := range families {
		for _, i := range family {
			if _, locked := slices.BinarySearch(ids, i.id); !locked {
				break // families are locked whole or not at all
			}
			if _, err := tx.exec("UPDATE imports SET forgotten_at = ? WHERE workspace_id = ? AND id = ?", millis(tx.at), tx.workspace, i.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgotten is what goes of a forgotten import, in this order: the rows, then what
// is said of them, the file at the end. Receipt, loads, decisions and approvals
// stay. One row of a file weighs as many of the others.
var forgotten = []struct {
	table, key string
	weighs     int
}{
	{"import_changes", "record_id", 1},
	{"import_chunks", "last_record", 1},
	{"import_problems", "source_row", 1},
	{"import_mended", "source_row", 1},
	{"import_mendings", "id", 1},
	{"import_choices", "record_id", 1},
	{"import_files", "part", 500},
}

// Leftovers lists the forgotten imports of which something is still there.
func (tx *Tx) Leftovers() ([]int64, error) {
	var left []string
	for _, f := range forgotten {
		left = append(left, "EXISTS (SELECT 1 FROM "+f.table+" t WHERE t.workspace_id = i.workspace_id AND t.import_id = i.id)")
	}
	return tx.numbers("SELECT i.id FROM imports i WHERE i.workspace_id = ? AND i.forgotten_at > 0 AND ("+strings.Join(left, " OR ")+") ORDER BY i.id", tx.workspace)
}

// DropForgotten deletes about limit rows of a forgotten import, and tells whether
// there may be more.
func (tx *Tx) DropForgotten(importID int64, limit int) (more bool, err error) {
	for _, f := range forgotten {
		n, err := tx.exec("DELETE FROM "+f.table+" WHERE workspace_id = ? AND import_id = ? AND "+f.key+" <= (SELECT MAX("+f.key+") FROM (SELECT "+f.key+
			" FROM "+f.table+" WHERE workspace_id = ? AND import_id = ? ORDER BY "+f.key+" LIMIT ?) AS first)",
			tx.workspace, importID, tx.workspace, importID, max(1, limit/f.weighs))
		if err != nil || n > 0 {
			return true, err
		}
	}
	return false, nil
}

// DropChanges deletes at most limit changes by hand from before the beginning of
// history, and tells whether there may be more.
func (tx *Tx) DropChanges(limit int) (more bool, err error) {
	w, err := tx.OwnWorkspace()
	if err != nil || w.HistoryFrom.IsZero() {
		return false, err
	}
	type key struct{ kind, record, version int64 }
	var old []key
	if err := tx.query("SELECT kind, record_id, version FROM changes WHERE workspace_id = ? AND at < ? ORDER BY at LIMIT ?",
		[]any{tx.workspace, millis(w.HistoryFrom.Add(-forgetLater)), limit}, func(scan func(...any) error) error {
			var k key
			err := scan(&k.kind, &k.record, &k.version)
			old = append(old, k)
			return err
		}); err != nil {
		return false, err
	}
	// the same way round on every node, so that two of them do not wait for each other
	for _, k := range old {
		if _, err := tx.exec("DELETE FROM changes WHERE workspace_id = ? AND kind = ? AND record_id = ? AND version = ?",
			tx.workspace, k.kind, k.record, k.version); err != nil {
			return false, err
		}
	}
	return len(old) == limit, nil
}

// KnowsThen refuses to look back to before the beginning of history.
func (tx *Tx) KnowsThen(at time.Time) error {
	w, err := tx.OwnWorkspace()
	if err == nil && at.Before(w.HistoryFrom) {
		err = fault.New(fault.Invalid, "error.history_from", "day", w.KeptFrom()).In("date")
	}
	return err
}
