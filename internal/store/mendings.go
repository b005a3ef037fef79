package store

import (
	"encoding/json"
	"fmt"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// Mendings lists what cells of an import's file were said to mean.
func (tx *Tx) Mendings(importID int64) ([]plan.Mending, error) {
	var list []plan.Mending
	err := tx.query(`SELECT id, source_row, field, value, replacement, memory_id, off, rows_mended, made_by, made_at
		FROM import_mendings WHERE workspace_id = ? AND import_id = ? ORDER BY id`, []any{tx.workspace, importID},
		func(scan func(...any) error) error {
			var m plan.Mending
			var at int64
			if err := scan(&m.ID, &m.Row, &m.Field, &m.Value, &m.With, &m.Memory, &m.Off, &m.Rows, &m.By, &at); err != nil {
				return fmt.Errorf("read a mending: %w", err)
			}
			m.At = instant(at)
			list = append(list, m)
			return nil
		})
	return list, err
}

// PutMendings replaces the mendings of an import.
func (tx *Tx) PutMendings(importID int64, list []plan.Mending) error {
	if _, err := tx.exec("DELETE FROM import_mendings WHERE workspace_id = ? AND import_id = ?", tx.workspace, importID); err != nil {
		return err
	}
	for _, m := range list {
		if _, err := tx.exec(`INSERT INTO import_mendings (workspace_id, import_id, id, source_row, field, value, replacement,
			memory_id, off, rows_mended, made_by, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			tx.workspace, importID, m.ID, m.Row, m.Field, m.Value, m.With, m.Memory, truth(m.Off), m.Rows, m.By, millis(m.At)); err != nil {
			return err
		}
	}
	return nil
}

// AddMended notes which rows were read with which mending.
func (tx *Tx) AddMended(importID int64, mended []plan.MendedRow) error {
	if len(mended) == 0 {
		return nil
	}
	if tx.dialect.columns {
		rows, mendings := make([]int64, len(mended)), make([]int64, len(mended))
		for n, m := range mended {
			rows[n], mendings[n] = m.Row, m.Mending
		}
		_, err := tx.exec(`INSERT INTO import_mended (workspace_id, import_id, source_row, mending_id)
			SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), m.* FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS m`,
			tx.workspace, importID, rows, mendings)
		return err
	}
	for _, m := range mended {
		if _, err := tx.exec("INSERT INTO import_mended (workspace_id, import_id, source_row, mending_id) VALUES (?, ?, ?, ?)", tx.workspace, importID, m.Row, m.Mending); err != nil {
			return err
		}
	}
	return nil
}

// MendedRows lists the rows of an import's file that were read with a mending.
func (tx *Tx) MendedRows(importID, mending int64) ([]int64, error) {
	return tx.numbers(`SELECT source_row FROM import_mended
		WHERE workspace_id = ? AND import_id = ? AND mending_id = ? ORDER BY source_row`, tx.workspace, importID, mending)
}

// MendedOf tells with which mendings some rows were read, in the order of the file.
func (tx *Tx) MendedOf(importID int64, rows []int64) ([]plan.MendedRow, error) {
	var list []plan.MendedRow
	for part := range parts(rows) {
		args := append([]any{tx.workspace, importID}, anys(part)...)
		err := tx.query("SELECT source_row, mending_id FROM import_mended WHERE workspace_id = ? AND import_id = ? AND source_row IN ("+
			marks(len(part))+") ORDER BY source_row, mending_id", args, func(scan func(...any) error) error {
			var m plan.MendedRow
			err := scan(&m.Row, &m.Mending)
			list = append(list, m)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// numbers is the answer of a query for one column of whole numbers.
func (tx *Tx) numbers(query string, args ...any) ([]int64, error) {
	var list []int64
	err := tx.query(query, args, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		list = append(list, n)
		return err
	})
	return list, err
}

// WrongCells lists the rows that have failed by a field, or would add a value to
// its directory, each with what its cell says as the problem names it, in the
// order of the file.
func (tx *Tx) WrongCells(importID int64, field string, f func(row int64, value string)) error {
	return tx.query(`SELECT source_row, value FROM import_problems
		WHERE workspace_id = ? AND import_id = ? AND (outcome = ? OR code = ?) AND field = ? ORDER BY source_row, n`,
		[]any{tx.workspace, importID, plan.RowFailed, plan.NewValue, field}, func(scan func(...any) error) error {
			var row int64
			var value string
			if err := scan(&row, &value); err != nil {
				return fmt.Errorf("read a problem: %w", err)
			}
			f(row, value)
			return nil
		})
}

// ChangesOf reads the planned changes of some records.
func (tx *Tx) ChangesOf(importID int64, records []int64) ([]plan.Change, error) {
	var list []plan.Change
	for part := range parts(records) {
		args := append([]any{tx.workspace, importID}, anys(part)...)
		err := tx.query("SELECT "+changeColumns+` FROM import_changes c
			WHERE workspace_id = ? AND import_id = ? AND record_id IN (`+marks(len(part))+`) ORDER BY record_id`, args,
			func(scan func(...any) error) error {
				c, err := tx.scanChange(scan)
				list = append(list, c)
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return tx.ofOwnKind(importID, list, nil)
}

// DropRows takes rows out of a plan: what is said about them, with which mending
// they were read, and the changes of the records given.
func (tx *Tx) DropRows(importID int64, rows, records []int64) error {
	for part := range parts(rows) {
		args := append([]any{tx.workspace, importID}, anys(part)...)
		for _, table := range []string{"import_problems", "import_mended"} {
			if _, err := tx.exec("DELETE FROM "+table+" WHERE workspace_id = ? AND import_id = ? AND source_row IN ("+marks(len(part))+")", args...); err != nil {
				return err
			}
		}
	}
	for part := range parts(records) {
		args := append([]any{tx.workspace, importID}, anys(part)...)
		if _, err := tx.exec("DELETE FROM import_changes WHERE workspace_id = ? AND import_id = ? AND record_id IN ("+marks(len(part))+")", args...); err != nil {
			return err
		}
	}
	return nil
}

// parts cuts ids into lists that fit into one statement.
func parts(ids []int64) func(func([]int64) bool) {
	const most = 500
	return func(yield func([]int64) bool) {
		for from := 0; from < len(ids); from += most {
			if !yield(ids[from:min(from+most, len(ids))]) {
				return
			}
		}
	}
}

// SaveReplan keeps the numbers of an import whose plan was made anew in part, if
// it still is ready and at the revision that was looked at.
func (tx *Tx) SaveReplan(i *plan.Import) error {
	texts, err := jsonTexts(i)
	if err != nil {
		return err
	}
	c := i.Counts
	n, err := tx.exec(`UPDATE imports SET summary = ?, held_by = ?, rows_change = ?, rows_unchanged = ?, rows_held = ?, rows_failed = ?,
			rows_accepted = ?, rows_mended = ?, warnings = ?, revision = revision + 1
		WHERE workspace_id = ? AND id = ? AND state = ? AND revision = ?`,
		texts.summary, texts.heldBy, c.Change, c.Unchanged, c.Held, c.Failed, c.Accepted, c.Mended, c.Warnings,
		tx.workspace, i.ID, plan.Ready, i.Revision)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "error.decided_meanwhile")
	}
	return err
}

// SetOptions changes how a ready import's file is to be read.
func (tx *Tx) SetOptions(id int64, o plan.Options) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write import options: %w", err)
	}
	n, err := tx.exec("UPDATE imports SET options = ? WHERE workspace_id = ? AND id = ? AND state = ?",
		string(text), tx.workspace, id, plan.Ready)
	return tx.moved(id, n, err)
}

// CheckAgain hands a ready import back to the workers. With a mending they plan
// only the rows anew that it concerns.
func (tx *Tx) CheckAgain(id, revision, mending int64) error {
	n, err := tx.exec(`UPDATE imports SET state = ?, replans = ?, progress_done = 0, progress_total = 0, revision = revision + 1
		WHERE workspace_id = ? AND id = ? AND state = ? AND revision = ?`,
		plan.Checking, mending, tx.workspace, id, plan.Ready, revision)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "error.decided_meanwhile")
	}
	return err
}

// Causes lists for which reasons rows have failed, conflicted, or are worth a
// warning, the most frequent first, and how many reasons there are. Rows are told
// apart by what their cells say, but for ids and the codes in anyValue.
func (tx *Tx) Causes(importID int64, outcomes []plan.Outcome, anyValue []string, offset int64, limit int) ([]plan.Cause, int64, error) {
	args := append(append([]any{entity.ID}, anyTexts(anyValue)...), tx.workspace, importID)
	args = append(append(args, anyTexts(outcomes)...), limit, offset)
	var list []plan.Cause
	var total int64
	err := tx.query(`SELECT outcome, field, code, said, COUNT(DISTINCT source_row), MIN(source_row), COUNT(*) OVER ()
		FROM (SELECT outcome, field, code, CASE WHEN field = ? OR code IN (`+marks(len(anyValue))+`) THEN '' ELSE value END AS said, source_row
			FROM import_problems WHERE workspace_id = ? AND import_id = ? AND outcome IN (`+marks(len(outcomes))+`)) AS p
		GROUP BY outcome, field, code, said
		ORDER BY CASE outcome WHEN 'failed' THEN 1 WHEN 'conflict' THEN 2 WHEN 'held' THEN 3 ELSE 4 END,
			COUNT(DISTINCT source_row) DESC, MIN(source_row), field, code, said LIMIT ? OFFSET ?`, args,
		func(scan func(...any) error) error {
			var c plan.Cause
			if err := scan(&c.Outcome, &c.Field, &c.Code, &c.Value, &c.Rows, &c.FirstRow, &total); err != nil {
				return fmt.Errorf("read a cause: %w", err)
			}
			list = append(list, c)
			return nil
		})
	return list, total, err
}

func anyTexts[T ~string](texts []T) []any {
	list := make([]any, len(texts))
	for n, text := range texts {
		list[n] = string(text)
	}
	return list
}

// ProblemsOfCause reads what is said about the rows of a cause, in the order of
// the file. A cause without a value takes every value.
func (tx *Tx) ProblemsOfCause(importID int64, c plan.Cause, everyValue bool, offset int64, limit int) ([]plan.Problem, error) {
	args := []any{tx.workspace, importID, c.Outcome, c.Field, c.Code}
	which := ""
	if !everyValue {
		which, args = " AND value = ?", append(args, c.Value)
	}
	var list []plan.Problem
	err := tx.query(`SELECT source_row, n, record_id, outcome, field, code, args, value, suggestion FROM import_problems
		WHERE workspace_id = ? AND import_id = ? AND outcome = ? AND field = ? AND code = ?`+which+`
		ORDER BY source_row, n LIMIT ? OFFSET ?`, append(args, limit, offset),
		func(scan func(...any) error) error {
			p, err := scanProblem(scan)
			list = append(list, p)
			return err
		})
	return list, err
}

// Remember keeps a mending for later files; one for the same value gives way.
func (tx *Tx) Remember(m *plan.Remembered) error {
	folded := entity.Fold(m.Value)
	if _, err := tx.exec("DELETE FROM remembered_mendings WHERE workspace_id = ? AND kind = ? AND field = ? AND value_folded = ?",
		tx.workspace, m.Kind, m.Field, folded); err != nil {
		return err
	}
	if _, err := tx.one("UPDATE workspaces SET next_mending_id = next_mending_id + 1 WHERE id = ? RETURNING next_mending_id - 1",
		[]any{tx.workspace}, &m.ID); err != nil {
		return err
	}
	m.At = tx.at
	_, err := tx.exec(`INSERT INTO remembered_mendings (workspace_id, id, kind, field, value_folded, value, replacement, made_by, made_at, import_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.workspace, m.ID, m.Kind, m.Field, folded, m.Value, m.With, m.By, millis(m.At), m.Import)
	return err
}

// Remembered lists the mendings that the workspace keeps, the newest first.
func (tx *Tx) Remembered() ([]plan.Remembered, error) {
	var list []plan.Remembered
	err := tx.query(`SELECT r.id, r.kind, r.field, r.value, r.replacement, r.made_by, r.made_at, r.import_id,
			(SELECT COUNT(*) FROM import_mendings m WHERE m.workspace_id = r.workspace_id AND m.memory_id = r.id AND m.rows_mended > 0)
		FROM remembered_mendings r WHERE r.workspace_id = ? ORDER BY r.id DESC`, []any{tx.workspace},
		func(scan func(...any) error) error {
			var m plan.Remembered
			var at int64
			if err := scan(&m.ID, &m.Kind, &m.Field, &m.Value, &m.With, &m.By, &at, &m.Import, &m.Used); err != nil {
				return fmt.Errorf("read a remembered mending: %w", err)
			}
			m.At = instant(at)
			list = append(list, m)
			return nil
		})
	return list, err
}

// Forget drops a remembered mending. Imports that have used it keep what it did.
func (tx *Tx) Forget(id int64) error {
	n, err := tx.exec("DELETE FROM remembered_mendings WHERE workspace_id = ? AND id = ?", tx.workspace, id)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "error.no_such_mending", "id", id)
	}
	return err
}
