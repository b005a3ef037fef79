package records

import (
	"context"
	"net/url"
	"slices"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// mostViews is how many views of one kind a person may keep.
const mostViews = 100

// viewName is how the name of a view is read.
var viewName = &entity.Field{Name: "name", Kind: entity.Text, Required: true, Max: 80}

// Views lists the views of a kind that who may open, and how he looks at its list.
func (s *Service) Views(ctx context.Context, who access.User, e *entity.Entity) (views []entity.View, habits entity.ListHabits, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, habits, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if views, err = tx.Views(e, who.EmployeeID); err != nil {
			return err
		}
		habits, err = tx.ListHabits(e, who.EmployeeID)
		return err
	})
	return views, habits, err
}

// SaveView keeps a view, as a new one of who when it has no id. The query is the
// address of the list; what it says is kept without what chooses no records.
func (s *Service) SaveView(ctx context.Context, who access.User, e *entity.Entity, v entity.View) (entity.View, error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return v, err
	}
	var faults fault.Many
	var err error
	v.Name, err = viewName.Parse(v.Name)
	faults = append(faults, fault.All(err)...)
	asked, err := url.ParseQuery(v.Query)
	if err != nil {
		faults = append(faults, fault.New(fault.Invalid, "error.view_query").In("query"))
	}
	q, wrong := ReadQuery(e, asked)
	if len(wrong) > 0 {
		faults = append(faults, fault.New(fault.Invalid, "error.view_query").In("query"))
	}
	if len(v.Columns) > 0 {
		v.Columns = e.ArrangeColumns(v.Columns)
	}
	if err := faults.ErrOrNil(); err != nil {
		return v, err
	}
	v.Query = WriteQuery(e, q).Encode()
	err = s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		old, err := changeable(tx, who, e, &v)
		if err != nil {
			return err
		}
		if v.Shared {
			if err := who.Must(access.ShareViews); err != nil {
				return err
			}
		}
		if old.Shared && !v.Shared {
			if err := tx.HideView(v); err != nil {
				return err
			}
		}
		return tx.PutView(e, &v)
	})
	return v, err
}

// changeable is the view as it was, when who may change it.
func changeable(tx *store.Tx, who access.User, e *entity.Entity, v *entity.View) (entity.View, error) {
	if v.ID != 0 {
		old, err := ownView(tx, who, e, v.ID)
		v.Author = old.Author
		return old, err
	}
	v.Author = who.EmployeeID
	all, err := tx.Views(e, who.EmployeeID)
	own := 0
	for _, one := range all {
		if one.Author == who.EmployeeID {
			own++
		}
	}
	if err == nil && own >= mostViews {
		err = fault.New(fault.Invalid, "error.views_too_many", "max", mostViews).In("name")
	}
	return entity.View{}, err
}

// ownView is a view that who may change: his own, or a shared one when he is an
// administrator. One that he may not see is absent to him.
func ownView(tx *store.Tx, who access.User, e *entity.Entity, id int64) (entity.View, error) {
	v, err := tx.View(e, id)
	switch {
	case err != nil:
		return v, err
	case v.Author == who.EmployeeID:
		return v, nil
	case !v.Shared:
		return entity.View{}, fault.New(fault.NotFound, "error.no_such_view")
	case !who.May(access.Administer):
		return v, fault.New(fault.Denied, "error.view_of_another")
	}
	return v, nil
}

// MayChange tells whether who may change a view that he sees.
func MayChange(who access.User, v entity.View) bool {
	return v.Author == who.EmployeeID || v.Shared && who.May(access.Administer)
}

// DropView deletes a view.
func (s *Service) DropView(ctx context.Context, who access.User, e *entity.Entity, id int64) (v entity.View, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return v, err
	}
	err = s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if v, err = ownView(tx, who, e, id); err != nil {
			return err
		}
		return tx.DropView(id)
	})
	return v, err
}

// OpenFirst lets a view open when who asks for the list and nothing else; 0 lets
// none.
func (s *Service) OpenFirst(ctx context.Context, who access.User, e *entity.Entity, id int64) error {
	return s.changeHabits(ctx, who, e, func(tx *store.Tx, h *entity.ListHabits) error {
		all, err := tx.Views(e, who.EmployeeID)
		if err != nil {
			return err
		}
		if id != 0 && !slices.ContainsFunc(all, func(v entity.View) bool { return v.ID == id }) {
			return fault.New(fault.NotFound, "error.no_such_view")
		}
		h.View = id
		return nil
	})
}

// SetColumns keeps the columns of a list as who wants to see them; none gives him
// those of the catalog again.
func (s *Service) SetColumns(ctx context.Context, who access.User, e *entity.Entity, columns []string) error {
	known := e.Columns()
	for _, name := range columns {
		if !slices.Contains(known, name) {
			return fault.New(fault.Invalid, "error.no_such_field", "name", name).In("columns")
		}
	}
	return s.changeHabits(ctx, who, e, func(_ *store.Tx, h *entity.ListHabits) error {
		h.Columns = nil
		if len(columns) > 0 {
			h.Columns = e.ArrangeColumns(columns)
		}
		return nil
	})
}

func (s *Service) changeHabits(ctx context.Context, who access.User, e *entity.Entity, change func(*store.Tx, *entity.ListHabits) error) error {
	if err := who.Must(access.ReadRecords); err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		h, err := tx.ListHabits(e, who.EmployeeID)
		if err != nil {
			return err
		}
		if err := change(tx, &h); err != nil {
			return err
		}
		return tx.SetListHabits(e, who.EmployeeID, h)
	})
}
