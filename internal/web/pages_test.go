package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/sheet"
)

// Every page that can be looked at comes out whole in every language: a message
// that is missing stops a test.
func TestEveryPageInEveryLanguage(t *testing.T) {
	s := newSite(t)
	recs, ids := s.fill(t)
	v := s.signedIn("Наша", "admin")
	for _, tag := range s.server.locales.Languages() {
		if a := v.post("/language", url.Values{"language": {tag}, "back": {"/"}}); a.status != to {
			t.Fatalf("choose %s: %s", tag, a)
		}
		for _, w := range s.walks(t) {
			if w.method != "GET" || w.routeCase.public {
				continue
			}
			a := w.ask(t, v, w.ourID(recs, ids), nil)
			if a.status >= 400 {
				t.Errorf("%s in %s: %s", w.name, tag, a)
			}
			if a.status == ok && strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && !strings.Contains(a.body, `<html lang="`+tag+`"`) {
				t.Errorf("%s is not in %s", w.name, tag)
			}
		}
		for _, more := range []string{"held", "problems", "load"} {
			if a := v.get("/imports/" + ids["import"] + "?tab=" + more); a.status != ok {
				t.Errorf("the tab %s in %s: %s", more, tag, a)
			}
		}
	}
}

// What is asked twice has one control; the rest goes with the form all the same.
func TestFormKeepsWhatItDoesNotShow(t *testing.T) {
	e := catalog.New().ByName("company")
	asked := url.Values{"name.has": {"а", "б", "в"}, "email.is": {"empty", "filled"}, "merged_into": {"1", "2"}, "from": {"all"}}
	q, wrong := records.ReadQuery(e, asked)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	var got []string
	for _, o := range (&listState{e: e, asked: asked, q: q}).unshown() {
		got = append(got, o.Label+"="+o.Value)
	}
	slices.Sort(got)
	want := []string{"email.is=empty", "from=all", "merged_into=1", "merged_into=2", "name.has=а", "name.has=б"}
	if !slices.Equal(got, want) {
		t.Errorf("the form keeps %q, want %q", got, want)
	}
}

func TestBack(t *testing.T) {
	for given, want := range map[string]string{
		"/companies/5?tab=1": "/companies/5?tab=1", "": "/", "companies": "/", "//evil.example": "/", "/\\evil.example": "/",
		"https://evil.example/": "/", "javascript:alert(1)": "/", "/a\nSet-Cookie: x": "/", "/%2f/evil": "/%2f/evil",
	} {
		if got := back(given); got != want {
			t.Errorf("back(%q) = %q; want %q", given, got, want)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	s := newSite(t)
	worker := s.employee("worker", entity.FieldStaff)
	alive := func(v *visitor) bool { return v.get("/session").status == empty }

	t.Run("a token known before signing in is worth nothing after", func(t *testing.T) {
		v := s.visitor()
		v.post("/language", url.Values{"language": {"en"}}) // makes a session
		before := v.cookie()
		v.post("/sign-in", url.Values{"login": {"admin"}, "workspace": {"Наша"}, "password": {testPassword}})
		if before == "" || before == v.cookie() {
			t.Errorf("the token was %q and is %q", before, v.cookie())
		}
	})
	t.Run("signing out", func(t *testing.T) {
		v := s.signedIn("Наша", "admin")
		stolen := s.visitor()
		stolen.keep(v.cookie())
		if !alive(v) || !alive(stolen) {
			t.Fatal("no session to end")
		}
		v.post("/sign-out", nil)
		if alive(v) || alive(stolen) {
			t.Error("the session outlived signing out")
		}
	})
	t.Run("a changed password ends the others", func(t *testing.T) {
		one, other := s.signedIn("Наша", "worker"), s.signedIn("Наша", "worker")
		if a := one.post("/profile/password", url.Values{"old": {testPassword}, "password": {testPassword + "!"}}); a.status != to {
			t.Fatal(a)
		}
		if !alive(one) || alive(other) {
			t.Errorf("own session alive: %v, the other: %v", alive(one), alive(other))
		}
	})
	t.Run("deactivating", func(t *testing.T) {
		v := s.visitor()
		v.post("/sign-in", url.Values{"login": {"worker"}, "workspace": {"Наша"}, "password": {testPassword + "!"}})
		if err := s.users.Deactivate(t.Context(), s.admin, worker.EmployeeID); err != nil {
			t.Fatal(err)
		}
		if alive(v) {
			t.Error("the session outlived the employee")
		}
	})
	t.Run("nobody at the keyboard", func(t *testing.T) {
		s := newSite(t, func(c *Config) { c.Idle = 1500 * time.Millisecond }) // of its own: signing in may take longer than that
		v := s.signedIn("Наша", "admin")
		time.Sleep(2 * time.Second)
		if alive(v) {
			t.Error("the session outlived its idle time")
		}
	})
}

func TestUpload(t *testing.T) {
	s := newSite(t)
	c := s.company("Первая")
	v := s.signedIn("Наша", "admin")
	const path = "/companies/import"

	v.upload(path, "", "").has(t, "Сначала выберите файл")
	v.post(path, url.Values{"file": {"x"}}).has(t, "Форма пришла повреждённой")
	v.upload(path, "пустой.xlsx", "").has(t, "Файл пуст")
	body, kind := multipartFile(t, "обрывок.csv", fmt.Sprintf("ID;Статус\n%d;Деактивировать\n", c.ID))
	cut, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	v.send("POST", path, bytes.NewReader(cut[:len(cut)-80]), http.Header{"Content-Type": {kind}}).has(t, "Форма пришла повреждённой")
	big := v.upload(path, "большой.csv", strings.Repeat("x", 51<<20))
	if big.status != http.StatusRequestEntityTooLarge {
		t.Errorf("51 MB: %s", big)
	}
	big.has(t, "Файл больше 50")

	a := v.upload(path, "правки.csv", fmt.Sprintf("ID;Статус\n%d;Деактивировать\n", c.ID))
	if a.status != to || !strings.HasPrefix(a.header.Get("Location"), "/imports/") {
		t.Fatalf("a good file: %s", a)
	}
	at := a.header.Get("Location")
	v.get(at).has(t, "Ждёт проверки", `data-events="`+at+`/events"`, "Прервать импорт")
	if a := v.post(at+"/apply", nil); a.status != http.StatusConflict {
		t.Errorf("applied before it was checked: %s", a)
	}
}

func TestImportPage(t *testing.T) {
	s := newSite(t)
	c, d := s.company("Первая"), s.company("Вторая")
	v := s.signedIn("Наша", "admin")
	i := s.plan(fmt.Sprintf("ID;Название;Статус;Комментарий\n%d;Первая;Деактивировать;\n%d;Не та;Деактивировать;\n999;;Активировать;\n;;;\n", c.ID, d.ID))
	at := fmt.Sprintf("/imports/%d", i.ID)

	page := v.get(at)
	page.has(t, "Изменится 1 запись", "2 строки останутся как есть", "Комментарий", "Версия")
	if strings.Contains(page.body, "hx-trigger") {
		t.Error("an import that rests is asked about again and again")
	}
	v.get(at+"?tab=problems").has(t, "999", "Скачать строки к исправлению")
	v.get(at+"?tab=held").has(t, "Название не то", "Вторая", "Подтвердить 1 строку")

	refused := v.post(at+"/apply", url.Values{"all_or_nothing": {"1"}})
	if refused.status != http.StatusConflict {
		t.Errorf("all or nothing with a row held: %s", refused)
	}
	refused.has(t, "всё или ничего", "Изменится 1 запись")

	v.post(at+"/accept", url.Values{"guard": {"name"}, "accept": {"1"}})
	v.get(at).has(t, "Изменятся 2 записи", "1 строка останется как есть")
	v.post(at+"/accept", url.Values{"guard": {"name"}})
	v.get(at).has(t, "Изменится 1 запись")
	v.post(at+"/accept", url.Values{"guard": {"name"}, "accept": {"1"}})

	if a := v.post(at+"/apply", url.Values{"sha256": {"чужой"}}); a.status != http.StatusConflict {
		t.Errorf("another file than the one that was shown: %s", a)
	}
	behind := v.post(at+"/apply", url.Values{"sha256": {i.File.SHA256}, "accepted": {"0"}})
	if behind.status != http.StatusConflict {
		t.Errorf("pressed on a page older than what was accepted: %s", behind)
	}
	behind.has(t, "кто-то подтвердил строки")
	v.get(at).has(t, `name="accepted" value="1"`)
	v.get("/imports").has(t, `data-label="намечено">2</td>`, `data-label="записано"></td>`) // nothing is written, and nothing counted
	v.post(at+"/apply", url.Values{"sha256": {i.File.SHA256}, "accepted": {"1"}})
	if done, err := s.bulk.Drive(t.Context(), i.Workspace, i.ID, nil); err != nil || done.State != plan.Applied {
		t.Fatalf("apply: %v, %v", done.State, err)
	}
	v.get(at).has(t, "Готово: изменены 2 записи", "намечено изменить", "ждали вашего слова", "записано", "Отменить импорт")
	v.get("/imports").has(t, `data-label="записано">2</td>`)
	v.get("/companies?status=inactive").has(t, "2 компании")
	if a := v.get(at + "/report?format=csv"); a.status != ok || !strings.Contains(a.body, "999") || !strings.Contains(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the problem file: %s", a)
	}
}

// A workbook with two tables: the page offers the sheets, and reads the chosen
// one without asking for the file again.
func TestChoiceOfSheet(t *testing.T) {
	s := newSite(t)
	c := s.company("Первая")
	v := s.signedIn("Наша", "admin")
	var book bytes.Buffer
	w, err := sheet.NewWriter(&book, sheet.XLSX)
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) sheet.Value { return sheet.Value{Kind: sheet.Text, Text: s} }
	id := sheet.Value{Kind: sheet.Number, Text: fmt.Sprint(c.ID)}
	for _, step := range []error{
		w.Sheet(sheet.Spec{Name: "Январь"}), w.Row([]sheet.Value{text("ID"), text("Статус")}), w.Row([]sheet.Value{id, text("Активировать")}),
		w.Sheet(sheet.Spec{Name: "Февраль"}), w.Row([]sheet.Value{text("ID"), text("Статус")}), w.Row([]sheet.Value{id, text("Деактивировать")}),
		w.Close(),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	at := v.upload("/companies/import", "два листа.xlsx", book.String()).header.Get("Location")
	s.drive(at)
	v.get(at).has(t, "Январь", `value="Февраль"`)
	chosen := v.post(at+"/sheet", url.Values{"sheet": {"Февраль"}}).header.Get("Location")
	s.drive(chosen)
	v.get(chosen).has(t, "два листа.xlsx", "Изменится 1 запись", "Неактивен")
}

// Somebody has asked to cancel, and the work has not stopped yet: the import
// has its reason, but not yet its end.
func TestImportThatIsBeingCancelled(t *testing.T) {
	s := newSite(t)
	v := &visit{s: s.server, say: s.server.locales.Get("ru")}
	page := &importPage{Working: true, Import: &plan.Import{
		State: plan.Checking, CancelAsked: true, Reason: fault.New(fault.Conflict, "reason.cancelled", "login", "admin"), Done: 1, Total: 3,
	}}
	page.Work = v.workOn(page.Import)
	v.tellReason(page)
	if page.ReasonText != "" || page.Work.Title == "" || page.Work.Percent != 33 {
		t.Errorf("reason %q, %+v", page.ReasonText, page.Work)
	}
}

func TestExportComesBackUnchanged(t *testing.T) {
	s := newSite(t)
	ivanov := s.employee("ivanov", entity.FieldStaff)
	s.company("ООО «Ясень», филиал", ivanov.EmployeeID)
	s.company("=1+1")
	v := s.signedIn("Наша", "admin")
	for _, format := range []string{"csv", "xlsx", "ods"} {
		file := v.get("/companies/export?for=edit&format=" + format)
		a := v.upload("/companies/import", "выгрузка."+format, file.body)
		if a.status != to {
			t.Fatalf("%s: %s", format, a)
		}
		var id int64
		fmt.Sscanf(a.header.Get("Location"), "/imports/%d", &id)
		if _, err := s.bulk.Drive(t.Context(), s.admin.WorkspaceID, id, nil); err != nil {
			t.Fatal(err)
		}
		v.get(a.header.Get("Location")).has(t, "Менять нечего", "Всё, что в файле, уже так и есть")
	}
}

func TestErrorsOfOursAreNotShown(t *testing.T) {
	s := newSite(t)
	v := s.signedIn("Наша", "admin")
	if err := s.st.Close(); err != nil {
		t.Fatal(err)
	}
	a := v.get("/companies")
	if a.status != http.StatusInternalServerError || strings.Contains(a.body, "sql") || strings.Contains(a.body, "database") {
		t.Errorf("a broken database: %s", a)
	}
}

func TestOverlongFormIsRefused(t *testing.T) {
	v := newSite(t).visitor()
	a := v.post("/sign-in", url.Values{"login": {strings.Repeat("x", maxForm+1)}})
	if a.status != http.StatusBadRequest {
		t.Errorf("a form of more than a megabyte: %s", a)
	}
}
