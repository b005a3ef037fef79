package web

import (
	"context"
	"fmt"
	"testing"

	"nadel/internal/entity"
)

// TestDecidingInBrowser: where somebody has changed a list since the file was made,
// the three values are shown and the lists are merged; and an import that moves too
// much is rejected and then approved by a second administrator, each with a word.
func TestDecidingInBrowser(t *testing.T) {
	s := newSite(t)
	s.atWork()
	ctx := context.Background()
	ivanov := s.employee("ivanov", entity.FieldStaff)
	sidorova := s.employee("sidorova", entity.FieldStaff)
	s.employee("petrov", entity.FieldStaff)
	s.employee("second", entity.Administrator)
	var ids []int64
	for n := range 3 {
		ids = append(ids, s.company(fmt.Sprintf("Аптека %d", n+1), ivanov.EmployeeID).ID)
	}
	firm := s.server.catalog.ByName("company")
	if _, err := s.records.Update(ctx, s.admin, firm, ids[0], 1, map[string]string{entity.Responsibles: fmt.Sprintf("%d,%d", ivanov.EmployeeID, sidorova.EmployeeID)}); err != nil {
		t.Fatal(err)
	}
	stale := s.plan(fmt.Sprintf("ID;Ответственные;Версия\n%d;petrov;1\n", ids[0]))

	b := s.window("ru")
	b.signIn("admin")
	b.open(fmt.Sprintf("/imports/%d?tab=held", stale.ID))
	b.says(".versions", "ivanov", "ivanov, sidorova", "petrov")
	b.accessible("three values to choose from")
	b.click(`td .choices button[value="merge"]`)
	b.says(".decide", "Изменится 1 запись")
	b.says(".tab-body", "Выбрано на этой странице", "Соединить списки")
	b.confirm("Импорт")
	b.says(".done", "Готово: изменена 1 запись")
	b.open(fmt.Sprintf("/companies/%d", ids[0]))
	b.says(".people-list", "Имя petrov", "Имя sidorova")

	if _, err := s.users.SetSettings(ctx, s.admin, map[string]string{"blast_records": "1", "blast_share": "0", "second_administrator": "1"}); err != nil {
		t.Fatal(err)
	}
	big := s.plan(fmt.Sprintf("ID;Ответственные\n%d;ivanov\n%d;petrov\n%d;petrov\n", ids[0], ids[1], ids[2]))
	at := fmt.Sprintf("/imports/%d", big.ID)
	as := func(login string) {
		b.forgetSession()
		b.open("/sign-in")
		b.signIn(login)
		b.open(at)
	}
	b.open(at + "?tab=held")
	b.says(".guards", "Слишком много сразу")
	b.press("Подтвердить все 3 строки")
	b.press("Запросить одобрение")
	b.says(".approval", "Ждёт одобрения", "Анна Админ")
	as("second")
	b.open("/notices")
	b.says("main", "Нужно ваше одобрение")
	b.open(at)
	b.accessible("an import to approve")
	b.enter("#field-word", "Слишком рано")
	b.press("Отклонить")
	b.says(".approval", "Отклонено", "Имя second", "«Слишком рано»")
	as("admin")
	b.says(".approval", "Отклонено", "«Слишком рано»")
	b.press("Запросить одобрение")
	b.says(".approval", "Ждёт одобрения")
	as("second")
	b.enter("#field-word", "Теперь можно")
	b.press("Одобрить")
	b.says(".approval", "Одобрено", "«Теперь можно»")
	as("admin")
	b.says(".approval", "Одобрено", "Имя second")
	b.confirm("Импорт")
	b.says(".done", "Готово: изменены 3 записи")
	b.says(".timeline", "Имя second")
	wantQuiet(t, b, "deciding")
}
