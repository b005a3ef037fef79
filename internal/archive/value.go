package archive

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// AppendLine appends a row as COPY writes it. Its values are nil, int64, float64,
// string or []byte.
func AppendLine(line []byte, row []any) ([]byte, error) {
	for n, value := range row {
		if n > 0 {
			line = append(line, '\t')
		}
		var err error
		if line, err = appendValue(line, value); err != nil {
			return nil, err
		}
	}
	return append(line, '\n'), nil
}

func appendValue(line []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(line, `\N`...), nil
	case int64:
		return strconv.AppendInt(line, v, 10), nil
	case float64:
		return appendReal(line, v), nil
	case string:
		return appendText(line, v), nil
	case []byte:
		return hex.AppendEncode(append(line, `\\x`...), v), nil
	default:
		return nil, fmt.Errorf("archives carry no values like %T", value)
	}
}

// appendReal writes the shortest digits that mean v, in PostgreSQL's manner: a
// power of ten from 1e15 on and below 1e-4.
func appendReal(line []byte, v float64) []byte {
	form := byte('f')
	if size := math.Abs(v); size >= 1e15 || size < 1e-4 && size > 0 {
		form = 'e'
	}
	return strconv.AppendFloat(line, v, form, -1, 64)
}

// escapes are the letters that stand behind a backslash for what would be taken
// for the end of a value or a line.
var escapes = map[byte]byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v', '\\': '\\'}

const escaped = "\b\f\n\r\t\v\\"

func appendText(line []byte, text string) []byte {
	for i := range len(text) {
		if letter, special := escapes[text[i]]; special {
			line = append(line, '\\', letter)
		} else {
			line = append(line, text[i])
		}
	}
	return line
}

// ParseLine takes a line without its end apart into values of the columns.
func ParseLine(values []any, line []byte, columns []Column) ([]any, error) {
	for n, c := range columns {
		field, rest, more := bytes.Cut(line, []byte{'\t'})
		if more != (n < len(columns)-1) {
			return nil, fmt.Errorf("a row of %d columns has another number of values", len(columns))
		}
		value, err := parseValue(field, c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		values, line = append(values, value), rest
	}
	return values, nil
}

func parseValue(field []byte, t Type) (any, error) {
	if string(field) == `\N` {
		return nil, nil //nolint:nilnil // nil is the value
	}
	switch t {
	case Integer:
		return strconv.ParseInt(string(field), 10, 64)
	case Real:
		return strconv.ParseFloat(string(field), 64)
	case Text:
		return unescape(field)
	case Bytes:
		digits, ok := bytes.CutPrefix(field, []byte(`\\x`))
		if !ok {
			return nil, errors.New("bytes do not begin with \\x")
		}
		return hex.AppendDecode(make([]byte, 0, len(digits)/2), digits)
	default:
		return nil, fmt.Errorf("unknown type %q", t)
	}
}

func unescape(field []byte) (string, error) {
	if bytes.IndexByte(field, '\\') < 0 {
		return string(field), nil
	}
	text := make([]byte, 0, len(field))
	for i := 0; i < len(field); i++ {
		if field[i] != '\\' {
			text = append(text, field[i])
			continue
		}
		i++
		if i == len(field) {
			return "", errors.New("a backslash stands at the end")
		}
		letter := field[i]
		at := bytes.IndexByte([]byte("bfnrtv\\"), letter)
		if at < 0 {
			return "", fmt.Errorf("unknown escape \\%c", letter)
		}
		text = append(text, escaped[at])
	}
	return string(text), nil
}
