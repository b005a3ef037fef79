package entity

import (
	"strings"
	"testing"

	"nadel/internal/fault"
)

func TestParse(t *testing.T) {
	radius := Field{Name: "f", Kind: Integer, Bounded: true, Min: 1, Top: 100000}
	latitude := Field{Name: "f", Kind: Decimal, Bounded: true, Min: -90, Top: 90}
	tests := []struct {
		name, raw, want, key string
		f                    Field
	}{
		{"a text with blanks around and within", "  ул.\u00a0 Ленина,\t5 ", "ул. Ленина, 5", "", Field{Kind: Text}},
		{"an accent typed as two characters", "и\u0306од", "йод", "", Field{Kind: Text}},
		{"line breaks in a line", "а\nб", "а б", "", Field{Kind: Text}},
		{"a text of the longest length", strings.Repeat("я", 200), strings.Repeat("я", 200), "", Field{Kind: Text}},
		{"a text too long", strings.Repeat("я", 201), "", "error.too_long", Field{Kind: Text}},
		{"a field's own length", "абв", "", "error.too_long", Field{Kind: Text, Max: 2}},
		{"a control character", "а\x07б", "", "error.bad_character", Field{Kind: Text}},
		{"a zero byte", "а\x00б", "", "error.bad_character", Field{Kind: LongText}},
		{"broken UTF-8", "а\xff", "", "error.bad_character", Field{Kind: Text}},
		{"nothing in a required field", " ", "", "error.required", Field{Kind: Text, Required: true}},
		{"nothing in another", " ", "", "", Field{Kind: Text}},

		{"lines of every system", "\r\nа \r\nб\rв\n\n", "а\nб\nв", "", Field{Kind: LongText}},
		{"an empty line between", "а\n\nб", "а\n\nб", "", Field{Kind: LongText}},

		{"a phone as people write it", " +375 (29) 123-45-67, доб. 5 ", "+375 (29) 123-45-67, доб. 5", "", Field{Kind: Phone}},
		{"a phone of words", "нет телефона", "", "error.not_a_phone", Field{Kind: Phone}},
		{"an e-mail address", " Ivan@Example.by ", "Ivan@Example.by", "", Field{Kind: Email}},
		{"an address without a domain", "ivan@", "", "error.not_an_email", Field{Kind: Email}},
		{"an address with a bare host", "ivan@server", "", "error.not_an_email", Field{Kind: Email}},
		{"an address with a name", "Иван <ivan@example.by>", "", "error.not_an_email", Field{Kind: Email}},

		{"an integer", "007", "7", "", radius},
		{"thousands set off", "1 000\u202f", "1000", "", radius},
		{"an integer with a fraction", "1,5", "", "error.not_a_number", radius},
		{"a number with a plus", "+7", "", "error.not_a_number", radius},
		{"a number below the range", "0", "", "error.out_of_range", radius},
		{"a number above the range", "100001", "", "error.out_of_range", radius},
		{"a number beyond all", "99999999999999999999", "", "error.not_a_number", radius},
		{"a comma", "53,90", "53.9", "", latitude},
		{"a point", "-0.50", "-0.5", "", latitude},
		{"the minus of typographers", "−27,5", "-27.5", "", latitude},
		{"minus nothing", "-0", "0", "", latitude},
		{"two commas", "1,2,3", "", "error.not_a_number", latitude},
		{"an exponent", "1e1", "", "error.not_a_number", latitude},
		{"infinity", "inf", "", "error.not_a_number", latitude},
		{"a latitude beyond the pole", "90.001", "", "error.out_of_range", latitude},

		{"an ISO date", "2026-03-01", "2026-03-01", "", Field{Kind: Date}},
		{"a Russian date", " 01.03.2026 ", "2026-03-01", "", Field{Kind: Date}},
		{"a date without noughts", "1.3.2026", "2026-03-01", "", Field{Kind: Date}},
		{"no such day", "30.02.2026", "", "error.not_a_date", Field{Kind: Date}},
		{"an American date", "03/01/2026", "", "error.not_a_date", Field{Kind: Date}},
		{"a word", "скоро", "", "error.not_a_date", Field{Kind: Date}},

		{"yes in Russian", "Да", "1", "", Field{Kind: Bool}},
		{"no in Belarusian", "не", "", "", Field{Kind: Bool}},
		{"a tick of a form", "on", "1", "", Field{Kind: Bool}},
		{"neither yes nor no", "2", "", "error.not_a_truth", Field{Kind: Bool}},

		{"an id", "057", "57", "", Field{Kind: Reference}},
		{"no choice", "0", "", "", Field{Kind: Directory}},
		{"a name where an id is wanted", "Минск", "", "error.no_such_choice", Field{Kind: Directory}},
		{"a negative id", "-5", "", "error.no_such_choice", Field{Kind: Reference}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.f.Name = "f"
			got, err := tt.f.Parse(tt.raw)
			key := ""
			if all := fault.All(err); len(all) == 1 && all[0].Code == fault.Invalid && all[0].Field == "f" {
				key = all[0].Key
			} else if err != nil {
				t.Fatalf("Parse(%q): %v; want one fault of the field", tt.raw, err)
			}
			if got != tt.want || key != tt.key {
				t.Errorf("Parse(%q) = %q, fault %q; want %q, fault %q", tt.raw, got, key, tt.want, tt.key)
			}
		})
	}
}

// FuzzParse holds Parse and Format to their law for every kind: what Format
// writes, Parse reads back.
func FuzzParse(f *testing.F) {
	for _, raw := range []string{"", " a\u00a0b ", "1 000,50", "-0", "01.03.2026", "2026-12-31", "да", "+375 29 1234567", "a@b.by",
		"x\r\ny", "и\u0306", "\u2028", "007", "9223372036854775807", "1e400", "\u212b"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for kind := Text; kind <= Reference; kind++ {
			field := Field{Name: "f", Kind: kind}
			canonical, err := field.Parse(raw)
			if err != nil {
				continue
			}
			again, err := field.Parse(field.Format(canonical))
			if err != nil || again != canonical {
				t.Errorf("kind %d: %q is canonically %q, written %q, read back as %q, %v", kind, raw, canonical, field.Format(canonical), again, err)
			}
		}
	})
}
