package bulk

import (
	"cmp"
	"slices"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// share is what an import has done to one employee's records.
type share struct{ received, handedOver int64 }

// concerned is one notice for each employee whose records changed hands. It is
// made of the plan's loads; rows are read only where they were not written as
// planned.
func (j *job) concerned() ([]plan.Notice, error) {
	i := j.imp
	if !i.Notices || i.Counts.Applied == 0 {
		return nil, nil
	}
	shares, by := shares{}, ""
	if err := j.store.Read(j.ctx, i.Workspace, func(tx *store.Tx) (err error) {
		if by, err = nameOf(tx, i.AppliedBy); err != nil {
			return err
		}
		return shares.planned(tx, i)
	}); err != nil {
		return nil, err
	}
	if i.State != plan.Applied || i.Counts.Conflict > 0 {
		if err := j.withoutUnapplied(shares); err != nil {
			return nil, err
		}
	}
	notices := make([]plan.Notice, 0, len(shares))
	for employee, s := range shares {
		if employee == 0 || *s == (share{}) {
			continue
		}
		notices = append(notices, plan.Notice{EmployeeID: employee, Kind: plan.Digest, ImportID: i.ID, Args: map[string]any{
			"received": s.received, "handed_over": s.handedOver, "who": by, "undoes": i.Undoes,
		}})
	}
	slices.SortFunc(notices, func(a, b plan.Notice) int { return cmp.Compare(a.EmployeeID, b.EmployeeID) })
	return notices, nil
}

// shares sums up who receives and hands over how many records.
type shares map[int64]*share

func (s shares) of(employee int64) *share {
	if s[employee] == nil {
		s[employee] = &share{}
	}
	return s[employee]
}

// planned adds what the import was to do.
func (s shares) planned(tx *store.Tx, i *plan.Import) error {
	lines, err := tx.PlanLoads(i.ID)
	for _, l := range lines {
		if l.Guards == 0 || l.Guards.Within(i.Accepted) {
			of := s.of(l.EmployeeID)
			of.received += l.Received
			of.handedOver += l.Received - l.Delta
		}
	}
	return err
}

// withoutUnapplied takes away what was not written. It may be most of a large
// plan, so it is read part by part, and not while others wait to write.
func (j *job) withoutUnapplied(s shares) error {
	for after := int64(0); ; {
		var rows []plan.Change
		if err := j.store.Read(j.ctx, j.imp.Workspace, func(tx *store.Tx) (err error) {
			rows, err = tx.Unapplied(j.imp.ID, j.imp.AppliedUpto, after, planChunk)
			return err
		}); err != nil || len(rows) == 0 {
			return err
		}
		for n := range rows {
			if !movesPeople(j.imp, &rows[n]) {
				continue
			}
			gone, come := moved(&rows[n])
			for _, id := range come {
				s.of(id).received--
			}
			for _, id := range gone {
				s.of(id).handedOver--
			}
		}
		after = rows[len(rows)-1].RecordID
	}
}

// moved is who ceases and who begins to be responsible by a row.
func moved(c *plan.Change) (gone, come []int64) {
	for _, id := range c.ResponsiblesBefore {
		if !slices.Contains(c.ResponsiblesAfter, id) {
			gone = append(gone, id)
		}
	}
	for _, id := range c.ResponsiblesAfter {
		if !slices.Contains(c.ResponsiblesBefore, id) {
			come = append(come, id)
		}
	}
	return gone, come
}

// nameOf is an employee's name as notices keep it; "" for the operator.
func nameOf(tx *store.Tx, employee int64) (string, error) {
	people, err := tx.People([]int64{employee})
	if p := people[employee]; p != nil {
		return p.Name, err
	}
	return "", err
}

// tellAdministrators tells the other administrators that an import waits for one
// of them.
func tellAdministrators(tx *store.Tx, i *plan.Import, who access.User) error {
	yes := true
	employees, err := tx.Employees(store.EmployeeQuery{Active: &yes})
	if err != nil {
		return err
	}
	var notices []plan.Notice
	for _, e := range employees {
		if e.Role == entity.Administrator && e.ID != who.EmployeeID {
			notices = append(notices, plan.Notice{EmployeeID: e.ID, Kind: plan.ApprovalDue, ImportID: i.ID,
				Args: map[string]any{"who": who.Name, "count": i.Selected()}})
		}
	}
	return tx.AddNotices(notices)
}

// tellAsker tells who has asked for approval what the answer is.
func tellAsker(tx *store.Tx, i *plan.Import, a *plan.Approval, who access.User) error {
	kind := plan.WasRejected
	if a.Answer == plan.Approved {
		kind = plan.WasApproved
	}
	return tx.AddNotices([]plan.Notice{{EmployeeID: a.AskedBy, Kind: kind, ImportID: i.ID,
		Args: map[string]any{"who": who.Name, "word": a.Word}}})
}
