package store

import (
	"fmt"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

const valueColumns = "id, directory, name, place, retired"

func scanValue(scan func(...any) error) (entity.DirectoryValue, error) {
	var v entity.DirectoryValue
	if err := scan(&v.ID, &v.Directory, &v.Name, &v.Place, &v.Retired); err != nil {
		return v, fmt.Errorf("read a directory value: %w", err)
	}
	return v, nil
}

// DirectoryValues lists the values of one directory in their order, retired
// ones included.
func (tx *Tx) DirectoryValues(directory string) ([]entity.DirectoryValue, error) {
	var list []entity.DirectoryValue
	err := tx.query("SELECT "+valueColumns+" FROM directory_values WHERE workspace_id = ? AND directory = ? ORDER BY place, name_folded, id",
		[]any{tx.workspace, directory}, func(scan func(...any) error) error {
			v, err := scanValue(scan)
			list = append(list, v)
			return err
		})
	return list, err
}

// Values finds directory values by id; ids that do not exist are left out.
func (tx *Tx) Values(ids []int64) (map[int64]entity.DirectoryValue, error) {
	values := make(map[int64]entity.DirectoryValue, len(ids))
	for part := range slices.Chunk(ids, batch) {
		err := tx.query("SELECT "+valueColumns+" FROM directory_values WHERE workspace_id = ? AND id IN ("+marks(len(part))+")",
			append([]any{tx.workspace}, anys(part)...), func(scan func(...any) error) error {
				v, err := scanValue(scan)
				values[v.ID] = v
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// ValueNames tells the names of directory values by id.
func (tx *Tx) ValueNames(ids []int64) (map[int64]string, error) {
	values, err := tx.Values(ids)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(values))
	for id, v := range values {
		names[id] = v.Name
	}
	return names, nil
}

// EnsureDirectoryValue finds a value by name regardless of case, or adds it at
// the end of its directory.
func (tx *Tx) EnsureDirectoryValue(directory, name string) (id int64, err error) {
	if !slices.Contains(tx.catalog.Directories, directory) {
		return 0, fault.New(fault.NotFound, "error.no_such_directory", "directory", directory)
	}
	name = entity.Squeeze(name)
	if name == "" {
		return 0, fault.New(fault.Invalid, "error.required").In("name")
	}
	find := func() (found bool, err error) {
		return tx.one("SELECT id FROM directory_values WHERE workspace_id = ? AND directory = ? AND name_folded = ?",
			[]any{tx.workspace, directory, entity.Fold(name)}, &id)
	}
	if found, err := find(); err != nil || found {
		return id, err
	}
	if err := tx.alone(); err != nil {
		return 0, err
	}
	if found, err := find(); err != nil || found { // somebody may have added it until it was our turn
		return id, err
	}
	if _, err := tx.one("UPDATE workspaces SET next_value_id = next_value_id + 1 WHERE id = ? RETURNING next_value_id - 1",
		[]any{tx.workspace}, &id); err != nil {
		return 0, err
	}
	_, err = tx.exec(`INSERT INTO directory_values (workspace_id, id, directory, name, name_folded, place)
		SELECT ?, ?, ?, ?, ?, COALESCE(MAX(place), 0) + 1 FROM directory_values WHERE workspace_id = ? AND directory = ?`,
		tx.workspace, id, directory, name, entity.Fold(name), tx.workspace, directory)
	return id, err
}

// SetRetired takes a value out of what forms offer, where it stands it stays; or
// puts it back.
func (tx *Tx) SetRetired(valueID int64, retired bool) error {
	_, err := tx.exec("UPDATE directory_values SET retired = ? WHERE workspace_id = ? AND id = ?", truth(retired), tx.workspace, valueID)
	return err
}

// ReplaceValue ends the merging of a value into another: employees have the
// other one now, as records have already, and the value is retired.
func (tx *Tx) ReplaceValue(from, into int64) error {
	if _, err := tx.exec("UPDATE employees SET position = ?, version = version + 1 WHERE workspace_id = ? AND position = ?",
		into, tx.workspace, from); err != nil {
		return err
	}
	return tx.SetRetired(from, true)
}

// RenameValue changes what a value is called, everywhere at once. A name that
// another value of the directory has is a fault.
func (tx *Tx) RenameValue(v entity.DirectoryValue, name string) error {
	if err := tx.alone(); err != nil {
		return err
	}
	var other int64
	found, err := tx.one("SELECT id FROM directory_values WHERE workspace_id = ? AND directory = ? AND name_folded = ? AND id <> ?",
		[]any{tx.workspace, v.Directory, entity.Fold(name), v.ID}, &other)
	if err != nil {
		return err
	}
	if found {
		return fault.New(fault.Invalid, "error.value_taken", "name", name).In("name")
	}
	_, err = tx.exec("UPDATE directory_values SET name = ?, name_folded = ? WHERE workspace_id = ? AND id = ?",
		name, entity.Fold(name), tx.workspace, v.ID)
	return err
}

// PlaceValues numbers the values of a directory in this order.
func (tx *Tx) PlaceValues(ids []int64) error {
	for n, id := range ids {
		if _, err := tx.exec("UPDATE directory_values SET place = ? WHERE workspace_id = ? AND id = ?", n+1, tx.workspace, id); err != nil {
			return err
		}
	}
	return nil
}

// ValueUses counts by value where a field of e holds the values of its directory.
func (tx *Tx) ValueUses(e *entity.Entity, field string) (map[int64]int64, error) {
	f := e.Field(field)
	column := valueSQL(f)
	query, args := "SELECT "+column+", COUNT(*) FROM "+quote(e.Table)+" w WHERE w.workspace_id = ? AND "+column+" IS NOT NULL GROUP BY "+column,
		[]any{tx.workspace}
	if f.Own != 0 {
		query, args = "SELECT value, COUNT(*) FROM own_values WHERE workspace_id = ? AND field = ? AND value IS NOT NULL GROUP BY value",
			append(args, f.Own)
	}
	uses := map[int64]int64{}
	err := tx.query(query, args, func(scan func(...any) error) error {
		var id, n int64
		err := scan(&id, &n)
		uses[id] = n
		return err
	})
	return uses, err
}

// PositionUses counts the employees by position.
func (tx *Tx) PositionUses() (map[int64]int64, error) {
	uses := map[int64]int64{}
	err := tx.query("SELECT position, COUNT(*) FROM employees WHERE workspace_id = ? AND position IS NOT NULL GROUP BY position",
		[]any{tx.workspace}, func(scan func(...any) error) error {
			var id, n int64
			err := scan(&id, &n)
			uses[id] = n
			return err
		})
	return uses, err
}
