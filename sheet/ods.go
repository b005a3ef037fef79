package sheet

import (
	"io"
	"strings"
	"sync/atomic"
)

// odsBook is an OpenDocument spreadsheet, packed or flat: one XML document that
// holds all sheets one after another.
type odsBook struct {
	kind   Format
	limits Limits
	infos  []Info
	// open begins to read the document from its start.
	open func() (*xmlReader, source, error)
}

// source is what a document is read from.
type source interface {
	progress() (done, total int64)
	close()
}

func (b *odsBook) format() Format { return b.kind }
func (b *odsBook) sheets() []Info { return b.infos }

// date1904 is always false: dates are stored as ISO 8601.
func (b *odsBook) date1904() bool { return false }

const (
	odfPrefix = "application/vnd.oasis.opendocument."
	odfSheet  = odfPrefix + "spreadsheet"
)

// openODF opens an archive that has a mimetype, as OpenDocument has.
func openODF(a *archive) (workbook, error) {
	kind, err := a.smallText("mimetype", 256)
	if err != nil {
		return nil, err
	}
	if e := identifyODF(strings.TrimSpace(kind)); e != nil {
		return nil, e
	}
	if err := a.checkManifest(); err != nil {
		return nil, err
	}
	b := &odsBook{kind: ODS, limits: a.limits}
	b.open = func() (*xmlReader, source, error) {
		x, p, err := a.part("content.xml", a.budget())
		return x, p, err
	}
	return b, b.readTables()
}

// smallText reads a part that is a line of text.
func (a *archive) smallText(name string, limit int64) (string, error) {
	p, err := a.open(a.find(name), a.budget())
	if err != nil {
		return "", err
	}
	defer p.close()
	text, err := io.ReadAll(io.LimitReader(p, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = refuse(NotASpreadsheet)
	}
	return string(text), err
}

// identifyODF returns nil for a media type that we read.
func identifyODF(kind string) *Error {
	switch {
	case kind == odfSheet || kind == odfSheet+"-template":
		return nil
	case strings.HasPrefix(kind, odfPrefix+"text"):
		return refuse(TextDocument)
	case strings.HasPrefix(kind, odfPrefix+"presentation"):
		return refuse(Presentation)
	case strings.HasPrefix(kind, odfPrefix):
		return refuse(OtherDocument, "kind", "OpenDocument "+strings.TrimPrefix(kind, odfPrefix))
	case kind == "application/epub+zip":
		return refuse(OtherDocument, "kind", "EPUB")
	}
	return refuse(OtherZip)
}

// checkManifest looks for encryption: of single parts, or of the whole package.
func (a *archive) checkManifest() error {
	const manifest = "META-INF/manifest.xml"
	if a.find("encrypted-package") != nil {
		return refuse(PasswordProtected)
	}
	if a.find(manifest) == nil {
		return nil
	}
	return a.eachElement(manifest, func(x *xmlReader) error {
		if x.is(spaceManifest, "encryption-data") {
			return refuse(PasswordProtected)
		}
		return nil
	})
}

// openXML opens a file that is not packed and begins with a tag: a flat
// OpenDocument spreadsheet, or something to be refused by name.
func openXML(r io.ReaderAt, size int64, head []byte, limits Limits) (workbook, error) {
	if looksLikeHTML(head) {
		return nil, refuse(WebPage)
	}
	b := &odsBook{kind: FODS, limits: limits}
	b.open = func() (*xmlReader, source, error) {
		p := &plainFile{section: io.NewSectionReader(r, 0, size), total: size}
		return newXMLReader(newFeed(p, "", size), limits), p, nil
	}
	if err := b.checkFlat(); err != nil {
		return nil, err
	}
	return b, b.readTables()
}

// checkFlat looks at the root element.
func (b *odsBook) checkFlat() error {
	x, p, err := b.open()
	if err != nil {
		return err
	}
	defer p.close()
	defer x.close()
	for {
		kind, err := x.next()
		if err != nil {
			return err
		}
		if kind == xmlStart {
			break
		}
	}
	if x.is(spaceOffice, "document") {
		mime, _, err := x.attr(spaceOffice, "mimetype")
		if err != nil {
			return err
		}
		if e := identifyODF(string(mime)); e != nil {
			return e
		}
		return nil
	}
	for _, a := range x.attrs {
		if string(a.value) == "urn:schemas-microsoft-com:office:spreadsheet" {
			return refuse(ExcelXML2003)
		}
	}
	root := string(x.name.local)
	if equalFold(root, "html") {
		return refuse(WebPage)
	}
	return refuse(OtherXML, "root", root)
}

// plainFile reads a file that is not packed and counts for the progress bar.
type plainFile struct {
	section *io.SectionReader
	taken   atomic.Int64
	total   int64
}

func (p *plainFile) Read(b []byte) (int, error) {
	n, err := p.section.Read(b)
	p.taken.Add(int64(n))
	return n, err
}

func (p *plainFile) progress() (int64, int64) { return p.taken.Load(), p.total }
func (p *plainFile) close()                   {}

// readTables reads the document once for the names of its sheets. The styles
// that hide a sheet come before them.
func (b *odsBook) readTables() error {
	x, p, err := b.open()
	if err != nil {
		return err
	}
	defer p.close()
	defer x.close()
	hidden, style := map[string]bool{}, ""
	names := map[string]bool{}
	for {
		kind, err := x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEOF && len(b.infos) == 0:
			return refuse(NoSheets)
		case kind == xmlEOF:
			return nil
		case kind != xmlStart:
		case x.is(spaceStyle, "style"):
			style, err = x.attrText(spaceStyle, "name")
		case x.is(spaceStyle, "table-properties"):
			var display string
			display, err = x.attrText(spaceTable, "display")
			if display == "false" && len(hidden) < b.limits.Sheets && len(style) <= maxName {
				hidden[style] = true
			}
		case x.isTable():
			err = b.addTable(x, hidden, names)
		}
		if err != nil {
			return err
		}
	}
}

// isTable reports whether the current start tag is a sheet: a table directly in
// the spreadsheet, and not one inside a cell or a tracked change.
func (x *xmlReader) isTable() bool {
	return x.is(spaceTable, "table") && x.inside("spreadsheet")
}

// attrText is attr for those who need a string, "" if there is none.
func (x *xmlReader) attrText(space xmlSpace, local string) (string, error) {
	v, _, err := x.attr(space, local)
	return string(v), err
}

func (b *odsBook) addTable(x *xmlReader, hidden, names map[string]bool) error {
	name, err := x.attrText(spaceTable, "name")
	if err != nil {
		return err
	}
	style, err := x.attrText(spaceTable, "style-name")
	if err != nil {
		return err
	}
	key := strings.ToLower(name)
	if name == "" || names[key] || len(name) > maxName {
		return x.refuse(WorkbookBroken, "detail", "sheet "+clip(name))
	}
	names[key] = true
	if len(b.infos) >= b.limits.Sheets {
		return refuse(TooManySheets, "limit", b.limits.Sheets)
	}
	b.infos = append(b.infos, Info{Name: name, Hidden: hidden[style], Rows: true})
	return nil
}

// rows begins to read a sheet by passing over those before it.
func (b *odsBook) rows(sheet int) (rowSource, error) {
	x, p, err := b.open()
	if err != nil {
		return nil, err
	}
	r := &odsRows{x: x, src: p, limits: b.limits}
	for {
		kind, err := x.next()
		if err == nil && kind == xmlEOF {
			err = x.refuse(XMLCutOff) // cannot be: it was there a moment ago
		}
		if err != nil {
			r.close()
			return nil, err
		}
		if kind == xmlStart && x.isTable() {
			if sheet--; sheet < 0 {
				r.depth = x.depth()
				return r, nil
			}
		}
	}
}
