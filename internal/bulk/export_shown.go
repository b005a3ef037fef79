package bulk

import (
	"context"
	"slices"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/sheet"
)

// An export of what a list shows has the list's columns, in its order. The ids
// are read at once, eight bytes for each record, and the rows after them in pages:
// no index leads through every order page by page.

// chooseShown finds the columns that were asked for.
func (x *export) chooseShown() error {
	known := x.entity.Columns()
	for _, name := range x.options.Columns {
		if !slices.Contains(known, name) {
			return fault.New(fault.Usage, "error.no_such_field", "name", name)
		}
		if x.entity.Has(name) && name != x.entity.Title {
			x.fields = append(x.fields, x.entity.Field(name))
		}
	}
	return nil
}

// pagesShown puts the records out in the order of the list.
func (x *export) pagesShown(ctx context.Context, q entity.Query, put func([]sheet.Value) error) error {
	var ids []int64
	if err := x.service.store.Read(ctx, x.who.WorkspaceID, func(tx *store.Tx) (err error) {
		ids, err = tx.IDs(x.entity, q, x.who.Scope())
		return err
	}); err != nil {
		return err
	}
	for part := range slices.Chunk(ids, exportPage) {
		var rows [][]sheet.Value
		if err := x.service.store.Read(ctx, x.who.WorkspaceID, func(tx *store.Tx) error {
			records, err := tx.GetMany(x.entity, part)
			if err != nil {
				return err
			}
			names, err := x.names(tx, records)
			for _, rec := range records {
				if x.who.Scope().Sees(rec) { // it may have changed hands since
					rows = append(rows, x.shownRow(rec, names))
				}
			}
			return err
		}); err != nil {
			return err
		}
		for _, row := range rows {
			if err := put(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *export) shownRow(rec *entity.Record, names referenced) []sheet.Value {
	row := make([]sheet.Value, 0, len(x.options.Columns))
	for _, name := range x.options.Columns {
		row = append(row, x.shownCell(name, rec, names))
	}
	return row
}

func (x *export) shownCell(name string, rec *entity.Record, names referenced) sheet.Value {
	switch name {
	case entity.ID:
		return sheet.Value{Kind: sheet.Number, Text: strconv.FormatInt(rec.ID, 10)}
	case x.entity.Title:
		return textValue(rec.Title())
	case entity.Active:
		return textValue(x.statusWord(rec.Active))
	case entity.Responsibles:
		return textValue(x.logins(rec.Responsibles))
	}
	return x.value(x.entity.Field(name), rec.Get(name), names)
}

func (x *export) shownSpec(spec sheet.Spec, widths map[string]float64) sheet.Spec {
	for _, name := range x.options.Columns {
		column := sheet.Column{Width: widths[name], Text: name == entity.Responsibles}
		if column.Width == 0 {
			column.Width = fieldWidth
		}
		if x.entity.Has(name) && name != x.entity.Title {
			column.Text = staysText(x.entity.Field(name))
		}
		spec.Columns = append(spec.Columns, column)
	}
	return spec
}
