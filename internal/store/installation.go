package store

import (
	"context"
	"fmt"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// This file and its neighbours sessions.go and signins.go hold the statements
// that are not about one workspace, each with its reason:
//
//   - workspaces: finding the workspace comes before being in one;
//   - sessions: a token is known before it is known whose it is;
//   - failures to sign in: counted for workspaces that do not exist, too, and
//     for an address across all of them;
//   - claiming the lease of an import (leases.go): a worker serves everybody;
//   - migrations.

// Workspaces lists all workspaces by name.
func (s *Store) Workspaces(ctx context.Context) ([]*entity.Workspace, error) {
	var list []*entity.Workspace
	err := s.Read(ctx, 0, func(tx *Tx) error {
		return tx.query("SELECT "+workspaceColumns+" FROM workspaces ORDER BY name_folded", nil,
			func(scan func(...any) error) error {
				w, err := scanWorkspace(scan)
				list = append(list, w)
				return err
			})
	})
	return list, err
}

// WorkspaceByName finds a workspace regardless of case; an absent one is a fault.
func (s *Store) WorkspaceByName(ctx context.Context, name string) (*entity.Workspace, error) {
	var found *entity.Workspace
	err := s.Read(ctx, 0, func(tx *Tx) error {
		return tx.query("SELECT "+workspaceColumns+" FROM workspaces WHERE name_folded = ?", []any{entity.Fold(name)},
			func(scan func(...any) error) (err error) {
				found, err = scanWorkspace(scan)
				return err
			})
	})
	if err == nil && found == nil {
		err = fault.New(fault.NotFound, "error.no_such_workspace", "name", name)
	}
	return found, err
}

// InsertWorkspace makes a workspace and runs fill in the same transaction, so
// that there is never a workspace without the people who can enter it. It sets
// w.ID. With first, it refuses when there is a workspace already.
func (s *Store) InsertWorkspace(ctx context.Context, w *entity.Workspace, first bool, fill func(*Tx) error) error {
	return s.Write(ctx, 0, func(tx *Tx) error {
		var n, newest int64
		if _, err := tx.one("SELECT COUNT(*), COALESCE(MAX(id), 0) FROM workspaces", nil, &n, &newest); err != nil {
			return err
		}
		if first && n > 0 {
			return fault.New(fault.Conflict, "error.already_set_up")
		}
		w.ID, w.CreatedAt = newest+1, tx.at
		if w.Language == "" {
			w.Language = "ru"
		}
		if w.TimeZone == "" {
			w.TimeZone = "Europe/Minsk"
		}
		if w.Sight == "" {
			w.Sight = entity.SightEveryone
		}
		_, err := tx.exec(`INSERT INTO workspaces (id, name, name_folded, language, time_zone, unassigned_seen, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
			w.ID, w.Name, entity.Fold(w.Name), w.Language, w.TimeZone, w.Sight, millis(w.CreatedAt))
		if s.dialect.unique(err) {
			return fault.New(fault.Invalid, "error.workspace_taken", "name", w.Name).In("workspace")
		}
		if err != nil {
			return fmt.Errorf("insert workspace: %w", err)
		}
		tx.workspace = w.ID
		return fill(tx)
	})
}
