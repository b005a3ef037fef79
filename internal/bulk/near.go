package bulk

import (
	"slices"
	"unicode/utf8"

	"nadel/internal/entity"
)

// near finds the words that lie one or two slips of typing from another one. It
// knows each word by what is left of it without one letter or two: two words so
// near leave something in common, so that a look costs the same however many
// words there are.
type near struct {
	words []string
	left  map[string][]int32 // what is left: the words it is left of
}

// nearLength is how long a word may be, in letters; longer ones have too many
// remainders and are nobody's login.
const nearLength = 24

func newNear(words []string) *near {
	n := &near{words: words, left: make(map[string][]int32, 50*len(words))}
	for at, word := range words {
		remainders(word, 2, func(rest []byte) {
			known := n.left[string(rest)]
			if len(known) == 0 || known[len(known)-1] != int32(at) {
				n.left[string(rest)] = append(known, int32(at))
			}
		})
	}
	return n
}

// remainders gives what is left of a word without at most so many letters, one or
// two, the word itself first, some of it twice; nothing of a word that is too
// long. A remainder is good until the next one.
func remainders(word string, most int, give func(rest []byte)) {
	letters := []rune(word)
	if len(letters) > nearLength {
		return
	}
	rest := make([]byte, 0, len(word))
	without := func(i, k int) {
		rest = rest[:0]
		for n, letter := range letters {
			if n != i && n != k {
				rest = utf8.AppendRune(rest, letter)
			}
		}
		give(rest)
	}
	give([]byte(word))
	for i := range letters {
		without(i, i)
		for k := i + 1; most > 1 && k < len(letters); k++ {
			without(i, k)
		}
	}
}

// find is the words at most so many slips away, the nearest first, and how far
// the nearest are.
func (n *near) find(word string, most int) (found []string, nearest int) {
	nearest = most + 1
	if most == 0 {
		return nil, nearest
	}
	seen := map[int32]int{}
	remainders(word, most, func(rest []byte) {
		for _, at := range n.left[string(rest)] {
			if _, twice := seen[at]; !twice {
				seen[at] = distance(word, n.words[at], most)
			}
		}
	})
	for at, d := range seen {
		if d > most {
			continue
		}
		found, nearest = append(found, n.words[at]), min(nearest, d)
	}
	slices.SortFunc(found, func(a, b string) int {
		da, db := distance(word, a, most), distance(word, b, most)
		if da != db {
			return da - db
		}
		if a < b {
			return -1
		}
		return 1
	})
	return found, nearest
}

// slipsOf is how many slips of typing a login may have to be recognised.
func slipsOf(folded string) int {
	switch length := len([]rune(folded)); {
	case length < 4:
		return 0
	case length < 6:
		return 1
	}
	return 2
}

// suggestedAtMost is how many employees are offered in place of a wrong login.
const suggestedAtMost = 4

// suggestions are the employees who were probably meant by a wrong text, first
// what the check has suggested. An inactive one is offered to nobody.
func (s *staff) suggestions(text, first string) []Suggestion {
	folded := entity.Fold(text)
	var list []Suggestion
	add := func(e *entity.Employee) {
		if e != nil && e.Active && len(list) < suggestedAtMost && !slices.ContainsFunc(list, func(l Suggestion) bool { return l.With == e.Login }) {
			list = append(list, Suggestion{With: e.Login, Employee: e})
		}
	}
	if first != "" {
		if e := s.find(first); e != nil {
			add(e)
		} else {
			list = append(list, Suggestion{With: first})
		}
	}
	if s.find(text) != nil { // he is known, and inactive: nobody else looks like him
		return list
	}
	for _, e := range s.byHint(text, folded) {
		add(e)
	}
	found, _ := s.nearLogins().find(folded, slipsOf(folded))
	for _, login := range found {
		add(s.byLogin[login])
	}
	return list
}
