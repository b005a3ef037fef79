package sheet

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// textEncoding is how a text file stores characters.
type textEncoding uint8

const (
	plainUTF8 textEncoding = iota
	utf8BOM
	utf16LE
	utf16BE
	windows1251
)

// errNotText says that bytes are no characters of the encoding. The scanner
// turns it into an Error with a line.
var errNotText = errors.New("sheet: not text")

// newTextReader reads the file as UTF-8 without a byte order mark. What is
// UTF-8 already is not checked here.
func newTextReader(r io.ReaderAt, size int64, e textEncoding) io.Reader {
	switch e {
	case utf8BOM:
		return io.NewSectionReader(r, 3, size-3)
	case utf16LE, utf16BE:
		return &utf16Reader{in: io.NewSectionReader(r, 2, size-2), big: e == utf16BE}
	case windows1251:
		return &cp1251Reader{in: io.NewSectionReader(r, 0, size)}
	}
	return io.NewSectionReader(r, 0, size)
}

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	in   io.Reader
	big  bool
	raw  [4096]byte
	have int    // bytes in raw
	out  []byte // decoded, not yet handed out
	mem  []byte // where out is kept
	err  error
}

func (r *utf16Reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		n, err := r.in.Read(r.raw[r.have:])
		r.have += n
		r.err = err
		r.decode(err != nil)
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// decode decodes what raw holds; at the end nothing may be left over.
func (r *utf16Reader) decode(atEnd bool) {
	r.out = r.mem[:0]
	i := 0
	for i+1 < r.have {
		c := rune(r.unit(i))
		if !utf16.IsSurrogate(c) {
			r.out = utf8.AppendRune(r.out, c)
			i += 2
			continue
		}
		if i+3 >= r.have && !atEnd {
			break
		}
		pair := utf8.RuneError
		if i+3 < r.have {
			pair = utf16.DecodeRune(c, rune(r.unit(i+2)))
		}
		if pair == utf8.RuneError {
			r.err = errNotText
			r.have, i = 0, 0
			break
		}
		r.out = utf8.AppendRune(r.out, pair)
		i += 4
	}
	r.mem = r.out[:0]
	r.have = copy(r.raw[:], r.raw[i:r.have])
	if r.err == io.EOF && r.have > 0 {
		r.err = errNotText
	}
}

func (r *utf16Reader) unit(i int) uint16 {
	if r.big {
		return uint16(r.raw[i])<<8 | uint16(r.raw[i+1])
	}
	return uint16(r.raw[i+1])<<8 | uint16(r.raw[i])
}

// cp1251Reader turns Windows-1251 into UTF-8. It refuses the one byte that the
// code page leaves open, and words that are UTF-8: a file stitched together
// from both encodings cannot be told apart word by word.
type cp1251Reader struct {
	in   io.Reader
	raw  [4096]byte
	out  []byte
	mem  []byte
	word []byte // the run of letters beyond ASCII that raw ended in
	err  error
}

func (r *cp1251Reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		n, err := r.in.Read(r.raw[:])
		r.err = err
		r.decode(r.raw[:n])
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

func (r *cp1251Reader) decode(raw []byte) {
	r.out = r.mem[:0]
	for _, c := range raw {
		if c < utf8.RuneSelf {
			if r.endWord(); r.err == errNotText {
				return
			}
			r.out = append(r.out, c)
			continue
		}
		if len(r.word) < 64 {
			r.word = append(r.word, c)
		}
		if cp1251[c-0x80] == 0 {
			r.err = errNotText
			return
		}
		r.out = utf8.AppendRune(r.out, cp1251[c-0x80])
	}
	r.mem = r.out[:0]
	if r.err == io.EOF {
		r.endWord()
	}
}

// endWord refuses a word that would also be UTF-8. In Windows-1251 such a word
// of four letters or more would be Р or С before a sign, twice: there is none.
func (r *cp1251Reader) endWord() {
	if len(r.word) >= 4 && len(r.word) < 64 && utf8.Valid(r.word) {
		r.err = errNotText
	}
	r.word = r.word[:0]
}

// cp1251 gives the characters of the bytes 0x80 to 0xFF; 0 where there is none.
var cp1251 = func() (table [128]rune) {
	copy(table[:], []rune("ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\x00™љ›њќћџ\u00A0ЎўЈ¤Ґ¦§Ё©Є«¬\u00AD®Ї°±Ііґµ¶·ё№є»јЅѕї"))
	for i := range 64 {
		table[64+i] = 'А' + rune(i)
	}
	return table
}()

// validUTF8 returns how many bytes of p are whole, valid characters. Texts here
// are mostly ASCII or Cyrillic, so it takes eight bytes of either at a time.
func validUTF8(p []byte) int {
	const (
		high     = 0x8080808080808080
		pairMask = 0xC0F0C0F0C0F0C0F0 // U+0400 to U+07FF: 1101xxxx 10xxxxxx
		pairBits = 0x80D080D080D080D0
	)
	i := 0
	for i < len(p) {
		if i+8 <= len(p) {
			w := binary.LittleEndian.Uint64(p[i:])
			if w&high == 0 || w&pairMask == pairBits {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(w&high) / 8
		}
		if c := p[i]; c >= 0xC2 && c < 0xE0 && i+1 < len(p) && p[i+1]&0xC0 == 0x80 {
			i += 2
			continue
		}
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
	}
	return i
}

// dividedRune returns how many bytes at the end of p begin a character that p
// does not hold whole.
func dividedRune(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// startsRune reports whether p, which is not a whole character, can be the
// beginning of one.
func startsRune(p []byte) bool {
	return !utf8.FullRune(p)
}

// looksLikeFormula reports whether a spreadsheet program might take the text of
// a CSV field for a formula, if it began with fewer apostrophes and spaces. See
// the law in the package documentation.
func looksLikeFormula[T string | []byte](text T) bool {
	i := 0
	for i < len(text) && (text[i] == '\'' || text[i] == ' ') {
		i++
	}
	if i == len(text) {
		return false
	}
	switch text[i] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return true
	case 0xEF: // the full-width forms are U+FF1D, FF0B, FF0D and FF20
		if i+2 >= len(text) {
			return false
		}
		last := text[i+2]
		return text[i+1] == 0xBC && (last == 0x9D || last == 0x8B || last == 0x8D || last == 0xA0)
	}
	return false
}
