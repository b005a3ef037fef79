package entity

import (
	"math"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"nadel/internal/fault"
)

// defaultMax is how many characters a text may have when its field says nothing.
const defaultMax = 200

// Most is how many characters a text of the field may have.
func (f *Field) Most() int {
	if f.Max > 0 {
		return f.Max
	}
	return defaultMax
}

// Parse reads what a person typed or a file held and gives the canonical text,
// "" for an empty value. The fault names the field.
func (f *Field) Parse(raw string) (string, error) {
	canonical, err := f.read(raw)
	if err != nil {
		return "", err.In(f.Name)
	}
	if canonical == "" && f.Required {
		return "", fault.New(fault.Invalid, "error.required").In(f.Name)
	}
	return canonical, nil
}

// Format writes a canonical text as a form or a cell holds it. The law: Parse
// of what Format wrote is the canonical text again.
func (f *Field) Format(canonical string) string {
	if f.Kind == Bool {
		return strconv.FormatBool(canonical == "1")
	}
	return canonical
}

func (f *Field) read(raw string) (string, *fault.Error) {
	if !utf8.ValidString(raw) {
		return "", fault.New(fault.Invalid, "error.bad_character")
	}
	switch f.Kind {
	case LongText:
		return f.readText(lines(raw))
	case Phone:
		return f.readPhone(raw)
	case Email:
		return f.readEmail(raw)
	case Integer:
		return f.readInteger(raw)
	case Decimal:
		return f.readDecimal(raw)
	case Date:
		return readDate(raw)
	case Bool:
		return readBool(raw)
	case Directory, Reference:
		return readChoice(raw)
	default:
		return f.readText(Squeeze(raw))
	}
}

// lines keeps the lines of a text and drops what cannot be seen: line ends of
// other systems, blanks at the ends of lines, empty lines around.
func lines(raw string) string {
	raw = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n").Replace(raw)
	list := strings.Split(raw, "\n")
	for i := range list {
		list[i] = strings.TrimRightFunc(list[i], unicode.IsSpace)
	}
	return strings.TrimFunc(strings.Join(list, "\n"), unicode.IsSpace)
}

func (f *Field) readText(s string) (string, *fault.Error) {
	s = norm.NFC.String(s)
	for _, r := range s {
		if unicode.IsControl(r) && !(f.Kind == LongText && (r == '\n' || r == '\t')) {
			return "", fault.New(fault.Invalid, "error.bad_character")
		}
	}
	if utf8.RuneCountInString(s) > f.Most() {
		return "", fault.New(fault.Invalid, "error.too_long", "max", f.Most())
	}
	return s, nil
}

func (f *Field) readPhone(raw string) (string, *fault.Error) {
	s, err := f.readText(Squeeze(raw))
	if err != nil || s == "" {
		return s, err
	}
	// Words are allowed beside the digits: "+375 17 200-00-00, доб. 5".
	if n := len(Digits(s)); n < 3 || n > 40 {
		return "", fault.New(fault.Invalid, "error.not_a_phone")
	}
	return s, nil
}

func (f *Field) readEmail(raw string) (string, *fault.Error) {
	s, err := f.readText(Squeeze(raw))
	if err != nil || s == "" {
		return s, err
	}
	address, bad := mail.ParseAddress(s)
	if bad != nil || address.Address != s || !strings.Contains(s[strings.LastIndexByte(s, '@'):], ".") {
		return "", fault.New(fault.Invalid, "error.not_an_email")
	}
	return s, nil
}

func (f *Field) readInteger(raw string) (string, *fault.Error) {
	s := plainNumber(raw)
	if s == "" {
		return "", nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || s[0] == '+' {
		return "", fault.New(fault.Invalid, "error.not_a_number")
	}
	if f.Bounded && (float64(n) < f.Min || float64(n) > f.Top) {
		return "", f.outOfRange()
	}
	return strconv.FormatInt(n, 10), nil
}

func (f *Field) readDecimal(raw string) (string, *fault.Error) {
	s := strings.Replace(plainNumber(raw), ",", ".", 1)
	if s == "" {
		return "", nil
	}
	// Digits only: ParseFloat would also take "inf", "0x1p-2" and "1e5".
	if strings.Trim(s, "-0123456789.") != "" {
		return "", fault.New(fault.Invalid, "error.not_a_number")
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(n, 0) {
		return "", fault.New(fault.Invalid, "error.not_a_number")
	}
	if f.Bounded && (n < f.Min || n > f.Top) {
		return "", f.outOfRange()
	}
	if n == 0 {
		n = 0 // not minus zero
	}
	return DecimalText(n), nil
}

// DecimalText is the canonical text of a decimal.
func DecimalText(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// plainNumber drops the spaces by which people set off thousands, and writes
// the minus of typographers as the one of programmers.
func plainNumber(raw string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		if r == '−' {
			return '-'
		}
		return r
	}, raw)
}

func (f *Field) outOfRange() *fault.Error {
	return fault.New(fault.Invalid, "error.out_of_range", "min", DecimalText(f.Min), "max", DecimalText(f.Top))
}

func readDate(raw string) (string, *fault.Error) {
	s := Squeeze(raw)
	if s == "" {
		return "", nil
	}
	for _, layout := range []string{time.DateOnly, "2.1.2006"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t.Format(time.DateOnly), nil
		}
	}
	return "", fault.New(fault.Invalid, "error.not_a_date")
}

var truths = map[string]string{
	"": "", "0": "", "false": "", "ложь": "", "нет": "", "не": "", "no": "", "off": "",
	"1": "1", "true": "1", "истина": "1", "да": "1", "так": "1", "yes": "1", "on": "1",
}

func readBool(raw string) (string, *fault.Error) {
	canonical, ok := truths[Fold(raw)]
	if !ok {
		return "", fault.New(fault.Invalid, "error.not_a_truth")
	}
	return canonical, nil
}

// readChoice reads the id of a directory value or of a record; that it exists
// is for others to see.
func readChoice(raw string) (string, *fault.Error) {
	s := plainNumber(raw)
	if s == "" || s == "0" {
		return "", nil
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 0 || s[0] == '+' {
		return "", fault.New(fault.Invalid, "error.no_such_choice")
	}
	if id == 0 {
		return "", nil
	}
	return strconv.FormatInt(id, 10), nil
}
