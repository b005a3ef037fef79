package bulk

import "nadel/internal/plan"

// peopleSeen remembers what cells of responsibles meant. Most cells of a file
// repeat a few hundred texts, but none needs to, so it is bounded.
type peopleSeen struct {
	answers map[string]peopleAnswer
	bytes   int // of the texts
}

type peopleAnswer struct {
	wish  wish
	wrong []complaint
	used  []*plan.Mending
}

const (
	peopleRemembered = 1 << 16
	peopleBytes      = 16 << 20
)

// keep remembers an answer; when there are too many, all others are forgotten.
func (s *peopleSeen) keep(text string, a peopleAnswer) {
	if len(s.answers) >= peopleRemembered || s.bytes+len(text) > peopleBytes {
		clear(s.answers)
		s.bytes = 0
	}
	s.answers[text] = a
	s.bytes += len(text)
}
