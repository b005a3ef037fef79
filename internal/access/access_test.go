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

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, clock: testkit.NewClock()}
	h.st = testkit.StoreAt(t, store.Options{Now: h.clock.Now})
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

func TestSetUp(t *testing.T) {
	st := testkit.Store(t)
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

func TestSignIn(t *testing.T) {
	h := newHouse(t)
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

func TestGuessingIsSlowed(t *testing.T) {
	h := newHouse(t)
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

func TestManyGuessesAtOnce(t *testing.T) {
	h := newHouse(t)
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

func TestSprayingIsSlowed(t *testing.T) {
	h := newHouse(t)
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

func TestResume(t *testing.T) {
	h := newHouse(t)
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

func TestPasswords(t *testing.T) {
	h := newHouse(t)
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
	h := newHouse(t)
	for range 10 {
		if _, err := h.users.ChangePassword(t.Context(), h.admin, "guess", "новый пароль"); fault.CodeOf(err) != fault.Invalid && fault.CodeOf(err) != fault.TooMany {
			t.Fatal(err)
		}
	}
	if _, err := h.users.ChangePassword(t.Context(), h.admin, secret, "новый пароль"); fault.CodeOf(err) != fault.TooMany {
		t.Errorf("after ten guesses: %v; want a pause", err)
	}
}

func TestLogins(t *testing.T) {
	h := newHouse(t)
	for login, want := range map[string]string{
		"ivanov": "", "Иванов": "", "ivan.petrov_2-x": "", "ivanov@example.by": "", "ў-вавёрка": "", " trimmed ": "", "γιώργος": "",
		"":         "error.required",
		"1ivanov":  "error.login_first_letter",
		"-sidorov": "error.login_first_letter",
		"@sidorov": "error.login_first_letter",
		"i vanov":  "error.login_character", "a,b": "error.login_character", "a;b": "error.login_character", "a>b": "error.login_character",
		"a+b": "error.login_character", "a:b": "error.login_character", "sid\u200bor": "error.login_character", "a\u0301\u0327b": "error.login_character",
		"sidоrov":                "error.login_mixes_scripts", // Cyrillic о
		"Очистить":               "error.login_reserved",
		"ADD":                    "error.login_reserved",
		"нет":                    "error.login_reserved",
		strings.Repeat("x", 101): "error.too_long",
	} {
		_, _, err := h.users.AddEmployee(t.Context(), h.admin, access.Person{Login: login, Name: "Имя", Role: entity.FieldStaff})
		if got := key(t, err); got != want {
			t.Errorf("login %q: fault %q, want %q", login, got, want)
		}
	}
}

func TestEmployees(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	_, _, err := h.users.AddEmployee(ctx, h.admin, access.Person{Login: "?", Email: "x", Phone: "x", Role: "king"})
	var fields []string
	for _, f := range fault.All(err) {
		fields = append(fields, f.Field)
	}
	if diff := cmp.Diff([]string{"login", "name", "email", "phone", "role"}, fields); diff != "" {
		t.Errorf("all that is wrong at once (-want +got):\n%s", diff)
	}
	if _, _, err := h.users.AddEmployee(ctx, h.admin, access.Person{Login: "x", Name: "x", Role: entity.FieldStaff, Position: 7}); key(t, err) != "error.no_such_choice" {
		t.Errorf("a position nobody declared: %v", err)
	}
	boss, _, err := h.users.AddEmployee(ctx, h.admin, access.Person{Login: "boss", Name: "Шеф", Role: entity.Manager, Groups: []string{"Юг", "север"}, Leads: []string{"Север"}})
	if err != nil {
		t.Fatal(err)
	}
	boss, err = h.users.Employee(ctx, h.admin, boss.ID)
	want := []entity.Membership{{GroupID: 1, Name: "Север", Leads: true}, {GroupID: 2, Name: "Юг"}}
	if diff := cmp.Diff(want, boss.Groups); diff != "" || err != nil {
		t.Errorf("groups: %v (-want +got):\n%s", err, diff)
	}
	if _, err := h.users.UpdateEmployee(ctx, h.admin, boss.ID, boss.Version+1, access.Person{Login: "boss", Name: "Шеф", Role: entity.Manager}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a change from another version: %v; want a conflict", err)
	}
	admin, err := h.users.Employee(ctx, h.admin, h.admin.EmployeeID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.users.UpdateEmployee(ctx, h.admin, admin.ID, admin.Version, access.Person{Login: "admin", Name: "Анна", Role: entity.Manager}); key(t, err) != "error.last_administrator" {
		t.Errorf("the last administrator steps down: %v", err)
	}
	if err := h.users.Deactivate(ctx, h.admin, h.admin.EmployeeID); key(t, err) != "error.not_yourself" {
		t.Errorf("deactivating oneself: %v", err)
	}
	operator, err := h.users.Operator(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.users.Deactivate(ctx, operator, h.admin.EmployeeID); key(t, err) != "error.last_administrator" {
		t.Errorf("the operator deactivates the last administrator: %v", err)
	}
	if err := h.users.Deactivate(ctx, operator, boss.ID); err != nil {
		t.Errorf("the operator deactivates another: %v", err)
	}
}

func TestRights(t *testing.T) {
	h := newHouse(t)
	h.add("boss", entity.Manager)
	h.add("worker", entity.FieldStaff)
	as := func(login string) access.User {
		testkit.Write(t, h.st, h.admin.WorkspaceID, func(tx *store.Tx) error {
			p, err := tx.EmployeeByLogin(login)
			if err != nil {
				return err
			}
			_, err = tx.SetPassword(p.ID, "", false)
			return err
		})
		return testkit.As(t, h.st, h.admin.WorkspaceID, login)
	}
	operator, err := h.users.Operator(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		who  access.User
		may  []access.Action
	}{
		{"administrator", h.admin, access.Actions()},
		{"operator", operator, access.Actions()},
		{"manager", as("boss"), []access.Action{access.ReadRecords, access.ExportRecords}},
		{"field employee", as("worker"), []access.Action{access.ReadRecords}},
		{"nobody", access.User{}, nil},
		{"an operator of nothing", access.User{Operator: true}, nil},
	} {
		for _, a := range access.Actions() {
			want := slices.Contains(tt.may, a)
			if got := tt.who.May(a); got != want || (tt.who.Must(a) == nil) != want {
				t.Errorf("%s: may %s is %v (%v), want %v", tt.name, a, got, tt.who.Must(a), want)
			}
		}
	}
	// Every use case asks, not only the doors.
	ctx, worker := t.Context(), as("worker")
	for name, err := range map[string]error{
		"AddEmployee":    second(h.users.AddEmployee(ctx, worker, access.Person{Login: "x", Name: "x", Role: entity.Administrator})),
		"UpdateEmployee": last(h.users.UpdateEmployee(ctx, worker, 1, 1, access.Person{})),
		"Deactivate":     h.users.Deactivate(ctx, worker, 1),
		"Activate":       h.users.Activate(ctx, worker, 1),
		"ResetPassword":  last(h.users.ResetPassword(ctx, worker, 1)),
	} {
		if fault.CodeOf(err) != fault.Denied {
			t.Errorf("%s by a field employee: %v; want it denied", name, err)
		}
	}
}

func second[A, B any](_ A, _ B, err error) error { return err }
func last[A any](_ A, err error) error           { return err }

func TestScope(t *testing.T) {
	h := newHouse(t)
	w := h.admin.WorkspaceID
	boss := testkit.Employee(t, h.st, w, "boss", entity.Manager)
	a := testkit.Employee(t, h.st, w, "aa", entity.FieldStaff)
	testkit.Employee(t, h.st, w, "bb", entity.FieldStaff)
	testkit.Group(t, h.st, w, "Север", boss, a)
	all := entity.Scope{All: true}
	for _, tt := range []struct {
		sight            entity.Sight
		admin, boss, his entity.Scope
	}{
		{entity.SightEveryone, all, entity.Scope{Unassigned: true, Employees: []int64{boss.ID, a.ID}}, entity.Scope{Unassigned: true, Employees: []int64{a.ID}}},
		{entity.SightAdministrators, all, entity.Scope{Employees: []int64{boss.ID, a.ID}}, entity.Scope{Employees: []int64{a.ID}}},
		{entity.SightOff, all, all, all},
	} {
		testkit.Write(t, h.st, w, func(tx *store.Tx) error { return tx.SetSight(tt.sight) })
		for login, want := range map[string]entity.Scope{"admin": tt.admin, "boss": tt.boss, "aa": tt.his} {
			if diff := cmp.Diff(want, testkit.As(t, h.st, w, login).Scope()); diff != "" {
				t.Errorf("%s, unassigned seen by %s (-want +got):\n%s", login, tt.sight, diff)
			}
		}
	}
	// A field employee who leads a group on paper sees no more for it.
	worker := testkit.Employee(t, h.st, w, "cc", entity.FieldStaff)
	testkit.Group(t, h.st, w, "Юг", worker, a)
	testkit.Write(t, h.st, w, func(tx *store.Tx) error { return tx.SetSight(entity.SightAdministrators) })
	if diff := cmp.Diff(entity.Scope{Employees: []int64{worker.ID}}, testkit.As(t, h.st, w, "cc").Scope()); diff != "" {
		t.Errorf("a field employee who leads (-want +got):\n%s", diff)
	}
}

func TestOperator(t *testing.T) {
	st := testkit.Store(t)
	users := access.New(st)
	ctx := t.Context()
	first, err := users.Operator(ctx, "")
	if err != nil || !first.May(access.ImportRecords) || !first.Scope().All {
		t.Fatalf("in a fresh database: %+v, %v", first, err)
	}
	if again, err := users.Operator(ctx, ""); err != nil || again.WorkspaceID != first.WorkspaceID {
		t.Errorf("again: %+v, %v; want the same workspace", again, err)
	}
	if _, err := users.Operator(ctx, "Другая"); fault.CodeOf(err) != fault.Usage {
		t.Errorf("a name that is not there: %v; want wrong usage", err)
	}
	password, err := users.AddWorkspace(ctx, "Другая", "admin")
	if err != nil {
		t.Fatal(err)
	}
	if u, err := users.SignIn(ctx, "другая", "admin", password, "x"); err != nil || !u.MustChangePassword {
		t.Errorf("its administrator: %+v, %v", u, err)
	}
	if _, err := users.AddWorkspace(ctx, "ДРУГАЯ", "admin"); key(t, err) != "error.workspace_taken" {
		t.Errorf("the name again: %v", err)
	}
	if _, err := users.Operator(ctx, ""); key(t, err) != "error.which_workspace" {
		t.Errorf("two to choose from: %v", err)
	}
	if u, err := users.Operator(ctx, "другая"); err != nil || u.Workspace != "Другая" {
		t.Errorf("by name: %+v, %v", u, err)
	}
}
