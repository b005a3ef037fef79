package store

import (
	"context"
	"database/sql"
	"io"
	"strings"
	"time"

	"nadel/internal/archive"
	"nadel/internal/entity"
)

// dialect is what the engines truly disagree on. Words are written into the one
// SQL text; those that an engine has no need of are empty there.
type dialect struct {
	name      string                   // as goose calls it, and as files of migrations name it
	file      bool                     // an address is the path of a file
	clock     string                   // expression: the database's time in milliseconds, which leases go by
	text      string                   // type: text that is compared by its bytes
	clustered string                   // written after a table that is its own primary key index
	walled    string                   // statement of a migration: builds the second wall between workspaces in front of the table $1
	unwalled  string                   // statement of a migration: it sees the rows of every workspace from now on
	contains  string                   // function: where in a text, its first argument, another begins; 0 is nowhere
	holds     string                   // written after a text: the pattern, an argument, is found in it
	pattern   func(text string) string // the pattern of a text in letters of any case
	// selfChecks are statements whose rows say "ok" or what is wrong.
	selfChecks []string
	// indexChecks is a statement for statements, each of which fails as damaged
	// tells when an index is broken.
	indexChecks string
	damaged     func(error) bool

	// SQLite lets one transaction write at a time, so what is read in it stays
	// true until it ends. Elsewhere these words say what must.
	locked     string // written after a SELECT: its rows wait for other writers, and other writers for us
	going      string // the same for rows that may have to go: nobody refers to them anew meanwhile
	kept       string // the same for rows that are referred to: they may change, but not go
	skipLocked string // the same, leaving out rows that somebody else holds
	turn       string // statement: waits until every other transaction that took the turn of this name is over
	joining    string // statement: how two tables are joined from now on, by hash tables and by looking up, each on or off
	enter      string // beginning of a statement, its number follows: the workspace that the transaction may see from now on

	open    func(address string) (write, read *sql.DB, err error)
	begin   func(write bool, sight string) string // the text that begins a transaction
	commit  func(context.Context, *sql.Conn) error
	columns bool // whole columns of values go to a statement as arguments; elsewhere prepared statements, row by row, are faster
	// chunk is how long a transaction of mass editing may take: as long as others
	// can be kept waiting for what it locks.
	chunk    time.Duration
	settle   string // statement: what chunks have written goes to its place; a reader says it, others can write meanwhile
	prepares bool   // statements are prepared by us; elsewhere the driver keeps them from transaction to transaction
	rebind   func(query string) string
	// migrating holds off every other process that would migrate, until release;
	// it refuses a database that cannot hold the schema.
	migrating func(context.Context, *sql.DB) (release func(), err error)

	searchTable func(*entity.Entity) []string                                              // statements that make a search table anew
	searchFill  func(*entity.Entity) string                                                // statement that enters stored records into it
	searchFind  func(e *entity.Entity, workspace int64, groups [][]string) (string, []any) // query for ids that hold one run of letters of each group
	// searchEntered is the query for the records with ids after one and up to another that it knows
	searchEntered func(e *entity.Entity, workspace, after, last int64) (string, []any)
	// What carrying a whole installation needs (save.go, load.go).
	tables    string // statement: the names of all tables
	columnsOf string // statement: name, type and place in the key (0: none) of a table's columns
	beginSave string // begins a transaction that sees everything, as it is at one moment
	beginLoad string // begins one that may write everything
	afterLoad string // said when it is over
	dump      func(tx *Tx, query string, w io.Writer) error
	fill      func(tx *Tx, t archive.Table, lines io.Reader) error
	// clear empties the tables and lifts what would slow down filling them, or
	// forbid it; settle puts it back and sees that it holds.
	clear func(tx *Tx, tables []string) (settle func() error, err error)

	full   func(error) bool // whether the error says that a disk is full
	unique func(error) bool // whether a uniqueness rule was broken
	unwell func(error) bool // whether the error is the database's own trouble, such as a disk that cannot be read
	away   func(error) bool // whether the error, at the beginning of a transaction, says that the database may be back soon
}

func dialectFor(address string) dialect {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return postgresDialect
	}
	return sqliteDialect
}

// quote writes a name from the catalog as SQL: "group" is a field and a keyword.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
