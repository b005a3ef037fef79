package bulk

import (
	"cmp"
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
	var list []later
	byHand, err := tx.HandChanges(e, id)
	if err != nil {
		return nil, err
	}
	for _, h := range byHand {
		for _, c := range h.Changes {
			list = append(list, later{h.Version, h.At, h.EmployeeID, 0, c})
		}
	}
	byImport, err := tx.ImportChangesOf(e, id)
	if err != nil {
		return nil, err
	}
	for _, h := range byImport {
		for _, c := range h.Changes {
			list = append(list, later{h.Version, h.At, h.EmployeeID, h.ImportID, c})
		}
	}
	list = slices.DeleteFunc(list, func(l later) bool { return l.version <= version })
	slices.SortStableFunc(list, func(a, b later) int { return cmp.Compare(b.version, a.version) })
	return list, nil
}

// args of the sentence about a later change. They outlive the request, so they
// are names and instants, not a finished text.
func (l later) args(s *staff) map[string]any {
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
	return args
}
