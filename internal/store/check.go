package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// checkChunk is how many records are verified at a time.
const checkChunk = 5000

// violationsAtMost is how many violations are reported; a database that breaks
// its promises in a thousand places needs no longer list.
const violationsAtMost = 1000

// Check verifies in the database what the program promises: every receipt adds
// up, history replays to the present state, versions and responsibles agree.
// It reads only, in time that grows with the data, and answers what it found
// broken; every fault says what is wrong and where.
func (s *Store) Check(ctx context.Context) ([]*fault.Error, error) {
	workspaces, err := s.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	c := &checker{}
	if err := s.checkEngine(ctx, c); err != nil {
		return nil, err
	}
	for _, w := range workspaces {
		err := s.Read(ctx, w.ID, func(tx *Tx) error {
			c.tx, c.workspace = tx, w.Name
			return c.all()
		})
		if err != nil {
			return nil, fmt.Errorf("check workspace %q: %w", w.Name, err)
		}
	}
	return c.found, nil
}

type checker struct {
	tx        *Tx
	workspace string
	found     []*fault.Error
}

func (c *checker) report(key string, args ...any) {
	if len(c.found) < violationsAtMost {
		c.found = append(c.found, fault.New(fault.Internal, key, append(args, "workspace", c.workspace)...))
	}
}

// checkEngine asks the database engine about its own file.
func (s *Store) checkEngine(ctx context.Context, c *checker) error {
	return s.Read(ctx, 0, func(tx *Tx) error {
		for _, statement := range s.dialect.selfChecks {
			err := tx.query(statement, nil, func(scan func(...any) error) error {
				var said string
				if err := scan(&said); err != nil {
					return fmt.Errorf("read the engine's answer: %w", err)
				}
				if said != "ok" {
					c.report("check.engine", "detail", said)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *checker) all() error {
	if err := c.imports(); err != nil {
		return err
	}
	for _, e := range c.tx.catalog.Entities {
		if err := c.halves(e); err != nil {
			return err
		}
		if err := c.history(e); err != nil {
			return err
		}
		if err := c.reverse(e); err != nil {
			return err
		}
	}
	return c.numbers()
}

// imports: every receipt adds up, and says what the plan's rows say.
func (c *checker) imports() error {
	list, _, err := c.tx.Imports(0, 1<<30)
	if err != nil {
		return err
	}
	for _, i := range list {
		if err := errors.Join(c.receipt(i), c.undone(i)); err != nil {
			return err
		}
	}
	return c.files()
}

func (c *checker) receipt(i *plan.Import) error {
	n := i.Counts
	if i.CheckedAt.IsZero() {
		return nil // the check is under way, or never ended
	}
	if n.Read != n.Change+n.Unchanged+n.Held+n.Failed {
		c.report("check.receipt_read", "import", i.ID, "read", n.Read, "sum", n.Change+n.Unchanged+n.Held+n.Failed)
	}
	if n.Accepted != i.AcceptedBy(i.Accepted) {
		c.report("check.receipt_accepted", "import", i.ID, "accepted", n.Accepted, "rows", i.AcceptedBy(i.Accepted))
	}
	if n.Remaining < 0 || i.State == plan.Applied && n.Remaining != 0 {
		c.report("check.receipt_remaining", "import", i.ID, "remaining", n.Remaining)
	}
	var changes, held, applied, conflicts int64
	if _, err := c.tx.one(`SELECT COALESCE(SUM(CASE WHEN guards = 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN guards > 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN record_id <= ? AND fate = 0 AND (guards & ~CAST(? AS BIGINT)) = 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN fate = 1 THEN 1 ELSE 0 END), 0)
		FROM import_changes WHERE workspace_id = ? AND import_id = ?`,
		[]any{i.AppliedUpto, int64(i.Accepted), c.tx.workspace, i.ID}, &changes, &held, &applied, &conflicts); err != nil {
		return err
	}
	for _, pair := range []struct {
		what       string
		says, rows int64
	}{{"change", n.Change, changes}, {"held", n.Held, held}, {"applied", n.Applied, applied}, {"conflict", n.Conflict, conflicts}} {
		if pair.says != pair.rows {
			c.report("check.receipt_rows", "import", i.ID, "count", pair.what, "says", pair.says, "rows", pair.rows)
		}
	}
	return nil
}

// undone: as many rows of an import stand undone as it says.
func (c *checker) undone(i *plan.Import) error {
	undos, err := c.tx.undosOf(i.ID, 0)
	if err != nil || len(undos) == 0 && i.Undone == 0 {
		return err
	}
	rows, err := c.tx.applied(i.ID, 0, math.MaxInt64)
	if err != nil {
		return err
	}
	standing, err := c.tx.standing(i.ID, rows)
	if n := int64(len(rows) - len(standing)); err == nil && n != i.Undone {
		c.report("check.undone", "import", i.ID, "says", i.Undone, "rows", n)
	}
	return err
}

// files: every stored file belongs to an import.
func (c *checker) files() error {
	return c.tx.query(`SELECT DISTINCT f.import_id FROM import_files f WHERE f.workspace_id = ? AND NOT EXISTS
		(SELECT 1 FROM imports i WHERE i.workspace_id = f.workspace_id AND i.id = f.import_id)`,
		[]any{c.tx.workspace}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			c.report("check.orphan_file", "import", id)
			return err
		})
}

// halves: the narrow and the wide row of a record exist together.
func (c *checker) halves(e *entity.Entity) error {
	for _, q := range []string{
		"SELECT id FROM records WHERE workspace_id = ? AND kind = ? EXCEPT SELECT id FROM " + quote(e.Table) + " WHERE workspace_id = ?",
		"SELECT id FROM " + quote(e.Table) + " WHERE workspace_id = ? EXCEPT SELECT id FROM records WHERE workspace_id = ? AND kind = ?",
	} {
		args := []any{c.tx.workspace, e.Number, c.tx.workspace}
		if strings.HasPrefix(q, "SELECT id FROM \"") {
			args = []any{c.tx.workspace, c.tx.workspace, e.Number}
		}
		if err := c.tx.query(q, args, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			c.report("check.half_record", "kind", e.Name, "id", id)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// numbers: no id is two records', none is beyond the number line.
func (c *checker) numbers() error {
	return c.tx.query(`SELECT r.id FROM records r WHERE r.workspace_id = ? GROUP BY r.id HAVING COUNT(*) > 1
		UNION SELECT r.id FROM records r JOIN workspaces w ON w.id = r.workspace_id WHERE r.workspace_id = ? AND r.id >= w.next_record_id`,
		[]any{c.tx.workspace, c.tx.workspace}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			c.report("check.number", "id", id)
			return err
		})
}

// reverse: the index by employee says what the records say. The two sides are in
// different orders, so each is summed up per employee, and the sums compared.
func (c *checker) reverse(e *entity.Entity) error {
	wanted, listed := map[int64]bundle{}, map[int64]bundle{}
	for after := int64(0); ; {
		standings, err := c.tx.narrow(e, after, checkChunk)
		if err != nil {
			return err
		}
		if len(standings) == 0 {
			break
		}
		after = standings[len(standings)-1].ID
		for _, st := range standings {
			for _, employee := range underWhom(st.Responsibles) {
				wanted[employee] = wanted[employee].with(st.ID)
			}
		}
	}
	if err := c.tx.query("SELECT employee_id, record_id FROM responsibilities WHERE workspace_id = ? AND kind = ?",
		[]any{c.tx.workspace, e.Number}, func(scan func(...any) error) error {
			var employee, id int64
			err := scan(&employee, &id)
			listed[employee] = listed[employee].with(id)
			return err
		}); err != nil {
		return err
	}
	for employee := range listed {
		if _, known := wanted[employee]; !known {
			wanted[employee] = bundle{}
		}
	}
	for employee, w := range wanted {
		if l := listed[employee]; l != w {
			c.report("check.reverse", "kind", e.Name, "employee", employee, "listed", l.n, "rows", w.n)
		}
	}
	return nil
}

// bundle is a set of records, as far as telling two sets apart needs it.
type bundle struct {
	n   int64
	sum uint64
}

func (b bundle) with(id int64) bundle {
	h := uint64(id) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	return bundle{b.n + 1, b.sum + h*0xBF58476D1CE4E5B9}
}

// history: for every record, the changes make a chain without gaps that ends in
// what the record is now.
func (c *checker) history(e *entity.Entity) error {
	for after, done := int64(0), false; !done; {
		standings, err := c.tx.narrow(e, after, checkChunk)
		if err != nil {
			return err
		}
		// each part reaches to where the next begins, the last one to the end of
		// all numbers: what lies between the records is history of nothing
		first, last := after+1, int64(math.MaxInt64)
		if done = len(standings) < checkChunk; !done {
			last = standings[len(standings)-1].ID
		}
		after = last
		entries, err := c.entries(e, first, last)
		if err != nil {
			return err
		}
		for _, st := range standings {
			c.replay(e, st, entries[st.ID])
			delete(entries, st.ID)
		}
		for id := range entries {
			c.report("check.history_of_nothing", "kind", e.Name, "id", id)
		}
	}
	return nil
}

// step is one change in a record's history, wherever it was written.
type step struct {
	version int64
	changes []entity.Change
}

func (c *checker) entries(e *entity.Entity, first, last int64) (map[int64][]step, error) {
	entries := map[int64][]step{}
	byHand, err := c.tx.HandChangesBetween(e, first, last)
	if err != nil {
		return nil, err
	}
	for id, list := range byHand {
		for _, h := range list {
			entries[id] = append(entries[id], step{h.Version, h.Changes})
		}
	}
	byImport, err := c.tx.ImportChangesBetween(e, first, last)
	for _, h := range byImport {
		entries[h.RecordID] = append(entries[h.RecordID], step{h.Version, h.Changes})
	}
	return entries, err
}

func (c *checker) replay(e *entity.Entity, st Standing, steps []step) {
	slices.SortFunc(steps, func(a, b step) int { return int(a.version - b.version) })
	state := map[string]string{}
	if len(steps) > 0 && steps[0].version == 1 { // made by hand: what it was made as
		for _, change := range steps[0].changes {
			state[change.Field] = change.After
		}
		steps = steps[1:]
	}
	for n, s := range steps {
		if s.version != int64(n)+2 {
			c.report("check.history_gap", "kind", e.Name, "id", st.ID, "version", s.version, "wanted_version", int64(n)+2)
			return
		}
		for _, change := range s.changes {
			if was, known := state[change.Field]; known && was != change.Before {
				c.report("check.history_chain", "kind", e.Name, "id", st.ID, "version", s.version, "field", change.Field)
			}
			state[change.Field] = change.After
		}
	}
	if st.Version != int64(len(steps))+1 {
		c.report("check.version", "kind", e.Name, "id", st.ID, "version", st.Version, "wanted_version", int64(len(steps))+1)
	}
	c.present(e, st, state)
}

// present compares what history ends in with what stands in the record. Fields
// of the wide row are compared where history mentions them.
func (c *checker) present(e *entity.Entity, st Standing, state map[string]string) {
	now := map[string]string{entity.Active: entity.BoolText(st.Active), entity.Responsibles: entity.IDsText(st.Responsibles)}
	wide := false
	for field := range state {
		wide = wide || e.Has(field)
	}
	if wide {
		rec, err := c.tx.Get(e, st.ID)
		if err != nil {
			return // reported as half a record already
		}
		for i, f := range e.Fields {
			now[f.Name] = rec.Values[i]
		}
	}
	for field, value := range state {
		if now[field] != value {
			c.report("check.present", "kind", e.Name, "id", st.ID, "field", field, "now", now[field], "history", value)
		}
	}
}
