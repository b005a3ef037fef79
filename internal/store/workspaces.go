package store

import (
	"fmt"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// workspaceColumns is read by scanWorkspace.
const workspaceColumns = "id, name, language, time_zone, unassigned_seen, created_at"

func scanWorkspace(scan func(...any) error) (*entity.Workspace, error) {
	w := &entity.Workspace{}
	var created int64
	if err := scan(&w.ID, &w.Name, &w.Language, &w.TimeZone, &w.Sight, &created); err != nil {
		return nil, fmt.Errorf("read a workspace: %w", err)
	}
	w.CreatedAt = instant(created)
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
