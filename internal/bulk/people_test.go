package bulk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/sheet"
)

// The people of these tests, by the ids that the tables name.
var testStaff = []*entity.Employee{
	{ID: 1, Login: "ivanov", Name: "Иван Иванов", Email: "ivan@firm.by", Active: true},
	{ID: 2, Login: "petrov", Name: "Пётр Петров", Email: "p.petrov@firm.by", Active: true},
	{ID: 3, Login: "sidorova", Name: "Анна Сидорова", Active: true},
	{ID: 4, Login: "olduser", Name: "Бывший", Active: false},
	{ID: 5, Login: "m.koval@firm.by", Name: "Коваль", Active: true},
	{ID: 6, Login: "tkach-2", Name: "Ткач", Active: true},
	{ID: 7, Login: "сергей", Name: "Сергей", Active: true},
	{ID: 8, Login: "bondar1", Name: "Тёзка", Active: true},
	{ID: 9, Login: "bondar2", Name: "Тёзка", Active: true},
	{ID: 10, Login: "Лей", Name: "Лей", Active: true},
}

func testPeople(lists plan.Lists) *peopleCell {
	return newPeopleCell(newStaff(testStaff), lists, newMends(nil))
}

// TestResponsibles holds a cell against the list 1, 2, 4 (4 is inactive).
func TestResponsibles(t *testing.T) {
	before := []int64{1, 2, 4}
	tests := []struct{ name, cell, after string }{
		{"blank", "", "1,2,4"},
		{"only what cannot be seen", " \u00a0\u200b\ufeff", "1,2,4"},
		{"one login", "petrov", "2"},
		{"a list", "sidorova, petrov", "2,3"},
		{"capitals", "PETROV", "2"},
		{"a login twice", "petrov, Petrov", "2"},
		{"semicolons", "petrov;sidorova", "2,3"},
		{"lines", "petrov\nsidorova", "2,3"},
		{"lines of Windows", "petrov\r\nsidorova", "2,3"},
		{"an escaped carriage return", "petrov_x000D_\nsidorova", "2,3"},
		{"tabs", "petrov\tsidorova", "2,3"},
		{"full-width commas", "petrov，sidorova、ivanov", "1,2,3"},
		{"double and trailing separators", ",petrov,,sidorova;\n", "2,3"},
		{"no-break spaces around", "\u00a0petrov\u00a0,\u00a0sidorova", "2,3"},
		{"marks at the ends", "\u200epetrov\u200b,\u202esidorova\u202c", "2,3"},
		{"an e-mail address that is a login", "M.Koval@firm.by", "5"},
		{"a hyphen and a digit", "tkach-2", "6"},
		{"a Cyrillic login", "Сергей", "7"},
		{"й in two characters", norm.NFD.String("лей"), "10"},

		{"adding", "+sidorova", "1,2,3,4"},
		{"adding who is there", "+petrov", "1,2,4"},
		{"adding with a space", "+ sidorova", "1,2,3,4"},
		{"taking away", "-ivanov", "2,4"},
		{"taking away who is not there", "-sidorova", "1,2,4"},
		{"taking away all", "-ivanov, -petrov, -olduser", ""},
		{"adding and taking away", "+sidorova, -ivanov", "2,3,4"},
		{"replacing", "ivanov>sidorova", "2,3,4"},
		{"replacing with spaces", "ivanov > sidorova", "2,3,4"},
		{"replacing by one who is there", "ivanov>petrov", "2,4"},
		{"replacing who is not there", "sidorova>tkach-2", "1,2,4"},
		{"replacing and adding", "ivanov>sidorova; +tkach-2", "2,3,4,6"},
		{"replacing two by one", "ivanov>sidorova, petrov>sidorova", "3,4"},
		{"the same step twice", "+sidorova, +sidorova", "1,2,3,4"},
		{"the same replacement twice", "ivanov>sidorova, ivanov>sidorova", "2,3,4"},
		{"adding in Russian", "добавить: sidorova", "1,2,3,4"},
		{"adding in Belarusian", "Дадаць: sidorova", "1,2,3,4"},
		{"adding in English", "ADD: sidorova", "1,2,3,4"},
		{"adding several by one word", "добавить: sidorova, tkach-2", "1,2,3,4,6"},
		{"a word with a space before the colon", "добавить : sidorova", "1,2,3,4"},
		{"a word and its list on two lines", "добавить:\nsidorova", "1,2,3,4"},
		{"й of a word in two characters", norm.NFD.String("добавить: лей"), "1,2,4,10"},
		{"taking away in Russian", "убрать: ivanov", "2,4"},
		{"taking away in Belarusian", "прыбраць: ivanov", "2,4"},
		{"taking away in English", "remove: ivanov", "2,4"},
		{"both words", "добавить: sidorova; убрать: ivanov, petrov", "3,4"},
		{"a word and the sign of the same", "добавить: +sidorova", "1,2,3,4"},
		{"emptying in Russian", "Очистить", ""},
		{"emptying in Belarusian", "ачысціць", ""},
		{"emptying in English", " clear ", ""},
		{"emptying with a separator behind", "очистить;", ""},

		{"who is inactive stays", "ivanov, olduser", "1,4"},
		{"who is inactive is taken away", "-olduser", "1,2"},
		{"who is inactive is replaced", "olduser>sidorova", "1,2,3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := testPeople(plan.Replace)
			for _, time := range []string{"first", "remembered"} {
				w, wrong := p.parse(text(tt.cell))
				after := p.after(w, before)
				if len(wrong) > 0 || entity.IDsText(after) != tt.after {
					t.Errorf("%s: %q makes %v of %v, wrong %v; want %s", time, tt.cell, after, before, wrong, tt.after)
				}
			}
			if entity.IDsText(before) != "1,2,4" {
				t.Fatalf("the set before was overwritten: %v", before)
			}
		})
	}
}

func TestListModes(t *testing.T) {
	tests := []struct {
		name        string
		lists       plan.Lists
		cell, after string
	}{
		{"replace", plan.Replace, "sidorova", "3"},
		{"add", plan.Add, "sidorova, petrov", "1,2,3"},
		{"remove", plan.Remove, "sidorova, petrov", "1"},
		{"remove everybody", plan.Remove, "ivanov, petrov", ""},
		{"blank while adding", plan.Add, "", "1,2"},
		{"blank while removing", plan.Remove, "", "1,2"},
		{"a sign while removing", plan.Remove, "+sidorova", "1,2,3"},
		{"a word while adding", plan.Add, "убрать: ivanov", "2"},
		{"emptying while adding", plan.Add, "clear", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := testPeople(tt.lists)
			w, wrong := p.parse(text(tt.cell))
			if got := entity.IDsText(p.after(w, []int64{1, 2})); got != tt.after || len(wrong) > 0 {
				t.Errorf("%q makes %s, wrong %v; want %s", tt.cell, got, wrong, tt.after)
			}
		})
	}
}

func TestResponsiblesRefused(t *testing.T) {
	tests := []struct {
		name, cell string
		codes      string // of the complaints, joined by commas
		suggestion string // of the first
	}{
		{"an unknown login", "kuznetsov", "unknown_login", ""},
		{"two unknown logins, both named", "kuznetsov, smirnov", "unknown_login,unknown_login", ""},
		{"a slip of typing", "petrvo", "unknown_login", "petrov"},
		{"a letter left out", "sidorva", "unknown_login", "sidorova"},
		{"a slip with two logins as near", "bondar3", "unknown_login", ""},
		{"the other layout", "зуекщм", "unknown_login", "petrov"},
		{"the other layout of a Cyrillic login", "cthutq", "unknown_login", "сергей"},
		{"a name", "Пётр Петров", "unknown_login", "petrov"},
		{"a name with е for ё", "петр петров", "unknown_login", "petrov"},
		{"a name of two people", "Тёзка", "unknown_login", ""},
		{"an e-mail address that is no login", "ivan@firm.by", "unknown_login", "ivanov"},
		{"an e-mail address that begins with a login", "petrov@else.where", "unknown_login", "petrov"},
		{"an at-sign before", "@ivanov", "unknown_login", "ivanov"},
		{"look-alike letters", "pеtrоv", "login_lookalike", "petrov"},
		{"Latin letters in a Cyrillic login", "cергей", "login_lookalike", "сергей"},
		{"a zero-width space inside", "pet\u200brov", "invisible_character", "petrov"},
		{"a soft hyphen inside", "pet\u00adrov", "invisible_character", "petrov"},
		{"only a space between", "ivanov petrov", "responsibles_separator", "ivanov, petrov"},
		{"a no-break space between", "ivanov\u00a0petrov", "responsibles_separator", "ivanov, petrov"},
		{"a slash between", "ivanov/petrov", "responsibles_separator", "ivanov, petrov"},
		{"a bar between", "ivanov | petrov", "responsibles_separator", "ivanov, petrov"},
		{"a space before an unknown login", "ivanov kuznetsov", "responsibles_separator", ""},
		{"a plain login and a sign", "ivanov, +petrov", "responsibles_mixed", ""},
		{"a plain login and a word", "ivanov, добавить: petrov", "responsibles_mixed", ""},
		{"a word and the other sign", "добавить: -petrov", "responsibles_mixed", ""},
		{"the word of emptying among logins", "ivanov, очистить", "responsibles_mixed", ""},
		{"adding and taking away one", "+petrov, -petrov", "responsibles_contradict", ""},
		{"replacing one by himself", "petrov>petrov", "responsibles_contradict", ""},
		{"replacing one by two", "petrov>ivanov, petrov>sidorova", "responsibles_contradict", ""},
		{"a chain of replacing", "ivanov>petrov, petrov>sidorova", "responsibles_contradict", ""},
		{"a chain of replacing, backwards", "petrov>sidorova, ivanov>petrov", "responsibles_contradict", ""},
		{"replacing by one who is taken away", "ivanov>petrov, -petrov", "responsibles_contradict", ""},
		{"a dash", "—", "responsibles_nobody", ""},
		{"нет", "нет", "responsibles_nobody", ""},
		{"nought", "0", "responsibles_nobody", ""},
		{"a comma", ",", "responsibles_nobody", ""},
		{"a word alone", "добавить:", "responsibles_nobody", ""},
		{"a sign alone", "+", "responsibles_nobody", ""},
		{"replacing by nobody", "ivanov>", "responsibles_nobody", ""},
		{"what Excel made of +petrov, through CSV", "#NAME?", "responsibles_formula", ""},
		{"the same of a Russian Excel", "#ИМЯ?", "responsibles_formula", ""},
		{"as many characters as a cell can have", strings.Repeat("petrov,", 5000)[:32767], "text_too_long", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := testPeople(plan.Replace)
			w, wrong := p.parse(text(tt.cell))
			var codes []string
			for _, c := range wrong {
				codes = append(codes, c.code)
			}
			if strings.Join(codes, ",") != tt.codes || w != 0 {
				t.Fatalf("%.40q is refused by %v, wish %d; want %s", tt.cell, codes, w, tt.codes)
			}
			if wrong[0].suggestion != tt.suggestion {
				t.Errorf("%.40q: suggested %q, want %q", tt.cell, wrong[0].suggestion, tt.suggestion)
			}
		})
	}
}

// A file of cells full of wrong logins, no two alike, must not fill the memory,
// nor be searched for suggestions without end.
func TestEndlessCellsAreBounded(t *testing.T) {
	p := testPeople(plan.Replace)
	for n := range 2000 {
		_, wrong := p.parse(text(fmt.Sprintf("nobody%d%s", n, strings.Repeat(",nobody", 4000))))
		if len(wrong) != problemsAtMost {
			t.Fatalf("cell %d: %d complaints, want %d", n, len(wrong), problemsAtMost)
		}
	}
	bytes := 0
	for cell := range p.seen.answers {
		bytes += len(cell)
	}
	if bytes > peopleBytes {
		t.Errorf("%d bytes of cells are remembered, the bound is %d", bytes, peopleBytes)
	}
}

func TestResponsiblesOfOtherKinds(t *testing.T) {
	tests := []struct {
		name string
		cell sheet.Cell
		code string
	}{
		{"a number", numeral("0"), "responsibles_not_text"},
		{"TRUE", sheet.Cell{Kind: sheet.Bool, Text: []byte("TRUE")}, "responsibles_not_text"},
		{"a date", sheet.Cell{Kind: sheet.Date, Text: []byte("45000")}, "responsibles_not_text"},
		{"what Excel made of +petrov", sheet.Cell{Kind: sheet.ErrorValue, Formula: true, Text: []byte("#NAME?")}, "responsibles_formula"},
		{"another error", sheet.Cell{Kind: sheet.ErrorValue, Text: []byte("#REF!")}, "cell_error"},
		{"a formula that was never computed", sheet.Cell{Formula: true, NoValue: true}, "formula_without_value"},
		{"a text longer than a cell", sheet.Cell{Kind: sheet.Text, TooLong: true, Text: []byte("petrov")}, "text_too_long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, wrong := testPeople(plan.Replace).parse(tt.cell)
			if len(wrong) != 1 || wrong[0].code != tt.code {
				t.Errorf("complaints %v, want %s", wrong, tt.code)
			}
		})
	}
}

// An inactive employee fails a row only where he would be added.
func TestInactive(t *testing.T) {
	tests := []struct {
		cell   string
		before []int64
		added  bool
	}{
		{"olduser", []int64{1}, true},
		{"olduser", []int64{1, 4}, false},
		{"olduser, petrov", []int64{4}, false},
		{"+olduser", []int64{1}, true},
		{"+olduser", []int64{4}, false},
		{"-olduser", []int64{1, 4}, false},
		{"ivanov>olduser", []int64{1}, true},
		{"ivanov>olduser", []int64{2}, false},
		{"olduser>ivanov", []int64{4}, false},
	}
	for _, tt := range tests {
		p := testPeople(plan.Replace)
		w, wrong := p.parse(text(tt.cell))
		if len(wrong) > 0 {
			t.Fatalf("%s: %v", tt.cell, wrong)
		}
		if e := p.inactive(tt.before, p.after(w, tt.before)); (e != nil) != tt.added {
			t.Errorf("%s on %v: adds %v, want %v", tt.cell, tt.before, e, tt.added)
		}
	}
}

// Two cells that ask for the same in other words make one row, not a
// contradiction.
func TestSameWish(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"ivanov, petrov", "Petrov; ivanov", true},
		{"+petrov", "добавить: petrov", true},
		{"+petrov, -ivanov", "-ivanov, +petrov, +petrov", true},
		{"petrov", "+petrov", false},
		{"petrov", "", false},
		{"clear", "очистить", true},
		{"clear", "", false},
		{"-ivanov", "+ivanov", false},
	}
	p := testPeople(plan.Replace)
	for _, tt := range tests {
		a, _ := p.parse(text(tt.a))
		b, _ := p.parse(text(tt.b))
		if p.same(a, b) != tt.same {
			t.Errorf("%q and %q are the same: %v", tt.a, tt.b, !tt.same)
		}
	}
}

// FuzzResponsibles holds what is true of every cell: it is understood or refused
// and never both, and it never makes a set that is not one or names a stranger.
func FuzzResponsibles(f *testing.F) {
	for _, seed := range []string{"ivanov, petrov", "+petrov;-ivanov", "ivanov>petrov", "добавить: petrov, sidorova", "clear", "—", "зуекщм", "a/b", "\u200bpetrov"} {
		f.Add(seed)
	}
	p := testPeople(plan.Replace)
	f.Fuzz(func(t *testing.T, s string) {
		w, wrong := p.parse(text(s))
		if w != 0 && len(wrong) > 0 {
			t.Fatalf("%q is understood and refused: %v", s, wrong)
		}
		if w == 0 && len(wrong) == 0 && !isBlank(s) {
			t.Fatalf("%q passes for a blank cell", s)
		}
		after := p.after(w, []int64{1, 2, 4})
		if !slices.IsSorted(after) || len(slices.Compact(slices.Clone(after))) != len(after) {
			t.Fatalf("%q makes %v", s, after)
		}
		for _, id := range after {
			if p.staff.byID[id] == nil {
				t.Fatalf("%q makes %v: nobody has the number %d", s, after, id)
			}
		}
	})
}
