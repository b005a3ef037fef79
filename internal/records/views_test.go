package records_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func TestViews(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		ctx := context.Background()
		s := records.New(st)
		admin := testkit.Admin(t, st)
		foreign := testkit.AdminOf(t, st, "Соседи")
		e, other := st.Catalog().ByName("company"), st.Catalog().ByName("asset")
		leader := someone(t, st, admin, "leader", entity.Manager)
		worker := someone(t, st, admin, "worker", entity.FieldStaff)
		save := func(who access.User, v entity.View) (entity.View, fault.Code) {
			kept, err := s.SaveView(ctx, who, e, v)
			return kept, fault.CodeOf(err)
		}
		names := func(who access.User, e *entity.Entity) (list []string) {
			views, _, err := s.Views(ctx, who, e)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range views {
				list = append(list, v.Name)
			}
			return list
		}
		own, code := save(leader, entity.View{Name: " Мои  спящие ", Query: "status=inactive&page=7&sort=city", Columns: []string{"city", "name", "city", "нет такого"}})
		want := entity.View{ID: own.ID, Author: leader.EmployeeID, Name: "Мои спящие", Query: "sort=city&status=inactive", Columns: []string{"city", "name"}}
		if diff := cmp.Diff(want, own); diff != "" || code != "" {
			t.Fatalf("%s %s", code, diff)
		}
		for _, tt := range []struct {
			name string
			who  access.User
			v    entity.View
			want fault.Code
		}{
			{"a name that he has already", leader, entity.View{Name: "МОИ СПЯЩИЕ"}, fault.Invalid},
			{"the same name of somebody else", worker, entity.View{Name: "Мои спящие"}, ""},
			{"no name", leader, entity.View{Name: " "}, fault.Invalid},
			{"a query that is not understood", leader, entity.View{Name: "x", Query: "password=1"}, fault.Invalid},
			{"a query that is none", leader, entity.View{Name: "x", Query: "%zz"}, fault.Invalid},
			{"shared by one who may not", worker, entity.View{Name: "Всем", Shared: true}, fault.Denied},
			{"changed by one who does not see it", worker, entity.View{ID: own.ID, Name: "x"}, fault.NotFound},
			{"changed from another workspace", foreign, entity.View{ID: own.ID, Name: "x"}, fault.NotFound},
			{"one that is not there", leader, entity.View{ID: 9999, Name: "x"}, fault.NotFound},
			{"by an administrator while it is not shared", admin, entity.View{ID: own.ID, Name: "x"}, fault.NotFound},
		} {
			if _, code := save(tt.who, tt.v); code != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, code, tt.want)
			}
		}
		own.Shared = true
		if _, code := save(leader, own); code != "" {
			t.Fatal(code)
		}
		if got := names(admin, e); !slices.Equal(got, []string{"Мои спящие"}) {
			t.Errorf("an administrator sees %v", got)
		}
		if got := names(worker, e); !slices.Equal(got, []string{"Мои спящие", "Мои спящие"}) {
			t.Errorf("somebody else sees %v", got)
		}
		if got := append(names(foreign, e), names(admin, other)...); len(got) > 0 {
			t.Errorf("another workspace or kind sees %v", got)
		}
		if _, code := save(worker, own); code != fault.Denied {
			t.Errorf("a shared view changed by somebody: %q", code)
		}
		own.Name = "Спящие"
		if kept, code := save(admin, own); code != "" || kept.Author != leader.EmployeeID {
			t.Errorf("a shared view changed by an administrator: %q, now of %d", code, kept.Author)
		}

		// whoever lets it open first loses that with it, and nothing else
		if err := s.SetColumns(ctx, worker, e, []string{"phone"}); err != nil {
			t.Fatal(err)
		}
		if err := s.OpenFirst(ctx, worker, e, own.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.OpenFirst(ctx, foreign, e, own.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a foreign view opens first: %v", err)
		}
		if err := s.SetColumns(ctx, worker, e, []string{`id"`}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a column that is none: %v", err)
		}
		_, habits, err := s.Views(ctx, worker, e)
		if diff := cmp.Diff(entity.ListHabits{Columns: []string{"phone", "name"}, View: own.ID}, habits); diff != "" || err != nil {
			t.Error(err, diff)
		}
		own.Shared = false
		if _, code := save(leader, own); code != "" {
			t.Fatal(code)
		}
		_, habits, err = s.Views(ctx, worker, e)
		if diff := cmp.Diff(entity.ListHabits{Columns: []string{"phone", "name"}}, habits); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if _, err := s.DropView(ctx, worker, e, own.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("somebody else's view is deleted: %v", err)
		}
		if _, err := s.DropView(ctx, leader, e, own.ID); err != nil || len(names(leader, e)) > 0 {
			t.Error(err, names(leader, e))
		}
	})
}

func someone(t *testing.T, st *store.Store, admin access.User, login string, role entity.Role) access.User {
	t.Helper()
	if _, _, err := access.New(st).AddEmployee(context.Background(), admin, access.Person{Login: login, Name: login, Role: role}); err != nil {
		t.Fatal(err)
	}
	who := testkit.As(t, st, admin.WorkspaceID, login)
	who.MustChangePassword = false
	return who
}
