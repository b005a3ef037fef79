package sheet

import (
	"fmt"
	"io"
)

func open(r io.ReaderAt, size int64, o Options) (workbook, []Warning, error) {
	b, w, err := openCSV(r, size, o)
	return b, w, err
}

func newEncoder(w io.Writer, f Format) (encoder, error) {
	switch f {
	case CSV:
		return newCSVEncoder(w, ';'), nil
	case TSV:
		return newCSVEncoder(w, '\t'), nil
	}
	return nil, fmt.Errorf("sheet: the format %q cannot be written", f)
}
