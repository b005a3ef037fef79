package store

import (
	"encoding/json"
	"fmt"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// ImportValues lists the values that an import would add to directories. Each
// has its number already.
func (tx *Tx) ImportValues(importID int64) ([]entity.DirectoryValue, error) {
	var list []entity.DirectoryValue
	err := tx.query("SELECT value_id, directory, name FROM import_values WHERE workspace_id = ? AND import_id = ? ORDER BY value_id",
		[]any{tx.workspace, importID}, func(scan func(...any) error) error {
			var v entity.DirectoryValue
			if err := scan(&v.ID, &v.Directory, &v.Name); err != nil {
				return fmt.Errorf("read a value: %w", err)
			}
			list = append(list, v)
			return nil
		})
	return list, err
}

// AddImportValue notes a value that an import would add, and gives it a number.
func (tx *Tx) AddImportValue(importID int64, v *entity.DirectoryValue) error {
	if _, err := tx.one("UPDATE workspaces SET next_value_id = next_value_id + 1 WHERE id = ? RETURNING next_value_id - 1",
		[]any{tx.workspace}, &v.ID); err != nil {
		return err
	}
	_, err := tx.exec("INSERT INTO import_values (workspace_id, import_id, value_id, directory, name) VALUES (?, ?, ?, ?, ?)",
		tx.workspace, importID, v.ID, v.Directory, v.Name)
	return err
}

// BringValue makes a value that an import adds, with the number it has there,
// unless an earlier row has: then it may be called otherwise by now. If somebody
// has added one of this name meanwhile, id is the other one's.
func (tx *Tx) BringValue(v entity.DirectoryValue) (id int64, err error) {
	if err := tx.turnToApply(); err != nil { // in this order, as rows that make records need both
		return 0, err
	}
	if err := tx.alone(); err != nil {
		return 0, err
	}
	found, err := tx.one("SELECT id FROM directory_values WHERE workspace_id = ? AND id = ?", []any{tx.workspace, v.ID}, &id)
	if err != nil || found {
		return id, err
	}
	found, err = tx.one("SELECT id FROM directory_values WHERE workspace_id = ? AND directory = ? AND name_folded = ?",
		[]any{tx.workspace, v.Directory, entity.Fold(v.Name)}, &id)
	if err != nil || found {
		return id, err
	}
	_, err = tx.exec(`INSERT INTO directory_values (workspace_id, id, directory, name, name_folded, place)
		SELECT ?, ?, ?, ?, ?, COALESCE(MAX(place), 0) + 1 FROM directory_values WHERE workspace_id = ? AND directory = ?`,
		tx.workspace, v.ID, v.Directory, v.Name, entity.Fold(v.Name), tx.workspace, v.Directory)
	return v.ID, err
}

// SetFields writes the fields of a planned change anew.
func (tx *Tx) SetFields(importID int64, c *plan.Change) error {
	text, err := json.Marshal(c.Fields)
	if err != nil {
		return fmt.Errorf("write a planned change: %w", err)
	}
	_, err = tx.exec("UPDATE import_changes SET fields = ? WHERE workspace_id = ? AND import_id = ? AND record_id = ?",
		string(text), tx.workspace, importID, c.RecordID)
	return err
}

// NewValueRows counts the rows of an import that would add a value to a
// directory, by field and value.
func (tx *Tx) NewValueRows(importID int64) ([]plan.Cause, error) {
	var list []plan.Cause
	err := tx.query(`SELECT field, value, COUNT(*) FROM import_problems WHERE workspace_id = ? AND import_id = ? AND code = ?
		GROUP BY field, value`, []any{tx.workspace, importID, plan.NewValue}, func(scan func(...any) error) error {
		var c plan.Cause
		err := scan(&c.Field, &c.Value, &c.Rows)
		list = append(list, c)
		return err
	})
	return list, err
}
