package bulk

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"nadel/internal/entity"
	"nadel/internal/store"
)

// later is one change of one field that came after a version.
type later struct {
	version  int64
	at       time.Time
	employee int64
	imported int64 // the import that made it; 0: by hand
	change   entity.Change
}

// changesSince lists what happened to a record after a version, newest first.
func (p *planner) changesSince(tx *store.Tx, e *entity.Entity, id, version int64) ([]later, error) {
	all, err := changesBetween(tx, e, id, id)
	return slices.DeleteFunc(all[id], func(l later) bool { return l.version <= version }), err
}

// changesBetween lists what happened to the records of e with ids from first to
// last, newest first.
func changesBetween(tx *store.Tx, e *entity.Entity, first, last int64) (map[int64][]later, error) {
	byRecord := map[int64][]later{}
	byHand, err := tx.HandChangesBetween(e, first, last)
	if err != nil {
		return nil, err
	}
	for id, list := range byHand {
		for _, h := range list {
			for _, c := range h.Changes {
				byRecord[id] = append(byRecord[id], later{h.Version, h.At, h.EmployeeID, 0, c})
			}
		}
	}
	byImport, err := tx.ImportChangesBetween(e, first, last)
	if err != nil {
		return nil, err
	}
	for _, h := range byImport {
		for _, c := range h.Changes {
			byRecord[h.RecordID] = append(byRecord[h.RecordID], later{h.Version, h.At, h.EmployeeID, h.ImportID, c})
		}
	}
	for _, list := range byRecord {
		slices.SortStableFunc(list, func(a, b later) int { return cmp.Compare(b.version, a.version) })
	}
	return byRecord, nil
}

// args of the sentence about a later change. They outlive the request, so they
// are names and instants, not a finished text.
func (l later) args(tx *store.Tx, e *entity.Entity, s *staff) (map[string]any, error) {
	args := map[string]any{
		"who": "", "at": l.at.UnixMilli(), "import": l.imported,
		"before": l.change.Before, "after": l.change.After,
	}
	if e := s.byID[l.employee]; e != nil {
		args["who"] = e.Name
	}
	if l.change.Field == entity.Responsibles {
		args["before"] = s.loginsOf(entity.ParseIDs(l.change.Before))
		args["after"] = s.loginsOf(entity.ParseIDs(l.change.After))
	}
	if !e.Has(l.change.Field) {
		return args, nil
	}
	args["entity"] = e.Name
	f := e.Field(l.change.Field)
	if f.Kind == entity.Bool {
		args["truth"] = true
		return args, nil
	}
	var err1, err2 error
	args["before"], err1 = named(tx, f, l.change.Before)
	args["after"], err2 = named(tx, f, l.change.After)
	return args, errors.Join(err1, err2)
}
