package bulk

import (
	"testing"

	"golang.org/x/text/unicode/norm"

	"nadel/sheet"
)

func TestStatus(t *testing.T) {
	on, off := "Активировать", "Деактивировать"
	tests := []struct {
		name       string
		cell       sheet.Cell
		want       active
		code       string
		suggestion string
	}{
		{"Russian verb", text("Активировать"), activate, "", ""},
		{"Russian verb, the other", text("Деактивировать"), deactivate, "", ""},
		{"Belarusian verb", text("Актываваць"), activate, "", ""},
		{"Belarusian verb, the other", text("Дэактываваць"), deactivate, "", ""},
		{"English verb", text("Activate"), activate, "", ""},
		{"English verb, the other", text("Deactivate"), deactivate, "", ""},
		{"capitals", text("ДЕАКТИВИРОВАТЬ"), deactivate, "", ""},
		{"the adjective our exports write", text("Активен"), activate, "", ""},
		{"the other adjective", text("Неактивен"), deactivate, "", ""},
		{"the feminine, of a company", text("неактивна"), deactivate, "", ""},
		{"Belarusian adjective", text("Неактыўная"), deactivate, "", ""},
		{"English adjective", text("inactive"), deactivate, "", ""},
		{"й in two characters", text(norm.NFD.String("Активный")), activate, "", ""},
		{"ў in two characters", text(norm.NFD.String("Неактыўны")), deactivate, "", ""},
		{"spaces around", text(" \u00a0активировать\n"), activate, "", ""},
		{"what cannot be seen around", text("\ufeffактивировать\u200b"), activate, "", ""},
		{"full-width letters", text("ａｃｔｉｖａｔｅ"), activate, "", ""},
		{"TRUE of Excel", sheet.Cell{Kind: sheet.Bool, Text: []byte("TRUE")}, activate, "", ""},
		{"FALSE of Excel", sheet.Cell{Kind: sheet.Bool, Text: []byte("FALSE")}, deactivate, "", ""},
		{"ИСТИНА typed", text("ИСТИНА"), activate, "", ""},
		{"ЛОЖЬ typed", text("ложь"), deactivate, "", ""},
		{"TRUE in CSV", text("TRUE"), activate, "", ""},

		{"nothing", sheet.Cell{}, asItIs, "", ""},
		{"blanks", text(" \t\u200b"), asItIs, "", ""},

		{"1", numeral("1"), asItIs, "status_unknown", on},
		{"0", numeral("0"), asItIs, "status_unknown", off},
		{"1 as text", text("1"), asItIs, "status_unknown", on},
		{"2", numeral("2"), asItIs, "status_unknown", ""},
		{"-1", numeral("-1"), asItIs, "status_unknown", ""},
		{"x", text("x"), asItIs, "status_unknown", ""},
		{"a plus", text("+"), asItIs, "status_unknown", on},
		{"да", text("Да"), asItIs, "status_unknown", on},
		{"a dash", text("—"), asItIs, "status_unknown", ""},
		{"нет", text("нет"), asItIs, "status_unknown", ""},
		{"удалить", text("удалить"), asItIs, "status_unknown", ""},
		{"two words with two spaces", text("не  активен"), asItIs, "status_unknown", off},
		{"a slip of typing", text("Активироват"), asItIs, "status_unknown", on},
		{"a slip of typing, the other", text("Диактивировать"), asItIs, "status_unknown", off},
		{"a Latin A", text("Aктивировать"), asItIs, "status_lookalike", on},
		{"a Cyrillic е", text("dеactivate"), asItIs, "status_lookalike", off},
		{"a zero-width space inside", text("активи\u200bровать"), asItIs, "invisible_character", ""},
		{"a date", sheet.Cell{Kind: sheet.Date, Text: []byte("45000")}, asItIs, "status_unknown", ""},
		{"an error", sheet.Cell{Kind: sheet.ErrorValue, Text: []byte("#N/A")}, asItIs, "cell_error", ""},
		{"a formula that was never computed", sheet.Cell{Formula: true, NoValue: true}, asItIs, "formula_without_value", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStatusCell(on, off)
			for _, time := range []string{"first", "remembered"} {
				got, wrong := s.parse(tt.cell)
				suggestion := ""
				if wrong != nil {
					suggestion = wrong.suggestion
				}
				if got != tt.want || codeOf(wrong) != tt.code || suggestion != tt.suggestion {
					t.Errorf("%s: %q = %v, %q, suggested %q; want %v, %q, %q", time, tt.cell.Text, got, codeOf(wrong), suggestion, tt.want, tt.code, tt.suggestion)
				}
			}
		})
	}
}

func TestLookAlikeLetterIsNamed(t *testing.T) {
	_, wrong := newStatusCell("a", "d").parse(text("Aктивировать"))
	if wrong.args["letter"] != "A" || wrong.args["script"] != "latin" {
		t.Errorf("the letter is named %v", wrong.args)
	}
}
