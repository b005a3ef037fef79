package sheet

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"
	"sync/atomic"
)

// csvBook is a CSV file whose encoding and separator are known.
type csvBook struct {
	r        io.ReaderAt
	size     int64
	encoding textEncoding
	comma    byte
	skip     bool // the first line is sep=…
	limits   Limits
}

func (b *csvBook) format() Format {
	if b.comma == '\t' {
		return TSV
	}
	return CSV
}

func (b *csvBook) sheets() []Info { return []Info{{Rows: true}} }
func (b *csvBook) date1904() bool { return false }

func (b *csvBook) rows(int) (rowSource, error) {
	s := newCSVScanner(b.comma, b.limits)
	s.in = newTextReader(b.r, b.size, b.encoding)
	s.total = b.size
	if b.skip {
		if err := s.skipLine(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// csvScanner splits UTF-8 text into records. It holds one record at a time in
// buf and never more than the record limit and a chunk.
type csvScanner struct {
	in     io.Reader
	limits Limits
	class  [256]uint8 // what a byte means outside quotes
	comma  byte

	buf      []byte // text that was read
	pos      int    // start of the next record in buf
	eof      bool
	padding  int // zero bytes behind buf, once it holds the end of the file
	line     int // of pos
	record   int
	fields   int    // of the scanned record
	newlines int    // line ends in the scanned record
	scratch  []byte // texts that are not in buf as they stand
	done     atomic.Int64
	total    int64
}

const (
	csvChunk   = 128 << 10
	csvPadding = 8
)

const (
	csvPlain uint8 = iota
	csvComma
	csvLF
	csvCR
	csvZero
)

func newCSVScanner(comma byte, limits Limits) *csvScanner {
	s := &csvScanner{limits: limits, comma: comma, line: 1}
	s.class[comma] = csvComma
	s.class['\n'] = csvLF
	s.class['\r'] = csvCR
	s.class[0] = csvZero
	return s
}

func (s *csvScanner) close()                   {}
func (s *csvScanner) merges() []Range          { return nil }
func (s *csvScanner) progress() (int64, int64) { return s.done.Load(), s.total }

// next goes to the next record that has a non-empty field.
func (s *csvScanner) next(row *Row) (bool, error) {
	for {
		row.Cells = row.Cells[:0]
		more, err := s.scan(row)
		if !more || err != nil {
			return false, err
		}
		s.record++
		if s.record > s.limits.Rows {
			return false, s.refuse(TooManyRows, 0, "limit", s.limits.Rows)
		}
		row.Number, row.Line, row.Fields = s.record, s.line, s.fields
		s.line += s.newlines
		if len(row.Cells) > 0 {
			return true, nil
		}
	}
}

// scan finds the fields of the next record and reports whether there is one.
// When the record reaches beyond what has been read, it reads more and begins
// the record again: that happens once in a chunk.
func (s *csvScanner) scan(row *Row) (bool, error) {
	for {
		end, err := s.scanBuffered(row)
		if err != nil {
			return false, err
		}
		if end >= 0 {
			if end-s.pos > s.limits.RecordBytes {
				return false, s.refuse(CSVRecord, 0, "limit", s.limits.RecordBytes)
			}
			s.pos = end
			return true, nil
		}
		if s.eof && s.pos == len(s.buf) {
			return false, nil
		}
		if err := s.fill(); err != nil {
			return false, err
		}
	}
}

// scanBuffered scans the record at pos and returns where it ends, or -1 if that
// is not yet in the buffer. The cells are good only if it is.
//
// It looks at eight bytes at a time: marks has the high bit of every byte of the
// word at base that is a separator or a control character. On the way it checks
// that the text is UTF-8, as long as its characters have one or two bytes; odd
// tells that they have not, and that the record is to be looked at again.
func (s *csvScanner) scanBuffered(row *Row) (int, error) {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
		rest = 0x7F * ones
	)
	s.fields, s.newlines, s.scratch = 0, 0, s.scratch[:0]
	row.Cells = row.Cells[:0]
	if s.pos == len(s.buf) {
		return -1, nil
	}
	comma := uint64(s.comma) * ones
	size := len(s.buf)
	buf := s.buf[:size+s.padding]
	start := s.pos
	base, marks, odd, lead := start-8, uint64(0), uint64(0), uint64(0)
	for {
		if start < size && buf[start] == '"' {
			end, err := s.quoted(row, start)
			if end < 0 || err != nil {
				return -1, err
			}
			start, base, marks, lead = end, end-8, 0, 0
		}
		var end int
		for {
			for marks == 0 {
				if base += 8; base+8 > len(buf) {
					return -1, nil
				}
				word := binary.LittleEndian.Uint64(buf[base:])
				x := word ^ comma
				marks = (^((x & rest) + rest | x) | ^((word & rest) + 0x60*ones | word)) & high
				if beyond := word & high; beyond|lead != 0 {
					// The bytes 10xxxxxx must be those behind 110xxxxx.
					second := beyond & (word << 1)
					follow := lead >> 56
					lead = second &^ (word << 2)
					follow |= lead << 8
					enough := (word & (0x1E * ones)) + 0x7E*ones // 1100000x is too short a form
					odd |= beyond&^second ^ follow | second&(word<<2) | lead&^enough
				}
			}
			end = base + bits.TrailingZeros64(marks)/8
			marks &= marks - 1
			if c := buf[end]; c == s.comma || c == '\n' || c == '\r' || c == 0 {
				break
			}
		}
		if end > start {
			if err := s.addCell(row, buf[start:end:end]); err != nil {
				return -1, err
			}
		}
		if s.fields++; s.fields > s.limits.Fields {
			return -1, s.refuse(CSVFields, 0, "limit", s.limits.Fields)
		}
		if buf[end] != s.comma || end >= size {
			if odd&high != 0 && validUTF8(s.buf[s.pos:end]) < end-s.pos {
				return -1, s.refuse(CSVEncoding, s.newlines)
			}
			return s.endRecord(end)
		}
		start = end + 1
	}
}

// endRecord returns where the next record begins, after one that ends at i.
func (s *csvScanner) endRecord(i int) (int, error) {
	if i >= len(s.buf) {
		return len(s.buf), nil
	}
	s.newlines++
	switch s.class[s.buf[i]] {
	case csvLF:
		return i + 1, nil
	case csvCR:
		if i+1 < len(s.buf) {
			if s.buf[i+1] == '\n' {
				i++
			}
			return i + 1, nil
		}
		if s.eof {
			return i + 1, nil
		}
		return -1, nil // LF may follow
	}
	return -1, s.refuse(CSVNul, s.newlines-1)
}

// addCell adds a field that is not empty. It fills the cell in place: copying
// it would take as long as finding it.
func (s *csvScanner) addCell(row *Row, text []byte) error {
	if s.fields >= s.limits.Columns {
		e := refuse(TooManyColumns, "limit", s.limits.Columns)
		e.Row, e.Col, e.Line = s.record+1, s.fields, s.line
		return e
	}
	if text[0] == '\'' && looksLikeFormula(text) {
		text = text[1:]
	}
	n := len(row.Cells)
	if n == cap(row.Cells) {
		row.Cells = slices.Grow(row.Cells, 8)
	}
	row.Cells = row.Cells[:n+1]
	c := &row.Cells[n]
	c.Col, c.Kind, c.Text = s.fields, Text, text
	c.TooLong = len(text) > s.limits.CellChars && tooLong(text, s.limits.CellChars)
	return nil
}

func tooLong(text []byte, limit int) bool {
	return len(text) > limit && utf16Len(text) > limit
}

// quoted scans the quoted field that begins at i, and returns where it ends, or
// -1 if that is not yet in the buffer.
func (s *csvScanner) quoted(row *Row, i int) (int, error) {
	opened := s.newlines
	i++
	start, from := i, len(s.scratch)
	copied := start // scratch has the text up to here, if there is a doubled quote
	for {
		n := bytes.IndexByte(s.buf[i:], '"')
		if n < 0 {
			if s.eof {
				return -1, s.refuse(CSVQuoteOpen, opened)
			}
			return -1, nil
		}
		if err := s.countLines(s.buf[i : i+n]); err != nil {
			return -1, err
		}
		i += n + 1
		if i == len(s.buf) && !s.eof {
			return -1, nil // it may be a doubled one
		}
		if i < len(s.buf) && s.buf[i] == '"' {
			s.scratch = append(s.scratch, s.buf[copied:i]...)
			i++
			copied = i
			continue
		}
		if i < len(s.buf) && s.class[s.buf[i]] == csvPlain {
			return -1, s.refuse(CSVQuoteAfter, s.newlines)
		}
		break
	}
	text := s.buf[start : i-1 : i-1]
	if copied != start {
		s.scratch = append(s.scratch, s.buf[copied:i-1]...)
		text = s.scratch[from:len(s.scratch):len(s.scratch)]
	}
	if len(text) == 0 {
		return i, nil
	}
	if validUTF8(text) < len(text) {
		return -1, s.refuse(CSVEncoding, opened)
	}
	return i, s.addCell(row, text)
}

// countLines counts the line ends inside a quoted text, however they are
// written. A pair divided by a doubled quote cannot occur.
func (s *csvScanner) countLines(text []byte) error {
	for i, c := range text {
		switch {
		case c == '\n' && (i == 0 || text[i-1] != '\r'), c == '\r':
			s.newlines++
		case c == 0:
			return s.refuse(CSVNul, s.newlines)
		}
	}
	return nil
}

// fill drops what has been handed out and reads another chunk.
func (s *csvScanner) fill() error {
	if len(s.buf)-s.pos > s.limits.RecordBytes {
		return s.refuse(CSVRecord, 0, "limit", s.limits.RecordBytes)
	}
	rest := len(s.buf) - s.pos
	if cap(s.buf) < rest+csvChunk+csvPadding {
		grown := make([]byte, rest, 2*(rest+csvChunk)+csvPadding)
		copy(grown, s.buf[s.pos:])
		s.buf = grown
	} else {
		copy(s.buf[:rest], s.buf[s.pos:])
		s.buf = s.buf[:rest]
	}
	s.pos = 0
	n, err := io.ReadFull(s.in, s.buf[rest:rest+csvChunk])
	s.buf = s.buf[:rest+n]
	s.done.Add(int64(n))
	switch err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		s.pad()
		s.done.Store(s.total)
	case errNotText:
		e := refuse(CSVEncoding)
		e.Line = s.line + bytes.Count(s.buf, []byte{'\n'})
		return e
	default:
		return err
	}
	return nil
}

// pad notes the end of the text and puts bytes behind it that end any field, so
// that the last word can be looked at like every other.
func (s *csvScanner) pad() {
	s.eof, s.padding = true, csvPadding
	size := len(s.buf)
	s.buf = append(s.buf, make([]byte, csvPadding)...)[:size]
}

// skipLine passes over the first line.
func (s *csvScanner) skipLine() error {
	_, err := s.scan(&Row{})
	s.line += s.newlines
	return err
}

// refuse makes an error on the line that lies the given number of lines below
// the start of the record.
func (s *csvScanner) refuse(code Code, below int, args ...any) *Error {
	e := refuse(code, args...)
	e.Line = s.line + below
	return e
}
