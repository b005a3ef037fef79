package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"nadel/internal/entity"
	"nadel/internal/testkit"
)

// A manager sees and edits the records of those he leads and no others, whichever
// door he tries: page, list, search, lookup, export, history, form.
func TestSightOfManager(t *testing.T) {
	s := newSite(t)
	boss := s.employee("boss", entity.Manager)
	his := s.employee("his", entity.FieldStaff)
	other := s.employee("other", entity.FieldStaff)
	group, err := s.users.AddGroup(t.Context(), s.admin, "Минск")
	if err == nil {
		err = s.users.UpdateGroup(t.Context(), s.admin, group, "Минск", nil, membersOf([]int64{his.EmployeeID}, []int64{boss.EmployeeID}))
	}
	if err != nil {
		t.Fatal(err)
	}
	led, hidden := s.company("Ведомая", his.EmployeeID), s.company("Скрытая", other.EmployeeID)
	asset := s.record("asset", map[string]string{"name": "Касса", "company": fmt.Sprint(hidden.ID)}, his.EmployeeID)
	v := s.signedIn("Наша", "boss")
	page := func(e *entity.Record, rest string) string { return fmt.Sprintf("/%s/%d%s", e.Entity.Path, e.ID, rest) }
	for _, path := range []string{"", "/edit"} {
		if a := v.get(page(led, path)); a.status != ok || !strings.Contains(a.body, "Ведомая") {
			t.Errorf("%s of those he leads: %s", path, a)
		}
		if a := v.get(page(hidden, path)); a.status != http.StatusNotFound || strings.Contains(a.body, "Скрытая") {
			t.Errorf("%s of others: %s", path, a)
		}
	}
	for _, path := range []string{"/companies", "/companies?q=скрытая", "/companies/lookup?q=с", "/companies/export?for=edit&format=csv", "/companies?responsibles=" + fmt.Sprint(other.EmployeeID)} {
		if a := v.get(path); a.status != ok || strings.Contains(a.body, ">Скрытая<") || strings.Contains(a.body, "Скрытая;") || strings.Contains(a.body, `"Скрытая"`) {
			t.Errorf("%s shows what he may not see: %s", path, a)
		}
	}
	if a := v.post(page(led, "/edit"), url.Values{"version": {"1"}, "name": {"Ведомая-2"}, "responsibles": {fmt.Sprint(his.EmployeeID)}}); a.status != to {
		t.Errorf("editing what he may: %s", a)
	}
	if a := v.post(page(hidden, "/edit"), url.Values{"version": {"1"}, "name": {"Украдена"}}); a.status != http.StatusNotFound {
		t.Errorf("editing what he may not see: %s", a)
	}
	if a := v.post(page(led, "/edit"), url.Values{"version": {"2"}, "name": {"Ведомая-2"}, "responsibles": {fmt.Sprint(other.EmployeeID)}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("giving a record out of his own sight: %s", a)
	}
	if a := v.get(page(led, "")); !strings.Contains(a.body, "Ведомая-2") || !strings.Contains(a.body, boss.Name) {
		t.Errorf("the history of what he edited: %s", a)
	}

	// The decision of ADR 19: the title of what a visible record belongs to is
	// read with it, in the card and in the form; the record itself stays shut.
	for _, path := range []string{"", "/edit"} {
		if a := v.get(page(asset, path)); a.status != ok || !strings.Contains(a.body, "Скрытая") {
			t.Errorf("the asset's company is not named at %q: %s", path, a)
		}
	}
	stranger := s.company("Незнакомая", other.EmployeeID)
	a := v.post(page(asset, "/edit"), url.Values{"version": {"1"}, "name": {""}, "company": {fmt.Sprint(stranger.ID)}, "responsibles": {fmt.Sprint(his.EmployeeID)}})
	if a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "Незнакомая") {
		t.Errorf("the form tells the name of a record that he cannot see: %s", a)
	}

	a = v.get(page(led, "/edit"))
	if !strings.Contains(a.body, his.Login) || strings.Contains(a.body, other.Login+"<") || strings.Contains(a.body, fmt.Sprintf(`value="%d"`, other.EmployeeID)) {
		t.Errorf("the form offers whom he may not name: %s", a)
	}

	field := s.signedIn("Наша", "his")
	if a := field.get(page(led, "")); a.status != ok || strings.Contains(a.body, "/edit") {
		t.Errorf("a field employee at his own record: %s", a)
	}
	if a := field.get(page(hidden, "")); a.status != http.StatusNotFound {
		t.Errorf("a field employee at another's record: %s", a)
	}
}

// An administrator may take a manager's import back. The manager reads that it was
// done, but the import that did it is not his to open.
func TestUndoneByAnother(t *testing.T) {
	s := newSite(t)
	s.employee("boss", entity.Manager)
	s.company("Ничья")
	v := s.signedIn("Наша", "boss")
	own := v.upload("/companies/import", "f.csv", "ID;Статус\n1;деактивировать\n").header.Get("Location")
	s.drive(own)
	v.post(own+"/apply", nil)
	s.drive(own)
	undo := s.signedIn("Наша", "admin").post(own+"/undo", nil).header.Get("Location")
	if a := v.get(own); a.status != ok || undo == "" || strings.Contains(a.body, undo+`"`) {
		t.Errorf("%s links to %q: %s", own, undo, a)
	}
	if a := v.get(undo); a.status != http.StatusNotFound {
		t.Errorf("another's undo: %s", a)
	}
}

// The matrix says of every right and role what access says.
func TestRightsPage(t *testing.T) {
	s := newSite(t)
	s.employee("worker", entity.FieldStaff)
	a := s.signedIn("Наша", "worker").get("/rights")
	a.has(t, "Администратор", "Руководитель", "Полевой сотрудник", "Импортировать", "Отменять импорты", "Подтверждать", "Выгружать", "Менять настройки")
}

// A value that is typed into a form is added by those who may, and by nobody else.
func TestTypedValue(t *testing.T) {
	s := newSite(t)
	s.employee("boss", entity.Manager)
	minsk := testkit.Value(t, s.st, s.admin.WorkspaceID, "city", "Минск")
	form := func(name, city string) url.Values {
		return url.Values{"name": {name}, "new.city": {city}, "location.address": {name}, "location.radius": {"5"}}
	}
	admin := s.signedIn("Наша", "admin")
	for _, city := range []string{"Брест", " МИНСК "} {
		if a := admin.post("/companies/new", form("Аптека "+city, city)); a.status != to {
			t.Errorf("%s: %s", city, a)
		}
	}
	values, err := s.records.Directory(t.Context(), s.admin, "city")
	if err != nil || len(values) != 2 || fmt.Sprint(values[0].ID) != minsk || values[0].Count() != 1 || values[1].Name != "Брест" || values[1].Count() != 1 {
		t.Errorf("the cities are %+v, %v", values, err)
	}
	if a := s.signedIn("Наша", "boss").post("/companies/new", form("Киоск", "Гомель")); a.status != denied {
		t.Errorf("a manager adds a city: %s", a)
	}
	if values, err := s.records.Directory(t.Context(), s.admin, "city"); err != nil || len(values) != 2 {
		t.Errorf("there are %d cities, %v", len(values), err)
	}
	// the same company once more is asked about, and added when the person insists
	again := form("аптека  брест", "")
	if a := admin.post("/companies/new", again); a.status != http.StatusConflict || !strings.Contains(a.body, "уже есть") {
		t.Errorf("a likely duplicate: %s", a)
	}
	again.Set("alike", "1")
	if a := admin.post("/companies/new", again); a.status != to {
		t.Errorf("insisting: %s", a)
	}
	admin.get("/companies/duplicates").has(t, "аптека брест", "Показать объединение")
}
