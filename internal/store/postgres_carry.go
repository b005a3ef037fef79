package store

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"nadel/internal/archive"
)

// carrying is said at the beginning of a transaction that carries everything: it
// may stand still while the other side is busy, and values have one form.
const carrying = "; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1"

// dumpPostgres and fillPostgres hand the lines of an archive through as they
// are: they are what COPY writes and reads.
func dumpPostgres(tx *Tx, query string, w io.Writer) error {
	return tx.onWire(func(c *pgconn.PgConn) error {
		_, err := c.CopyTo(tx.ctx, w, "COPY ("+query+") TO STDOUT")
		return wrapIf(brief(query), err)
	})
}

func fillPostgres(tx *Tx, t archive.Table, lines io.Reader) error {
	from := &source{r: lines}
	return tx.onWire(func(c *pgconn.PgConn) error {
		_, err := c.CopyFrom(tx.ctx, from, "COPY "+quote(t.Name)+" ("+columnNames(t.Columns)+") FROM STDIN")
		if from.err != nil {
			return from.err // the server would only say it in its words
		}
		return wrapIf("copy", err)
	})
}

// source remembers why reading failed.
type source struct {
	r   io.Reader
	err error
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (tx *Tx) onWire(f func(*pgconn.PgConn) error) error {
	return tx.conn.Raw(func(driverConn any) error {
		return f(driverConn.(*stdlib.Conn).Conn().PgConn())
	})
}

// clearPostgres takes the foreign keys away, which are quicker checked once when
// all rows are there, and the walls, behind which COPY does not write. Both are
// the transaction's own affair: nobody else sees the tables until it is over. The
// only triggers are those of the search tables, which are made anew afterwards.
func clearPostgres(tx *Tx, tables []string) (settle func() error, err error) {
	steps := []string{"LOCK TABLE " + quoted(tables) + " IN ACCESS EXCLUSIVE MODE"}
	var back []string
	if err := tx.query(`SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
		WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2`, nil, func(scan func(...any) error) error {
		var table, name, definition string
		err := scan(&table, &name, &definition)
		steps = append(steps, "ALTER TABLE "+table+" DROP CONSTRAINT "+name)
		back = append(back, "ALTER TABLE "+table+" ADD CONSTRAINT "+name+" "+definition)
		return err
	}); err != nil {
		return nil, err
	}
	if err := tx.query(`SELECT oid::regclass::text FROM pg_class
		WHERE relforcerowsecurity AND relnamespace = current_schema()::regnamespace ORDER BY 1`, nil, func(scan func(...any) error) error {
		var table string
		err := scan(&table)
		steps = append(steps, "ALTER TABLE "+table+" NO FORCE ROW LEVEL SECURITY")
		back = append(back, "ALTER TABLE "+table+" FORCE ROW LEVEL SECURITY")
		return err
	}); err != nil {
		return nil, err
	}
	if err := tx.query(`SELECT quote_ident(tgname), tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
		WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace`, nil, func(scan func(...any) error) error {
		var name, table string
		err := scan(&name, &table)
		steps = append(steps, "DROP TRIGGER "+name+" ON "+table)
		return err
	}); err != nil {
		return nil, err
	}
	steps = append(steps, "TRUNCATE "+quoted(tables))
	if err := tx.each(steps); err != nil {
		return nil, fmt.Errorf("empty the tables: %w", err)
	}
	// the planner would otherwise take the tables for empty for a minute
	back = append(back, "ANALYZE "+quoted(tables))
	return func() error { return wrapIf("put back what was lifted", tx.each(back)) }, nil
}

// each runs statements in order. They are texts of the database's own.
func (tx *Tx) each(statements []string) error {
	return tx.onWire(func(c *pgconn.PgConn) error {
		_, err := c.Exec(tx.ctx, strings.Join(statements, "; ")).ReadAll()
		return err
	})
}
