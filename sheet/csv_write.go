package sheet

import (
	"bufio"
	"io"
	"strings"
)

// csvEncoder writes the first sheet as UTF-8 with a byte order mark, which is
// how Excel recognises UTF-8, and with CRLF.
type csvEncoder struct {
	w      *bufio.Writer
	comma  byte
	sheets int
}

func newCSVEncoder(w io.Writer, comma byte) *csvEncoder {
	return &csvEncoder{w: bufio.NewWriterSize(w, 64<<10), comma: comma}
}

func (e *csvEncoder) sheet(Spec) error {
	e.sheets++
	if e.sheets > 1 {
		return nil
	}
	_, err := e.w.WriteString("\uFEFF")
	return err
}

func (e *csvEncoder) row(number int, cells []Value) error {
	if e.sheets > 1 {
		return nil
	}
	for i := range cells {
		if i > 0 {
			e.w.WriteByte(e.comma)
		}
		v := &cells[i]
		if v.Kind != Text {
			e.w.WriteString(v.Text)
			continue
		}
		e.text(v.Text, number == 1 && i == 0)
	}
	_, err := e.w.WriteString("\r\n")
	return err
}

// looksLikeOther reports whether a file that begins with this text might be
// taken for something else than a table: for a line sep=;, XML or JSON.
func looksLikeOther(s string) bool {
	return len(s) >= 4 && strings.EqualFold(s[:4], "sep=") || s != "" && strings.IndexByte("<{[", s[0]) >= 0
}

// text writes a text so that the reader gives it back exactly. All separators
// are quoted, not only the one in use, so that the reader can tell which it is;
// and so is a first text that looks like the beginning of something else.
func (e *csvEncoder) text(s string, first bool) {
	escape := looksLikeFormula(s)
	quote := strings.ContainsAny(s, "\";,\t\r\n") || s != "" && (s[0] == ' ' || s[len(s)-1] == ' ') ||
		first && looksLikeOther(s)
	if !quote {
		if escape {
			e.w.WriteByte('\'')
		}
		e.w.WriteString(s)
		return
	}
	e.w.WriteByte('"')
	if escape {
		e.w.WriteByte('\'')
	}
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		e.w.WriteString(s[:i+1])
		e.w.WriteByte('"')
		s = s[i+1:]
	}
	e.w.WriteString(s)
	e.w.WriteByte('"')
}

func (e *csvEncoder) close() error { return e.w.Flush() }
