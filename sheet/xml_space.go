package sheet

import "bytes"

// xmlSpace is a namespace that the package knows. The transitional and the
// strict form of Office Open XML count as one: what we read of them is the same.
type xmlSpace uint8

const (
	spaceNone  xmlSpace = iota
	spaceOther          // any that we do not know
	spaceXML
	spaceMain          // SpreadsheetML
	spaceDocRels       // r:id
	spaceRels          // .rels parts
	spaceContentTypes  // [Content_Types].xml
	spaceCompatibility // mc:AlternateContent
	spaceOffice        // OpenDocument from here on
	spaceTable
	spaceText
	spaceStyle
	spaceManifest
	spaceCalcExt
	spaceDC
	spaceDraw
)

var xmlSpaces = map[string]xmlSpace{
	"http://www.w3.org/XML/1998/namespace":                                 spaceXML,
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":            spaceMain,
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                        spaceMain,
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships":  spaceDocRels,
	"http://purl.oclc.org/ooxml/officeDocument/relationships":              spaceDocRels,
	"http://schemas.openxmlformats.org/package/2006/relationships":         spaceRels,
	"http://schemas.openxmlformats.org/package/2006/content-types":         spaceContentTypes,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":          spaceCompatibility,
	"urn:oasis:names:tc:opendocument:xmlns:office:1.0":                     spaceOffice,
	"urn:oasis:names:tc:opendocument:xmlns:table:1.0":                      spaceTable,
	"urn:oasis:names:tc:opendocument:xmlns:text:1.0":                       spaceText,
	"urn:oasis:names:tc:opendocument:xmlns:style:1.0":                      spaceStyle,
	"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0":                   spaceManifest,
	"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0":                    spaceDraw,
	"urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": spaceCalcExt,
	"http://purl.org/dc/elements/1.1/":                                     spaceDC,
}

const xmlnsURI = "http://www.w3.org/2000/xmlns/"

// bind declares the namespace that an attribute declares, if it does.
func (x *xmlReader) bind(a *xmlAttr) error {
	if len(a.raw) < 5 || string(a.raw[:5]) != "xmlns" || a.prefix != 5 && len(a.raw) != 5 {
		return nil
	}
	prefix := ""
	if a.prefix == 5 {
		prefix = string(a.raw[6:])
	}
	value, err := x.value(a)
	if err != nil {
		return err
	}
	uri := string(value)
	space, known := xmlSpaces[uri]
	switch {
	case uri == "" && prefix != "", uri == xmlnsURI, prefix == "xmlns", (prefix == "xml") != (space == spaceXML):
		return x.syntax("namespace declaration")
	case uri == "":
		space = spaceNone
	case !known:
		space = spaceOther
	}
	x.bindings = append(x.bindings, xmlBinding{prefix, space})
	return nil
}

// resolve returns the namespace of a prefix; the empty one is that of elements.
func (x *xmlReader) resolve(prefix []byte) (xmlSpace, bool) {
	for i := len(x.bindings) - 1; i >= 0; i-- {
		if x.bindings[i].prefix == string(prefix) {
			return x.bindings[i].space, true
		}
	}
	switch string(prefix) {
	case "":
		return spaceNone, true
	case "xml":
		return spaceXML, true
	case "xmlns":
		return spaceOther, true
	}
	return spaceNone, false
}

// attr returns the decoded value of an attribute of the current start tag. The
// value is valid until the next token.
func (x *xmlReader) attr(space xmlSpace, local string) ([]byte, bool, error) {
	for i := range x.attrs {
		a := &x.attrs[i]
		name := a.raw
		if a.prefix > 0 {
			name = a.raw[a.prefix+1:]
		}
		if string(name) != local || (a.prefix == 0) != (space == spaceNone) {
			continue
		}
		if a.prefix > 0 {
			if s, _ := x.resolve(a.raw[:a.prefix]); s != space {
				continue
			}
		}
		v, err := x.value(a)
		return v, true, err
	}
	return nil, false, nil
}

// value decodes the value of an attribute.
func (x *xmlReader) value(a *xmlAttr) ([]byte, error) {
	plain := true
	for _, c := range a.value {
		if xmlClass[c]&xmlValueStop != 0 {
			plain = false
			break
		}
	}
	if plain {
		return a.value, nil
	}
	var out []byte // rare enough to allocate; several values live at once
	rest := a.value
	for len(rest) > 0 {
		i := bytes.IndexAny(rest, "&\t\r\n")
		if i < 0 {
			break
		}
		out = append(out, rest[:i]...)
		rest = rest[i:]
		if rest[0] != '&' {
			if rest[0] == '\r' && len(rest) > 1 && rest[1] == '\n' {
				rest = rest[1:]
			}
			out = append(out, ' ')
			rest = rest[1:]
			continue
		}
		var n int
		var err error
		if out, n, err = x.appendReference(out, rest); err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return append(out, rest...), nil
}

// is reports whether the current start or end tag has this name.
func (x *xmlReader) is(space xmlSpace, local string) bool {
	return x.name.space == space && string(x.name.local) == local
}
