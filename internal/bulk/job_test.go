package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// watched drives an import; f sees it after every step that is written.
func (d desk) watched(i *plan.Import, f func(*plan.Import)) *plan.Import {
	d.Helper()
	end, err := d.bulk.Drive(context.Background(), d.who.WorkspaceID, i.ID, f)
	if err != nil {
		d.Fatalf("drive import %d: %v", i.ID, err)
	}
	return end
}

// everybodyTo is a file that gives the first n companies to a login.
func everybodyTo(login string, n int) []string {
	lines := []string{"ID;Ответственные"}
	for id := range n {
		lines = append(lines, fmt.Sprintf("%d;%s", id+1, login))
	}
	return lines
}

func (d desk) cancel(i *plan.Import) error {
	_, err := d.bulk.Cancel(context.Background(), d.who, i.ID)
	return err
}

func TestCancelWaiting(t *testing.T) {
	d := newDesk(t, 3)
	start := d.checksum()
	i := d.waiting(d.csv(everybodyTo("petrov", 3)...))
	if err := d.cancel(i); err != nil {
		t.Fatal(err)
	}
	d.wanted(d.drive(i.ID), "cancelled reason.cancelled")
	if err := d.cancel(i); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("cancelling twice: %v", err)
	}
	ready := d.check(d.csv(everybodyTo("petrov", 3)...))
	if err := d.cancel(ready); err != nil {
		t.Fatal(err)
	}
	d.wanted(d.drive(ready.ID), "cancelled read=3 change=3 reason.cancelled")
	if _, err := d.bulk.Apply(context.Background(), d.who, ready.ID, bulk.Decision{}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("applying what is cancelled: %v", err)
	}
	done := d.apply(d.check(d.csv("ID;Статус", "1;активировать")), 0)
	if err := d.cancel(done); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("cancelling what is applied: %v", err)
	}
	if d.checksum() != start {
		t.Error("records have changed")
	}
	d.sound()
}

// A cancel that was answered with yes is obeyed, at whichever step of the check
// it comes.
func TestCancelWhileChecking(t *testing.T) {
	d := newDesk(t, 5)
	start := d.checksum()
	for step := 1; ; step++ {
		i := d.waiting(d.csv("ID;Статус;Ответственные", "1;;petrov", "2;;nobody", "3;деактивировать;", "4;;clear"))
		n, asked := 0, false
		end := d.watched(i, func(now *plan.Import) {
			if now.State != plan.Checking || asked {
				return
			}
			if n++; n == step {
				asked = true
				if err := d.cancel(i); err != nil {
					t.Errorf("cancel while checking: %v", err)
				}
			}
		})
		if !asked {
			if step < 3 {
				t.Fatalf("the check has only %d steps", step-1)
			}
			break
		}
		if end.State != plan.Cancelled || end.Reason == nil || end.Counts != (plan.Counts{}) {
			t.Errorf("cancelled at step %d: %s, reason %v, counts %+v", step, end.State, end.Reason, end.Counts)
		}
		if problems, total, err := d.bulk.Problems(context.Background(), d.who, i.ID, bulk.ProblemQuery{Limit: 9}); err != nil || total != 0 {
			t.Errorf("cancelled at step %d: half a plan is left: %v, %v", step, problems, err)
		}
	}
	if d.checksum() != start {
		t.Error("records have changed")
	}
	d.sound()
}

// What was applied before a cancel stays, is counted, and can be undone.
func TestCancelWhileApplying(t *testing.T) {
	d := newDesk(t, 2500)
	start := d.checksum()
	i := d.check(d.csv(everybodyTo("petrov", 2500)...))
	d.press(i, 0)
	end := d.watched(i, func(now *plan.Import) {
		if now.AppliedUpto > 0 && !now.CancelAsked && now.State == plan.Applying {
			_ = d.cancel(i) // from the second time on it may be too late
		}
	})
	n := end.Counts
	if end.State != plan.Cancelled || n.Applied == 0 || n.Remaining == 0 || n.Applied+n.Remaining != 2500 || end.Reason == nil || end.Reason.Key != "reason.cancelled" {
		t.Fatalf("cancelled midway: %s, %+v, reason %v", end.State, n, end.Reason)
	}
	if moved := int64(strings.Count(d.table(), "| petrov")); moved != n.Applied {
		t.Errorf("%d records were changed, %d are counted", moved, n.Applied)
	}
	d.sound()
	d.apply(d.undo(end), 0)
	d.same("undo of the cancelled import", start)
}

// A cancel after the last chunk comes too late: everything is applied, and
// nothing says otherwise.
func TestCancelTooLate(t *testing.T) {
	d := newDesk(t, 3)
	i := d.check(d.csv(everybodyTo("petrov", 3)...))
	d.press(i, 0)
	end := d.watched(i, func(now *plan.Import) {
		if now.Counts.Applied == 3 && now.State == plan.Applying {
			_ = d.cancel(i)
		}
	})
	d.wanted(end, "applied read=3 change=3 applied=3")
	d.sound()
}

// TestRightLost takes the right to import from the person who pressed Import
// while it runs: it stops at the next chunk.
func TestRightLost(t *testing.T) {
	for name, take := range map[string]func(*entity.Employee){
		"another role": func(p *entity.Employee) { p.Role = entity.FieldStaff },
		"deactivated":  func(p *entity.Employee) { p.Active = false },
	} {
		for _, allOrNothing := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, all or nothing %v", name, allOrNothing), func(t *testing.T) {
				d := newDesk(t, 1200)
				start := d.checksum()
				boss := d.as("sidorova", entity.Administrator)
				i := d.check(d.csv(everybodyTo("petrov", 1200)...))
				if _, err := d.bulk.Apply(context.Background(), boss, i.ID, bulk.Decision{AllOrNothing: &allOrNothing}); err != nil {
					t.Fatal(err)
				}
				taken := false
				end := d.watched(i, func(now *plan.Import) {
					if taken || now.AppliedUpto == 0 {
						return
					}
					taken = true
					testkit.Write(t, d.st, d.who.WorkspaceID, func(tx *store.Tx) error {
						p, err := tx.Employee(boss.EmployeeID)
						if err != nil {
							return err
						}
						take(p)
						return tx.UpdateEmployee(p)
					})
				})
				if end.State != plan.Cancelled || end.Reason == nil || end.Reason.Key != "reason.right_lost" || end.Counts.Remaining == 0 {
					t.Errorf("%s, reason %v, %+v", end.State, end.Reason, end.Counts)
				}
				if allOrNothing != (d.checksum() == start) || allOrNothing != (end.Counts.Applied == 0) {
					t.Errorf("%d records stay changed", end.Counts.Applied)
				}
				d.sound()
			})
		}
	}
}

// A conflict in the middle of all or nothing takes back what was applied, even
// when the taking back is itself cut off; what somebody has changed in the
// meantime stays as he left it.
func TestAllOrNothingMidway(t *testing.T) {
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprintf("with crashes %v", crash), func(t *testing.T) {
			d := newDesk(t, 2500)
			u := d.csv(everybodyTo("petrov", 2500)...)
			u.AllOrNothing = true
			i := d.check(u)
			d.press(i, 0)
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			met, steps := false, 0
			_, err := d.bulk.Drive(ctx, d.who.WorkspaceID, i.ID, func(now *plan.Import) {
				switch {
				case now.AppliedUpto > 0 && !met:
					met = true
					d.byHand("2490 | Клиент 2490 | active | sidorova") // not reached yet
					d.byHand("7 | Клиент 7 | inactive | petrov")       // applied already
				case crash && now.TakingBack > 0:
					if steps++; steps == 1 {
						stop()
					}
				}
			})
			if crash {
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("the crash while taking back: %v", err)
				}
				d.sound()
			} else if err != nil {
				t.Fatal(err)
			}
			end := d.drive(i.ID)
			d.wanted(end, "failed read=2500 change=2500 applied=1 conflict=1 remaining=2498 reason.conflict\n2491 changed_after_check")
			table := d.table()
			if strings.Count(table, "| ivanov") != 2498 || !strings.Contains(table, "7 | Клиент 7 | inactive | petrov") || !strings.Contains(table, "2490 | Клиент 2490 | active | sidorova") {
				t.Errorf("%d records are as they were", strings.Count(table, "| ivanov"))
			}
			d.sound()
		})
	}
}

// An all-or-nothing import that has taken itself back, and was cut off before it
// could say so, does not go on with its second half, even when the reason for
// stopping is gone by then.
func TestTakenBackStaysTakenBack(t *testing.T) {
	d := newDesk(t, 2500)
	start := d.checksum()
	boss := d.as("sidorova", entity.Administrator)
	u := d.csv(everybodyTo("petrov", 2500)...)
	u.AllOrNothing = true
	i := d.check(u)
	if _, err := d.bulk.Apply(context.Background(), boss, i.ID, bulk.Decision{}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	lost, upto := false, int64(0)
	_, err := d.bulk.Drive(ctx, d.who.WorkspaceID, i.ID, func(now *plan.Import) {
		switch {
		case !lost && now.AppliedUpto > 0:
			lost = true
			upto = now.AppliedUpto
			d.as("sidorova", entity.FieldStaff)
		case lost && now.AppliedUpto == upto && now.TakingBack == 0 && now.Counts.Applied == 0:
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the crash after taking back: %v", err)
	}
	d.as("sidorova", entity.Administrator)
	d.wanted(d.drive(i.ID), "cancelled read=2500 change=2500 remaining=2500 reason.right_lost")
	if d.checksum() != start {
		t.Error("some of nothing was applied")
	}
	d.sound()
}

// The plan that was shown is the plan that is applied.
func TestOtherFileIsNotApplied(t *testing.T) {
	d := newDesk(t, 1)
	i := d.check(d.csv(everybodyTo("petrov", 1)...))
	if _, err := d.bulk.Apply(context.Background(), d.who, i.ID, bulk.Decision{SHA256: strings.Repeat("0", 64)}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("applying with the checksum of another file: %v", err)
	}
	if _, err := d.bulk.Apply(context.Background(), d.who, i.ID, bulk.Decision{SHA256: i.File.SHA256}); err != nil {
		t.Errorf("applying with the right checksum: %v", err)
	}
	if _, err := d.bulk.Apply(context.Background(), d.who, i.ID, bulk.Decision{}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("pressing Import twice: %v", err)
	}
	d.drive(i.ID)
	d.sound()
}
