package access

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

const longestLogin = 100

// readLogin gives the login as it is stored, or says what is wrong with it. The
// rules keep logins apart from the grammar of the edit file and from each
// other's look-alikes.
func readLogin(raw string) (string, *fault.Error) {
	login := norm.NFC.String(entity.Squeeze(raw))
	if login == "" {
		return "", fault.New(fault.Invalid, "error.required").In("login")
	}
	if utf8.RuneCountInString(login) > longestLogin {
		return "", fault.New(fault.Invalid, "error.too_long", "max", longestLogin).In("login")
	}
	first, _ := utf8.DecodeRuneInString(login)
	if !unicode.IsLetter(first) {
		return "", fault.New(fault.Invalid, "error.login_first_letter").In("login")
	}
	script := scriptOf(first)
	for _, r := range login {
		switch {
		case r >= '0' && r <= '9', r == '.', r == '_', r == '-', r == '@':
		case !unicode.IsLetter(r):
			return "", fault.New(fault.Invalid, "error.login_character", "character", string(r)).In("login")
		case script == nil || !unicode.Is(script, r):
			return "", fault.New(fault.Invalid, "error.login_mixes_scripts", "character", string(r)).In("login")
		}
	}
	for _, words := range [][]string{entity.ClearWords, entity.AddWords, entity.RemoveWords, entity.EmptyWords} {
		if slices.Contains(words, entity.Fold(login)) {
			return "", fault.New(fault.Invalid, "error.login_reserved", "login", login).In("login")
		}
	}
	return login, nil
}

// scriptOf is the alphabet of a letter; nil when no one alphabet claims it.
func scriptOf(r rune) *unicode.RangeTable {
	for name, table := range unicode.Scripts {
		if name != "Common" && name != "Inherited" && unicode.Is(table, r) {
			return table
		}
	}
	return nil
}
