package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"nadel/internal/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrate brings the schema to this program's version. It does nothing when it
// is there already, and refuses a database that a newer program has migrated.
// Several processes may call it at once; one that is killed leaves nothing half
// done.
func (s *Store) Migrate(ctx context.Context) error {
	files, err := s.migrations()
	if err != nil {
		return err
	}
	release, err := s.dialect.migrating(ctx, s.write)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer release()
	provider, err := goose.NewProvider(goose.Dialect(s.dialect.name), s.write, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	known := provider.ListSources()
	newest := known[len(known)-1].Version
	at, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if at > newest {
		return fault.New(fault.Usage, "error.newer_database", "database", at, "program", newest)
	}
	if at < newest {
		if _, err := provider.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	return s.makeSearchTables(ctx)
}

// migrations is the embedded files with the dialect's words filled in. A file
// that is named NAME.ENGINE.sql is for that engine only.
func (s *Store) migrations() (fs.FS, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	out := fstest.MapFS{}
	for _, name := range names {
		if engine := strings.TrimPrefix(path.Ext(strings.TrimSuffix(name, ".sql")), "."); engine != "" && engine != s.dialect.name {
			continue
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		filled := strings.ReplaceAll(string(text), "/*CLUSTERED*/", s.dialect.clustered)
		filled = textType.ReplaceAllLiteralString(filled, s.dialect.text)
		filled = strings.ReplaceAll(filled, "/*EVERY WORKSPACE*/", s.dialect.unwalled)
		filled = walledTable.ReplaceAllString(filled, s.dialect.walled)
		out[strings.TrimPrefix(name, "migrations/")] = &fstest.MapFile{Data: []byte(filled)}
	}
	return out, nil
}

// walledTable stands behind a new table with workspace_id, where the second wall
// between workspaces is built.
var walledTable = regexp.MustCompile(`/\*WALLED (\w+)\*/`)

// textType is the type in a migration that the dialect puts a collation behind.
var textType = regexp.MustCompile(`\bTEXT\b`)
