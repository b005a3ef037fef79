package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// together runs f as often at the same time and gives the errors in order.
func together(times int, f func(n int) error) []error {
	errs := make([]error, times)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for n := range times {
		wg.Go(func() {
			<-start
			errs[n] = f(n)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// meeting gives two transactions a place to meet half way: there both have looked
// and neither has committed. Where one has to wait for the other, the first to
// come waits in vain, and goes on.
func meeting() func() {
	var come sync.WaitGroup
	come.Add(2)
	both := make(chan struct{})
	go func() { come.Wait(); close(both) }()
	return func() {
		come.Done()
		select {
		case <-both:
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// codes counts what came of it: "" is success.
func codes(errs []error) map[fault.Code]int {
	counts := map[fault.Code]int{}
	for _, err := range errs {
		counts[fault.CodeOf(err)]++
	}
	return counts
}

const crowd = 8

// TestDecisionsTakenTogether lets several transactions decide the same at once.
// The answers must be those of one after the other.
func TestDecisionsTakenTogether(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		ctx := context.Background()
		w := testkit.Admin(t, st).WorkspaceID
		write := func(f func(tx *store.Tx) error) error { return st.Write(ctx, w, f) }
		expect := func(t *testing.T, errs []error, want map[fault.Code]int) {
			t.Helper()
			if diff := cmp.Diff(want, codes(errs)); diff != "" {
				t.Errorf("(-want +got):\n%s%v", diff, errors.Join(errs...))
			}
		}

		t.Run("a directory value is added once", func(t *testing.T) {
			got := make([]int64, crowd)
			expect(t, together(crowd, func(n int) error {
				return write(func(tx *store.Tx) (err error) {
					got[n], err = tx.EnsureDirectoryValue("city", "Гродно")
					return err
				})
			}), map[fault.Code]int{"": crowd})
			if slices.Min(got) != slices.Max(got) {
				t.Errorf("ids %v, want one", got)
			}
		})
		t.Run("a group is made once", func(t *testing.T) {
			got := make([]int64, crowd)
			expect(t, together(crowd, func(n int) error {
				return write(func(tx *store.Tx) (err error) {
					got[n], err = tx.EnsureGroup("Север")
					return err
				})
			}), map[fault.Code]int{"": crowd})
			if slices.Min(got) != slices.Max(got) {
				t.Errorf("ids %v, want one", got)
			}
		})
		t.Run("groups of different names get different numbers", func(t *testing.T) {
			got := make([]int64, crowd)
			expect(t, together(crowd, func(n int) error {
				return write(func(tx *store.Tx) (err error) {
					got[n], err = tx.EnsureGroup(fmt.Sprint("Отдел ", n))
					return err
				})
			}), map[fault.Code]int{"": crowd})
			if distinct := len(entity.SortedSet(got)); distinct != crowd {
				t.Errorf("ids %v, want them distinct", got)
			}
		})
		t.Run("a login is given once", func(t *testing.T) {
			expect(t, together(crowd, func(int) error {
				return write(func(tx *store.Tx) error {
					return tx.InsertEmployee(&entity.Employee{Login: "ivanov", Name: "Иванов", Role: entity.FieldStaff, Active: true})
				})
			}), map[fault.Code]int{"": 1, fault.Invalid: crowd - 1})
		})
		t.Run("the name of a workspace is given once", func(t *testing.T) {
			expect(t, together(crowd, func(int) error {
				return st.InsertWorkspace(ctx, &entity.Workspace{Name: "Филиал"}, func(*store.Tx) error { return nil })
			}), map[fault.Code]int{"": 1, fault.Invalid: crowd - 1})
		})
		t.Run("workspaces of different names are made side by side", func(t *testing.T) {
			expect(t, together(crowd, func(n int) error {
				return st.InsertWorkspace(ctx, &entity.Workspace{Name: fmt.Sprint("Филиал ", n)}, func(*store.Tx) error { return nil })
			}), map[fault.Code]int{"": crowd})
		})
		t.Run("records get numbers without gap or repeat", func(t *testing.T) {
			got := make([]int64, crowd)
			expect(t, together(crowd, func(n int) error {
				rec := entity.NewRecord(st.Catalog().ByName("company"))
				rec.Set("name", "К")
				err := write(func(tx *store.Tx) error { return tx.Insert(rec) })
				got[n] = rec.ID
				return err
			}), map[fault.Code]int{"": crowd})
			set := entity.SortedSet(got)
			if len(set) != crowd || set[crowd-1]-set[0] != crowd-1 {
				t.Errorf("ids %v", set)
			}
		})
		t.Run("of those who saw one version one changes the record", func(t *testing.T) {
			old := testkit.Company(t, st, w, "Василёк", 1)
			expect(t, together(crowd, func(n int) error {
				now := old.Clone()
				now.Responsibles = []int64{int64(n + 2)}
				return write(func(tx *store.Tx) error { return tx.Update(old, now) })
			}), map[fault.Code]int{"": 1, fault.Conflict: crowd - 1})
		})
	})
}

// TestOneAdministratorStays deactivates two administrators at once, each while
// the other still was there.
func TestOneAdministratorStays(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		admin := testkit.Admin(t, st)
		w := admin.WorkspaceID
		other := testkit.Employee(t, st, w, "second", entity.Administrator)
		last := errors.New("the last one")
		meet := meeting()
		errs := together(2, func(n int) error {
			return st.Write(context.Background(), w, func(tx *store.Tx) error {
				p, err := tx.Employee([]int64{admin.EmployeeID, other.ID}[n])
				if err != nil {
					return err
				}
				p.Active = false
				if err := tx.UpdateEmployee(p); err != nil {
					return err
				}
				left, err := tx.ActiveAdministrators()
				meet()
				if err == nil && left == 0 {
					err = last
				}
				return err
			})
		})
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), last) {
			t.Errorf("%v; want one of the two refused", errs)
		}
	})
}

// TestDecidingOnAnImportWaitsForTheOther: who decides on an import decides on it
// as the one before has left it.
func TestDecidingOnAnImportWaitsForTheOther(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		ctx := context.Background()
		w := testkit.Admin(t, st).WorkspaceID
		i := &plan.Import{Entity: st.Catalog().ByName("company"), Mode: plan.Edit}
		testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.InsertImport(i, false) })
		ready(t, st, i)
		meet := meeting()
		errs := together(2, func(n int) error {
			return st.Write(ctx, w, func(tx *store.Tx) error {
				seen, err := tx.Import(i.ID)
				if err != nil {
					return err
				}
				meet()
				return tx.SetDecision(i.ID, seen.Accepted|[]plan.Guards{plan.Name, plan.Visibility}[n], false, 0)
			})
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			got, err := tx.Import(i.ID)
			if err == nil && got.Accepted != plan.Name|plan.Visibility {
				t.Errorf("accepted %v, want what both accepted", got.Accepted)
			}
			return err
		})
	})
}

// ready takes an import through an empty check.
func ready(t *testing.T, st *store.Store, i *plan.Import) {
	t.Helper()
	ctx := context.Background()
	l, found, err := st.ClaimOne(ctx, "node", i.Workspace, i.ID)
	if err != nil || !found {
		t.Fatalf("claim: %v, %v", found, err)
	}
	i.State, i.CheckedAt = plan.Ready, st.Now()
	if err := errors.Join(st.Work(ctx, l, i, nil), st.Release(ctx, l)); err != nil {
		t.Fatal(err)
	}
}

// TestNodesShareTheWork: of many that claim at once each import has one owner.
func TestNodesShareTheWork(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		ctx := context.Background()
		w := testkit.Admin(t, st).WorkspaceID
		for range crowd / 2 {
			i := &plan.Import{Entity: st.Catalog().ByName("company"), Mode: plan.Edit}
			testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.InsertImport(i, false) })
		}
		var mu sync.Mutex
		owners := map[int64]int{}
		for range crowd { // one that was outrun comes back
			errs := together(crowd, func(n int) error {
				l, found, err := st.Claim(ctx, fmt.Sprint("node ", n))
				if found {
					mu.Lock()
					owners[l.ImportID]++
					mu.Unlock()
				}
				return err
			})
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(map[int64]int{1: 1, 2: 1, 3: 1, 4: 1}, owners); diff != "" {
			t.Errorf("claims by import (-want +got):\n%s", diff)
		}
	})
}
