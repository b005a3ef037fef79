package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func TestEmployeeComesBackAsStored(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		position := entity.ParseIDs(testkit.Value(t, st, w, "position", "Инженер"))[0]
		p := &entity.Employee{
			Login: "Ivanov", Name: "Иванов Иван", Email: "i@example.by", Phone: "+375 29 1", Position: position,
			Role: entity.Manager, Active: true, Language: "be",
		}
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			if err := tx.InsertEmployee(p); err != nil {
				return err
			}
			id, err := tx.EnsureGroup("Север")
			if err != nil {
				return err
			}
			p.Groups = []entity.Membership{{GroupID: id, Name: "Север", Leads: true}}
			return tx.SetGroups(p.ID, p.Groups)
		})
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			for name, find := range map[string]func() (*entity.Employee, error){
				"by id":                   func() (*entity.Employee, error) { return tx.Employee(p.ID) },
				"by login, whatever case": func() (*entity.Employee, error) { return tx.EmployeeByLogin("IVANOV") },
			} {
				got, err := find()
				if diff := cmp.Diff(p, got); diff != "" || err != nil {
					t.Errorf("%s: %v (-stored +read):\n%s", name, err, diff)
				}
			}
			return nil
		})
	})
}

func TestLoginsCannotBeMistaken(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		testkit.Employee(t, st, w, "Ivanov", entity.FieldStaff)
		petrov := testkit.Employee(t, st, w, "petrov", entity.FieldStaff)
		for _, tt := range []struct{ login, key string }{
			{"iVANOV", "error.login_taken"},
			{"ivаnоv", "error.login_looks_like"}, // Cyrillic а and о
			{"ivan0v", "error.login_looks_like"},
		} {
			p := *petrov
			p.Login = tt.login
			for name, f := range map[string]func(*store.Tx) error{
				"insert": func(tx *store.Tx) error {
					return tx.InsertEmployee(&entity.Employee{Login: tt.login, Role: entity.FieldStaff})
				},
				"update": func(tx *store.Tx) error { return tx.UpdateEmployee(&p) },
			} {
				all := fault.All(st.Write(context.Background(), w, f))
				if len(all) != 1 || all[0].Key != tt.key || all[0].Field != "login" {
					t.Errorf("%s %q: %v; want %s", name, tt.login, all, tt.key)
				}
			}
		}
		other := testkit.AdminOf(t, st, "Другие").WorkspaceID
		testkit.Employee(t, st, other, "ivanov", entity.FieldStaff) // logins are a workspace's own
	})
}

func TestEmployeeUpdateAndSessions(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		p := testkit.Employee(t, st, w, "ivanov", entity.FieldStaff)
		epoch := func() (n int64) {
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				c, err := tx.Credentials(p.ID)
				n = c.Epoch
				return err
			})
			return n
		}
		for _, tt := range []struct {
			name   string
			change func()
			ends   bool
		}{
			{"another name", func() { p.Name = "Иван" }, false},
			{"another role", func() { p.Role = entity.Manager }, true},
			{"another login", func() { p.Login = "ivan" }, true},
			{"deactivation", func() { p.Active = false }, true},
		} {
			before := epoch()
			tt.change()
			version := p.Version
			testkit.Write(t, st, w, func(tx *store.Tx) error { return tx.UpdateEmployee(p) })
			if ended := epoch() > before; ended != tt.ends || p.Version != version+1 {
				t.Errorf("%s: sessions ended %v, want %v; version %d after %d", tt.name, ended, tt.ends, p.Version, version)
			}
		}
		stale := *p
		stale.Version--
		err := st.Write(context.Background(), w, func(tx *store.Tx) error { return tx.UpdateEmployee(&stale) })
		if fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a late change: %v, want a conflict", err)
		}
		before := epoch()
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			now, err := tx.SetPassword(p.ID, "hash", true)
			if now != before+1 {
				t.Errorf("epoch %d after a new password, want %d", now, before+1)
			}
			return err
		})
	})
}

func TestEmployeeList(t *testing.T) { testkit.EachEngine(t, testEmployeeList) }

func testEmployeeList(t *testing.T, st *store.Store) {
	w := testkit.Admin(t, st).WorkspaceID
	zhuk := testkit.Employee(t, st, w, "zhuk", entity.FieldStaff)
	yolkin := testkit.Employee(t, st, w, "yolkin", entity.FieldStaff)
	boss := testkit.Employee(t, st, w, "boss", entity.Manager)
	zhuk.Name, zhuk.Phone = "Жук Андрей", "+375 (29) 123-45-67"
	yolkin.Name, yolkin.Active = "Ёлкин Егор", false
	testkit.Write(t, st, w, func(tx *store.Tx) error { return errors.Join(tx.UpdateEmployee(zhuk), tx.UpdateEmployee(yolkin)) })
	testkit.Group(t, st, w, "Север", boss, zhuk)
	yes := true
	for _, tt := range []struct {
		name string
		q    store.EmployeeQuery
		want []string
	}{
		{"everybody by name", store.EmployeeQuery{}, []string{"boss", "admin", "yolkin", "zhuk"}},
		{"active", store.EmployeeQuery{Active: &yes}, []string{"boss", "admin", "zhuk"}},
		{"by part of a name, ё or not", store.EmployeeQuery{Search: "елк"}, []string{"yolkin"}},
		{"by login", store.EmployeeQuery{Search: "ZHU"}, []string{"zhuk"}},
		{"by digits of a phone", store.EmployeeQuery{Search: "2912345"}, []string{"zhuk"}},
		{"by group", store.EmployeeQuery{Group: 1}, []string{"boss", "zhuk"}},
		{"by ids", store.EmployeeQuery{IDs: []int64{yolkin.ID, 99}}, []string{"yolkin"}},
		{"by no ids", store.EmployeeQuery{IDs: []int64{}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testkit.Read(t, st, w, func(tx *store.Tx) error {
				list, err := tx.Employees(tt.q)
				var got []string
				for _, p := range list {
					got = append(got, p.Login)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				return err
			})
		})
	}
}

func TestLedBy(t *testing.T) { testkit.EachEngine(t, testLedBy) }

func testLedBy(t *testing.T, st *store.Store) {
	w := testkit.Admin(t, st).WorkspaceID
	boss, a, b, c := testkit.Employee(t, st, w, "boss", entity.Manager), testkit.Employee(t, st, w, "aa", entity.FieldStaff),
		testkit.Employee(t, st, w, "bb", entity.FieldStaff), testkit.Employee(t, st, w, "cc", entity.Manager)
	testkit.Group(t, st, w, "Север", boss, a, b)
	testkit.Group(t, st, w, "Юг", c, boss) // he is in it, but does not lead it
	testkit.Read(t, st, w, func(tx *store.Tx) error {
		led, err := tx.LedBy(boss.ID)
		if diff := cmp.Diff([]int64{boss.ID, a.ID, b.ID}, led); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return err
	})
}

func TestDirectories(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			orel, err := tx.EnsureDirectoryValue("city", " Орёл ")
			if err != nil {
				return err
			}
			again, err := tx.EnsureDirectoryValue("city", "ОРЕЛ")
			if err != nil || again != orel {
				t.Errorf("the same name again: %d, %v; want %d", again, err, orel)
			}
			region, err := tx.EnsureDirectoryValue("region", "Орёл")
			if err != nil || region == orel {
				t.Errorf("the name in another directory: %d, %v; want a value of its own", region, err)
			}
			if _, err := tx.EnsureDirectoryValue("city", "Абакан"); err != nil {
				return err
			}
			values, err := tx.DirectoryValues("city")
			var names []string
			for _, v := range values {
				names = append(names, v.Name)
			}
			if diff := cmp.Diff([]string{"Орёл", "Абакан"}, names); diff != "" || err != nil {
				t.Errorf("in the order of coming: %v (-want +got):\n%s", err, diff)
			}
			byID, err := tx.ValueNames([]int64{orel, 999})
			if diff := cmp.Diff(map[int64]string{orel: "Орёл"}, byID); diff != "" || err != nil {
				t.Errorf("names: %v (-want +got):\n%s", err, diff)
			}
			if _, err := tx.EnsureDirectoryValue("planet", "Марс"); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("a directory nobody declared: %v", err)
			}
			return nil
		})
	})
}

func TestSessions(t *testing.T) { testkit.EachClock(t, testSessions) }

func testSessions(t *testing.T, st *store.Store, clock *testkit.Clock) {
	s := st.Sessions()
	find := func(token string) string {
		data, found, err := s.Find(token)
		if err != nil {
			t.Fatal(err)
		}
		if !found {
			return "none"
		}
		return string(data)
	}
	if err := errors.Join(s.Commit("a", []byte("one"), clock.Now().Add(time.Hour)), s.Commit("b", []byte("two"), clock.Now().Add(3*time.Hour)),
		s.Commit("a", []byte("one again"), clock.Now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if find("a") != "one again" || find("b") != "two" || find("c") != "none" {
		t.Errorf("found %q, %q, %q", find("a"), find("b"), find("c"))
	}
	clock.Advance(2 * time.Hour)
	if find("a") != "none" || find("b") != "two" {
		t.Errorf("after two hours found %q, %q; want the first expired", find("a"), find("b"))
	}
	if err := errors.Join(s.Delete("b"), s.Delete("b")); err != nil || find("b") != "none" {
		t.Errorf("after deleting: %v, %q", err, find("b"))
	}
}

func TestSessionsWriteOnlyWhatMatters(t *testing.T) {
	testkit.EachClock(t, testSessionsWriteOnlyWhatMatters)
}

func testSessionsWriteOnlyWhatMatters(t *testing.T, st *store.Store, clock *testkit.Clock) {
	s := st.Sessions()
	start := clock.Now()
	alive := func(at time.Time) bool {
		t.Helper()
		now := clock.Now()
		clock.Advance(at.Sub(now))
		_, found, err := s.Find("a")
		clock.Advance(now.Sub(at))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	commit := func(data string, expiry time.Duration) {
		t.Helper()
		if err := s.Commit("a", []byte(data), start.Add(expiry)); err != nil {
			t.Fatal(err)
		}
	}
	commit("one", time.Hour)
	commit("one", time.Hour+59*time.Second)
	if alive(start.Add(time.Hour)) {
		t.Error("an expiry that moved by less than a minute was written")
	}
	commit("one", time.Hour+61*time.Second)
	if !alive(start.Add(time.Hour + time.Minute)) {
		t.Error("an expiry that moved by more than a minute was not written")
	}
	commit("one", time.Minute)
	if alive(start.Add(time.Minute)) {
		t.Error("an earlier expiry was not written")
	}
	commit("two", time.Minute+time.Second)
	if data, _, err := s.Find("a"); string(data) != "two" || err != nil {
		t.Errorf("changed data were not written: %q, %v", data, err)
	}
}

func TestCountTry(t *testing.T) { testkit.EachClock(t, testCountTry) }

func testCountTry(t *testing.T, st *store.Store, clock *testkit.Clock) {
	ctx := context.Background()
	stop := errors.New("stop")
	try := func(login, address string, refuse error) (seen store.Failures) {
		err := st.CountTry(ctx, 1, login, address, time.Minute, func(f store.Failures, _ time.Time) error {
			seen = f
			return refuse
		})
		if !errors.Is(err, refuse) {
			t.Fatal(err)
		}
		return seen
	}
	try("ivanov", "10.0.0.1", nil)
	first := clock.Now()
	try("ivanov", "10.0.0.1", stop) // refused ones are not counted
	try("petrov", "10.0.0.1", nil)
	try("ivanov", "10.0.0.2", nil)
	if diff := cmp.Diff(store.Failures{Login: 1, Last: first, ByAddress: 2}, try("ivanov", "10.0.0.1", stop)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := st.ForgetTries(ctx, 1, "ivanov", "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(store.Failures{ByAddress: 1}, try("ivanov", "10.0.0.1", nil)); diff != "" {
		t.Errorf("after signing in (-want +got):\n%s", diff)
	}
	clock.Advance(time.Minute)
	if diff := cmp.Diff(store.Failures{}, try("ivanov", "10.0.0.1", stop)); diff != "" {
		t.Errorf("after the pause (-want +got):\n%s", diff)
	}
}
