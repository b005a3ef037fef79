package sheet

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// sniffBytes is how much of the beginning tells what a file is.
const sniffBytes = 4096

// signatures of files that people rename or choose by mistake.
var signatures = []struct {
	magic string
	code  Code
	kind  string
}{
	{"%PDF-", PDFDocument, ""},
	{"{\\rtf", TextDocument, ""},
	{"\x89PNG\r\n", Image, ""},
	{"\xFF\xD8\xFF", Image, ""},
	{"GIF8", Image, ""},
	{"BM", Image, ""}, // checked further below
	{"II*\x00", Image, ""},
	{"MM\x00*", Image, ""},
	{"Rar!\x1A\x07", OtherArchive, "RAR"},
	{"7z\xBC\xAF\x27\x1C", OtherArchive, "7-Zip"},
	{"\x1F\x8B", OtherArchive, "gzip"},
	{"\xFD7zXZ\x00", OtherArchive, "xz"},
	{"BZh", OtherArchive, "bzip2"},
	{"\x28\xB5\x2F\xFD", OtherArchive, "zstd"},
	{"SQLite format 3\x00", OtherDocument, "SQLite"},
	{"\x00\x01\x00\x00Standard ", OtherDocument, "Access"},
	{"PAR1", OtherDocument, "Parquet"},
	{"MIME-Version:", WebPage, ""}, // Excel's "single file web page"
	{"TABLE\r\n0,1\r\n", OtherDocument, "DIF"},
	{"TABLE\n0,1\n", OtherDocument, "DIF"},
	{"MZ\x90", NotASpreadsheet, ""},
	{"\x7FELF", NotASpreadsheet, ""},
}

// identify names what is certainly no table in text form, by its first bytes.
func identify(head []byte) *Error {
	for _, s := range signatures {
		if !bytes.HasPrefix(head, []byte(s.magic)) {
			continue
		}
		if s.magic == "BM" && (len(head) < 10 || !bytes.Equal(head[6:10], make([]byte, 4))) {
			continue // a text that begins with these letters
		}
		if s.kind != "" {
			return refuse(s.code, "kind", s.kind)
		}
		return refuse(s.code)
	}
	switch {
	case isOldBIFF(head):
		return refuse(OldExcel)
	case isSylk(head):
		return refuse(Sylk)
	case isJSON(head):
		return refuse(OtherDocument, "kind", "JSON")
	case isBinary(head):
		return refuse(NotASpreadsheet)
	}
	return nil
}

// isOldBIFF recognises workbooks of Excel 2 to 4, which have no container.
func isOldBIFF(p []byte) bool {
	return len(p) > 8 && p[0] == 9 && (p[1] == 0 || p[1] == 2 || p[1] == 4) && (p[2] == 4 || p[2] == 6) && p[3] == 0
}

// isSylk tells a SYLK table from a CSV whose first heading is ID: the program
// that wrote it is named after ID;P, and a record of known letters follows.
func isSylk(p []byte) bool {
	first, rest, ok := bytes.Cut(p, []byte("\n"))
	if !ok || !bytes.HasPrefix(first, []byte("ID;P")) {
		return false
	}
	for _, record := range []string{"P;P", "P;F", "P;E", "P;L", "F;", "B;Y", "B;X", "C;Y", "C;X", "C;K", "O;"} {
		if bytes.HasPrefix(rest, []byte(record)) {
			return true
		}
	}
	return false
}

func isJSON(p []byte) bool {
	p = bytes.TrimLeft(bytes.TrimPrefix(p, []byte("\uFEFF")), " \t\r\n")
	if len(p) < 2 || p[0] != '{' && p[0] != '[' {
		return false
	}
	next := bytes.TrimLeft(p[1:], " \t\r\n")
	return len(next) > 0 && (next[0] == '"' && bytes.Contains(next, []byte("\":")) || p[0] == '[' && next[0] == '{')
}

// isBinary reports whether the text has several control characters that no text
// has. UTF-16 is told by its byte order mark.
func isBinary(p []byte) bool {
	if bytes.HasPrefix(p, []byte("\xFF\xFE")) || bytes.HasPrefix(p, []byte("\xFE\xFF")) {
		return false
	}
	count := 0
	for _, c := range p {
		if c < ' ' && c != 0 && c != '\t' && c != '\n' && c != '\r' {
			count++
		}
	}
	return count > 4 && bytes.IndexByte(p, 0) >= 0
}

// narrow turns the beginning of a UTF-16 text into ASCII, as far as it is that.
func narrow(head []byte) []byte {
	big := false
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		head = head[2:]
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		head, big = head[2:], true
	case bytes.HasPrefix(head, []byte("<\x00")):
	case bytes.HasPrefix(head, []byte("\x00<")):
		big = true
	default:
		return bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	}
	var units []uint16
	for i := 0; i+1 < len(head); i += 2 {
		u := uint16(head[i]) | uint16(head[i+1])<<8
		if big {
			u = u>>8 | u<<8
		}
		units = append(units, u)
	}
	return []byte(string(utf16.Decode(units)))
}

// looksLikeXML reports whether a file begins with a tag: XML or HTML. Space
// before an HTML page is common; XML has none.
func looksLikeXML(head []byte) bool {
	p := bytes.TrimLeft(narrow(head), " \t\r\n")
	if len(p) < 2 || p[0] != '<' {
		return false
	}
	c := p[1]
	return c == '?' || c == '!' || xmlClass[c]&xmlNameStart != 0
}

var htmlStarts = []string{"<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<style", "<script", "<div", "<title", "<center", "<font", "<br", "<p>"}

// looksLikeHTML reports whether tagged text is a web page: by its first tag, or
// by an html tag soon after comments and the like.
func looksLikeHTML(head []byte) bool {
	p := strings.ToLower(string(bytes.TrimLeft(narrow(head), " \t\r\n")))
	for _, start := range htmlStarts {
		if strings.HasPrefix(p, start) {
			return true
		}
	}
	return strings.Contains(p, "<html") || strings.Contains(p, "http://www.w3.org/1999/xhtml\"") && strings.Contains(p, "<!doctype html")
}

// identify names a zip archive without a main part.
func (a *archive) identify() *Error {
	for key := range a.entries {
		switch {
		case strings.HasPrefix(key, "index/") && strings.HasSuffix(key, ".iwa"), key == "index.zip", key == "index.apxl":
			return refuse(AppleNumbers)
		case key == "androidmanifest.xml", key == "meta-inf/manifest.mf":
			return refuse(NotASpreadsheet)
		}
	}
	if a.find("[Content_Types].xml") != nil {
		return refuse(WorkbookBroken, "detail", "no main part")
	}
	return refuse(OtherZip)
}

// identifyOOXML returns nil for a workbook that we read, by the content type of
// its main part.
func identifyOOXML(kind, main string) *Error {
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case strings.HasPrefix(kind, typeWorkbook) && (strings.HasSuffix(kind, "sheet.main+xml") || strings.HasSuffix(kind, "template.main+xml")),
		kind == typeMacro+"sheet.macroenabled.main+xml", kind == typeMacro+"template.macroenabled.main+xml",
		kind == typeMacro+"addin.macroenabled.main+xml":
		return nil
	case strings.HasPrefix(kind, typeMacro+"sheet.binary"):
		return refuse(BinaryWorkbook)
	case strings.Contains(kind, "wordprocessingml"), strings.Contains(kind, "ms-word"):
		return refuse(TextDocument)
	case strings.Contains(kind, "presentationml"), strings.Contains(kind, "ms-powerpoint"):
		return refuse(Presentation)
	case strings.Contains(kind, "visio"):
		return refuse(OtherDocument, "kind", "Visio")
	case kind == "application/xml" && strings.HasSuffix(partKey(main), ".xml"):
		return nil // declared as XML of any kind; the root element tells
	}
	return refuse(NotASpreadsheet)
}
