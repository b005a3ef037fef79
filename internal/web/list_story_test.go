package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"nadel/internal/entity"
)

// TestListInBrowser: somebody chooses columns, saves what he sees and shares it; a
// second person opens it. Then records are picked on two pages and from the
// keyboard, somebody is added to their responsibles, and that is taken back.
func TestListInBrowser(t *testing.T) {
	eachLanguage(t, func(s *site, b *window, say func(string, ...any) string) {
		s.employee("leader", entity.Manager)
		petrov := s.employee("petrov", entity.FieldStaff)
		for n := range 60 {
			s.company(fmt.Sprintf("Клиент %03d", n+1))
		}
		heading := func(field string) string { return say("field." + field) }

		b.open("/companies?name.has=клиент")
		b.says(".chips", say("ui.list.op.has", "value", "клиент"))
		b.click("details.columns > summary")
		b.click(".arranging input[value=email]")
		b.click(`.arranging li:has(input[value=email]) button`)
		b.click(".arranging input[value=phone]")
		b.accessible("the columns")
		b.press(say("ui.columns.show"))
		b.until("the columns chosen", headings(heading("id"), heading("name"), heading("city"), heading("client_status"), heading("email"), heading("responsibles")))
		b.click("details.views > summary")
		b.enter(".views input[name=name]", "Наши клиенты")
		b.click(".views input[name=shared]")
		b.press(say("ui.view.add"))
		b.says(".notice", say("ui.view.saved", "name", "Наши клиенты"))
		b.says(".view-name", "Наши клиенты")
		b.click("details.views > summary")
		b.press(say("ui.view.first"))
		b.until("the view to open first", fmt.Sprintf(`document.querySelector(".views").textContent.includes(%q)`, say("ui.view.is_first")))
		b.open("/companies")
		b.says(".view-name", "Наши клиенты")
		b.click(".chip a")
		b.says(".views", say("ui.view.changed"))
		b.click("details.views > summary")
		b.accessible("the views")

		second := s.signedIn("Наша", "leader")
		if a := second.get("/companies"); !strings.Contains(a.body, "Наши клиенты") || strings.Contains(a.body, "«клиент»") {
			t.Errorf("a second person is offered no view: %s", a)
		}
		if a := second.get("/companies?view=1"); !strings.Contains(a.body, "«клиент»") || !strings.Contains(a.body, "sort=email") || strings.Contains(a.body, "sort=phone") {
			t.Errorf("a second person does not see the shared view: %s", a)
		}

		b.open("/companies?view=1")
		b.click("tbody tr:nth-child(1) input[data-pick]")
		b.click("tbody tr:nth-child(2) input[data-pick]")
		count := func(n string) string { return strings.Replace(say("ui.pick.count"), "#", n, 1) }
		b.says(".picking", count("2"))
		b.press(say("ui.next"))
		b.says(".sheet", "Клиент 055")
		b.says(".picking", count("2"))
		for _, key := range []string{"j", "j", "x"} {
			b.do(chromedp.KeyEvent(key))
		}
		b.says(".picking", count("3"))
		b.accessible("records picked")
		b.press(say("ui.change"))
		b.says("h1", say("ui.change.title", "records", say("entity.company.count", "count", 3)))
		b.choose("#what", "add")
		b.until("the people to be asked for", `(() => {
			document.querySelector("#what").dispatchEvent(new Event("change"));
			return document.querySelector("#field-people-search").checkVisibility();
		})()`)
		b.pick("people", "petrov")
		b.accessible("what to do with them")
		b.press(say("ui.change.preview"))
		b.says(".from-list", say("ui.change.add")+": Имя petrov", say("ui.change.of_picked", "count", 3))
		b.says(".sheet", "Клиент 001", "Клиент 052", "Имя petrov")
		b.press(say("ui.import"))
		b.says("dialog[open]", say("ui.decide.ask", "count", 3))
		b.press(say("ui.import"))
		b.see(".done")
		his := fmt.Sprintf("/companies?responsibles=%d", petrov.EmployeeID)
		b.open(his)
		b.says("#list-count", say("entity.company.count", "count", 3))
		b.until("nothing to be picked any more", `document.querySelector("#picked").hidden`)
		b.open("/imports/1")
		b.press(say("ui.undo"))
		b.says(".decide", say("ui.decide.change", "count", 3))
		b.press(say("ui.undo.apply"))
		b.says("dialog[open]", say("ui.decide.ask", "count", 3))
		b.press(say("ui.undo.apply"))
		b.see(".done")
		b.open(his)
		b.says("#list-count", say("entity.company.count", "count", 0))
	})
}

// headings is a script that tells whether the columns of a list are these.
func headings(want ...string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".sheet thead th:not(.pick)")].map((th) => th.textContent.trim()).join("|") === %q`, strings.Join(want, "|"))
}
