package records

import (
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// keepOneEach keeps what the catalog says of fields like a location's "main":
// exactly one record for each company has it. Giving it to one record takes it
// from the other, as a change of that record with a history of its own. When the
// one that has it is deactivated, it passes to the first active one, if there is
// any.
func (u *update) keepOneEach() error {
	for i := range u.now.Entity.Fields {
		f := &u.now.Entity.Fields[i]
		if f.OnePer == "" {
			continue
		}
		holder, err := OnePer(u.tx, f, u.old, u.now)
		if err != nil {
			return err
		}
		if at := entity.ParseIDs(u.now.Get(f.OnePer)); u.old.Get(f.Name) == "1" && u.old.Active && !u.now.Active && len(at) > 0 {
			if err := u.findHeir(f, at[0]); err != nil {
				return err
			}
		}
		if holder == 0 {
			continue
		}
		other, err := u.tx.Get(u.now.Entity, holder)
		if err != nil {
			return err
		}
		if !u.who.Scope().Sees(other) {
			return fault.New(fault.Invalid, "error.one_of_others").In(f.Name)
		}
		without := other.Clone()
		without.Set(f.Name, "")
		if err := write(u.tx, u.who, other, without); err != nil {
			return err
		}
	}
	return nil
}

// OnePer is the rule of a field that exactly one record of those with the same
// reference has. It can be given away but not dropped: that is a fault. A record
// that comes where nobody has it gets it; where another has it that is to be
// given to now, holder is that other.
func OnePer(tx *store.Tx, f *entity.Field, old, now *entity.Record) (holder int64, err error) {
	had, has := old.Get(f.Name) == "1", now.Get(f.Name) == "1"
	moved := old.Get(f.OnePer) != now.Get(f.OnePer)
	if had && (!has || moved) {
		field := f.Name
		if moved {
			field = f.OnePer
		}
		return 0, fault.New(fault.Invalid, "error.one_must_stay", "entity", now.Entity.Name, "field", f.Name).In(field)
	}
	targets := entity.ParseIDs(now.Get(f.OnePer))
	if had || !has && !moved || len(targets) == 0 {
		return 0, nil
	}
	holder, found, err := tx.Holder(now.Entity, f.Name, f.OnePer, targets[0])
	if err != nil {
		return 0, err
	}
	if !has {
		if !found { // the first one there
			now.Set(f.Name, "1")
		}
		return 0, nil
	}
	if !found || holder == now.ID {
		return 0, nil
	}
	return holder, nil
}

// findHeir looks for who takes f over from a record that is being deactivated,
// among those that whoever does it sees. Where there is none, the record keeps it.
func (u *update) findHeir(f *entity.Field, target int64) error {
	if _, _, err := u.tx.Holder(u.now.Entity, f.Name, f.OnePer, target); err != nil { // for its lock
		return err
	}
	active := true
	q := entity.Query{Active: &active, Filters: map[string][]string{f.OnePer: {entity.IDsText([]int64{target})}}}
	list, err := u.tx.Each(u.now.Entity, q, u.who.Scope(), 0, 2)
	for _, rec := range list {
		if rec.ID != u.now.ID {
			u.heir = rec.Clone()
			u.now.Set(f.Name, "")
			break
		}
	}
	return err
}

// crown gives the heir what the record has given up.
func (u *update) crown() error {
	old := u.heir.Clone()
	for i := range u.heir.Entity.Fields {
		if f := &u.heir.Entity.Fields[i]; f.OnePer != "" && u.old.Get(f.Name) == "1" && u.now.Get(f.Name) == "" {
			u.heir.Set(f.Name, "1")
		}
	}
	return write(u.tx, u.who, old, u.heir)
}
