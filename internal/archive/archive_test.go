package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/fault"
)

var head = Table{Name: "things", Columns: []Column{{"id", Integer}, {"at", Real}, {"name", Text}, {"set", Bytes}}}

var things = [][]any{
	{int64(1), 53.9, "Василёк", []byte{0, 255}},
	{int64(2), nil, "", []byte{}},
	{int64(3), -1e-7, "a\tb\nc\\.\r\b\f\v", nil},
	{int64(math.MinInt64), 1e15, `\.`, []byte(`\.`)},
	{nil, 123456.789, `\N`, nil},
}

// written is an archive of the things and an empty table.
func written(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	a, err := NewWriter(&b, Header{Schema: 6, Rows: int64(len(things))})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(a.Table(head, func(w io.Writer) error {
		for _, row := range things {
			text, err := AppendLine(nil, row)
			if err != nil {
				return err
			}
			if _, err := w.Write(text); err != nil {
				return err
			}
		}
		return nil
	}), a.Table(Table{Name: "empty"}, func(io.Writer) error { return nil }), a.Close())
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	a, err := NewReader(bytes.NewReader(written(t)))
	if err != nil {
		t.Fatal(err)
	}
	table, err := a.Next()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(head, table); diff != "" {
		t.Error(diff)
	}
	text, err := io.ReadAll(a.Rows())
	if err != nil {
		t.Fatal(err)
	}
	var got [][]any
	for line := range strings.Lines(string(text)) {
		row, err := ParseLine(nil, []byte(strings.TrimSuffix(line, "\n")), head.Columns)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	if diff := cmp.Diff(things, got); diff != "" {
		t.Error(diff)
	}
	if table, err = a.Next(); err != nil || table.Name != "empty" {
		t.Errorf("%v, %v", table, err)
	}
	if _, err := a.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// TestNothingDamagedPasses: an archive that was cut anywhere, in which any byte is
// another, or that goes on behind its end is refused, packed or not.
func TestNothingDamagedPasses(t *testing.T) {
	whole := written(t)
	refused := func(what string, text []byte) {
		t.Helper()
		_, err := Verify(bytes.NewReader(text), nil)
		if fault.CodeOf(err) != fault.Refused {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Verify(bytes.NewReader(whole), nil); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		refused(fmt.Sprintf("cut after %d bytes", n), whole[:n])
		other := bytes.Clone(whole)
		other[n] ^= 1
		refused(fmt.Sprintf("byte %d is another", n), other)
	}
	refused("something behind the end", append(bytes.Clone(whole), '\n'))
}

func TestNothingDamagedPassesPacked(t *testing.T) {
	var b bytes.Buffer
	z, err := Pack(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(written(t)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	check := func(text []byte) error {
		r, err := Unpack(bytes.NewReader(text))
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = Verify(r, nil)
		return err
	}
	if err := check(whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if err := check(whole[:n]); fault.CodeOf(err) != fault.Refused {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
	if err := check(append(bytes.Clone(whole), "junk"...)); fault.CodeOf(err) != fault.Refused {
		t.Errorf("junk behind the end: %v", err)
	}
	if IsBackup(strings.NewReader("SQLite format 3")) || !IsBackup(bytes.NewReader(whole)) {
		t.Error("a backup is taken for something else, or something else for one")
	}
}

// FuzzParseLine: what is parsed is written back as a line that means the same,
// and nothing panics.
func FuzzParseLine(f *testing.F) {
	f.Add("1\t2.5\ta\\tb\t\\\\x00ff")
	f.Add("\\N\t\\N\t\\\\N\t\\N")
	f.Fuzz(func(t *testing.T, line string) {
		values, err := ParseLine(nil, []byte(line), head.Columns)
		if err != nil {
			return
		}
		text, err := AppendLine(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseLine(nil, bytes.TrimSuffix(text, []byte("\n")), head.Columns)
		if err != nil {
			t.Fatalf("%q became %q: %v", line, text, err)
		}
		if number, ok := values[1].(float64); ok && math.IsNaN(number) {
			return // is unlike itself
		}
		if diff := cmp.Diff(values, again); diff != "" {
			t.Error(diff)
		}
	})
}
