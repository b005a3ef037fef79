package sheet

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Classes of bytes, for the loops that look at every one.
const (
	xmlSpaceByte  = 1 << iota // white space
	xmlNameStart              // may begin a name
	xmlNameByte               // may go on a name
	xmlTextStop               // needs a look inside text: < & ] CR
	xmlValueStop              // needs a look inside an attribute: < & and white space but the blank
	xmlQuotedStop             // ends or ruins an attribute: " ' < &
)

var xmlClass = func() (t [256]uint8) {
	for c := range 256 {
		b := byte(c)
		letter := 'a' <= b|0x20 && b|0x20 <= 'z' || b == '_' || b == ':' || b >= utf8.RuneSelf
		if letter {
			t[c] |= xmlNameStart
		}
		if letter || '0' <= b && b <= '9' || b == '-' || b == '.' {
			t[c] |= xmlNameByte
		}
	}
	for _, b := range " \t\r\n" {
		t[b] |= xmlSpaceByte
	}
	for _, b := range "<&]\r" {
		t[b] |= xmlTextStop
	}
	for _, b := range "<&\t\r\n" {
		t[b] |= xmlValueStop
	}
	for _, b := range "\"'<&" {
		t[b] |= xmlQuotedStop
	}
	return t
}()

func isXMLSpace(c byte) bool { return xmlClass[c]&xmlSpaceByte != 0 }

// xmlNameLen returns the length of the name that p begins with, or 0.
func xmlNameLen(p []byte) int {
	if len(p) == 0 || xmlClass[p[0]]&xmlNameStart == 0 {
		return 0
	}
	n := 1
	for n < len(p) && xmlClass[p[n]]&xmlNameByte != 0 {
		n++
	}
	return n
}

// charData reads text up to the next "<". Outside the root element only white
// space may stand; it is skipped, and the kind is then xmlEOF.
func (x *xmlReader) charData() (xmlKind, error) {
	var end int
	var marks bool
	for from := 0; ; {
		end, marks = scanText(x.win[x.pos:], from, marks)
		if end < len(x.win)-x.pos {
			break
		}
		from = end
		if len(x.win)-x.pos > x.limits.TokenBytes {
			break
		}
		more, err := x.more()
		if err != nil {
			return xmlEOF, err
		}
		if !more {
			break
		}
	}
	if err := x.bounded(end); err != nil {
		return xmlEOF, err
	}
	raw := x.win[x.pos : x.pos+end]
	if len(x.stack) == 0 {
		if len(bytes.Trim(raw, " \t\r\n")) > 0 {
			return xmlEOF, x.syntax("text outside the root element")
		}
		x.pos += end
		return xmlEOF, nil
	}
	x.text = raw
	if marks {
		if bytes.Contains(raw, []byte("]]>")) {
			return xmlEOF, x.syntax("]]> in text")
		}
		var err error
		if x.decoded, err = x.appendText(x.decoded[:0], raw); err != nil {
			return xmlEOF, err
		}
		x.text = x.decoded
	}
	x.pos += end
	return xmlText, nil
}

// scanText goes on looking for "<" from p[from:] on, and reports whether
// something on the way needs a second look.
func scanText(p []byte, from int, marks bool) (int, bool) {
	for i := from; i < len(p); i++ {
		if xmlClass[p[i]]&xmlTextStop == 0 {
			continue
		}
		if p[i] == '<' {
			return i, marks
		}
		marks = true
	}
	return len(p), marks
}

// appendText decodes references and line ends.
func (x *xmlReader) appendText(dst, raw []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return appendLines(dst, raw), nil
		}
		dst = appendLines(dst, raw[:i])
		var n int
		var err error
		if dst, n, err = x.appendReference(dst, raw[i:]); err != nil {
			return dst, err
		}
		raw = raw[i+n:]
	}
}

// appendLines copies text with every line end, however written, as LF.
func appendLines(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\r')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:i]...), '\n')
		text = text[i+1:]
		if len(text) > 0 && text[0] == '\n' {
			text = text[1:]
		}
	}
}

// maxReference is the length of the longest reference that makes sense, with
// some leading zeros.
const maxReference = 32

// appendReference decodes the reference that p begins with and returns its
// length.
func (x *xmlReader) appendReference(dst, p []byte) ([]byte, int, error) {
	end := bytes.IndexByte(p[:min(len(p), maxReference)], ';')
	if end < 2 {
		return dst, 0, x.refuse(XMLEntity, "name", strconv.Quote(string(p[:min(len(p), 12)])))
	}
	switch name := string(p[1:end]); name {
	case "lt":
		return append(dst, '<'), end + 1, nil
	case "gt":
		return append(dst, '>'), end + 1, nil
	case "amp":
		return append(dst, '&'), end + 1, nil
	case "quot":
		return append(dst, '"'), end + 1, nil
	case "apos":
		return append(dst, '\''), end + 1, nil
	default:
		r, ok := charReference(name)
		if !ok {
			return dst, 0, x.refuse(XMLEntity, "name", strconv.Quote("&"+name+";"))
		}
		return utf8.AppendRune(dst, r), end + 1, nil
	}
}

func charReference(name string) (rune, bool) {
	if name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32) // takes no signs
	if err != nil || n > utf8.MaxRune || !isXMLChar(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
