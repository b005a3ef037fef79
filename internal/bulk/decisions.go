package bulk

import (
	"context"
	"fmt"
	"io"
	"strings"

	"nadel/internal/access"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// DecisionView is a decision with the name of who took it.
type DecisionView struct {
	plan.Decision
	Name string // "" for the operator
}

// Decisions lists what people have decided about an import, in order.
func (s *Service) Decisions(ctx context.Context, who access.User, id int64) ([]DecisionView, error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	var views []DecisionView
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, err := importFor(tx, who, id); err != nil {
			return err
		}
		list, err := tx.Decisions(id)
		if err != nil {
			return err
		}
		ids := make([]int64, 0, len(list))
		for _, d := range list {
			ids = append(ids, d.EmployeeID)
		}
		people, err := tx.People(ids)
		for _, d := range list {
			view := DecisionView{Decision: d}
			if p := people[d.EmployeeID]; p != nil {
				view.Name = p.Name
			}
			views = append(views, view)
		}
		return err
	})
	return views, err
}

// Decided says a decision in words. The import that it led to is not in them: it
// stands behind, as a link where there can be one (Led).
func Decided(l *locale.Locale, d plan.Decision) string {
	var pairs []any
	for name, value := range d.Args {
		if words, ok := value.([]any); ok && name == "guards" {
			var names []string
			for _, word := range words {
				names = append(names, l.T(fmt.Sprintf("ui.guard.%v", word)))
			}
			value = strings.Join(names, ", ")
		}
		pairs = append(pairs, name, value)
	}
	return l.T("decision."+string(d.What), pairs...)
}

// Led is the import that a decision led to; 0 when to none.
func Led(d plan.Decision) int64 {
	if d.What != plan.UndoAsked && d.What != plan.OtherSheet {
		return 0
	}
	id, _ := number(d.Args["import"])
	return id
}

// File opens the file of an import as it was uploaded.
func (s *Service) File(ctx context.Context, who access.User, id int64) (*plan.Import, io.ReadSeeker, error) {
	i, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, nil, err
	}
	if i.File.Size == 0 { // an undo has none
		return nil, nil, fault.New(fault.NotFound, "error.no_file", "id", id)
	}
	if err := kept(i); err != nil {
		return nil, nil, err
	}
	return i, io.NewSectionReader(s.store.OpenFile(ctx, i), 0, i.File.Size), nil
}

// noteGuards writes down which guards were accepted since was, and which not any
// more.
func noteGuards(tx *store.Tx, i *plan.Import, who access.User, was plan.Guards) error {
	for _, step := range []struct {
		act    plan.Act
		guards plan.Guards
	}{{plan.Accepted, i.Accepted &^ was}, {plan.Withdrawn, was &^ i.Accepted}} {
		if step.guards == 0 {
			continue
		}
		if err := tx.AddDecision(i.ID, who.EmployeeID, step.act, "guards", step.guards.Names(), "count", i.AcceptedBy(step.guards)); err != nil {
			return err
		}
	}
	return nil
}

// noteAhead writes down what was accepted before the file was looked at: how many
// rows that lets pass is not known then.
func noteAhead(tx *store.Tx, i *plan.Import, who access.User) error {
	if i.Accepted == 0 {
		return nil
	}
	return tx.AddDecision(i.ID, who.EmployeeID, plan.AcceptedAhead, "guards", i.Accepted.Names())
}

// noteChoice writes down the choice between all or nothing and all good rows.
func noteChoice(tx *store.Tx, i *plan.Import, who access.User) error {
	act := plan.GoodRows
	if i.AllOrNothing {
		act = plan.AllOrNothing
	}
	return tx.AddDecision(i.ID, who.EmployeeID, act)
}
