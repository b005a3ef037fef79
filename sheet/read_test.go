package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"nadel/sheet"
)

// readAll reads the first visible sheet and describes it, one line for each
// row: its number, then each cell as column, kind and text.
func readAll(data []byte, o sheet.Options) (string, error) {
	return readSheet(data, o, -1)
}

// readSheet is readAll for the sheet of the given number; -1 is the first
// visible one with rows.
func readSheet(data []byte, o sheet.Options, number int) (string, error) {
	b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		return "", err
	}
	defer b.Close()
	if number < 0 {
		number = 0
		for i, info := range b.Sheets() {
			if info.Rows && !info.Hidden {
				number = i
				break
			}
		}
	}
	rows, err := b.Rows(number)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var table strings.Builder
	for rows.Next() {
		describe(&table, rows.Row())
	}
	return table.String(), rows.Err()
}

func describe(w *strings.Builder, row sheet.Row) {
	fmt.Fprintf(w, "%d", row.Number)
	if row.Hidden {
		w.WriteString(" hidden")
	}
	w.WriteByte(':')
	for _, c := range row.Cells {
		fmt.Fprintf(w, " %s", sheet.ColumnName(c.Col))
		switch {
		case c.NoValue:
			w.WriteString("=?")
			continue
		case c.Formula:
			w.WriteByte('=')
		}
		switch c.Kind {
		case sheet.Number:
			fmt.Fprintf(w, "%s", c.Text)
		case sheet.Text:
			fmt.Fprintf(w, "%q", c.Text)
		case sheet.Bool, sheet.ErrorValue:
			fmt.Fprintf(w, "!%s", c.Text)
		case sheet.Date:
			if c.ISO {
				w.WriteString("iso")
			}
			fmt.Fprintf(w, "@%s", c.Text)
		default:
			fmt.Fprintf(w, "<%s>", c.Kind)
		}
		if c.TooLong {
			w.WriteString("(too long)")
		}
	}
	w.WriteByte('\n')
}

// codeOf returns the code of a refusal, "" for nil, and the text of any other
// error, which no test expects.
func codeOf(err error) sheet.Code {
	if err == nil {
		return ""
	}
	var e *sheet.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return sheet.Code("not a refusal: " + err.Error())
}

// checkRead compares what a file reads as with what it should: a table, or a
// refusal.
func checkRead(t *testing.T, data []byte, o sheet.Options, want string, code sheet.Code) {
	t.Helper()
	got, err := readAll(data, o)
	if codeOf(err) != code {
		t.Fatalf("refused with %q (%v), want %q; read\n%s", codeOf(err), err, code, got)
	}
	if err == nil && got != want {
		t.Fatalf("read\n%swant\n%s", got, want)
	}
}
