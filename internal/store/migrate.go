package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"nadel/internal/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationsTable is where the versions are kept.
const migrationsTable = "goose_db_version"

// Migrate brings the schema to this program's version. It does nothing when it
// is there already, or beyond by steps that this program can live with; it refuses
// a database in which a newer program has changed more.
// Several processes may call it at once; one that is killed leaves nothing half
// done.
func (s *Store) Migrate(ctx context.Context) error {
	_, err := s.migrateTo(ctx, math.MaxInt64)
	return err
}

// migrateTo brings the schema to a version, or leaves it when it is there or
// beyond; it answers the version that the schema has then.
func (s *Store) migrateTo(ctx context.Context, version int64) (at int64, err error) {
	files, err := s.migrations()
	if err != nil {
		return 0, err
	}
	release, err := s.dialect.migrating(ctx, s.write)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	defer release()
	provider, err := goose.NewProvider(goose.Dialect(s.dialect.name), s.write, files)
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	if at, err = provider.GetDBVersion(ctx); err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	known := provider.ListSources()
	newest := known[len(known)-1].Version
	if at > newest {
		return at, s.worksWithNewer(ctx, at, newest)
	}
	if wanted := min(version, newest); at < wanted {
		if _, err := provider.UpTo(ctx, wanted); err != nil {
			return 0, fmt.Errorf("migrate: %w", err)
		}
		at = wanted
	}
	if version < newest {
		return at, nil // rows of an older schema are to come first
	}
	return at, s.makeSearchTables(ctx)
}

// compatibilityTable holds the oldest version whose program may work here.
const compatibilityTable = "compatibility"

// worksWithNewer refuses a database that a newer program has migrated, unless
// that one has left in it what this one needs. Such a database is used as it is.
func (s *Store) worksWithNewer(ctx context.Context, at, newest int64) error {
	oldest := at
	err := s.readAll(ctx, func(tx *Tx) error {
		tables, err := tx.allTables()
		if err != nil || !slices.Contains(tables, compatibilityTable) {
			return err
		}
		_, err = tx.one("SELECT oldest FROM "+compatibilityTable, nil, &oldest)
		return err
	})
	if err != nil {
		return err
	}
	if oldest > newest {
		return fault.New(fault.Usage, "error.newer_database", "database", at, "program", newest, "oldest", oldest)
	}
	return nil
}

// level is the version of a schema as far as rows are concerned: that of the
// newest migration for both engines in it. What only one engine has a file for
// changes no row. A version that this program does not know stays what it is.
func level(version int64) int64 {
	common, newest := knownVersions()
	if version > newest {
		return version
	}
	for _, v := range slices.Backward(common) {
		if v <= version {
			return v
		}
	}
	return 0
}

// knownVersions is the versions of migrations for both engines, ascending, and
// the newest of all.
func knownVersions() (common []int64, newest int64) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, name := range names { // in order
		version, err := goose.NumericComponent(name)
		if err != nil {
			panic(err) // a file is named wrongly
		}
		newest = version
		if engineOf(name) == "" {
			common = append(common, version)
		}
	}
	return common, newest
}

// engineOf is the engine that a file of a migration is for; "" is both.
func engineOf(name string) string {
	return strings.TrimPrefix(path.Ext(strings.TrimSuffix(name, ".sql")), ".")
}

// schemaVersion is the version of the schema; 0 is no schema.
func (tx *Tx) schemaVersion() (version int64, err error) {
	tables, err := tx.allTables()
	if err != nil || !slices.Contains(tables, migrationsTable) {
		return 0, err
	}
	_, err = tx.one("SELECT COALESCE(MAX(version_id), 0) FROM "+migrationsTable, nil, &version)
	return version, err
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
		if engine := engineOf(name); engine != "" && engine != s.dialect.name {
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
