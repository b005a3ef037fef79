package web

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"nadel/internal/entity"
)

// TestPartialUndo takes a part of an import back, in Russian: two ticked rows,
// then what concerned one employee. The import says how much of it stands undone
// and who asked; a card takes its own change back; history finds it all.
func TestPartialUndo(t *testing.T) {
	s := newSite(t)
	s.atWork()
	ivanov := s.employee("ivanov", entity.FieldStaff)
	s.employee("petrov", entity.FieldStaff)
	sidorova := s.employee("sidorova", entity.FieldStaff)
	var text strings.Builder
	text.WriteString("\ufeffID;Статус;Ответственные\r\n")
	for n := range 6 {
		who := ivanov.EmployeeID
		if n == 5 {
			who = sidorova.EmployeeID
		}
		fmt.Fprintf(&text, "%d;;petrov\r\n", s.company(fmt.Sprintf("Клиент %03d", n+1), who).ID)
	}
	file := filepath.Join(t.TempDir(), "передача.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	b := s.window("ru")
	b.signIn("admin")
	b.open("/companies/import")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.press("Импорт")
	b.says(".decide", "Изменится 6 записей")
	b.press("Импорт")
	b.says("dialog[open]", "Изменить 6 записей?")
	b.press("Импорт")
	b.says(".done", "Готово: изменено 6 записей")

	b.click(".part summary")
	b.click(`input[aria-label="Отменить строку: Клиент 002"]`)
	b.click(`input[aria-label="Отменить строку: Клиент 004"]`)
	b.accessible("a part to undo")
	b.press("Показать, что вернётся")
	b.says("h1", "отмена импорта № 1")
	b.says(".decide", "Изменятся 2 записи")
	b.says(".sheet", "Клиент 002", "Клиент 004", "Имя ivanov")
	b.press("Вернуть как было")
	b.says("dialog[open]", "Изменить 2 записи?")
	b.press("Вернуть как было")
	b.says(".done", "Готово: возвращены 2 записи")
	b.open("/imports/1")
	b.says(".head", "отменён: 2 из 6")

	b.click(".part summary")
	b.press("Показать, что вернётся")
	b.says(".alarm", "Отметьте строки, назовите их номера или выберите сотрудника.")
	b.open("/imports/1")
	b.click(".part summary")
	b.choose("#part-employee", fmt.Sprint(sidorova.EmployeeID))
	b.choose("#part-concern", "lost")
	b.press("Показать, что вернётся")
	b.says(".decide", "Изменится 1 запись")
	b.says(".sheet", "Клиент 006", "Имя sidorova")
	b.press("Вернуть как было")
	b.says("dialog[open]", "Изменить 1 запись?")
	b.press("Вернуть как было")
	b.says(".done", "Готово: возвращена 1 запись")
	b.open("/imports/1")
	b.says(".head", "отменён: 3 из 6")
	b.says("main", "просит вернуть как было:", "передача.csv")
	b.accessible("an import undone in part")

	b.open("/companies?q=Клиент+001")
	b.press("Клиент 001")
	b.press("Взять это изменение назад")
	b.says(".decide", "Изменится 1 запись")
	b.says(".sheet", "Клиент 001")

	b.open(fmt.Sprintf("/history?employee=%d&concern=lost", sidorova.EmployeeID))
	b.says(".timeline", "Клиент 006", "Импорт № 1", "строка 7")
	b.accessible("history")
	wantQuiet(t, b, "the partial undo", "422", "400")
}
