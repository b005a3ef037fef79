package bulk_test

import (
	"context"
	"testing"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// An import that moves too much is applied only when another administrator has
// approved exactly what was shown.
func TestSecondAdministrator(t *testing.T) {
	clock := testkit.NewClock()
	d := newDeskAt(t, testkit.StoreAt(t, store.Options{Now: clock.Now}), 4)
	ctx := context.Background()
	testkit.Employee(t, d.st, d.who.WorkspaceID, "zweiter", entity.Administrator)
	second := testkit.As(t, d.st, d.who.WorkspaceID, "zweiter")
	foreign := testkit.AdminOf(t, d.st, "Чужая")
	d.settings("blast_records=1\nblast_share=10\nsecond_administrator=1")
	i := d.check(d.csv("ID;Название;Ответственные", "1;Клиент 1;petrov", "2;Клиент 2;petrov", "3;не то;petrov"))
	want := func(what string, err error, key string) {
		t.Helper()
		got := ""
		if all := fault.All(err); len(all) > 0 {
			got = all[0].Key
		}
		if got != key || err != nil && got == "" {
			t.Errorf("%s: %v; want %q", what, err, key)
		}
	}
	byFirst := func() error {
		_, err := d.bulk.Apply(ctx, d.who, i.ID, bulk.Decision{Accept: plan.Blast})
		return err
	}
	ask := func() error {
		_, err := d.bulk.AskApproval(ctx, d.who, i.ID, bulk.Decision{Accept: plan.Blast})
		return err
	}
	shown := func() string {
		v, err := d.bulk.Approval(ctx, d.who, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		return v.Fingerprint
	}
	want("without approval", byFirst(), "error.approval_needed")
	want("asked", ask(), "")
	want("asked twice", ask(), "error.asked_already")
	yes := bulk.Verdict{Approve: true, Fingerprint: shown()}
	want("one's own", d.bulk.Answer(ctx, d.who, i.ID, yes), "error.own_approval")
	want("a foreign one", d.bulk.Answer(ctx, foreign, i.ID, yes), "error.no_such_import")
	want("rejected without a word", d.bulk.Answer(ctx, second, i.ID, bulk.Verdict{Fingerprint: yes.Fingerprint}), "error.rejection_needs_word")
	want("approved", d.bulk.Answer(ctx, second, i.ID, yes), "")
	if _, err := d.bulk.Accept(ctx, d.who, i.ID, plan.Blast|plan.Name); err != nil {
		t.Fatal(err)
	}
	want("altered after approval", byFirst(), "error.approval_needed")
	want("asked anew", ask(), "")
	want("an approval of the old plan", d.bulk.Answer(ctx, second, i.ID, yes), "error.approval_void")
	clock.Advance(8 * 24 * time.Hour)
	want("too late", d.bulk.Answer(ctx, second, i.ID, bulk.Verdict{Approve: true, Fingerprint: shown()}), "error.approval_expired")
	want("asked once more", ask(), "")
	want("approved", d.bulk.Answer(ctx, second, i.ID, bulk.Verdict{Approve: true, Fingerprint: shown(), Word: "давай"}), "")
	want("applied", byFirst(), "")
	if i = d.drive(i.ID); i.Counts.Applied != 3 {
		t.Errorf("applied %+v", i.Counts)
	}
	d.sound()
}
