package bulk

import (
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/sheet"
)

// fromPlan writes rows that stand in no file, such as an undo's: what the records
// would have become. Each kind has a sheet of its own; from is the place behind
// which such rows begin.
func (r *report) fromPlan(from int64) error {
	for _, e := range r.imp.Kinds {
		fields, some, err := r.touched(e, from)
		if err != nil {
			return err
		}
		if !some && r.imp.Mixed() {
			continue
		}
		h := r.planHeader(e, fields)
		if err := r.begin(h, h.fields, r.sheetName(e)); err != nil {
			return err
		}
		if err := r.eachPlanned(e, from, func(c *plan.Change, problems []plan.Problem) error {
			return r.planRow(h, c, problems)
		}); err != nil {
			return err
		}
	}
	if r.sheets > 0 {
		return nil
	}
	h := r.planHeader(r.imp.Entity, nil) // nothing is left undone
	return r.begin(h, h.fields, r.sheetName(r.imp.Entity))
}

// sheetName names a sheet after its section where there are several, so that the
// workbook is read as a whole again.
func (r *report) sheetName(e *entity.Entity) string {
	if r.imp.Mixed() {
		return r.locale.T("entity." + e.Name + ".many")
	}
	return r.locale.T("report.sheet")
}

func (r *report) planHeader(e *entity.Entity, fields map[string]bool) *header {
	h := &header{columns: map[string]plan.Column{}}
	add := func(column, heading string) {
		h.columns[column] = plan.Column{Place: h.fields, Heading: heading}
		h.fields++
	}
	for _, column := range []string{entity.ID, nameColumn, entity.Active, entity.Responsibles} {
		add(column, r.locale.Field(e, column))
	}
	for n := range e.Fields {
		if f := &e.Fields[n]; fields[f.Name] && f.Name != e.Title {
			add(f.Name, r.locale.Field(e, f.Name))
		}
	}
	return h
}

// touched is the fields of e that the rows would change, and whether there are
// such rows.
func (r *report) touched(e *entity.Entity, from int64) (fields map[string]bool, some bool, err error) {
	fields = map[string]bool{}
	err = r.eachPlanned(e, from, func(c *plan.Change, _ []plan.Problem) error {
		some = true
		for _, f := range c.Fields {
			fields[f.Field] = true
		}
		return nil
	})
	return fields, some, err
}

// eachPlanned goes through the rows about records of e that were left undone.
func (r *report) eachPlanned(e *entity.Entity, from int64, f func(*plan.Change, []plan.Problem) error) error {
	r.rewind(from)
	for {
		problems, err := r.next()
		if err != nil || problems == nil {
			return err
		}
		c := plan.Change{Entity: r.imp.Entity, RecordID: problems[0].RecordID} // one that has failed is not in the plan
		if err := r.service.store.Read(r.ctx, r.imp.Workspace, func(tx *store.Tx) error {
			found, err := tx.Changes(r.imp.ID, c.RecordID-1, 1)
			if err == nil && len(found) == 1 && found[0].RecordID == c.RecordID {
				c = found[0]
				return nil
			}
			if kind, err := tx.KindOf(c.RecordID); err == nil {
				c.Entity = kind
			} else if fault.CodeOf(err) != fault.NotFound {
				return err
			}
			return err
		}); err != nil {
			return err
		}
		if c.Entity.Number != e.Number {
			continue
		}
		if err := f(&c, problems); err != nil {
			return err
		}
	}
}

func (r *report) planRow(h *header, c *plan.Change, problems []plan.Problem) error {
	var title string
	names := map[string]string{}
	if err := r.service.store.Read(r.ctx, r.imp.Workspace, func(tx *store.Tx) (err error) {
		hidden, err := hiddenOf(tx, r.who.Scope(), []plan.Change{*c})
		if err != nil {
			return err
		}
		if hidden[c.RecordID] {
			c = &plan.Change{Entity: c.Entity, RecordID: c.RecordID}
			return nil
		}
		titles, err := tx.Titles(c.Entity, []int64{c.RecordID})
		if err != nil {
			return err
		}
		title = titles[c.RecordID]
		for _, change := range c.Fields {
			if names[change.Field], err = named(tx, c.Entity.Field(change.Field), change.After); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	row := sheet.Row{Cells: []sheet.Cell{
		{Col: 0, Kind: sheet.Number, Text: strconv.AppendInt(nil, c.RecordID, 10)},
		{Col: 1, Kind: sheet.Text, Text: []byte(title)},
	}}
	if c.Fate == plan.AsProgressSays && selected(r.imp, c) { // written, but for what it has left
		kept := c.Kept(r.imp.Accepted)
		c = &kept
	}
	put := func(column, text string) {
		if text == "" {
			text = r.locale.T("report.clear")
		}
		row.Cells = append(row.Cells, sheet.Cell{Col: h.columns[column].Place, Kind: sheet.Text, Text: []byte(text)})
	}
	if c.TouchesActive {
		key := "status.deactivate"
		if c.ActiveAfter {
			key = "status.activate"
		}
		put(entity.Active, r.locale.T(key))
	}
	if c.TouchesResponsibles {
		put(entity.Responsibles, r.staff.loginsOf(c.ResponsiblesAfter))
	}
	for _, change := range c.Fields {
		column := change.Field
		if column == c.Entity.Title {
			column = nameColumn
		}
		put(column, names[change.Field])
	}
	return r.out.Row(r.row(h, h.fields, row, problems))
}
