package store

import (
	"fmt"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// EmployeeQuery narrows a list of employees. The zero value is everybody.
type EmployeeQuery struct {
	Search string // in login, name, e-mail and phone
	Active *bool  // nil: both
	IDs    []int64
	Group  int64 // members of this group; 0: of any or none
}

// Credentials is what signing in needs beside the employee.
type Credentials struct {
	Hash       string // of the password; "" when there is none and nobody can sign in
	Epoch      int64  // of the sessions: those begun in an earlier one are over
	MustChange bool   // the password was given by somebody else
}

const employeeColumns = `id, login, name, email, phone, COALESCE(position, 0), role, active, language, version, created_at`

func scanEmployee(scan func(...any) error) (*entity.Employee, error) {
	p := &entity.Employee{}
	var created int64
	if err := scan(&p.ID, &p.Login, &p.Name, &p.Email, &p.Phone, &p.Position, &p.Role, &p.Active, &p.Language, &p.Version, &created); err != nil {
		return nil, fmt.Errorf("read an employee: %w", err)
	}
	p.CreatedAt = instant(created)
	return p, nil
}

// Employees lists the employees that q asks for, by name, with their groups. A
// workspace has a few thousand at most, so there are no pages.
func (tx *Tx) Employees(q EmployeeQuery) ([]*entity.Employee, error) {
	groups, err := tx.memberships(0)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(entity.Fold(q.Search))
	var list []*entity.Employee
	err = tx.query("SELECT "+employeeColumns+" FROM employees WHERE workspace_id = ?", []any{tx.workspace},
		func(scan func(...any) error) error {
			p, err := scanEmployee(scan)
			if err != nil {
				return err
			}
			p.Groups = groups[p.ID]
			if q.wants(p, words) {
				list = append(list, p)
			}
			return nil
		})
	slices.SortFunc(list, func(a, b *entity.Employee) int {
		if by := strings.Compare(entity.Fold(a.Name), entity.Fold(b.Name)); by != 0 {
			return by
		}
		return strings.Compare(a.Login, b.Login)
	})
	return list, err
}

func (q *EmployeeQuery) wants(p *entity.Employee, words []string) bool {
	if q.Active != nil && *q.Active != p.Active {
		return false
	}
	if q.IDs != nil && !slices.Contains(q.IDs, p.ID) {
		return false
	}
	if q.Group != 0 && !slices.ContainsFunc(p.Groups, func(m entity.Membership) bool { return m.GroupID == q.Group }) {
		return false
	}
	text := entity.Fold(p.Login + " " + p.Name + " " + p.Email + " " + p.Phone + " " + entity.Digits(p.Phone))
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// People finds employees by id, without their groups; ids that do not exist are
// left out.
func (tx *Tx) People(ids []int64) (map[int64]*entity.Employee, error) {
	people := make(map[int64]*entity.Employee, len(ids))
	for part := range slices.Chunk(ids, batch) {
		err := tx.query("SELECT "+employeeColumns+" FROM employees WHERE workspace_id = ? AND id IN ("+marks(len(part))+")",
			append([]any{tx.workspace}, anys(part)...), func(scan func(...any) error) error {
				p, err := scanEmployee(scan)
				if err != nil {
					return err
				}
				people[p.ID] = p
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return people, nil
}

// InactiveEmployees finds those who may not be given records, without their groups.
func (tx *Tx) InactiveEmployees() (map[int64]*entity.Employee, error) {
	people := map[int64]*entity.Employee{}
	err := tx.query("SELECT "+employeeColumns+" FROM employees WHERE workspace_id = ? AND active = 0",
		[]any{tx.workspace}, func(scan func(...any) error) error {
			p, err := scanEmployee(scan)
			if err == nil {
				people[p.ID] = p
			}
			return err
		})
	return people, err
}

func (tx *Tx) employeeWhere(cond string, arg any) (*entity.Employee, error) {
	var found *entity.Employee
	err := tx.query("SELECT "+employeeColumns+" FROM employees WHERE workspace_id = ? AND "+cond, []any{tx.workspace, arg},
		func(scan func(...any) error) (err error) {
			found, err = scanEmployee(scan)
			return err
		})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fault.New(fault.NotFound, "error.no_such_employee", "employee", arg)
	}
	groups, err := tx.memberships(found.ID)
	if err != nil {
		return nil, err
	}
	found.Groups = groups[found.ID]
	return found, nil
}

// Employee finds an employee by id; an absent one is a fault.
func (tx *Tx) Employee(id int64) (*entity.Employee, error) { return tx.employeeWhere("id = ?", id) }

// EmployeeByLogin finds an employee by login regardless of case; an absent one
// is a fault.
func (tx *Tx) EmployeeByLogin(login string) (*entity.Employee, error) {
	return tx.employeeWhere("login_folded = ?", entity.Fold(login))
}

// InsertEmployee stores a new employee and sets p.ID. The groups of p are put
// by SetGroups. A login that is taken, or looks like one that is, is a fault.
func (tx *Tx) InsertEmployee(p *entity.Employee) error {
	if err := tx.loginFree(p); err != nil {
		return err
	}
	if _, err := tx.one("UPDATE workspaces SET next_employee_id = next_employee_id + 1 WHERE id = ? RETURNING next_employee_id - 1",
		[]any{tx.workspace}, &p.ID); err != nil {
		return err
	}
	p.Version, p.CreatedAt = 1, tx.at
	_, err := tx.exec(`INSERT INTO employees (workspace_id, id, login, login_folded, login_skeleton, name, email, phone, position,
		role, active, language, version, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.workspace, p.ID, p.Login, entity.Fold(p.Login), entity.Skeleton(p.Login), p.Name, p.Email, p.Phone, idOrNull(p.Position),
		p.Role, truth(p.Active), p.Language, p.Version, millis(p.CreatedAt))
	return err
}

// UpdateEmployee stores p if the employee still is at p.Version, which then
// grows by one; otherwise the fault is a conflict. An employee who is no longer
// active, or whose role or login changed, is signed out everywhere.
func (tx *Tx) UpdateEmployee(p *entity.Employee) error {
	if err := tx.loginFree(p); err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE employees SET login = ?, login_folded = ?, login_skeleton = ?, name = ?, email = ?, phone = ?, position = ?,
			language = ?, version = version + 1,
			session_epoch = session_epoch + CASE WHEN role <> ? OR active <> ? OR login_folded <> ? THEN 1 ELSE 0 END,
			role = ?, active = ?
		WHERE workspace_id = ? AND id = ? AND version = ?`,
		p.Login, entity.Fold(p.Login), entity.Skeleton(p.Login), p.Name, p.Email, p.Phone, idOrNull(p.Position), p.Language,
		p.Role, truth(p.Active), entity.Fold(p.Login), p.Role, truth(p.Active), tx.workspace, p.ID, p.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := tx.Employee(p.ID); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "error.changed_meanwhile", "id", p.ID)
	}
	p.Version++
	return nil
}

// loginFree tells apart a login that is taken from one that only looks so. The
// answer stays true to the end of the transaction, and so does the number of
// administrators: changes of employees pass one at a time.
func (tx *Tx) loginFree(p *entity.Employee) error {
	if err := tx.alone(); err != nil {
		return err
	}
	var other string
	found, err := tx.one("SELECT login FROM employees WHERE workspace_id = ? AND login_skeleton = ? AND id <> ?",
		[]any{tx.workspace, entity.Skeleton(p.Login), p.ID}, &other)
	if err != nil || !found {
		return err
	}
	if entity.Fold(other) == entity.Fold(p.Login) {
		return fault.New(fault.Invalid, "error.login_taken", "login", other).In("login")
	}
	return fault.New(fault.Invalid, "error.login_looks_like", "login", other).In("login")
}

func idOrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// Credentials reads what signing in as the employee needs.
func (tx *Tx) Credentials(employeeID int64) (Credentials, error) {
	var c Credentials
	found, err := tx.one("SELECT password_hash, session_epoch, must_change FROM employees WHERE workspace_id = ? AND id = ?",
		[]any{tx.workspace, employeeID}, &c.Hash, &c.Epoch, &c.MustChange)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "error.no_such_employee", "employee", employeeID)
	}
	return c, err
}

// SetPassword replaces the hash of an employee's password and ends the sessions
// begun with the old one. It tells the new epoch.
func (tx *Tx) SetPassword(employeeID int64, hash string, mustChange bool) (epoch int64, err error) {
	found, err := tx.one(`UPDATE employees SET password_hash = ?, must_change = ?, session_epoch = session_epoch + 1
		WHERE workspace_id = ? AND id = ? RETURNING session_epoch`, []any{hash, truth(mustChange), tx.workspace, employeeID}, &epoch)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "error.no_such_employee", "employee", employeeID)
	}
	return epoch, err
}

// SetLanguage changes the language of the interface for one employee; it is no
// change that the employee's version would tell.
func (tx *Tx) SetLanguage(employeeID int64, language string) error {
	_, err := tx.exec("UPDATE employees SET language = ? WHERE workspace_id = ? AND id = ?", language, tx.workspace, employeeID)
	return err
}

// ActiveAdministrators counts those who can still manage the workspace.
func (tx *Tx) ActiveAdministrators() (n int64, err error) {
	_, err = tx.one("SELECT COUNT(*) FROM employees WHERE workspace_id = ? AND active = 1 AND role = ?",
		[]any{tx.workspace, entity.Administrator}, &n)
	return n, err
}
