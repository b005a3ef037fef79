package web

import (
	"fmt"
	"testing"

	"nadel/internal/entity"
)

// pick chooses a person in a picker by typing a part of his login.
func (b *window) pick(field, typed string) {
	b.t.Helper()
	b.enter("#field-"+field+"-search", typed)
	b.until("«"+typed+"» to be offered in "+field, `(() => {
		const search = document.querySelector("#field-`+field+`-search");
		const one = document.getElementById(search.getAttribute("aria-activedescendant") ?? "");
		return Boolean(one?.textContent.includes("`+typed+`"));
	})()`)
	b.enter("#field-"+field+"-search", "\r")
	b.until("«"+typed+"» to be chosen in "+field, `[...document.querySelector("#field-`+field+`").selectedOptions].some((o) => o.dataset.note.includes("`+typed+`"))`)
}

// TestGroupsAndHandOverInBrowser: a group gets a leader, who then sees and edits
// what its members see; a leaver's records are counted and handed over.
func TestGroupsAndHandOverInBrowser(t *testing.T) {
	eachLanguage(t, func(s *site, b *window, say func(string, ...any) string) {
		boss, leaver := s.employee("boss", entity.Manager), s.employee("leaver", entity.FieldStaff)
		heir := s.employee("heir", entity.FieldStaff)
		c := s.company("Аптека", leaver.EmployeeID)
		s.record("contact", map[string]string{"name": "Анна", "company": fmt.Sprint(c.ID)}, leaver.EmployeeID)
		b.open("/employees")
		b.press(say("ui.groups"))
		b.rewrite("#new-group", "Минск")
		b.press(say("ui.add"))
		b.says("h1", "Минск")
		b.pick("members", "leav")
		b.pick("leaders", "boss")
		b.accessible("a group")
		b.press(say("ui.save"))
		b.says(".notice", say("ui.saved"))
		b.says(".doors", say("ui.employees.count", "count", 2))

		his := s.window("ru")
		his.signIn("boss")
		his.open(fmt.Sprintf("/companies/%d", c.ID))
		his.press("Изменить")
		his.rewrite("#field-phone", "+375 17 200-00-00")
		his.press("Сохранить")
		his.says(".timeline", boss.Name)

		b.open(fmt.Sprintf("/employees/%d", leaver.EmployeeID))
		b.confirm(say("status.deactivate"))
		b.says("#has", say("ui.hand_over.left"))
		b.says("main", say("entity.company.count", "count", 1), say("entity.contact.count", "count", 1))
		b.press(say("ui.hand_over.show"))
		b.says("#field-into-fault", say("error.required"))
		b.pick("into", "heir")
		b.accessible("the records of somebody who left")
		b.press(say("ui.hand_over.show"))
		b.says("h1", say("task.hand_over"))
		b.says(".decide", say("ui.decide.change", "count", 2))
		b.accessible("the preview of handing over")
		b.confirm(say("ui.import"))
		b.says(".done", say("ui.import.done", "count", 2))
		b.open(fmt.Sprintf("/companies/%d", c.ID))
		b.says(".people-list", heir.Name)
		b.open("/rights")
		b.says(".rights", say("action.import_records"), say("role.manager"))
		b.accessible("the rights")
	})
}
