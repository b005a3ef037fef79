package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"nadel/internal/entity"
)

// TestEmployeesInBrowser: an employee is added, signs in with the password shown
// once, chooses one of his own; is edited, deactivated, and cannot come in.
func TestEmployeesInBrowser(t *testing.T) {
	s := newSite(t)
	b := s.window("ru")
	b.signIn("admin")
	b.press("Сотрудники")
	b.press("Добавить сотрудника")
	b.enter("#field-login", "2-й")
	b.press("Добавить сотрудника")
	b.says(".alarm", "исправьте 2 поля")
	b.accessible("the form of an employee with faults")
	b.enter("#field-name", "Пётр Петров")
	b.rewrite("#field-login", "petrov")
	b.enter("#new-group", "Минск")
	b.press("Добавить сотрудника")
	b.see(".secret")
	once := strings.TrimSpace(b.text(".secret"))
	b.accessible("the one-time password")

	his := s.window("ru")
	his.open("/sign-in")
	his.enter("#login", "PETROV")
	his.enter("#password", once+"\r")
	his.says(".alarm", "Придумайте свой пароль")
	his.accessible("the profile")
	his.open("/companies")
	his.says("h1", "Мой профиль")
	his.enter("#field-old", once)
	his.enter("#field-password", testPassword)
	his.press("Сменить пароль")
	his.says(".notice", "Пароль изменён")
	his.open("/")
	his.says("h1", "Компании")

	b.open("/employees?q=ПЕТР")
	b.says("#list-count", "1 сотрудник")
	b.says(".sheet", "Минск")
	b.accessible("the employees")
	b.press("Пётр Петров")
	b.choose("#field-role", "manager")
	b.press("Сохранить")
	b.says(".notice", "Пётр Петров: сохранено")
	b.says(".sheet", "Руководитель")
	b.press("Пётр Петров")
	b.press("Деактивировать")
	b.says("dialog[open]", "больше не работает")
	b.press("Деактивировать")
	b.says(".state.off", "не работает")

	his.open("/companies")
	his.says("h1", "Вход")
	his.accessible("the door")
	wantQuiet(t, b, "employees", "422")
}

// TestEditInBrowser: every fault at once, nothing typed lost, a conflict shown,
// responsibles chosen by name.
func TestEditInBrowser(t *testing.T) {
	s := newSite(t)
	ivanov := s.employee("ivanov", entity.FieldStaff)
	s.employee("petrov", entity.FieldStaff)
	c := s.company("Аптека", ivanov.EmployeeID)
	path := fmt.Sprintf("/companies/%d", c.ID)
	b := s.window("ru")
	b.signIn("admin")
	b.open(path)
	b.press("Изменить")
	b.see("#field-name")
	b.accessible("the form of a record")
	b.rewrite("#field-email", "не почта")
	b.rewrite("#field-name", "")
	b.press("Сохранить")
	b.says(".alarm", "исправьте 2 поля")
	b.says("#field-name-fault", "Заполните")
	b.until("what was typed to be there", `document.querySelector("#field-email").value === "не почта"`)
	b.accessible("the form with faults")

	b.rewrite("#field-name", "Аптека № 1")
	b.rewrite("#field-email", "a@example.by")
	b.enter("#field-responsibles-search", "petr\r") // faster than the list
	b.says(".picker-held", "Имя ivanov")
	b.says(".picker-held", "Имя petrov")
	other := map[string]string{"name": "Аптека № 2", "phone": "+375 17 200-00-00"}
	if _, err := s.records.Update(context.Background(), s.admin, c.Entity, c.ID, c.Version, other); err != nil {
		t.Fatal(err)
	}
	b.press("Сохранить")
	b.says(".alarm", "изменил кто-то ещё", "Аптека № 2", "Аптека № 1")
	b.press("Сохранить")
	b.says(".contest .fault", "Выберите одно из двух")
	b.until("the other's phone to be taken over", `document.querySelector("#field-phone").value === "+375 17 200-00-00"`)
	b.accessible("a conflict")
	b.click(".contest [value=yours]")
	b.press("Сохранить")
	b.says(".notice", "Сохранено")
	b.says("h1", "Аптека № 1")
	b.says("main", "a@example.by", "+375 17 200-00-00", "Имя petrov")

	b.press("Изменить")
	b.rewrite("#field-description", "Вход со двора")
	if _, err := s.records.Update(context.Background(), s.admin, c.Entity, c.ID, 3, map[string]string{"phone": "+375 17 300-00-00"}); err != nil {
		t.Fatal(err)
	}
	b.press("Сохранить")
	b.says(".notice", "другие поля")
	b.says("main", "Вход со двора", "+375 17 300-00-00")

	b.press("Изменить")
	b.rewrite("#field-name", "Не сохранено")
	b.until("leaving the form to ask", `!dispatchEvent(new Event("beforeunload", {cancelable: true}))`)
	b.rewrite("#field-name", "Аптека № 1")
	b.until("leaving an unchanged form not to ask", `dispatchEvent(new Event("beforeunload", {cancelable: true}))`)
	s.record("contact", map[string]string{"name": "Анна", "company": fmt.Sprint(c.ID)})
	b.open(path)
	b.press("Деактивировать")
	b.says("dialog[open]", "Деактивировать «Аптека № 1»?", "Контакты: 1")
	b.accessible("what hangs on a record")
	b.press("Деактивировать")
	b.says(".head .state", "Неактивен")
	wantQuiet(t, b, "editing", "422", "409")
}

// TestAddInBrowser: a company is made with its main location in one form, every
// fault at once; what belongs to it is added from its card, filled in already.
func TestAddInBrowser(t *testing.T) {
	for _, language := range []string{"ru", "en"} {
		t.Run(language, func(t *testing.T) {
			s := newSite(t)
			if err := s.users.SetLanguage(context.Background(), s.admin, language); err != nil {
				t.Fatal(err)
			}
			say := s.server.locales.Get(language)
			ivanov := s.employee("ivanov", entity.FieldStaff)
			b := s.window(language)
			b.signIn("admin")
			b.open("/companies")
			b.press(say.T("ui.add"))
			b.says("h1", say.T("entity.company.new"))
			b.says("main", say.T("entity.location.companion"))
			b.until("the address to come right after the name", `(() => {
				const names = [...document.querySelectorAll("form.edit [name]")].map((one) => one.name);
				return names[0] === "name" && names[1] === "location.address";
			})()`)
			b.accessible("the form of a new company")
			b.rewrite("#field-email", "не почта")
			b.rewrite("#field-location-radius", "")
			b.press(say.T("ui.add"))
			b.says(".alarm", say.T("ui.form.faults", "count", 4))
			b.says("#field-name-fault", say.T("error.required"))
			b.says("#field-location-address-fault", say.T("error.required"))
			b.says("#field-location-radius-fault", say.T("error.required"))
			b.accessible("the form of a new company with faults")
			b.rewrite("#field-email", "a@example.by")
			b.rewrite("#field-name", "Аптека")
			b.rewrite("#field-location-radius", "250")
			b.rewrite("#field-location-address", "Минск, Немига 5")
			b.rewrite("#field-location-latitude", "53.9")
			b.rewrite("#field-location-longitude", "27.55")
			b.enter("#field-responsibles-search", "никто")
			b.press(say.T("ui.add"))
			b.until("words that mean nobody to hold the form back", `document.querySelector("#field-responsibles-search:invalid:focus") !== null`)
			b.rewrite("#field-responsibles-search", "ivan") // and sent without choosing: it can mean only one
			b.press(say.T("ui.add"))
			b.says(".notice", say.T("ui.created"))
			b.says("h1", "Аптека")
			b.says(".card-side", "Минск, Немига 5", ivanov.Name)
			b.says(".timeline", "Анна Админ", say.T("ui.history.created"))

			b.press(say.T("ui.add"))
			b.press(say.T("entity.contact.add"))
			b.says("h1", say.T("entity.contact.new"))
			b.until("the company to be filled in", `document.querySelector("#field-company-search").value === "Аптека"`)
			b.says(".picker-held", ivanov.Name)
			b.rewrite("#field-name", "Анна Каренина")
			b.press(say.T("ui.add"))
			b.says("h1", "Анна Каренина")
			b.says(".facts", "Аптека")

			b.open("/companies/1")
			b.says(".card-side", "Анна Каренина")
			b.press(say.T("ui.add"))
			b.press(say.T("entity.location.add"))
			b.rewrite("#field-address", "Брест, Советская 1")
			b.press(say.T("ui.add"))
			b.says("h1", "Брест, Советская 1")
			b.open("/locations/2")
			b.press(say.T("status.deactivate"))
			b.says("dialog[open]", say.T("ui.card.deactivate.passes", "field", say.Field(s.server.catalog.ByName("location"), "main")))
			b.press(say.T("status.deactivate"))
			b.says(".head .state", say.T("status.inactive"))
			b.open("/locations/4")
			b.says(".facts", say.T("ui.yes"))
			wantQuiet(t, b, "adding", "422")
		})
	}
}

// TestSessionEndsBeforeUpload: the file is kept and goes up after the password.
func TestSessionEndsBeforeUpload(t *testing.T) {
	s := newSite(t)
	s.atWork()
	c := s.company("Первая")
	file := filepath.Join(t.TempDir(), "правки.csv")
	if err := os.WriteFile(file, fmt.Appendf(nil, "ID;Статус\n%d;Деактивировать\n", c.ID), 0o600); err != nil {
		t.Fatal(err)
	}
	b := s.window("ru")
	b.signIn("admin")
	b.open("/companies/import")
	b.press("Импорт")
	b.says("[data-says]", "Сначала выберите файл")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.forgetSession()
	b.press("Импорт")
	b.says("dialog[open]", "Войдите ещё раз", "на месте")
	b.accessible("the dialog of signing in again")
	b.enter("#again-password", "не тот\r")
	b.says("dialog[open] [role=alert]", "парол")
	b.rewrite("#again-password", testPassword+"\r")
	b.says(".decide", "Изменится 1 запись")

	b.open(fmt.Sprintf("/companies/%d/edit", c.ID))
	b.rewrite("#field-name", "Набрано до выхода")
	b.forgetSession()
	b.press("Сохранить")
	b.says("dialog[open]", "Войдите ещё раз")
	b.enter("#again-password", testPassword+"\r")
	b.says("h1", "Набрано до выхода")
	wantQuiet(t, b, "the end of a session", "401")
}

// TestNothingRuns: names and files full of markup are shown as they are, and
// nothing of them runs.
func TestNothingRuns(t *testing.T) {
	s := newSite(t)
	s.atWork()
	const bad = `<img src=x onerror="window.ran=1">'"><script>window.ran=1</script>{{1}}`
	e := s.employee("ivanov", entity.FieldStaff)
	c := s.record("company", map[string]string{"name": bad, "description": bad + "\njavascript:window.ran=1"}, e.EmployeeID)
	b := s.window("ru")
	b.signIn("admin")
	file := filepath.Join(t.TempDir(), `"><script>ran=1<_script>.csv`)
	content := fmt.Sprintf("ID;Название;Ответственные;%s\n%d;%s;очистить;\n9;;%s;\n", `<b onclick=ran=1>`, c.ID, `<i>нет</i>`, `<svg onload=ran=1>`)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	b.open("/companies/import")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.press("Импорт")
	b.see(".receipt")
	for _, path := range []string{"/companies", "/companies?q=" + "%3Cscript%3Ewindow.ran%3D1%3C/script%3E",
		fmt.Sprintf("/companies/%d", c.ID), fmt.Sprintf("/companies/%d/edit", c.ID), "/imports", "/imports/1",
		"/imports/1?tab=held", "/imports/1?tab=problems", "/imports/1?tab=%22%3E%3Cscript%3E", "/sign-in?back=javascript:ran=1"} {
		b.open(path)
		b.see("main")
		b.until("nothing to have run at "+path, `window.ran === undefined && !document.querySelector("main script, main img, main [onclick]")`)
	}
	wantQuiet(t, b, "markup in names")
}

// TestEnglish: a browser that asks for English gets it, and the switch changes
// the language for good.
func TestEnglish(t *testing.T) {
	s := newSite(t)
	s.company("Minsk Pharmacy")
	b := s.window("en")
	b.open("/sign-in")
	b.says("h1", "Sign in")
	b.signIn("admin")
	b.says("h1", "Компании") // his own language is the workspace's until he chooses
	b.click(".top-end summary")
	b.press("English")
	b.says("h1", "Companies")
	b.says("#list-count", "1 company")
	b.press("Import")
	b.says("main", "Download the edit template", "Upload the edit file")
	b.press("Companies")
	b.enter("#q", "pharm")
	b.until("the address to follow the search", `location.search === "?q=pharm"`)
	b.says(".sheet", "Minsk Pharmacy")
	b.says("#list-count", "1 company")
	b.until("the sorting to know of the search", `document.querySelector(".sheet thead th:nth-child(4) a").search.includes("q=pharm")`)
	b.click(".sheet thead th:nth-child(4) a")
	b.until("the address to follow the sorting", `location.search.includes("sort=city")`)
	b.enter("#q", "a")
	b.until("the sorting to outlive the next search", `location.search.includes("sort=city") && location.search.includes("q=pharma")`)
	b.enter("#q", "\r")
	b.until("Enter to stay in the list", `location.pathname === "/companies" && document.readyState === "complete" && location.search.includes("q=pharma")`)
	b.until("the export to be sent as a download", `(() => {
		let sent = false;
		addEventListener("submit", (e) => {
			sent = !e.defaultPrevented && e.submitter.formAction.endsWith("/companies/export");
			e.preventDefault();
		}, {once: true});
		document.querySelector("#export-menu [value=edit]").click();
		return sent;
	})()`)
	b.rewrite("#q", "nothing like it")
	b.says("#list", "Nothing was found")
	b.open("/imports/77")
	b.says("h1", "There is nothing here")
	b.accessible("an error page")
	wantQuiet(t, b, "English", "404")
}

// TestFirstRun: an empty installation asks for its first workspace.
func TestFirstRun(t *testing.T) {
	s := emptySite(t)
	b := s.window("ru")
	b.open("/")
	b.says("h1", "Первая учётная запись")
	b.accessible("the set-up")
	b.enter("#field-workspace", "Белсервис")
	b.enter("#field-name", "Анна")
	b.enter("#field-login", "anna")
	b.enter("#field-password", "коротко")
	b.press("Начать работу")
	b.says("#field-password-fault", "10")
	b.enter("#field-password", testPassword)
	b.press("Начать работу")
	b.says("h1", "Компании")
	b.says("#list", "Здесь пока пусто")
	b.accessible("an empty section")
	b.open("/set-up")
	b.says("h1", "Компании")
	wantQuiet(t, b, "the first run", "422")
}
