package sheet

import (
	"archive/zip"
	"github.com/klauspost/compress/flate"
	"hash/crc32"
	"io"
)

// zipWriter writes the parts of a document one after another. A part is packed
// on a goroutine of its own, so that one processor makes the XML while another
// packs it. Times are left out: the same cells make the same bytes.
type zipWriter struct {
	zw   *zip.Writer
	part *partWriter
}

func newZipWriter(w io.Writer) *zipWriter {
	zw := zip.NewWriter(w)
	zw.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	return &zipWriter{zw: zw}
}

// stored writes a small part without packing and without anything in its header
// that a reader of the first bytes of a file would stumble over.
func (z *zipWriter) stored(name, text string) error {
	w, err := z.zw.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(text)),
		CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text)),
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// whole writes a small part.
func (z *zipWriter) whole(name, text string) error {
	w, err := z.zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// begin starts a part that is written piece by piece into buf of the result. It
// must be ended before the next part.
func (z *zipWriter) begin(name string) (*partWriter, error) {
	w, err := z.zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return nil, err
	}
	p := &partWriter{
		buf:  make([]byte, 0, partBuffer+partSlack),
		full: make(chan []byte, 1),
		free: make(chan []byte, 2),
		done: make(chan error, 1),
	}
	p.free <- make([]byte, 0, partBuffer+partSlack)
	p.free <- make([]byte, 0, partBuffer+partSlack)
	go p.run(w)
	z.part = p
	return p, nil
}

// end completes the part that was begun.
func (z *zipWriter) end() error {
	p := z.part
	if p == nil {
		return nil
	}
	z.part = nil
	p.full <- p.buf
	close(p.full)
	return <-p.done
}

func (z *zipWriter) close() error { return z.zw.Close() }

const (
	partBuffer = 128 << 10
	partSlack  = 16 << 10
)

// partWriter collects the text of a part in buf and hands it to the packer when
// there is enough.
type partWriter struct {
	buf  []byte
	full chan []byte
	free chan []byte
	done chan error
}

func (p *partWriter) run(w io.Writer) {
	var err error
	for b := range p.full {
		if err == nil {
			_, err = w.Write(b)
		}
		select {
		case p.free <- b[:0]:
		default:
		}
	}
	p.done <- err
}

// flush hands on what has been collected, if it is enough.
func (p *partWriter) flush() {
	if len(p.buf) < partBuffer {
		return
	}
	p.full <- p.buf
	p.buf = <-p.free
}
