package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// AddChanges writes rows of a plan. They come in ascending order of record id,
// which is the order of the key.
func (tx *Tx) AddChanges(importID int64, changes []plan.Change) error {
	changes, wide, err := tx.partWide(importID, changes)
	if err != nil {
		return err
	}
	if err := tx.addWideChanges(importID, wide); err != nil {
		return err
	}
	if tx.dialect.columns {
		return tx.addChangeColumns(importID, changes)
	}
	return tx.many(`INSERT INTO import_changes (workspace_id, import_id, record_id, source_row, guards, version,
		active_before, active_after, responsibles_before, responsibles_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		len(changes), 10, func(i int, row []driver.NamedValue) {
			c := &changes[i]
			row[0].Value, row[1].Value, row[2].Value, row[3].Value = tx.workspace, importID, c.RecordID, c.Row
			row[4].Value, row[5].Value = int64(c.Guards), c.Version
			row[6].Value, row[7].Value, row[8].Value, row[9].Value = nil, nil, nil, nil
			if c.TouchesActive {
				row[6].Value, row[7].Value = truth(c.ActiveBefore), truth(c.ActiveAfter)
			}
			if c.TouchesResponsibles {
				row[8].Value, row[9].Value = pack(c.ResponsiblesBefore), pack(c.ResponsiblesAfter)
			}
		}, nil)
}

// AddProblems writes what is to be said about rows. A problem's N must be new
// for its row.
func (tx *Tx) AddProblems(importID int64, problems []plan.Problem) error {
	if tx.dialect.columns {
		return tx.addProblemColumns(importID, problems)
	}
	for i := range problems {
		p := &problems[i]
		args, err := problemArgs(p)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`INSERT INTO import_problems (workspace_id, import_id, source_row, n, record_id, outcome,
			field, code, args, value, suggestion) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			tx.workspace, importID, p.Row, p.N, p.RecordID, p.Outcome,
			p.Field, p.Code, args, p.Value, p.Suggestion); err != nil {
			return err
		}
	}
	return nil
}

func problemArgs(p *plan.Problem) (string, error) {
	if len(p.Args) == 0 {
		return "", nil
	}
	text, err := json.Marshal(p.Args)
	if err != nil {
		return "", fmt.Errorf("write a problem's arguments: %w", err)
	}
	return string(text), nil
}

// PutLoads replaces the loads of a plan.
func (tx *Tx) PutLoads(importID int64, loads []plan.Load) error {
	if _, err := tx.exec("DELETE FROM import_loads WHERE workspace_id = ? AND import_id = ?", tx.workspace, importID); err != nil {
		return err
	}
	for _, l := range loads {
		if _, err := tx.exec(`INSERT INTO import_loads (workspace_id, import_id, employee_id, guards, before, delta, received, gains, loses)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			tx.workspace, importID, l.EmployeeID, l.Guards, l.Before, l.Delta, l.Received, l.Gains, l.Loses); err != nil {
			return err
		}
	}
	return nil
}

// PlanLoads is the loads of a plan, one line per employee and set of guards.
func (tx *Tx) PlanLoads(importID int64) ([]plan.Load, error) {
	var loads []plan.Load
	err := tx.query(`SELECT employee_id, guards, before, delta, received, gains, loses FROM import_loads
		WHERE workspace_id = ? AND import_id = ? ORDER BY employee_id, guards`, []any{tx.workspace, importID},
		func(scan func(...any) error) error {
			var l plan.Load
			err := scan(&l.EmployeeID, &l.Guards, &l.Before, &l.Delta, &l.Received, &l.Gains, &l.Loses)
			loads = append(loads, l)
			return err
		})
	return loads, err
}

// DropPlan deletes at most about limit rows of an unfinished plan and tells
// whether nothing is left: a check that was cut off begins anew.
func (tx *Tx) DropPlan(importID int64, limit int) (done bool, err error) {
	changes, err := tx.exec(`DELETE FROM import_changes WHERE workspace_id = ? AND import_id = ? AND record_id <=
		(SELECT MAX(record_id) FROM (SELECT record_id FROM import_changes WHERE workspace_id = ? AND import_id = ?
			ORDER BY record_id LIMIT ?) AS first)`, tx.workspace, importID, tx.workspace, importID, limit)
	if err != nil {
		return false, err
	}
	problems, err := tx.exec(`DELETE FROM import_problems WHERE workspace_id = ? AND import_id = ? AND source_row <=
		(SELECT MAX(source_row) FROM (SELECT source_row FROM import_problems WHERE workspace_id = ? AND import_id = ?
			ORDER BY source_row LIMIT ?) AS first)`, tx.workspace, importID, tx.workspace, importID, limit)
	if err != nil {
		return false, err
	}
	mended, err := tx.exec(`DELETE FROM import_mended WHERE workspace_id = ? AND import_id = ? AND source_row <=
		(SELECT MAX(source_row) FROM (SELECT source_row FROM import_mended WHERE workspace_id = ? AND import_id = ?
			ORDER BY source_row LIMIT ?) AS first)`, tx.workspace, importID, tx.workspace, importID, limit)
	return changes == 0 && problems == 0 && mended == 0, err
}

// MarkBlast puts the guard of blast on the rows of a plan that deactivate or move
// a record, or takes it off: of the rows after a record id at most about limit.
// It answers how far it has come, and whether there are more.
func (tx *Tx) MarkBlast(importID int64, on bool, after int64, limit int) (upto int64, more bool, err error) {
	var rows int64
	if _, err := tx.one(`SELECT COALESCE(MAX(record_id), 0), COUNT(*) FROM (SELECT record_id FROM import_changes
		WHERE workspace_id = ? AND import_id = ? AND record_id > ? ORDER BY record_id LIMIT ?) AS next`,
		[]any{tx.workspace, importID, after, limit}, &upto, &rows); err != nil || rows == 0 {
		return after, false, err
	}
	_, err = tx.exec(`UPDATE import_changes SET guards = CASE WHEN ? = 1 THEN guards | ? ELSE guards & ~CAST(? AS BIGINT) END
		WHERE workspace_id = ? AND import_id = ? AND record_id > ? AND record_id <= ?
			AND (active_after = 0 OR responsibles_after IS NOT NULL)`,
		truth(on), int64(plan.Blast), int64(plan.Blast), tx.workspace, importID, after, upto)
	return upto, rows == int64(limit), err
}

const changeColumns = `c.record_id, c.source_row, c.guards, c.fate, c.version,
	c.active_before, c.active_after, c.responsibles_before, c.responsibles_after, c.kind, c.fields, c.left_fields, c.being, c.made_at`

// scanChange reads changeColumns, and more behind them.
func (tx *Tx) scanChange(scan func(...any) error, more ...any) (plan.Change, error) {
	var values [14]any
	dest := make([]any, 0, len(values)+len(more))
	for n := range values {
		dest = append(dest, &values[n])
	}
	if err := scan(append(dest, more...)...); err != nil {
		return plan.Change{}, fmt.Errorf("read a planned change: %w", err)
	}
	row := make([]driver.Value, len(values))
	for n := range values {
		row[n] = values[n]
	}
	return tx.changeOf(row)
}

// changeOf makes a planned change of changeColumns.
func (tx *Tx) changeOf(row []driver.Value) (plan.Change, error) {
	var numbers [5]int64
	for n := range numbers {
		number, ok := row[n].(int64)
		if !ok {
			return plan.Change{}, fmt.Errorf("read a planned change: it came as %v", row)
		}
		numbers[n] = number
	}
	c := plan.Change{RecordID: numbers[0], Row: numbers[1], Guards: plan.Guards(numbers[2]), Fate: plan.Fate(numbers[3]), Version: numbers[4]}
	if after, touched := row[6].(int64); touched {
		c.TouchesActive, c.ActiveBefore, c.ActiveAfter = true, row[5] == int64(1), after == 1
	}
	if after, touched := row[8].([]byte); touched {
		before, _ := row[7].([]byte)
		var err1, err2 error
		c.ResponsiblesBefore, err1 = unpack(before)
		c.ResponsiblesAfter, err2 = unpack(after)
		if err1 != nil || err2 != nil {
			return c, fmt.Errorf("record %d: %w %w", c.RecordID, err1, err2)
		}
		c.TouchesResponsibles = true
	}
	if kind, named := row[9].(int64); named {
		c.Entity = tx.catalog.ByNumber(int(kind))
	}
	if fields, touched := row[10].(string); touched {
		if err := json.Unmarshal([]byte(fields), &c.Fields); err != nil {
			return c, fmt.Errorf("read the planned change of record %d: %w", c.RecordID, err)
		}
	}
	if left, some := row[11].(string); some {
		c.Left = strings.Split(left, ",")
	}
	if being, some := row[12].(int64); some {
		c.Being = plan.Being(being)
	}
	if made, some := row[13].(int64); some {
		c.MadeAt = instant(made)
	}
	return c, nil
}

// Changes reads a plan in order of record id, from after the given id on.
func (tx *Tx) Changes(importID, after int64, limit int) ([]plan.Change, error) {
	return tx.changesWhere(importID, after, limit, "1 = 1")
}

// changesWhere reads rows of a plan that meet a condition, in order of record id.
func (tx *Tx) changesWhere(importID, after int64, limit int, which string, args ...any) ([]plan.Change, error) {
	list := make([]plan.Change, 0, min(limit, 4096))
	err := tx.stream("SELECT "+changeColumns+` FROM import_changes c
		WHERE workspace_id = ? AND import_id = ? AND record_id > ? AND `+which+` ORDER BY record_id LIMIT ?`,
		append(append([]any{tx.workspace, importID, after}, args...), limit), func(row []driver.Value) error {
			c, err := tx.changeOf(row)
			list = append(list, c)
			return err
		})
	return tx.ofOwnKind(importID, list, err)
}

// Unapplied reads those rows of a plan that were not written as planned: in
// conflict, taken back, or beyond the record id up to which it was applied.
func (tx *Tx) Unapplied(importID, upto, after int64, limit int) ([]plan.Change, error) {
	return tx.changesWhere(importID, after, limit, "(fate <> 0 OR record_id > ?)", upto)
}

// PeopleChanges reads those rows of a plan that touch the responsibles.
func (tx *Tx) PeopleChanges(importID, after int64, limit int) ([]plan.Change, error) {
	return tx.changesWhere(importID, after, limit, "responsibles_after IS NOT NULL")
}

// ChangesBack reads a plan backwards, from the given id down.
func (tx *Tx) ChangesBack(importID, upto int64, limit int) ([]plan.Change, error) {
	var list []plan.Change
	err := tx.query("SELECT "+changeColumns+` FROM import_changes c
		WHERE workspace_id = ? AND import_id = ? AND record_id <= ? ORDER BY record_id DESC LIMIT ?`,
		[]any{tx.workspace, importID, upto, limit}, func(scan func(...any) error) error {
			c, err := tx.scanChange(scan)
			list = append(list, c)
			return err
		})
	return tx.ofOwnKind(importID, list, err)
}

// ChangesPage reads one page of a plan for showing: the changes (held false)
// or the rows that are held, whole or with some of their fields.
func (tx *Tx) ChangesPage(importID int64, held bool, offset int64, limit int) ([]plan.Change, error) {
	var list []plan.Change
	which := "guards = 0"
	if held {
		which = "(guards > 0 OR left_fields IS NOT NULL)"
	}
	err := tx.query("SELECT "+changeColumns+` FROM import_changes c
		WHERE workspace_id = ? AND import_id = ? AND `+which+` ORDER BY record_id LIMIT ? OFFSET ?`,
		[]any{tx.workspace, importID, limit, offset}, func(scan func(...any) error) error {
			c, err := tx.scanChange(scan)
			list = append(list, c)
			return err
		})
	return tx.ofOwnKind(importID, list, err)
}

// Problems reads a page of what is said about rows, in the order of the file,
// and how many there are. No outcomes means all.
func (tx *Tx) Problems(importID int64, outcomes []plan.Outcome, offset int64, limit int) ([]plan.Problem, int64, error) {
	which, args := "", []any{tx.workspace, importID}
	for _, o := range outcomes {
		if which == "" {
			which = " AND outcome IN (?"
		} else {
			which += ", ?"
		}
		args = append(args, o)
	}
	if which != "" {
		which += ")"
	}
	var total int64
	if _, err := tx.one("SELECT COUNT(*) FROM import_problems WHERE workspace_id = ? AND import_id = ?"+which, args, &total); err != nil {
		return nil, 0, err
	}
	var list []plan.Problem
	err := tx.query(`SELECT source_row, n, record_id, outcome, field, code, args, value, suggestion FROM import_problems
		WHERE workspace_id = ? AND import_id = ?`+which+` ORDER BY source_row, n LIMIT ? OFFSET ?`, append(args, limit, offset),
		func(scan func(...any) error) error {
			p, err := scanProblem(scan)
			list = append(list, p)
			return err
		})
	return list, total, err
}

// ProblemsAfter reads problems in the order of the file, from after the given
// row on, whole rows only: the last row of the answer may be cut, so a reader
// goes on from the row before it unless the answer is short of limit.
func (tx *Tx) ProblemsAfter(importID, row int64, limit int) ([]plan.Problem, error) {
	var list []plan.Problem
	err := tx.query(`SELECT source_row, n, record_id, outcome, field, code, args, value, suggestion FROM import_problems
		WHERE workspace_id = ? AND import_id = ? AND source_row > ? ORDER BY source_row, n LIMIT ?`,
		[]any{tx.workspace, importID, row, limit}, func(scan func(...any) error) error {
			p, err := scanProblem(scan)
			list = append(list, p)
			return err
		})
	return list, err
}

func scanProblem(scan func(...any) error) (plan.Problem, error) {
	var p plan.Problem
	var args string
	if err := scan(&p.Row, &p.N, &p.RecordID, &p.Outcome, &p.Field, &p.Code, &args, &p.Value, &p.Suggestion); err != nil {
		return p, fmt.Errorf("read a problem: %w", err)
	}
	if args != "" {
		if err := json.Unmarshal([]byte(args), &p.Args); err != nil {
			return p, fmt.Errorf("read a problem's arguments: %w", err)
		}
	}
	return p, nil
}

// ApplyChanges brings records of one kind, in ascending order of ids, to what the
// plan says, and answers the ids of those that were not at the version that the
// plan saw: they are left alone.
func (tx *Tx) ApplyChanges(e *entity.Entity, changes []plan.Change) (conflicts []int64, err error) {
	if tx.dialect.columns {
		return tx.applyColumns(e, changes)
	}
	return tx.applyRows(e, changes)
}

// unassigned is the employee under whom records without responsibles stand.
var unassigned = []int64{0}

func underWhom(responsibles []int64) []int64 {
	if len(responsibles) == 0 {
		return unassigned
	}
	return responsibles
}

// setDifference tells what only a has and what only b has; both ascending.
func setDifference(a, b []int64) (onlyA, onlyB []int64) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyA, onlyB
}

// SetFate says what became of a planned change.
func (tx *Tx) SetFate(importID, recordID int64, fate plan.Fate) error {
	_, err := tx.exec("UPDATE import_changes SET fate = ? WHERE workspace_id = ? AND import_id = ? AND record_id = ?",
		fate, tx.workspace, importID, recordID)
	return err
}

// AddChunk notes that the plan was applied up to a record at this instant, and
// whom and which fields the rows written have touched.
func (tx *Tx) AddChunk(importID, lastRecord int64, t Touched) error {
	_, err := tx.exec("INSERT INTO import_chunks (workspace_id, import_id, last_record, at, employees, fields) VALUES (?, ?, ?, ?, ?, ?)",
		tx.workspace, importID, lastRecord, millis(tx.at), pack(slices.Sorted(maps.Keys(t.employees))), strings.Join(slices.Sorted(maps.Keys(t.fields)), ","))
	return err
}

// Touched is who became or ceased to be responsible by rows of a plan, and the
// names of the fields that they change. The zero value is nobody and none.
type Touched struct {
	employees map[int64]bool
	fields    map[string]bool
}

// Add adds rows.
func (t *Touched) Add(rows []plan.Change) {
	if t.employees == nil {
		t.employees, t.fields = map[int64]bool{}, map[string]bool{}
	}
	active, responsibles := false, false
	for n := range rows {
		c := &rows[n]
		active = active || c.TouchesActive
		if c.TouchesResponsibles {
			responsibles = true
			gone, come := setDifference(c.ResponsiblesBefore, c.ResponsiblesAfter)
			for _, id := range gone {
				t.employees[id] = true
			}
			for _, id := range come {
				t.employees[id] = true
			}
		}
		for _, f := range c.Fields {
			t.fields[f.Field] = true
		}
	}
	if active {
		t.fields[entity.Active] = true
	}
	if responsibles {
		t.fields[entity.Responsibles] = true
	}
}

// ProblemsOfRows reads what is said about some rows of the file.
func (tx *Tx) ProblemsOfRows(importID int64, rows []int64) (map[int64][]plan.Problem, error) {
	byRow := map[int64][]plan.Problem{}
	if len(rows) == 0 {
		return byRow, nil
	}
	args := append([]any{tx.workspace, importID}, anys(rows)...)
	err := tx.query(`SELECT source_row, n, record_id, outcome, field, code, args, value, suggestion FROM import_problems
		WHERE workspace_id = ? AND import_id = ? AND source_row IN (`+marks(len(rows))+`) ORDER BY source_row, n`, args,
		func(scan func(...any) error) error {
			p, err := scanProblem(scan)
			byRow[p.Row] = append(byRow[p.Row], p)
			return err
		})
	return byRow, err
}
