package records

import (
	"context"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/store"
)

// Names is how people call what records hold as ids.
type Names struct {
	People map[int64]*entity.Employee
	Values map[int64]string            // of directories
	Titles map[string]map[int64]string // of records, by the name of their entity
}

// Value is the canonical text of a field as people read it: the name for a
// directory value or a reference, otherwise the text itself.
func (n Names) Value(f *entity.Field, canonical string) string {
	if f.Kind != entity.Directory && f.Kind != entity.Reference {
		return canonical
	}
	id, err := strconv.ParseInt(canonical, 10, 64)
	if err != nil {
		return canonical
	}
	if f.Kind == entity.Directory {
		return n.Values[id]
	}
	return n.Titles[f.Ref][id]
}

// Names looks up, at one go, everything that the records name by id.
func (s *Service) Names(ctx context.Context, who access.User, recs []*entity.Record) (Names, error) {
	var w Wanted
	for _, rec := range recs {
		w.addPeople(rec.Responsibles)
		for i := range rec.Entity.Fields {
			w.addValue(&rec.Entity.Fields[i], rec.Values[i])
		}
	}
	return s.lookUp(ctx, who, w)
}

// HistoryNames looks up everything that the history of a record of e names by id.
func (s *Service) HistoryNames(ctx context.Context, who access.User, e *entity.Entity, history []HistoryEntry) (Names, error) {
	var w Wanted
	for _, h := range history {
		w.Add(e, h.Changes)
	}
	return s.lookUp(ctx, who, w)
}

// Wanted is the ids to look up: of employees, directory values and records.
type Wanted struct {
	people, values []int64
	records        map[string][]int64
}

// Add wants everything that changes of a record of e name by id.
func (w *Wanted) Add(e *entity.Entity, changes []entity.Change) {
	for _, c := range changes {
		switch {
		case c.Field == entity.Responsibles:
			w.addPeople(entity.ParseIDs(c.Before))
			w.addPeople(entity.ParseIDs(c.After))
		case e.Has(c.Field):
			w.addValue(e.Field(c.Field), c.Before)
			w.addValue(e.Field(c.Field), c.After)
		}
	}
}

func (w *Wanted) addPeople(ids []int64) { w.people = append(w.people, ids...) }

func (w *Wanted) addValue(f *entity.Field, canonical string) {
	if canonical == "" || f.Kind != entity.Directory && f.Kind != entity.Reference {
		return
	}
	ids := entity.ParseIDs(canonical)
	if f.Kind == entity.Directory {
		w.values = append(w.values, ids...)
		return
	}
	if w.records == nil {
		w.records = map[string][]int64{}
	}
	w.records[f.Ref] = append(w.records[f.Ref], ids...)
}

func (s *Service) lookUp(ctx context.Context, who access.User, w Wanted) (n Names, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return n, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		n, err = w.Names(tx)
		return err
	})
	return n, err
}

// Names looks everything up.
func (w *Wanted) Names(tx *store.Tx) (Names, error) {
	n := Names{People: map[int64]*entity.Employee{}, Titles: map[string]map[int64]string{}}
	var err error
	if len(w.people) > 0 {
		if n.People, err = tx.People(entity.SortedSet(w.people)); err != nil {
			return n, err
		}
	}
	if n.Values, err = tx.ValueNames(entity.SortedSet(w.values)); err != nil {
		return n, err
	}
	for name, ids := range w.records {
		if n.Titles[name], err = tx.Titles(tx.Catalog().ByName(name), entity.SortedSet(ids)); err != nil {
			return n, err
		}
	}
	return n, nil
}
