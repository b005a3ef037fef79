package bulk

import (
	"strings"
	"testing"

	"nadel/sheet"
)

func text(s string) sheet.Cell    { return sheet.Cell{Kind: sheet.Text, Text: []byte(s)} }
func numeral(s string) sheet.Cell { return sheet.Cell{Kind: sheet.Number, Text: []byte(s)} }

// codeOf is the complaint's code, "" for none.
func codeOf(c *complaint) string {
	if c == nil {
		return ""
	}
	return c.code
}

func TestParseID(t *testing.T) {
	tests := []struct {
		name string
		cell sheet.Cell
		id   int64 // 0: blank, or wrong as code says
		code string
	}{
		{"a number", numeral("57"), 57, ""},
		{"a number with a fraction of nothing", numeral("2.0"), 2, ""},
		{"more zeros behind the point", numeral("3.0000"), 3, ""},
		{"a number as Excel keeps 100000", numeral("1E+05"), 100000, ""},
		{"a mantissa with a point", numeral("1.00001E5"), 100001, ""},
		{"a small letter e", numeral("1.2e1"), 12, ""},
		{"an exponent that only moves the point", numeral("570E-1"), 57, ""},
		{"the most digits that Excel keeps", numeral("999999999999999"), 999999999999999, ""},
		{"16 digits", numeral("1234567890123456"), 0, "id_too_long"},
		{"2^53", numeral("9007199254740992"), 0, "id_too_long"},
		{"a googol's exponent", numeral("1E99"), 0, "id_too_long"},
		{"an exponent beyond all numbers", numeral("1E400"), 0, "id_not_a_number"},
		{"a fraction", numeral("1.5"), 0, "id_not_whole"},
		{"a fraction by its exponent", numeral("15E-1"), 0, "id_not_whole"},
		{"a fraction far behind the point", numeral("1.00001E4"), 0, "id_not_whole"},
		{"a negative number", numeral("-1"), 0, "id_not_positive"},
		{"nought", numeral("0"), 0, "id_not_positive"},
		{"nought with a point", numeral("0.0"), 0, "id_not_positive"},
		{"minus nought", numeral("-0"), 0, "id_not_positive"},

		{"digits as text", text("100002"), 100002, ""},
		{"spaces around", text("  7 "), 7, ""},
		{"a no-break space behind", text("7\u00a0"), 7, ""},
		{"a leading apostrophe", text("'7"), 7, ""},
		{"leading zeros", text("007"), 7, ""},
		{"a byte order mark before", text("\ufeff7"), 7, ""},
		{"a zero-width space behind", text("7\u200b"), 7, ""},
		{"groups by space", text("1 000 002"), 1000002, ""},
		{"groups by no-break space", text("100\u00a0002"), 100002, ""},
		{"groups by narrow no-break space", text("100\u202f002"), 100002, ""},
		{"15 digits as text", text("123456789012345"), 123456789012345, ""},

		{"groups of two", text("1 2"), 0, "id_groups"},
		{"a first group of four", text("1000 000"), 0, "id_groups"},
		{"a last group of two", text("100 00"), 0, "id_groups"},
		{"two numbers on two lines", text("123\n456"), 0, "id_groups"},
		{"two numbers parted by a tab", text("123\t456"), 0, "id_groups"},
		{"two spaces between groups", text("123  456"), 0, "id_groups"},
		{"a comma between thousands", text("1,000"), 0, "id_ambiguous"},
		{"a point between thousands", text("1.000"), 0, "id_ambiguous"},
		{"a fraction as text", text("2.0"), 0, "id_ambiguous"},
		{"digits that may be lost", text("1E+05"), 0, "id_scientific"},
		{"the same in Russian", text("1,00E+05"), 0, "id_scientific"},
		{"16 digits as text", text("1234567890123456"), 0, "id_too_long"},
		{"nought as text", text("0"), 0, "id_not_positive"},
		{"noughts", text("000"), 0, "id_not_positive"},
		{"a minus", text("-1"), 0, "id_not_a_number"},
		{"a plus", text("+7"), 0, "id_not_a_number"},
		{"a minus behind", text("7-"), 0, "id_not_a_number"},
		{"hexadecimal", text("0x10"), 0, "id_not_a_number"},
		{"a word", text("seven"), 0, "id_not_a_number"},
		{"an error as text", text("#N/A"), 0, "id_not_a_number"},
		{"a superscript", text("5²"), 0, "id_not_a_number"},
		{"full-width digits", text("５７"), 0, "id_foreign_digits"},
		{"Arabic digits", text("٥٧"), 0, "id_foreign_digits"},
		{"a zero-width space inside", text("5\u200b7"), 0, "invisible_character"},
		{"a soft hyphen inside", text("5\u00ad7"), 0, "invisible_character"},
		{"a control character inside", text("5\x007"), 0, "invisible_character"},

		{"nothing", sheet.Cell{}, 0, ""},
		{"a blank text", text(" \u00a0\u200b"), 0, ""},
		{"a lone apostrophe", text("'"), 0, ""},
		{"TRUE", sheet.Cell{Kind: sheet.Bool, Text: []byte("TRUE")}, 0, "id_boolean"},
		{"a date by its serial number", sheet.Cell{Kind: sheet.Date, Text: []byte("57")}, 0, "id_date"},
		{"a date as ISO text", sheet.Cell{Kind: sheet.Date, ISO: true, Text: []byte("2026-03-01")}, 0, "id_date"},
		{"an error", sheet.Cell{Kind: sheet.ErrorValue, Text: []byte("#REF!")}, 0, "cell_error"},
		{"a formula with its value", sheet.Cell{Kind: sheet.Number, Formula: true, Text: []byte("12")}, 12, ""},
		{"a formula that was never computed", sheet.Cell{Formula: true, NoValue: true}, 0, "formula_without_value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, ok, wrong := parseID(tt.cell)
			if id != tt.id || codeOf(wrong) != tt.code || ok != (tt.id > 0) {
				t.Errorf("parseID(%v %q) = %d, %v, %q; want %d, %q", tt.cell.Kind, tt.cell.Text, id, ok, codeOf(wrong), tt.id, tt.code)
			}
		})
	}
}

func TestInvisibleCharactersAreNamed(t *testing.T) {
	_, _, wrong := parseID(text("5\u200b7"))
	if got := wrong.args["character"]; got != "U+200B ZERO WIDTH SPACE" {
		t.Errorf("the character is called %q", got)
	}
}

func TestParseVersion(t *testing.T) {
	tests := []struct {
		name    string
		cell    sheet.Cell
		version int64
		code    string
	}{
		{"a number", numeral("3"), 3, ""},
		{"text from CSV", text("3"), 3, ""},
		{"nothing", sheet.Cell{}, 0, ""},
		{"a date", sheet.Cell{Kind: sheet.Date, Text: []byte("3")}, 0, "version_bad"},
		{"a fraction", numeral("3.5"), 0, "version_bad"},
		{"an error", sheet.Cell{Kind: sheet.ErrorValue, Text: []byte("#N/A")}, 0, "version_bad"},
		{"a word", text("old"), 0, "version_bad"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version, _, wrong := parseVersion(tt.cell)
			if version != tt.version || codeOf(wrong) != tt.code {
				t.Errorf("parseVersion(%q) = %d, %q; want %d, %q", tt.cell.Text, version, codeOf(wrong), tt.version, tt.code)
			}
		})
	}
}

// FuzzParseID holds the law of ids: a text is taken for a number only when its
// digits, spaces aside, are that number's.
func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"57", "1 000", "1E+05", "'7", "007", "٥٧", "1,000", "12\n345", "\u200b5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok, wrong := parseID(text(s))
		if ok == (wrong != nil) && ok {
			t.Fatalf("%q is both %d and wrong", s, id)
		}
		if !ok {
			return
		}
		var digits strings.Builder
		for _, r := range s {
			if r >= '0' && r <= '9' {
				digits.WriteRune(r)
			} else if !blank(r) && r != '\'' {
				t.Fatalf("%q is read as %d", s, id)
			}
		}
		if again, code := wholeNumber(digits.String()); again != id || code != "" {
			t.Fatalf("%q is read as %d; its digits are %s", s, id, digits.String())
		}
	})
}
