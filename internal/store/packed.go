package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// A set of employees is stored packed: the ascending ids as varints of the
// differences. Two or three responsibles take two or three bytes, so the row of
// records stays narrow. The empty set is one zero byte: drivers do not keep an
// empty blob and NULL apart, and in a plan NULL means "not touched".

var emptySet = []byte{0}

// pack writes an ascending set of positive ids without repeats.
func pack(ids []int64) []byte {
	if len(ids) == 0 {
		return emptySet
	}
	b := make([]byte, 0, len(ids)*2)
	last := int64(0)
	for _, id := range ids {
		b = binary.AppendUvarint(b, uint64(id-last))
		last = id
	}
	return b
}

// PackedSet is a set of employees as it is stored: of two equal sets the bytes are
// equal, so that whoever has rendered one need not look into the other.
type PackedSet []byte

// Employees is the ids in the set, ascending.
func (p PackedSet) Employees() ([]int64, error) { return unpack(p) }

// unpack reads what pack wrote.
func unpack(b []byte) ([]int64, error) {
	if bytes.Equal(b, emptySet) {
		return nil, nil
	}
	ids := make([]int64, 0, len(b))
	last := int64(0)
	for rest := b; len(rest) > 0; {
		step, n := binary.Uvarint(rest)
		if n <= 0 || step == 0 || step > math.MaxInt64-uint64(last) {
			return nil, fmt.Errorf("%w: a packed set of employees is % x", errDamaged, b)
		}
		last += int64(step)
		ids = append(ids, last)
		rest = rest[n:]
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: a packed set of employees is empty", errDamaged)
	}
	return ids, nil
}
