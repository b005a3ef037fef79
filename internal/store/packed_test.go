package store

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

func TestPack(t *testing.T) {
	for _, ids := range [][]int64{nil, {1}, {1, 2, 3}, {127}, {128}, {1, 128, 16384}, {math.MaxInt64}, {1, math.MaxInt64}, {5, 6, 70000}} {
		packed := pack(ids)
		if len(packed) == 0 {
			t.Errorf("%v packs to nothing, which drivers take for NULL", ids)
		}
		back, err := unpack(packed)
		if err != nil || !slices.Equal(back, ids) {
			t.Errorf("%v comes back as %v, %v", ids, back, err)
		}
	}
	if n := len(pack([]int64{3, 17, 90})); n != 3 {
		t.Errorf("three small ids take %d bytes", n)
	}
}

func TestUnpackDamaged(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":                    {},
		"a number cut off":           {0x80},
		"nought among numbers":       {1, 0},
		"nought first":               {0, 1},
		"more than a number holds":   {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"a sum more than it holds":   append(pack([]int64{math.MaxInt64}), 1),
		"a varint of eleven bytes":   bytes.Repeat([]byte{0x80}, 11),
		"a good one, then a bad one": {1, 1, 0x80},
	} {
		if ids, err := unpack(b); err == nil {
			t.Errorf("%s: % x is read as %v", name, b, ids)
		}
	}
}

// FuzzUnpack holds the law: what unpack reads, pack writes; anything else is an
// error, and never a set out of order.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, 1, 5})
	f.Add([]byte{0x80, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		ids, err := unpack(b)
		if err != nil {
			return
		}
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) || len(ids) > 0 && ids[0] < 1 {
			t.Fatalf("% x is read as %v", b, ids)
		}
		if again, err := unpack(pack(ids)); err != nil || !slices.Equal(again, ids) {
			t.Fatalf("%v comes back as %v, %v", ids, again, err)
		}
	})
}
