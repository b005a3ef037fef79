package bulk

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"nadel/internal/entity"
	"nadel/sheet"
)

// active is what a status cell asks for.
type active uint8

const (
	asItIs active = iota
	activate
	deactivate
)

// statusWords is the closed dictionary of the status column: the verbs of the
// three languages, the adjectives that exports and people write, and the words
// for Excel's booleans. Folded; the first word of each list and language is the
// one that templates and suggestions use (see the locales).
var statusWords = map[string]active{
	"активировать": activate, "активен": activate, "активна": activate, "активно": activate, "активный": activate, "активная": activate, "активное": activate, "активны": activate, "активные": activate,
	"деактивировать": deactivate, "неактивен": deactivate, "неактивна": deactivate, "неактивно": deactivate, "неактивный": deactivate, "неактивная": deactivate, "неактивное": deactivate, "неактивны": deactivate, "неактивные": deactivate,
	"актываваць": activate, "актыўны": activate, "актыўная": activate, "актыўнае": activate, "актыўныя": activate,
	"дэактываваць": deactivate, "неактыўны": deactivate, "неактыўная": deactivate, "неактыўнае": deactivate, "неактыўныя": deactivate,
	"activate": activate, "active": activate,
	"deactivate": deactivate, "inactive": deactivate,
	"истина": activate, "true": activate,
	"ложь": deactivate, "false": deactivate,
}

// statusGuesses is what people write instead. Nothing is taken for what it
// might mean, but the message says what to write.
var statusGuesses = map[string]active{
	"1": activate, "+": activate, "да": activate, "так": activate, "yes": activate, "вкл": activate, "on": activate,
	"0": deactivate, "выкл": deactivate, "off": deactivate,
	"не активен": deactivate, "не активна": deactivate, "не активно": deactivate, "не активный": deactivate, "не активная": deactivate,
	"не актыўны": deactivate, "не актыўная": deactivate, "not active": deactivate,
}

// statusCell reads a status cell. verbs are the words of the user's language,
// for suggestions.
type statusCell struct {
	verbs map[active]string
	seen  map[string]statusAnswer
}

type statusAnswer struct {
	wants active
	wrong *complaint
}

func newStatusCell(activateWord, deactivateWord string) *statusCell {
	return &statusCell{
		verbs: map[active]string{activate: activateWord, deactivate: deactivateWord},
		seen:  map[string]statusAnswer{},
	}
}

// most texts of a column are one of a few words; remembering more than this
// would only cost memory.
const statusesRemembered = 1024

func (s *statusCell) parse(c sheet.Cell) (active, *complaint) {
	switch c.Kind {
	case sheet.Empty:
		if c.NoValue {
			return asItIs, &complaint{code: "formula_without_value"}
		}
		return asItIs, nil
	case sheet.Bool:
		if string(c.Text) == "TRUE" {
			return activate, nil
		}
		return deactivate, nil
	case sheet.ErrorValue:
		return asItIs, &complaint{code: "cell_error", value: string(c.Text)}
	case sheet.Date:
		return asItIs, &complaint{code: "status_unknown", value: string(c.Text)}
	}
	if a, ok := s.seen[string(c.Text)]; ok {
		return a.wants, a.wrong
	}
	text := string(c.Text)
	var a statusAnswer
	a.wants, a.wrong = s.parseText(text)
	if len(s.seen) < statusesRemembered {
		s.seen[text] = a
	}
	return a.wants, a.wrong
}

func (s *statusCell) parseText(text string) (active, *complaint) {
	trimmed := strings.TrimFunc(text, blank)
	if trimmed == "" {
		return asItIs, nil
	}
	folded := entity.Fold(norm.NFKC.String(trimmed))
	if wants, ok := statusWords[folded]; ok {
		return wants, nil
	}
	if r, found := invisible(trimmed); found {
		return asItIs, &complaint{code: "invisible_character", value: trimmed, args: map[string]any{"character": codePoint(r)}}
	}
	if wants, ok := statusGuesses[folded]; ok {
		return asItIs, &complaint{code: "status_unknown", value: trimmed, suggestion: s.verbs[wants]}
	}
	if c := s.lookAlike(trimmed, folded); c != nil {
		return asItIs, c
	}
	return asItIs, &complaint{code: "status_unknown", value: trimmed, suggestion: s.nearest(folded)}
}

// lookAlike explains a word that only looks right: Aктивировать with a Latin A.
func (s *statusCell) lookAlike(given, folded string) *complaint {
	skeleton := entity.Skeleton(folded)
	for word, wants := range statusWords {
		if entity.Skeleton(word) != skeleton {
			continue
		}
		if letter, script, found := oddLetter(given, word); found {
			return &complaint{
				code: "status_lookalike", value: given, suggestion: s.verbs[wants],
				args: map[string]any{"letter": letter, "script": script},
			}
		}
	}
	return nil
}

// nearest suggests the verb whose word is a slip or two away. When both are,
// the nearer one is meant; "" when neither is, or both are as near.
func (s *statusCell) nearest(folded string) string {
	found, best := asItIs, 3
	for word, wants := range statusWords {
		if len([]rune(word)) < 6 {
			continue
		}
		switch d := distance(folded, word, 2); {
		case d < best:
			found, best = wants, d
		case d == best && d < 3 && wants != found:
			found = asItIs
		}
	}
	return s.verbs[found]
}
