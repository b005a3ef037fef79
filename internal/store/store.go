// Package store keeps everything in SQLite or PostgreSQL. It is the only place
// with SQL. It knows records, history, imports, employees and sessions as data;
// it does not know who may see or do what (that is access) nor how a file turns
// into changes (that is bulk).
//
// Every statement about a workspace's data names workspace_id; a Tx is bound to
// one workspace and supplies it. The exceptions are in installation.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// Store is an open database.
type Store struct {
	catalog *entity.Catalog
	dialect dialect
	now     func() time.Time
	write   *sql.DB // SQLite: one connection, every transaction begins by taking the write lock
	read    *sql.DB
}

// Options of Open. The zero value is for production.
type Options struct {
	Now func() time.Time // the clock; nil is the real one
}

// Open opens the database at address: a file path (SQLite, made when absent) or
// postgres://… (not yet). It does not migrate.
func Open(ctx context.Context, address string, c *entity.Catalog, o Options) (*Store, error) {
	d, err := dialectFor(address)
	if err != nil {
		return nil, err
	}
	s := &Store{catalog: c, dialect: d, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if s.write, s.read, err = d.open(address); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := s.write.PingContext(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open database %s: %w", address, err)
	}
	return s, nil
}

// Close closes the database. A store that failed to open may be closed too.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Catalog is the declarations this store was opened with.
func (s *Store) Catalog() *entity.Catalog { return s.catalog }

// Now is the store's clock: UTC, to the millisecond.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// Tx is one transaction about one workspace, at one instant.
type Tx struct {
	*Store
	ctx       context.Context
	tx        *sql.Tx
	workspace int64
	at        time.Time
	stmts     map[string]*sql.Stmt
}

// Workspace is the id of the workspace the transaction is about.
func (tx *Tx) Workspace() int64 { return tx.workspace }

// At is the transaction's instant.
func (tx *Tx) At() time.Time { return tx.at }

// Read runs f in a read-only transaction: everything f reads is of one moment.
func (s *Store) Read(ctx context.Context, workspace int64, f func(*Tx) error) error {
	return s.run(ctx, s.read, workspace, &sql.TxOptions{ReadOnly: true}, f)
}

// Write runs f in a transaction that is committed when f returns nil. On SQLite
// writers pass one at a time, so f must be short and wait for nothing outside.
func (s *Store) Write(ctx context.Context, workspace int64, f func(*Tx) error) error {
	return s.run(ctx, s.write, workspace, nil, f)
}

func (s *Store) run(ctx context.Context, db *sql.DB, workspace int64, o *sql.TxOptions, f func(*Tx) error) error {
	sqlTx, err := db.BeginTx(ctx, o)
	if err != nil {
		return s.explain(fmt.Errorf("begin transaction: %w", err))
	}
	committed := false
	defer func() {
		if !committed { // a failure, or a panic on its way up: SQLite's only writer must not stay locked
			_ = sqlTx.Rollback() // fails for the reason that is on its way already
		}
	}()
	tx := &Tx{Store: s, ctx: ctx, tx: sqlTx, workspace: workspace, at: s.Now()}
	if err := f(tx); err != nil {
		return s.explain(err)
	}
	if err := sqlTx.Commit(); err != nil {
		return s.explain(fmt.Errorf("commit: %w", err))
	}
	committed = true
	return nil
}

// explain turns what people can act on (a full disk) into a fault.
func (s *Store) explain(err error) error {
	if s.dialect.full(err) {
		return fmt.Errorf("%w: %w", fault.New(fault.NoSpace, "error.no_space"), err)
	}
	return err
}

// exec runs a statement and tells how many rows it touched. Statements are
// prepared once per transaction.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	stmt, err := tx.prepare(query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", brief(query), err)
	}
	return res.RowsAffected()
}

// query runs f over each row of the answer.
func (tx *Tx) query(query string, args []any, f func(scan func(...any) error) error) error {
	stmt, err := tx.prepare(query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(tx.ctx, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", brief(query), err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", brief(query), err)
	}
	return nil
}

// one reads a single row into dest; found is false when there is none.
func (tx *Tx) one(query string, args []any, dest ...any) (found bool, err error) {
	err = tx.query(query, args, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	})
	return found, err
}

func (tx *Tx) prepare(query string) (*sql.Stmt, error) {
	if stmt := tx.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := tx.tx.PrepareContext(tx.ctx, tx.dialect.rebind(query))
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", brief(query), err)
	}
	if tx.stmts == nil {
		tx.stmts = map[string]*sql.Stmt{}
	}
	tx.stmts[query] = stmt // closed by the end of the transaction
	return stmt, nil
}

// brief is enough of a statement to find it in the source.
func brief(query string) string {
	const most = 60
	runes := []rune(entity.Squeeze(query))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}

// millis and instant convert between the clock and the database.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
