package bulk

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
)

// fieldRecords is the records of a part of a file, for those columns that need more
// of them than their standing.
type fieldRecords struct {
	byID   map[int64]*entity.Record
	titles map[string]map[int64]string // of what they refer to, by the name of the entity
}

// readRecords reads what a file's fields are compared with; nil when it has none.
func (p *planner) readRecords(tx *store.Tx, r *reading, ids []int64) (*fieldRecords, error) {
	if r.fields == nil {
		return nil, nil //nolint:nilnil // the file needs no records
	}
	recs, err := tx.GetMany(r.fields.entity, ids)
	if err != nil {
		return nil, err
	}
	f := &fieldRecords{byID: make(map[int64]*entity.Record, len(recs)), titles: map[string]map[int64]string{}}
	for _, rec := range recs {
		f.byID[rec.ID] = rec
	}
	for _, column := range r.fields.columns {
		if column.field.Kind != entity.Reference {
			continue
		}
		var referred []int64
		for _, rec := range recs {
			referred = append(referred, entity.ParseIDs(rec.Get(column.field.Name))...)
		}
		if f.titles[column.field.Name], err = tx.Titles(tx.Catalog().ByName(column.field.Ref), entity.SortedSet(referred)); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// fieldsOf adds to c what a row asks of the declared fields. Problems mean that
// the row has failed.
func (p *planner) fieldsOf(tx *store.Tx, r *reading, w *row, f *fieldRecords, c *plan.Change) ([]plan.Problem, error) {
	if f == nil {
		return nil, nil
	}
	old := f.byID[w.id]
	now := old.Clone()
	var wrong []plan.Problem
	for n, number := range r.fields.of(w) {
		column := r.fields.columns[n]
		value, complaint, err := p.wanted(tx, column, r.fields.asks[number], old, f)
		if err != nil {
			return nil, err
		}
		if complaint != nil {
			if m, ok := r.mends.value(column.column, complaint.value); ok {
				p.mended(r, w, []*plan.Mending{m})
				number, complaint = r.fields.parse(column, asCell(0, m.With))
				if complaint == nil {
					if value, complaint, err = p.wanted(tx, column, r.fields.asks[number], old, f); err != nil {
						return nil, err
					}
				}
			}
		}
		if complaint != nil {
			wrong = append(wrong, r.fieldProblem(w, column, complaint))
			continue
		}
		now.Set(column.field.Name, value)
	}
	if len(wrong) > 0 {
		return wrong, nil
	}
	if len(entity.Diff(old, now)) == 0 {
		return nil, nil
	}
	faults, err := p.kindRules(tx, old, now)
	for _, one := range faults {
		wrong = append(wrong, r.fieldProblem(w, &fieldColumn{column: one.Field}, complained(one, "")))
	}
	c.Fields = entity.Diff(old, now)
	return wrong, err
}

// rulesAgain asks the rules of a row of which a field was dropped: what was right
// together need not be right in part.
func (p *planner) rulesAgain(tx *store.Tx, r *reading, w *row, f *fieldRecords, c *plan.Change) ([]plan.Problem, error) {
	old := f.byID[w.id]
	now := old.Clone()
	for _, change := range c.Fields {
		now.Set(change.Field, change.After)
	}
	var wrong []plan.Problem
	faults, err := p.kindRules(tx, old, now)
	for _, one := range faults {
		wrong = append(wrong, r.fieldProblem(w, &fieldColumn{column: one.Field}, complained(one, "")))
	}
	c.Fields = entity.Diff(old, now)
	return wrong, err
}

// kindRules asks the rules that belong to a kind of record, the same that the
// form asks.
func (p *planner) kindRules(tx *store.Tx, old, now *entity.Record) ([]*fault.Error, error) {
	if check := now.Entity.Check; check != nil {
		if err := check(now); err != nil {
			return fault.All(err), nil
		}
	}
	for n := range now.Entity.Fields {
		f := &now.Entity.Fields[n]
		if f.OnePer == "" {
			continue
		}
		asked := now.Get(f.Name)
		holder, err := records.OnePer(tx, f, old, now)
		if now.Get(f.Name) != asked && !p.first(f, now) {
			now.Set(f.Name, asked)
		}
		if all := fault.All(err); len(all) > 0 {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if holder != 0 {
			seen, err := p.seen(tx, now.Entity, []int64{holder})
			if err != nil {
				return nil, err
			}
			if len(seen) == 0 {
				return []*fault.Error{fault.New(fault.Invalid, "row.one_of_others", "heading", "").In(f.Name)}, nil
			}
			return []*fault.Error{fault.New(fault.Invalid, "row.one_by_card", "heading", "", "id", holder, "record", now.ID).In(f.Name)}, nil
		}
	}
	return nil, nil
}

// first tells whether a record is the first of this plan that comes where nobody
// has the flag f yet.
func (p *planner) first(f *entity.Field, now *entity.Record) bool {
	key := f.Name + "\n" + now.Get(f.OnePer)
	if p.given == nil {
		p.given = map[string]int64{}
	}
	if p.given[key] == 0 {
		p.given[key] = now.ID
	}
	return p.given[key] == now.ID
}

// undoRules asks whether what taking back would bring still is there to be had: a
// record that is referred to may be gone, and somebody may have given what exactly
// one may have, like a location's "main", to another record since.
func undoRules(tx *store.Tx, c *plan.Change, old *entity.Record) (*plan.Problem, error) {
	if len(c.Fields) == 0 {
		return nil, nil //nolint:nilnil // nothing to say
	}
	if problem, err := referenceGone(tx, c); problem != nil || err != nil {
		return problem, err
	}
	now := old.Clone()
	for _, change := range c.Fields {
		now.Set(change.Field, change.After)
	}
	for n := range now.Entity.Fields {
		f := &now.Entity.Fields[n]
		if f.OnePer == "" || !c.Touches(f.Name) {
			continue
		}
		at, code := now.Get(f.OnePer), "one_taken"
		if now.Get(f.Name) == "" {
			at, code = old.Get(f.OnePer), "one_must_stay"
		}
		others, err := tx.Others(now.Entity, f, entity.ParseIDs(at)[0], now.ID, now.Get(f.Name) == "1")
		if err != nil {
			return nil, err
		}
		if others {
			return &plan.Problem{
				Row: c.Row, RecordID: c.RecordID, Outcome: plan.RowFailed, Field: f.Name, Code: code,
				Args: map[string]any{"entity": now.Entity.Name, "field": f.Name},
			}, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing to say
}

// wanted is the value that a cell asks for, given the record. What an export
// wrote stays what it is, even where it could be read as something else.
func (p *planner) wanted(tx *store.Tx, column *fieldColumn, a ask, rec *entity.Record, f *fieldRecords) (string, *complaint, error) {
	field := column.field
	current := rec.Get(field.Name)
	if a.verb == asIs || a.value != "" && a.value == current || sameText(a.raw, exported(column, a, rec, f)) {
		return current, nil, nil
	}
	switch a.verb {
	case empty:
		if field.Required {
			return "", &complaint{code: "field_required", value: a.raw}, nil
		}
		return "", nil, nil
	case refer:
		id, wrong, err := p.refer(tx, field, a.raw)
		return id, wrong, err
	case retired:
		return "", &complaint{code: "value_retired", value: a.raw}, nil
	}
	if field.Kind == entity.Phone && a.raw == entity.Digits(current) {
		return current, nil, nil // a spreadsheet took the phone for a number
	}
	return a.value, lossy(field, a.raw), nil
}

// exported is how an export writes the value, where the cell's text and the
// value differ by more than the reading of the cell makes up for.
func exported(column *fieldColumn, a ask, rec *entity.Record, f *fieldRecords) string {
	current := rec.Get(column.field.Name)
	switch {
	case column.column == nameColumn:
		return rec.Title()
	case column.field.Kind == entity.Reference:
		if id := entity.ParseIDs(current); len(id) > 0 {
			return f.titles[column.field.Name][id[0]]
		}
		return ""
	case column.field.Kind == entity.Directory:
		if a.verb != empty { // a value may be called «очистить»
			return ""
		}
		for _, v := range column.values {
			if strconv.FormatInt(v.ID, 10) == current {
				return v.Name
			}
		}
		return ""
	}
	return current
}

// sameText compares a cell with what was written into it: spreadsheets trim, and
// write line ends and accents in their own ways.
func sameText(cell, written string) bool {
	return cell == written || written != "" && plainText(cell) == plainText(written)
}

func plainText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(norm.NFC.String(s))
	return strings.TrimFunc(s, blank)
}

// reference remembers what a text that names a record was found to mean.
type reference struct {
	id    string
	wrong *complaint
}

// refer finds the record that a cell names by its number or its whole name.
func (p *planner) refer(tx *store.Tx, field *entity.Field, text string) (string, *complaint, error) {
	key := field.Ref + "\n" + text
	if r, ok := p.references[key]; ok {
		return r.id, r.wrong, nil
	}
	id, wrong, err := p.look(tx, tx.Catalog().ByName(field.Ref), text)
	if err != nil {
		return "", nil, err
	}
	if p.references == nil || len(p.references) >= fieldsRemembered {
		p.references = map[string]reference{}
	}
	p.references[key] = reference{id, wrong}
	return id, wrong, nil
}

func (p *planner) look(tx *store.Tx, e *entity.Entity, text string) (string, *complaint, error) {
	if digits, code := textDigits(text); code == "" {
		id, code := wholeNumber(digits)
		if code != "" {
			return "", &complaint{code: "id_" + code, value: text}, nil
		}
		return p.byNumber(tx, e, id)
	}
	const named = 5
	ids, err := p.named(tx, e, text, named+1)
	if err != nil {
		return "", nil, err
	}
	switch len(ids) {
	case 0:
		wrong := &complaint{code: "unknown_reference", value: text, args: map[string]any{"wanted": e.Name}}
		wrong.suggestion, err = p.nearest(tx, e, text)
		return "", wrong, err
	case 1:
		return strconv.FormatInt(ids[0], 10), nil, nil
	}
	list := entity.IDsText(ids[:min(len(ids), named)])
	if len(ids) > named {
		list += "…"
	}
	return "", &complaint{code: "ambiguous_reference", value: text, args: map[string]any{"ids": strings.ReplaceAll(list, ",", ", ")}}, nil
}

func (p *planner) byNumber(tx *store.Tx, e *entity.Entity, id int64) (string, *complaint, error) {
	text := strconv.FormatInt(id, 10)
	kind, err := p.kindOf(tx, id)
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		return "", &complaint{code: "unknown_id", value: text}, nil
	case err != nil:
		return "", nil, err
	case kind.Number != e.Number:
		wrong := &complaint{code: "other_kind", value: text, args: map[string]any{"kind": kind.Name, "wanted": e.Name}}
		wrong.suggestion, err = p.instead(tx, kind, id, e)
		return "", wrong, err
	}
	return text, nil, nil
}

// named is a field's value as people read it, for a sentence that outlives the
// request.
func named(tx *store.Tx, f *entity.Field, canonical string) (string, error) {
	ids := entity.ParseIDs(canonical)
	if len(ids) == 0 {
		return canonical, nil
	}
	var names map[int64]string
	var err error
	switch f.Kind {
	case entity.Directory:
		names, err = tx.ValueNames(ids)
	case entity.Reference:
		names, err = tx.Titles(tx.Catalog().ByName(f.Ref), ids)
	default:
		return canonical, nil
	}
	if name := names[ids[0]]; name != "" {
		return name, err
	}
	return fmt.Sprint("#", ids[0]), err
}
