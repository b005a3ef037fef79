// Package store keeps everything in SQLite or PostgreSQL. It is the only place
// with SQL. It knows records, history, imports, employees and sessions as data;
// it does not know who may see or do what (that is access) nor how a file turns
// into changes (that is bulk).
//
// Every statement about a workspace's data names workspace_id; a Tx is bound to
// one workspace and supplies it. The exceptions are in installation.go.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// Store is an open database.
type Store struct {
	name    string // what it may be called in messages
	catalog *entity.Catalog
	dialect dialect
	now     func() time.Time
	lease   time.Duration
	owns    sync.Map // of workspace number: ownCatalog, what was last read of its own fields
	held    func(time.Duration)
	works   atomic.Int64 // calls of Work
	write   *sql.DB      // SQLite: one connection, every transaction begins by taking the write lock
	read    *sql.DB
}

// Options of Open. The zero value is for production.
type Options struct {
	Now      func() time.Time // the clock; nil is the real one
	Lease    time.Duration    // how long a claim lasts without being renewed; 0 is LeaseTime
	Existing bool             // refuse a file that is not there, instead of making it

	// Held is told how long each writing transaction lasted, from the moment when
	// it had what it needs to write (SQLite: the write lock) until the next one
	// could begin.
	Held func(time.Duration)
}

// Open opens the database at address: a file path (SQLite, made when absent) or
// postgres://… (which must exist). It does not migrate. An address that cannot
// be understood is a fault.
func Open(ctx context.Context, address string, c *entity.Catalog, o Options) (*Store, error) {
	s := &Store{name: withoutPassword(address), catalog: c, dialect: dialectFor(address), now: o.Now, lease: cmp.Or(o.Lease, LeaseTime), held: o.Held}
	if s.now == nil {
		s.now = time.Now
	}
	if _, err := os.Stat(address); o.Existing && s.dialect.file && errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Usage, "error.no_database", "name", address)
	}
	var err error
	if s.write, s.read, err = s.dialect.open(address); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := s.write.PingContext(ctx); err != nil {
		_ = s.Close() // the reason is on its way already
		return nil, fmt.Errorf("open database %s: %w", s.name, err)
	}
	return s, nil
}

// withoutPassword is an address as it may stand in a log.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return address // a path
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
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

// Catalog is the declarations this store was opened with, without the fields that
// workspaces add to them: those are in the transaction's.
func (s *Store) Catalog() *entity.Catalog { return s.catalog }

// Now is the store's clock: UTC, to the millisecond.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// ChunkTime is how long a transaction of mass editing should take. On SQLite
// everybody who writes waits for it, elsewhere only who changes the same records.
func (s *Store) ChunkTime() time.Duration { return s.dialect.chunk }

// explain turns what people can act on (a full disk) into a fault.
func (s *Store) explain(err error) error {
	if s.dialect.full(err) {
		return fmt.Errorf("%w: %w", fault.New(fault.NoSpace, "error.no_space"), err)
	}
	return err
}

// Unwell tells whether an error is the database's and not the work's: it is away,
// has no space, cannot read or write its disk. What was being done may be tried
// again as it is.
func (s *Store) Unwell(err error) bool {
	return s.dialect.full(err) || s.dialect.unwell(err)
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
