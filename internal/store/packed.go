package store

import (
	"encoding/binary"
	"fmt"
)

// A set of employees is stored packed: the ascending ids as varints of the
// differences. Two or three responsibles take two or three bytes, so the row of
// records stays narrow.

// pack writes an ascending set without repeats. It never returns nil: an empty
// set is an empty blob, a nil blob would be NULL.
func pack(ids []int64) []byte {
	b := make([]byte, 0, len(ids)*2)
	last := int64(0)
	for _, id := range ids {
		b = binary.AppendUvarint(b, uint64(id-last))
		last = id
	}
	return b
}

// unpack reads what pack wrote.
func unpack(b []byte) ([]int64, error) {
	if len(b) == 0 {
		return nil, nil
	}
	ids := make([]int64, 0, len(b))
	last := int64(0)
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 || step == 0 {
			return nil, fmt.Errorf("packed set of employees is damaged: % x", b)
		}
		last += int64(step)
		ids = append(ids, last)
		b = b[n:]
	}
	return ids, nil
}
