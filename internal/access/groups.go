package access

import (
	"context"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

var groupName = &entity.Field{Name: "name", Kind: entity.Text, Required: true, Max: 100}

// Member is one employee of a group, leading it or not.
type Member = store.Member

// Group finds a group with its members.
func (s *Service) Group(ctx context.Context, who User, id int64) (g entity.Group, members []Member, err error) {
	if err := who.Must(ManageEmployees); err != nil {
		return g, nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		g, members, err = tx.Group(id)
		return err
	})
	return g, members, err
}

// AddGroup makes a group without members.
func (s *Service) AddGroup(ctx context.Context, who User, name string) (id int64, err error) {
	if err := who.Must(ManageEmployees); err != nil {
		return 0, err
	}
	name, err = groupName.Parse(name)
	if err != nil {
		return 0, err
	}
	err = s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		groups, err := tx.Groups()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(groups, func(g entity.Group) bool { return entity.Fold(g.Name) == entity.Fold(name) }) {
			return fault.New(fault.Invalid, "error.group_taken", "name", name).In("name")
		}
		id, err = tx.EnsureGroup(name)
		return err
	})
	return id, err
}

// UpdateGroup renames a group and changes its members from what the caller has
// seen to what he wants: who was put in or taken out by somebody else meanwhile
// stays in or out. A leader is a member.
func (s *Service) UpdateGroup(ctx context.Context, who User, id int64, name string, seen, wanted []Member) error {
	if err := who.Must(ManageEmployees); err != nil {
		return err
	}
	name, err := groupName.Parse(name)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, _, err := tx.Group(id); err != nil {
			return err
		}
		if err := tx.RenameGroup(id, name); err != nil {
			return err
		}
		was := map[int64]Member{}
		for _, m := range seen {
			was[m.EmployeeID] = m
		}
		for _, m := range wanted {
			old, member := was[m.EmployeeID]
			delete(was, m.EmployeeID)
			if member && old == m {
				continue
			}
			if _, err := tx.Employee(m.EmployeeID); err != nil {
				return fault.New(fault.Invalid, "error.no_such_employee", "employee", m.EmployeeID).In("members")
			}
			if err := tx.PutMember(id, m); err != nil {
				return err
			}
		}
		for employee := range was {
			if err := tx.DropMember(id, employee); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropGroup deletes a group that has no members.
func (s *Service) DropGroup(ctx context.Context, who User, id int64) error {
	if err := who.Must(ManageEmployees); err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, _, err := tx.Group(id); err != nil {
			return err
		}
		return tx.DropGroup(id)
	})
}
