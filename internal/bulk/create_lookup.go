package bulk

import (
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// What new records refer to, and which of them are likely there already, is asked
// for a part of the file at once.

// lookUp finds what the cells of references name, before the rows ask one by one.
func (c *creating) lookUp(tx *store.Tx) error {
	if c.r.fields == nil {
		return nil
	}
	if len(c.references) > fieldsRemembered/2 {
		c.references = nil
	}
	for n, column := range c.r.fields.columns {
		if column.field.Kind != entity.Reference {
			continue
		}
		if err := c.lookUpColumn(tx, n, tx.Catalog().ByName(column.field.Ref)); err != nil {
			return err
		}
	}
	return nil
}

func (c *creating) lookUpColumn(tx *store.Tx, column int, e *entity.Entity) error {
	var numbers []int64
	named := map[string][]string{} // texts by what they fold to
	for n := range c.r.rows {
		a := c.r.fields.asks[c.r.fields.of(&c.r.rows[n])[column]]
		if a.verb != refer {
			continue
		}
		if _, known := c.references[e.Name+"\n"+a.raw]; known {
			continue
		}
		if digits, code := textDigits(a.raw); code == "" {
			if id, code := wholeNumber(digits); code == "" {
				numbers = append(numbers, id)
			}
			continue
		}
		if folded := entity.Fold(a.raw); !slices.Contains(named[folded], a.raw) {
			named[folded] = append(named[folded], a.raw)
		}
	}
	there, err := tx.Existing(e, entity.SortedSet(numbers))
	if err != nil {
		return err
	}
	known, err := c.seen(tx, e, slices.Collect(maps.Keys(there)))
	if err != nil {
		return err
	}
	for _, id := range known {
		text := strconv.FormatInt(id, 10)
		c.remember(e, text, reference{id: text})
	}
	found, err := tx.NamedEach(e, named)
	if err != nil {
		return err
	}
	known, err = c.seen(tx, e, slices.Collect(maps.Values(found)))
	for folded, id := range found { // those that are not here, or several, are asked for one by one
		if !slices.Contains(known, id) {
			continue
		}
		for _, text := range named[folded] {
			c.remember(e, text, reference{id: strconv.FormatInt(id, 10)})
		}
	}
	return err
}

func (c *creating) remember(e *entity.Entity, text string, r reference) {
	if c.references == nil {
		c.references = map[string]reference{}
	}
	c.references[e.Name+"\n"+text] = r
}

// referTo finds the record that a cell names. Of several with one name that one
// is meant that belongs where the row's other references lead.
func (c *creating) referTo(tx *store.Tx, u *unborn, field *entity.Field, text string) (string, *complaint, error) {
	id, wrong, err := c.refer(tx, field, text)
	if err != nil || wrong == nil {
		return id, wrong, err
	}
	if wrong.code == "ambiguous_reference" {
		if id, err := c.narrowed(tx, u, field, text); err != nil || id != "" {
			return id, nil, err
		}
	}
	said := *wrong // it is kept for the next row that says so
	return "", &said, nil
}

func (c *creating) narrowed(tx *store.Tx, u *unborn, field *entity.Field, text string) (string, error) {
	e := tx.Catalog().ByName(field.Ref)
	for n := range u.rec.Entity.Fields {
		other := &u.rec.Entity.Fields[n]
		target := entity.ParseIDs(u.rec.Values[n])
		if other.Kind != entity.Reference || other == field || len(target) == 0 {
			continue
		}
		for i := range e.Fields {
			if by := &e.Fields[i]; by.Kind == entity.Reference && by.Ref == other.Ref && !by.Derived {
				ids, err := c.firstSeen(tx, e, 2, func(limit int) ([]int64, error) { return tx.NamedWithin(e, text, by, target[0], limit) })
				if err != nil || len(ids) == 1 {
					return entity.IDsText(ids), err
				}
			}
		}
	}
	return "", nil
}

// findTwins holds the rows whose records are likely there already: of one name, at
// one address or belonging to the same, with nothing that tells them apart.
func (c *creating) findTwins(tx *store.Tx, list []*unborn) error {
	titles := map[string]bool{}
	for _, u := range list {
		if u.w.flags&failed == 0 && len(u.faults) == 0 {
			titles[entity.Fold(u.rec.Title())] = true
		}
	}
	there, err := tx.TitledPairs(c.r.file.entity, titles)
	if err != nil {
		return err
	}
	for _, u := range list {
		if u.w.flags&failed != 0 || len(u.faults) > 0 {
			continue
		}
		p := plan.Problem{Row: c.r.at(u.w), Outcome: plan.Held, Field: nameColumn, Value: quoted(u.rec.Title())}
		key := twinKey(u)
		if first, said := c.rows[key]; said {
			p.Code, p.Args = "twin_row", map[string]any{"row": int64(first)}
		} else {
			c.rows[key] = u.w.number
			for _, one := range there[entity.Fold(u.rec.Title())] {
				if c.who.Scope().Sees(one.Record) && alike(u, &one) {
					p.Code, p.Args = "twin_record", map[string]any{"id": one.Record.ID}
					break
				}
			}
		}
		if p.Code != "" {
			u.guards, u.held = u.guards|plan.Twins, append(u.held, p)
		}
	}
	return nil
}

// twinKey is what two rows of one record have in common.
func twinKey(u *unborn) uint64 {
	h := fnv.New64a()
	add := func(text string) { _, _ = h.Write([]byte(text + "\x00")) } // a hash takes everything
	add(entity.Fold(u.rec.Title()))
	if u.mate != nil {
		add(twinText(u.mate))
		return h.Sum64()
	}
	for n := range u.rec.Values {
		add(entity.Fold(u.rec.Values[n]))
	}
	return h.Sum64()
}

// twinText is what beside the title tells one record from another.
func twinText(rec *entity.Record) string {
	for n := range rec.Entity.Fields {
		if rec.Entity.Fields[n].Twin {
			return entity.Fold(rec.Values[n])
		}
	}
	return ""
}

// alike tells whether a record of the same title is likely the one that a row
// would make.
func alike(u *unborn, there *store.Pair) bool {
	if u.mate != nil {
		return there.Mate != nil && twinText(there.Mate) == twinText(u.mate)
	}
	for n := range u.rec.Entity.Fields {
		f := &u.rec.Entity.Fields[n]
		is, was := u.rec.Values[n], there.Record.Values[n]
		switch {
		case f.Kind == entity.Reference && is != was:
			return false
		case f.OnePer != "":
		case is != "" && was != "" && entity.Fold(is) != entity.Fold(was) && is != f.Default:
			return false
		}
	}
	return true
}
