package web

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestOwnFieldsInBrowser: in Russian, a choice and a number are declared, filled
// in by form, the list is narrowed by the choice and shows the number as a column, an edit file changes it, and the
// import is undone.
func TestOwnFieldsInBrowser(t *testing.T) {
	s := newSite(t)
	s.atWork()
	first, second := s.company("Аптека"), s.company("Булочная")
	b := s.window("ru")
	b.signIn("admin")
	declare := func(heading, kind string) {
		b.rewrite("#new-heading", heading)
		b.choose("#new-kind", kind)
		b.press("Добавить")
	}
	b.open("/fields")
	declare("Тариф", "choice")
	b.says(".values", "Тариф")
	declare("Скидка", "number")
	b.says(".values", "Скидка")
	declare("Город", "text")
	b.says(".row-field", "Заголовок «Город» занят")
	b.click(".values tr:last-child details:first-of-type summary")
	b.rewrite("#heading-2", "Тариф")
	b.click(".values tr:last-child details:first-of-type button")
	b.says(".values tr:last-child details[open] .fault", "Поле с заголовком «Тариф» уже есть")
	b.until("what was typed to be kept there, and the other form to be empty", `document.querySelector("#heading-2").value === "Тариф" && document.querySelector("#new-heading").value === ""`)
	b.accessible("the fields of a section")

	b.open("/fields/companies")
	b.click(".values a.btn")
	b.says("h1", "Тариф")
	for _, value := range []string{"Золотой", "Серебряный"} {
		b.rewrite("#new-value", value)
		b.press("Добавить")
		b.says(".values", value)
	}
	b.open(fmt.Sprintf("/companies/%d/edit", first.ID))
	b.choose("#field-own_1", "1")
	b.rewrite("#field-own_2", "12,5")
	b.press("Сохранить")
	b.says(".facts", "Золотой", "12.5")

	b.open("/companies?own_1=1")
	b.says("table.sheet", "Аптека", "Золотой")
	b.until("the other company to be left out", `!document.querySelector("table.sheet").textContent.includes("Булочная")`)

	b.press("Столбцы")
	b.click(`.columns input[value="own_2"]`)
	b.press("Показать столбцы")
	b.until("the discount to be no column any more", `!document.querySelector("table.sheet").textContent.includes("12.5")`)
	b.press("Столбцы")
	b.click(`.columns input[value="own_2"]`)
	b.press("Показать столбцы")
	b.says("table.sheet thead", "Скидка")
	b.says("table.sheet tbody", "12.5")

	file := filepath.Join(t.TempDir(), "тарифы.csv")
	text := fmt.Sprintf("\ufeffID;тариф;Скидка\r\n%d;Серебряный;очистить\r\n%d;золотой;7\r\n", first.ID, second.ID)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.open("/companies/import")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.press("Импорт")
	b.says(".decide", "Изменятся 2 записи")
	b.says(".sheet", "Тариф", "Золотой", "Серебряный")
	b.confirm("Импорт")
	b.says(".done", "Готово: изменены 2 записи")
	b.open(fmt.Sprintf("/companies/%d", second.ID))
	b.says(".facts", "Золотой", "7")
	b.says(".timeline", "Тариф", "Скидка")
	b.open("/imports/1")
	b.press("Отменить импорт")
	b.says("h1", "отмена импорта № 1")
	b.confirm("Вернуть как было")
	b.says(".done", "Готово: возвращены 2 записи")
	b.open(fmt.Sprintf("/companies/%d", first.ID))
	b.says(".facts", "Золотой", "12.5")
	b.open("/settings")
	b.says("#settings-log ~ .timeline", "Компании · Скидка · что хранит", "Число")
	wantQuiet(t, b, "own fields in Russian", "422")
}
