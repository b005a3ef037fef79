package sheet

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// checkName refuses names that climb out of the archive or cannot be compared.
func checkName(name string) error {
	if name == "" || strings.ContainsRune(name, 0) {
		return refuse(ZipBadName, "name", name)
	}
	for _, step := range strings.Split(strings.ReplaceAll(name, `\`, "/"), "/") {
		if step == ".." {
			return refuse(ZipBadName, "name", name)
		}
	}
	return nil
}

// checkEntries compares every entry with its local header and makes sure that
// they lie one after the other from the first byte of the file on, without
// overlapping.
func (a *archive) checkEntries(list []*entry, directory int64) error {
	for _, e := range list {
		if err := a.checkLocal(e, directory); err != nil {
			if refusal := (*Error)(nil); errors.As(err, &refusal) && refusal.Part == "" {
				refusal.Part = e.name
			}
			return err
		}
	}
	order := slices.Clone(list)
	slices.SortFunc(order, func(x, y *entry) int {
		return int(min(max(x.header-y.header, -1), 1))
	})
	end := int64(0)
	for i, e := range order {
		if i == 0 && e.header != 0 {
			return refuse(ZipJunkBefore)
		}
		if e.header < end {
			return refuse(ZipOverlap)
		}
		end = e.data + e.packed
	}
	return nil
}

// checkLocal reads the header before the data of an entry.
func (a *archive) checkLocal(e *entry, directory int64) error {
	le := binary.LittleEndian
	if e.flags&(zipFlagEncrypted|zipFlagStrong|zipFlagHidden) != 0 {
		return refuse(ZipEncrypted)
	}
	if e.flags&zipFlagPatch != 0 {
		return damaged("patched data")
	}
	if e.header > directory-zipLocalSize || e.packed > directory {
		return damaged("entry offset")
	}
	b := make([]byte, zipLocalSize+len(e.name))
	if e.header+int64(len(b)) > directory {
		return refuse(ZipMismatch)
	}
	if err := a.readAt(b, e.header); err != nil {
		return err
	}
	if le.Uint32(b) != zipLocalSignature {
		return damaged("entry header")
	}
	flags := le.Uint16(b[6:])
	if flags&zipFlagEncrypted != 0 {
		return refuse(ZipEncrypted)
	}
	if int(le.Uint16(b[26:])) != len(e.name) || string(b[zipLocalSize:]) != e.name || le.Uint16(b[8:]) != e.method {
		return refuse(ZipMismatch)
	}
	extraLen := int64(le.Uint16(b[28:]))
	e.data = e.header + int64(len(b)) + extraLen
	if e.data+e.packed > directory {
		return damaged("entry size")
	}
	return a.checkLocalSizes(e, b, flags, extraLen)
}

// checkLocalSizes compares checksum and sizes, unless the header leaves them to
// the data descriptor.
func (a *archive) checkLocalSizes(e *entry, b []byte, flags uint16, extraLen int64) error {
	le := binary.LittleEndian
	crc, packed, size := le.Uint32(b[14:]), int64(le.Uint32(b[18:])), int64(le.Uint32(b[22:]))
	if flags&zipFlagDescriptor != 0 {
		// Some writers fill in what they know all the same.
		if crc != 0 && crc != e.crc {
			return refuse(ZipMismatch)
		}
		return nil
	}
	extra := make([]byte, extraLen)
	if err := a.readAt(extra, e.header+int64(len(b))); err != nil {
		return err
	}
	if err := zip64Fields(extra, &size, &packed); err != nil {
		return err
	}
	if crc != e.crc || packed != e.packed || size != e.size {
		return refuse(ZipMismatch)
	}
	return nil
}
