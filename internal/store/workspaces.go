package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// workspaceColumns is read by scanWorkspace: what no administrator decides, and
// the settings.
var workspaceColumns = "id, created_at, history_from, " + settingColumns(", ")

func settingColumns(between string) string {
	names := make([]string, len(entity.Settings))
	for n := range entity.Settings {
		names[n] = entity.Settings[n].Name
	}
	return strings.Join(names, between)
}

func scanWorkspace(scan func(...any) error) (*entity.Workspace, error) {
	w := &entity.Workspace{}
	var created, kept int64
	dest := []any{&w.ID, &created, &kept}
	for n := range entity.Settings {
		dest = append(dest, entity.Settings[n].Place(w))
	}
	if err := scan(dest...); err != nil {
		return nil, fmt.Errorf("read a workspace: %w", err)
	}
	w.CreatedAt, w.HistoryFrom = instant(created), instant(kept)
	return w, nil
}

// OwnWorkspace is the workspace that the transaction is about.
func (tx *Tx) OwnWorkspace() (*entity.Workspace, error) {
	var w *entity.Workspace
	err := tx.query("SELECT "+workspaceColumns+" FROM workspaces WHERE id = ?", []any{tx.workspace},
		func(scan func(...any) error) (err error) {
			w, err = scanWorkspace(scan)
			return err
		})
	if err == nil && w == nil {
		err = fault.New(fault.NotFound, "error.no_such_workspace")
	}
	return w, err
}

// SetSight changes who sees what in the workspace.
func (tx *Tx) SetSight(s entity.Sight) error {
	_, err := tx.exec("UPDATE workspaces SET unassigned_seen = ? WHERE id = ?", s, tx.workspace)
	return err
}

// LockWorkspace is OwnWorkspace for whoever is about to change a setting: nobody
// else changes one before the transaction ends.
func (tx *Tx) LockWorkspace() (*entity.Workspace, error) {
	if err := tx.alone(); err != nil {
		return nil, err
	}
	return tx.OwnWorkspace()
}

// UpdateWorkspace stores the settings of the workspace, and who has changed which.
func (tx *Tx) UpdateWorkspace(w *entity.Workspace, by int64, changes []entity.Change) error {
	args := make([]any, 0, len(entity.Settings)+2)
	for n := range entity.Settings {
		switch at := entity.Settings[n].Place(w).(type) {
		case *string:
			args = append(args, *at)
		case *int64:
			args = append(args, *at)
		case *bool:
			args = append(args, truth(*at))
		}
	}
	_, err := tx.exec("UPDATE workspaces SET "+settingColumns(" = ?, ")+" = ?, name_folded = ? WHERE id = ?",
		append(args, entity.Fold(w.Name), tx.workspace)...)
	if tx.dialect.unique(err) {
		return fault.New(fault.Invalid, "error.workspace_taken", "name", w.Name).In("name")
	}
	if err != nil {
		return err
	}
	return tx.LogSettings(by, changes)
}

// LogSettings notes who has changed what about the workspace.
func (tx *Tx) LogSettings(by int64, changes []entity.Change) error {
	fields, err := json.Marshal(changes)
	if err != nil {
		return fmt.Errorf("write changes of settings: %w", err)
	}
	_, err = tx.exec(`INSERT INTO workspace_changes (workspace_id, n, at, employee_id, fields)
		SELECT CAST(? AS BIGINT), COALESCE(MAX(n), 0) + 1, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT)
		FROM workspace_changes WHERE workspace_id = ?`, tx.workspace, millis(tx.at), by, string(fields), tx.workspace)
	return err
}

// SettingsChange is one time that somebody has changed settings.
type SettingsChange struct {
	At         time.Time
	EmployeeID int64 // 0 is the operator
	Changes    []entity.Change
}

// SettingsChanges lists the changes of settings, newest first.
func (tx *Tx) SettingsChanges(limit int) ([]SettingsChange, error) {
	var list []SettingsChange
	err := tx.query("SELECT at, employee_id, fields FROM workspace_changes WHERE workspace_id = ? ORDER BY n DESC LIMIT ?",
		[]any{tx.workspace, limit}, func(scan func(...any) error) error {
			var c SettingsChange
			var at int64
			var fields string
			if err := scan(&at, &c.EmployeeID, &fields); err != nil {
				return fmt.Errorf("read a change of settings: %w", err)
			}
			c.At = instant(at)
			list = append(list, c)
			return json.Unmarshal([]byte(fields), &list[len(list)-1].Changes)
		})
	return list, err
}
