// Package records is the use cases for one record and for lists of them: find,
// read, change, look back. It knows no page and no file; pages, API and command
// line all come through here.
package records

import (
	"context"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Service is the use cases of records.
type Service struct {
	store *store.Store
}

// New makes the service.
func New(st *store.Store) *Service { return &Service{store: st} }

// Bounds of a page.
const (
	defaultLimit = 50
	mostOnPage   = 500
)

// List answers a query with those records that who may see.
func (s *Service) List(ctx context.Context, who access.User, e *entity.Entity, q entity.Query) (page entity.Page, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return page, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit, q.Offset = min(q.Limit, mostOnPage), max(q.Offset, 0)
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		page, err = tx.List(e, q, who.Scope())
		return err
	})
	return page, err
}

// Count tells how many records a query finds for who.
func (s *Service) Count(ctx context.Context, who access.User, e *entity.Entity, q entity.Query) (n int64, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return 0, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		n, err = tx.Count(e, q, who.Scope())
		return err
	})
	return n, err
}

// Get reads one record. One that who may not see is absent to him.
func (s *Service) Get(ctx context.Context, who access.User, e *entity.Entity, id int64) (rec *entity.Record, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		rec, err = visible(tx, who, e, id)
		return err
	})
	return rec, err
}

// visible reads a record within the scope of who. A record of another kind is
// named as such only when he may see that one.
func visible(tx *store.Tx, who access.User, e *entity.Entity, id int64) (*entity.Record, error) {
	rec, err := tx.Get(e, id)
	if err == nil && who.Scope().Sees(rec) {
		return rec, nil
	}
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	absent := fault.New(fault.NotFound, "error.no_such_record", "id", id)
	if err == nil {
		return nil, absent
	}
	kind, kindErr := tx.KindOf(id)
	if kindErr != nil {
		return nil, kindErr // absent, or a failure of ours
	}
	other, otherErr := tx.Get(kind, id)
	if otherErr != nil {
		return nil, otherErr
	}
	if !who.Scope().Sees(other) {
		return nil, absent
	}
	return nil, err
}

// Choices is what a form or a filter offers for the directory fields of e: the
// values of each directory, by its name, retired ones marked.
func (s *Service) Choices(ctx context.Context, who access.User, e *entity.Entity) (map[string][]entity.DirectoryValue, error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, err
	}
	choices := map[string][]entity.DirectoryValue{}
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		for _, f := range tx.Catalog().Of(e).Fields {
			directory := f.Directory
			if directory == "" || choices[directory] != nil {
				continue
			}
			if choices[directory], err = tx.DirectoryValues(directory); err != nil {
				return err
			}
		}
		return nil
	})
	return choices, err
}

// Related is the records of one kind that refer to a record by one field.
type Related struct {
	Entity  *entity.Entity
	Field   string
	Total   int64
	Records []*entity.Record // the first of them
}

// relatedShown is how many related records of each kind a card shows.
const relatedShown = 10

// Related lists what refers to a record: a company's locations, assets and
// contacts, as far as who may see them. Kinds without any are left out.
func (s *Service) Related(ctx context.Context, who access.User, e *entity.Entity, id int64) ([]Related, error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, err
	}
	var list []Related
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if _, err := visible(tx, who, e, id); err != nil {
			return err
		}
		for _, other := range tx.Catalog().Entities {
			for i := range other.Fields {
				f := &other.Fields[i]
				if f.Kind != entity.Reference || f.Ref != e.Name {
					continue
				}
				page, err := tx.List(other, entity.Query{Filters: map[string][]string{f.Name: {entity.IDsText([]int64{id})}}, Limit: relatedShown}, who.Scope())
				if err != nil {
					return err
				}
				if page.Total > 0 {
					list = append(list, Related{Entity: other, Field: f.Name, Total: page.Total, Records: page.Records})
				}
			}
		}
		return nil
	})
	return list, err
}
