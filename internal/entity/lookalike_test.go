package entity

import (
	"slices"
	"testing"
)

func TestSkeleton(t *testing.T) {
	same := [][2]string{
		{"ivanov", "IVANOV"}, {"ivanov", "ivаnоv"}, {"сорос", "copoc"}, {"ivan0v", "ivanov"}, {"user1", "userl"},
		{"ёлка", "елка"}, {"йод", "иод"}, {"κατ", "kat"}, {"petrov\u200b", "petrov"}, {"зоя", "3оя"},
	}
	for _, pair := range same {
		if a, b := Skeleton(pair[0]), Skeleton(pair[1]); a != b {
			t.Errorf("%q and %q look alike, but have the skeletons %q and %q", pair[0], pair[1], a, b)
		}
	}
	different := [][2]string{{"ivanov", "ivanova"}, {"user001", "user010"}, {"a.b", "ab"}, {"a-b", "a_b"}, {"petrov", "petrow"}}
	for _, pair := range different {
		if Skeleton(pair[0]) == Skeleton(pair[1]) {
			t.Errorf("%q and %q are told apart by anybody, but share the skeleton %q", pair[0], pair[1], Skeleton(pair[0]))
		}
	}
}

func TestOtherLayout(t *testing.T) {
	for typed, meant := range map[string]string{
		"зуекщм": "petrov", "шмфтщм": "ivanov", "Gtnhjd": "Петров", "bdfyjd": "иванов", "гыук001": "user001",
		"зуекўм": "petrov", "": "", "0-9": "0-9",
	} {
		if got := OtherLayout(typed); got != meant {
			t.Errorf("OtherLayout(%q) = %q, want %q", typed, got, meant)
		}
	}
}

// TestGrammarWordsAreFolded: they are compared with folded text, so a word that
// is not folded would never match.
func TestGrammarWordsAreFolded(t *testing.T) {
	seen := map[string]bool{}
	for _, word := range slices.Concat(ClearWords, AddWords, RemoveWords, EmptyWords) {
		if Fold(word) != word {
			t.Errorf("%q is not folded: %q", word, Fold(word))
		}
		if seen[word] {
			t.Errorf("%q has two meanings", word)
		}
		seen[word] = true
	}
}
