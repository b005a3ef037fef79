package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"nadel/internal/archive"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// notCarried is the tables that belong to a database and not to the
// installation in it, and why.
var notCarried = map[string]string{
	migrationsTable:    "the schema that the rows are loaded into has its own",
	"search_tables":    "they and what they tell of are made anew from the rows",
	compatibilityTable: "the same",
	"sessions":         "whoever is signed in there is not signed in here",
	"sign_in_failures": "they are forgotten after a quarter of an hour anyway",
}

// Stage is what carrying an installation is busy with.
type Stage string

// The stages, in the order in which they come.
const (
	Reading   Stage = "reading"
	Writing   Stage = "writing"
	Verifying Stage = "verifying"
)

// Progress is told now and then how many rows of how many a stage has done.
type Progress func(stage Stage, done, total int64)

// Save writes the whole installation to w as an archive: as it was at one
// moment, whatever is written meanwhile, and holding nobody up. Sessions are
// left out. It does not migrate.
func (s *Store) Save(ctx context.Context, w io.Writer, p Progress) error {
	return s.runAs(ctx, &Tx{}, s.dialect.beginSave, func(tx *Tx) error {
		version, err := tx.schemaVersion()
		if err != nil {
			return err
		}
		if version == 0 {
			return fault.New(fault.Usage, "error.no_database", "name", s.name)
		}
		tables, err := tx.carriedTables()
		if err != nil {
			return err
		}
		h := archive.Header{Schema: level(version), MadeAt: tx.at}
		for _, t := range tables {
			var n int64
			if _, err := tx.one("SELECT COUNT(*) FROM "+quote(t.Name), nil, &n); err != nil {
				return err
			}
			h.Rows += n
		}
		a, err := archive.NewWriter(w, h)
		if err != nil {
			return err
		}
		a.Tell = func(rows int64) { p(Reading, rows, h.Rows) }
		a.Tell(0)
		for _, t := range tables {
			if err := a.Table(t.Table, func(w io.Writer) error { return tx.dump(t, w) }); err != nil {
				return err
			}
		}
		return a.Close()
	})
}

// carried is a table with the columns of its key, by which its rows are ordered.
type carried struct {
	archive.Table
	key []string
}

// dump writes the rows of a table, in the order of the key.
func (tx *Tx) dump(t carried, w io.Writer) error {
	return tx.dialect.dump(tx, "SELECT "+columnNames(t.Columns)+" FROM "+quote(t.Name)+" ORDER BY "+quoted(t.key), w)
}

func columnNames(columns []archive.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return quoted(names)
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = quote(name)
	}
	return strings.Join(list, ", ")
}

// allTables is the names of all tables in the database.
func (tx *Tx) allTables() ([]string, error) {
	var names []string
	err := tx.query(tx.dialect.tables, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	slices.Sort(names)
	return names, err
}

func (tx *Tx) carriedTables() ([]carried, error) {
	names, err := tx.allTables()
	if err != nil {
		return nil, err
	}
	var tables []carried
	for _, name := range names {
		if _, stays := notCarried[name]; stays || tx.isSearchTable(name) {
			continue
		}
		t, err := tx.carriedTable(name)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (tx *Tx) isSearchTable(name string) bool {
	return slices.ContainsFunc(tx.catalog.Entities, func(e *entity.Entity) bool { return name == searchTable(e) })
}

// columnTypes is the types of columns that the migrations may use.
var columnTypes = map[string]archive.Type{
	"bigint": archive.Integer, "double precision": archive.Real, "text": archive.Text, "bytea": archive.Bytes,
}

func (tx *Tx) carriedTable(name string) (carried, error) {
	t := carried{Table: archive.Table{Name: name}}
	places := map[string]int{}
	err := tx.query(tx.dialect.columnsOf, []any{name}, func(scan func(...any) error) error {
		var column, kind string
		var place int
		if err := scan(&column, &kind, &place); err != nil {
			return fmt.Errorf("read the columns of %s: %w", name, err)
		}
		typ, known := columnTypes[entity.Fold(kind)]
		if !known {
			return fmt.Errorf("%s.%s is a %s, which archives do not carry", name, column, kind)
		}
		t.Columns = append(t.Columns, archive.Column{Name: column, Type: typ})
		if place > 0 {
			t.key = append(t.key, column)
			places[column] = place
		}
		return nil
	})
	slices.SortFunc(t.key, func(a, b string) int { return places[a] - places[b] })
	if err == nil && len(t.key) == 0 {
		err = fmt.Errorf("table %s has no key", name)
	}
	return t, err
}

// dumpRows writes the rows of a query as lines, for engines that cannot do so
// themselves.
func dumpRows(tx *Tx, query string, w io.Writer) (err error) {
	rows, err := tx.ask(query, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", brief(query), err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("%s: %w", brief(query), err)
	}
	values, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	var line []byte
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("%s: %w", brief(query), err)
		}
		if line, err = archive.AppendLine(line[:0], values); err != nil {
			return fmt.Errorf("%s: %w", brief(query), err)
		}
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("write rows: %w", err)
		}
	}
	return wrapIf(brief(query), rows.Err())
}
