package sheet

import (
	"path"
	"strings"
)

// Kinds of relationship, by the last step of their type, which is the same in
// the transitional and the strict form.
const (
	relWorkbook  = "officeDocument"
	relSheet     = "worksheet"
	relStrings   = "sharedStrings"
	relStyles    = "styles"
	typeWorkbook = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	typeMacro    = "application/vnd.ms-excel."
)

// xlsxBook is an Office Open XML workbook: its list of sheets, and what is
// needed to read any of them.
type xlsxBook struct {
	a        *archive
	limits   Limits
	list     []xlsxSheet
	infos    []Info
	is1904   bool
	styles   string // part names; empty if there is none
	strings  string
	styleSet *styleSet
	texts    *stringTable
	slow     bool // never take the short way; for tests
}

type xlsxSheet struct {
	id       string // of the relationship
	part     string
	external string
}

const (
	// maxName bounds what is kept of a name or address in a workbook, in bytes.
	maxName = 1000
	// maxRelations bounds the relationships of a part: one for each of the most
	// sheets there can be, and as many again.
	maxRelations = 4096
)

// relation is one line of a .rels part.
type relation struct {
	kind     string // last step of the type
	target   string // part name, resolved
	external bool
	raw      string
}

func (b *xlsxBook) format() Format { return XLSX }
func (b *xlsxBook) sheets() []Info { return b.infos }
func (b *xlsxBook) date1904() bool { return b.is1904 }

// openXLSX reads the workbook part and its relationships.
func openXLSX(a *archive, workbook string) (*xlsxBook, error) {
	b := &xlsxBook{a: a, limits: a.limits}
	if err := b.readWorkbook(workbook); err != nil {
		return nil, err
	}
	rels, err := a.relations(workbook)
	if err != nil {
		return nil, err
	}
	for _, r := range rels {
		switch {
		case r.external:
		case r.kind == relStrings:
			b.strings = r.target
		case r.kind == relStyles:
			b.styles = r.target
		}
	}
	for i := range b.list {
		if err := b.link(i, rels); err != nil {
			return nil, err
		}
	}
	if len(b.list) == 0 {
		return nil, refuse(NoSheets)
	}
	return b, nil
}

// link finds the part of a sheet.
func (b *xlsxBook) link(i int, rels map[string]relation) error {
	s := &b.list[i]
	r, ok := rels[s.id]
	if !ok {
		e := refuse(WorkbookBroken, "detail", "sheet without a part")
		e.Sheet = b.infos[i].Name
		return e
	}
	b.infos[i].Rows = r.kind == relSheet
	if r.external {
		s.external = r.raw
	}
	s.part = r.target
	return nil
}

// part opens a part for reading as XML.
func (a *archive) part(name string, b *budget) (*xmlReader, *partReader, error) {
	e := a.find(name)
	if e == nil {
		return nil, nil, refuse(PartMissing, "name", name)
	}
	p, err := a.open(e, b)
	if err != nil {
		return nil, nil, err
	}
	return newXMLReader(newFeed(p, e.name, e.packed), a.limits), p, nil
}

// eachElement reads a whole small part and calls visit at every start tag.
func (a *archive) eachElement(name string, visit func(x *xmlReader) error) error {
	x, p, err := a.part(name, a.budget())
	if err != nil {
		return err
	}
	defer p.close()
	defer x.close()
	for {
		kind, err := x.next()
		if err != nil || kind == xmlEOF {
			return err
		}
		if kind == xmlStart {
			if err := visit(x); err != nil {
				return err
			}
		}
	}
}

// relations reads the relationships of a part, or of the package for "".
func (a *archive) relations(of string) (map[string]relation, error) {
	dir, file := path.Split(of)
	part := dir + "_rels/" + file + ".rels"
	rels := map[string]relation{}
	if a.find(part) == nil {
		return rels, nil
	}
	err := a.eachElement(part, func(x *xmlReader) error {
		if !x.is(spaceRels, "Relationship") || x.depth() != 2 {
			return nil
		}
		attrs, err := x.attrsOf("Id", "Type", "Target", "TargetMode")
		if err != nil {
			return err
		}
		id, kind, target := attrs[0], attrs[1], attrs[2]
		if _, twice := rels[id]; twice || id == "" || len(rels) >= maxRelations || len(id)+len(kind)+len(target) > 3*maxName {
			return x.refuse(WorkbookBroken, "detail", "relationship "+clip(id))
		}
		r := relation{kind: kind[strings.LastIndexByte(kind, '/')+1:], raw: target, external: attrs[3] == "External"}
		if !r.external {
			r.target = resolveTarget(dir, target)
		}
		rels[id] = r
		return nil
	})
	return rels, err
}

// attrsOf returns the values of several attributes without a namespace, "" for
// each that is not there.
func (x *xmlReader) attrsOf(names ...string) ([]string, error) {
	values := make([]string, len(names))
	for i, name := range names {
		v, _, err := x.attr(spaceNone, name)
		if err != nil {
			return nil, err
		}
		values[i] = string(v)
	}
	return values, nil
}

// resolveTarget makes a part name of a relationship target, which may be
// absolute, relative to the directory, or climb out of it by "..". It cannot
// climb above the package.
func resolveTarget(dir, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if i := strings.IndexByte(target, '#'); i >= 0 {
		target = target[:i]
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// readWorkbook reads the names of the sheets and the calendar.
func (b *xlsxBook) readWorkbook(part string) error {
	names := map[string]bool{}
	err := b.a.eachElement(part, func(x *xmlReader) error {
		switch {
		case x.depth() == 1 && !x.is(spaceMain, "workbook"):
			return x.refuse(WorkbookBroken, "detail", "no workbook")
		case x.depth() == 2 && x.is(spaceMain, "workbookPr"):
			v, _, err := x.attr(spaceNone, "date1904")
			b.is1904 = isTrue(v)
			return err
		case x.depth() == 3 && x.is(spaceMain, "sheet"):
			return b.addSheet(x, names)
		case x.is(spaceCompatibility, "AlternateContent") && x.inside("sheets"):
			return x.refuse(AlternateContent)
		}
		return nil
	})
	return err
}

func (b *xlsxBook) addSheet(x *xmlReader, names map[string]bool) error {
	attrs, err := x.attrsOf("name", "state")
	if err != nil {
		return err
	}
	id, ok, err := x.attr(spaceDocRels, "id")
	if err != nil {
		return err
	}
	key := strings.ToLower(attrs[0])
	if !ok || len(id) == 0 || attrs[0] == "" || names[key] || len(attrs[0]) > maxName || len(id) > maxName {
		return x.refuse(WorkbookBroken, "detail", "sheet "+clip(attrs[0]))
	}
	names[key] = true
	if len(b.list) >= b.limits.Sheets {
		return refuse(TooManySheets, "limit", b.limits.Sheets)
	}
	b.list = append(b.list, xlsxSheet{id: string(id)})
	b.infos = append(b.infos, Info{Name: attrs[0], Hidden: attrs[1] == "hidden" || attrs[1] == "veryHidden"})
	return nil
}

// isTrue reads a boolean attribute of Office Open XML.
func isTrue(v []byte) bool {
	switch string(v) {
	case "1", "true", "on", "t":
		return true
	}
	return false
}

// rows opens a sheet. Styles are read at once, for every cell may need them;
// shared strings when the first cell does.
func (b *xlsxBook) rows(sheet int) (rowSource, error) {
	s := b.list[sheet]
	if s.external != "" {
		return nil, refuse(PartExternal, "target", s.external)
	}
	if err := b.loadStyles(); err != nil {
		return nil, err
	}
	budget := b.a.budget()
	x, p, err := b.a.part(s.part, budget)
	if err != nil {
		return nil, err
	}
	r := &xlsxRows{book: b, x: x, part: p, budget: budget}
	r.dates = b.styleSet.dates
	return r, nil
}

// clip shortens a name for a message.
func clip(name string) string {
	if len(name) <= 60 {
		return name
	}
	return strings.ToValidUTF8(name[:60], "") + "…"
}
