package access_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

const secret = "correct horse"

// house is an installation that has been set up, with its clock.
type house struct {
	t     *testing.T
	clock *testkit.Clock
	st    *store.Store
	users *access.Service
	admin access.User
}

// eachHouse runs a test in an installation on each engine.
func eachHouse(t *testing.T, f func(*testing.T, *house)) {
	t.Helper()
	testkit.EachClock(t, func(t *testing.T, st *store.Store, clock *testkit.Clock) { f(t, newHouse(t, st, clock)) })
}

func newHouse(t *testing.T, st *store.Store, clock *testkit.Clock) *house {
	t.Helper()
	h := &house{t: t, clock: clock, st: st}
	h.users = access.New(h.st)
	admin, err := h.users.SetUp(t.Context(), "Надел", "Admin", "Анна Админ", secret)
	if err != nil {
		t.Fatal(err)
	}
	h.admin = admin
	return h
}

func (h *house) add(login string, role entity.Role) *entity.Employee {
	h.t.Helper()
	p, _, err := h.users.AddEmployee(h.t.Context(), h.admin, access.Person{Login: login, Name: login, Role: role})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// key is the message key of the first fault; "" without an error.
func key(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	all := fault.All(err)
	if len(all) == 0 {
		t.Fatalf("%v is no fault", err)
	}
	return all[0].Key
}

func TestSetUp(t *testing.T) { testkit.EachEngine(t, testSetUp) }

func testSetUp(t *testing.T, st *store.Store) {
	users := access.New(st)
	ctx := t.Context()
	if empty, err := users.IsEmpty(ctx); !empty || err != nil {
		t.Errorf("a fresh database is empty: %v, %v", empty, err)
	}
	_, err := users.SetUp(ctx, " ", "1admin", "", "short")
	var fields []string
	for _, f := range fault.All(err) {
		fields = append(fields, f.Field)
	}
	slices.Sort(fields)
	if diff := cmp.Diff([]string{"login", "name", "password", "workspace"}, fields); diff != "" {
		t.Errorf("all that is wrong at once (-want +got):\n%s", diff)
	}
	// A command has made a workspace by itself, with data but nobody who can enter.
	operator, err := users.Operator(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Company(t, st, operator.WorkspaceID, "Василёк")
	admin, err := users.SetUp(ctx, "Моя фирма", "admin", "Анна", secret)
	if err != nil || admin.WorkspaceID != operator.WorkspaceID || admin.Workspace != "Моя фирма" {
		t.Errorf("SetUp = %+v, %v; want the workspace that is there, renamed", admin, err)
	}
	if empty, err := users.IsEmpty(ctx); empty || err != nil {
		t.Errorf("after setting up: empty %v, %v", empty, err)
	}
	if _, err := users.SetUp(ctx, "Чужая", "thief", "Вор", secret); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("setting up twice: %v; want a conflict", err)
	}
}

func TestSignIn(t *testing.T) { eachHouse(t, testSignIn) }

func testSignIn(t *testing.T, h *house) {
	h.add("ivanov", entity.FieldStaff)
	left := h.add("left", entity.FieldStaff)
	leftPassword, err := h.users.ResetPassword(t.Context(), h.admin, left.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.users.Deactivate(t.Context(), h.admin, left.ID); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, workspace, login, password, key string }{
		{"the right password", "Надел", "Admin", secret, ""},
		{"any case, the only workspace", "", "aDMIN", secret, ""},
		{"any case of the workspace", "НАДЕЛ", "admin", secret, ""},
		{"a wrong password", "Надел", "admin", secret + "!", "error.wrong_sign_in"},
		{"no password", "Надел", "admin", "", "error.wrong_sign_in"},
		{"an endless password", "Надел", "admin", strings.Repeat("x", 1<<20), "error.wrong_sign_in"},
		{"an unknown login", "Надел", "nobody", secret, "error.wrong_sign_in"},
		{"an unknown workspace", "Чужая", "admin", secret, "error.wrong_sign_in"},
		{"a deactivated employee", "Надел", "left", leftPassword, "error.wrong_sign_in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := h.users.SignIn(t.Context(), tt.workspace, tt.login, tt.password, t.Name())
			if got := key(t, err); got != tt.key {
				t.Fatalf("fault %q, want %q", got, tt.key)
			}
			if err == nil && (u.EmployeeID != h.admin.EmployeeID || u.Login != "Admin" || u.Language != "ru") {
				t.Errorf("signed in as %+v", u)
			}
			if err != nil && u.EmployeeID != 0 {
				t.Errorf("a refusal comes with %+v", u)
			}
		})
	}
}

func TestGuessingIsSlowed(t *testing.T) { eachHouse(t, testGuessingIsSlowed) }

func testGuessingIsSlowed(t *testing.T, h *house) {
	ctx := t.Context()
	tried, start := 0, h.clock.Now()
	for h.clock.Now().Sub(start) < 15*time.Minute {
		_, err := h.users.SignIn(ctx, "Надел", "admin", "guess", "10.0.0.1")
		switch fault.CodeOf(err) {
		case fault.Unauthenticated:
			tried++
		case fault.TooMany:
			if wait, _ := fault.All(err)[0].Args["seconds"].(int); wait < 1 || wait > 900 {
				t.Fatalf("told to wait %d seconds", wait)
			}
		default:
			t.Fatal(err)
		}
		h.clock.Advance(time.Second)
	}
	if tried > 10 {
		t.Errorf("%d guesses in a quarter of an hour, want at most 10", tried)
	}
	if _, err := h.users.SignIn(ctx, "Надел", "admin", secret, "10.0.0.1"); fault.CodeOf(err) != fault.TooMany {
		t.Errorf("the right password amid the guesses: %v; want it not even tried", err)
	}
	if _, err := h.users.SignIn(ctx, "Надел", "admin", secret, "10.0.0.2"); err != nil {
		t.Errorf("the owner from another address: %v", err)
	}
	h.clock.Advance(15 * time.Minute)
	if _, err := h.users.SignIn(ctx, "Надел", "admin", secret, "10.0.0.1"); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestManyGuessesAtOnce(t *testing.T) { eachHouse(t, testManyGuessesAtOnce) }

func testManyGuessesAtOnce(t *testing.T, h *house) {
	results := make(chan fault.Code)
	const guesses = 40
	for range guesses {
		go func() {
			_, err := h.users.SignIn(context.Background(), "Надел", "admin", "guess", "10.0.0.1")
			results <- fault.CodeOf(err)
		}()
	}
	tried := 0
	for range guesses {
		if <-results == fault.Unauthenticated {
			tried++
		}
	}
	if tried > 10 {
		t.Errorf("%d of the guesses made at once were looked at, want at most 10", tried)
	}
}

// A megabyte where a login belongs is nobody's, and not kept as one: all such
// tries are of one login.
func TestEndlessLoginsAreNotKept(t *testing.T) { eachHouse(t, testEndlessLoginsAreNotKept) }

func testEndlessLoginsAreNotKept(t *testing.T, h *house) {
	var last error
	for n := range 5 {
		_, last = h.users.SignIn(context.Background(), "Надел", strings.Repeat("x", 1000+n), "guess", "10.0.0.1")
	}
	if fault.CodeOf(last) != fault.TooMany {
		t.Errorf("the fifth login of a thousand letters: %v; want it slowed like the fifth try of one", last)
	}
}

func TestSprayingIsSlowed(t *testing.T) { eachHouse(t, testSprayingIsSlowed) }

func testSprayingIsSlowed(t *testing.T, h *house) {
	for i := range 330 {
		err := h.st.CountTry(t.Context(), 0, string(rune('a'+i%26))+string(rune('a'+i/26)), "10.0.0.1", time.Minute,
			func(store.Failures, time.Time) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.users.SignIn(t.Context(), "Надел", "admin", secret, "10.0.0.1"); fault.CodeOf(err) != fault.TooMany {
		t.Errorf("after 330 logins tried from one address: %v; want it refused", err)
	}
}

func TestResume(t *testing.T) { eachHouse(t, testResume) }

func testResume(t *testing.T, h *house) {
	ctx := t.Context()
	worker := h.add("ivanov", entity.FieldStaff)
	alive := func() access.User { return testkit.As(t, h.st, h.admin.WorkspaceID, "ivanov") }
	for name, end := range map[string]func() error{
		"a new password": func() error { _, err := h.users.ResetPassword(ctx, h.admin, worker.ID); return err },
		"another role": func() error {
			p, err := h.users.Employee(ctx, h.admin, worker.ID)
			if err != nil {
				return err
			}
			role := entity.Manager
			if p.Role == role {
				role = entity.FieldStaff
			}
			_, err = h.users.UpdateEmployee(ctx, h.admin, p.ID, p.Version, access.Person{Login: p.Login, Name: p.Name, Role: role})
			return err
		},
	} {
		u := alive()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if _, err := h.users.Resume(ctx, u.WorkspaceID, u.EmployeeID, u.Epoch); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("a session after %s: %v; want it over", name, err)
		}
	}
	u := alive()
	if err := h.users.Deactivate(ctx, h.admin, worker.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.users.Activate(ctx, h.admin, worker.ID); err != nil {
		t.Fatal(err)
	}
	for name, ids := range map[string][3]int64{
		"from before a deactivation": {u.WorkspaceID, u.EmployeeID, u.Epoch},
		"of nobody":                  {u.WorkspaceID, 999, 1},
		"of another workspace":       {999, u.EmployeeID, u.Epoch},
		"of the operator":            {u.WorkspaceID, 0, 0},
	} {
		if _, err := h.users.Resume(ctx, ids[0], ids[1], ids[2]); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("a session %s: %v; want it over", name, err)
		}
	}
}

func TestPasswords(t *testing.T) { eachHouse(t, testPasswords) }

func testPasswords(t *testing.T, h *house) {
	ctx := t.Context()
	p, password, err := h.users.AddEmployee(ctx, h.admin, access.Person{Login: "ivanov@example.by", Name: "Иванов", Role: entity.Administrator})
	if err != nil {
		t.Fatal(err)
	}
	u, err := h.users.SignIn(ctx, "", p.Login, password, "10.0.0.1")
	if err != nil || !u.MustChangePassword {
		t.Fatalf("signing in with the password given: %+v, %v", u, err)
	}
	for _, a := range access.Actions() {
		if u.May(a) || key(t, u.Must(a)) != "error.change_password_first" {
			t.Errorf("before changing the password he may %s", a)
		}
	}
	for _, tt := range []struct{ name, old, new, key string }{
		{"a wrong old one", "guess", secret, "error.wrong_password"},
		{"one too short", password, "короткий", "error.password_short"},
		{"his login", password, "IVANOV@example.by", "error.password_is_login"},
		{"the same again", password, password, "error.password_same"},
	} {
		if _, err := h.users.ChangePassword(ctx, u, tt.old, tt.new); key(t, err) != tt.key {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.key)
		}
	}
	now, err := h.users.ChangePassword(ctx, u, password, "новый пароль")
	if err != nil || !now.May(access.EditRecords) {
		t.Fatalf("after changing: %+v, %v", now, err)
	}
	if _, err := h.users.Resume(ctx, u.WorkspaceID, u.EmployeeID, u.Epoch); err == nil {
		t.Error("sessions begun with the old password live on")
	}
	if _, err := h.users.Resume(ctx, now.WorkspaceID, now.EmployeeID, now.Epoch); err != nil {
		t.Errorf("his own session: %v", err)
	}
	if _, err := h.users.SignIn(ctx, "", p.Login, "новый пароль", "10.0.0.1"); err != nil {
		t.Errorf("signing in with the new one: %v", err)
	}
}

func TestPasswordsAreNotGuessedFromAnOpenSession(t *testing.T) {
	eachHouse(t, testPasswordsAreNotGuessedFromAnOpenSession)
}

func testPasswordsAreNotGuessedFromAnOpenSession(t *testing.T, h *house) {
	for range 10 {
		if _, err := h.users.ChangePassword(t.Context(), h.admin, "guess", "новый пароль"); fault.CodeOf(err) != fault.Invalid && fault.CodeOf(err) != fault.TooMany {
			t.Fatal(err)
		}
	}
	if _, err := h.users.ChangePassword(t.Context(), h.admin, secret, "новый пароль"); fault.CodeOf(err) != fault.TooMany {
		t.Errorf("after ten guesses: %v; want a pause", err)
	}
}
