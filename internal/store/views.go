package store

import (
	"fmt"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// Views lists the views of a kind that an employee has or that are shared, by
// name.
func (tx *Tx) Views(e *entity.Entity, employee int64) ([]entity.View, error) {
	return tx.views("v.kind = ? AND (v.employee_id = ? OR v.shared = 1) ORDER BY v.name_folded, v.id", e.Number, employee)
}

// View finds a view of a kind, whoever has it; one that is not there is a fault.
func (tx *Tx) View(e *entity.Entity, id int64) (entity.View, error) {
	list, err := tx.views("v.kind = ? AND v.id = ?", e.Number, id)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "error.no_such_view")
	}
	if err != nil {
		return entity.View{}, err
	}
	return list[0], nil
}

func (tx *Tx) views(such string, args ...any) ([]entity.View, error) {
	var list []entity.View
	err := tx.query("SELECT v.id, v.employee_id, v.name, v.shared, v.query, v.columns FROM list_views v WHERE v.workspace_id = ? AND "+such,
		append([]any{tx.workspace}, args...), func(scan func(...any) error) error {
			var v entity.View
			var shared int64
			var columns string
			if err := scan(&v.ID, &v.Author, &v.Name, &shared, &v.Query, &columns); err != nil {
				return fmt.Errorf("read a view: %w", err)
			}
			v.Shared, v.Columns = shared == 1, columnList(columns)
			list = append(list, v)
			return nil
		})
	return list, err
}

func columnList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// PutView stores a view, a new one when it has no id. That its author has another
// one of the name is a fault.
func (tx *Tx) PutView(e *entity.Entity, v *entity.View) error {
	if err := tx.alone(); err != nil {
		return err
	}
	folded := entity.Fold(v.Name)
	taken, err := tx.one("SELECT id FROM list_views WHERE workspace_id = ? AND employee_id = ? AND kind = ? AND name_folded = ? AND id <> ?",
		[]any{tx.workspace, v.Author, e.Number, folded, v.ID}, new(int64))
	if err != nil {
		return err
	}
	if taken {
		return fault.New(fault.Invalid, "error.view_taken", "name", v.Name).In("name")
	}
	columns := strings.Join(v.Columns, ",")
	if v.ID != 0 {
		_, err := tx.exec("UPDATE list_views SET name = ?, name_folded = ?, shared = ?, query = ?, columns = ? WHERE workspace_id = ? AND id = ?",
			v.Name, folded, truth(v.Shared), v.Query, columns, tx.workspace, v.ID)
		return err
	}
	if _, err := tx.one("UPDATE workspaces SET next_view_id = next_view_id + 1 WHERE id = ? RETURNING next_view_id - 1", []any{tx.workspace}, &v.ID); err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO list_views (workspace_id, id, kind, employee_id, name, name_folded, shared, query, columns)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.workspace, v.ID, e.Number, v.Author, v.Name, folded, truth(v.Shared), v.Query, columns)
	return err
}

// DropView deletes a view.
func (tx *Tx) DropView(id int64) error {
	if err := tx.forgetView(id, 0); err != nil {
		return err
	}
	_, err := tx.exec("DELETE FROM list_views WHERE workspace_id = ? AND id = ?", tx.workspace, id)
	return err
}

// HideView lets a view that is not shared any more open first for its author only.
func (tx *Tx) HideView(v entity.View) error { return tx.forgetView(v.ID, v.Author) }

func (tx *Tx) forgetView(id, butOf int64) error {
	_, err := tx.exec("UPDATE list_habits SET view_id = 0 WHERE workspace_id = ? AND view_id = ? AND employee_id <> ?", tx.workspace, id, butOf)
	return err
}

// ListHabits is how an employee looks at a list.
func (tx *Tx) ListHabits(e *entity.Entity, employee int64) (h entity.ListHabits, err error) {
	var columns string
	_, err = tx.one("SELECT columns, view_id FROM list_habits WHERE workspace_id = ? AND employee_id = ? AND kind = ?",
		[]any{tx.workspace, employee, e.Number}, &columns, &h.View)
	h.Columns = columnList(columns)
	return h, err
}

// SetListHabits keeps how an employee looks at a list.
func (tx *Tx) SetListHabits(e *entity.Entity, employee int64, h entity.ListHabits) error {
	_, err := tx.exec(`INSERT INTO list_habits (workspace_id, employee_id, kind, columns, view_id) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, employee_id, kind) DO UPDATE SET columns = excluded.columns, view_id = excluded.view_id`,
		tx.workspace, employee, e.Number, strings.Join(h.Columns, ","), h.View)
	return err
}
