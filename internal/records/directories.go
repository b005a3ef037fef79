package records

import (
	"context"
	"slices"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// ValueName is what a value of a directory may be called.
var ValueName = &entity.Field{Name: "name", Kind: entity.Text, Required: true}

// Use is where records hold a value of a directory.
type Use struct {
	Entity  *entity.Entity
	Field   string
	Records int64
}

// UsedValue is a value of a directory with where it stands.
type UsedValue struct {
	entity.DirectoryValue
	Uses      []Use
	Employees int64 // who have it as their position
}

// Count is in how many places the value stands.
func (v UsedValue) Count() int64 {
	n := v.Employees
	for _, u := range v.Uses {
		n += u.Records
	}
	return n
}

// Directory lists the values of a directory in their order, with where each is used.
func (s *Service) Directory(ctx context.Context, who access.User, name string) (list []UsedValue, err error) {
	if err := s.mayManage(who, name); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		values, err := tx.DirectoryValues(name)
		if err != nil {
			return err
		}
		for _, v := range values {
			list = append(list, UsedValue{DirectoryValue: v})
		}
		return countUses(tx, name, list)
	})
	return list, err
}

func countUses(tx *store.Tx, directory string, list []UsedValue) error {
	for _, e := range tx.Catalog().Entities {
		for i := range e.Fields {
			f := &e.Fields[i]
			if f.Directory != directory {
				continue
			}
			uses, err := tx.ValueUses(e, f.Name)
			if err != nil {
				return err
			}
			for n := range list {
				if records := uses[list[n].ID]; records > 0 {
					list[n].Uses = append(list[n].Uses, Use{e, f.Name, records})
				}
			}
		}
	}
	if directory != entity.Positions {
		return nil
	}
	uses, err := tx.PositionUses()
	for n := range list {
		list[n].Employees = uses[list[n].ID]
	}
	return err
}

func (s *Service) mayManage(who access.User, directory string) error {
	if err := who.Must(access.ManageDirectories); err != nil {
		return err
	}
	if !slices.Contains(who.Catalog.Directories, directory) {
		return fault.New(fault.NotFound, "error.no_such_directory", "directory", directory)
	}
	return nil
}

// AddValue adds a value at the end of a directory. One that is there already,
// whatever its case, is a fault, unless it is retired: then it is offered again.
func (s *Service) AddValue(ctx context.Context, who access.User, directory, name string) (id int64, err error) {
	if err := s.mayManage(who, directory); err != nil {
		return 0, err
	}
	if name, err = ValueName.Parse(name); err != nil {
		return 0, err
	}
	err = s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		values, err := tx.DirectoryValues(directory)
		if err != nil {
			return err
		}
		for _, v := range values {
			if entity.Fold(v.Name) != entity.Fold(name) {
				continue
			}
			if id = v.ID; v.Retired {
				return tx.SetRetired(id, false)
			}
			return fault.New(fault.Invalid, "error.value_taken", "name", v.Name).In("name")
		}
		id, err = tx.EnsureDirectoryValue(directory, name)
		return err
	})
	return id, err
}

// EnsureValue finds a value by name regardless of case, or adds it: what somebody
// typed into a form instead of choosing. A retired one is offered again.
func (s *Service) EnsureValue(ctx context.Context, who access.User, directory, name string) (id int64, err error) {
	id, err = s.AddValue(ctx, who, directory, name)
	if id != 0 && fault.CodeOf(err) == fault.Invalid {
		return id, nil // it is there already
	}
	return id, err
}

// RenameValue changes what a value is called, wherever it stands.
func (s *Service) RenameValue(ctx context.Context, who access.User, directory string, id int64, name string) error {
	name, err := ValueName.Parse(name)
	if err != nil {
		return err
	}
	return s.onValue(ctx, who, directory, id, func(tx *store.Tx, v entity.DirectoryValue) error { return tx.RenameValue(v, name) })
}

// RetireValue takes a value out of what is offered, or offers it again. Where it
// stands it stays.
func (s *Service) RetireValue(ctx context.Context, who access.User, directory string, id int64, retired bool) error {
	return s.onValue(ctx, who, directory, id, func(tx *store.Tx, v entity.DirectoryValue) error { return tx.SetRetired(id, retired) })
}

// MoveValue puts a value before another one of its directory, or to the end when
// before is 0.
func (s *Service) MoveValue(ctx context.Context, who access.User, directory string, id, before int64) error {
	return s.onValue(ctx, who, directory, id, func(tx *store.Tx, v entity.DirectoryValue) error {
		values, err := tx.DirectoryValues(directory)
		if err != nil || id == before {
			return err
		}
		order := make([]int64, 0, len(values))
		for _, other := range values {
			if other.ID == before {
				order = append(order, id)
			}
			if other.ID != id {
				order = append(order, other.ID)
			}
		}
		if before == 0 {
			order = append(order, id)
		}
		if len(order) != len(values) {
			return fault.New(fault.Invalid, "error.no_such_choice").In("before")
		}
		return tx.PlaceValues(order)
	})
}

// HasValue is the fault of there being no such value in the directory; nil when
// there is.
func (s *Service) HasValue(ctx context.Context, who access.User, directory string, id int64) error {
	return s.onValue(ctx, who, directory, id, func(*store.Tx, entity.DirectoryValue) error { return nil })
}

func (s *Service) onValue(ctx context.Context, who access.User, directory string, id int64, f func(*store.Tx, entity.DirectoryValue) error) error {
	if err := s.mayManage(who, directory); err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		values, err := tx.Values([]int64{id})
		if err != nil {
			return err
		}
		if values[id].Directory != directory {
			return fault.New(fault.NotFound, "error.no_such_directory_value")
		}
		return f(tx, values[id])
	})
}
