package sheet

import (
	"errors"
	"io"
)

func open(r io.ReaderAt, size int64, o Options) (workbook, []Warning, error) {
	return nil, nil, errors.New("sheet: reading is being built")
}

func newEncoder(w io.Writer, f Format) (encoder, error) {
	return nil, errors.New("sheet: writing is being built")
}
