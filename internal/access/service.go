package access

import (
	"context"
	"runtime"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Service is the use cases of access.
type Service struct {
	store       *store.Store
	hashing     chan struct{} // a place for each password being hashed at once
	nobodysHash string        // compared with when the login does not exist, so that it takes as long
}

// New makes the service.
func New(st *store.Store) *Service {
	return &Service{
		store:       st,
		hashing:     make(chan struct{}, max(1, runtime.NumCPU())),
		nobodysHash: hashOfNothing(),
	}
}

// IsEmpty tells whether nobody can sign in yet and the installation waits for
// SetUp.
func (s *Service) IsEmpty(ctx context.Context) (bool, error) {
	somebody, err := s.store.AnybodySignsIn(ctx)
	return !somebody, err
}

// Workspaces lists all workspaces of the installation, by name.
func (s *Service) Workspaces(ctx context.Context) ([]*entity.Workspace, error) {
	return s.store.Workspaces(ctx)
}

// SetUp makes the first workspace with its first administrator, who is signed
// in by it. Once anybody can sign in, the fault is a conflict.
func (s *Service) SetUp(ctx context.Context, workspace, login, name, password string) (User, error) {
	w := &entity.Workspace{}
	p := &entity.Employee{Role: entity.Administrator, Active: true}
	var faults fault.Many
	faults = readInto(&w.Name, workspaceName, workspace, faults)
	faults = readInto(&p.Name, personName, name, faults)
	p.Login, faults = addLogin(login, faults)
	if bad := checkPassword(password, p.Login); bad != nil {
		faults = append(faults, bad)
	}
	if err := faults.ErrOrNil(); err != nil {
		return User{}, err
	}
	hash := hashPassword(password)
	var user User
	err := s.store.ClaimInstallation(ctx, w, func(tx *store.Tx) (err error) {
		user, err = s.insertWithPassword(tx, p, hash, false)
		return err
	})
	return user, err
}

// AddWorkspace makes a workspace with its first administrator, and returns the
// password to tell him; it must be changed at the first signing in.
func (s *Service) AddWorkspace(ctx context.Context, name, adminLogin string) (password string, err error) {
	w := &entity.Workspace{}
	p := &entity.Employee{Role: entity.Administrator, Active: true}
	var faults fault.Many
	faults = readInto(&w.Name, workspaceName, name, faults)
	p.Login, faults = addLogin(adminLogin, faults)
	if err := faults.ErrOrNil(); err != nil {
		return "", err
	}
	p.Name = p.Login
	password = oneTimePassword()
	hash := hashPassword(password)
	err = s.store.InsertWorkspace(ctx, w, func(tx *store.Tx) error {
		_, err := s.insertWithPassword(tx, p, hash, true)
		return err
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

func (s *Service) insertWithPassword(tx *store.Tx, p *entity.Employee, hash string, mustChange bool) (User, error) {
	if err := tx.InsertEmployee(p); err != nil {
		return User{}, err
	}
	if _, err := tx.SetPassword(p.ID, hash, mustChange); err != nil {
		return User{}, err
	}
	c, err := tx.Credentials(p.ID)
	if err != nil {
		return User{}, err
	}
	return s.user(tx, p, c)
}

// firstWorkspace is the name of the workspace that commands make for themselves
// in a fresh database.
const firstWorkspace = "Надел"

// Operator is whoever runs the command line: every right in the named
// workspace, or in the only one when name is empty. In a fresh database the
// workspace is made. Several to choose from are a fault that lists them.
func (s *Service) Operator(ctx context.Context, name string) (User, error) {
	all, err := s.store.Workspaces(ctx)
	if err != nil {
		return User{}, err
	}
	name = entity.Squeeze(name)
	var w *entity.Workspace
	switch {
	case len(all) == 0:
		w = &entity.Workspace{Name: firstWorkspace}
		if name != "" {
			w.Name = name
		}
		if err := s.store.InsertWorkspace(ctx, w, func(*store.Tx) error { return nil }); err != nil {
			return User{}, err
		}
	case name != "":
		if w, err = s.store.WorkspaceByName(ctx, name); fault.CodeOf(err) == fault.NotFound {
			return User{}, fault.New(fault.Usage, "error.no_such_workspace", "name", name)
		}
		if err != nil {
			return User{}, err
		}
	case len(all) == 1:
		w = all[0]
	default:
		names := make([]string, len(all))
		for i, one := range all {
			names[i] = one.Name
		}
		return User{}, fault.New(fault.Usage, "error.which_workspace", "names", strings.Join(names, ", "))
	}
	who := User{WorkspaceID: w.ID, Workspace: w.Name, Operator: true, Language: w.Language, TimeZone: w.TimeZone, Lists: w.Lists}
	err = s.store.Read(ctx, w.ID, func(tx *store.Tx) error {
		who.Catalog = tx.Catalog()
		return nil
	})
	return who, err
}

// Fields of what is not a record but is read by the same rules.
var (
	workspaceName = &entity.Field{Name: "workspace", Kind: entity.Text, Required: true, Max: 100}
	personName    = &entity.Field{Name: "name", Kind: entity.Text, Required: true}
	personEmail   = &entity.Field{Name: "email", Kind: entity.Email}
	personPhone   = &entity.Field{Name: "phone", Kind: entity.Phone}
)

// readInto reads raw as the field into dest, and adds what is wrong to faults.
func readInto(dest *string, f *entity.Field, raw string, faults fault.Many) fault.Many {
	value, err := f.Parse(raw)
	*dest = value
	return append(faults, fault.All(err)...)
}

func addLogin(raw string, faults fault.Many) (string, fault.Many) {
	login, bad := readLogin(raw)
	if bad != nil {
		faults = append(faults, bad)
	}
	return login, faults
}
