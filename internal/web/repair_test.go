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

// TestRepair mends a file on its preview, in Russian: a group of rows with one
// press, a cell in place, and one mending for the files to come. Whoever does so
// stays where he is on the page.
func TestRepair(t *testing.T) {
	s := newSite(t)
	s.atWork()
	ivanov := s.employee("ivanov", entity.FieldStaff)
	s.employee("petrov", entity.FieldStaff)
	var text strings.Builder
	text.WriteString("\ufeffID;Статус;Ответственные\r\n")
	for n := range 70 {
		c := s.company(fmt.Sprintf("Клиент %03d", n+1), ivanov.EmployeeID)
		switch {
		case n < 12:
			fmt.Fprintf(&text, "%d;;petrvo\r\n", c.ID)
		case n == 12:
			fmt.Fprintf(&text, "%d;Включить;\r\n", c.ID)
		case n < 16:
			fmt.Fprintf(&text, "%d;;никто%d\r\n", c.ID, n)
		default:
			fmt.Fprintf(&text, "%d;Деактивировать;\r\n", c.ID)
		}
	}
	file := filepath.Join(t.TempDir(), "правка.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	b := s.window("ru")
	b.signIn("admin")
	b.open("/companies/import")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.press("Импорт")
	b.says(".decide", "Изменятся 54 записи")
	b.click(".tabs a[href$=problems]")
	b.says(".cause", "12 строк", "Логина «petrvo» нет", "petrov · Имя petrov")
	b.accessible("the causes")

	b.until("the page to be scrolled", `(scrollTo(0, 300), scrollY > 200)`)
	b.press("petrov · Имя petrov")
	b.says(".mended", "petrvo", "petrov", "12 строк")
	b.says(".decide", "Изменится 66 записей")
	b.says(".receipt", "12 строк прочитано с исправлением")
	b.until("the place to be kept", `Math.abs(scrollY - 300) < 100`)

	b.click(".cause a[role=button]")
	b.says(".cause td", "14")
	b.press("Изменить Ячейка строки 14")
	b.rewrite(".cause input[name=with]", "Деактивировать")
	b.accessible("a cell being mended")
	b.click(".cause td button")
	b.says(".decide", "Изменится 67 записей")

	b.enter(".cause input[name=other]", "petrov")
	b.click(".cause input[name=remember]")
	b.click(".cause .mend button:nth-of-type(2)")
	b.says(".decide", "Изменится 68 записей")
	b.accessible("what was mended")
	b.press("Запомненные исправления")
	b.says(".sheet", "никто13", "petrov", "Импорт № 1")
	b.accessible("the remembered mendings")

	b.open("/companies/import")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.press("Импорт")
	b.says(".receipt", "1 строка прочитана с исправлением")
	b.click(".tabs a[href$=problems]")
	b.says(".mended", "никто13", "из запомненных")
	b.press("Выключить здесь")
	b.says(".mended", "выключено для этого импорта")
	b.says(".decide", "Изменятся 54 записи")
	b.open("/mendings")
	b.press("Забыть")
	b.says("main", "Пока ничего не запомнено")
	wantQuiet(t, b, "the repair")
}
