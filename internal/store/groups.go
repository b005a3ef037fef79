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
