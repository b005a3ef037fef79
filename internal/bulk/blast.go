package bulk

import (
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// blast finds out whether an import would deactivate or move too much of the
// workspace at once. How much it is becomes known with its last row, when the
// others are written: so rows are marked from the beginning where the file is
// long enough to be too much, and the marks are set right at the end.
type blast struct {
	records, share int64                 // bounds of the workspace; both must be passed
	watches        bool                  // an undo brings back what was, and new records move nothing
	marks          bool                  // rows get the mark as they are written
	rows           map[int]int64         // by the number of the kind
	by             map[plan.Guards]int64 // the same rows by what else holds them
}

// newBlast begins to watch. expected is about how many rows will come.
func newBlast(w *entity.Workspace, mode plan.Mode, expected int64) *blast {
	return &blast{
		records: w.BlastRecords, share: w.BlastShare, watches: mode == plan.Edit,
		marks: mode == plan.Edit && expected > w.BlastRecords,
		rows:  map[int]int64{}, by: map[plan.Guards]int64{},
	}
}

// expect says how many rows will come, once that is known.
func (b *blast) expect(rows int64) { b.marks = b.watches && rows > b.records }

// resume goes on with a plan of which some rows are planned anew: they are marked
// as the others are.
func (b *blast) resume(i *plan.Import) {
	b.marks = b.watches && i.Summary.Blast
}

// turned sums up a plan of which some rows are planned anew: rows that gave way
// were counted before. turned is true when what was too many is so no more, or
// the other way round, and the marks of all rows are wrong.
func (b *blast) turned(tx *store.Tx, i *plan.Import, gave []plan.Change) (turned bool, err error) {
	if !b.watches {
		return false, nil
	}
	for _, m := range i.Summary.Moves {
		b.rows[tx.Catalog().ByName(m.Kind).Number] += m.Rows
	}
	for n := range gave {
		if blasts(&gave[n]) {
			b.rows[gave[n].Entity.Number]--
		}
	}
	i.Summary.Moves, i.Summary.Blast, err = b.verdict(tx, i.Kinds)
	return i.Summary.Blast != b.marks, err
}

// blasts tells whether a row is of those that are counted: it deactivates a
// record, or somebody ceases or begins to be responsible for it.
func blasts(c *plan.Change) bool {
	return c.TouchesActive && !c.ActiveAfter || c.TouchesResponsibles
}

// count adds one row, and marks it.
func (b *blast) count(c *plan.Change) {
	if !b.watches || !blasts(c) {
		return
	}
	b.rows[c.Entity.Number]++
	b.by[c.Guards]++
	if b.marks {
		c.Guards |= plan.Blast
	}
}

// verdict is how many of how many records of each kind are deactivated or change
// hands, and whether that is too many. One kind is enough to hold the rows of all.
func (b *blast) verdict(tx *store.Tx, kinds []*entity.Entity) (list []plan.Moves, tooMany bool, err error) {
	for _, e := range kinds {
		rows := b.rows[e.Number]
		if rows == 0 {
			continue
		}
		of, err := tx.CountKind(e)
		if err != nil {
			return nil, false, err
		}
		tooMany = tooMany || rows > b.records && rows*100 > b.share*of
		list = append(list, plan.Moves{Kind: e.Name, Rows: rows, Of: of})
	}
	return list, tooMany, nil
}

// settleBlast sets the marks, the counts and the loads right once all rows are
// known.
func (p *planner) settleBlast() error {
	b, s := p.blast, &p.imp.Summary
	if !b.watches {
		return nil
	}
	if err := p.store.Read(p.ctx, p.imp.Workspace, func(tx *store.Tx) (err error) {
		s.Moves, s.Blast, err = b.verdict(tx, p.imp.Kinds)
		return err
	}); err != nil || s.Blast == b.marks {
		return err
	}
	isBlast := s.Blast
	for guards, rows := range b.by {
		p.move(guards, guards|plan.Blast, rows, isBlast)
	}
	p.loads.mark(plan.Blast, isBlast)
	for after, size := int64(0), firstChunk; ; size = steer(size, p.held, p.store.ChunkTime()/2) {
		var more bool
		if err := p.save(func(tx *store.Tx) (err error) {
			after, more, err = tx.MarkBlast(p.imp.ID, isBlast, after, size)
			return err
		}); err != nil || !more {
			return err
		}
	}
}

// move counts rows under other guards than before: to, or back from it.
func (p *planner) move(from, to plan.Guards, rows int64, forth bool) {
	if !forth {
		from, to = to, from
	}
	counts := &p.imp.Counts
	for _, step := range []struct {
		guards plan.Guards
		rows   int64
	}{{from, -rows}, {to, rows}} {
		if step.guards == 0 {
			counts.Change += step.rows
			continue
		}
		counts.Held += step.rows
		p.imp.HeldBy[step.guards] += step.rows
		if p.imp.HeldBy[step.guards] == 0 {
			delete(p.imp.HeldBy, step.guards)
		}
	}
}

// mark puts a guard on every sum, or takes it off: whoever gains or loses a
// record does so by a row that counts.
func (l *loads) mark(guard plan.Guards, on bool) {
	sums := map[loadKey]*plan.Load{}
	for key, load := range l.sums {
		key.guards |= guard
		if !on {
			key.guards &^= guard
		}
		load.Guards = key.guards
		sums[key] = load
	}
	l.sums = sums
}
