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

// Choose says what becomes of fields that somebody has changed since the file was
// made: the file's value, the present one, or both lists merged. An empty choice
// takes it back.
type Choose struct {
	Row    int64  // of the file; 0: all rows that nothing else was chosen for
	Field  string // of that row, by its catalog name
	Choice plan.Choice
}

// StaleField is a field of a row that somebody has changed since the file was made.
type StaleField struct {
	Field  string
	Choice plan.Choice // "" while nobody has chosen
	said   plan.Problem
}

func staleField(p plan.Problem) StaleField {
	f := StaleField{Field: p.Field, said: p}
	for choice, code := range chosenCodes {
		if code == p.Code {
			f.Choice = choice
		}
	}
	return f
}

// The codes of what is said about a field that was changed since: while nobody
// has chosen, and by what was chosen.
const (
	changedSince   = "changed_since"
	sinceForgotten = "changed_since_forgotten" // whether it was, history does not tell any more
)

var chosenCodes = map[plan.Choice]string{plan.Mine: "chosen_mine", plan.Theirs: "chosen_theirs", plan.Merge: "chosen_merge"}

func staleCodes() []string {
	return []string{changedSince, sinceForgotten, chosenCodes[plan.Mine], chosenCodes[plan.Theirs], chosenCodes[plan.Merge]}
}

// choices is what was chosen on an import.
type choices map[choiceKey]plan.Choice

type choiceKey struct {
	record int64 // 0: all
	field  string
}

func loadChoices(tx *store.Tx, importID int64) (choices, error) {
	list, err := tx.Choices(importID)
	c := choices{}
	for _, one := range list {
		c.put(one)
	}
	return c, err
}

func (c choices) put(one plan.Chosen) {
	if one.Choice == "" {
		delete(c, choiceKey{one.Record, one.Field})
		return
	}
	c[choiceKey{one.Record, one.Field}] = one.Choice
}

// of is what was chosen for a field; "" when nobody has. Only lists are merged:
// other fields wait for a word of their own.
func (c choices) of(record int64, field string) plan.Choice {
	choice, own := c[choiceKey{record, field}]
	if !own {
		choice = c[choiceKey{}]
	}
	if choice == plan.Merge && field != entity.Responsibles {
		return ""
	}
	return choice
}

// Choices lists what was chosen on an import; the choice for all rows comes first.
func (s *Service) Choices(ctx context.Context, who access.User, id int64) (list []plan.Chosen, err error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, err := importFor(tx, who, id); err != nil {
			return err
		}
		list, err = tx.Choices(id)
		return err
	})
	return list, err
}

// Choose keeps a choice on a ready import; the rows concerned are planned anew.
func (s *Service) Choose(ctx context.Context, who access.User, id int64, c Choose) (*plan.Import, error) {
	return s.remend(ctx, who, id, func(r *remending) error { return r.choose(c) })
}

func (r *remending) choose(c Choose) error {
	if _, err := plan.ParseChoice(string(c.Choice)); err != nil {
		return err
	}
	if c.Choice == plan.Merge && c.Row != 0 && c.Field != entity.Responsibles {
		return fault.New(fault.Usage, "error.no_such_choice", "value", string(c.Choice)).In("choice")
	}
	r.chosen = &plan.Chosen{Row: c.Row, Field: c.Field, Choice: c.Choice}
	var err error
	if c.Row == 0 {
		r.chosen.Field = ""
		r.rows, err = r.tx.RowsSaid(r.imp.ID, staleCodes())
	} else {
		err = r.chooseOne()
	}
	r.choices.put(*r.chosen)
	return err
}

// chooseOne finds the record of a row that something can be chosen for.
func (r *remending) chooseOne() error {
	problems, err := r.tx.ProblemsOfRows(r.imp.ID, []int64{r.chosen.Row})
	if err != nil {
		return err
	}
	for _, p := range problems[r.chosen.Row] {
		if p.Field == r.chosen.Field && slices.Contains(staleCodes(), p.Code) {
			r.chosen.Record, r.rows = p.RecordID, []int64{p.Row}
			return nil
		}
	}
	return fault.New(fault.Invalid, "error.nothing_to_choose", "row", r.chosen.Row)
}

// noteChosen writes down who has chosen what.
func noteChosen(tx *store.Tx, i *plan.Import, who access.User, c plan.Chosen) error {
	id, place := i.ID, PlaceText(i, c.Row)
	if err := tx.PutChoice(id, c); err != nil {
		return err
	}
	act := map[plan.Choice]plan.Act{plan.Mine: plan.ChosenMine, plan.Theirs: plan.ChosenTheirs, plan.Merge: plan.ChosenMerge, "": plan.Unchosen}[c.Choice]
	if c.Record == 0 {
		act += "_all"
	}
	return tx.AddDecision(id, who.EmployeeID, act, "row", place, "record", c.Record, "field", c.Field)
}

// settleStale looks for fields of a row that were changed after its version: where
// nobody has chosen what becomes of one the row is held, else it does what was
// chosen. It says by whom, when, from what to what, and what the file's version
// held. Other fields changing does not matter.
func (p *planner) settleStale(tx *store.Tx, version int64, c *plan.Change) (said []plan.Problem, err error) {
	all, err := p.changesSince(tx, c.Entity, c.RecordID, version)
	if err != nil {
		return nil, err
	}
	whole := p.kept.IsZero() || versionsIn(all) == c.Version-version
	for n, l := range all {
		field := l.change.Field
		newest := !slices.ContainsFunc(all[:n], func(other later) bool { return other.change.Field == field })
		if !newest || !c.Touches(field) {
			continue
		}
		base := baseOf(all, field)
		if !whole { // what is known of it may have come later than the file
			base = unknownBase
		}
		problem, err := p.settleField(tx, l, base, c)
		if err != nil {
			return nil, err
		}
		said = append(said, problem)
	}
	if !whole {
		said = append(said, p.settleForgotten(all, c)...)
	}
	return said, nil
}

// versionsIn counts the steps that changes, the newest first, were made in.
func versionsIn(all []later) int64 {
	n := int64(0)
	for at := range all {
		if at == 0 || all[at].version != all[at-1].version {
			n++
		}
	}
	return n
}

// settleForgotten is about a file that is older than the history that is kept: of
// a field that history does not mention nobody knows whether it was changed.
func (p *planner) settleForgotten(all []later, c *plan.Change) (said []plan.Problem) {
	for _, field := range fieldsOf(c) {
		if slices.ContainsFunc(all, func(l later) bool { return l.change.Field == field }) {
			continue
		}
		problem := plan.Problem{
			Row: c.Row, RecordID: c.RecordID, Outcome: plan.Held, Field: field, Code: sinceForgotten,
			Args: map[string]any{"at": p.kept.UnixMilli(), "entity": c.Entity.Name},
		}
		switch p.choices.of(c.RecordID, field) {
		case plan.Theirs:
			*c, problem.Outcome = c.Without(field), plan.Warning
		case plan.Mine:
			problem.Outcome = plan.Warning
		default: // lists cannot be merged with one that nobody knows
			c.Guards |= plan.Stale
		}
		said = append(said, problem)
	}
	return said
}

// fieldsOf names the fields that a row touches.
func fieldsOf(c *plan.Change) []string {
	var list []string
	if c.TouchesActive {
		list = append(list, entity.Active)
	}
	if c.TouchesResponsibles {
		list = append(list, entity.Responsibles)
	}
	for _, f := range c.Fields {
		list = append(list, f.Field)
	}
	return list
}

// unknownBase stands for what a field held in a version that history has forgotten.
const unknownBase = "?"

// baseOf is what a field held in the file's version: what the oldest of the
// changes since, which come newest first, has found.
func baseOf(all []later, field string) string {
	for _, l := range slices.Backward(all) {
		if l.change.Field == field {
			return l.change.Before
		}
	}
	return ""
}

func (p *planner) settleField(tx *store.Tx, l later, base string, c *plan.Change) (plan.Problem, error) {
	field := l.change.Field
	problem := plan.Problem{Row: c.Row, RecordID: c.RecordID, Outcome: plan.Warning, Field: field}
	var err error
	if problem.Args, err = l.args(tx, c.Entity, p.staff); err != nil {
		return problem, err
	}
	choice := p.choices.of(c.RecordID, field)
	if base == unknownBase { // there are no three values to show, and nothing to merge with
		if choice == plan.Merge {
			choice = ""
		}
	} else {
		l.change.Before, l.change.After = base, wantedOf(c, field)
		var ways map[string]any
		if ways, err = l.args(tx, c.Entity, p.staff); err != nil {
			return problem, err
		}
		problem.Args["base"], problem.Args["wanted"] = ways["before"], ways["after"]
	}
	problem.Code = chosenCodes[choice]
	switch choice {
	case plan.Theirs:
		*c = c.Without(field)
	case plan.Merge:
		c.ResponsiblesAfter = mergedList(entity.ParseIDs(base), c.ResponsiblesBefore, c.ResponsiblesAfter)
		if equalSets(c.ResponsiblesAfter, c.ResponsiblesBefore) {
			*c = c.Without(field)
		}
	case "":
		problem.Outcome, problem.Code = plan.Held, changedSince
		c.Guards |= plan.Stale
	}
	return problem, err
}

// wantedOf is what a row makes of a field, as history writes it.
func wantedOf(c *plan.Change, field string) string {
	switch field {
	case entity.Active:
		return entity.BoolText(c.ActiveAfter)
	case entity.Responsibles:
		return entity.IDsText(c.ResponsiblesAfter)
	}
	for _, f := range c.Fields {
		if f.Field == field {
			return f.After
		}
	}
	return ""
}

// mergedList does to the present list what a file has done to the list of its version.
func mergedList(base, now, wanted []int64) []int64 {
	list := slices.DeleteFunc(slices.Clone(now), func(id int64) bool {
		return slices.Contains(base, id) && !slices.Contains(wanted, id)
	})
	for _, id := range wanted {
		if !slices.Contains(base, id) {
			list = append(list, id)
		}
	}
	return entity.SortedSet(list)
}
