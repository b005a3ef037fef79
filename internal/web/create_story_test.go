package web

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"nadel/internal/testkit"
	"nadel/sheet"
)

// filled is a template with rows written under its header.
func filled(t *testing.T, template []byte, rows ...map[string]string) string {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader(template), int64(len(template)), sheet.Options{Name: "шаблон.xlsx"})
	if err != nil {
		t.Fatal(err)
	}
	in, err := book.Rows(0)
	if err != nil || !in.Next() {
		t.Fatalf("the template has no header: %v", err)
	}
	var header []string
	for _, c := range in.Row().Cells {
		header = append(header, string(c.Text))
	}
	var out bytes.Buffer
	w, err := sheet.NewWriter(&out, sheet.XLSX)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sheet(sheet.Spec{Name: book.Sheets()[0].Name}); err != nil {
		t.Fatal(err)
	}
	line := func(text func(heading string) string) {
		row := make([]sheet.Value, len(header))
		for n, heading := range header {
			if s := text(heading); s != "" {
				row[n] = sheet.Value{Kind: sheet.Text, Text: s}
			}
		}
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	line(func(heading string) string { return heading })
	for _, row := range rows {
		for heading := range row {
			if !slices.Contains(header, heading) {
				t.Fatalf("the template has no column %q: %q", heading, header)
			}
		}
		line(func(heading string) string { return row[heading] })
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "новые.xlsx")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNewRecordsInBrowser: the template is downloaded, filled in and uploaded; a
// new value is agreed to, the records are there, and gone after the undo.
func TestNewRecordsInBrowser(t *testing.T) {
	s := newSite(t)
	s.atWork()
	testkit.Value(t, s.st, s.admin.WorkspaceID, "city", "Минск")
	b := s.window("ru")
	b.signIn("admin")
	b.open("/companies")
	b.press("Импорт")
	b.press("Импорт новых")
	b.says("h1", "Импорт: Компании")
	b.says(".three", "Скачать шаблон импорта")
	b.accessible("the import of new records")
	file := filled(t, b.fetch(`a[download][href*="mode=create"]`),
		map[string]string{"Название *": "Лён", "Город": "Минск", "Адрес *": "Немига 5", "Ответственные": "admin"},
		map[string]string{"Название *": "Мак", "Город": "Гродно", "Адрес *": "Советская 1"},
		map[string]string{"Название *": "Безадресная"})
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.press("Импорт")
	b.says(".decide", "Появится 1 новая запись")
	b.says(".tab-body", "Лён", "новая", "Немига 5")
	b.accessible("the preview of new records")
	b.press("Ждут вашего слова 1")
	b.says(".guards", "Новые значения справочников", "Города: Гродно")
	b.press("Подтвердить 1 строку")
	b.says(".decide", "Появятся 2 новые записи")
	b.open("/imports/1?tab=problems")
	b.says(".tab-body", "Поле «Адрес» обязательно")
	b.confirm("Импорт")
	b.says(".done", "Готово: созданы 2 записи")

	b.open("/companies?q=Мак")
	b.press("Мак")
	b.says("main", "Гродно", "Советская 1")
	b.says(".timeline .born", "Запись создана", "новые.xlsx", "строка 3")
	b.open("/history")
	b.says(".timeline", "Лён", "Запись создана")

	b.open("/imports/1")
	b.press("Отменить импорт")
	b.says("h1", "отмена импорта № 1")
	b.says(".tab-body", "исчезнет из списков")
	b.says(".decide", "Исчезнут 2 созданные записи")
	b.confirm("Вернуть как было")
	b.says(".done", "создание 2 записей отменено")
	b.open("/companies")
	b.says("main", "Здесь пока пусто")
	wantQuiet(t, b, "the story of new records", "404")
}
