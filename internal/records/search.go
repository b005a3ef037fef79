package records

import (
	"context"

	"nadel/internal/access"
	"nadel/internal/store"
)

// HistoryQuery asks for changes of any records, the newest first.
type HistoryQuery = store.HistoryQuery

// Found is one change that a search in history has found.
type Found = store.Found

// ParsePlace reads where a page of a search goes on (Found.Place).
func ParsePlace(text string) (Found, error) { return store.ParseFound(text) }

// SearchHistory finds changes of any records: "who took ivanov off". It shows
// records regardless of scope, so it needs the right to see imports. With the
// changes come the names of all that they mention, the records' own among them.
func (s *Service) SearchHistory(ctx context.Context, who access.User, q HistoryQuery) (found []Found, names Names, err error) {
	if err := who.Must(access.SeeAllImports); err != nil {
		return nil, names, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, mostOnPage)
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if found, err = tx.SearchHistory(q); err != nil {
			return err
		}
		w := Wanted{records: map[string][]int64{}}
		for n := range found {
			f := &found[n]
			w.Add(f.Entity, f.Changes)
			w.addPeople([]int64{f.EmployeeID})
			w.records[f.Entity.Name] = append(w.records[f.Entity.Name], f.RecordID)
		}
		names, err = w.Names(tx)
		return err
	})
	return found, names, err
}
