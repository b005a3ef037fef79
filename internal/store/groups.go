package store

import (
	"fmt"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// Groups lists the workspace's groups by name.
func (tx *Tx) Groups() ([]entity.Group, error) {
	var list []entity.Group
	err := tx.query(`SELECT g.id, g.name, (SELECT COUNT(*) FROM group_members m WHERE m.workspace_id = g.workspace_id AND m.group_id = g.id)
		FROM employee_groups g WHERE g.workspace_id = ? ORDER BY g.name_folded`, []any{tx.workspace},
		func(scan func(...any) error) error {
			var g entity.Group
			if err := scan(&g.ID, &g.Name, &g.Members); err != nil {
				return fmt.Errorf("read a group: %w", err)
			}
			list = append(list, g)
			return nil
		})
	return list, err
}

// members is the employees in any of the groups.
func (tx *Tx) members(groups []int64) (list []int64, err error) {
	if len(groups) == 0 {
		return nil, nil
	}
	err = tx.query("SELECT DISTINCT employee_id FROM group_members WHERE workspace_id = ? AND group_id IN ("+marks(len(groups))+")",
		append([]any{tx.workspace}, anys(groups)...), func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			list = append(list, id)
			return err
		})
	return list, err
}

// EnsureGroup finds a group by name regardless of case, or makes it.
func (tx *Tx) EnsureGroup(name string) (id int64, err error) {
	name = entity.Squeeze(name)
	if name == "" {
		return 0, fault.New(fault.Invalid, "error.required").In("groups")
	}
	if err := tx.alone(); err != nil {
		return 0, err
	}
	found, err := tx.one("SELECT id FROM employee_groups WHERE workspace_id = ? AND name_folded = ?",
		[]any{tx.workspace, entity.Fold(name)}, &id)
	if err != nil || found {
		return id, err
	}
	_, err = tx.one(`INSERT INTO employee_groups (workspace_id, id, name, name_folded)
		SELECT ?, COALESCE(MAX(id), 0) + 1, ?, ? FROM employee_groups WHERE workspace_id = ? RETURNING id`,
		[]any{tx.workspace, name, entity.Fold(name), tx.workspace}, &id)
	return id, err
}

// SetGroups makes the memberships of an employee exactly these.
func (tx *Tx) SetGroups(employeeID int64, groups []entity.Membership) error {
	if _, err := tx.exec("DELETE FROM group_members WHERE workspace_id = ? AND employee_id = ?", tx.workspace, employeeID); err != nil {
		return err
	}
	for _, m := range groups {
		if _, err := tx.exec(`INSERT INTO group_members (workspace_id, group_id, employee_id, leads) VALUES (?, ?, ?, ?)
			ON CONFLICT (workspace_id, group_id, employee_id) DO UPDATE SET leads = excluded.leads`,
			tx.workspace, m.GroupID, employeeID, truth(m.Leads)); err != nil {
			return err
		}
	}
	return nil
}

// LedBy lists the employees in groups that the employee leads, ascending,
// inactive ones included: their records still need somebody.
func (tx *Tx) LedBy(employeeID int64) ([]int64, error) {
	var list []int64
	err := tx.query(`SELECT DISTINCT m.employee_id FROM group_members l
		JOIN group_members m ON m.workspace_id = l.workspace_id AND m.group_id = l.group_id
		WHERE l.workspace_id = ? AND l.employee_id = ? AND l.leads = 1 ORDER BY m.employee_id`, []any{tx.workspace, employeeID},
		func(scan func(...any) error) error {
			var id int64
			if err := scan(&id); err != nil {
				return fmt.Errorf("read a member: %w", err)
			}
			list = append(list, id)
			return nil
		})
	return list, err
}

// memberships is the groups of one employee, or of everybody when id is 0, by
// employee.
func (tx *Tx) memberships(id int64) (map[int64][]entity.Membership, error) {
	groups := map[int64][]entity.Membership{}
	cond, args := "", []any{tx.workspace}
	if id != 0 {
		cond, args = " AND m.employee_id = ?", append(args, id)
	}
	err := tx.query(`SELECT m.employee_id, m.group_id, g.name, m.leads FROM group_members m
		JOIN employee_groups g ON g.workspace_id = m.workspace_id AND g.id = m.group_id
		WHERE m.workspace_id = ?`+cond+" ORDER BY g.name_folded", args,
		func(scan func(...any) error) error {
			var employee int64
			var m entity.Membership
			if err := scan(&employee, &m.GroupID, &m.Name, &m.Leads); err != nil {
				return fmt.Errorf("read a membership: %w", err)
			}
			groups[employee] = append(groups[employee], m)
			return nil
		})
	return groups, err
}

// Group finds a group with its members; an absent one is a fault.
func (tx *Tx) Group(id int64) (entity.Group, []Member, error) {
	g := entity.Group{ID: id}
	found, err := tx.one("SELECT name FROM employee_groups WHERE workspace_id = ? AND id = ?", []any{tx.workspace, id}, &g.Name)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "error.no_such_group", "id", id)
	}
	if err != nil {
		return g, nil, err
	}
	var members []Member
	err = tx.query("SELECT employee_id, leads FROM group_members WHERE workspace_id = ? AND group_id = ? ORDER BY employee_id",
		[]any{tx.workspace, id}, func(scan func(...any) error) error {
			var m Member
			err := scan(&m.EmployeeID, &m.Leads)
			members = append(members, m)
			return err
		})
	g.Members = int64(len(members))
	return g, members, err
}

// Member is one employee of a group.
type Member struct {
	EmployeeID int64
	Leads      bool
}

// RenameGroup changes a group's name. One that another group has is a fault.
func (tx *Tx) RenameGroup(id int64, name string) error {
	if err := tx.alone(); err != nil {
		return err
	}
	var other int64
	found, err := tx.one("SELECT id FROM employee_groups WHERE workspace_id = ? AND name_folded = ? AND id <> ?",
		[]any{tx.workspace, entity.Fold(name), id}, &other)
	if err != nil {
		return err
	}
	if found {
		return fault.New(fault.Invalid, "error.group_taken", "name", name).In("name")
	}
	_, err = tx.exec("UPDATE employee_groups SET name = ?, name_folded = ? WHERE workspace_id = ? AND id = ?",
		name, entity.Fold(name), tx.workspace, id)
	return err
}

// PutMember makes an employee a member of a group, leading or not.
func (tx *Tx) PutMember(group int64, m Member) error {
	_, err := tx.exec(`INSERT INTO group_members (workspace_id, group_id, employee_id, leads) VALUES (?, ?, ?, ?)
		ON CONFLICT (workspace_id, group_id, employee_id) DO UPDATE SET leads = excluded.leads`,
		tx.workspace, group, m.EmployeeID, truth(m.Leads))
	return err
}

// DropMember takes an employee out of a group.
func (tx *Tx) DropMember(group, employee int64) error {
	_, err := tx.exec("DELETE FROM group_members WHERE workspace_id = ? AND group_id = ? AND employee_id = ?", tx.workspace, group, employee)
	return err
}

// DropGroup deletes a group that has no members; nothing else knows of groups.
func (tx *Tx) DropGroup(id int64) error {
	n, err := tx.exec(`DELETE FROM employee_groups WHERE workspace_id = ? AND id = ? AND NOT EXISTS
		(SELECT 1 FROM group_members m WHERE m.workspace_id = employee_groups.workspace_id AND m.group_id = employee_groups.id)`,
		tx.workspace, id)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "error.group_has_members", "id", id)
	}
	return err
}
