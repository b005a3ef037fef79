package sheet

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// csvSample is how much of a file is looked at to find out how it is written.
const csvSample = 256 << 10

// headerRecords is how far down a header is looked for.
const headerRecords = 20

// openCSV finds the encoding and the separator of a text file.
func openCSV(r io.ReaderAt, size int64, o Options) (*csvBook, []Warning, error) {
	raw := make([]byte, min(size, csvSample))
	if _, err := r.ReadAt(raw, 0); err != nil && err != io.EOF {
		return nil, nil, err
	}
	b := &csvBook{r: r, size: size, limits: o.Limits}
	cp1251 := b.encodingOf(raw)
	text, err := b.sample()
	if errors.Is(err, errNotText) {
		return nil, nil, refuse(CSVEncoding)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := b.findSeparator(text, o.KnownHeader); err != nil {
		return nil, nil, err
	}
	if !cp1251 {
		return b, nil, nil
	}
	if !b.provenBy(text, o.KnownHeader) {
		return nil, nil, refuse(CSVEncoding)
	}
	return b, []Warning{{Code: CodePage1251}}, nil
}

// encodingOf sets the encoding by the first bytes, and reports whether it is a
// guess that a header has to confirm.
func (b *csvBook) encodingOf(raw []byte) (guess bool) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xEF\xBB\xBF")):
		b.encoding = utf8BOM
	case bytes.HasPrefix(raw, []byte("\xFF\xFE")):
		b.encoding = utf16LE
	case bytes.HasPrefix(raw, []byte("\xFE\xFF")):
		b.encoding = utf16BE
	default:
		good := validUTF8(raw)
		cutOff := int64(len(raw)) < b.size && startsRune(raw[good:]) && len(raw)-good < utf8.UTFMax
		if good < len(raw) && !cutOff {
			b.encoding = windows1251
			return true
		}
	}
	return false
}

// sample decodes the beginning of the file.
func (b *csvBook) sample() ([]byte, error) {
	text := make([]byte, csvSample)
	n, err := io.ReadFull(newTextReader(b.r, b.size, b.encoding), text)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return text[:n], err
}

// findSeparator obeys a first line sep=…, and otherwise takes the separator
// that cuts the most records of the beginning into equally many fields. If two
// do it equally well ("Radius, m" above "1 Lenin St., 5"), a header that is
// known under only one of them decides, and without one nothing is guessed.
func (b *csvBook) findSeparator(text []byte, known func([]string) bool) error {
	if c, ok := sepLine(text); ok {
		b.comma, b.skip = c, true
		return nil
	}
	scores := regularity(text, len(text) < csvSample)
	best, bestScore := []byte{';'}, 0
	for k, c := range separators {
		switch score := scores[k]; {
		case score == 0 || score < bestScore:
		case score == bestScore:
			best = append(best, c)
		default:
			best, bestScore = []byte{c}, score
		}
	}
	if len(best) > 1 {
		if telling := slices.DeleteFunc(slices.Clone(best), func(c byte) bool { return !b.knownHeader(text, c, known) }); len(telling) == 1 {
			best = telling
		}
	}
	if len(best) > 1 {
		names := make([]string, len(best))
		for k, c := range best {
			names[k] = separatorName(c)
		}
		e := refuse(CSVSeparator, "candidates", strings.Join(names, " "))
		e.Line = 1
		return e
	}
	b.comma = best[0]
	return nil
}

// separators are what a CSV file may be separated by without saying so.
var separators = [...]byte{';', '\t', ','}

// regularity counts, for each separator, the records that have the commonest
// number of it, among those that have any. As long as it is open which one
// separates, a quotation mark counts if it follows any of them.
func regularity(text []byte, complete bool) (best [len(separators)]int) {
	seen := [len(separators)]map[int]int{{}, {}, {}}
	var counts [len(separators)]int
	records, quoted, atStart := 0, false, true
	for i := 0; i <= len(text) && records < 200; i++ {
		if i == len(text) && !complete {
			break
		}
		c := byte('\n')
		if i < len(text) {
			c = text[i]
		}
		switch {
		case quoted && i < len(text):
			if c == '"' {
				quoted = false // a doubled one opens it again
				atStart = true
			}
			continue
		case c == '"' && atStart:
			quoted = true
			continue
		case c == '\n' || c == '\r':
			for k, n := range counts {
				if n > 0 {
					seen[k][n]++
					best[k] = max(best[k], seen[k][n])
				}
			}
			counts = [len(separators)]int{}
			records++
			atStart = true
			continue
		}
		atStart = false
		for k, s := range separators {
			if c == s {
				counts[k]++
				atStart = true
			}
		}
	}
	return best
}

func separatorName(c byte) string {
	if c == '\t' {
		return "TAB"
	}
	return string(c)
}

// eachRecord scans records at the beginning of the text until visit returns
// false or one cannot be read: that is reported when the rows are read.
func (b *csvBook) eachRecord(text []byte, comma byte, most int, visit func(*csvScanner, *Row) bool) {
	s := newCSVScanner(comma, b.limits)
	s.buf = text
	if len(text) < csvSample {
		s.pad()
	}
	var row Row
	for range most {
		end, err := s.scanBuffered(&row)
		if err != nil || end < 0 || !visit(s, &row) {
			return
		}
		s.pos = end
	}
}

// sepLine returns the separator that a first line sep=; names. Excel writes and
// obeys such a line, and does not show it.
func sepLine(text []byte) (byte, bool) {
	if len(text) < 5 || !bytes.EqualFold(text[:4], []byte("sep=")) {
		return 0, false
	}
	c := text[4]
	if len(text) > 5 && text[5] != '\r' && text[5] != '\n' {
		return 0, false
	}
	ok := c == '\t' || c >= ' ' && c < 0x7F && c != '"' && c != '\'' && !isASCIIAlnum(c)
	return c, ok
}

func isASCIIAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// provenBy reports whether a header that the caller knows proves the encoding.
// It has to have letters beyond ASCII: otherwise it would look the same in every
// encoding and prove nothing.
func (b *csvBook) provenBy(text []byte, known func([]string) bool) bool {
	return known != nil && b.knownHeader(text, b.comma, func(cells []string) bool {
		return strings.ContainsFunc(strings.Join(cells, ""), func(r rune) bool { return r >= utf8.RuneSelf }) && known(cells)
	})
}

// knownHeader reports whether one of the first records, cut at comma, is a
// header that the caller knows.
func (b *csvBook) knownHeader(text []byte, comma byte, known func([]string) bool) bool {
	if known == nil {
		return false
	}
	found := false
	b.eachRecord(text, comma, headerRecords, func(s *csvScanner, row *Row) bool {
		cells := make([]string, s.fields)
		for _, c := range row.Cells {
			cells[c.Col] = string(c.Text)
		}
		found = known(cells)
		return !found
	})
	return found
}
