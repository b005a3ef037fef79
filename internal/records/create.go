package records

import (
	"context"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Create makes a record of raw text by field, as Update takes it; what is not
// given has its default. A kind with a companion is made together with it: a
// company with its main location, whose fields are given as "location.address".
// Everything that is wrong with both is reported at once.
func (s *Service) Create(ctx context.Context, who access.User, e *entity.Entity, given map[string]string) (*entity.Record, error) {
	if err := who.Must(access.EditRecords); err != nil {
		return nil, err
	}
	var rec *entity.Record
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		main, mate, err := conceive(tx, who, e, given)
		if err != nil {
			return err
		}
		rec = main.now
		if err := main.insert(); err != nil || mate == nil {
			return err
		}
		_, flag := tx.Catalog().Companion(e)
		mate.now.Set(flag.OnePer, entity.IDsText([]int64{rec.ID}))
		mate.now.Responsibles = rec.Responsibles // or everybody would see where he is
		return mate.insert()
	})
	if err != nil {
		return nil, err
	}
	return rec, nil
}

// conceive reads what is given into a new record and its companion, if the kind
// has one, and reports what is wrong with either.
func conceive(tx *store.Tx, who access.User, e *entity.Entity, given map[string]string) (main, mate *update, err error) {
	own, others := map[string]string{}, map[string]string{}
	companion, flag := tx.Catalog().Companion(e)
	for name, raw := range given {
		if companion != nil && strings.HasPrefix(name, companion.Name+".") {
			others[strings.TrimPrefix(name, companion.Name+".")] = raw
			continue
		}
		own[name] = raw
	}
	main = newborn(tx, who, e)
	err = main.fill(whole(e, own, ""))
	if companion == nil || err != nil && fault.CodeOf(err) == fault.Internal {
		return main, nil, err
	}
	mate = newborn(tx, who, companion)
	faults := fault.Many(fault.All(err))
	err = mate.fill(whole(companion, others, flag.OnePer))
	if err != nil && fault.CodeOf(err) == fault.Internal {
		return nil, nil, err
	}
	for _, one := range fault.All(err) {
		prefixed := *one
		faults = append(faults, prefixed.In(companion.Name+"."+one.Field))
	}
	return main, mate, faults.ErrOrNil()
}

// newborn is a change from nothing to a record with the declared defaults.
func newborn(tx *store.Tx, who access.User, e *entity.Entity) *update {
	return &update{tx: tx, who: who, old: Nothing(e), now: entity.NewRecord(e)}
}

// Nothing is what a new record is compared with: what history tells of its making
// is what differs from it.
func Nothing(e *entity.Entity) *entity.Record {
	return &entity.Record{Entity: e, Active: true, Values: make([]string, len(e.Fields))}
}

// whole names every field, so that those which must not be empty are missed. The
// field that will name the record's partner is not asked for.
func whole(e *entity.Entity, given map[string]string, partner string) map[string]string {
	all := make(map[string]string, len(e.Fields))
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Name != partner && !f.Derived {
			all[f.Name] = f.Default
		}
	}
	for name, raw := range given {
		all[name] = raw
	}
	return all
}

// insert writes a new record with the beginning of its history.
func (u *update) insert() error {
	if err := u.keepOneEach(); err != nil {
		return err
	}
	if err := u.staysInSight(); err != nil {
		return err
	}
	if err := u.tx.Insert(u.now); err != nil {
		return err
	}
	return u.tx.LogChange(u.now, u.who.EmployeeID, entity.Diff(u.old, u.now))
}
