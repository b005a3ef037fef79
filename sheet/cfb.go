package sheet

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// cfbMagic begins a compound file: the container of Office before 2007, and of
// files of any age that are encrypted with a password.
var cfbMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

// maxCFBSectors bounds how many sectors of the directory are followed: far more
// than there are before the streams that tell what the file is.
const maxCFBSectors = 256

// identifyCFB says what a compound file is by the names of its streams.
func identifyCFB(r io.ReaderAt, size int64) *Error {
	names := map[string]bool{}
	c := compoundFile{r: r, size: size}
	c.eachName(func(name string) { names[name] = true })
	switch {
	case names["EncryptedPackage"] || names["EncryptionInfo"]:
		return refuse(PasswordProtected)
	case names["WordDocument"]:
		return refuse(TextDocument)
	case names["PowerPoint Document"]:
		return refuse(Presentation)
	case names["Workbook"], names["Book"], names["WORKBOOK"], names["BOOK"]:
		return refuse(OldExcel)
	case names["__properties_version1.0"]:
		return refuse(OtherDocument, "kind", "Outlook")
	}
	return refuse(OtherDocument, "kind", "Microsoft Office 97–2003")
}

// compoundFile reads just enough of a compound file to list its directory.
type compoundFile struct {
	r      io.ReaderAt
	size   int64
	sector int64
	fat    [109]uint32 // sectors of the allocation table that the header lists
}

// eachName calls visit with the name of each stream. Damage ends the list: the
// file is refused in any case, only less precisely.
func (c *compoundFile) eachName(visit func(string)) {
	le := binary.LittleEndian
	head := make([]byte, 512)
	if n, _ := c.r.ReadAt(head, 0); n < len(head) {
		return
	}
	shift := le.Uint16(head[30:])
	if shift != 9 && shift != 12 {
		return
	}
	c.sector = 1 << shift
	for i := range c.fat {
		c.fat[i] = le.Uint32(head[76+4*i:])
	}
	block := make([]byte, c.sector)
	at := le.Uint32(head[48:])
	for range maxCFBSectors {
		if !c.read(at, block) {
			return
		}
		for e := block; len(e) >= 128; e = e[128:] {
			n := int(le.Uint16(e[64:]))
			if n < 4 || n > 64 || e[66] == 0 {
				continue
			}
			var units [32]uint16
			for i := range n/2 - 1 {
				units[i] = le.Uint16(e[2*i:])
			}
			visit(string(utf16.Decode(units[:n/2-1])))
		}
		var ok bool
		if at, ok = c.following(at); !ok {
			return
		}
	}
}

func (c *compoundFile) read(sector uint32, block []byte) bool {
	at := (int64(sector) + 1) * c.sector
	if at+c.sector > c.size {
		return false
	}
	n, _ := c.r.ReadAt(block, at)
	return n == len(block)
}

// following looks up which sector comes after another one.
func (c *compoundFile) following(sector uint32) (uint32, bool) {
	perSector := uint32(c.sector / 4)
	table := sector / perSector
	if int(table) >= len(c.fat) {
		return 0, false
	}
	var entry [4]byte
	at := (int64(c.fat[table])+1)*c.sector + int64(sector%perSector)*4
	if n, _ := c.r.ReadAt(entry[:], at); n < 4 {
		return 0, false
	}
	next := binary.LittleEndian.Uint32(entry[:])
	return next, next < 0xFFFFFFFA
}
