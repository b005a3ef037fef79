package records

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Update changes the given fields of one record. given is raw text by field:
// declared fields, "status" (a truth: active or not) and "responsibles" (ids of
// employees, by commas); a field that is not given stays. version is the one that
// the caller has seen: what others have changed since is kept where the caller
// left it alone, and is a conflict (ContestedError) where both wrote the same field.
// Everything that is wrong is reported at once. The change, its history and what
// it moves elsewhere are one transaction.
func (s *Service) Update(ctx context.Context, who access.User, e *entity.Entity, id, version int64, given map[string]string) (*entity.Record, error) {
	if err := who.Must(access.EditRecords); err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		rec, err := s.update(ctx, who, e, id, version, given)
		if fault.CodeOf(err) != fault.Conflict || isContested(err) || try == updateTries {
			return rec, err
		}
	}
}

// updateTries is how often a change is merged anew when somebody else saves at
// the very same moment.
const updateTries = 3

func (s *Service) update(ctx context.Context, who access.User, e *entity.Entity, id, version int64, given map[string]string) (*entity.Record, error) {
	var now *entity.Record
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		old, err := visible(tx, who, e, id)
		if err != nil {
			return err
		}
		if old.Version != version {
			if given, err = mergeable(tx, old, version, given); err != nil {
				return err
			}
		}
		now = old.Clone()
		u := update{tx: tx, who: who, old: old, now: now}
		if err := u.fill(given); err != nil {
			return err
		}
		return u.save()
	})
	if err != nil {
		return nil, err
	}
	return now, nil
}

// update is one change of a record on its way.
type update struct {
	tx       *store.Tx
	who      access.User
	old, now *entity.Record
	faults   fault.Many
	heir     *entity.Record // takes over what the record gives up (keepOneEach), once that is written
}

// fill reads what is given into now and checks the whole.
func (u *update) fill(given map[string]string) error {
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	slices.Sort(names) // faults come in one order every time
	for _, name := range names {
		if err := u.set(name, given[name]); err != nil {
			if fault.CodeOf(err) == fault.Internal {
				return err
			}
			u.faults = append(u.faults, fault.All(err)...)
		}
	}
	if check := u.now.Entity.Check; check != nil && len(u.faults) == 0 {
		if err := check(u.now); err != nil {
			return err
		}
	}
	return u.faults.ErrOrNil()
}

func (u *update) set(name, raw string) error {
	switch {
	case name == entity.Active:
		value, err := activeField.Parse(raw)
		u.now.Active = value == "1"
		return err
	case name == entity.Responsibles:
		return u.setResponsibles(raw)
	case !u.now.Entity.Has(name):
		return fault.New(fault.Invalid, "error.no_such_field", "name", name)
	}
	f := u.now.Entity.Field(name)
	if f.Derived {
		return fault.New(fault.Invalid, "error.no_such_field", "name", name)
	}
	value, err := f.Parse(raw)
	if err != nil || value == u.now.Get(name) {
		return err // what stands may stay, even when it could not be chosen today
	}
	u.now.Set(name, value)
	switch f.Kind {
	case entity.Directory:
		return u.checkValue(f, value)
	case entity.Reference:
		return u.checkReference(f, value)
	}
	return nil
}

var activeField = &entity.Field{Name: entity.Active, Kind: entity.Bool}

// setResponsibles takes ids by commas. Those who are there already may stay
// though inactive, or not led by whoever writes; none of these comes in.
func (u *update) setResponsibles(raw string) error {
	var ids []int64
	for part := range strings.SplitSeq(raw, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil || id <= 0 {
			return fault.New(fault.Invalid, "error.no_such_employee", "employee", part).In(entity.Responsibles)
		}
		ids = append(ids, id)
	}
	ids = entity.SortedSet(ids)
	people, err := u.tx.People(ids)
	if err != nil {
		return err
	}
	var faults fault.Many
	for _, id := range ids {
		p := people[id]
		switch {
		case p == nil:
			faults = append(faults, fault.New(fault.Invalid, "error.no_such_employee", "employee", id).In(entity.Responsibles))
		case !p.Active && !slices.Contains(u.old.Responsibles, id):
			faults = append(faults, fault.New(fault.Invalid, "error.inactive_employee", "name", p.Name, "login", p.Login).In(entity.Responsibles))
		case !u.who.MayName(id) && !slices.Contains(u.old.Responsibles, id):
			faults = append(faults, fault.New(fault.Invalid, "error.not_led", "name", p.Name, "login", p.Login).In(entity.Responsibles))
		}
	}
	u.now.Responsibles = ids
	return faults.ErrOrNil()
}

func (u *update) checkValue(f *entity.Field, value string) error {
	ids := entity.ParseIDs(value)
	if len(ids) == 0 {
		return nil
	}
	values, err := u.tx.Values(ids)
	if err != nil {
		return err
	}
	if v := values[ids[0]]; v.Directory != f.Directory || v.Retired {
		return fault.New(fault.Invalid, "error.no_such_choice").In(f.Name)
	}
	return nil
}

func (u *update) checkReference(f *entity.Field, value string) error {
	ids := entity.ParseIDs(value)
	if len(ids) == 0 {
		return nil
	}
	_, err := visible(u.tx, u.who, u.tx.Catalog().ByName(f.Ref), ids[0])
	if fault.CodeOf(err) != fault.NotFound {
		return err
	}
	absent := *fault.All(err)[0]
	absent.Code = fault.Invalid // of the form, not of the address
	return absent.In(f.Name)
}

// save writes the change with its history, and what it moves elsewhere.
func (u *update) save() error {
	if err := u.keepOneEach(); err != nil {
		return err
	}
	if err := u.staysInSight(); err != nil {
		return err
	}
	if err := write(u.tx, u.who, u.old, u.now); err != nil || u.heir == nil {
		return err
	}
	return u.crown()
}

// staysInSight refuses to write a record out of the writer's own sight: he could
// not even see what he has done.
func (u *update) staysInSight() error {
	if u.who.Scope().Sees(u.now) {
		return nil
	}
	return fault.New(fault.Invalid, "error.out_of_sight").In(entity.Responsibles)
}

func write(tx *store.Tx, who access.User, old, now *entity.Record) error {
	changes := entity.Diff(old, now)
	if len(changes) == 0 {
		return nil
	}
	if err := tx.Update(old, now); err != nil {
		return err
	}
	return tx.LogChange(now, who.EmployeeID, changes)
}
