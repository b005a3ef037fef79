package bulk_test

import (
	"context"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func TestExtendingVoidsWhatWasApprovedAndIsWrittenDown(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 4)
		ctx := context.Background()
		testkit.Employee(t, st, d.who.WorkspaceID, "zweiter", entity.Administrator)
		testkit.Employee(t, st, d.who.WorkspaceID, "manager", entity.FieldStaff)
		second, manager := testkit.As(t, st, d.who.WorkspaceID, "zweiter"), testkit.As(t, st, d.who.WorkspaceID, "manager")
		d.settings("blast_records=1\nblast_share=10\nsecond_administrator=1")
		i := d.check(d.csv("ID;Название;Ответственные", "1;Клиент 1;petrov", "2;Клиент 2;petrov", "3;не то;petrov"))
		if _, err := d.bulk.AskApproval(ctx, d.who, i.ID, bulk.Decision{Accept: plan.Blast | plan.Name}); err != nil {
			t.Fatal(err)
		}
		v, err := d.bulk.Approval(ctx, second, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.bulk.Answer(ctx, second, i.ID, bulk.Verdict{Approve: true, Fingerprint: v.Fingerprint}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.bulk.Extend(ctx, manager, i.ID, true); fault.CodeOf(err) != fault.Denied {
			t.Errorf("a field employee extends an import: %v", err)
		}
		for range 2 { // the second time it is so already
			if _, err := d.bulk.Extend(ctx, d.who, i.ID, true); err != nil {
				t.Fatal(err)
			}
			if i = d.drive(i.ID); !i.Options.Related || i.Accepted != 0 || i.Counts.Accepted != 0 {
				t.Errorf("extended: related %v, accepted %v, counts %+v", i.Options.Related, i.Accepted, i.Counts)
			}
		}
		if _, err := d.bulk.Accept(ctx, d.who, i.ID, plan.Blast|plan.Name); err != nil {
			t.Fatal(err)
		}
		if _, err := d.bulk.Extend(ctx, d.who, i.ID, false); err != nil {
			t.Fatal(err)
		}
		if i = d.drive(i.ID); i.Options.Related || i.Accepted != plan.Blast|plan.Name || i.Counts.Accepted != 3 {
			t.Errorf("narrowed: related %v, accepted %v, counts %+v", i.Options.Related, i.Accepted, i.Counts)
		}
		if _, err := d.bulk.Apply(ctx, d.who, i.ID, bulk.Decision{}); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("an approval of another plan is enough: %v", err)
		}
		acts := map[plan.Act]int{}
		list, err := d.bulk.Decisions(ctx, d.who, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			acts[one.What]++
		}
		if acts[plan.Extended] != 1 || acts[plan.Narrowed] != 1 || acts[plan.Withdrawn] != 1 {
			t.Errorf("decisions: %v", acts)
		}
		d.sound()
	})
}

func TestNothingFollowsContactsAndUndos(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		d := newDeskAt(t, st, 2)
		ctx := context.Background()
		i := d.check(d.csv("ID;Статус", "1;деактивировать"))
		if _, err := d.bulk.Apply(ctx, d.who, i.ID, bulk.Decision{}); err != nil {
			t.Fatal(err)
		}
		i = d.drive(i.ID)
		if _, err := d.bulk.Extend(ctx, d.who, i.ID, true); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("an applied import is extended: %v", err)
		}
		undo, err := d.bulk.Undo(ctx, d.who, i.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		d.drive(undo.ID)
		if _, err := d.bulk.Extend(ctx, d.who, undo.ID, true); fault.CodeOf(err) != fault.Usage {
			t.Errorf("an undo is extended: %v", err)
		}
		for kind, wanted := range map[string]bool{"company": true, "location": true, "asset": false, "contact": false} {
			if got := d.bulk.Extends(&plan.Import{Mode: plan.Edit, Entity: st.Catalog().ByName(kind)}); got != wanted {
				t.Errorf("something follows a %s: %v", kind, got)
			}
		}
	})
}
