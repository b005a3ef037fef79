package bulk

import (
	"context"
	"slices"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// ownValue are the codes of problems whose value is each row's own, so that rows
// with the same one are not gathered by it.
var ownValue = []string{
	"one_by_card", "one_taken", "changed_after_check", "changed_since", "changed_since_unknown", "computed_by_formula", "duplicate_conflict", "duplicate_row",
	"formula_without_value", "ground_lost", "left_to_nobody", "merged_cells", "name_differs", "ragged_row", "responsibles_formula", "target_lost", "text_too_long",
	"version_ahead", "version_bad", "twin_record", "twin_row",
}

// CauseView is rows with one and the same problem, as the preview shows them.
type CauseView struct {
	plan.Cause
	Problem     plan.Problem // of the first row
	Whole       bool         // one word mends all of its rows
	Suggestions []Suggestion // what was probably meant, the likeliest first
}

// Suggestion is what could be read instead of a wrong value.
type Suggestion struct {
	With     string
	Employee *entity.Employee // nil when it is none
}

// Causes gathers what is said about rows by cause, the most rows first, and tells
// how many causes there are.
func (s *Service) Causes(ctx context.Context, who access.User, id, offset int64, limit int) (views []CauseView, total int64, err error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, 0, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		outcomes := []plan.Outcome{plan.RowFailed, plan.Conflict, plan.Held, plan.Warning}
		causes, all, err := tx.Causes(id, outcomes, ownValue, offset, limit)
		if err != nil {
			return err
		}
		total = all
		views, err = s.causeViews(tx, i, causes)
		return err
	})
	return views, total, err
}

func (s *Service) causeViews(tx *store.Tx, i *plan.Import, causes []plan.Cause) ([]CauseView, error) {
	rows := make([]int64, len(causes))
	for n, c := range causes {
		rows[n] = c.FirstRow
	}
	problems, err := tx.ProblemsOfRows(i.ID, rows)
	if err != nil {
		return nil, err
	}
	employees, err := tx.Employees(store.EmployeeQuery{})
	if err != nil {
		return nil, err
	}
	staff, verbs := newStaff(employees), s.locales.Get(i.Options.Language)
	views := make([]CauseView, len(causes))
	for n, c := range causes {
		v := CauseView{Cause: c}
		if at := slices.IndexFunc(problems[c.FirstRow], func(p plan.Problem) bool { return isOf(p, c) }); at >= 0 {
			v.Problem = problems[c.FirstRow][at]
		}
		v.Whole = (c.Outcome == plan.RowFailed || c.Code == plan.NewValue) && c.Value != "" && c.Field != "" && !anyValue(c)
		switch {
		case !v.Whole:
		case c.Field == entity.Responsibles:
			v.Suggestions = staff.suggestions(c.Value, v.Problem.Suggestion)
		case c.Code == "ambiguous_reference":
			ids, _ := v.Problem.Args["ids"].(string)
			for id := range strings.SplitSeq(strings.TrimSuffix(ids, "…"), ", ") {
				v.Suggestions = append(v.Suggestions, Suggestion{With: id})
			}
		case v.Problem.Suggestion != "":
			v.Suggestions = []Suggestion{{With: v.Problem.Suggestion}}
		case c.Field == entity.Active:
			v.Suggestions = []Suggestion{{With: verbs.T("status.activate")}, {With: verbs.T("status.deactivate")}}
		}
		views[n] = v
	}
	return views, nil
}

// anyValue tells whether the rows of a cause have a value each.
func anyValue(c plan.Cause) bool { return c.Field == entity.ID || slices.Contains(ownValue, c.Code) }

func isOf(p plan.Problem, c plan.Cause) bool {
	return p.Outcome == c.Outcome && p.Field == c.Field && p.Code == c.Code && (p.Value == c.Value || anyValue(c))
}

// CauseRows is a page of the rows of a cause, in the order of the file.
func (s *Service) CauseRows(ctx context.Context, who access.User, id int64, c plan.Cause, offset int64, limit int) (list []plan.Problem, err error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if _, err = importFor(tx, who, id); err != nil {
			return err
		}
		list, err = tx.ProblemsOfCause(id, c, anyValue(c), offset, limit)
		return err
	})
	return list, err
}

// Mendings is what cells of an import's file were said to mean.
func (s *Service) Mendings(ctx context.Context, who access.User, id int64) (list []plan.Mending, err error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if _, err = importFor(tx, who, id); err != nil {
			return err
		}
		list, err = tx.Mendings(id)
		return err
	})
	return list, err
}

// WrongFields names the fields in which a value has made rows fail.
func (s *Service) WrongFields(ctx context.Context, who access.User, id int64, value string) (fields []string, err error) {
	i, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		for field := range i.Summary.Columns {
			rows, err := wrongRows(tx, id, field, value)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				fields = append(fields, field)
			}
		}
		return nil
	})
	slices.Sort(fields)
	return fields, err
}

// CellText is what is read in a cell of an import's file: as it stands there, or
// as somebody has said.
func (s *Service) CellText(ctx context.Context, who access.User, id, row int64, field string) (string, error) {
	i, err := s.Get(ctx, who, id)
	if err == nil {
		err = kept(i)
	}
	if err != nil {
		return "", err
	}
	columns := i.Summary.Columns
	if n := plan.SheetOf(row); n < len(i.Summary.Parts) {
		columns = i.Summary.Parts[n].Columns
	}
	at, there := columns[field]
	if !there || i.Mode == plan.Undo {
		return "", fault.New(fault.Invalid, "error.no_such_cell", "row", row)
	}
	mendings, err := s.Mendings(ctx, who, id)
	if err != nil {
		return "", err
	}
	if said, ok := newMends(mendings).cell(row, field); ok {
		return said.With, nil
	}
	parts := s.partsRead(i)
	file, _, err := s.openPart(ctx, i, parts[min(plan.SheetOf(row), len(parts)-1)])
	if err != nil {
		return "", err
	}
	text := ""
	for file.rows.Next() && int64(file.rows.Row().Number) <= row {
		if int64(file.rows.Row().Number) != plan.RowOf(row) {
			continue
		}
		for _, c := range file.rows.Row().Cells {
			if c.Col == at.Place {
				text = strings.TrimFunc(string(c.Text), blank)
			}
		}
	}
	err = file.rows.Err()
	if closed := file.close(); err == nil {
		err = closed
	}
	return text, err
}

// Remembered lists the mendings that the workspace keeps for later files.
func (s *Service) Remembered(ctx context.Context, who access.User) (list []plan.Remembered, err error) {
	if err := who.Must(access.Administer); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		list, err = tx.Remembered()
		return err
	})
	return list, err
}

// Forget drops a remembered mending. Imports that were checked with it keep it.
func (s *Service) Forget(ctx context.Context, who access.User, id int64) error {
	if err := who.Must(access.Administer); err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error { return tx.Forget(id) })
}
