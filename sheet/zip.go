package sheet

import (
	"encoding/binary"
	"io"
	"strings"
)

// archive is the directory of a zip file, checked as a whole: everything an
// entry says of itself in one place must agree with the other. The standard
// library's reader is made for archives that somebody unpacks; it lets pass
// what makes two programs see two different files in one.
type archive struct {
	r       io.ReaderAt
	size    int64
	limits  Limits
	entries map[string]*entry // by key of the name
	names   []string          // as written, in the order of the directory
}

// entry is one file of the archive.
type entry struct {
	name   string
	method uint16
	flags  uint16
	crc    uint32
	packed int64
	size   int64 // claimed; never used to allocate
	header int64 // offset of the local header
	data   int64 // offset of the packed bytes
}

const (
	zipLocalSignature   = 0x04034b50
	zipCentralSignature = 0x02014b50
	zipEndSignature     = 0x06054b50
	zip64EndSignature   = 0x06064b50
	zip64LocSignature   = 0x07064b50

	zipLocalSize   = 30
	zipCentralSize = 46
	zipEndSize     = 22

	zipStored   = 0
	zipDeflated = 8

	zipFlagEncrypted  = 1 << 0
	zipFlagDescriptor = 1 << 3
	zipFlagPatch      = 1 << 5
	zipFlagStrong     = 1 << 6
	zipFlagHidden     = 1 << 13
)

// maxDirectory bounds the bytes of a directory: 4,096 entries with names and
// extra fields far longer than any program writes.
const maxDirectory = 4 << 20

// partKey is the name by which a part is looked up: neither letter case, nor
// the direction of slashes, nor a leading one makes a difference.
func partKey(name string) string {
	name = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/")
	return strings.ToLower(name)
}

// openArchive reads and checks the directory of a zip file.
func openArchive(r io.ReaderAt, size int64, limits Limits) (*archive, error) {
	a := &archive{r: r, size: size, limits: limits}
	end, err := a.findEnd()
	if err != nil {
		return nil, err
	}
	list, err := a.readDirectory(end)
	if err != nil {
		return nil, err
	}
	if err := a.checkEntries(list, end.offset); err != nil {
		return nil, err
	}
	return a, nil
}

// zipEnd is what the end record says of the directory.
type zipEnd struct {
	entries      int64
	length       int64
	offset       int64
	recordOffset int64 // where the record itself, or its zip64 form, begins
}

// findEnd finds the record that closes the archive and makes sure that nothing
// follows it.
func (a *archive) findEnd() (zipEnd, error) {
	n := min(a.size, zipEndSize+65535)
	tail := make([]byte, n)
	if err := a.readAt(tail, a.size-n); err != nil {
		return zipEnd{}, err
	}
	found := false
	for i := len(tail) - zipEndSize; i >= 0; i-- {
		if binary.LittleEndian.Uint32(tail[i:]) != zipEndSignature {
			continue
		}
		found = true
		comment := int(binary.LittleEndian.Uint16(tail[i+20:]))
		if i+zipEndSize+comment == len(tail) {
			return a.parseEnd(tail[i:], a.size-n+int64(i))
		}
	}
	if found {
		return zipEnd{}, refuse(ZipJunkAfter)
	}
	return zipEnd{}, refuse(ZipCutOff)
}

func (a *archive) parseEnd(b []byte, at int64) (zipEnd, error) {
	le := binary.LittleEndian
	disk, startDisk := le.Uint16(b[4:]), le.Uint16(b[6:])
	here, total := le.Uint16(b[8:]), le.Uint16(b[10:])
	end := zipEnd{entries: int64(total), length: int64(le.Uint32(b[12:])), offset: int64(le.Uint32(b[16:])), recordOffset: at}
	locator := make([]byte, 20)
	if at >= 20 {
		if err := a.readAt(locator, at-20); err != nil {
			return zipEnd{}, err
		}
	}
	if le.Uint32(locator) == zip64LocSignature {
		return a.parseEnd64(end, locator, at)
	}
	if disk != 0 || startDisk != 0 || here != total {
		return zipEnd{}, refuse(ZipMultiDisk)
	}
	return a.checkEnd(end)
}

// parseEnd64 reads the zip64 form of the end record, which counts wherever the
// old one is full, and must agree with it everywhere else.
func (a *archive) parseEnd64(old zipEnd, locator []byte, at int64) (zipEnd, error) {
	le := binary.LittleEndian
	offset := le.Uint64(locator[8:])
	b := make([]byte, 56)
	if offset > uint64(at) || int64(offset)+56 > at-20 {
		return zipEnd{}, damaged("zip64 end record")
	}
	if err := a.readAt(b, int64(offset)); err != nil {
		return zipEnd{}, err
	}
	// The record says its own length and must reach to the locator.
	if le.Uint32(b) != zip64EndSignature || int64(le.Uint64(b[4:]))+12 != at-20-int64(offset) {
		return zipEnd{}, damaged("zip64 end record")
	}
	if le.Uint32(locator[4:]) != 0 || le.Uint32(locator[16:]) > 1 || le.Uint32(b[16:]) != 0 || le.Uint32(b[20:]) != 0 {
		return zipEnd{}, refuse(ZipMultiDisk)
	}
	end := zipEnd{entries: int64(le.Uint64(b[32:])), length: int64(le.Uint64(b[40:])), offset: int64(le.Uint64(b[48:])), recordOffset: int64(offset)}
	if le.Uint64(b[24:]) != le.Uint64(b[32:]) ||
		old.entries != 0xFFFF && old.entries != end.entries ||
		old.length != 0xFFFFFFFF && old.length != end.length ||
		old.offset != 0xFFFFFFFF && old.offset != end.offset {
		return zipEnd{}, refuse(ZipMismatch)
	}
	return a.checkEnd(end)
}

// checkEnd makes sure that the directory lies directly before its end record.
func (a *archive) checkEnd(end zipEnd) (zipEnd, error) {
	if end.entries < 0 || end.length < 0 || end.offset < 0 || end.length > end.recordOffset {
		return end, damaged("directory size")
	}
	if end.entries > int64(a.limits.Entries) {
		return end, refuse(ZipTooMany, "count", end.entries, "limit", a.limits.Entries)
	}
	if end.length > maxDirectory {
		return end, damaged("directory size")
	}
	if real := end.recordOffset - end.length; real != end.offset {
		if real > end.offset && a.startsDirectory(real) {
			return end, refuse(ZipJunkBefore)
		}
		return end, damaged("directory offset")
	}
	return end, nil
}

func (a *archive) startsDirectory(at int64) bool {
	b := make([]byte, 4)
	return a.readAt(b, at) == nil && binary.LittleEndian.Uint32(b) == zipCentralSignature
}

func damaged(detail string) *Error { return refuse(ZipDamaged, "detail", detail) }

// readDirectory reads the central directory: exactly as many entries as the end
// record counts, in exactly as many bytes.
func (a *archive) readDirectory(end zipEnd) ([]*entry, error) {
	b := make([]byte, end.length)
	if err := a.readAt(b, end.offset); err != nil {
		return nil, err
	}
	list := make([]*entry, 0, end.entries)
	a.entries = make(map[string]*entry, end.entries)
	for range end.entries {
		e, rest, err := parseCentral(b)
		if err != nil {
			return nil, err
		}
		b = rest
		if err := checkName(e.name); err != nil {
			return nil, err
		}
		key := partKey(e.name)
		if a.entries[key] != nil {
			return nil, refuse(ZipDuplicate, "name", e.name)
		}
		a.entries[key] = e
		a.names = append(a.names, e.name)
		list = append(list, e)
	}
	if len(b) != 0 {
		return nil, damaged("directory size")
	}
	return list, nil
}

func parseCentral(b []byte) (*entry, []byte, error) {
	le := binary.LittleEndian
	if len(b) < zipCentralSize || le.Uint32(b) != zipCentralSignature {
		return nil, nil, damaged("directory entry")
	}
	nameLen, extraLen, commentLen := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	total := zipCentralSize + nameLen + extraLen + commentLen
	if len(b) < total {
		return nil, nil, damaged("directory entry")
	}
	e := &entry{
		flags:  le.Uint16(b[8:]),
		method: le.Uint16(b[10:]),
		crc:    le.Uint32(b[16:]),
		packed: int64(le.Uint32(b[20:])),
		size:   int64(le.Uint32(b[24:])),
		header: int64(le.Uint32(b[42:])),
		name:   string(b[zipCentralSize : zipCentralSize+nameLen]),
	}
	if madeBy, mode := b[5], le.Uint32(b[38:])>>16; madeBy == 3 && mode&0xF000 == 0xA000 {
		return nil, nil, refuse(ZipLink, "name", e.name)
	}
	extra := b[zipCentralSize+nameLen:][:extraLen]
	if err := zip64Fields(extra, &e.size, &e.packed, &e.header); err != nil {
		return nil, nil, err
	}
	if disk := le.Uint16(b[34:]); disk != 0 && disk != 0xFFFF {
		return nil, nil, refuse(ZipMultiDisk)
	}
	return e, b[total:], nil
}

// zip64Fields replaces those of the fields that are full by what the zip64
// extra field has for them, in this order.
func zip64Fields(extra []byte, fields ...*int64) error {
	le := binary.LittleEndian
	full := 0
	for _, f := range fields {
		if *f == 0xFFFFFFFF {
			full++
		}
	}
	if full == 0 {
		return nil
	}
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if len(extra) < 4+n {
			break
		}
		value := extra[4 : 4+n]
		extra = extra[4+n:]
		if id != 1 {
			continue
		}
		for _, f := range fields {
			if *f != 0xFFFFFFFF {
				continue
			}
			if len(value) < 8 {
				return damaged("zip64 field")
			}
			*f = int64(le.Uint64(value))
			if *f < 0 {
				return damaged("zip64 field")
			}
			value = value[8:]
		}
		return nil
	}
	return damaged("zip64 field")
}

// find returns the part of this name, or nil.
func (a *archive) find(name string) *entry { return a.entries[partKey(name)] }

// readAt fills b from the file; running out of it means that it is cut off.
func (a *archive) readAt(b []byte, at int64) error {
	n, err := a.r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == io.EOF || err == nil {
		return refuse(ZipCutOff)
	}
	return err
}
