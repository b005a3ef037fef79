package entity

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold makes text comparable without regard to letter case, the dots of ё, and
// the way accents and spaces were typed. It is done here and not in SQL because
// SQLite folds ASCII only: LIKE would tell "Тверь" from "тверь" on one engine
// and not on the other.
func Fold(s string) string { return strings.ReplaceAll(FoldCase(s), "ё", "е") }

// FoldCase is Fold that keeps ё: a name with ё is another name.
func FoldCase(s string) string {
	// A Caser keeps state and must not be shared between goroutines.
	return Squeeze(cases.Fold().String(norm.NFC.String(s)))
}

// Squeeze trims a text and leaves one plain space for every run of white space,
// no-break spaces included.
func Squeeze(s string) string { return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ") }

// Digits keeps the ASCII digits of s: a phone number as it is dialled.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// BoolText is the canonical text of a truth: "1" or "".
func BoolText(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// IDsText is the canonical text of a set of ids: "3,7,12".
func IDsText(ids []int64) string {
	b := make([]byte, 0, len(ids)*4)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

// ParseIDs reads what IDsText wrote. Anything else in s is a programmer's
// mistake and is skipped.
func ParseIDs(s string) []int64 {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	ids := make([]int64, 0, len(parts))
	for _, p := range parts {
		if id, err := strconv.ParseInt(p, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// SortedSet puts ids in ascending order without repeats, in place.
func SortedSet(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}
