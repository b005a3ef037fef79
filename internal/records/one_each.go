package records

import (
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// keepOneEach keeps what the catalog says of fields like a location's "main":
// exactly one record for each company has it. Giving it to one record takes it
// from the other, as a change of that record with a history of its own; it can
// be given away but not dropped. When the one that has it is deactivated, it
// passes to the first active one, if there is any.
func (u *update) keepOneEach() error {
	for i := range u.now.Entity.Fields {
		f := &u.now.Entity.Fields[i]
		if f.OnePer == "" {
			continue
		}
		if err := u.keepOne(f); err != nil {
			return err
		}
	}
	return nil
}

func (u *update) keepOne(f *entity.Field) error {
	had, has := u.old.Get(f.Name) == "1", u.now.Get(f.Name) == "1"
	moved := u.old.Get(f.OnePer) != u.now.Get(f.OnePer)
	if had && (!has || moved) {
		field := f.Name
		if moved {
			field = f.OnePer
		}
		return fault.New(fault.Invalid, "error.one_must_stay", "entity", u.now.Entity.Name, "field", f.Name).In(field)
	}
	targets := entity.ParseIDs(u.now.Get(f.OnePer))
	if had && u.old.Active && !u.now.Active && len(targets) > 0 {
		return u.findHeir(f, targets[0])
	}
	if had || !has && !moved || len(targets) == 0 {
		return nil
	}
	holder, found, err := u.tx.Holder(u.now.Entity, f.Name, f.OnePer, targets[0])
	if err != nil {
		return err
	}
	if !has {
		if !found { // the first one there
			u.now.Set(f.Name, "1")
		}
		return nil
	}
	if !found || holder == u.now.ID {
		return nil
	}
	other, err := u.tx.Get(u.now.Entity, holder)
	if err != nil {
		return err
	}
	without := other.Clone()
	without.Set(f.Name, "")
	return write(u.tx, u.who, other, without)
}

// findHeir looks for who takes f over from a record that is being deactivated.
func (u *update) findHeir(f *entity.Field, target int64) error {
	if _, _, err := u.tx.Holder(u.now.Entity, f.Name, f.OnePer, target); err != nil { // for its lock
		return err
	}
	active := true
	q := entity.Query{Active: &active, Filters: map[string][]string{f.OnePer: {entity.IDsText([]int64{target})}}}
	list, err := u.tx.Each(u.now.Entity, q, entity.Scope{All: true}, 0, 2)
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
