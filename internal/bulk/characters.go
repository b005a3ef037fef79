package bulk

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/runenames"
)

// ignorable is what may stand at the ends of a text without anybody seeing it:
// soft hyphens, zero-width characters, marks of direction, byte order marks.
func ignorable(r rune) bool {
	return r == '\u00AD' || r == '\u034F' || r == '\u061C' || r == '\u115F' || r == '\u1160' || r == '\u17B4' || r == '\u17B5' ||
		r >= '\u180B' && r <= '\u180F' || r >= '\u200B' && r <= '\u200F' || r >= '\u202A' && r <= '\u202E' ||
		r >= '\u2060' && r <= '\u206F' || r == '\u3164' || r >= '\uFE00' && r <= '\uFE0F' || r == '\uFEFF' ||
		r == '\uFFA0' || r >= '\uFFF0' && r <= '\uFFF8' || r >= 0xE0000 && r <= 0xE0FFF
}

// blank is what trimming takes off the ends of a cell.
func blank(r rune) bool { return unicode.IsSpace(r) || ignorable(r) }

// invisible finds a character inside a text that cannot be seen: an ignorable
// one, or a control character other than white space.
func invisible(text string) (rune, bool) {
	for _, r := range text {
		if ignorable(r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return r, true
		}
	}
	return 0, false
}

// codePoint names a character that cannot be shown.
func codePoint(r rune) string {
	return strings.TrimSpace(fmt.Sprintf("U+%04X %s", r, runenames.Name(r)))
}

// isBlank tells whether nothing is to be seen in a text.
func isBlank(text string) bool { return strings.TrimFunc(text, blank) == "" }

// scriptOf names the alphabet of a letter, as far as our users mix them.
func scriptOf(r rune) string {
	switch {
	case unicode.Is(unicode.Latin, r):
		return "latin"
	case unicode.Is(unicode.Cyrillic, r):
		return "cyrillic"
	case unicode.Is(unicode.Greek, r):
		return "greek"
	}
	return ""
}

// oddLetter finds the letter that makes given differ from wanted though they
// look alike: the first letter of another alphabet.
func oddLetter(given, wanted string) (letter, script string, found bool) {
	expected := map[string]bool{}
	for _, r := range wanted {
		expected[scriptOf(r)] = true
	}
	for _, r := range given {
		if s := scriptOf(r); s != "" && !expected[s] {
			return string(r), s, true
		}
	}
	return "", "", false
}
