package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"nadel/internal/access"
	"nadel/internal/entity"
)

type employeeAdd struct {
	Login string   `arg:"" help:"${h_login}"`
	Name  string   `required:"" help:"${h_employee_name}"`
	Role  string   `enum:"administrator,manager,field" default:"field" help:"${h_employee_role}"`
	Group []string `sep:"none" placeholder:"NAME" help:"${h_employee_group}"`
}

// Run makes the employee and prints the password that nobody will see again. A
// manager leads the groups he is put into.
func (c employeeAdd) Run(ctx context.Context, s *session) error {
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	given := access.Person{Login: c.Login, Name: c.Name, Role: entity.Role(c.Role), Groups: c.Group}
	if given.Role == entity.Manager {
		given.Leads = c.Group
	}
	p, password, err := rooms.Access.AddEmployee(ctx, who, given)
	if err != nil {
		return err
	}
	s.password(p.Login, password)
	return nil
}

type employeeList struct{}

// Run prints a table of everybody.
func (employeeList) Run(ctx context.Context, s *session) error {
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	all, err := rooms.Access.Employees(ctx, who, access.EmployeeQuery{})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(s.house.Out, 0, 0, 2, ' ', 0)
	for _, p := range all {
		status := s.say.T("status.active")
		if !p.Active {
			status = s.say.T("status.inactive")
		}
		groups := make([]string, len(p.Groups))
		for i, g := range p.Groups {
			groups[i] = g.Name
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.Login, p.Name, s.say.T("role."+string(p.Role)), status, strings.Join(groups, ", "))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

type employeePassword struct {
	Login string `arg:"" help:"${h_login}"`
}

// Run gives a new password; the old one and every session end.
func (c employeePassword) Run(ctx context.Context, s *session) error {
	rooms, who, p, err := s.employee(ctx, c.Login)
	if err != nil {
		return err
	}
	password, err := rooms.Access.ResetPassword(ctx, who, p.ID)
	if err != nil {
		return err
	}
	s.password(p.Login, password)
	return nil
}

type employeeDeactivate struct {
	Login string `arg:"" help:"${h_login}"`
}

// Run ends an employee's work; the records stay his until somebody moves them.
func (c employeeDeactivate) Run(ctx context.Context, s *session) error {
	rooms, who, p, err := s.employee(ctx, c.Login)
	if err != nil {
		return err
	}
	if err := rooms.Access.Deactivate(ctx, who, p.ID); err != nil {
		return err
	}
	s.print(s.say.T("cli.deactivated", "login", p.Login))
	return nil
}

func (s *session) employee(ctx context.Context, login string) (*Rooms, access.User, *entity.Employee, error) {
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return nil, who, nil, err
	}
	p, err := rooms.Access.EmployeeByLogin(ctx, who, login)
	return rooms, who, p, err
}
