package sheet

import (
	"bytes"
	"io"
)

// xmlKind is a kind of token.
type xmlKind uint8

const (
	xmlEOF   xmlKind = iota
	xmlStart         // a start tag; an empty-element tag counts as start and end
	xmlEnd
	xmlText // character data or CDATA, decoded
)

// xmlReader splits an XML document into tokens and checks that it is well
// formed. It knows the part of XML that spreadsheets use: elements, attributes,
// namespaces, text, CDATA, comments, processing instructions. A document type
// is refused. One token at a time is in memory, and its size is bounded: the
// standard library's decoder buffers a tag of any length.
type xmlReader struct {
	feed   *feed
	limits Limits
	part   string

	win    []byte // text that is at hand; win[pos:] is not yet tokenized
	pos    int
	base   int64  // offset of win in the part, decoded
	buf    []byte // the chunk that win lies in; nil if win is our own memory
	ended  error  // what follows win, once known: io.EOF or a failure
	begun  bool   // past the XML declaration
	rooted bool   // the root element has begun
	dead   error

	// The current token. Everything is valid until the next call of next.
	name      xmlName // of xmlStart and xmlEnd
	attrs     []xmlAttr
	text      []byte
	pendEnd   bool // the current start tag was an empty-element tag
	decoded   []byte
	stack     []xmlElem
	names     []byte // raw names of the open elements, one after another
	bindings  []xmlBinding
	seen      [512]seenAttr
	seenEpoch uint32
}

// xmlName is a name that is resolved to a namespace.
type xmlName struct {
	space xmlSpace
	local []byte
}

type xmlAttr struct {
	raw    []byte // as written, with the prefix
	prefix int    // length of the prefix, 0 if none
	value  []byte // between the quotes, not decoded
}

type xmlElem struct {
	name     int // where its name begins in names
	prefix   int
	space    xmlSpace
	bindings int // how many there were outside
}

type xmlBinding struct {
	prefix string
	space  xmlSpace
}

type seenAttr struct {
	epoch uint32
	index uint16
}

func newXMLReader(f *feed, limits Limits) *xmlReader {
	return &xmlReader{feed: f, limits: limits, part: f.part}
}

// close ends the reading, however far it went.
func (x *xmlReader) close() {
	if x.buf != nil {
		x.feed.release(x.buf)
		x.buf, x.win = nil, nil
		x.pos = 0
	}
	x.feed.close()
	if x.dead == nil {
		x.dead = io.ErrClosedPipe
	}
}

// next goes to the next token. Errors are final.
func (x *xmlReader) next() (xmlKind, error) {
	if x.dead != nil {
		return xmlEOF, x.dead
	}
	kind, err := x.token()
	if err != nil {
		x.dead = err
	}
	return kind, err
}

func (x *xmlReader) token() (xmlKind, error) {
	if x.pendEnd {
		x.pendEnd = false
		x.pop()
		return xmlEnd, nil
	}
	if !x.begun {
		if err := x.declaration(); err != nil {
			return xmlEOF, err
		}
	}
	for {
		if x.pos == len(x.win) {
			more, err := x.more()
			if err != nil {
				return xmlEOF, err
			}
			if !more {
				return xmlEOF, x.atEnd()
			}
			continue
		}
		if x.win[x.pos] != '<' {
			kind, err := x.charData()
			if kind == xmlText || err != nil {
				return kind, err
			}
			continue
		}
		kind, again, err := x.markup()
		if !again || err != nil {
			return kind, err
		}
	}
}

// atEnd makes sure that the document is complete.
func (x *xmlReader) atEnd() error {
	if len(x.stack) > 0 || !x.rooted {
		return x.refuse(XMLCutOff)
	}
	return nil
}

// markup reads what begins with "<". It reports again for what is no token of
// ours: a comment, an instruction.
func (x *xmlReader) markup() (kind xmlKind, again bool, err error) {
	if err := x.need(2); err != nil {
		return xmlEOF, false, err
	}
	switch x.win[x.pos+1] {
	case '/':
		kind, err = x.endTag()
		return kind, false, err
	case '?':
		return xmlEOF, true, x.instruction()
	case '!':
		return x.declared()
	}
	kind, err = x.startTag()
	return kind, false, err
}

// more brings more text behind win[pos:], which keeps its bytes but may move.
// It reports false at the end of the part.
func (x *xmlReader) more() (bool, error) {
	rest := x.win[x.pos:]
	if x.ended != nil {
		return false, x.endError()
	}
	if len(rest) > x.limits.TokenBytes {
		return false, x.refuse(XMLTokenTooLong, "limit", x.limits.TokenBytes)
	}
	x.base += int64(x.pos)
	c := x.feed.next()
	x.ended = c.err
	if len(rest) <= chunkRoom {
		start := chunkRoom - len(rest)
		copy(c.buf[start:], rest)
		x.feed.release(x.buf)
		x.buf, x.win = c.buf, c.buf[start:c.end]
	} else {
		own := make([]byte, 0, len(rest)+len(rest)/2+chunkText)
		if x.buf == nil && cap(x.win) >= len(x.win)+chunkText {
			own = x.win[:0]
		}
		own = append(own, rest...)
		own = append(own, c.buf[chunkRoom:c.end]...)
		x.feed.release(x.buf)
		x.feed.release(c.buf)
		x.buf, x.win = nil, own
	}
	x.pos = 0
	if c.end == chunkRoom && x.ended != nil {
		return false, x.endError()
	}
	return true, nil
}

// endError is the failure that ended the text, or nil at its proper end.
func (x *xmlReader) endError() error {
	if x.ended == io.EOF {
		return nil
	}
	return x.ended
}

// need makes sure that n bytes are at hand.
func (x *xmlReader) need(n int) error {
	for len(x.win)-x.pos < n {
		more, err := x.more()
		if err != nil {
			return err
		}
		if !more {
			return x.refuse(XMLCutOff)
		}
	}
	return nil
}

// find looks for the mark from win[pos+from:] on and returns where it begins,
// counted from pos.
func (x *xmlReader) find(mark string, from int) (int, error) {
	for {
		if len(x.win)-x.pos >= from {
			if i := bytes.Index(x.win[x.pos+from:], []byte(mark)); i >= 0 {
				return from + i, x.bounded(from + i)
			}
		}
		// A part of the mark may be at hand already.
		from = max(from, len(x.win)-x.pos-len(mark)+1)
		more, err := x.more()
		if err != nil {
			return 0, err
		}
		if !more {
			return 0, x.refuse(XMLCutOff)
		}
	}
}

func (x *xmlReader) bounded(n int) error {
	if n > x.limits.TokenBytes {
		return x.refuse(XMLTokenTooLong, "limit", x.limits.TokenBytes)
	}
	return nil
}

// declaration reads the XML declaration, if there is one, for its encoding.
func (x *xmlReader) declaration() error {
	x.begun = true
	for len(x.win)-x.pos < 6 {
		more, err := x.more()
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	if head := x.win[x.pos:]; !bytes.HasPrefix(head, []byte("<?xml")) || !isXMLSpace(head[5]) {
		return nil
	}
	end, err := x.find("?>", 5)
	if err != nil {
		return err
	}
	attrs, err := x.parseAttrs(x.win[x.pos+5 : x.pos+end])
	if err != nil {
		return err
	}
	for i, a := range attrs {
		switch name := string(a.raw); {
		case name == "version" && i == 0:
		case name == "encoding" && i > 0:
			if err := x.checkEncoding(string(a.value)); err != nil {
				return err
			}
		case name == "standalone" && i > 0:
		default:
			return x.syntax("XML declaration")
		}
	}
	if len(attrs) == 0 {
		return x.syntax("XML declaration")
	}
	x.pos += end + 2
	return nil
}

// checkEncoding compares the declared encoding with how the bytes are stored.
func (x *xmlReader) checkEncoding(name string) error {
	switch wide := x.feed.order != nil; {
	case !wide && equalFold(name, "utf-8"):
		return nil
	case wide && (equalFold(name, "utf-16") || equalFold(name, "utf-16le") || equalFold(name, "utf-16be")):
		return nil
	}
	return x.refuse(XMLEncoding, "name", name)
}

func equalFold(a, b string) bool { return bytes.EqualFold([]byte(a), []byte(b)) }

// instruction skips a processing instruction.
func (x *xmlReader) instruction() error {
	end, err := x.find("?>", 2)
	if err != nil {
		return err
	}
	body := x.win[x.pos+2 : x.pos+end]
	n := xmlNameLen(body)
	if n == 0 || n < len(body) && !isXMLSpace(body[n]) || equalFold(string(body[:n]), "xml") {
		return x.syntax("processing instruction")
	}
	x.pos += end + 2
	return nil
}

// declared reads what begins with "<!".
func (x *xmlReader) declared() (kind xmlKind, again bool, err error) {
	if err := x.need(4); err != nil {
		return xmlEOF, false, err
	}
	if bytes.HasPrefix(x.win[x.pos:], []byte("<!--")) {
		return xmlEOF, true, x.comment()
	}
	if err := x.need(9); err != nil {
		return xmlEOF, false, err
	}
	switch head := x.win[x.pos : x.pos+9]; {
	case string(head) == "<![CDATA[" && len(x.stack) > 0:
		kind, err = x.cdata()
		return kind, false, err
	case bytes.EqualFold(head, []byte("<!DOCTYPE")):
		return xmlEOF, false, x.refuse(XMLDoctype)
	}
	return xmlEOF, false, x.syntax("markup")
}

func (x *xmlReader) comment() error {
	end, err := x.find("--", 4)
	if err != nil {
		return err
	}
	x.pos += end
	if err := x.need(3); err != nil {
		return err
	}
	if x.win[x.pos+2] != '>' {
		return x.syntax("comment")
	}
	x.pos += 3
	return nil
}

func (x *xmlReader) cdata() (xmlKind, error) {
	end, err := x.find("]]>", 9)
	if err != nil {
		return xmlEOF, err
	}
	x.text = x.win[x.pos+9 : x.pos+end]
	if bytes.IndexByte(x.text, '\r') >= 0 {
		x.decoded = appendLines(x.decoded[:0], x.text)
		x.text = x.decoded
	}
	x.pos += end + 3
	return xmlText, nil
}

func (x *xmlReader) refuse(code Code, args ...any) *Error {
	e := refuse(code, args...)
	e.Part, e.Offset = x.part, x.base+int64(x.pos)
	return e
}

func (x *xmlReader) syntax(detail string) *Error {
	return x.refuse(XMLSyntax, "detail", detail)
}
