package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

func TestLogins(t *testing.T) { eachHouse(t, testLogins) }

func testLogins(t *testing.T, h *house) {
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

func TestEmployees(t *testing.T) { eachHouse(t, testEmployees) }

func testEmployees(t *testing.T, h *house) {
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

func TestRights(t *testing.T) { eachHouse(t, testRights) }

func testRights(t *testing.T, h *house) {
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
		{"manager", as("boss"), []access.Action{access.ReadRecords, access.EditRecords, access.ExportRecords, access.ShareViews, access.ImportRecords, access.UndoImports, access.SeeImports}},
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

func TestScope(t *testing.T) { eachHouse(t, testScope) }

func testScope(t *testing.T, h *house) {
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

func TestOperator(t *testing.T) { testkit.EachEngine(t, testOperator) }

func testOperator(t *testing.T, st *store.Store) {
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
