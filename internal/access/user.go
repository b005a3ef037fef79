// Package access is who may do what: workspaces and employees, passwords and
// signing in, roles and the rights they give, whose records somebody sees. It
// knows nothing of pages or files; every use case asks a User here before it
// touches anything.
package access

import (
	"slices"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// User is somebody at work in one workspace: an employee, or the operator at
// the command line.
type User struct {
	WorkspaceID        int64
	Workspace          string // name
	EmployeeID         int64  // 0 is the operator
	Login, Name        string
	Role               entity.Role
	Operator           bool
	Language           string // of the interface, never empty
	TimeZone           string // IANA name
	MustChangePassword bool   // may do nothing else before
	Lists              string // what a plain list of logins in a file means here, unless somebody says
	Epoch              int64  // of the session: Resume refuses an earlier one

	// Catalog is the declarations as the workspace sees them, with the fields of
	// its own.
	Catalog *entity.Catalog

	scope entity.Scope // of those who do not see everything
}

// Action is something that needs a right.
type Action string

// The actions.
const (
	ReadRecords     Action = "read_records" // those within Scope
	EditRecords     Action = "edit_records" // one by one, those within Scope
	ImportRecords   Action = "import_records"
	ExportRecords   Action = "export_records" // those within Scope
	UndoImports     Action = "undo_imports"
	SeeImports      Action = "see_imports"     // those that one has begun
	SeeAllImports   Action = "see_all_imports" // everybody's, and what they did to all records
	MergeRecords    Action = "merge_records"   // whatever refers to a record is changed with it, within Scope or not
	ManageEmployees Action = "manage_employees"
	ApproveImports  Action = "approve_imports" // those that need a second administrator
	Administer      Action = "administer"      // the workspace's settings
	ShareViews      Action = "share_views"     // ways to look at a list, with everybody
	// ManageDirectories is to decide which values there are to choose from.
	ManageDirectories Action = "manage_directories"
)

// Actions lists all actions.
func Actions() []Action {
	return []Action{ReadRecords, EditRecords, ExportRecords, ShareViews, ImportRecords, UndoImports, SeeImports, SeeAllImports, MergeRecords, ManageEmployees, ManageDirectories, ApproveImports, Administer}
}

// rights of the roles; what is not listed is refused. The operator has all.
var rights = map[entity.Role]map[Action]bool{
	entity.Administrator: {ReadRecords: true, EditRecords: true, ImportRecords: true, ExportRecords: true,
		UndoImports: true, SeeImports: true, SeeAllImports: true, MergeRecords: true, ShareViews: true, ManageEmployees: true, ManageDirectories: true, ApproveImports: true, Administer: true},
	entity.Manager: {ReadRecords: true, EditRecords: true, ImportRecords: true, ExportRecords: true,
		UndoImports: true, SeeImports: true, ShareViews: true},
	entity.FieldStaff: {ReadRecords: true},
}

// Roles lists the roles, from the one with the most rights to the one with the fewest.
func Roles() []entity.Role {
	return []entity.Role{entity.Administrator, entity.Manager, entity.FieldStaff}
}

// Has tells whether a role gives the right to a.
func Has(role entity.Role, a Action) bool { return rights[role][a] }

// May tells whether the user has the right to a.
func (u User) May(a Action) bool {
	if u.WorkspaceID == 0 || u.MustChangePassword {
		return false
	}
	return u.Operator || rights[u.Role][a]
}

// Must is the fault of not having the right to a; nil for those who have it.
func (u User) Must(a Action) error {
	switch {
	case u.May(a):
		return nil
	case u.WorkspaceID == 0:
		return fault.New(fault.Unauthenticated, "error.sign_in_first")
	case u.MustChangePassword:
		return fault.New(fault.Denied, "error.change_password_first")
	default:
		return fault.New(fault.Denied, "error.no_right")
	}
}

// Scope is whose records the user sees: administrators all; a manager his own
// and those of the people he leads; a field employee his own; and the records
// of nobody as the workspace has it.
func (u User) Scope() entity.Scope {
	if u.Operator || u.Role == entity.Administrator {
		return entity.Scope{All: true}
	}
	return u.scope
}

// MayName tells whether u may put an employee onto a list of responsibles: himself
// and those whom he leads, or anybody when he sees every record. Whoever is on a
// list already may stay there, and be taken off, whoever writes it.
func (u User) MayName(employee int64) bool {
	scope := u.Scope()
	return scope.All || slices.Contains(scope.Employees, employee)
}

// Acting is who an employee is now, for work that is done for him when he is not
// there. 0 is the operator.
func Acting(tx *store.Tx, employee int64) (User, error) {
	if employee == 0 {
		return User{WorkspaceID: tx.Workspace(), Operator: true, Catalog: tx.Catalog()}, nil
	}
	p, err := tx.Employee(employee)
	if err != nil {
		return User{}, err
	}
	w, err := tx.OwnWorkspace()
	if err != nil {
		return User{}, err
	}
	led, err := tx.LedBy(p.ID)
	return User{
		WorkspaceID: w.ID, EmployeeID: p.ID, Login: p.Login, Name: p.Name, Role: p.Role, Catalog: tx.Catalog(),
		scope: scopeOf(w, p.ID, p.Role, led),
	}, err
}

func scopeOf(w *entity.Workspace, employeeID int64, role entity.Role, led []int64) entity.Scope {
	if w.Sight == entity.SightOff {
		return entity.Scope{All: true}
	}
	see := []int64{employeeID}
	if role == entity.Manager {
		see = append(see, led...)
	}
	return entity.Scope{Unassigned: w.Sight == entity.SightEveryone, Employees: entity.SortedSet(see)}
}
