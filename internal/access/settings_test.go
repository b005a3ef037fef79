package access_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/testkit"
)

func TestSettings(t *testing.T) { eachHouse(t, testSettings) }

func testSettings(t *testing.T, h *house) {
	ctx := t.Context()
	before, log, err := h.users.Settings(ctx, h.admin)
	if err != nil || len(log) != 0 {
		t.Fatalf("a fresh workspace: %v, %v", log, err)
	}
	if before.BlastRecords != 1000 || before.BlastShare != 30 || before.SecondAdministrator || before.ApprovalDays != 7 || before.Lists != "replace" || !before.Notices {
		t.Errorf("the defaults are %+v", before)
	}
	_, err = h.users.SetSettings(ctx, h.admin, map[string]string{
		"name": "", "language": "xx", "time_zone": "Minsk", "unassigned_seen": "", "lists": "all", "blast_records": "-1", "blast_share": "101", "approval_days": "0", "colour": "red",
	})
	if n := len(fault.All(err)); n != 9 {
		t.Errorf("%d faults are reported, want all 9: %v", n, err)
	}
	if after, _, err := h.users.Settings(ctx, h.admin); err != nil || !cmp.Equal(before, after) {
		t.Errorf("what was wrong has changed something: %v\n%s", err, cmp.Diff(before, after))
	}
	after, err := h.users.SetSettings(ctx, h.admin, map[string]string{"blast_records": "2 000", "unassigned_seen": "administrators", "notices": "нет", "lists": "replace"})
	if err != nil || after.BlastRecords != 2000 || after.Sight != entity.SightAdministrators || after.Notices {
		t.Errorf("changed to %+v: %v", after, err)
	}
	if _, err := h.users.SetSettings(ctx, h.admin, map[string]string{"blast_records": "2000"}); err != nil {
		t.Error(err)
	}
	now, log, err := h.users.Settings(ctx, h.admin)
	if err != nil || !cmp.Equal(now, after) {
		t.Errorf("stored are %+v: %v", now, err)
	}
	want := []entity.Change{{Field: "unassigned_seen", Before: "everyone", After: "administrators"}, {Field: "blast_records", Before: "1000", After: "2000"}, {Field: "notices", Before: "1", After: ""}}
	if len(log) != 1 || log[0].EmployeeID != h.admin.EmployeeID || log[0].At.IsZero() || !cmp.Equal(log[0].Changes, want) {
		t.Errorf("the log is %+v; want once, %v", log, want)
	}
	if _, err := h.users.AddWorkspace(ctx, "Соседняя", "admin"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.users.SetSettings(ctx, h.admin, map[string]string{"name": "СОСЕДНЯЯ"}); key(t, err) != "error.workspace_taken" {
		t.Errorf("another workspace's name: %v", err)
	}
	w := h.admin.WorkspaceID
	testkit.Employee(t, h.st, w, "worker", entity.FieldStaff)
	testkit.Employee(t, h.st, w, "boss", entity.Manager)
	for _, who := range []access.User{testkit.As(t, h.st, w, "worker"), testkit.As(t, h.st, w, "boss"), {}} {
		if _, _, err := h.users.Settings(ctx, who); err == nil {
			t.Errorf("%q sees the settings", who.Login)
		}
		if _, err := h.users.SetSettings(ctx, who, map[string]string{"language": "en"}); err == nil {
			t.Errorf("%q changes the settings", who.Login)
		}
	}
	// nobody could approve
	if _, err := h.users.SetSettings(ctx, h.admin, map[string]string{"second_administrator": "1"}); key(t, err) != "error.only_administrator" {
		t.Errorf("a second administrator where there is none: %v", err)
	}
	h.add("second", entity.Administrator)
	if w, err := h.users.SetSettings(ctx, h.admin, map[string]string{"second_administrator": "1"}); err != nil || !w.SecondAdministrator {
		t.Errorf("a second administrator where there is one: %v", err)
	}
}
