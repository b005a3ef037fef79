package store

import (
	"math"

	"nadel/internal/entity"
)

// halves: the narrow and the wide row of a record exist together.
func (c *checker) halves(e *entity.Entity) error {
	half := func(id int64) { c.report("check.half_record", "kind", e.Name, "id", id) }
	return c.sameIDs(c.wideIDs(e), func(after, last int64) ([]int64, error) {
		return c.tx.numbers("SELECT id FROM records WHERE workspace_id = ? AND kind = ? AND id > ? AND id <= ? ORDER BY id",
			c.tx.workspace, e.Number, after, last)
	}, half, half)
}

// searchable: the search table knows exactly the records that exist.
func (c *checker) searchable(e *entity.Entity) error {
	return c.sameIDs(c.wideIDs(e), func(after, last int64) ([]int64, error) {
		query, args := c.tx.dialect.searchEntered(e, c.tx.workspace, after, last)
		return c.tx.numbers(query, args...)
	}, func(id int64) {
		c.report("check.not_searchable", "kind", e.Name, "id", id)
	}, func(id int64) {
		c.report("check.search_of_nothing", "kind", e.Name, "id", id)
	})
}

// wideIDs reads the next ids of wide rows.
func (c *checker) wideIDs(e *entity.Entity) func(after int64) ([]int64, error) {
	return func(after int64) ([]int64, error) {
		return c.tx.numbers("SELECT id FROM "+quote(e.Table)+" WHERE workspace_id = ? AND id > ? ORDER BY id LIMIT ?",
			c.tx.workspace, after, checkChunk)
	}
}

// sameIDs walks along two ascending lists of ids side by side and tells what is
// in one of them only. next reads a chunk of the first, between the second's ids
// after one and up to another.
func (c *checker) sameIDs(next func(after int64) ([]int64, error), between func(after, last int64) ([]int64, error), only1, only2 func(id int64)) error {
	for after, done := int64(0), false; !done; {
		first, err := next(after)
		if err != nil {
			return err
		}
		last := int64(math.MaxInt64)
		if done = len(first) < checkChunk; !done {
			last = first[len(first)-1]
		}
		second, err := between(after, last)
		if err != nil {
			return err
		}
		lost, extra := setDifference(first, second)
		for _, id := range lost {
			only1(id)
		}
		for _, id := range extra {
			only2(id)
		}
		after = last
	}
	return nil
}

// oneEach: of the records with one value of a reference exactly one is the
// chosen one, such as a company's main location.
func (c *checker) oneEach(e *entity.Entity) error {
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.OnePer == "" {
			continue
		}
		per := quote(e.Field(f.OnePer).Name)
		if err := c.tx.query("SELECT "+per+", SUM("+quote(f.Name)+") FROM "+quote(e.Table)+" WHERE workspace_id = ? AND "+per+
			" IS NOT NULL GROUP BY "+per+" HAVING SUM("+quote(f.Name)+") <> 1", []any{c.tx.workspace}, func(scan func(...any) error) error {
			var id, n int64
			err := scan(&id, &n)
			c.report("check.one_each", "kind", e.Name, "field", f.Name, "per", e.Field(f.OnePer).Ref, "id", id, "n", n)
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
		standings, err := c.tx.nextStandings(e, after, checkChunk)
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
