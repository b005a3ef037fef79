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

// Merge makes an import that makes one record of two: from is merged into into.
// Nothing happens before somebody has seen what would.
func (s *Service) Merge(ctx context.Context, who access.User, e *entity.Entity, from, into int64) (*plan.Import, error) {
	return s.begin(ctx, who, access.MergeRecords, func(tx *store.Tx) (*plan.Import, error) {
		list, err := tx.GetMany(e, []int64{from, into})
		if err != nil {
			return nil, err
		}
		field, can := e.MergedInto()
		if !can || len(list) != 2 || from == into || list[0].Get(field.Name) != "" || list[1].Get(field.Name) != "" {
			return nil, fault.New(fault.Invalid, "error.cannot_merge")
		}
		kinds := []*entity.Entity{e}
		for _, other := range tx.Catalog().Entities {
			if other.Number != e.Number && len(referring(other, func(f *entity.Field) bool { return f.Ref == e.Name })) > 0 {
				kinds = append(kinds, other)
			}
		}
		return taskImport(e, kinds, plan.Task{What: plan.MergeRecords, From: from, Into: []int64{into}}), nil
	})
}

// MergeValues makes an import that puts one value of a directory wherever
// another one stands. The one that is replaced is retired when it is applied.
func (s *Service) MergeValues(ctx context.Context, who access.User, from, into int64) (*plan.Import, error) {
	return s.begin(ctx, who, access.ManageDirectories, func(tx *store.Tx) (*plan.Import, error) {
		values, err := tx.Values([]int64{from, into})
		if err != nil {
			return nil, err
		}
		if from == into || values[from].Directory == "" || values[from].Directory != values[into].Directory || values[into].Retired {
			return nil, fault.New(fault.Invalid, "error.cannot_merge")
		}
		var kinds []*entity.Entity
		for _, e := range tx.Catalog().Entities {
			if len(referring(e, func(f *entity.Field) bool { return f.Directory == values[from].Directory })) > 0 {
				kinds = append(kinds, e)
			}
		}
		if len(kinds) == 0 {
			return nil, fault.New(fault.Invalid, "error.cannot_merge")
		}
		return taskImport(kinds[0], kinds, plan.Task{What: plan.MergeValues, From: from, Into: []int64{into}}), nil
	})
}

// HandOver makes an import that puts employees in the place of another one,
// wherever he is responsible.
func (s *Service) HandOver(ctx context.Context, who access.User, from int64, into []int64) (*plan.Import, error) {
	return s.begin(ctx, who, access.ManageEmployees, func(tx *store.Tx) (*plan.Import, error) {
		if _, err := tx.Employee(from); err != nil {
			return nil, err
		}
		into = entity.SortedSet(into)
		people, err := tx.People(into)
		if err != nil {
			return nil, err
		}
		if len(into) == 0 {
			return nil, fault.New(fault.Invalid, "error.required").In("into")
		}
		for _, id := range into {
			if p := people[id]; p == nil || !p.Active || id == from {
				return nil, fault.New(fault.Invalid, "error.no_such_choice").In("into")
			}
		}
		all := tx.Catalog().Entities
		return taskImport(all[0], all, plan.Task{What: plan.HandOver, From: from, Into: into}), nil
	})
}

// rightOf is what somebody must be allowed beside importing to carry an import
// out, or to take it back: what its task needs, or that of the import it undoes.
func rightOf(tx *store.Tx, i *plan.Import) (access.Action, error) {
	for i.Undoes != 0 {
		var err error
		if i, err = tx.Import(i.Undoes); err != nil {
			return "", err
		}
	}
	if i.Options.Task == nil {
		return access.ImportRecords, nil
	}
	return map[plan.TaskName]access.Action{
		plan.MergeRecords: access.MergeRecords, plan.MergeValues: access.ManageDirectories,
		plan.HandOver: access.ManageEmployees, plan.ChangeFound: access.EditRecords,
	}[i.Options.Task.What], nil
}

func mustCarryOut(tx *store.Tx, who access.User, i *plan.Import) error {
	right, err := rightOf(tx, i)
	if err != nil {
		return err
	}
	return who.Must(right)
}

func taskImport(e *entity.Entity, kinds []*entity.Entity, t plan.Task) *plan.Import {
	return &plan.Import{Entity: e, Kinds: kinds, Mode: plan.Edit, Options: plan.Options{Task: &t}}
}

// begin stores the import that make has made. Whoever begins one must also be
// allowed to import: it is one.
func (s *Service) begin(ctx context.Context, who access.User, needs access.Action, make func(*store.Tx) (*plan.Import, error)) (*plan.Import, error) {
	for _, right := range []access.Action{needs, access.ImportRecords} {
		if err := who.Must(right); err != nil {
			return nil, err
		}
	}
	var i *plan.Import
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if i, err = make(tx); err != nil {
			return err
		}
		i.CreatedBy, i.Options.Language = who.EmployeeID, who.Language
		return tx.InsertImport(i, false)
	})
	s.nudge()
	return i, err
}

// referring is the fields of e that hold such ids.
func referring(e *entity.Entity, such func(*entity.Field) bool) []*entity.Field {
	var list []*entity.Field
	for i := range e.Fields {
		if such(&e.Fields[i]) {
			list = append(list, &e.Fields[i])
		}
	}
	return list
}

// task is the planning of a task: it walks the records that are concerned, kind
// by kind, and says what becomes of each.
type task struct {
	*planner
	plan.Task
	row int64 // a task has no file: its rows are counted
}

// planTask makes the plan of a task.
func (j *job) planTask() error {
	p, err := j.newPlanner(0)
	if err != nil {
		return err
	}
	defer p.countLoads()()
	t := &task{planner: p, Task: *j.imp.Options.Task}
	switch t.What {
	case plan.MergeRecords:
		err = t.mergeRecords()
	case plan.MergeValues:
		err = t.mergeValues()
	case plan.HandOver:
		err = t.handOver()
	case plan.ChangeFound:
		err = t.changeFound()
	}
	if err != nil {
		return err
	}
	return p.finishPlan()
}

// each gives the records that a query finds, chunk by chunk, to f, and writes
// what f has planned.
func (t *task) each(e *entity.Entity, q entity.Query, f func(*store.Tx, []*entity.Record) error) error {
	return t.eachSeen(e, q, entity.Scope{All: true}, f)
}

// eachSeen is each for records within a scope, of which whoever is worked for must
// have kept sight.
func (t *task) eachSeen(e *entity.Entity, q entity.Query, scope entity.Scope, f func(*store.Tx, []*entity.Record) error) error {
	for after := int64(0); ; {
		var chunk []*entity.Record
		err := t.store.Read(t.ctx, t.imp.Workspace, func(tx *store.Tx) (err error) {
			if chunk, err = tx.Each(e, q, scope, after, planChunk); err != nil || len(chunk) == 0 {
				return err
			}
			return f(tx, slices.DeleteFunc(slices.Clone(chunk), func(rec *entity.Record) bool { return !t.who.Scope().Sees(rec) }))
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		after = chunk[len(chunk)-1].ID
		if err := t.flush(); err != nil {
			return err
		}
	}
}

// change begins the row of a record.
func (t *task) change(rec *entity.Record) plan.Change {
	t.row++
	t.imp.Counts.Read++
	return plan.Change{Entity: rec.Entity, RecordID: rec.ID, Row: t.row, Version: rec.Version}
}

// keep puts a row that changes something into the plan.
func (t *task) keep(c plan.Change) {
	if c.Empty() {
		t.imp.Counts.Unchanged++
		return
	}
	t.put(c)
}

// repoint plans that whatever holds From in one of the fields that such finds
// holds Into then. more adds to a record's row.
func (t *task) repoint(such func(*entity.Field) bool, more func(*entity.Record, *plan.Change)) error {
	from, into := entity.IDsText([]int64{t.From}), entity.IDsText(t.Into)
	for _, e := range t.imp.Kinds {
		fields := referring(e, such)
		for n, f := range fields {
			q := entity.Query{Filters: map[string][]string{f.Name: {from}}}
			err := t.each(e, q, func(_ *store.Tx, chunk []*entity.Record) error {
				for _, rec := range chunk {
					if slices.ContainsFunc(fields[:n], func(earlier *entity.Field) bool { return rec.Get(earlier.Name) == from }) {
						continue // has its row already
					}
					c := t.change(rec)
					for _, one := range fields[n:] {
						if rec.Get(one.Name) == from {
							c.Fields = append(c.Fields, entity.Change{Field: one.Name, Before: from, After: into})
						}
					}
					if more != nil {
						more(rec, &c)
					}
					t.keep(c)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *task) mergeValues() error {
	var directory string
	err := t.store.Read(t.ctx, t.imp.Workspace, func(tx *store.Tx) error {
		values, err := tx.Values([]int64{t.From})
		directory = values[t.From].Directory
		return err
	})
	if err != nil {
		return err
	}
	return t.repoint(func(f *entity.Field) bool { return f.Kind == entity.Directory && f.Directory == directory }, nil)
}

func (t *task) mergeRecords() error {
	e := t.imp.Entity
	hasMain := map[*entity.Field]bool{} // whether the survivor has a holder of its own
	err := t.store.Read(t.ctx, t.imp.Workspace, func(tx *store.Tx) error {
		list, err := tx.GetMany(e, []int64{t.From, t.Into[0]})
		if err != nil || len(list) != 2 {
			return err
		}
		t.mergeTwo(list[0], list[1])
		for _, kind := range t.imp.Kinds {
			for _, f := range referring(kind, func(f *entity.Field) bool { return f.OnePer != "" && kind.Field(f.OnePer).Ref == e.Name }) {
				if _, hasMain[f], err = tx.Holder(kind, f.Name, f.OnePer, t.Into[0]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	return t.repoint(func(f *entity.Field) bool { return f.Kind == entity.Reference && f.Ref == e.Name },
		func(rec *entity.Record, c *plan.Change) {
			for f, has := range hasMain {
				if has && rec.Entity.Has(f.Name) && rec.Entity.Field(f.Name) == f && rec.Get(f.Name) == "1" {
					c.Fields = append(c.Fields, entity.Change{Field: f.Name, Before: "1", After: ""})
				}
			}
		})
}

// mergeTwo plans the two records themselves.
func (t *task) mergeTwo(from, into *entity.Record) {
	keep := t.change(into)
	after := entity.SortedSet(slices.Concat(into.Responsibles, from.Responsibles))
	if !equalSets(after, into.Responsibles) {
		keep.TouchesResponsibles, keep.ResponsiblesBefore, keep.ResponsiblesAfter = true, into.Responsibles, after
	}
	for i := range into.Entity.Fields {
		f := &into.Entity.Fields[i]
		if into.Values[i] == "" && from.Values[i] != "" && f.Kind != entity.Bool && !f.Derived {
			keep.Fields = append(keep.Fields, entity.Change{Field: f.Name, After: from.Values[i]})
		}
	}
	t.keep(keep)
	leave := t.change(from)
	if from.Active {
		leave.TouchesActive, leave.ActiveBefore = true, true
	}
	field, _ := from.Entity.MergedInto()
	leave.Fields = []entity.Change{{Field: field.Name, Before: from.Get(field.Name), After: entity.IDsText([]int64{into.ID})}}
	t.keep(leave)
}

// handOver deals the records of an employee out. A company and what belongs to
// it, a family, goes to one heir; each new family goes to him who has been given
// the fewest records so far.
func (t *task) handOver() error {
	heirs := map[int64]int64{} // by family
	given := map[int64]int64{} // records by heir
	for _, e := range t.imp.Kinds {
		err := t.each(e, entity.Query{Responsible: []int64{t.From}}, func(tx *store.Tx, chunk []*entity.Record) error {
			families, err := familiesOf(tx, chunk)
			if err != nil {
				return err
			}
			for n, rec := range chunk {
				heir, known := heirs[families[n]]
				if !known {
					heir = slices.MinFunc(t.Into, func(a, b int64) int { return int(given[a] - given[b]) })
					heirs[families[n]] = heir
				}
				given[heir]++
				c := t.change(rec)
				c.TouchesResponsibles, c.ResponsiblesBefore = true, rec.Responsibles
				without := slices.DeleteFunc(slices.Clone(rec.Responsibles), func(id int64) bool { return id == t.From })
				c.ResponsiblesAfter = entity.SortedSet(append(without, heir))
				t.keep(c)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// familiesOf tells for each record the one at the head of what it belongs to:
// for an asset of a location, the location's company.
func familiesOf(tx *store.Tx, chunk []*entity.Record) ([]int64, error) {
	heads := make([]int64, len(chunk))
	parents := map[string][]int64{}
	parentOf := func(rec *entity.Record) (string, int64) {
		for i := range rec.Entity.Fields {
			if f := &rec.Entity.Fields[i]; f.Kind == entity.Reference && !f.Derived && rec.Values[i] != "" {
				return f.Ref, entity.ParseIDs(rec.Values[i])[0]
			}
		}
		return "", rec.ID
	}
	for n, rec := range chunk {
		kind, id := parentOf(rec)
		heads[n] = id
		if kind != "" {
			parents[kind] = append(parents[kind], id)
		}
	}
	above := map[int64]int64{}
	for kind, ids := range parents {
		list, err := tx.GetMany(tx.Catalog().ByName(kind), entity.SortedSet(ids))
		if err != nil {
			return nil, err
		}
		for _, rec := range list {
			_, above[rec.ID] = parentOf(rec)
		}
	}
	for n := range heads {
		if head := above[heads[n]]; head != 0 {
			heads[n] = head
		}
	}
	return heads, nil
}

// epilogue is what a task leaves behind beside records once it, or its undo, is
// applied: a value that was merged away is retired, and offered again.
func (j *job) epilogue(state plan.State) func(*store.Tx) error {
	if state != plan.Applied {
		return nil
	}
	if t := j.imp.Options.Task; t != nil && t.What == plan.MergeValues {
		return func(tx *store.Tx) error { return tx.ReplaceValue(t.From, t.Into[0]) }
	}
	if j.imp.Undoes == 0 {
		return nil
	}
	return func(tx *store.Tx) error {
		undone, err := tx.Import(j.imp.Undoes)
		if err != nil {
			return err
		}
		t := undone.Options.Task
		if t == nil || t.What != plan.MergeValues {
			return nil
		}
		return tx.SetRetired(t.From, false)
	}
}
