package store

import (
	"database/sql/driver"
	"fmt"
	"slices"

	"nadel/internal/entity"
)

// Standing is what mass editing needs to know of a record.
type Standing struct {
	ID           int64
	Active       bool
	Version      int64
	Responsibles []int64
	Title        string // only when asked for
}

// sparse is how many ids a range may span for each one wanted before looking
// them up singly is cheaper than walking the range.
const sparse = 8

// Standings tells how the records of e among the ids stand, in ascending order;
// ids that do not exist are left out. ids must be ascending.
func (tx *Tx) Standings(e *entity.Entity, ids []int64, withTitle bool) ([]Standing, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	columns, from := standingColumns, "records r"
	if withTitle {
		columns = standingColumns + ", " + titleSQL(e)
		from = "records r JOIN " + quote(e.Table) + " w ON w.workspace_id = r.workspace_id AND w.id = r.id"
	}
	list := make([]Standing, 0, len(ids))
	read := func(row []driver.Value) error {
		st, err := standingOf(row)
		if _, wanted := slices.BinarySearch(ids, st.ID); wanted {
			list = append(list, st)
		}
		return err
	}
	first, last := ids[0], ids[len(ids)-1]
	if last-first < int64(len(ids))*sparse {
		return list, tx.stream("SELECT "+columns+" FROM "+from+
			" WHERE r.workspace_id = ? AND r.kind = ? AND r.id BETWEEN ? AND ? ORDER BY r.id",
			[]any{tx.workspace, e.Number, first, last}, read)
	}
	q := "SELECT " + columns + " FROM " + from + " WHERE r.workspace_id = ? AND r.kind = ? AND r.id = ?"
	for _, id := range ids {
		if err := tx.stream(q, []any{tx.workspace, e.Number, id}, read); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Listed is a record as an edit file lists it.
type Listed struct {
	ID, Version int64
	Active      bool
	Title       string
	People      PackedSet // responsible
}

// EachListed is Each for whoever needs no more of a record than this.
func (tx *Tx) EachListed(e *entity.Entity, q entity.Query, scope entity.Scope, afterID int64, limit int) ([]Listed, error) {
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return nil, err
	}
	if sel.everything() {
		return tx.nextListed(e, afterID, limit)
	}
	where, args := sel.where(walk)
	list := make([]Listed, 0, limit)
	err = tx.stream("SELECT "+standingColumns+", "+titleSQL(e)+" FROM "+recordFrom(e)+where+
		" AND w.id > ? ORDER BY w.id LIMIT ?", append(args, afterID, limit), func(row []driver.Value) error {
		listed, err := listedOf(row)
		list = append(list, listed)
		return err
	})
	return list, err
}

// narrow reads the next records of all, without titles.
func (tx *Tx) narrow(e *entity.Entity, afterID int64, limit int) ([]Listed, error) {
	list := make([]Listed, 0, limit)
	err := tx.stream("SELECT "+standingColumns+" FROM records r WHERE r.workspace_id = ? AND r.kind = ? AND r.id > ? ORDER BY r.id LIMIT ?",
		[]any{tx.workspace, e.Number, afterID, limit}, func(row []driver.Value) error {
			listed, err := listedOf(row)
			list = append(list, listed)
			return err
		})
	return list, err
}

// nextStandings is narrow with the sets unpacked.
func (tx *Tx) nextStandings(e *entity.Entity, afterID int64, limit int) ([]Standing, error) {
	listed, err := tx.narrow(e, afterID, limit)
	list := make([]Standing, len(listed))
	for n := range listed {
		if err == nil {
			list[n], err = listed[n].standing()
		}
	}
	return list, err
}

// nextListed reads the next records of all. Narrow rows and titles are walked one
// after the other and meet here, which costs half of what a join does.
func (tx *Tx) nextListed(e *entity.Entity, afterID int64, limit int) ([]Listed, error) {
	list, err := tx.narrow(e, afterID, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	n := 0
	err = tx.stream("SELECT w.id, "+titleSQL(e)+" FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND w.id BETWEEN ? AND ? ORDER BY w.id",
		[]any{tx.workspace, list[0].ID, list[len(list)-1].ID}, func(row []driver.Value) error {
			if n == len(list) || row[0] != list[n].ID {
				return fmt.Errorf("read %s: record %v has only one half", e.Table, row[0])
			}
			list[n].Title, _ = row[1].(string)
			n++
			return nil
		})
	if err == nil && n < len(list) {
		err = fmt.Errorf("read %s: record %d has only one half", e.Table, list[n].ID)
	}
	return list, err
}

// standingColumns is what standingOf reads. Version and active share a column:
// on SQLite each column costs as much as finding the row.
const standingColumns = "r.id, r.version * 2 + r.active, r.responsibles"

// listedOf reads standingColumns, and the title where it is asked for.
func listedOf(row []driver.Value) (Listed, error) {
	id, ok1 := row[0].(int64)
	both, ok2 := row[1].(int64)
	packed, ok3 := row[2].([]byte)
	title, ok4 := "", true
	if len(row) > 3 {
		title, ok4 = row[3].(string)
	}
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return Listed{}, fmt.Errorf("read a record's standing: it came as %v", row)
	}
	return Listed{ID: id, Active: both%2 == 1, Version: both / 2, People: packed, Title: title}, nil
}

// standingOf is listedOf with the set unpacked.
func standingOf(row []driver.Value) (Standing, error) {
	l, err := listedOf(row)
	if err != nil {
		return Standing{}, err
	}
	return l.standing()
}

func (l *Listed) standing() (Standing, error) {
	responsibles, err := l.People.Employees()
	if err != nil {
		err = fmt.Errorf("record %d: %w", l.ID, err)
	}
	return Standing{l.ID, l.Active, l.Version, responsibles, l.Title}, err
}

// CountKind counts the records of a kind.
func (tx *Tx) CountKind(e *entity.Entity) (n int64, err error) {
	_, err = tx.one("SELECT COUNT(*) FROM records WHERE workspace_id = ? AND kind = ?", []any{tx.workspace, e.Number}, &n)
	return n, err
}

// titleSQL is the expression for what people call a record, of its wide row w.
func titleSQL(e *entity.Entity) string {
	title := "w." + quote(e.Title)
	if e.TitleElse == "" {
		return title
	}
	return "CASE WHEN " + title + " <> '' THEN " + title + " ELSE w." + quote(e.TitleElse) + " END"
}

// Loads counts the records of e that each employee is responsible for; the
// records without responsibles stand under employee 0.
func (tx *Tx) Loads(e *entity.Entity) (map[int64]int64, error) {
	loads := map[int64]int64{}
	// employee by employee: the key leads with the employee, so each count is a
	// walk over neighbours and nothing is sorted
	err := tx.query(`SELECT employee_id, COUNT(*) FROM responsibilities
		WHERE workspace_id = ? AND kind = ? GROUP BY employee_id`, []any{tx.workspace, e.Number},
		func(scan func(...any) error) error {
			var id, n int64
			if err := scan(&id, &n); err != nil {
				return fmt.Errorf("read a load: %w", err)
			}
			loads[id] = n
			return nil
		})
	return loads, err
}
