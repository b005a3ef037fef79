package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"nadel/internal/fault"
)

var postgresDialect = dialect{
	name:     "postgres",
	clock:    "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)",
	text:     `TEXT COLLATE "C"`,
	walled:   "SELECT wall_off('$1');",
	unwalled: "SELECT set_config('nadel.workspace', 'all', true);",
	contains: "strpos",
	holds:    " ~ ?",
	pattern:  regexPattern,
	selfChecks: []string{
		// the second wall between workspaces must stand in front of every table
		`SELECT 'table ' || c.relname || ' has no forced row security' FROM pg_class c
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
			WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
				AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
				AND c.relname NOT LIKE '%\_search'`, // see search_postgres.go
	},
	// tables' own indexes only: those of the catalogs are the server's
	indexChecks: `SELECT format('SELECT %s(%L::regclass)', p.oid::regproc, i.indexrelid::regclass::text)
		FROM pg_proc p CROSS JOIN pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
		WHERE p.proname = 'bt_index_check' AND p.pronargs = 1 AND has_function_privilege(p.oid, 'EXECUTE')
			AND EXISTS (SELECT 1 FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid AND x.extname = 'amcheck' WHERE d.objid = p.oid)
			AND a.amname = 'btree' AND c.relkind = 'i' AND c.relnamespace = current_schema()::regnamespace AND i.indisvalid`,
	damaged: func(err error) bool { return strings.HasPrefix(postgresCode(err), "XX") },
	// not FOR UPDATE: new rows that refer to the locked one need not wait
	locked:        " FOR NO KEY UPDATE",
	going:         " FOR UPDATE",
	kept:          " FOR KEY SHARE",
	skipLocked:    " FOR UPDATE SKIP LOCKED",
	turn:          "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))",
	joining:       joiningPostgres,
	enter:         "SET LOCAL nadel.workspace = ",
	columns:       true,
	chunk:         400 * time.Millisecond,
	open:          openPostgres,
	begin:         beginPostgres,
	commit:        commitPostgres,
	rebind:        rebindPostgres,
	migrating:     migratingPostgres,
	searchTable:   postgresSearchTable,
	searchFill:    postgresSearchFill,
	searchFind:    postgresSearchFind,
	searchEntered: postgresSearchEntered,
	full:          func(err error) bool { return postgresCode(err) == "53100" },
	unique:        func(err error) bool { return postgresCode(err) == "23505" },
	unwell:        postgresUnwell,
	away:          postgresAway,
	tables:        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace",
	columnsOf: `SELECT a.attname::text, format_type(a.atttypid, NULL), COALESCE(k.place, 0) FROM pg_attribute a
		LEFT JOIN (pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (n, place))
			ON i.indrelid = a.attrelid AND i.indisprimary AND k.n = a.attnum
		WHERE a.attrelid = to_regclass(quote_ident(?)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
	beginSave: beginPostgres(false, everywhere) + carrying,
	beginLoad: beginPostgres(true, everywhere) + carrying,
	dump:      dumpPostgres,
	fill:      fillPostgres,
	clear:     clearPostgres,
}

// Bounds of the two pools of a process. Three nodes fit into a server's usual
// hundred connections; pool_max_conns in the address sets another sum.
const (
	postgresConns  = 32
	writersOfEvery = 3 // of so many connections one writes
	connIdle       = 5 * time.Minute
	connLife       = 30 * time.Minute // so that work spreads again after a failover
	connectTimeout = 5 * time.Second  // for each host of the address
)

func openPostgres(address string) (write, read *sql.DB, err error) {
	config, err := pgx.ParseConfig(address)
	if err != nil { // the driver leaves the password out of what it says
		return nil, nil, fault.New(fault.Usage, "error.database_address", "detail", err.Error())
	}
	conns := postgresConns
	if text, given := config.RuntimeParams["pool_max_conns"]; given {
		delete(config.RuntimeParams, "pool_max_conns")
		if conns, err = strconv.Atoi(text); err != nil || conns < 2 {
			return nil, nil, fault.New(fault.Usage, "error.database_address", "detail", "pool_max_conns: "+text)
		}
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "nadel"
	}
	if u, err := url.Parse(address); err == nil && !u.Query().Has("connect_timeout") {
		config.ConnectTimeout = connectTimeout
	}
	if config.ValidateConnect == nil && !strings.Contains(address, "target_session_attrs") {
		// of several hosts only the one that can be written to is of use
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	pool := func(most int) *sql.DB {
		db := stdlib.OpenDB(*config)
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(most)
		db.SetConnMaxIdleTime(connIdle)
		db.SetConnMaxLifetime(connLife)
		return db
	}
	// Two pools, because a use case may read while it waits for a writer.
	writers := max(1, conns/writersOfEvery)
	return pool(writers), pool(conns - writers), nil
}

// idleInTransaction is how long a transaction may stand still. A frozen process
// must not keep what it has locked from the node that takes its work over.
const idleInTransaction = "15s"

// beginPostgres begins, and says what the transaction may see, in one journey.
// sight is a number or "all", never anybody's input.
func beginPostgres(write bool, sight string) string {
	mode := "ISOLATION LEVEL REPEATABLE READ READ ONLY"
	if write {
		mode = "ISOLATION LEVEL READ COMMITTED READ WRITE"
	}
	return "BEGIN " + mode + "; SET LOCAL nadel.workspace = '" + sight + "'" +
		"; SET LOCAL idle_in_transaction_session_timeout = '" + idleInTransaction + "'"
}

// commitPostgres commits, and takes for a failure what the server calls a
// success: that it has rolled back a transaction in which a statement failed.
func commitPostgres(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(driverConn any) error {
		tag, err := driverConn.(*stdlib.Conn).Conn().Exec(ctx, "COMMIT")
		if err == nil && tag.String() == "ROLLBACK" {
			err = errors.New("a statement had failed, so everything was rolled back")
		}
		return err
	})
}

// rebindPostgres numbers the placeholders, but for question marks in quotes.
func rebindPostgres(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n, quoted := 0, byte(0)
	for i := range len(query) {
		switch c := query[i]; {
		case quoted != 0:
			if c == quoted { // a doubled quote closes and opens again
				quoted = 0
			}
			b.WriteByte(c)
		case c == '?':
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			if c == '\'' || c == '"' {
				quoted = c
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func postgresAway(err error) bool {
	if errors.Is(err, driver.ErrBadConn) {
		return true
	}
	switch code := postgresCode(err); code {
	case "", // no word from a server: the connection broke, or none was made
		"57P01", "57P02", "57P03", // stopping, crashed, starting
		"53300", // too many connections
		"0A000": // not to be written to: it has become a standby
		return true
	default:
		return strings.HasPrefix(code, "08")
	}
}

// postgresUnwell: besides being away, a server that was stopped under our hands,
// that lacks means, that cannot read or write, or that broke a knot of
// transactions by ending ours.
func postgresUnwell(err error) bool {
	code := postgresCode(err)
	if code == "" {
		var broken *net.OpError
		return errors.Is(err, driver.ErrBadConn) || errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF) ||
			pgconn.SafeToRetry(err)
	}
	for _, class := range []string{"08", "40", "53", "57P", "58", "25P03"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}

// oldestPostgres is the first version that the program is tested with.
const oldestPostgres = 150000

// migratingPostgres takes a lock that lasts as long as its connection, so that a
// process that is killed releases it. It asks again and again instead of
// waiting in the server, where a waiting statement would hold up an index built
// concurrently.
func migratingPostgres(ctx context.Context, db *sql.DB) (release func(), err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	release = func() { discard(conn) }
	if err := suits(ctx, conn); err != nil {
		release()
		return nil, err
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte("nadel migrate")) // never fails
	for {
		var got bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(h.Sum64())).Scan(&got); err != nil {
			release()
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
		if got {
			return release, nil
		}
		select {
		case <-ctx.Done():
			release()
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func suits(ctx context.Context, conn *sql.Conn) error {
	var version int
	var encoding string
	if err := conn.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding); err != nil {
		return fmt.Errorf("ask what the server is: %w", err)
	}
	if version < oldestPostgres {
		return fault.New(fault.Usage, "error.database_too_old", "oldest", oldestPostgres/10000, "version", version/10000)
	}
	if encoding != "UTF8" {
		return fault.New(fault.Usage, "error.database_encoding", "encoding", encoding)
	}
	return nil
}
