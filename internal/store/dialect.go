package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"nadel/internal/fault"
)

// dialect is what the engines truly disagree on.
type dialect struct {
	name      string // as goose calls it
	clock     string // expression: the database's time in milliseconds, which leases go by
	clustered string // written after a table that is its own primary key index
	// selfChecks are statements whose rows say "ok" or what is wrong.
	selfChecks []string
	contains   string // function: where in a text, its first argument, another begins; 0 is nowhere
	open       func(address string) (write, read *sql.DB, err error)
	rebind     func(query string) string
	full       func(error) bool // whether the error says that a disk is full
	unique     func(error) bool // whether a uniqueness rule was broken
}

func dialectFor(address string) (dialect, error) {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return dialect{}, fault.New(fault.Usage, "error.postgres_not_yet")
	}
	return sqliteDialect, nil
}

var sqliteDialect = dialect{
	name:      "sqlite3",
	clock:     "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
	clustered: "WITHOUT ROWID",
	contains:  "instr",
	selfChecks: []string{
		"PRAGMA integrity_check",
		"SELECT 'row of ' || \"table\" || ' refers to a missing row of ' || parent FROM pragma_foreign_key_check",
	},
	open:   openSQLite,
	rebind: func(query string) string { return query },
	full: func(err error) bool {
		return sqliteCode(err)&0xff == sqlite3.SQLITE_FULL
	},
	unique: func(err error) bool {
		code := sqliteCode(err)
		return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	},
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// openSQLite opens one connection that writes and a pool that reads. The write
// lock is taken at BEGIN, so that a transaction never fails half way for want
// of it; other processes (the command line beside a server) wait up to busy_timeout.
func openSQLite(path string) (write, read *sql.DB, err error) {
	pragmas := "_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)"
	dsn := func(more string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas + more
	}
	if write, err = sql.Open("sqlite", dsn("&_txlock=immediate")); err != nil {
		return nil, nil, fmt.Errorf("sqlite: %w", err)
	}
	write.SetMaxOpenConns(1)
	if read, err = sql.Open("sqlite", dsn("&_txlock=deferred&_pragma=query_only(ON)")); err != nil {
		return write, nil, fmt.Errorf("sqlite: %w", err)
	}
	readers := max(4, 2*runtime.NumCPU())
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return write, read, nil
}

// quote writes a name from the catalog as SQL: "group" is a field and a keyword.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
