package sheet

import (
	"bufio"
	"github.com/klauspost/compress/flate"
	"hash/crc32"
	"io"
	"sync"
	"sync/atomic"
)

// budget is what the parts read for one sheet may still unpack to.
// Parts are unpacked on several goroutines.
type budget struct {
	left  atomic.Int64
	limit int64
}

func (a *archive) budget() *budget {
	b := &budget{limit: a.limits.UnpackedBytes}
	b.left.Store(b.limit)
	return b
}

// partReader unpacks one entry. It ends with io.EOF only if the checksum and
// both sizes are right, and the packed bytes were used up to the last.
type partReader struct {
	e      *entry
	limits Limits
	budget *budget
	in     *packedBytes
	out    io.Reader
	crc    uint32
	n      int64 // bytes unpacked
	err    error
}

// packedBytes hands the packed bytes of an entry to the inflater and counts
// them for the progress bar. The inflater takes single bytes, so that it never
// takes one too many.
type packedBytes struct {
	*bufio.Reader
	section *io.SectionReader
	total   int64
	taken   atomic.Int64
}

func (p *packedBytes) Read(b []byte) (int, error) {
	n, err := p.section.Read(b)
	p.taken.Add(int64(n))
	return n, err
}

var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// open starts unpacking an entry.
func (a *archive) open(e *entry, b *budget) (*partReader, error) {
	p := &partReader{e: e, limits: a.limits, budget: b}
	p.in = &packedBytes{section: io.NewSectionReader(a.r, e.data, e.packed), total: e.packed}
	p.in.Reader = bufio.NewReaderSize(readerFunc(p.in.Read), int(min(e.packed+16, 32<<10)))
	switch e.method {
	case zipStored:
		p.out = p.in.Reader
	case zipDeflated:
		inflater := inflaters.Get().(io.ReadCloser)
		if err := inflater.(flate.Resetter).Reset(p.in.Reader, nil); err != nil {
			return nil, p.refuse(ZipDamaged, "detail", err.Error())
		}
		p.out = inflater
	default:
		return nil, p.refuse(ZipMethod, "method", e.method)
	}
	return p, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// Read unpacks into b.
func (p *partReader) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.out.Read(b)
	p.crc = crc32.Update(p.crc, crc32.IEEETable, b[:n])
	p.n += int64(n)
	left := p.budget.left.Add(-int64(n))
	switch {
	case p.n > p.limits.RatioAfter && p.n > p.limits.Ratio*p.e.packed:
		p.err = p.refuse(ZipBomb, "limit", p.limits.Ratio)
	case left < 0:
		p.err = p.refuse(UnpackedLimit, "limit", p.budget.limit)
	case p.n > p.e.size:
		p.err = p.refuse(ZipSize)
	case err == io.EOF:
		p.err = p.finish()
	case err != nil:
		p.err = p.explain(err)
	}
	return n, p.err
}

// finish compares what was unpacked with what the directory promises.
func (p *partReader) finish() error {
	_, more := p.in.ReadByte()
	switch {
	case more == nil || p.n != p.e.size:
		return p.refuse(ZipSize)
	case more != io.EOF:
		return more
	case p.crc != p.e.crc:
		return p.refuse(ZipChecksum)
	}
	return io.EOF
}

// explain tells damaged data from a failing disk.
func (p *partReader) explain(err error) error {
	if _, ok := err.(flate.CorruptInputError); ok || err == io.ErrUnexpectedEOF {
		e := p.refuse(ZipDamaged, "detail", "packed data")
		e.Offset = p.n
		return e
	}
	return err
}

func (p *partReader) refuse(code Code, args ...any) *Error {
	e := refuse(code, args...)
	e.Part = p.e.name
	return e
}

// close gives the inflater back.
func (p *partReader) close() {
	if inflater, ok := p.out.(io.ReadCloser); ok && p.e.method == zipDeflated {
		p.out = nil
		p.err = io.ErrClosedPipe
		inflaters.Put(inflater)
	}
}

func (p *partReader) progress() (int64, int64) { return p.in.taken.Load(), p.in.total }
