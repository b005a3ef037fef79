package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"nadel/internal/archive"
	"nadel/internal/fault"
)

// Load fills the database with the installation in an archive and verifies, by
// the sums of every table read again, that it has arrived. A database that holds
// data already is refused, unless replace says that they may go. It is one
// transaction: whatever goes wrong, and if the process is killed, the database
// holds what it held before.
func (s *Store) Load(ctx context.Context, r io.Reader, replace bool, p Progress) error {
	a, err := archive.NewReader(r)
	if err != nil {
		return err
	}
	if err := s.migrateFor(ctx, a.Header.Schema, replace); err != nil {
		return err
	}
	err = s.runAs(ctx, &Tx{writing: true}, s.dialect.beginLoad, func(tx *Tx) error {
		l := &loading{tx: tx, archive: a, progress: p}
		return l.all(replace)
	})
	if s.dialect.afterLoad != "" {
		_, again := s.write.ExecContext(context.WithoutCancel(ctx), s.dialect.afterLoad)
		err = errors.Join(err, again)
	}
	if err != nil {
		return err
	}
	return s.Migrate(ctx)
}

// migrateFor brings the database to the very schema that the rows are of.
func (s *Store) migrateFor(ctx context.Context, version int64, replace bool) error {
	if _, newest := knownVersions(); version > newest {
		return fault.New(fault.Refused, "error.newer_backup", "backup", version, "program", newest)
	}
	holds, err := s.holdsData(ctx)
	if err != nil {
		return err
	}
	if holds && !replace {
		return fault.New(fault.Conflict, "error.database_holds_data", "name", s.name)
	}
	at, err := s.migrateTo(ctx, version)
	if err != nil {
		return err
	}
	if at = level(at); at > version {
		return fault.New(fault.Conflict, "error.backup_older", "backup", version, "database", at)
	}
	return nil
}

// holdsData tells whether there is any workspace; a database without a schema
// has none.
func (s *Store) holdsData(ctx context.Context) (yes bool, err error) {
	err = s.readAll(ctx, func(tx *Tx) error {
		version, err := tx.schemaVersion()
		if err == nil && version > 0 {
			yes, err = tx.holdsData()
		}
		return err
	})
	return yes, err
}

func (tx *Tx) holdsData() (bool, error) {
	return tx.one("SELECT 1 FROM workspaces LIMIT 1", nil, new(int64))
}

// loading is one transaction of Load.
type loading struct {
	tx       *Tx
	archive  *archive.Reader
	progress Progress
	loaded   []carried
	sums     map[string]archive.Sum
}

func (l *loading) all(replace bool) error {
	names, err := l.tx.allTables()
	if err != nil {
		return err
	}
	var emptied []string
	for _, name := range names {
		if name != migrationsTable && name != compatibilityTable {
			emptied = append(emptied, name)
		}
	}
	// somebody may have been quicker than migrateFor's look
	if holds, err := l.tx.holdsData(); err != nil {
		return err
	} else if holds && !replace {
		return fault.New(fault.Conflict, "error.database_holds_data", "name", l.tx.name)
	}
	settle, err := l.tx.dialect.clear(l.tx, emptied)
	if err != nil {
		return err
	}
	if err := l.fill(); err != nil {
		return err
	}
	if err := l.verify(); err != nil {
		return err
	}
	// Whoever was at work on an import when the archive was made must not go on
	// in this database as if nothing had happened in between.
	if _, err := l.tx.exec("UPDATE imports SET lease_owner = '', lease_until = 0 WHERE lease_owner <> ''"); err != nil {
		return err
	}
	return settle()
}

func (l *loading) fill() error {
	total := l.archive.Header.Rows
	l.archive.Tell = func(rows int64) { l.progress(Writing, rows, total) }
	l.archive.Tell(0)
	l.sums = map[string]archive.Sum{}
	for {
		t, err := l.archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		own, err := l.tx.carriedTable(t.Name)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		own.Table = t
		if err := l.tx.dialect.fill(l.tx, t, l.archive.Rows()); err != nil {
			return fmt.Errorf("fill table %s: %w", t.Name, err)
		}
		l.loaded, l.sums[t.Name] = append(l.loaded, own), l.archive.Sum()
	}
}

// verify reads everything again and compares the sums.
func (l *loading) verify() error {
	counter := &archive.Counter{Tell: func(rows int64) { l.progress(Verifying, rows, l.archive.Header.Rows) }}
	counter.Tell(0)
	for _, t := range l.loaded {
		sum, err := archive.NewSummer(t.Table)
		if err != nil {
			return err
		}
		if err := l.tx.dump(t, io.MultiWriter(sum, counter)); err != nil {
			return err
		}
		if got, want := sum.Sum(), l.sums[t.Name]; got != want {
			return fmt.Errorf("table %s did not arrive as it was sent: %d rows of %d, sum %s, not %s",
				t.Name, got.Rows, want.Rows, got.SHA256, want.SHA256)
		}
	}
	return nil
}

// fillRowByRow inserts the lines of a table, for engines that cannot take them
// as they are.
func fillRowByRow(tx *Tx, t archive.Table, lines io.Reader) error {
	into := quote(t.Name) + " (" + columnNames(t.Columns) + ")"
	width := len(t.Columns)
	values := make([]any, 0, width*fillRows)
	in := bufio.NewReaderSize(lines, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		done := errors.Is(err, io.EOF)
		if err != nil && !done {
			return err
		}
		if !done {
			if values, err = archive.ParseLine(values, bytes.TrimSuffix(line, []byte{'\n'}), t.Columns); err != nil {
				return err
			}
		}
		if done || len(values) == cap(values) {
			if err := tx.insertRows(into, width, values); err != nil {
				return err
			}
			values = values[:0]
		}
		if done {
			return nil
		}
	}
}

// clearOneByOne empties the tables, and looks at the end whether all references
// hold: while filling, nobody asked. The only triggers are those of the search
// tables, which are made anew after the loading.
func clearOneByOne(tx *Tx, tables []string) (settle func() error, err error) {
	var steps []string
	if err := tx.query("SELECT name FROM sqlite_schema WHERE type = 'trigger'", nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		steps = append(steps, "DROP TRIGGER "+quote(name))
		return err
	}); err != nil {
		return nil, err
	}
	for _, step := range steps {
		if _, err := tx.exec(step); err != nil {
			return nil, err
		}
	}
	for _, name := range tables {
		if _, err := tx.exec("DELETE FROM " + quote(name)); err != nil {
			return nil, err
		}
	}
	return func() error {
		var loose []string
		err := tx.query(`SELECT DISTINCT "table" FROM pragma_foreign_key_check`, nil, func(scan func(...any) error) error {
			var table string
			err := scan(&table)
			loose = append(loose, table)
			return err
		})
		if err == nil && len(loose) > 0 {
			err = fmt.Errorf("rows refer to what is not there: %s", strings.Join(loose, ", "))
		}
		return err
	}, nil
}
