package web

import (
	"context"
	"fmt"
	"testing"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/entity"
)

// TestKeepingTimeInBrowser: a shorter keeping time is told what it would forget and
// waits for a yes; then the old import keeps its totals and says that it cannot be
// undone.
func TestKeepingTimeInBrowser(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	s.employee("petrov", entity.FieldStaff)
	s.ahead.Store(int64(-60 * 24 * time.Hour))
	c := s.company("Аптека")
	i := s.plan(fmt.Sprintf("ID;Ответственные\n%d;petrov\n", c.ID))
	if _, err := s.bulk.Apply(ctx, s.admin, i.ID, bulk.Decision{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bulk.Drive(ctx, s.admin.WorkspaceID, i.ID, nil); err != nil {
		t.Fatal(err)
	}
	s.ahead.Store(0)

	b := s.window("ru")
	b.signIn("admin")
	b.open("/settings")
	b.rewrite("#field-history_days", "30")
	b.press("Сохранить")
	b.says(".fault", "забудется насовсем", "импортов (1)", "изменения записей (1)")
	b.accessible("a keeping time to confirm")
	b.click("#forget")
	b.press("Сохранить")
	b.says(".timeline", "Хранить историю, дней", "30")
	if err := s.bulk.ForgetHistory(ctx); err != nil {
		t.Fatal(err)
	}
	b.open(fmt.Sprintf("/imports/%d?tab=changes&record=%d", i.ID, c.ID))
	b.says("main", "Файл и строки этого импорта не хранятся", "срок хранения истории прошёл", "Имя petrov")
	b.until("nothing to undo or download", `!document.querySelector("main a[download], main form")`)
	b.accessible("a forgotten import")
	b.open(fmt.Sprintf("/companies/%d", c.ID))
	b.says(".timeline", "История хранится с")
	b.open("/history")
	b.says("main", "История хранится с")
	b.open("/companies/as-of?date=2026-01-01")
	b.says(".alarm", "История хранится с", "Более ранней даты посмотреть нельзя")
	b.open("/settings")
	b.says("main", "История хранится с")
	wantQuiet(t, b, "the keeping time", "422")
}
