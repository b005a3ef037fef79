package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"nadel/internal/entity"
)

// Tx is one transaction about one workspace, at one instant.
type Tx struct {
	*Store
	ctx       context.Context
	conn      *sql.Conn
	workspace int64
	writing   bool
	at        time.Time
	catalog   *entity.Catalog      // as the workspace sees it
	stmts     map[string]*sql.Stmt // prepared once per transaction
}

// Workspace is the id of the workspace the transaction is about.
func (tx *Tx) Workspace() int64 { return tx.workspace }

// At is the transaction's instant.
func (tx *Tx) At() time.Time { return tx.at }

// Read runs f in a read-only transaction: everything f reads is of one moment.
func (s *Store) Read(ctx context.Context, workspace int64, f func(*Tx) error) error {
	return s.run(ctx, &Tx{workspace: workspace}, strconv.FormatInt(workspace, 10), f)
}

// Write runs f in a transaction that is committed when f returns nil. On SQLite
// writers pass one at a time, so f must be short and wait for nothing outside;
// on PostgreSQL they pass side by side, and f locks what it reads in order to
// decide (locked, takeTurn).
func (s *Store) Write(ctx context.Context, workspace int64, f func(*Tx) error) error {
	return s.run(ctx, &Tx{workspace: workspace, writing: true}, strconv.FormatInt(workspace, 10), f)
}

// everywhere is the sight of the few statements that are about all workspaces;
// installation.go lists them.
const everywhere = "all"

func (s *Store) readAll(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, &Tx{}, everywhere, f)
}

func (s *Store) writeAll(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, &Tx{writing: true}, everywhere, f)
}

func (s *Store) run(ctx context.Context, tx *Tx, sight string, f func(*Tx) error) error {
	return s.runAs(ctx, tx, s.dialect.begin(tx.writing, sight), f)
}

// runAs is run with a text of its own to begin with.
func (s *Store) runAs(ctx context.Context, tx *Tx, begin string, f func(*Tx) error) error {
	db := s.read
	if tx.writing {
		db = s.write
	}
	conn, err := s.begin(ctx, db, begin)
	if err != nil {
		return s.explain(fmt.Errorf("begin transaction: %w", err))
	}
	tx.Store, tx.ctx, tx.conn, tx.at = s, ctx, conn, s.Now()
	committed := false
	began := s.now()
	defer func() { // also for a panic on its way up: SQLite's only writer must not stay locked
		tx.end(committed)
		if tx.writing && s.held != nil {
			s.held(s.now().Sub(began))
		}
	}()
	if err := tx.knowCatalog(); err != nil {
		return s.explain(fmt.Errorf("read the fields of the workspace: %w", err))
	}
	if err := f(tx); err != nil {
		return s.explain(err)
	}
	if err := s.dialect.commit(ctx, conn); err != nil {
		return s.explain(fmt.Errorf("commit: %w", err))
	}
	committed = true
	return nil
}

// patience is how long the beginning of a transaction waits for a database that
// is restarting or changing places: people see a slow page, not a broken one.
const patience = 5 * time.Second

// begin takes a connection and begins a transaction on it. Connections that
// have died are thrown away; nothing has been done on them yet.
func (s *Store) begin(ctx context.Context, db *sql.DB, text string) (*sql.Conn, error) {
	giveUp := time.After(patience)
	for {
		conn, err := db.Conn(ctx)
		pause := 100 * time.Millisecond
		if err == nil {
			if _, err = conn.ExecContext(ctx, text); err == nil {
				return conn, nil
			}
			discard(conn)
			pause = time.Millisecond // there may be more dead ones in the pool, and then live ones
		}
		if ctx.Err() != nil || !s.dialect.away(err) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-giveUp:
			return nil, err
		case <-time.After(pause):
		}
	}
}

// discard closes a connection instead of giving it back to its pool.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // says so in answer, too
	_ = conn.Close()                                           // it is closed already
}

// rollbackTime bounds the farewell to a server that no longer answers.
const rollbackTime = 5 * time.Second

func (tx *Tx) end(committed bool) {
	for _, stmt := range tx.stmts {
		_ = stmt.Close() // what it was for is over
	}
	if !committed {
		// whoever asked may be gone, but the connection is to be used again
		ctx, stop := context.WithTimeout(context.WithoutCancel(tx.ctx), rollbackTime)
		defer stop()
		if _, err := tx.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			discard(tx.conn) // the reason is on its way already
			return
		}
	}
	_ = tx.conn.Close() // gives it back
}

// exec runs a statement and tells how many rows it touched.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	res, err := tx.send(query, storable(args))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", brief(query), err)
	}
	return res.RowsAffected()
}

// query runs f over each row of the answer.
func (tx *Tx) query(query string, args []any, f func(scan func(...any) error) error) error {
	rows, err := tx.ask(query, storable(args))
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

func (tx *Tx) send(query string, args []any) (sql.Result, error) {
	if !tx.dialect.prepares {
		return tx.conn.ExecContext(tx.ctx, tx.dialect.rebind(query), args...)
	}
	stmt, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	if err := tx.ctx.Err(); err != nil {
		return nil, err
	}
	// Each call that may be interrupted costs the driver a goroutine, which takes
	// longer than writing a row; nothing that is written here is long.
	return stmt.ExecContext(context.WithoutCancel(tx.ctx), args...)
}

func (tx *Tx) ask(query string, args []any) (*sql.Rows, error) {
	if !tx.dialect.prepares {
		return tx.conn.QueryContext(tx.ctx, tx.dialect.rebind(query), args...)
	}
	stmt, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(tx.ctx, args...)
}

func (tx *Tx) prepare(query string) (*sql.Stmt, error) {
	if stmt := tx.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := tx.conn.PrepareContext(tx.ctx, tx.dialect.rebind(query))
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if tx.stmts == nil {
		tx.stmts = map[string]*sql.Stmt{}
	}
	tx.stmts[query] = stmt
	return stmt, nil
}

// storable replaces what no text may hold on PostgreSQL, zero bytes and broken
// UTF-8. Both engines get the same, so that both answer the same.
func storable(args []any) []any {
	var clean []any
	for i, arg := range args {
		text, ok := arg.(string)
		if !ok || isStorable(text) {
			continue
		}
		if clean == nil {
			clean = append(clean, args...)
		}
		clean[i] = storableText(text)
	}
	if clean == nil {
		return args
	}
	return clean
}

func isStorable(text string) bool { return strings.IndexByte(text, 0) < 0 && utf8.ValidString(text) }

func storableText(text string) string {
	if isStorable(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// locked is written after a SELECT whose rows the transaction is about to decide
// on: nobody else changes them before it ends. In a reading transaction it is
// nothing.
func (tx *Tx) locked() string { return tx.ifWriting(tx.dialect.locked) }

func (tx *Tx) ifWriting(lock string) string {
	if !tx.writing {
		return ""
	}
	return lock
}

// takeTurn waits until no other transaction has the turn of this name, and keeps
// it until the end: for decisions about what does not exist yet.
func (tx *Tx) takeTurn(name string) error {
	if tx.dialect.turn == "" {
		return nil
	}
	_, err := tx.exec(tx.dialect.turn, name)
	return err
}

// alone makes the transactions of the workspace that call it pass one at a time:
// those that look whether a name is free, or how many are left.
func (tx *Tx) alone() error {
	if tx.dialect.locked == "" {
		return nil
	}
	_, err := tx.exec("SELECT id FROM workspaces WHERE id = ?"+tx.dialect.locked, tx.workspace)
	return err
}

// enter makes a transaction about all workspaces one about this workspace.
func (tx *Tx) enter(workspace int64) error {
	tx.workspace = workspace
	if tx.dialect.enter != "" {
		if _, err := tx.exec(tx.dialect.enter + strconv.FormatInt(workspace, 10)); err != nil {
			return err
		}
	}
	return tx.knowCatalog()
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
