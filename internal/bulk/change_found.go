package bulk

import (
	"context"
	"slices"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// MostPicked is how many records may be picked one by one for a change. Whoever
// wants more of them filters the list and takes all that it finds.
const MostPicked = 5000

// ChangeFound makes an import that changes one field of all records that q finds
// and who may see. value is what a form says: ids of employees by commas for
// responsibles, "1" or "" for the status, else the field's text; lists matters to
// responsibles only. Nothing happens before somebody has seen what would.
func (s *Service) ChangeFound(ctx context.Context, who access.User, e *entity.Entity, q entity.Query, edit plan.FieldEdit) (*plan.Import, error) {
	if len(q.IDs) > MostPicked {
		return nil, fault.New(fault.Invalid, "error.picked_too_many", "max", MostPicked).In("ids")
	}
	q.IDs = entity.SortedSet(slices.Clone(q.IDs))
	q.Offset, q.Limit, q.Sort, q.Descending = 0, 0, "", false
	scope := who.Scope()
	var found int64
	// counting may take its time, so it is done before anybody has to wait for us
	if err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		found, err = tx.Count(e, q, scope)
		return err
	}); err != nil {
		return nil, err
	}
	return s.begin(ctx, who, access.EditRecords, func(tx *store.Tx) (*plan.Import, error) {
		if err := checkEdit(tx, who, e, &edit); err != nil {
			return nil, err
		}
		if found == 0 {
			return nil, fault.New(fault.Invalid, "error.picked_none").In("ids")
		}
		return taskImport(e, []*entity.Entity{e}, plan.Task{What: plan.ChangeFound, Into: []int64{}, Find: &q, Sight: &scope, Edit: &edit}), nil
	})
}

// checkEdit reads what was asked for as the form of one record does, and makes it
// canonical.
func checkEdit(tx *store.Tx, who access.User, e *entity.Entity, edit *plan.FieldEdit) error {
	switch edit.Field {
	case entity.Responsibles:
		return checkPeople(tx, edit)
	case entity.Active:
		if edit.Value != "1" && edit.Value != "" {
			return fault.New(fault.Invalid, "error.no_such_choice").In(edit.Field)
		}
		return nil
	}
	if !e.Has(edit.Field) || e.Field(edit.Field).Derived {
		return fault.New(fault.Invalid, "error.no_such_field", "name", edit.Field).In("field")
	}
	f := e.Field(edit.Field)
	value, err := f.Parse(edit.Value)
	if err != nil {
		return err
	}
	edit.Value = value
	ids := entity.ParseIDs(value)
	switch {
	case len(ids) == 0:
		return nil
	case f.Kind == entity.Directory:
		values, err := tx.Values(ids)
		if v := values[ids[0]]; err == nil && (v.Directory != f.Directory || v.Retired) {
			err = fault.New(fault.Invalid, "error.no_such_choice").In(f.Name)
		}
		return err
	case f.Kind == entity.Reference:
		rec, err := tx.Get(tx.Catalog().ByName(f.Ref), ids[0])
		if fault.CodeOf(err) == fault.NotFound || err == nil && !who.Scope().Sees(rec) {
			return fault.New(fault.Invalid, "error.no_such_record", "id", ids[0]).In(f.Name)
		}
		return err
	}
	return nil
}

// checkPeople: whoever is put onto lists must work here; anybody may be taken off.
func checkPeople(tx *store.Tx, edit *plan.FieldEdit) error {
	edit.People = entity.SortedSet(slices.Clone(edit.People))
	if len(edit.People) == 0 {
		return fault.New(fault.Invalid, "error.required").In(entity.Responsibles)
	}
	if !slices.Contains([]plan.Lists{plan.Replace, plan.Add, plan.Remove}, edit.Lists) {
		return fault.New(fault.Invalid, "error.no_such_choice").In(entity.Responsibles)
	}
	people, err := tx.People(edit.People)
	if err != nil {
		return err
	}
	for _, id := range edit.People {
		switch p := people[id]; {
		case p == nil:
			return fault.New(fault.Invalid, "error.no_such_employee").In(entity.Responsibles)
		case !p.Active && edit.Lists != plan.Remove:
			return fault.New(fault.Invalid, "error.inactive_employee", "name", p.Name, "login", p.Login).In(entity.Responsibles)
		}
	}
	return nil
}

// changeFound plans what becomes of each record that the list finds, in the order
// of ids. However many they are, a few thousand are held at a time.
func (t *task) changeFound() error {
	var total int64
	if err := t.store.Read(t.ctx, t.imp.Workspace, func(tx *store.Tx) (err error) {
		total, err = tx.Count(t.imp.Entity, *t.Find, *t.Sight)
		return err
	}); err != nil {
		return err
	}
	t.blast.expect(total)
	return t.eachSeen(t.imp.Entity, *t.Find, *t.Sight, func(tx *store.Tx, chunk []*entity.Record) error {
		for _, rec := range chunk {
			if err := t.changeOne(tx, rec); err != nil {
				return err
			}
		}
		t.imp.Done = min(t.imp.Counts.Read*progressWhole/max(total, 1), progressWhole)
		return nil
	})
}

func (t *task) changeOne(tx *store.Tx, rec *entity.Record) error {
	c := t.change(rec)
	switch t.Edit.Field {
	case entity.Active:
		if want := t.Edit.Value == "1"; want != rec.Active {
			c.TouchesActive, c.ActiveBefore, c.ActiveAfter = true, rec.Active, want
		}
	case entity.Responsibles:
		t.changePeople(rec, &c)
	default:
		if wrong, err := t.changeField(tx, rec, &c); wrong || err != nil {
			return err
		}
	}
	t.keep(c)
	return nil
}

func (t *task) changePeople(rec *entity.Record, c *plan.Change) {
	after := rec.Responsibles
	switch t.Edit.Lists {
	case plan.Replace:
		after = t.Edit.People
	case plan.Add:
		after = entity.SortedSet(slices.Concat(rec.Responsibles, t.Edit.People))
	case plan.Remove:
		after = slices.DeleteFunc(slices.Clone(rec.Responsibles), func(id int64) bool { return slices.Contains(t.Edit.People, id) })
	}
	if equalSets(after, rec.Responsibles) {
		return
	}
	c.TouchesResponsibles, c.ResponsiblesBefore, c.ResponsiblesAfter = true, rec.Responsibles, after
	if len(after) == 0 && !t.losesSight(c) {
		c.Guards |= plan.Visibility
		t.say(plan.Problem{Row: c.Row, RecordID: rec.ID, Outcome: plan.Held, Field: entity.Responsibles, Code: "left_to_nobody"})
	}
}

// changeField plans another value of a field; wrong is true when the rules of the
// kind forbid it, which fails the row.
func (t *task) changeField(tx *store.Tx, rec *entity.Record, c *plan.Change) (wrong bool, err error) {
	now := rec.Clone()
	now.Set(t.Edit.Field, t.Edit.Value)
	if len(entity.Diff(rec, now)) == 0 {
		return false, nil
	}
	faults, err := t.kindRules(tx, rec, now)
	if err != nil {
		return false, err
	}
	for _, one := range faults {
		said := complained(one, "")
		if said.args == nil {
			said.args = map[string]any{}
		}
		said.args["entity"] = rec.Entity.Name
		p := said.problem(c.Row, one.Field)
		p.RecordID = rec.ID
		t.say(p)
	}
	if len(faults) > 0 {
		t.imp.Counts.Failed++
		return true, nil
	}
	c.Fields = entity.Diff(rec, now)
	return false, nil
}
