package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// open finds out what a file is by its content, and opens it as that.
func open(r io.ReaderAt, size int64, o Options) (workbook, []Warning, error) {
	if size <= 0 {
		return nil, nil, refuse(FileEmpty)
	}
	if size > o.Limits.FileBytes {
		return nil, nil, refuse(FileTooLarge, "size", size, "limit", o.Limits.FileBytes)
	}
	head := make([]byte, min(size, sniffBytes))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		if err == nil || err == io.EOF {
			err = refuse(FileEmpty)
		}
		return nil, nil, err
	}
	wb, warns, err := openKnown(r, size, head, o)
	if err != nil {
		return nil, nil, err
	}
	if w, differs := nameDiffers(o.Name, wb.format()); differs {
		warns = append(warns, w)
	}
	return wb, warns, nil
}

// openKnown opens the file as what its first bytes say.
func openKnown(r io.ReaderAt, size int64, head []byte, o Options) (workbook, []Warning, error) {
	switch {
	case len(head) < 4 && bytes.HasPrefix([]byte("PK\x03\x04"), head):
		return nil, nil, refuse(ZipCutOff)
	case bytes.HasPrefix(head, []byte("PK")) && isZip(head):
		wb, err := openZip(r, size, o.Limits)
		return wb, nil, err
	case bytes.HasPrefix(head, cfbMagic):
		return nil, nil, identifyCFB(r, size)
	case looksLikeXML(head):
		wb, err := openXML(r, size, head, o.Limits)
		return wb, nil, err
	}
	if zipInside(r, size) {
		return nil, nil, refuse(ZipJunkBefore)
	}
	if e := identify(head); e != nil {
		return nil, nil, e
	}
	b, warns, err := openCSV(r, size, o)
	return b, warns, err
}

func isZip(head []byte) bool {
	return len(head) >= 4 && (head[2] == 3 && head[3] == 4 || head[2] == 5 && head[3] == 6 || head[2] == 7 && head[3] == 8)
}

// zipInside reports whether a file that does not begin like an archive ends
// like one.
func zipInside(r io.ReaderAt, size int64) bool {
	tail := make([]byte, min(size, zipEndSize))
	n, _ := r.ReadAt(tail, size-int64(len(tail)))
	return n == zipEndSize && bytes.HasPrefix(tail, []byte("PK\x05\x06"))
}

// openZip opens an archive as the document that its parts make of it.
func openZip(r io.ReaderAt, size int64, limits Limits) (workbook, error) {
	a, err := openArchive(r, size, limits)
	if err != nil {
		return nil, err
	}
	if a.find("mimetype") != nil {
		return openODF(a)
	}
	rels, err := a.relations("")
	if err != nil {
		return nil, err
	}
	main := ""
	for _, rel := range rels {
		if rel.kind == relWorkbook && !rel.external {
			if main != "" {
				return nil, refuse(WorkbookBroken, "detail", "two main parts")
			}
			main = rel.target
		}
	}
	if main == "" {
		return nil, a.identify()
	}
	kind, err := a.contentType(main)
	if err != nil {
		return nil, err
	}
	if e := identifyOOXML(kind, main); e != nil {
		return nil, e
	}
	return openXLSX(a, main)
}

// contentType returns what [Content_Types].xml says of a part.
func (a *archive) contentType(part string) (string, error) {
	byName, byExt := "", ""
	ext := partKey(part[strings.LastIndexByte(part, '.')+1:])
	err := a.eachElement("[Content_Types].xml", func(x *xmlReader) error {
		if x.name.space != spaceContentTypes || x.depth() != 2 {
			return nil
		}
		attrs, err := x.attrsOf("PartName", "Extension", "ContentType")
		if err != nil {
			return err
		}
		switch {
		case string(x.name.local) == "Override" && partKey(attrs[0]) == partKey(part):
			byName = attrs[2]
		case string(x.name.local) == "Default" && strings.EqualFold(attrs[1], ext):
			byExt = attrs[2]
		}
		return nil
	})
	if byName != "" {
		return byName, err
	}
	return byExt, err
}

// nameDiffers warns when the file's name promises another format. Names without
// a promise, such as .txt, are all right.
func nameDiffers(name string, f Format) (Warning, bool) {
	ext := ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		ext = strings.ToLower(name[i+1:])
	}
	family := map[string]Format{
		"xlsx": XLSX, "xlsm": XLSX, "xltx": XLSX, "xltm": XLSX, "xls": "xls", "xlsb": "xlsb",
		"ods": ODS, "ots": ODS, "fods": FODS, "csv": CSV, "tsv": CSV, "tab": CSV,
	}
	said, ok := family[ext]
	is := f
	if is == TSV {
		is = CSV
	}
	if !ok || said == is {
		return Warning{}, false
	}
	return Warning{Code: NameDiffers, Args: map[string]any{"name": name, "format": string(f)}}, true
}

func newEncoder(w io.Writer, f Format) (encoder, error) {
	switch f {
	case XLSX:
		return newXLSXEncoder(w), nil
	case ODS:
		return newODSEncoder(w), nil
	case CSV:
		return newCSVEncoder(w, ';'), nil
	case TSV:
		return newCSVEncoder(w, '\t'), nil
	}
	return nil, fmt.Errorf("sheet: the format %q cannot be written", f)
}
