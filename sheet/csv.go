package sheet

import (
	"bytes"
	"io"
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

	buf      []byte // read and checked text
	pos      int    // start of the next record in buf
	checked  int    // buf[:checked] is valid UTF-8
	eof      bool
	line     int // of pos
	record   int
	fields   []csvField
	newlines int    // line ends in the scanned record
	scratch  []byte // texts that are not in buf as they stand
	done     atomic.Int64
	total    int64
}

// csvField is a field of the scanned record: buf[start:end], or the same of
// scratch if the field had doubled quotes.
type csvField struct {
	start, end int
	unescaped  bool
}

const csvChunk = 128 << 10

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
		more, err := s.scan()
		if !more || err != nil {
			return false, err
		}
		s.record++
		if s.record > s.limits.Rows {
			return false, s.refuse(TooManyRows, 0, "limit", s.limits.Rows)
		}
		row.Number, row.Line, row.Fields = s.record, s.line, len(s.fields)
		s.line += s.newlines
		if err := s.cells(row); err != nil {
			return false, err
		}
		if len(row.Cells) > 0 {
			return true, nil
		}
	}
}

// cells turns the fields of the scanned record into cells.
func (s *csvScanner) cells(row *Row) error {
	for i, f := range s.fields {
		if f.start == f.end {
			continue
		}
		if i >= s.limits.Columns {
			e := refuse(TooManyColumns, "limit", s.limits.Columns)
			e.Row, e.Col, e.Line = row.Number, i, row.Line
			return e
		}
		text := s.buf[f.start:f.end]
		if f.unescaped {
			text = s.scratch[f.start:f.end]
		}
		if text[0] == '\'' && looksLikeFormula(text) {
			text = text[1:]
		}
		row.Cells = append(row.Cells, Cell{Col: i, Kind: Text, Text: text, TooLong: tooLong(text, s.limits.CellChars)})
	}
	return nil
}

func tooLong(text []byte, limit int) bool {
	return len(text) > limit && utf16Len(text) > limit
}

// scan finds the fields of the next record and reports whether there is one.
// When the record reaches beyond what has been read, it reads more and begins
// the record again: that happens once in a chunk.
func (s *csvScanner) scan() (bool, error) {
	for {
		end, err := s.scanBuffered()
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
// is not yet in the buffer.
func (s *csvScanner) scanBuffered() (int, error) {
	s.fields, s.scratch, s.newlines = s.fields[:0], s.scratch[:0], 0
	buf, i := s.buf, s.pos
	if i == len(buf) {
		return -1, nil
	}
	for {
		start := i
		if i < len(buf) && buf[i] == '"' {
			end, err := s.quoted(i)
			if end < 0 || err != nil {
				return -1, err
			}
			i = end
		} else {
			for i < len(buf) && s.class[buf[i]] == csvPlain {
				i++
			}
			s.fields = append(s.fields, csvField{start: start, end: i})
		}
		if len(s.fields) > s.limits.Fields {
			return -1, s.refuse(CSVFields, 0, "limit", s.limits.Fields)
		}
		if i == len(buf) {
			if s.eof {
				return i, nil
			}
			return -1, nil
		}
		switch s.class[buf[i]] {
		case csvComma:
			i++
		case csvLF:
			s.newlines++
			return i + 1, nil
		case csvCR:
			if i+1 == len(buf) && !s.eof {
				return -1, nil // LF may follow
			}
			s.newlines++
			if i+1 < len(buf) && buf[i+1] == '\n' {
				i++
			}
			return i + 1, nil
		default:
			return -1, s.refuse(CSVNul, s.newlines)
		}
	}
}

// quoted scans the quoted field that begins at i, and returns where it ends, or
// -1 if that is not yet in the buffer.
func (s *csvScanner) quoted(i int) (int, error) {
	opened := s.newlines
	i++
	start, text := i, len(s.scratch)
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
	if copied == start {
		s.fields = append(s.fields, csvField{start: start, end: i - 1})
		return i, nil
	}
	s.scratch = append(s.scratch, s.buf[copied:i-1]...)
	s.fields = append(s.fields, csvField{start: text, end: len(s.scratch), unescaped: true})
	return i, nil
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
	if cap(s.buf) < rest+csvChunk {
		grown := make([]byte, rest, 2*(rest+csvChunk))
		copy(grown, s.buf[s.pos:])
		s.buf = grown
	} else {
		copy(s.buf[:rest], s.buf[s.pos:])
		s.buf = s.buf[:rest]
	}
	s.checked -= s.pos
	s.pos = 0
	n, err := io.ReadFull(s.in, s.buf[rest:rest+csvChunk])
	s.buf = s.buf[:rest+n]
	s.done.Add(int64(n))
	switch err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		s.eof = true
		s.done.Store(s.total)
	default:
		return s.encodingError(err, len(s.buf))
	}
	return s.check()
}

// check makes sure that what was read is UTF-8, but for a character that the
// end of the chunk divides.
func (s *csvScanner) check() error {
	good := s.checked + validUTF8(s.buf[s.checked:])
	if good < len(s.buf) && (s.eof || len(s.buf)-good >= 4 || !startsRune(s.buf[good:])) {
		return s.encodingError(errNotText, good)
	}
	s.checked = good
	return nil
}

// encodingError places an undecodable byte at buf[at] on its line.
func (s *csvScanner) encodingError(err error, at int) error {
	if err != errNotText {
		return err
	}
	e := refuse(CSVEncoding)
	e.Line = s.line + bytes.Count(s.buf[s.pos:at], []byte{'\n'})
	return e
}

// skipLine passes over the first line.
func (s *csvScanner) skipLine() error {
	_, err := s.scan()
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
