package bulk

import (
	"maps"
	"strconv"
	"strings"
	"unicode"

	"nadel/internal/plan"
	"nadel/sheet"
)

// maxID is the greatest whole number that a spreadsheet's floating point keeps
// exactly; maxDigits is how many digits Excel keeps.
const (
	maxID     = 1<<53 - 1
	maxDigits = 15
)

// complaint is what is wrong with one cell; place and row are added by whoever
// reads the row.
type complaint struct {
	code       string
	args       map[string]any
	value      string
	suggestion string
}

func (c *complaint) problem(row int64, field string) plan.Problem {
	return plan.Problem{Row: row, Outcome: plan.RowFailed, Field: field, Code: c.code, Args: c.args, Value: quoted(c.value), Suggestion: c.suggestion}
}

// sentenceArgs is what the sentence about the complaint needs, when it is told
// at once and not as a row's problem.
func (c *complaint) sentenceArgs() map[string]any {
	args := map[string]any{"value": quoted(c.value)}
	maps.Copy(args, c.args)
	return args
}

// quoted is as much of a cell's text as a message repeats. What a cell holds is
// bounded by the file alone, and a file can hold one long text a million times.
func quoted(text string) string {
	const most = 500
	if len(text) <= most {
		return text
	}
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// parseID reads a record's number in any form that a spreadsheet makes of it
// without losing digits. ok is false for a blank cell.
func parseID(c sheet.Cell) (id int64, ok bool, wrong *complaint) {
	return parseWhole(c, "id")
}

// parseVersion reads a version; the same rules as for ids, but one complaint:
// nobody types versions, so a wrong one was damaged.
func parseVersion(c sheet.Cell) (version int64, ok bool, wrong *complaint) {
	version, ok, wrong = parseWhole(c, "version")
	if wrong != nil {
		wrong.code = "version_bad"
	}
	return version, ok, wrong
}

// parseWhole reads a positive whole number; what begins the codes of complaints.
func parseWhole(c sheet.Cell, what string) (n int64, ok bool, wrong *complaint) {
	text := string(c.Text)
	bad := func(code string) (int64, bool, *complaint) {
		return 0, false, &complaint{code: what + "_" + code, value: text}
	}
	switch c.Kind {
	case sheet.Empty:
		if c.NoValue {
			return 0, false, &complaint{code: "formula_without_value"}
		}
		return 0, false, nil
	case sheet.Bool:
		return bad("boolean")
	case sheet.Date:
		return bad("date")
	case sheet.ErrorValue:
		return 0, false, &complaint{code: "cell_error", value: text}
	case sheet.Number:
		n, code := wholeNumber(text)
		if code != "" {
			return bad(code)
		}
		return n, true, nil
	}
	text = strings.TrimFunc(text, blank)
	text = strings.TrimPrefix(text, "'")
	if text == "" {
		return 0, false, nil
	}
	if r, found := invisible(text); found {
		return 0, false, &complaint{code: "invisible_character", value: text, args: map[string]any{"character": codePoint(r)}}
	}
	digits, code := textDigits(text)
	if code != "" {
		return bad(code)
	}
	n, code = wholeNumber(digits)
	if code != "" {
		return bad(code)
	}
	return n, true, nil
}

// textDigits finds the digits of a number kept as text: plain, or in groups of
// three parted by one space each, of whatever width. Line breaks and tabs part
// two numbers, not one number's groups.
func textDigits(text string) (digits, code string) {
	plain := true
	for _, r := range text {
		if r < '0' || r > '9' {
			plain = false
			if unicode.IsDigit(r) {
				return "", "foreign_digits"
			}
		}
	}
	if plain {
		return text, ""
	}
	if strings.TrimFunc(text, func(r rune) bool { return r >= '0' && r <= '9' || unicode.IsSpace(r) }) != "" {
		return "", notDigits(text)
	}
	groups := strings.Split(strings.Map(groupSpace, text), " ")
	for i, g := range groups {
		if strings.Trim(g, "0123456789") != "" {
			return "", "groups"
		}
		if len(g) != 3 && (i > 0 || len(g) > 3) {
			return "", "groups"
		}
	}
	return strings.Join(groups, ""), ""
}

// groupSpace makes the spaces that may part groups of digits one.
func groupSpace(r rune) rune {
	if unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

// notDigits says which well-known mistake a text that is no number shows.
func notDigits(text string) string {
	mantissa, exponent, e := strings.Cut(strings.ToLower(text), "e")
	if e && mantissa != "" && strings.Trim(mantissa, "0123456789.,") == "" && strings.Trim(exponent, "+-0123456789") == "" && exponent != "" {
		return "scientific"
	}
	if strings.Trim(text, "0123456789.,") == "" {
		return "ambiguous"
	}
	return "not_a_number"
}

// wholeNumber reads the text of a spreadsheet's number cell, such as 2, 2.0 or
// 1.00001E5, exactly: no digit passes through floating point.
func wholeNumber(text string) (n int64, code string) {
	mantissa, exponent, _ := strings.Cut(strings.ToUpper(text), "E")
	if strings.HasPrefix(mantissa, "-") {
		return 0, "not_positive"
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift > 99 || shift < -99 {
			return 0, "not_a_number"
		}
	}
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, "not_a_number"
	}
	point := len(whole) + shift // place of the decimal point within digits
	if point < len(digits) {
		if strings.Trim(digits[max(point, 0):], "0") != "" {
			return 0, "not_whole"
		}
		digits = digits[:max(point, 0)]
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, "not_positive"
	}
	length := len(digits) + max(point-len(whole)-len(fraction), 0)
	if length > maxDigits+1 {
		return 0, "too_long"
	}
	digits += strings.Repeat("0", length-len(digits))
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > maxID || length > maxDigits {
		return 0, "too_long"
	}
	return n, ""
}
