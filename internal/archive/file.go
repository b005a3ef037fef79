package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"nadel/internal/fault"
)

// zstdMagic begins every file that Pack writes.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// Pack compresses what is written to it, for keeping in a file. Close ends the
// file, not w.
func Pack(w io.Writer) (io.WriteCloser, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("begin compressing: %w", err)
	}
	return z, nil
}

// Unpack reads what Pack wrote. Close ends nothing of r.
func Unpack(r io.Reader) (io.ReadCloser, error) {
	begin := make([]byte, len(zstdMagic))
	if _, err := io.ReadFull(r, begin); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if !bytes.Equal(begin, zstdMagic) {
		return nil, fault.New(fault.Refused, "error.not_a_backup")
	}
	z, err := zstd.NewReader(io.MultiReader(bytes.NewReader(begin), r), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return nil, fmt.Errorf("begin decompressing: %w", err)
	}
	return z.IOReadCloser(), nil
}

// IsBackup tells whether a file begins like one that Pack wrote.
func IsBackup(r io.Reader) bool {
	begin := make([]byte, len(zstdMagic))
	_, err := io.ReadFull(r, begin)
	return err == nil && bytes.Equal(begin, zstdMagic)
}

// Verify reads an archive to its end and answers what it says about itself.
// read, unless nil, is told now and then the rows so far, and how many there are.
func Verify(r io.Reader, read func(rows, total int64)) (Header, error) {
	a, err := NewReader(r)
	if err != nil {
		return Header{}, err
	}
	if read != nil {
		a.Tell = func(rows int64) { read(rows, a.Header.Rows) }
		a.Tell(0)
	}
	for {
		if _, err := a.Next(); errors.Is(err, io.EOF) {
			return a.Header, nil
		} else if err != nil {
			return a.Header, err
		}
	}
}
