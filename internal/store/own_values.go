package store

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// readOwn completes records of one kind by the values of the workspace's own fields.
func (tx *Tx) readOwn(e *entity.Entity, recs []*entity.Record) error {
	fields := e.OwnFields()
	if len(fields) == 0 || len(recs) == 0 {
		return nil
	}
	at, numbers := map[int64]int{}, make([]int64, len(fields))
	for n := range fields {
		numbers[n] = fields[n].Own
		at[fields[n].Own] = len(e.Declared()) + n
	}
	byID, ids := make(map[int64]*entity.Record, len(recs)), make([]int64, len(recs))
	for n, rec := range recs {
		byID[rec.ID], ids[n] = rec, rec.ID
	}
	first, last := slices.Min(ids), slices.Max(ids)
	query, args := "SELECT "+ownColumns+" FROM own_values WHERE workspace_id = ? AND field IN ("+marks(len(numbers))+")",
		append([]any{tx.workspace}, anys(numbers)...)
	if last-first < int64(len(ids))*sparse {
		query, args = query+" AND record_id BETWEEN ? AND ?", append(args, first, last)
	} else {
		query, args = query+" AND record_id IN ("+marks(len(ids))+")", append(args, anys(ids)...)
	}
	return tx.stream(query, args, func(row []driver.Value) error {
		rec := byID[row[1].(int64)]
		if rec == nil {
			return nil // of one that nobody asked for
		}
		i := at[row[0].(int64)]
		var err error
		rec.Values[i], err = ownText(&e.Fields[i], row[2], row[3], row[4])
		return err
	})
}

// ownText is the canonical text of what a row of own_values holds.
func ownText(f *entity.Field, text, number, value driver.Value) (string, error) {
	switch f.Kind {
	case entity.Decimal:
		if n, ok := number.(float64); ok {
			return entity.DecimalText(n), nil
		}
	case entity.Directory:
		if id, ok := value.(int64); ok {
			return entity.IDsText([]int64{id}), nil
		}
	case entity.Bool:
		if n, ok := value.(int64); ok {
			return entity.BoolText(n == 1), nil
		}
	default:
		if t, ok := text.(string); ok {
			return t, nil
		}
	}
	return "", fmt.Errorf("%w: a value of %s is not of its kind", errDamaged, f.Name)
}

// ownChange is a value of an own field to be written; "" empties it.
type ownChange struct {
	field  *entity.Field
	record int64
	value  string
}

// ownChanges are the own fields in which two states of a record differ.
func ownChanges(old, now *entity.Record) []ownChange {
	var list []ownChange
	fields := now.Entity.OwnFields()
	for n := range fields {
		f := &fields[n]
		value, was := now.Get(f.Name), ""
		if old != nil {
			was = old.Get(f.Name)
		}
		if value != was {
			list = append(list, ownChange{f, now.ID, value})
		}
	}
	return list
}

// writeOwn writes values of own fields, any number of them, in the order of the key.
func (tx *Tx) writeOwn(list []ownChange) error {
	slices.SortFunc(list, func(a, b ownChange) int {
		if a.field.Own != b.field.Own {
			return int(a.field.Own - b.field.Own)
		}
		return int(a.record - b.record)
	})
	var gone, come []ownChange
	for _, c := range list {
		if c.value == "" {
			gone = append(gone, c)
		} else {
			come = append(come, c)
		}
	}
	if tx.dialect.columns {
		return tx.writeOwnColumns(gone, come)
	}
	if err := tx.many("DELETE FROM own_values WHERE workspace_id = ? AND field = ? AND record_id = ?", len(gone), 3,
		func(i int, row []driver.NamedValue) {
			row[0].Value, row[1].Value, row[2].Value = tx.workspace, gone[i].field.Own, gone[i].record
		}, nil); err != nil {
		return err
	}
	var wrong error
	err := tx.many("INSERT INTO own_values (workspace_id, "+ownColumns+") VALUES (?, ?, ?, ?, ?, ?) "+insteadOwn, len(come), 6, func(i int, row []driver.NamedValue) {
		c := &come[i]
		v, err := c.columns()
		if err != nil {
			wrong = err
		}
		row[0].Value, row[1].Value, row[2].Value = tx.workspace, c.field.Own, c.record
		row[3].Value, row[4].Value, row[5].Value = nil, nil, nil
		switch v := v.(type) {
		case string:
			row[3].Value = storableText(v)
		case float64:
			row[4].Value = v
		case int64:
			row[5].Value = v
		}
	}, nil)
	if err == nil {
		err = wrong
	}
	return err
}

const (
	ownColumns = "field, record_id, text, number, value"
	insteadOwn = `ON CONFLICT (workspace_id, field, record_id) DO UPDATE
		SET text = excluded.text, number = excluded.number, value = excluded.value`
)

func (c *ownChange) columns() (any, error) { return toColumn(c.field, c.value) }

// writeOwnColumns is writeOwn where a statement takes whole columns.
func (tx *Tx) writeOwnColumns(gone, come []ownChange) error {
	keys := func(list []ownChange) (fields, records []int64) {
		for _, c := range list {
			fields, records = append(fields, c.field.Own), append(records, c.record)
		}
		return fields, records
	}
	if len(gone) > 0 {
		fields, records := keys(gone)
		if _, err := tx.exec(`DELETE FROM own_values v USING unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS g (field, record_id)
			WHERE v.workspace_id = ? AND v.field = g.field AND v.record_id = g.record_id`, fields, records, tx.workspace); err != nil {
			return err
		}
	}
	if len(come) == 0 {
		return nil
	}
	fields, records := keys(come)
	texts, numbers, values := make([]*string, len(come)), make([]*float64, len(come)), make([]*int64, len(come))
	for i := range come {
		v, err := come[i].columns()
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case string:
			texts[i] = new(storableText(v))
		case float64:
			numbers[i] = &v
		case int64:
			values[i] = &v
		}
	}
	_, err := tx.exec("INSERT INTO own_values (workspace_id, "+ownColumns+`) SELECT CAST(? AS BIGINT), c.* FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS TEXT[]),
		CAST(? AS DOUBLE PRECISION[]), CAST(? AS BIGINT[])) AS c `+insteadOwn, tx.workspace, fields, records, texts, numbers, values)
	return err
}

// ownCond is a condition on an own field.
type ownCond struct {
	field *entity.Field
	is    string // about the row v of own_values; "" when any will do
	args  []any
	none  bool // or there is no such row at all
	only  bool // there is no such row, and nothing else
}

// filterOwn narrows to records that have one of the values in a field of the
// workspace's own.
func (s *selection) filterOwn(f *entity.Field, values []string) error {
	c := ownCond{field: f, only: true}
	for _, value := range values {
		v, err := toColumn(f, value)
		if err != nil {
			return fault.New(fault.Invalid, "error.no_such_choice").In(f.Name)
		}
		if value == "" {
			c.none = true
			continue
		}
		c.args, c.only = append(c.args, v), false
	}
	c.is = "v." + ownColumn(f) + " IN (" + marks(len(c.args)) + ")"
	s.owns = append(s.owns, c)
	return nil
}

// conditionOwn is condition for a field of the workspace's own.
func (s *selection) conditionOwn(f *entity.Field, c entity.Condition) error {
	column, part := "v."+ownColumn(f), &selection{tx: s.tx, e: s.e}
	switch c.Op {
	case entity.Empty, entity.Filled:
		s.owns = append(s.owns, ownCond{field: f, none: c.Op == entity.Empty, only: c.Op == entity.Empty})
		return nil
	case entity.Holds:
		part.holds(f, column, c.Value)
	case entity.From, entity.UpTo:
		if err := part.bound(f, column, c); err != nil {
			return err
		}
	default:
		return fault.New(fault.Invalid, "error.no_such_filter", "name", c.Field+"."+string(c.Op)).In(c.Field)
	}
	s.owns = append(s.owns, ownCond{field: f, is: strings.Join(part.conds, " AND "), args: part.args})
	s.found = append(s.found, part.found...)
	return nil
}

// sql is the condition on the wide row w. Walking, each record is looked up;
// gathering, the records that have a value are found by the value.
func (c ownCond) sql(workspace int64, by way) (string, []any) {
	const ofRecord = "EXISTS (SELECT 1 FROM own_values v WHERE v.workspace_id = w.workspace_id AND v.field = ? AND v.record_id = w.id"
	var either []string
	var args []any
	is := ""
	if c.is != "" {
		is = " AND " + c.is
	}
	switch {
	case c.only:
	case by == gather:
		either = append(either, "w.id IN (SELECT v.record_id FROM own_values v WHERE v.workspace_id = ? AND v.field = ?"+is+")")
		args = append(append(args, workspace, c.field.Own), c.args...)
	default:
		either = append(either, ofRecord+is+")")
		args = append(append(args, c.field.Own), c.args...)
	}
	if c.none {
		either = append(either, "NOT "+ofRecord+")")
		args = append(args, c.field.Own)
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

// dropOwn takes away the values of records that go.
func (tx *Tx) dropOwn(e *entity.Entity, ids []int64) error {
	fields := tx.of(e).OwnFields()
	if len(fields) == 0 {
		return nil
	}
	args := []any{tx.workspace}
	for n := range fields {
		args = append(args, fields[n].Own)
	}
	_, err := tx.exec("DELETE FROM own_values WHERE workspace_id = ? AND field IN ("+marks(len(fields))+") AND record_id IN ("+marks(len(ids))+")",
		append(args, anys(ids)...)...)
	return err
}
