package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var sqliteDialect = dialect{
	name:      "sqlite3",
	file:      true,
	clock:     "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
	text:      "TEXT",
	clustered: "WITHOUT ROWID",
	contains:  "instr",
	holds:     " GLOB ?",
	pattern:   globPattern,
	selfChecks: []string{
		"PRAGMA integrity_check",
		"SELECT 'row of ' || \"table\" || ' refers to a missing row of ' || parent FROM pragma_foreign_key_check",
	},
	open: openSQLite,
	begin: func(write bool, _ string) string {
		if write {
			return "BEGIN IMMEDIATE"
		}
		return "BEGIN"
	},
	commit: func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "COMMIT")
		return err
	},
	chunk:         40 * time.Millisecond,
	settle:        "PRAGMA wal_checkpoint(PASSIVE)",
	prepares:      true,
	rebind:        func(query string) string { return query },
	migrating:     migratingSQLite,
	searchTable:   sqliteSearchTable,
	searchFill:    sqliteSearchFill,
	searchFind:    sqliteSearchFind,
	searchEntered: sqliteSearchEntered,
	tables:        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
	columnsOf:     "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid",
	beginSave:     "BEGIN",
	beginLoad:     "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE",
	afterLoad:     "PRAGMA foreign_keys = ON",
	dump:          dumpRows,
	fill:          fillRowByRow,
	clear:         clearOneByOne,
	full: func(err error) bool {
		return sqliteCode(err)&0xff == sqlite3.SQLITE_FULL
	},
	unique: func(err error) bool {
		code := sqliteCode(err)
		return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	},
	unwell: func(err error) bool {
		switch sqliteCode(err) & 0xff {
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
			return true
		}
		return false
	},
	away: func(error) bool { return false },
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
		"&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)"
	// A page that enters a cache for the first time costs memory that must be made,
	// and whoever reads loses all of his with every commit of another. So readers
	// have little and fetch again from the system.
	const writerCache, readerCache = "&_pragma=cache_size(-32000)", "&_pragma=cache_size(-2000)"
	// Mass editing has the log emptied by a reader (dialect.settle). When it grows
	// long nevertheless, whoever commits next does it, while others wait.
	const writerLog = "&_pragma=wal_autocheckpoint(2000)"
	dsn := func(more string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas + more
	}
	if write, err = sql.Open("sqlite", dsn(writerCache+writerLog+"&_txlock=immediate")); err != nil {
		return nil, nil, fmt.Errorf("sqlite: %w", err)
	}
	write.SetMaxOpenConns(1)
	if read, err = sql.Open("sqlite", dsn(readerCache+"&_txlock=deferred&_pragma=query_only(ON)")); err != nil {
		return write, nil, fmt.Errorf("sqlite: %w", err)
	}
	readers := max(4, 2*runtime.NumCPU())
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return write, read, nil
}

// migratingSQLite locks the folder of the database's file.
func migratingSQLite(ctx context.Context, db *sql.DB) (release func(), err error) {
	var file string
	if err := db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return nil, fmt.Errorf("ask for the file: %w", err)
	}
	return lockFolder(ctx, filepath.Dir(file))
}
