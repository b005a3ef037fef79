package sheet

import (
	"encoding/binary"
	"io"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// feed brings the text of an XML part to the tokenizer in chunks of UTF-8 that
// hold only whole characters, all of them allowed in XML. For a large part that
// is done ahead, on another processor: unpacking and checking cost more than
// the tokenizer.
type feed struct {
	r       io.Reader
	part    string
	carry   []byte // the beginning of a character, from the chunk before
	read    int64  // bytes read
	order   binary.ByteOrder
	started bool
	raw     []byte // UTF-16 before decoding
	err     error  // sticks: what ended the reading

	ahead  bool
	chunks chan chunk
	free   chan []byte
	stop   chan struct{}
	closed sync.Once
	ended  sync.WaitGroup
}

// chunk is a piece of text at buf[chunkRoom:end]. The room before it is for
// what the tokenizer has left of the chunk before, so that a tag divided
// between two chunks becomes whole by copying its few bytes.
type chunk struct {
	buf []byte
	end int
	err error // io.EOF after the last; the text before it is good
}

const (
	chunkRoom  = 16 << 10
	chunkText  = 112 << 10
	smallText  = 16 << 10 // chunk of a small part
	smallPart  = 64 << 10 // packed size up to which a goroutine does not pay
	aheadCount = 4        // chunks in flight
)

var chunkPool = sync.Pool{New: func() any {
	b := make([]byte, chunkRoom+chunkText)
	return &b
}}

var smallPool = sync.Pool{New: func() any {
	b := make([]byte, chunkRoom+smallText)
	return &b
}}

// newFeed begins to read a part of the given packed size.
func newFeed(r io.Reader, part string, packed int64) *feed {
	f := &feed{r: r, part: part, ahead: packed > smallPart}
	if !f.ahead {
		return f
	}
	f.chunks = make(chan chunk, aheadCount)
	f.free = make(chan []byte, aheadCount+2)
	f.stop = make(chan struct{})
	for range aheadCount {
		f.free <- *chunkPool.Get().(*[]byte)
	}
	f.ended.Add(1)
	go f.run()
	return f
}

func (f *feed) run() {
	defer f.ended.Done()
	for {
		var buf []byte
		select {
		case buf = <-f.free:
		case <-f.stop:
			return
		}
		c := f.fill(buf)
		select {
		case f.chunks <- c:
		case <-f.stop:
			return
		}
		if c.err != nil {
			return
		}
	}
}

// next returns the next chunk; give it back by release.
func (f *feed) next() chunk {
	if !f.ahead {
		return f.fill(*smallPool.Get().(*[]byte))
	}
	return <-f.chunks
}

func (f *feed) release(buf []byte) {
	switch {
	case buf == nil:
	case f.ahead:
		select {
		case f.free <- buf:
		default:
		}
	default:
		smallPool.Put(&buf)
	}
}

// close ends the goroutine, if there is one.
func (f *feed) close() {
	if !f.ahead {
		return
	}
	f.closed.Do(func() {
		close(f.stop)
		f.ended.Wait()
		for {
			select {
			case b := <-f.free:
				chunkPool.Put(&b)
				continue
			case c := <-f.chunks:
				chunkPool.Put(&c.buf)
				continue
			default:
			}
			return
		}
	})
}

// fill reads, decodes and checks one chunk.
func (f *feed) fill(buf []byte) chunk {
	c := chunk{buf: buf, end: chunkRoom}
	if f.err != nil {
		c.err = f.err
		return c
	}
	if !f.started {
		f.start()
		if f.err != nil && f.err != io.EOF {
			c.err = f.err
			return c
		}
	}
	if f.order != nil {
		c.end = f.fillUTF16(buf)
	} else {
		c.end = f.fillUTF8(buf)
	}
	if good := chunkRoom + checkXMLChars(buf[chunkRoom:c.end]); good < c.end {
		f.badChars(f.read - int64(c.end-good))
		c.end = good
	}
	c.err = f.err
	return c
}

// badChars ends the reading at a byte that is no character, unless something
// else has ended it before that byte would have mattered.
func (f *feed) badChars(at int64) {
	e := refuse(XMLCharacters)
	e.Part, e.Offset = f.part, at
	f.err = e
}

// readFull fills b as far as there is something to read, and keeps what ended it.
func (f *feed) readFull(b []byte) int {
	n := 0
	for n < len(b) && f.err == nil {
		var k int
		k, f.err = f.r.Read(b[n:])
		n += k
	}
	f.read += int64(n)
	return n
}

// start looks at the first bytes for the encoding: a byte order mark, or the
// way "<" is stored.
func (f *feed) start() {
	f.started = true
	head := make([]byte, 4)
	head = head[:f.readFull(head)]
	at := func(i int) int {
		if i < len(head) {
			return int(head[i])
		}
		return -1
	}
	skip := 0
	switch {
	case at(0) == 0xEF && at(1) == 0xBB && at(2) == 0xBF:
		skip = 3
	case at(0) == 0xFF && at(1) == 0xFE && at(2) == 0 && at(3) == 0,
		at(0) == 0 && at(1) == 0 && at(2) == 0xFE && at(3) == 0xFF,
		at(0) == 0 && at(1) == 0 && at(2) == 0, at(0) == '<' && at(1) == 0 && at(2) == 0:
		e := refuse(XMLEncoding, "name", "UTF-32")
		e.Part = f.part
		f.err = e
	case at(0) == 0xFF && at(1) == 0xFE:
		skip, f.order = 2, binary.LittleEndian
	case at(0) == 0xFE && at(1) == 0xFF:
		skip, f.order = 2, binary.BigEndian
	case at(0) == '<' && at(1) == 0:
		f.order = binary.LittleEndian
	case at(0) == 0 && at(1) == '<':
		f.order = binary.BigEndian
	}
	f.carry = append(f.carry, head[skip:]...)
}

func (f *feed) fillUTF8(buf []byte) int {
	n := copy(buf[chunkRoom:], f.carry)
	f.carry = f.carry[:0]
	end := chunkRoom + n
	end += f.readFull(buf[end:])
	if f.err == nil {
		n := dividedRune(buf[chunkRoom:end])
		f.carry = append(f.carry, buf[end-n:end]...)
		end -= n
	}
	return end
}

// fillUTF16 decodes into buf. Every unit of two bytes becomes at most three.
func (f *feed) fillUTF16(buf []byte) int {
	room := (len(buf) - chunkRoom) / 3 * 2
	if cap(f.raw) < room {
		f.raw = make([]byte, room)
	}
	raw := f.raw[:room]
	n := copy(raw, f.carry)
	f.carry = f.carry[:0]
	n += f.readFull(raw[n:])
	raw = raw[:n]
	out := buf[:chunkRoom]
	i := 0
	for ; i+1 < len(raw); i += 2 {
		c := rune(f.order.Uint16(raw[i:]))
		if !utf16.IsSurrogate(c) {
			out = utf8.AppendRune(out, c)
			continue
		}
		if i+3 >= len(raw) {
			break
		}
		pair := utf16.DecodeRune(c, rune(f.order.Uint16(raw[i+2:])))
		if pair == utf8.RuneError {
			f.badChars(f.read - int64(len(raw)-i))
			return len(out)
		}
		out = utf8.AppendRune(out, pair)
		i += 2
	}
	switch left := raw[i:]; {
	case len(left) > 0 && f.err == io.EOF:
		f.badChars(f.read - int64(len(left)))
	case len(left) > 0:
		f.carry = append(f.carry, left...)
	}
	return len(out)
}

// checkXMLChars returns how many bytes from the start of p are UTF-8 and
// characters that XML 1.0 allows.
func checkXMLChars(p []byte) int {
	const (
		high = 0x8080808080808080
		low  = 0x2020202020202020
	)
	i := 0
	for {
		for i+8 <= len(p) {
			w := binary.LittleEndian.Uint64(p[i:])
			if (w-low|w)&high != 0 { // a control character, or one beyond ASCII
				break
			}
			i += 8
		}
		stop := min(i+8, len(p))
		if i == stop {
			return i
		}
		for i < stop {
			n := xmlCharLen(p[i:])
			if n == 0 {
				return i
			}
			i += n
		}
	}
}

// xmlCharLen returns the length of the character that p begins with, or 0.
func xmlCharLen(p []byte) int {
	c := p[0]
	switch {
	case c >= 0x20 && c < utf8.RuneSelf, c == '\n', c == '\t', c == '\r':
		return 1
	case c < 0x20:
		return 0
	case c >= 0xC2 && c < 0xE0 && len(p) > 1 && p[1]&0xC0 == 0x80:
		return 2
	}
	r, n := utf8.DecodeRune(p)
	if r == utf8.RuneError && n <= 1 || r == 0xFFFE || r == 0xFFFF {
		return 0
	}
	return n
}
