// Package archive is the form in which a whole installation travels: from one
// database into another, or into a file and back. It is one stream of tables and
// their rows, the same for both engines, with a sum behind each table and one
// over all. It knows nothing of SQL, nor what the tables mean.
//
// The stream is text, a line for each thing:
//
//	nadel archive 1
//	{"schema":6,"rows":3,…}                             what it is
//	{"table":"companies","columns":[…]}                 a table begins
//	1⇥57⇥Василёк⇥\N                                     its rows, as PostgreSQL's COPY writes them
//	\.                                                  its rows end
//	{"rows":1,"sha256":"…"}                             what they came to
//	{"tables":1,"sha256":"…"}                           the end; the sum is over all lines in braces
//
// Rows stand in the order of the table's key, so that equal tables have equal
// sums whichever engine they come from.
package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"
)

const (
	magic   = "nadel archive 1\n"
	rowsEnd = "\\.\n"
)

// Header is what an archive says about itself.
type Header struct {
	Schema int64     `json:"schema"` // the version of the schema that the rows are of
	Rows   int64     `json:"rows"`   // of all tables together
	MadeAt time.Time `json:"made_at"`
}

// Type is the type of a column, as far as carrying it needs.
type Type string

// The types that archives carry.
const (
	Integer Type = "integer"
	Real    Type = "real"
	Text    Type = "text"
	Bytes   Type = "bytes"
)

// Column is one column of a table.
type Column struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// Table is the head of a table.
type Table struct {
	Name    string   `json:"table"`
	Columns []Column `json:"columns"`
}

// Sum is what the rows of a table come to.
type Sum struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // over the head and the rows
}

type end struct {
	Tables int    `json:"tables"`
	SHA256 string `json:"sha256"`
}

// Summer sums up the lines that are written to it.
type Summer struct {
	rows int64
	sum  hash.Hash
}

// NewSummer begins the sum of a table with its head.
func NewSummer(t Table) (*Summer, error) {
	head, err := line(t)
	if err != nil {
		return nil, err
	}
	s := &Summer{sum: sha256.New()}
	_, _ = s.sum.Write(head) // never fails
	return s, nil
}

// Write takes some of the lines.
func (s *Summer) Write(p []byte) (int, error) {
	s.rows += int64(bytes.Count(p, []byte{'\n'}))
	return s.sum.Write(p)
}

// Sum is what it came to.
func (s *Summer) Sum() Sum { return Sum{s.rows, hex.EncodeToString(s.sum.Sum(nil))} }

// Counter counts the lines that are written to it, and tells now and then how
// many there were.
type Counter struct {
	Tell func(rows int64) // nil: nobody
	rows int64
}

// news is how many rows pass between two pieces of news.
const news = 10_000

// Write counts some of the lines.
func (c *Counter) Write(p []byte) (int, error) {
	before := c.rows
	c.rows += int64(bytes.Count(p, []byte{'\n'}))
	if c.Tell != nil && before/news != c.rows/news {
		c.Tell(c.rows)
	}
	return len(p), nil
}

// Writer writes an archive.
type Writer struct {
	Counter

	w      io.Writer
	heads  hash.Hash // over all lines in braces
	tables int
}

// NewWriter begins an archive.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	a := &Writer{w: w, heads: sha256.New()}
	if _, err := io.WriteString(w, magic); err != nil {
		return nil, fmt.Errorf("begin the archive: %w", err)
	}
	return a, a.head(h)
}

// Table writes a table whose rows are written by f, whole lines in all.
func (a *Writer) Table(t Table, f func(io.Writer) error) error {
	if err := a.head(t); err != nil {
		return err
	}
	sum, err := NewSummer(t)
	if err != nil {
		return err
	}
	if err := f(io.MultiWriter(a.w, sum, &a.Counter)); err != nil {
		return err
	}
	if _, err := io.WriteString(a.w, rowsEnd); err != nil {
		return fmt.Errorf("write table %s: %w", t.Name, err)
	}
	a.tables++
	return a.head(sum.Sum())
}

// Close writes the end, without which an archive is not whole.
func (a *Writer) Close() error {
	return a.head(end{a.tables, hex.EncodeToString(a.heads.Sum(nil))})
}

func (a *Writer) head(v any) error {
	text, err := line(v)
	if err != nil {
		return err
	}
	_, _ = a.heads.Write(text) // never fails
	if _, err := a.w.Write(text); err != nil {
		return fmt.Errorf("write to the archive: %w", err)
	}
	return nil
}

func line(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write to the archive: %w", err)
	}
	return append(text, '\n'), nil
}
