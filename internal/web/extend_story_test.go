package web

import (
	"fmt"
	"testing"

	"nadel/internal/entity"
)

// TestExtendInBrowser: on a finished preview what belongs to a company is made to
// follow it, and left alone again.
func TestExtendInBrowser(t *testing.T) {
	eachLanguage(t, func(s *site, b *window, say func(string, ...any) string) {
		s.employee("petrov", entity.FieldStaff)
		c := s.company("Аптека")
		s.record("contact", map[string]string{"name": "Анна", "company": fmt.Sprint(c.ID)})
		i := s.plan(fmt.Sprintf("ID;Ответственные\n%d;petrov\n", c.ID))
		b.open(fmt.Sprintf("/imports/%d", i.ID))
		b.says(".decide", say("ui.decide.change", "count", 1))
		b.press(say("ui.extend"))
		b.says(".decide", say("ui.decide.change", "count", 2), say("ui.extended"))
		b.says(".tab-body", "Анна")
		b.says(".timeline", say("decision.extend"))
		b.accessible("an extended preview")
		b.press(say("ui.extended.off"))
		b.says(".decide", say("ui.decide.change", "count", 1), say("ui.extend"))
		b.says(".timeline", say("decision.narrow"))
		b.press(say("ui.extend"))
		b.says(".decide", say("ui.decide.change", "count", 2))
		b.confirm(say("ui.import"))
		b.says(".done", say("ui.import.done", "count", 2))
	})
}
