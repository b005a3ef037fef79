package bulk

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
)

// Values that an import adds to directories have their numbers from the check on.
// They become values with the first row applied that has them, so that nothing is
// added for a row that is not.

// bringValues makes the values that rows about to be written have. Where somebody
// has added one of the same name meanwhile, the rows get that one.
func (j *job) bringValues(tx *store.Tx, rows []plan.Change) ([]plan.Change, error) {
	if j.imp.Mode != plan.Create || !plan.Values.Within(j.imp.Accepted) {
		return rows, nil
	}
	list, err := tx.ImportValues(j.imp.ID)
	if err != nil {
		return nil, err
	}
	planned := make(map[string]entity.DirectoryValue, len(list))
	for _, v := range list {
		planned[strconv.FormatInt(v.ID, 10)] = v
	}
	instead := map[string]string{}
	for n := range rows {
		if rows[n].Guards&plan.Values == 0 {
			continue
		}
		if err := j.bringValuesOf(tx, &rows[n], planned, instead); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (j *job) bringValuesOf(tx *store.Tx, row *plan.Change, planned map[string]entity.DirectoryValue, instead map[string]string) error {
	other := false
	for n := range row.Fields {
		f := &row.Fields[n]
		v, named := planned[f.After]
		if !named || directoryOf(tx.Catalog(), row.Entity, f.Field) != v.Directory {
			continue
		}
		id, known := instead[f.After]
		if !known {
			brought, err := tx.BringValue(v)
			if err != nil {
				return err
			}
			id = strconv.FormatInt(brought, 10)
			instead[f.After] = id
		}
		other = other || id != f.After
		f.After = id
	}
	if !other {
		return nil
	}
	return tx.SetFields(j.imp.ID, row)
}

// directoryOf is the directory of a field of a row, "" when it has none.
func directoryOf(c *entity.Catalog, e *entity.Entity, field string) string {
	if e.Has(field) {
		return e.Field(field).Directory
	}
	if companion, _ := c.Companion(e); companion != nil {
		for n := range companion.Fields {
			if plan.MateField(companion, companion.Fields[n].Name) == field {
				return companion.Fields[n].Directory
			}
		}
	}
	return ""
}

// nameNewValues puts to the names those of values that are not there yet.
func nameNewValues(tx *store.Tx, i *plan.Import, names records.Names) error {
	if i.Mode != plan.Create {
		return nil
	}
	list, err := tx.ImportValues(i.ID)
	for _, v := range list {
		if names.Values[v.ID] == "" {
			names.Values[v.ID] = v.Name
		}
	}
	return err
}

// NewValue is a value that an import would add to a directory.
type NewValue struct {
	entity.DirectoryValue
	Rows int64 // that have it
}

// NewValues lists what an import would add to directories, by directory and name.
func (s *Service) NewValues(ctx context.Context, who access.User, id int64) (list []NewValue, err error) {
	i, err := s.Get(ctx, who, id)
	if err != nil || i.Mode != plan.Create {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		counts, err := tx.NewValueRows(id)
		if err != nil {
			return err
		}
		values, err := tx.ImportValues(id)
		for _, v := range values {
			rows := int64(0)
			for _, c := range counts {
				if directoryOf(tx.Catalog(), i.Entity, c.Field) == v.Directory && entity.Fold(c.Value) == entity.Fold(v.Name) {
					rows += c.Rows
				}
			}
			if rows > 0 { // else it was mended away
				list = append(list, NewValue{v, rows})
			}
		}
		return err
	})
	slices.SortStableFunc(list, func(a, b NewValue) int {
		return cmp.Or(cmp.Compare(a.Directory, b.Directory), cmp.Compare(entity.Fold(a.Name), entity.Fold(b.Name)))
	})
	return list, err
}
