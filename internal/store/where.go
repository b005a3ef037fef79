package store

import (
	"strings"
	"unicode"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// condition narrows to records whose field is as a condition of a query says.
func (s *selection) condition(c entity.Condition) error {
	f, err := s.fieldAsked(c.Field)
	if err != nil {
		return err
	}
	if f.Own != 0 {
		return s.conditionOwn(f, c)
	}
	column := "w." + quote(f.Name)
	switch c.Op {
	case entity.Empty:
		s.conds = append(s.conds, emptiness(f, column))
	case entity.Filled:
		s.conds = append(s.conds, "NOT "+emptiness(f, column))
	case entity.Holds:
		s.holds(f, column, c.Value)
	case entity.From, entity.UpTo:
		return s.bound(f, column, c)
	default:
		return fault.New(fault.Invalid, "error.no_such_filter", "name", c.Field+"."+string(c.Op)).In(c.Field)
	}
	return nil
}

func (s *selection) fieldAsked(name string) (*entity.Field, error) {
	if !s.e.Has(name) {
		return nil, fault.New(fault.Invalid, "error.no_such_filter", "name", name).In(name)
	}
	return s.e.Field(name), nil
}

// emptiness is the condition that a field has no value. A truth always has one.
func emptiness(f *entity.Field, column string) string {
	switch f.Kind {
	case entity.Integer, entity.Decimal, entity.Directory, entity.Reference:
		return "(" + column + " IS NULL)"
	}
	return "(COALESCE(" + column + ", '') = '')"
}

func (s *selection) bound(f *entity.Field, column string, c entity.Condition) error {
	v, err := toColumn(f, c.Value)
	if err != nil || v == nil || v == "" {
		return fault.New(fault.Invalid, "error.no_such_choice").In(c.Field)
	}
	sign := " >= ?"
	if c.Op == entity.UpTo {
		sign = " <= ?"
	}
	s.conds, s.args = append(s.conds, "("+column+sign+" AND NOT "+emptiness(f, column)+")"), append(s.args, v)
	return nil
}

// holds narrows to texts with this one in them. What free search looks through,
// the search table knows too; other texts are read one by one.
func (s *selection) holds(f *entity.Field, column, text string) {
	text = entity.Squeeze(trimSearch(text))
	digits := phoneWord(entity.Fold(text))
	if f.Kind == entity.Phone && digits != "" {
		s.conds, s.args = append(s.conds, "("+s.tx.dialect.contains+"("+onlyDigits(column)+", ?) > 0)"), append(s.args, digits)
		s.knows(f, digits)
		return
	}
	s.conds, s.args = append(s.conds, "("+column+s.tx.dialect.holds+")"), append(s.args, s.tx.dialect.pattern(text))
	if f.Kind != entity.Phone { // the search table has but the digits
		s.knows(f, entity.Fold(text))
	}
}

// knows lets the search table look for a text that a field must hold.
func (s *selection) knows(f *entity.Field, folded string) {
	if !f.Search {
		return
	}
	for _, run := range grams(folded) {
		s.found = append(s.found, []string{run})
	}
}

// onlyDigits is the SQL expression for a phone without what people write between
// its digits.
func onlyDigits(column string) string {
	for _, sign := range []string{" ", "-", "(", ")", ".", "/"} {
		column = "REPLACE(" + column + ", '" + sign + "', '')"
	}
	return column
}

// forms is a letter in each case, and with or without the dots of ё: what Fold
// does not tell apart. White space of any kind stands for a space.
func forms(letter rune) string {
	if letter == ' ' {
		return " \t\n"
	}
	var b strings.Builder
	orbit := func(letter rune) {
		b.WriteRune(letter)
		for other := unicode.SimpleFold(letter); other != letter; other = unicode.SimpleFold(other) {
			b.WriteRune(other)
		}
	}
	orbit(letter)
	switch letter {
	case 'е', 'Е':
		orbit('ё')
	case 'ё', 'Ё':
		orbit('е')
	}
	return b.String()
}

// globPattern is a text for SQLite's GLOB, letters in any case.
func globPattern(text string) string {
	var b strings.Builder
	b.WriteByte('*')
	for _, letter := range text {
		if all := forms(letter); len(all) > len(string(letter)) || strings.ContainsRune("*?[", letter) {
			b.WriteString("[" + all + "]")
		} else {
			b.WriteRune(letter)
		}
	}
	b.WriteByte('*')
	return b.String()
}

// regexPattern is a text for PostgreSQL's ~, letters in any case: what "lower"
// does there depends on the locale of the database.
func regexPattern(text string) string {
	var b strings.Builder
	for _, letter := range text {
		if all := forms(letter); len(all) > len(string(letter)) {
			b.WriteString("[" + all + "]")
			continue
		}
		if letter < unicode.MaxASCII && unicode.IsPunct(letter) || unicode.IsSymbol(letter) && letter < unicode.MaxASCII {
			b.WriteByte('\\')
		}
		b.WriteRune(letter)
	}
	return b.String()
}
