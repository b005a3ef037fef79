package sheet

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// stringTable holds the shared strings of a workbook: their text in blocks, so
// that growing never copies it, and where each begins.
type stringTable struct {
	blocks [][]byte
	refs   []stringRef
	bytes  int64
}

type stringRef struct {
	block, start, length uint32
}

const stringBlock = 256 << 10

func (t *stringTable) get(i int) []byte {
	r := t.refs[i]
	return t.blocks[r.block][r.start : r.start+r.length : r.start+r.length]
}

// add appends a string. The caller bounds its length.
func (t *stringTable) add(text []byte) {
	last := len(t.blocks) - 1
	if last < 0 || cap(t.blocks[last])-len(t.blocks[last]) < len(text) {
		size := stringBlock
		if last < 0 {
			size = 8 << 10 // most workbooks are small
		}
		t.blocks = append(t.blocks, make([]byte, 0, max(size, len(text))))
		last++
	}
	b := t.blocks[last]
	t.refs = append(t.refs, stringRef{uint32(last), uint32(len(b)), uint32(len(text))})
	t.blocks[last] = append(b, text...)
	t.bytes += int64(len(text))
}

// loadStrings reads the shared strings once.
func (b *xlsxBook) loadStrings(budget *budget) error {
	if b.texts != nil {
		return nil
	}
	if b.strings == "" || b.a.find(b.strings) == nil {
		return refuse(StringsMissing)
	}
	x, p, err := b.a.part(b.strings, budget)
	if err != nil {
		return err
	}
	defer p.close()
	defer x.close()
	t := &stringTable{}
	if err := t.read(x, b.limits); err != nil {
		return err
	}
	b.texts = t
	return nil
}

func (t *stringTable) read(x *xmlReader, limits Limits) error {
	var text []byte
	for {
		t.fastItems(x, limits)
		kind, err := x.next()
		if err != nil || kind == xmlEOF {
			return err
		}
		switch {
		case kind != xmlStart:
		case x.depth() == 1 && !x.is(spaceMain, "sst"):
			return x.refuse(WorkbookBroken, "detail", "no shared strings")
		case x.depth() == 2 && x.is(spaceMain, "si"):
			if text, err = x.richText(text[:0]); err != nil {
				return err
			}
			t.add(text)
			if len(t.refs) > limits.Strings || t.bytes > limits.StringBytes {
				return t.tooMany(x, limits)
			}
		case x.depth() == 2 && x.is(spaceCompatibility, "AlternateContent"):
			return x.refuse(AlternateContent)
		}
	}
}

func (t *stringTable) tooMany(x *xmlReader, limits Limits) error {
	if len(t.refs) > limits.Strings {
		return x.refuse(TooManyStrings, "limit", limits.Strings)
	}
	return x.refuse(StringsTooLarge, "limit", limits.StringBytes)
}

// richText appends the text of the element whose start tag is current: that of
// its t, or of the t of each run r. How a run is pronounced (rPh) is no text.
func (x *xmlReader) richText(dst []byte) ([]byte, error) {
	outer := x.depth()
	for {
		kind, err := x.next()
		if err != nil {
			return dst, err
		}
		switch {
		case kind == xmlEnd && x.depth() < outer:
			return dst, nil
		case kind != xmlStart || x.name.space != spaceMain:
		case string(x.name.local) == "t" && (x.depth() == outer+1 || x.depth() == outer+2 && x.inside("r")):
			start := len(dst)
			if dst, err = x.elementText(dst); err != nil {
				return dst, err
			}
			dst = decodeEscapes(dst, start)
		case string(x.name.local) == "rPh":
			if err := x.skip(); err != nil {
				return dst, err
			}
		}
		if err := x.bounded(len(dst)); err != nil {
			return dst, err
		}
	}
}

// elementText appends the text of the element whose start tag is current and
// goes to its end. Elements inside have no place there.
func (x *xmlReader) elementText(dst []byte) ([]byte, error) {
	start := len(dst)
	for {
		kind, err := x.next()
		if err != nil {
			return dst, err
		}
		switch kind {
		case xmlText:
			dst = append(dst, x.text...)
			if err := x.bounded(len(dst) - start); err != nil {
				return dst, err
			}
		case xmlEnd:
			return dst, nil
		default:
			return dst, x.refuse(SheetBroken, "detail", "element inside a text")
		}
	}
}

// decodeEscapes replaces each _xHHHH_ in text[from:] by the UTF-16 unit that it
// stands for, which is how Excel stores what XML cannot. It goes once from left
// to right: _x005F_x000D_ is the text _x000D_. Halves of a surrogate pair count
// only together; one alone is left as it is.
func decodeEscapes(text []byte, from int) []byte {
	i := bytes.Index(text[from:], []byte("_x"))
	if i < 0 {
		return text
	}
	out := from + i
	for in := out; in < len(text); {
		r, n := escape(text[in:])
		if n == 0 {
			text[out] = text[in]
			in, out = in+1, out+1
			continue
		}
		in += n
		out += utf8.EncodeRune(text[out:in], r)
	}
	return text[:out]
}

// escape decodes the escape that p begins with and returns its length, or 0.
func escape(p []byte) (rune, int) {
	unit, ok := escapeUnit(p)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(unit) {
		return unit, 7
	}
	if low, ok := escapeUnit(p[7:]); ok {
		if r := utf16.DecodeRune(unit, low); r != utf8.RuneError {
			return r, 14
		}
	}
	return 0, 0
}

func escapeUnit(p []byte) (rune, bool) {
	if len(p) < 7 || p[0] != '_' || p[1] != 'x' || p[6] != '_' {
		return 0, false
	}
	var unit rune
	for _, c := range p[2:6] {
		switch {
		case '0' <= c && c <= '9':
			unit = unit<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit = unit<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}
