package sheet_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"

	"nadel/sheet"
)

// rawEntry is an entry of an archive that a test builds byte by byte, so that
// it can lie.
type rawEntry struct {
	name, body string

	localName  string // if it differs
	method     uint16 // 8 unless stored
	stored     bool
	flags      uint16 // of both headers
	crc        uint32 // added to the true one, in the directory and the header
	sizeLie    int64  // added to the unpacked size
	attributes uint32 // Unix mode in the upper half
	descriptor string // "signed", "bare" or "wide": a data descriptor
	zip64      bool
	tail       string // after the packed data, counted as packed
	encrypted  bool
}

// rawZip builds an archive.
func rawZip(entries []rawEntry) []byte {
	le := binary.LittleEndian
	var out, dir []byte
	for _, e := range entries {
		var packed bytes.Buffer
		method := uint16(8)
		if e.stored {
			method = 0
			packed.WriteString(e.body)
		} else {
			w, _ := flate.NewWriter(&packed, 6)
			w.Write([]byte(e.body))
			w.Close()
		}
		if e.method != 0 {
			method = e.method
		}
		packed.WriteString(e.tail)
		crc := crc32.ChecksumIEEE([]byte(e.body)) + e.crc
		size, comp := uint64(int64(len(e.body))+e.sizeLie), uint64(packed.Len())
		flags := e.flags
		if e.encrypted {
			flags |= 1
		}
		localName := e.name
		if e.localName != "" {
			localName = e.localName
		}
		offset := len(out)
		header := func(sig uint32, name string, local bool) []byte {
			b := le.AppendUint32(nil, sig)
			if !local {
				b = le.AppendUint16(b, 3<<8|45)
			}
			fl, c, s, p := flags, crc, uint32(size), uint32(comp)
			if e.descriptor != "" {
				fl |= 8
				if local {
					c, s, p = 0, 0, 0
				}
			}
			var extra []byte
			if e.zip64 && (e.descriptor == "" || !local) {
				s, p = 0xFFFFFFFF, 0xFFFFFFFF
				extra = le.AppendUint16(le.AppendUint16(nil, 1), 16)
				extra = le.AppendUint64(le.AppendUint64(extra, size), comp)
			}
			b = le.AppendUint16(b, 45)
			b = le.AppendUint16(b, fl)
			b = le.AppendUint16(b, method)
			b = le.AppendUint32(b, 0)
			b = le.AppendUint32(le.AppendUint32(le.AppendUint32(b, c), p), s)
			b = le.AppendUint16(le.AppendUint16(b, uint16(len(name))), uint16(len(extra)))
			if !local {
				b = le.AppendUint16(le.AppendUint16(le.AppendUint16(b, 0), 0), 0)
				b = le.AppendUint32(le.AppendUint32(b, e.attributes), uint32(offset))
			}
			return append(append(b, name...), extra...)
		}
		out = append(out, header(0x04034b50, localName, true)...)
		out = append(out, packed.Bytes()...)
		switch e.descriptor {
		case "signed":
			out = le.AppendUint32(out, 0x08074b50)
			fallthrough
		case "bare":
			out = le.AppendUint32(le.AppendUint32(le.AppendUint32(out, crc), uint32(comp)), uint32(size))
		case "wide":
			out = le.AppendUint32(le.AppendUint32(out, 0x08074b50), crc)
			out = le.AppendUint64(le.AppendUint64(out, comp), size)
		}
		dir = append(dir, header(0x02014b50, e.name, false)...)
	}
	return appendEnd(out, dir, len(entries))
}

func appendEnd(out, dir []byte, n int) []byte {
	le := binary.LittleEndian
	at := len(out)
	out = append(out, dir...)
	out = le.AppendUint32(out, 0x06054b50)
	out = le.AppendUint32(out, 0)
	out = le.AppendUint16(le.AppendUint16(out, uint16(n)), uint16(n))
	out = le.AppendUint32(le.AppendUint32(out, uint32(len(dir))), uint32(at))
	return le.AppendUint16(out, 0)
}

// handEntries are the parts of the minimal workbook as entries.
func handEntries() []rawEntry {
	parts := byHandParts()
	var list []rawEntry
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		list = append(list, rawEntry{name: name, body: parts[name]})
	}
	return list
}

func TestArchives(t *testing.T) {
	const table = "1: A\"ID\" B\"Status\"\n2: A5\n"
	// each changes every entry; one only the sheet.
	each := func(f func(*rawEntry)) func() []byte {
		return func() []byte {
			list := handEntries()
			for i := range list {
				f(&list[i])
			}
			return rawZip(list)
		}
	}
	one := func(f func(*rawEntry)) func() []byte {
		return each(func(e *rawEntry) {
			if strings.HasSuffix(e.name, "sheet1.xml") {
				f(e)
			}
		})
	}
	more := func(add ...rawEntry) func() []byte {
		return func() []byte { return rawZip(append(handEntries(), add...)) }
	}
	whole := rawZip(handEntries())
	tests := []struct {
		name string
		make func() []byte
		code sheet.Code
	}{
		{"plain", each(func(*rawEntry) {}), ""},
		{"stored", each(func(e *rawEntry) { e.stored = true }), ""},
		{"data descriptors with a signature", each(func(e *rawEntry) { e.descriptor = "signed" }), ""},
		{"data descriptors without one", each(func(e *rawEntry) { e.descriptor = "bare" }), ""},
		{"wide data descriptors", each(func(e *rawEntry) { e.descriptor, e.zip64 = "wide", true }), ""},
		{"zip64", each(func(e *rawEntry) { e.zip64 = true }), ""},
		{"backslashes", each(func(e *rawEntry) { e.name = strings.ReplaceAll(e.name, "/", `\`) }), ""},
		{"other letters", each(func(e *rawEntry) { e.name = strings.ToUpper(e.name) }), ""},
		{"directories", more(rawEntry{name: "xl/", stored: true}, rawEntry{name: "docProps/", stored: true}), ""},
		{"a comment", func() []byte {
			b := append(bytes.Clone(whole), "comment"...)
			b[len(whole)-2] = 7
			return b
		}, ""},

		{"an encrypted part", one(func(e *rawEntry) { e.encrypted = true }), sheet.ZipEncrypted},
		{"a wrong checksum", one(func(e *rawEntry) { e.crc = 1 }), sheet.ZipChecksum},
		{"a part shorter than it says", one(func(e *rawEntry) { e.sizeLie = 5 }), sheet.ZipSize},
		{"a part longer than it says", one(func(e *rawEntry) { e.sizeLie = -5 }), sheet.ZipSize},
		{"bytes after the packed data", one(func(e *rawEntry) { e.tail = "xyz" }), sheet.ZipSize},
		{"packed data that is none", one(func(e *rawEntry) { e.stored, e.method = true, 8 }), sheet.ZipDamaged},
		{"an unusual method", one(func(e *rawEntry) { e.method = 12 }), sheet.ZipMethod},
		{"another name in the header", one(func(e *rawEntry) { e.localName = "xl/worksheets/sheet2.xml" }), sheet.ZipMismatch},
		{"a link", one(func(e *rawEntry) { e.attributes = 0xA1FF0000 }), sheet.ZipLink},
		{"a doubled name", more(rawEntry{name: "xl/worksheets/sheet1.xml", body: "x"}), sheet.ZipDuplicate},
		{"a name doubled but for letters", more(rawEntry{name: "XL/Worksheets/sheet1.xml", body: "x"}), sheet.ZipDuplicate},
		{"a name doubled but for slashes", more(rawEntry{name: `xl\worksheets\sheet1.xml`, body: "x"}), sheet.ZipDuplicate},
		{"a name that climbs", more(rawEntry{name: "../x", body: "x"}), sheet.ZipBadName},
		{"a name that climbs by backslashes", more(rawEntry{name: `xl\..\..\x`, body: "x"}), sheet.ZipBadName},
		{"a name with a NUL", more(rawEntry{name: "x\x00y", body: "x"}), sheet.ZipBadName},
		{"bytes before", func() []byte { return append([]byte("GIF8junk"), whole...) }, sheet.ZipJunkBefore},
		{"text before", func() []byte { return append([]byte("a;b\r\n"), whole...) }, sheet.ZipJunkBefore},
		{"another archive before", func() []byte { return append(bytes.Clone(whole), whole...) }, sheet.ZipJunkBefore},
		{"bytes after", func() []byte { return append(bytes.Clone(whole), "junk"...) }, sheet.ZipJunkAfter},
		{"the end missing", func() []byte { return whole[:len(whole)-30] }, sheet.ZipCutOff},
		{"only the beginning", func() []byte { return whole[:3] }, sheet.ZipCutOff},
		{"overlapping parts", func() []byte {
			b := bytes.Clone(whole)
			// The last entry of the directory claims the place of the first.
			at := bytes.LastIndex(b, []byte("PK\x01\x02"))
			copy(b[at+42:], []byte{0, 0, 0, 0})
			return b
		}, sheet.ZipMismatch},
		{"too many entries", func() []byte {
			list := handEntries()
			for i := range 4097 {
				list = append(list, rawEntry{name: strings.Repeat("x", i+1), stored: true})
			}
			return rawZip(list)
		}, sheet.ZipTooMany},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, tt.make(), sheet.Options{}, table, tt.code)
		})
	}
}

func TestFlagMakesEncrypted(t *testing.T) {
	list := handEntries()
	list[0].flags = 1 << 6
	checkRead(t, rawZip(list), sheet.Options{}, "", sheet.ZipEncrypted)
}

func TestOtherArchivesAreNamed(t *testing.T) {
	mime := func(kind string) map[string]string {
		return map[string]string{"[s]mimetype": kind, "content.xml": "<x/>"}
	}
	const odf = "application/vnd.oasis.opendocument."
	tests := []struct {
		name  string
		parts map[string]string
		code  sheet.Code
	}{
		{"a text document", mime(odf + "text"), sheet.TextDocument},
		{"a presentation", mime(odf + "presentation"), sheet.Presentation},
		{"a drawing", mime(odf + "graphics"), sheet.OtherDocument},
		{"a book", mime("application/epub+zip"), sheet.OtherDocument},
		{"Numbers", map[string]string{"Index/Document.iwa": "x", "Metadata/Properties.plist": "x"}, sheet.AppleNumbers},
		{"Java", map[string]string{"META-INF/MANIFEST.MF": "x"}, sheet.NotASpreadsheet},
		{"an archive of files", map[string]string{"table.xlsx": "x"}, sheet.OtherZip},
		{"an encrypted spreadsheet", map[string]string{"[s]mimetype": odf + "spreadsheet", "content.xml": "noise",
			"META-INF/manifest.xml": `<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>`}, sheet.PasswordProtected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, pack(t, tt.parts), sheet.Options{}, "", tt.code)
		})
	}
}
