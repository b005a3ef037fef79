package store

import (
	"fmt"
	"maps"
	"slices"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// Rows of plans where a statement takes whole columns: one journey to the server
// for a chunk instead of several for each row.

func (tx *Tx) addChangeColumns(importID int64, changes []plan.Change) error {
	if len(changes) == 0 {
		return nil
	}
	n := len(changes)
	records, rows, guards, versions := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	activeBefore, activeAfter := make([]*int64, n), make([]*int64, n)
	before, after := make([][]byte, n), make([][]byte, n)
	for i := range changes {
		c := &changes[i]
		records[i], rows[i], guards[i], versions[i] = c.RecordID, c.Row, int64(c.Guards), c.Version
		if c.TouchesActive {
			activeBefore[i], activeAfter[i] = new(truth(c.ActiveBefore)), new(truth(c.ActiveAfter))
		}
		if c.TouchesResponsibles {
			before[i], after[i] = pack(c.ResponsiblesBefore), pack(c.ResponsiblesAfter)
		}
	}
	_, err := tx.exec(`INSERT INTO import_changes (workspace_id, import_id, record_id, source_row, guards, version,
			active_before, active_after, responsibles_before, responsibles_after)
		SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), c.* FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]),
			CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BYTEA[]), CAST(? AS BYTEA[])) AS c`,
		tx.workspace, importID, records, rows, guards, versions, activeBefore, activeAfter, before, after)
	return err
}

func (tx *Tx) addProblemColumns(importID int64, problems []plan.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	n := len(problems)
	rows, ns, records := make([]int64, n), make([]int64, n), make([]int64, n)
	var texts [6][]string
	for i := range problems {
		p := &problems[i]
		args, err := problemArgs(p)
		if err != nil {
			return err
		}
		rows[i], ns[i], records[i] = p.Row, int64(p.N), p.RecordID
		for k, text := range [...]string{string(p.Outcome), p.Field, p.Code, args, p.Value, p.Suggestion} {
			texts[k] = append(texts[k], storableText(text))
		}
	}
	_, err := tx.exec(`INSERT INTO import_problems (workspace_id, import_id, source_row, n, record_id, outcome,
			field, code, args, value, suggestion)
		SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), p.* FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]),
			CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[])) AS p`,
		tx.workspace, importID, rows, ns, records, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5])
	return err
}

// joiningPostgres is dialect.joining.
const joiningPostgres = `SELECT set_config('plan_cache_mode', 'force_generic_plan', true),
	set_config('enable_seqscan', 'off', true), set_config('enable_mergejoin', 'off', true),
	set_config('enable_hashjoin', ?, true), set_config('enable_nestloop', ?, true)`

// A chunk that changes much of what lies between its first record and its last
// reads that part of the table and of the index in one go, in which it finds its
// rows by a hash table; another one looks each of its rows up by key.
const dense = 3 // of so many numbers one is changed

// span is the first and the last record of a chunk; together tells whether it is
// dense in between.
func span(changes []plan.Change) (first, last int64, together bool) {
	first, last = changes[0].RecordID, changes[len(changes)-1].RecordID
	return first, last, last-first < int64(len(changes))*dense
}

// unknownToPlanner asks whether the tables of a chunk have never been analyzed,
// as after a load of many rows: the planner then takes a workspace for a few rows
// and walks all of them for each chunk.
const unknownToPlanner = "SELECT relname FROM pg_class WHERE oid IN ('records'::regclass, 'responsibilities'::regclass) AND reltuples < 0"

// applyColumns is ApplyChanges. Imports of one workspace write one chunk at a
// time: two that lock the same records in different orders would stop each other.
func (tx *Tx) applyColumns(e *entity.Entity, changes []plan.Change) (conflicts []int64, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	first, last, together := span(changes)
	if err := tx.takeTurn(fmt.Sprint("apply in ", tx.workspace)); err != nil {
		return nil, err
	}
	if err := tx.joining(together); err != nil {
		return nil, err
	}
	if unknown, err := tx.one(unknownToPlanner, nil, new(string)); err != nil {
		return nil, err
	} else if unknown {
		if _, err := tx.exec("ANALYZE records, responsibilities"); err != nil {
			return nil, err
		}
	}
	applied, err := tx.updateColumns(e, changes)
	if err != nil {
		return nil, err
	}
	var gone, come pairs
	for n := range changes {
		c := &changes[n]
		if !applied[c.RecordID] {
			conflicts = append(conflicts, c.RecordID)
			continue
		}
		if c.TouchesResponsibles {
			less, more := setDifference(underWhom(c.ResponsiblesBefore), underWhom(c.ResponsiblesAfter))
			gone.add(c.RecordID, less)
			come.add(c.RecordID, more)
		}
	}
	gone, come = gone.inOrder(), come.inOrder()
	if len(gone.records) > 0 {
		// the last line says what follows from the others, for the planner
		if _, err := tx.exec(`DELETE FROM responsibilities r USING unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS g (employee_id, record_id)
			WHERE r.workspace_id = ? AND r.kind = ? AND r.employee_id = g.employee_id AND r.record_id = g.record_id
				AND r.employee_id = ANY (CAST(? AS BIGINT[])) AND r.record_id BETWEEN ? AND ?`,
			gone.employees, gone.records, tx.workspace, e.Number,
			slices.Compact(slices.Clone(gone.employees)), first, last); err != nil {
			return nil, err
		}
	}
	if len(come.records) > 0 {
		if _, err := tx.exec(`INSERT INTO responsibilities (workspace_id, kind, employee_id, record_id)
			SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), c.* FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS c`,
			tx.workspace, e.Number, come.employees, come.records); err != nil {
			return nil, err
		}
	}
	return conflicts, nil
}

// updateColumns changes the narrow rows and tells which were at the right version.
func (tx *Tx) updateColumns(e *entity.Entity, changes []plan.Change) (map[int64]bool, error) {
	n := len(changes)
	ids, versions, active, responsibles := make([]int64, n), make([]int64, n), make([]*int64, n), make([][]byte, n)
	for i := range changes {
		c := &changes[i]
		ids[i], versions[i] = c.RecordID, c.Version
		if c.TouchesActive {
			active[i] = new(truth(c.ActiveAfter))
		}
		if c.TouchesResponsibles {
			responsibles[i] = pack(c.ResponsiblesAfter)
		}
	}
	applied := make(map[int64]bool, n)
	err := tx.query(`UPDATE records r SET active = COALESCE(c.active, r.active), responsibles = COALESCE(c.responsibles, r.responsibles),
			version = r.version + 1
		FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BYTEA[])) AS c (id, version, active, responsibles)
		WHERE r.workspace_id = ? AND r.kind = ? AND r.id = c.id AND r.version = c.version AND r.id BETWEEN ? AND ? RETURNING r.id`,
		[]any{ids, versions, active, responsibles, tx.workspace, e.Number, ids[0], ids[n-1]}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			applied[id] = true
			return err
		})
	return applied, err
}

// pairs is rows of the reverse index, as columns.
type pairs struct{ employees, records []int64 }

func (p *pairs) add(record int64, employees []int64) {
	for _, employee := range employees {
		p.employees, p.records = append(p.employees, employee), append(p.records, record)
	}
}

// inOrder is the pairs in the order of the key: by employee, then by record.
// They come in the order of records.
func (p *pairs) inOrder() pairs {
	at := map[int64]int{} // where the employee's next record goes
	for _, employee := range p.employees {
		at[employee]++
	}
	place := 0
	for _, employee := range slices.Sorted(maps.Keys(at)) {
		place, at[employee] = place+at[employee], place
	}
	sorted := pairs{make([]int64, place), make([]int64, place)}
	for n, employee := range p.employees {
		sorted.employees[at[employee]], sorted.records[at[employee]] = employee, p.records[n]
		at[employee]++
	}
	return sorted
}
