package bulk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"nadel/internal/entity"
)

// manyLogins is so many logins of ordinary length.
func manyLogins(n int) (logins []string) {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	for i := range n {
		word := make([]byte, 5+random.IntN(6))
		for k := range word {
			word[k] = byte('a' + random.IntN(26))
		}
		logins = append(logins, fmt.Sprintf("%s%d", word, i%10))
	}
	return logins
}

func TestNearFindsWhatComparingWithEveryWordFinds(t *testing.T) {
	words := slices.Compact(slices.Sorted(slices.Values(manyLogins(300))))
	n, random := newNear(words), rand.New(rand.NewPCG(3, 4))
	for range 500 {
		letters := []rune(words[random.IntN(len(words))])
		for range random.IntN(4) { // up to three slips
			at := random.IntN(len(letters))
			switch random.IntN(3) {
			case 0:
				letters = slices.Delete(letters, at, at+1)
			case 1:
				letters = slices.Insert(letters, at, 'я')
			default:
				letters[at] = 'z'
			}
		}
		var wanted []string
		for _, word := range words {
			if distance(string(letters), word, 2) <= 2 {
				wanted = append(wanted, word)
			}
		}
		found, _ := n.find(string(letters), 2)
		slices.Sort(found)
		if !slices.Equal(found, wanted) {
			t.Fatalf("near %q: %q, not %q", string(letters), found, wanted)
		}
	}
}

// A file may hold a million different wrong logins.
func BenchmarkWrongLogins(b *testing.B) {
	var employees []*entity.Employee
	for n, login := range manyLogins(2000) {
		employees = append(employees, &entity.Employee{ID: int64(n + 1), Login: login, Name: "Имя " + login, Active: true})
	}
	s := newStaff(employees)
	s.suggest("warm up")
	b.ResetTimer()
	for n := range b.N {
		s.suggest(fmt.Sprintf("%s%d", employees[n%2000].Login[1:], n))
	}
}
