package store

import (
	"fmt"

	"nadel/internal/plan"
)

// Choices lists what was chosen on an import where records had changed after the
// file was made; the choice for all records comes first.
func (tx *Tx) Choices(importID int64) ([]plan.Chosen, error) {
	var list []plan.Chosen
	err := tx.query(`SELECT record_id, source_row, field, choice FROM import_choices
		WHERE workspace_id = ? AND import_id = ? ORDER BY record_id, field`, []any{tx.workspace, importID},
		func(scan func(...any) error) error {
			var c plan.Chosen
			if err := scan(&c.Record, &c.Row, &c.Field, &c.Choice); err != nil {
				return fmt.Errorf("read a choice: %w", err)
			}
			list = append(list, c)
			return nil
		})
	return list, err
}

// PutChoice keeps a choice in place of the one for the same record and field; an
// empty one is taken back.
func (tx *Tx) PutChoice(importID int64, c plan.Chosen) error {
	if _, err := tx.exec("DELETE FROM import_choices WHERE workspace_id = ? AND import_id = ? AND record_id = ? AND field = ?",
		tx.workspace, importID, c.Record, c.Field); err != nil || c.Choice == "" {
		return err
	}
	_, err := tx.exec("INSERT INTO import_choices (workspace_id, import_id, record_id, source_row, field, choice) VALUES (?, ?, ?, ?, ?, ?)",
		tx.workspace, importID, c.Record, c.Row, c.Field, c.Choice)
	return err
}

// HeldBy tells of the planned rows that a guard holds: the row and the record.
func (tx *Tx) HeldBy(importID int64, guard plan.Guards, f func(row, record int64)) error {
	return tx.query(`SELECT source_row, record_id FROM import_changes
		WHERE workspace_id = ? AND import_id = ? AND guards & CAST(? AS BIGINT) <> 0`,
		[]any{tx.workspace, importID, int64(guard)}, func(scan func(...any) error) error {
			var row, record int64
			err := scan(&row, &record)
			f(row, record)
			return err
		})
}

// RowsSaid lists the rows of which something with one of these codes is said.
func (tx *Tx) RowsSaid(importID int64, codes []string) ([]int64, error) {
	args := append([]any{tx.workspace, importID}, anyTexts(codes)...)
	return tx.numbers("SELECT DISTINCT source_row FROM import_problems WHERE workspace_id = ? AND import_id = ? AND code IN ("+
		marks(len(codes))+") ORDER BY source_row", args...)
}
