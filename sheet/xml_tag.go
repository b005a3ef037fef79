package sheet

import (
	"bytes"
	"math"
)

// maxXMLName bounds a name with its prefix, because the names of all open
// elements are kept.
const maxXMLName = 1000

// startTag reads a start tag or an empty-element tag.
func (x *xmlReader) startTag() (xmlKind, error) {
	end, err := x.tagEnd()
	if err != nil {
		return xmlEOF, err
	}
	tag := x.win[x.pos+1 : x.pos+end]
	empty := len(tag) > 0 && tag[len(tag)-1] == '/'
	if empty {
		tag = tag[:len(tag)-1]
	}
	n := xmlNameLen(tag)
	if n == 0 || n < len(tag) && !isXMLSpace(tag[n]) {
		return xmlEOF, x.syntax("tag name")
	}
	if n > maxXMLName {
		return xmlEOF, x.syntax("name too long")
	}
	if len(x.stack) == 0 && x.rooted {
		return xmlEOF, x.syntax("second root element")
	}
	x.attrs = x.attrs[:0]
	if n < len(tag) {
		if x.attrs, err = x.parseAttrs(tag[n:]); err != nil {
			return xmlEOF, err
		}
	}
	if err := x.push(tag[:n]); err != nil {
		return xmlEOF, err
	}
	x.pos += end + 1
	x.rooted = true
	x.pendEnd = empty
	return xmlStart, nil
}

// tagEnd returns where the ">" of the tag at pos is, which quotes may hide.
func (x *xmlReader) tagEnd() (int, error) {
	i := 1
	quote := byte(0)
	for {
		p := x.win[x.pos:]
		for i < len(p) {
			if quote != 0 {
				n := bytes.IndexByte(p[i:], quote)
				if n < 0 {
					i = len(p)
					break
				}
				i += n + 1
				quote = 0
				continue
			}
			switch c := p[i]; c {
			case '>':
				return i, x.bounded(i)
			case '"', '\'':
				quote = c
			case '<':
				return 0, x.syntax("< in a tag")
			}
			i++
		}
		more, err := x.more()
		if err != nil {
			return 0, err
		}
		if !more {
			return 0, x.refuse(XMLCutOff)
		}
	}
}

// parseAttrs splits the attributes of a tag and checks them.
func (x *xmlReader) parseAttrs(p []byte) ([]xmlAttr, error) {
	attrs := x.attrs[:0]
	for {
		i := 0
		for i < len(p) && isXMLSpace(p[i]) {
			i++
		}
		if i == len(p) {
			return attrs, x.checkUnique(attrs)
		}
		if i == 0 {
			return nil, x.syntax("no space before an attribute")
		}
		p = p[i:]
		a, n, err := x.parseAttr(p)
		if err != nil {
			return nil, err
		}
		p = p[n:]
		if attrs = append(attrs, a); len(attrs) > x.limits.Attributes {
			return nil, x.refuse(XMLAttributes, "limit", x.limits.Attributes)
		}
	}
}

// parseAttr reads the attribute that p begins with and returns its length.
func (x *xmlReader) parseAttr(p []byte) (xmlAttr, int, error) {
	n := xmlNameLen(p)
	if n == 0 {
		return xmlAttr{}, 0, x.syntax("attribute name")
	}
	if n > maxXMLName {
		return xmlAttr{}, 0, x.syntax("name too long")
	}
	a := xmlAttr{raw: p[:n]}
	if a.prefix = bytes.IndexByte(a.raw, ':'); a.prefix < 0 {
		a.prefix = 0
	} else if !properName(a.raw, a.prefix) {
		return xmlAttr{}, 0, x.syntax("attribute name")
	}
	i := skipSpace(p, n)
	if i == len(p) || p[i] != '=' {
		return xmlAttr{}, 0, x.syntax("attribute without a value")
	}
	i = skipSpace(p, i+1)
	if i == len(p) || p[i] != '"' && p[i] != '\'' {
		return xmlAttr{}, 0, x.syntax("attribute without quotes")
	}
	end := bytes.IndexByte(p[i+1:], p[i])
	if end < 0 {
		return xmlAttr{}, 0, x.syntax("attribute without quotes")
	}
	a.value = p[i+1 : i+1+end]
	return a, i + end + 2, x.checkValue(a.value)
}

func skipSpace(p []byte, i int) int {
	for i < len(p) && isXMLSpace(p[i]) {
		i++
	}
	return i
}

// properName reports whether the colon at the given place divides a name into
// prefix and local part.
func properName(raw []byte, colon int) bool {
	local := raw[colon+1:]
	return colon > 0 && len(local) > 0 && xmlClass[local[0]]&xmlNameStart != 0 && bytes.IndexByte(local, ':') < 0
}

// checkValue refuses what an attribute must not hold, even if nobody asks for it.
func (x *xmlReader) checkValue(v []byte) error {
	if bytes.IndexByte(v, '<') >= 0 {
		return x.syntax("< in an attribute")
	}
	for {
		i := bytes.IndexByte(v, '&')
		if i < 0 {
			return nil
		}
		_, n, err := x.appendReference(x.decoded[:0], v[i:])
		if err != nil {
			return err
		}
		v = v[i+n:]
	}
}

// checkUnique refuses a doubled attribute. Many are compared by a small hash
// table, so that a hostile tag costs no more than its length.
func (x *xmlReader) checkUnique(attrs []xmlAttr) error {
	if len(attrs) <= 12 {
		for i := 1; i < len(attrs); i++ {
			for j := range i {
				if bytes.Equal(attrs[i].raw, attrs[j].raw) {
					return x.syntax("doubled attribute")
				}
			}
		}
		return nil
	}
	if x.seenEpoch == math.MaxUint32 {
		x.seenEpoch = 0
		clear(x.seen[:])
	}
	x.seenEpoch++
	size := uint32(len(x.seen))
	if len(attrs) > int(size)*3/4 {
		return x.refuse(XMLAttributes, "limit", size*3/4)
	}
	for i := range attrs {
		h := uint32(2166136261)
		for _, c := range attrs[i].raw {
			h = (h ^ uint32(c)) * 16777619
		}
		slot := h % size
		for ; x.seen[slot].epoch == x.seenEpoch; slot = (slot + 1) % size {
			if bytes.Equal(attrs[x.seen[slot].index].raw, attrs[i].raw) {
				return x.syntax("doubled attribute")
			}
		}
		x.seen[slot] = seenAttr{x.seenEpoch, uint16(i)}
	}
	return nil
}

// endTag reads an end tag, which must name the innermost open element.
func (x *xmlReader) endTag() (xmlKind, error) {
	end, err := x.tagEnd()
	if err != nil {
		return xmlEOF, err
	}
	if len(x.stack) == 0 {
		return xmlEOF, x.syntax("end tag without a start tag")
	}
	tag := x.win[x.pos+2 : x.pos+end]
	open := x.names[x.stack[len(x.stack)-1].name:]
	if len(tag) < len(open) || !bytes.Equal(tag[:len(open)], open) || skipSpace(tag, len(open)) != len(tag) {
		return xmlEOF, x.syntax("end tag of another element")
	}
	x.pos += end + 1
	x.pop()
	return xmlEnd, nil
}

// push opens an element: its namespaces first, for they hold for its own name.
func (x *xmlReader) push(raw []byte) error {
	if len(x.stack) >= x.limits.Depth {
		return x.refuse(XMLTooDeep, "limit", x.limits.Depth)
	}
	e := xmlElem{name: len(x.names), bindings: len(x.bindings)}
	for i := range x.attrs {
		if err := x.bind(&x.attrs[i]); err != nil {
			return err
		}
	}
	if e.prefix = bytes.IndexByte(raw, ':'); e.prefix < 0 {
		e.prefix = 0
	} else if !properName(raw, e.prefix) {
		return x.syntax("tag name")
	}
	var ok bool
	if e.space, ok = x.resolve(raw[:e.prefix]); !ok {
		return x.syntax("undeclared namespace prefix")
	}
	for i := range x.attrs {
		a := &x.attrs[i]
		if _, ok := x.resolve(a.raw[:a.prefix]); a.prefix > 0 && !ok {
			return x.syntax("undeclared namespace prefix")
		}
	}
	x.names = append(x.names, raw...)
	x.stack = append(x.stack, e)
	x.setName(&e)
	return nil
}

// pop closes the innermost element; its name becomes that of the token.
func (x *xmlReader) pop() {
	e := x.stack[len(x.stack)-1]
	x.setName(&e)
	x.names = x.names[:e.name]
	x.bindings = x.bindings[:e.bindings]
	x.stack = x.stack[:len(x.stack)-1]
}

func (x *xmlReader) setName(e *xmlElem) {
	local := e.name
	if e.prefix > 0 {
		local += e.prefix + 1
	}
	x.name = xmlName{e.space, x.names[local:]}
}

// depth returns how many elements are open, the current start tag included.
func (x *xmlReader) depth() int { return len(x.stack) }

// skip passes over everything inside the element whose start tag is current.
func (x *xmlReader) skip() error {
	for depth := x.depth(); ; {
		kind, err := x.next()
		if err != nil {
			return err
		}
		if kind == xmlEnd && x.depth() < depth {
			return nil
		}
	}
}
