package access

import (
	"context"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// EmployeeQuery narrows a list of employees; the zero value is everybody.
type EmployeeQuery = store.EmployeeQuery

// Person is what can be said about an employee. Groups that do not exist are
// made; to lead a group is to be in it.
type Person struct {
	Login    string
	Name     string
	Email    string
	Phone    string
	Position int64 // value of the directory "position"; 0 is none
	Role     entity.Role
	Groups   []string // by name
	Leads    []string // groups that he leads, by name
}

// Employees lists employees by name. Everybody may know who works here.
func (s *Service) Employees(ctx context.Context, who User, q EmployeeQuery) (list []*entity.Employee, err error) {
	if err := who.Must(ReadRecords); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		list, err = tx.Employees(q)
		return err
	})
	return list, err
}

// Employee finds one employee.
func (s *Service) Employee(ctx context.Context, who User, id int64) (p *entity.Employee, err error) {
	if err := who.Must(ReadRecords); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		p, err = tx.Employee(id)
		return err
	})
	return p, err
}

// EmployeeByLogin finds one employee by login regardless of case.
func (s *Service) EmployeeByLogin(ctx context.Context, who User, login string) (p *entity.Employee, err error) {
	if err := who.Must(ReadRecords); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		p, err = tx.EmployeeByLogin(login)
		return err
	})
	return p, err
}

// Groups lists the groups of the workspace by name.
func (s *Service) Groups(ctx context.Context, who User) (list []entity.Group, err error) {
	if err := who.Must(ReadRecords); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		list, err = tx.Groups()
		return err
	})
	return list, err
}

// Positions lists the values of the directory that employees choose from.
func (s *Service) Positions(ctx context.Context, who User) (list []entity.DirectoryValue, err error) {
	if err := who.Must(ReadRecords); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		list, err = tx.DirectoryValues(entity.Positions)
		return err
	})
	return list, err
}

// AddEmployee makes an active employee and the password to tell him; it must be
// changed at the first signing in. All that is wrong is reported at once.
func (s *Service) AddEmployee(ctx context.Context, who User, given Person) (p *entity.Employee, password string, err error) {
	if err := who.Must(ManageEmployees); err != nil {
		return nil, "", err
	}
	p = &entity.Employee{Active: true}
	faults := given.readInto(p)
	if len(faults) > 0 {
		return nil, "", faults
	}
	password = oneTimePassword()
	hash := hashPassword(password)
	err = s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if err := checkPosition(tx, p); err != nil {
			return err
		}
		if err := tx.InsertEmployee(p); err != nil {
			return err
		}
		if err := given.putGroups(tx, p); err != nil {
			return err
		}
		_, err := tx.SetPassword(p.ID, hash, true)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return p, password, nil
}

// UpdateEmployee replaces what is said about an employee, if he still is at the
// version that the caller has seen. A change of login or role signs him out.
func (s *Service) UpdateEmployee(ctx context.Context, who User, id, version int64, given Person) (*entity.Employee, error) {
	if err := who.Must(ManageEmployees); err != nil {
		return nil, err
	}
	var p *entity.Employee
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if p, err = tx.Employee(id); err != nil {
			return err
		}
		if p.Version != version {
			return fault.New(fault.Conflict, "error.changed_meanwhile", "id", id)
		}
		managed := manages(p)
		if faults := given.readInto(p); len(faults) > 0 {
			return faults
		}
		if err := checkPosition(tx, p); err != nil {
			return err
		}
		if err := tx.UpdateEmployee(p); err != nil {
			return err
		}
		if err := given.putGroups(tx, p); err != nil {
			return err
		}
		return somebodyManages(tx, managed)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Deactivate ends an employee's work: he is signed out and can be given no new
// records; those he has stay his until somebody moves them.
func (s *Service) Deactivate(ctx context.Context, who User, id int64) error {
	if id == who.EmployeeID && !who.Operator {
		return fault.New(fault.Invalid, "error.not_yourself")
	}
	return s.setActive(ctx, who, id, false)
}

// Activate lets a deactivated employee work again.
func (s *Service) Activate(ctx context.Context, who User, id int64) error {
	return s.setActive(ctx, who, id, true)
}

func (s *Service) setActive(ctx context.Context, who User, id int64, active bool) error {
	if err := who.Must(ManageEmployees); err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		p, err := tx.Employee(id)
		if err != nil || p.Active == active {
			return err
		}
		managed := manages(p)
		p.Active = active
		if err := tx.UpdateEmployee(p); err != nil {
			return err
		}
		return somebodyManages(tx, managed)
	})
}

func manages(p *entity.Employee) bool { return p.Active && p.Role == entity.Administrator }

// somebodyManages refuses to take the last administrator away: nobody would be
// left to give the right back.
func somebodyManages(tx *store.Tx, tookOne bool) error {
	if !tookOne {
		return nil
	}
	n, err := tx.ActiveAdministrators()
	if err == nil && n == 0 {
		err = fault.New(fault.Invalid, "error.last_administrator").In("role")
	}
	return err
}

// ResetPassword gives an employee a new password to be told to him; it must be
// changed at the next signing in, and his sessions end.
func (s *Service) ResetPassword(ctx context.Context, who User, id int64) (password string, err error) {
	if err := who.Must(ManageEmployees); err != nil {
		return "", err
	}
	password = oneTimePassword()
	hash := hashPassword(password)
	err = s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		_, err := tx.SetPassword(id, hash, true)
		return err
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// ChangePassword replaces the user's own password. Every other session of his
// ends; the user returned is the one to go on with.
func (s *Service) ChangePassword(ctx context.Context, who User, old, new string) (User, error) {
	if who.EmployeeID == 0 {
		return User{}, fault.New(fault.Denied, "error.no_right")
	}
	// Whoever sits down at an open session must not guess either. Counted apart
	// from signing in, under an address that nobody can come from.
	login, address := entity.Fold(who.Login), "password"
	if err := s.try(ctx, who.WorkspaceID, login, address); err != nil {
		return User{}, err
	}
	var c store.Credentials
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		c, err = tx.Credentials(who.EmployeeID)
		return err
	})
	if err != nil {
		return User{}, err
	}
	right, err := s.matches(ctx, c.Hash, old)
	if err != nil {
		return User{}, err
	}
	if !right {
		return User{}, fault.New(fault.Invalid, "error.wrong_password").In("old")
	}
	if err := s.store.ForgetTries(ctx, who.WorkspaceID, login, address); err != nil {
		return User{}, err
	}
	if bad := checkPassword(new, who.Login); bad != nil {
		return User{}, bad
	}
	if new == old {
		return User{}, fault.New(fault.Invalid, "error.password_same").In("password")
	}
	hash := hashPassword(new)
	err = s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		who.Epoch, err = tx.SetPassword(who.EmployeeID, hash, false)
		return err
	})
	if err != nil {
		return User{}, err
	}
	who.MustChangePassword = false
	return who, nil
}

// SetLanguage changes the language of the user's interface.
func (s *Service) SetLanguage(ctx context.Context, who User, language string) error {
	if who.EmployeeID == 0 {
		return nil
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		return tx.SetLanguage(who.EmployeeID, language)
	})
}

// readInto puts what is given into p and lists all that is wrong with it.
func (given *Person) readInto(p *entity.Employee) fault.Many {
	var faults fault.Many
	p.Login, faults = addLogin(given.Login, faults)
	faults = readInto(&p.Name, personName, given.Name, faults)
	faults = readInto(&p.Email, personEmail, given.Email, faults)
	faults = readInto(&p.Phone, personPhone, given.Phone, faults)
	p.Position, p.Role = given.Position, given.Role
	if rights[p.Role] == nil {
		faults = append(faults, fault.New(fault.Invalid, "error.no_such_role", "role", string(p.Role)).In("role"))
	}
	return faults
}

func checkPosition(tx *store.Tx, p *entity.Employee) error {
	if p.Position == 0 {
		return nil
	}
	values, err := tx.Values([]int64{p.Position})
	if err == nil && values[p.Position].Directory != entity.Positions {
		err = fault.New(fault.Invalid, "error.no_such_choice").In("position")
	}
	return err
}

func (given *Person) putGroups(tx *store.Tx, p *entity.Employee) error {
	p.Groups = nil
	for _, name := range slices.Concat(given.Leads, given.Groups) {
		if entity.Squeeze(name) == "" {
			continue
		}
		id, err := tx.EnsureGroup(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.Groups, func(m entity.Membership) bool { return m.GroupID == id }) {
			continue // led groups come first, so leading wins
		}
		p.Groups = append(p.Groups, entity.Membership{GroupID: id, Name: entity.Squeeze(name), Leads: slices.Contains(given.Leads, name)})
	}
	return tx.SetGroups(p.ID, p.Groups)
}
