package web

import (
	"strconv"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/plan"
)

// staleLine is a field that somebody has changed since the file was made: what
// the file's version held, what is there now, what the file wants.
type staleLine struct {
	Row               int64
	Field, Label      string
	Base, Now, Wanted string
	Ways              []staleWay
}

// staleWay is one of the choices.
type staleWay struct {
	Choice  plan.Choice
	Label   string
	Current bool
}

// chosenLine is a choice that was made on this import.
type chosenLine struct {
	plan.Chosen
	Place, Column, Label string
}

func (v *visit) staleLine(c *bulk.ChangeView, f bulk.StaleField) staleLine {
	line := staleLine{Row: c.Row, Field: f.Field, Label: v.say.Field(c.Entity, f.Field)}
	line.Base, line.Now, line.Wanted = f.Ways(v.say)
	line.Ways = v.staleWays(f.Field, f.Choice)
	return line
}

// staleWays are the choices for a field: lists can be merged, too.
func (v *visit) staleWays(field string, chosen plan.Choice) (ways []staleWay) {
	for _, choice := range []plan.Choice{plan.Mine, plan.Theirs, plan.Merge} {
		if choice != plan.Merge || field == entity.Responsibles {
			ways = append(ways, staleWay{choice, v.say.T("ui.choice." + string(choice)), choice == chosen})
		}
	}
	return ways
}

// fillChosen lists the choices of a ready import.
func (v *visit) fillChosen(page *importPage) error {
	if !page.Ready {
		return nil
	}
	list, err := v.s.bulk.Choices(v.r.Context(), v.who, page.Import.ID)
	for _, c := range list {
		line := chosenLine{Chosen: c, Place: bulk.PlaceText(page.Import, c.Row), Label: v.say.T("ui.choice." + string(c.Choice))}
		if c.Field != "" {
			line.Column = bulk.ColumnOf(v.say, page.Import, c.Field)
		}
		page.Chosen = append(page.Chosen, line)
	}
	return err
}

// chooseStale keeps what becomes of fields that somebody has changed since.
func chooseStale(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	choice, err := plan.ParseChoice(form.Get("choice"))
	if err != nil {
		return v.afterMending(id, form, err)
	}
	row, _ := strconv.ParseInt(form.Get("row"), 10, 64) // no number is all rows
	_, err = v.s.bulk.Choose(v.r.Context(), v.who, id, bulk.Choose{Row: row, Field: form.Get("field"), Choice: choice})
	return v.afterMending(id, form, err)
}
