package access

import (
	"context"
	"math"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Guessing passwords is slowed per login and address, so that the owner, coming
// from another address, still gets in; and per address, against trying one
// password on many logins. The latter leaves room for an office behind one
// address that signs in at nine.
const (
	triesPerLogin   = 10
	triesPerAddress = 300
	freeTries       = 3 // the delay begins after them: 1 s, 2 s, 4 s …
	pause           = 15 * time.Minute
)

// SignIn checks a password. workspace may be empty when there is only one;
// address is where the request comes from. Every reason not to let somebody in
// is the same fault after the same work, whether or not the login exists.
func (s *Service) SignIn(ctx context.Context, workspace, login, password, address string) (User, error) {
	w, err := s.workspaceFor(ctx, workspace)
	if err != nil {
		return User{}, err
	}
	if len(login) > 4*longestLogin {
		login = "" // nobody's: failures are stored by login, and this would fill the disk
	}
	folded := entity.Fold(login)
	if err := s.try(ctx, w.ID, folded, address); err != nil {
		return User{}, err
	}
	// Only the least is read before the password is looked at, or the time taken
	// would tell which logins exist.
	var p *entity.Employee
	hash := s.nobodysHash
	err = s.store.Read(ctx, w.ID, func(tx *store.Tx) (err error) {
		p, err = tx.EmployeeByLogin(login)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		c, err := tx.Credentials(p.ID)
		if c.Hash != "" && p.Active {
			hash = c.Hash
		}
		return err
	})
	if err != nil {
		return User{}, err
	}
	right, err := s.matches(ctx, hash, password)
	if err != nil {
		return User{}, err
	}
	if !right || hash == s.nobodysHash {
		return User{}, fault.New(fault.Unauthenticated, "error.wrong_sign_in")
	}
	if err := s.store.ForgetTries(ctx, w.ID, folded, address); err != nil {
		return User{}, err
	}
	var user User
	err = s.store.Read(ctx, w.ID, func(tx *store.Tx) error {
		p, err := tx.Employee(p.ID)
		if err != nil {
			return err
		}
		c, err := tx.Credentials(p.ID)
		if err != nil {
			return err
		}
		if !p.Active || c.Hash != hash { // since a moment ago
			return fault.New(fault.Unauthenticated, "error.wrong_sign_in")
		}
		user, err = s.user(tx, p, c)
		return err
	})
	return user, err
}

// workspaceFor finds the workspace somebody wants to sign in to. An unknown one
// has id 0, where no login exists.
func (s *Service) workspaceFor(ctx context.Context, name string) (*entity.Workspace, error) {
	if entity.Squeeze(name) == "" {
		all, err := s.store.Workspaces(ctx)
		if err == nil && len(all) == 1 {
			return all[0], nil
		}
		return &entity.Workspace{}, err
	}
	w, err := s.store.WorkspaceByName(ctx, name)
	if fault.CodeOf(err) == fault.NotFound {
		return &entity.Workspace{}, nil
	}
	return w, err
}

// try counts a try, or refuses it for coming too early.
func (s *Service) try(ctx context.Context, workspace int64, login, address string) error {
	return s.store.CountTry(ctx, workspace, login, address, pause, func(f store.Failures, now time.Time) error {
		wait := max(f.Last.Add(delay(f.Login)).Sub(now), 0)
		if f.ByAddress >= triesPerAddress {
			wait = max(wait, pause)
		}
		if wait == 0 {
			return nil
		}
		return fault.New(fault.TooMany, "error.too_many_tries", "seconds", int(math.Ceil(wait.Seconds())))
	})
}

// delay is how long after its last failure a login may not be tried again.
func delay(failures int64) time.Duration {
	switch {
	case failures >= triesPerLogin:
		return pause
	case failures > freeTries:
		return time.Second << (failures - freeTries - 1)
	default:
		return 0
	}
}

// matches compares a password with a hash, a few at a time: each takes 19 MiB
// and a processor.
func (s *Service) matches(ctx context.Context, hash, password string) (bool, error) {
	if len(password) > 4*longestPassword {
		password = "" // matches nothing; an overlong text is not worth hashing
	}
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-s.hashing }()
	return matches(hash, password)
}

// Resume finds the user of a session as he is now. A session is over when the
// employee was deactivated, his role changed, or his password.
func (s *Service) Resume(ctx context.Context, workspaceID, employeeID, epoch int64) (User, error) {
	var user User
	err := s.store.Read(ctx, workspaceID, func(tx *store.Tx) error {
		p, err := tx.Employee(employeeID)
		if err != nil {
			return err
		}
		c, err := tx.Credentials(employeeID)
		if err != nil {
			return err
		}
		if !p.Active || c.Epoch != epoch {
			return fault.New(fault.NotFound, "error.no_such_employee")
		}
		user, err = s.user(tx, p, c)
		return err
	})
	if fault.CodeOf(err) == fault.NotFound {
		return User{}, fault.New(fault.Unauthenticated, "error.session_over")
	}
	return user, err
}

// user is the employee as a User.
func (s *Service) user(tx *store.Tx, p *entity.Employee, c store.Credentials) (User, error) {
	w, err := tx.OwnWorkspace()
	if err != nil {
		return User{}, err
	}
	led, err := tx.LedBy(p.ID)
	if err != nil {
		return User{}, err
	}
	u := User{
		WorkspaceID: w.ID, Workspace: w.Name, EmployeeID: p.ID, Login: p.Login, Name: p.Name, Role: p.Role,
		Language: p.Language, TimeZone: w.TimeZone, Lists: w.Lists, MustChangePassword: c.MustChange, Epoch: c.Epoch,
		Catalog: tx.Catalog(),
		scope:   scopeOf(w, p.ID, p.Role, led),
	}
	if u.Language == "" {
		u.Language = w.Language
	}
	return u, nil
}
