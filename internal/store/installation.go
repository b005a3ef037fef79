package store

import (
	"cmp"
	"context"
	"errors"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// This file and its neighbours sessions.go and signins.go hold the statements
// that are not about one workspace, each with its reason:
//
//   - workspaces: finding the workspace comes before being in one;
//   - sessions: a token is known before it is known whose it is;
//   - setting up: whether anybody can sign in anywhere;
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

// aboutWorkspaces is the turn of those who make workspaces: their numbers, and
// whether there are any.
const aboutWorkspaces = "workspaces"

// InsertWorkspace makes a workspace and runs fill in the same transaction, so
// that a workspace can be made together with the people who enter it. It sets
// w.ID and what w leaves empty.
func (s *Store) InsertWorkspace(ctx context.Context, w *entity.Workspace, fill func(*Tx) error) error {
	return s.writeAll(ctx, func(tx *Tx) error {
		if err := tx.takeTurn(aboutWorkspaces); err != nil {
			return err
		}
		if err := tx.insertWorkspace(w); err != nil {
			return err
		}
		return fill(tx)
	})
}

// ClaimInstallation runs fill for the first administrator of an installation
// into which nobody can sign in yet. The workspace is made, or, when commands
// have made one already, renamed to w.Name. Once anybody has a password the
// fault is a conflict.
func (s *Store) ClaimInstallation(ctx context.Context, w *entity.Workspace, fill func(*Tx) error) error {
	return s.writeAll(ctx, func(tx *Tx) error {
		if err := tx.takeTurn(aboutWorkspaces); err != nil {
			return err
		}
		claimed, err := tx.anybodySignsIn()
		if err != nil {
			return err
		}
		var n, only int64
		if _, err := tx.one("SELECT COUNT(*), COALESCE(MAX(id), 0) FROM workspaces", nil, &n, &only); err != nil {
			return err
		}
		if claimed || n > 1 {
			return fault.New(fault.Conflict, "error.already_set_up")
		}
		if n == 0 {
			err = tx.insertWorkspace(w)
		} else {
			w.ID = only
			_, err = tx.exec("UPDATE workspaces SET name = ?, name_folded = ? WHERE id = ?", w.Name, entity.Fold(w.Name), only)
			err = errors.Join(err, tx.enter(only))
		}
		if err != nil {
			return err
		}
		return fill(tx)
	})
}

// AnybodySignsIn tells whether any employee of any workspace has a password.
func (s *Store) AnybodySignsIn(ctx context.Context) (yes bool, err error) {
	err = s.readAll(ctx, func(tx *Tx) error {
		yes, err = tx.anybodySignsIn()
		return err
	})
	return yes, err
}

func (tx *Tx) anybodySignsIn() (bool, error) {
	var one int64
	return tx.one("SELECT 1 FROM employees WHERE password_hash <> '' LIMIT 1", nil, &one)
}

func (tx *Tx) insertWorkspace(w *entity.Workspace) error {
	if _, err := tx.one("SELECT COALESCE(MAX(id), 0) + 1 FROM workspaces", nil, &w.ID); err != nil {
		return err
	}
	w.CreatedAt = tx.at
	w.Language, w.TimeZone = cmp.Or(w.Language, "ru"), cmp.Or(w.TimeZone, "Europe/Minsk")
	w.Sight = cmp.Or(w.Sight, entity.SightEveryone)
	_, err := tx.exec(`INSERT INTO workspaces (id, name, name_folded, language, time_zone, unassigned_seen, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		w.ID, w.Name, entity.Fold(w.Name), w.Language, w.TimeZone, w.Sight, millis(w.CreatedAt))
	if tx.dialect.unique(err) {
		return fault.New(fault.Invalid, "error.workspace_taken", "name", w.Name).In("workspace")
	}
	if err != nil {
		return err
	}
	return tx.enter(w.ID)
}
