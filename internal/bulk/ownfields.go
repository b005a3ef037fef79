package bulk

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// The fields that a workspace declares for itself. They are declared here because
// a heading must be one that a file can have: no other column's, no word of the
// grammar, and nothing that is taken for a misspelling of either.

// UsedField is an own field with how many records hold a value of it.
type UsedField struct {
	entity.OwnField
	Records int64
}

// OwnFields lists the fields that the workspace has declared on e, retired ones
// included, in their order.
func (s *Service) OwnFields(ctx context.Context, who access.User, e *entity.Entity) (list []UsedField, err error) {
	if err := who.Must(access.Administer); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		fields, err := tx.OwnFields()
		if err != nil {
			return err
		}
		uses, err := tx.OwnFieldUses()
		for _, f := range fields {
			if f.Entity == e.Name {
				list = append(list, UsedField{f, uses[f.ID]})
			}
		}
		return err
	})
	return list, err
}

var ownHeading = &entity.Field{Name: "heading", Kind: entity.Text, Required: true, Max: entity.MostOwnHeading}

// DeclareField gives the records of a kind a field of the workspace's own. What
// is wrong with it is told all at once.
func (s *Service) DeclareField(ctx context.Context, who access.User, f entity.OwnField) (entity.OwnField, error) {
	f.ID, f.Retired = 0, false
	err := s.onFields(ctx, who, func(tx *store.Tx, all []entity.OwnField) error {
		var faults fault.Many
		heading, err := s.goodHeading(f, f.Heading, all)
		faults = append(faults, fault.All(err)...)
		if !f.Kind.Known() {
			faults = append(faults, fault.New(fault.Invalid, "error.no_such_choice").In("kind"))
		}
		if f.Kind == entity.OwnYesNo && f.Mandatory {
			faults = append(faults, fault.New(fault.Invalid, "error.yesno_mandatory").In("mandatory"))
		}
		faults = append(faults, room(all, f.Entity)...)
		if err := faults.ErrOrNil(); err != nil {
			return err
		}
		f.Heading = heading
		return saveField(tx, who, entity.OwnField{}, &f)
	})
	return f, err
}

// room is the fault of a kind of record having as many own fields as it can.
func room(all []entity.OwnField, kind string) fault.Many {
	active, ever := 0, 0
	for _, f := range all {
		if f.Entity == kind {
			ever++
			if !f.Retired {
				active++
			}
		}
	}
	switch {
	case active >= entity.MostOwnFields:
		return fault.Many{fault.New(fault.Invalid, "error.too_many_own_fields", "max", entity.MostOwnFields).In("heading")}
	case ever >= entity.MostOwnFieldsEver:
		return fault.Many{fault.New(fault.Invalid, "error.too_many_own_fields_ever", "max", entity.MostOwnFieldsEver).In("heading")}
	}
	return nil
}

// ChangeField changes how an own field is called and whether it is mandatory. What
// it holds never changes.
func (s *Service) ChangeField(ctx context.Context, who access.User, e *entity.Entity, id int64, heading string, mandatory bool) error {
	return s.onField(ctx, who, e, id, func(tx *store.Tx, f entity.OwnField, all []entity.OwnField) error {
		heading, err := s.goodHeading(f, heading, all)
		faults := fault.Many(fault.All(err))
		if mandatory && f.Kind == entity.OwnYesNo {
			faults = append(faults, fault.New(fault.Invalid, "error.yesno_mandatory").In("mandatory"))
		}
		if err := faults.ErrOrNil(); err != nil {
			return err
		}
		before := f
		f.Heading, f.Mandatory = heading, mandatory
		return saveField(tx, who, before, &f)
	})
}

// RetireField takes an own field out of forms, files and filters, or brings it
// back. Its values stay where they are, and are shown there.
func (s *Service) RetireField(ctx context.Context, who access.User, e *entity.Entity, id int64, retired bool) error {
	return s.onField(ctx, who, e, id, func(tx *store.Tx, f entity.OwnField, all []entity.OwnField) error {
		if f.Retired && !retired {
			if full := room(all, f.Entity); len(full) > 0 && full[0].Key == "error.too_many_own_fields" {
				return full.ErrOrNil()
			}
		}
		before := f
		f.Retired = retired
		return saveField(tx, who, before, &f)
	})
}

// MoveField puts an own field before another one of its kind, or to the end when
// before is 0.
func (s *Service) MoveField(ctx context.Context, who access.User, e *entity.Entity, id, before int64) error {
	return s.onField(ctx, who, e, id, func(tx *store.Tx, f entity.OwnField, all []entity.OwnField) error {
		var order []entity.OwnField
		placed := false
		for _, other := range all {
			if other.Entity != f.Entity {
				continue
			}
			if other.ID == before {
				order, placed = append(order, f), true
			}
			if other.ID != f.ID {
				order = append(order, other)
			}
		}
		switch {
		case id == before:
			return nil
		case before == 0:
			order = append(order, f)
		case !placed:
			return fault.New(fault.Invalid, "error.no_such_choice").In("before")
		}
		for n := range order {
			if order[n].Place == int64(n)+1 {
				continue
			}
			order[n].Place = int64(n) + 1
			if err := tx.SaveOwnField(&order[n], foldHeading(order[n].Heading)); err != nil {
				return err
			}
		}
		return nil
	})
}

// saveField stores a field and notes in the log of settings who has changed what.
func saveField(tx *store.Tx, who access.User, before entity.OwnField, f *entity.OwnField) error {
	if err := tx.SaveOwnField(f, foldHeading(f.Heading)); err != nil {
		return err
	}
	if changes := entity.DiffOwnField(&before, f); len(changes) > 0 {
		return tx.LogSettings(who.EmployeeID, changes)
	}
	return nil
}

func (s *Service) onFields(ctx context.Context, who access.User, f func(*store.Tx, []entity.OwnField) error) error {
	if err := who.Must(access.Administer); err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		all, err := tx.LockOwnFields()
		if err != nil {
			return err
		}
		return f(tx, all)
	})
}

func (s *Service) onField(ctx context.Context, who access.User, e *entity.Entity, id int64, f func(*store.Tx, entity.OwnField, []entity.OwnField) error) error {
	return s.onFields(ctx, who, func(tx *store.Tx, all []entity.OwnField) error {
		n := slices.IndexFunc(all, func(own entity.OwnField) bool { return own.ID == id && own.Entity == e.Name })
		if n < 0 {
			return fault.New(fault.NotFound, "error.no_such_own_field")
		}
		return f(tx, all[n], all)
	})
}

// goodHeading reads a heading for f and tells what is wrong with it: whose it is
// already, or what it would be taken for.
func (s *Service) goodHeading(f entity.OwnField, raw string, all []entity.OwnField) (string, error) {
	heading, err := ownHeading.Parse(raw)
	if err != nil {
		return "", err
	}
	folded := foldHeading(heading)
	first := []rune(heading)[0]
	if _, hidden := invisible(heading); hidden || strings.ContainsAny(heading, "=,;") || entity.IsOwnName(folded) ||
		!unicode.IsLetter(first) && !unicode.IsDigit(first) && first != '№' || !strings.ContainsFunc(heading, unicode.IsLetter) {
		return "", fault.New(fault.Invalid, "error.bad_heading").In("heading")
	}
	for _, other := range all {
		if other.Entity != f.Entity || other.ID == f.ID {
			continue
		}
		if !sameHeading(foldHeading(other.Heading), folded) {
			continue
		}
		key := "error.heading_taken"
		if other.Retired {
			key = "error.heading_retired"
		}
		return "", fault.New(fault.Invalid, key, "heading", other.Heading).In("heading")
	}
	if ours := s.reserved(f.Entity, folded); ours != "" {
		return "", fault.New(fault.Invalid, "error.heading_reserved", "heading", heading, "ours", ours).In("heading")
	}
	return heading, nil
}

func sameHeading(a, b string) bool { return a == b || entity.Skeleton(a) == entity.Skeleton(b) }

// reserved is what of ours a folded heading is, or is taken for: a column of a
// file of the kind, in any language, or a word of the grammar; "" when it is free.
func (s *Service) reserved(kind, folded string) string {
	c := s.store.Catalog()
	e := c.ByName(kind)
	edit := newHeadings(e, s.locales, plan.Options{})
	for _, h := range []*headings{edit, newRecordHeadings(c, e, s.locales, "")} {
		for ours, shown := range h.shown {
			if sameHeading(ours, folded) {
				return shown
			}
		}
	}
	// a misspelling of what guards and steers an import must never be another column
	if like := edit.nearly(folded); slices.Contains(editColumns, edit.known[like]) {
		return edit.shown[like]
	}
	words := slices.Concat(entity.ClearWords, entity.AddWords, entity.RemoveWords, entity.EmptyWords)
	for _, tag := range s.locales.Languages() {
		words = append(words, s.locales.Get(tag).T("report.reason"))
	}
	for _, word := range words {
		if sameHeading(foldHeading(word), folded) {
			return word
		}
	}
	return ""
}
