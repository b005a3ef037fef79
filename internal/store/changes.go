package store

import (
	"encoding/json"
	"fmt"
	"time"

	"nadel/internal/entity"
)

// HandChange is one entry of a record's history that somebody made by hand.
type HandChange struct {
	Version    int64 // the record's version after the change
	EmployeeID int64 // 0 is the operator
	At         time.Time
	Changes    []entity.Change
}

// LogChange writes down what employeeID (0 is the operator) has just changed on
// rec, which stands at its new version.
func (tx *Tx) LogChange(rec *entity.Record, employeeID int64, changes []entity.Change) error {
	fields, err := json.Marshal(changes)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	_, err = tx.exec("INSERT INTO changes (workspace_id, kind, record_id, version, employee_id, at, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
		tx.workspace, rec.Entity.Number, rec.ID, rec.Version, employeeID, millis(tx.at), string(fields))
	return err
}

// HandChanges lists what people have changed by hand on one record of e, by
// version. Imports keep their own history (ImportChangesOf).
func (tx *Tx) HandChanges(e *entity.Entity, id int64) ([]HandChange, error) {
	byRecord, err := tx.HandChangesBetween(e, id, id)
	return byRecord[id], err
}

// HandChangesBetween lists, by record, what people have changed by hand on the
// records of e with ids from first to last.
func (tx *Tx) HandChangesBetween(e *entity.Entity, first, last int64) (map[int64][]HandChange, error) {
	byRecord := map[int64][]HandChange{}
	err := tx.query(`SELECT record_id, version, employee_id, at, fields FROM changes
		WHERE workspace_id = ? AND kind = ? AND record_id BETWEEN ? AND ? ORDER BY record_id, version`,
		[]any{tx.workspace, e.Number, first, last}, func(scan func(...any) error) error {
			var h HandChange
			var id, at int64
			var fields string
			if err := scan(&id, &h.Version, &h.EmployeeID, &at, &fields); err != nil {
				return fmt.Errorf("read history: %w", err)
			}
			if err := json.Unmarshal([]byte(fields), &h.Changes); err != nil {
				return fmt.Errorf("%w: read history of %s %d: %w", errDamaged, e.Name, id, err)
			}
			h.At = instant(at)
			byRecord[id] = append(byRecord[id], h)
			return nil
		})
	return byRecord, err
}
