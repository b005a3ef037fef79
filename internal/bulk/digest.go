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

// tellConcerned gives each employee whose records changed hands one notice, in
// the transaction that ends the import. It is made of the plan's loads; rows are
// read only where they were not written as planned.
func (j *job) tellConcerned(tx *store.Tx) error {
	i := j.imp
	if !i.Notices || i.Counts.Applied == 0 {
		return nil
	}
	shares, err := sharesOf(tx, i)
	if err != nil {
		return err
	}
	by, err := nameOf(tx, i.AppliedBy)
	if err != nil {
		return err
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
	return tx.AddNotices(notices)
}

// sharesOf sums up who has received and handed over how many records.
func sharesOf(tx *store.Tx, i *plan.Import) (map[int64]*share, error) {
	lines, err := tx.PlanLoads(i.ID)
	if err != nil {
		return nil, err
	}
	shares := map[int64]*share{}
	of := func(employee int64) *share {
		if shares[employee] == nil {
			shares[employee] = &share{}
		}
		return shares[employee]
	}
	for _, l := range lines {
		if l.Guards == 0 || l.Guards.Within(i.Accepted) {
			s := of(l.EmployeeID)
			s.received += l.Received
			s.handedOver += l.Received - l.Delta
		}
	}
	if i.State == plan.Applied && i.Counts.Conflict == 0 {
		return shares, nil
	}
	for after := int64(0); ; {
		rows, err := tx.Unapplied(i.ID, i.AppliedUpto, after, planChunk)
		if err != nil || len(rows) == 0 {
			return shares, err
		}
		for n := range rows {
			if !movesPeople(i, &rows[n]) {
				continue
			}
			gone, come := moved(&rows[n])
			for _, id := range come {
				of(id).received--
			}
			for _, id := range gone {
				of(id).handedOver--
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
