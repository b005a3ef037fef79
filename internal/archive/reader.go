package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"nadel/internal/fault"
)

// Reader reads an archive and believes nothing of it that its sums do not bear
// out. What is not as it was written is a fault that names the table.
type Reader struct {
	Counter

	Header Header

	r      *bufio.Reader
	heads  hash.Hash
	tables int
	table  string // the last one begun
	rows   *rows  // of that table
	limit  int
}

// longestHead bounds the lines in braces.
const longestHead = 1 << 20

// NewReader reads what the archive says about itself.
func NewReader(r io.Reader) (*Reader, error) {
	a := &Reader{r: bufio.NewReaderSize(r, 1<<18), heads: sha256.New(), limit: longestHead}
	begin := make([]byte, len(magic))
	if _, err := io.ReadFull(a.r, begin); err != nil || string(begin) != magic {
		return nil, fault.New(fault.Refused, "error.not_a_backup")
	}
	head, err := a.head()
	if err != nil {
		return nil, err
	}
	return a, a.parse(head, &a.Header)
}

// Next goes on to the next table. After the last one it makes sure that the
// archive ends as it was closed, and answers io.EOF.
func (a *Reader) Next() (Table, error) {
	var t Table
	if a.rows != nil {
		if _, err := io.Copy(io.Discard, a.rows); err != nil {
			return t, err
		}
	}
	sofar := hex.EncodeToString(a.heads.Sum(nil))
	head, err := a.head()
	if err != nil {
		return t, err
	}
	if !bytes.HasPrefix(head, []byte(`{"table":`)) {
		return t, a.end(head, sofar)
	}
	if err := a.parse(head, &t); err != nil {
		return t, err
	}
	a.table = t.Name
	a.tables++
	sum, err := NewSummer(t)
	if err != nil {
		return t, err
	}
	a.rows = &rows{archive: a, sum: sum, fresh: true}
	return t, nil
}

func (a *Reader) end(head []byte, sofar string) error {
	var e end
	if err := a.parse(head, &e); err != nil {
		return err
	}
	if e.Tables != a.tables || e.SHA256 != sofar {
		return a.damaged(errors.New("the sum over all tables is another"))
	}
	if _, err := a.r.ReadByte(); !errors.Is(err, io.EOF) {
		return a.damaged(errors.Join(errors.New("something stands behind the end"), err))
	}
	return io.EOF
}

// Rows are the lines of the table that Next answered. They end with io.EOF only
// when they are all there and unchanged.
func (a *Reader) Rows() io.Reader { return a.rows }

// Sum is what the rows have come to, once they are read.
func (a *Reader) Sum() Sum { return a.rows.sum.Sum() }

// damaged says that the archive is not as it was written.
func (a *Reader) damaged(err error) error {
	return errors.Join(fault.New(fault.Refused, "error.backup_damaged", "table", a.table, "problem", err.Error()), err)
}

func (a *Reader) head() ([]byte, error) {
	var text []byte
	for {
		part, err := a.r.ReadSlice('\n')
		text = append(text, part...)
		if len(text) > a.limit {
			return nil, a.damaged(errors.New("a head is too long"))
		}
		if err == nil {
			_, _ = a.heads.Write(text) // never fails
			return text, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, a.damaged(broken(err))
		}
	}
}

// parse accepts only what the writer would have written.
func (a *Reader) parse(text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return a.damaged(fmt.Errorf("a head cannot be read: %w", err))
	}
	return nil
}

// broken calls an end in the middle by its name.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// rows is the lines of one table up to their end, whose sum it compares.
type rows struct {
	archive *Reader
	sum     *Summer
	pending []byte // read and not yet handed out
	fresh   bool   // the next byte begins a line
	err     error
}

// Read hands out some of the lines.
func (r *rows) Read(p []byte) (int, error) {
	if len(r.pending) == 0 && r.err == nil {
		r.more()
	}
	if len(r.pending) == 0 {
		return 0, r.err
	}
	n := copy(p, r.pending)
	r.pending = r.pending[n:]
	return n, nil
}

// more reads a line, or a part of a long one.
func (r *rows) more() {
	part, err := r.archive.r.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		r.err = r.archive.damaged(broken(err))
		return
	}
	if r.fresh && string(part) == rowsEnd {
		r.err = r.finish()
		return
	}
	r.fresh = err == nil
	_, _ = r.archive.Counter.Write(part) // never fails
	_, _ = r.sum.Write(part)             // never fails
	r.pending = part
}

func (r *rows) finish() error {
	head, err := r.archive.head()
	if err != nil {
		return err
	}
	var said Sum
	if err := r.archive.parse(head, &said); err != nil {
		return err
	}
	if got := r.sum.Sum(); got != said {
		return r.archive.damaged(fmt.Errorf("%d rows with sum %s, not %d with %s", got.Rows, got.SHA256, said.Rows, said.SHA256))
	}
	return io.EOF
}
