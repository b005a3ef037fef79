package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"nadel/internal/entity"
)

// toColumn is the database's form of a field's canonical text. Empty texts and
// dates are ”, empty truths 0, anything else empty is NULL.
func toColumn(f *entity.Field, canonical string) (any, error) {
	switch f.Kind {
	case entity.Integer, entity.Directory, entity.Reference:
		if canonical == "" {
			return nil, nil
		}
		n, err := strconv.ParseInt(canonical, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("field %s: %q is not canonical: %w", f.Name, canonical, err)
		}
		return n, nil
	case entity.Decimal:
		if canonical == "" {
			return nil, nil
		}
		n, err := strconv.ParseFloat(canonical, 64)
		if err != nil {
			return nil, fmt.Errorf("field %s: %q is not canonical: %w", f.Name, canonical, err)
		}
		return n, nil
	case entity.Bool:
		return truth(canonical == "1"), nil
	default:
		return canonical, nil
	}
}

// cell receives one column and knows how to write it as canonical text.
type cell struct {
	kind    entity.Kind
	text    sql.NullString
	decimal sql.NullFloat64
}

func (c *cell) dest() any {
	if c.kind == entity.Decimal {
		return &c.decimal
	}
	return &c.text
}

func (c *cell) canonical() string {
	switch c.kind {
	case entity.Decimal:
		if !c.decimal.Valid {
			return ""
		}
		return entity.DecimalText(c.decimal.Float64)
	case entity.Bool:
		return entity.BoolText(c.text.String == "1")
	default:
		return c.text.String
	}
}

// recordColumns is what scanRecord reads, in this order, of the wide row w and
// the narrow row r.
func recordColumns(e *entity.Entity) string {
	var b strings.Builder
	b.WriteString("w.id, w.created_at, r.active, r.version, r.responsibles")
	for _, f := range e.Declared() {
		b.WriteString(", w." + quote(f.Name))
	}
	return b.String()
}

// recordFrom joins the wide rows of e with their narrow ones. The kind is the
// catalog's number, not anybody's input.
func recordFrom(e *entity.Entity) string {
	return quote(e.Table) + " w JOIN records r ON r.workspace_id = w.workspace_id AND r.kind = " +
		strconv.Itoa(e.Number) + " AND r.id = w.id"
}

// scanRecord reads what recordColumns names; readOwn completes it.
func scanRecord(e *entity.Entity, scan func(...any) error) (*entity.Record, error) {
	rec := &entity.Record{Entity: e, Values: make([]string, len(e.Fields))}
	cells := make([]cell, len(e.Declared()))
	var created int64
	var packed []byte
	dest := make([]any, 0, 5+len(cells))
	dest = append(dest, &rec.ID, &created, &rec.Active, &rec.Version, &packed)
	for i := range cells {
		cells[i].kind = e.Fields[i].Kind
		dest = append(dest, cells[i].dest())
	}
	if err := scan(dest...); err != nil {
		return nil, fmt.Errorf("read a record of %s: %w", e.Table, err)
	}
	for i := range cells {
		rec.Values[i] = cells[i].canonical()
	}
	rec.CreatedAt = instant(created)
	var err error
	rec.Responsibles, err = unpack(packed)
	return rec, err
}

// marks is n placeholders, "?, ?, ?", to stand in IN (…). In none of them is
// nothing: PostgreSQL does not take an empty list.
func marks(n int) string {
	if n == 0 {
		return "NULL"
	}
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}

// anys makes arguments of ids.
func anys(ids []int64) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}

// CheckColumns tells which declared fields have no column in the database: a
// line was added to the catalog without its migration.
func (s *Store) CheckColumns(ctx context.Context) error {
	var missing []error
	for _, e := range s.catalog.Entities {
		for i := range e.Fields {
			column := quote(e.Fields[i].Name)
			// A transaction for each: PostgreSQL takes nothing more in one that has failed.
			// The alias matters: SQLite takes an unknown name in quotes for a text.
			err := s.Read(ctx, 0, func(tx *Tx) error {
				_, err := tx.one("SELECT COUNT(w."+column+") FROM "+quote(e.Table)+" w WHERE w.workspace_id = 0", nil, new(int64))
				return err
			})
			if err != nil {
				missing = append(missing, fmt.Errorf("the catalog declares %s.%s, but table %s has no column %s; add a migration (%w)",
					e.Name, e.Fields[i].Name, e.Table, e.Fields[i].Name, err))
			}
		}
	}
	return errors.Join(missing...)
}
