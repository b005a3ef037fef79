package web

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"nadel/internal/entity"
	"nadel/sheet"
)

// atWork lets the imports of a site run, as they do in a server.
func (s *site) atWork() {
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := s.bulk.Work(ctx); err != nil {
			s.t.Errorf("work: %v", err)
		}
	})
	s.t.Cleanup(func() { stop(); done.Wait() })
}

// savedByOffice is the table as a user would have saved it: by LibreOffice as
// .xlsx where it is installed, else as .csv.
func savedByOffice(t *testing.T, rows [][]string) string {
	t.Helper()
	dir := t.TempDir()
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(strings.Join(row, ";") + "\r\n")
	}
	file := filepath.Join(dir, "передача.csv")
	if err := os.WriteFile(file, []byte("\ufeff"+text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Log("LibreOffice is not installed: the file is our own .csv")
		return file
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--headless", "--convert-to", "xlsx", "--infilter=CSV:59,34,UTF8", "--outdir", dir, file).CombinedOutput()
	if err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, out)
	}
	return strings.TrimSuffix(file, ".csv") + ".xlsx"
}

// TestMainJob is the whole job in Russian: template, file, preview, import, the
// section changed, undo, the section as it was.
func TestMainJob(t *testing.T) {
	s := newSite(t)
	s.atWork()
	ivanov := s.employee("ivanov", entity.FieldStaff)
	s.employee("petrov", entity.FieldStaff)
	rows := [][]string{{"ID", "Статус", "Ответственные"}}
	for n := range 120 {
		c := s.company(fmt.Sprintf("Клиент %03d", n+1), ivanov.EmployeeID)
		status := ""
		if n == 0 {
			status = "Деактивировать"
		}
		rows = append(rows, []string{fmt.Sprint(c.ID), status, "petrov"})
	}
	rows = append(rows, []string{"777777", "", "petrov"}, []string{"1 000", "Активировать", ""}, []string{rows[5][0], "", "ivanov"})
	file := savedByOffice(t, rows)

	b := s.window("ru")
	b.signIn("admin")
	b.accessible("the list")
	b.press("Импорт")
	b.says("h1", "Импорт: Компании")
	b.says("main", "Скачать шаблон редактирования", "Загрузить файл редактирования")
	b.accessible("the import screen")
	wantTemplate(t, b.fetch("a[download]"))

	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.says("[data-file-name]", "передача")
	b.press("Импорт")
	b.says(".decide", "Изменится 119 записей")
	b.says(".sum", "123", "119", "4")
	b.says(".sheet", "Клиент 002", "Имя ivanov", "Имя petrov", "Неактивен")
	b.accessible("the preview")
	b.click(".tabs a[href$=problems]")
	b.says("main", "Записей с такими номерами нет.")
	b.accessible("the problems")
	b.click(".tabs a[href$=load]")
	b.says("#load-table", "Имя petrov", "+119", "−119")
	b.until("the chart is drawn", `document.querySelector("canvas[data-load]").width > 300`)
	b.accessible("the load")

	b.press("Импорт")
	b.says("dialog[open]", "Изменить 119 записей?")
	b.press("Импорт")
	b.says(".done", "Готово: изменено 119 записей")
	b.says(".sum", "119")
	b.accessible("the receipt")

	b.open("/companies?q=Клиент+002")
	b.says(".sheet", "Имя petrov")
	b.press("Клиент 002")
	b.says(".timeline", "Импорт № 1", "строка 3", "Имя ivanov")
	b.accessible("the card")
	b.open("/companies?status=inactive")
	b.says("#list-count", "1 компания")

	b.open("/imports/1")
	b.press("Отменить импорт")
	b.says("h1", "отмена импорта № 1")
	b.says(".decide", "Изменится 119 записей")
	b.press("Вернуть как было")
	b.says("dialog[open]", "Изменить 119 записей?")
	b.press("Вернуть как было")
	b.says(".done", "Готово: возвращено 119 записей")
	b.open("/imports/1")
	b.says("main", "отменён: 119 из 119")
	b.open("/imports")
	b.says(".sheet", "отмена импорта № 1", "передача")
	b.accessible("the imports")
	b.open("/companies?status=active")
	b.says("#list-count", "120 компаний")
	b.says(".sheet", "Имя ivanov")
	wantQuiet(t, b, "the main job")
}

func wantTemplate(t *testing.T, content []byte) {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader(content), int64(len(content)), sheet.Options{})
	if err != nil {
		t.Fatalf("the template cannot be read: %v", err)
	}
	defer book.Close()
	rows, err := book.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	var headings []string
	if rows.Next() {
		for _, c := range rows.Row().Cells {
			headings = append(headings, string(c.Text))
		}
	}
	if got := strings.Join(headings, " "); !strings.HasPrefix(got, "ID") || !strings.Contains(got, "Статус") || !strings.Contains(got, "Ответственные") {
		t.Errorf("the template's headings are %q", got)
	}
}

// wantQuiet fails when the browser's console said anything bad: an exception, a
// part that is missing, something that the policy forbade. Answers with the
// expected statuses are no news.
func wantQuiet(t *testing.T, b *window, what string, expected ...string) {
	t.Helper()
	for _, m := range b.console() {
		known := false
		for _, status := range expected {
			known = known || strings.Contains(m, "status of "+status)
		}
		if !known {
			t.Errorf("%s: the console says %s", what, m)
		}
	}
}
