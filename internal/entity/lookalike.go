package entity

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// lookalikes maps a folded letter or digit to the one that stands for all that
// look like it. Only characters that a login may hold matter, so the table is
// the Latin, Cyrillic and Greek part of what Unicode's TR 39 calls confusable.
var lookalikes = pairs(
	// Cyrillic and Greek that look like Latin; accents are gone by now
	"аa", "вb", "сc", "ԁd", "еe", "һh", "іi", "јj", "кk", "мm", "нh", "оo", "рp",
	"ԛq", "ѕs", "тt", "уy", "ѵv", "ԝw", "хx", "ьb", "гr", "пn",
	"αa", "βb", "γy", "εe", "ηn", "ιi", "κk", "νv", "οo", "ρp", "τt", "υu", "χx", "ωw", "μm",
	// digits and letters
	"0o", "1l", "3з", "6б", "ıi",
)

func pairs(list ...string) map[rune]rune {
	m := make(map[rune]rune, len(list))
	for _, p := range list {
		r := []rune(p)
		m[r[0]] = r[1]
	}
	return m
}

// Skeleton is s with look-alike characters of all scripts made one, case and
// accents gone: two texts with one skeleton can be mistaken for each other. It
// is for comparing only, never for showing.
func Skeleton(s string) string {
	var b strings.Builder
	// The fold comes first: it tells capital I, which looks like l, from i.
	for _, r := range norm.NFD.String(Fold(s)) {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		if like, ok := lookalikes[r]; ok {
			r = like
		}
		b.WriteRune(r)
	}
	return b.String()
}

const (
	latinKeys    = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + `QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~`
	cyrillicKeys = "йцукенгшщзхъфывапролджэячсмитьбюё" + `ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ`
)

var latinToCyrillic, cyrillicToLatin = layouts()

func layouts() (there, back map[rune]rune) {
	latin, cyrillic := []rune(latinKeys), []rune(cyrillicKeys)
	there, back = make(map[rune]rune, len(latin)), make(map[rune]rune, len(latin)+2)
	for i := range latin {
		there[latin[i]], back[cyrillic[i]] = cyrillic[i], latin[i]
	}
	// The Belarusian layout has its own letters on two keys of the Russian one.
	back['ў'], back['і'] = 'o', 'b'
	back['Ў'], back['І'] = 'O', 'B'
	return there, back
}

// OtherLayout is what s would have been with the keyboard switched: зуекщм is
// petrov. Cyrillic text becomes Latin, any other becomes Cyrillic; characters
// that are on the same key of both stay.
func OtherLayout(s string) string {
	layout := latinToCyrillic
	for _, r := range s {
		if unicode.Is(unicode.Cyrillic, r) {
			layout = cyrillicToLatin
			break
		}
	}
	return strings.Map(func(r rune) rune {
		if other, ok := layout[r]; ok {
			return other
		}
		return r
	}, s)
}
