package web

import (
	"net/http"
	"net/url"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

func newRecord(v *visit, e *entity.Entity) error {
	d, from, err := v.prefill(e)
	if err != nil {
		return err
	}
	return v.newForm(http.StatusOK, e, from, d, nil)
}

// prefill is the draft of a new record: the declared defaults, and what the
// record that the address names (?company=57) is about. It also tells where the
// person came from.
func (v *visit) prefill(e *entity.Entity) (d draft, from string, err error) {
	d = draftOf(entity.NewRecord(e))
	if companion, fields := v.along(e); companion != nil {
		for _, f := range fields {
			d[companion.Name+"."+f.Name] = f.Default
		}
	}
	if v.who.Role != entity.Administrator { // or he might make what he cannot see
		d[entity.Responsibles] = entity.IDsText([]int64{v.who.EmployeeID})
	}
	asked := v.r.URL.Query()
	for i := range e.Fields {
		f := &e.Fields[i]
		id, bad := strconv.ParseInt(asked.Get(f.Name), 10, 64)
		if f.Kind != entity.Reference || bad != nil {
			continue
		}
		parent, err := v.s.records.Get(v.r.Context(), v.who, v.s.catalog.ByName(f.Ref), id)
		if fault.CodeOf(err) == fault.NotFound {
			continue // whoever wrote the address may correct the form
		}
		if err != nil {
			return nil, "", err
		}
		d.from(e, f, parent)
		from = recordURL(parent.Entity, id)
	}
	return d, from, nil
}

// from takes over from a record that f is to refer to: itself, what it belongs
// to itself, and its responsibles.
func (d draft) from(e *entity.Entity, f *entity.Field, parent *entity.Record) {
	d[f.Name] = entity.IDsText([]int64{parent.ID})
	d[entity.Responsibles] = entity.IDsText(parent.Responsibles)
	for i := range parent.Entity.Fields {
		theirs := &parent.Entity.Fields[i]
		if theirs.Kind == entity.Reference && e.Has(theirs.Name) && e.Field(theirs.Name).Ref == theirs.Ref {
			d[theirs.Name] = parent.Values[i]
		}
	}
}

func (v *visit) newForm(status int, e *entity.Entity, from string, d draft, wrong error) error {
	page := &recordForm{Section: e, Heading: v.say.T("entity." + e.Name + ".new"), Cancel: from, Action: "/" + e.Path + "/new"}
	if page.Cancel == "" {
		page.Cancel = "/" + e.Path
	} else {
		page.Action += "?" + url.Values{"from": {from}}.Encode()
	}
	page.Title = page.Heading
	return v.showForm(status, page, d, wrong)
}

func addRecord(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	d := draftGiven(e, form, v.alongNames(e)...)
	rec, err := v.s.records.Create(v.r.Context(), v.who, e, d)
	if fault.CodeOf(err) == fault.Invalid {
		from := v.r.URL.Query().Get("from")
		if from != "" {
			from = back(from)
		}
		return v.newForm(statusOf(err), e, from, d, err)
	}
	if err != nil {
		return err
	}
	v.notice("ui.created")
	return v.seeOther(recordURL(e, rec.ID))
}

// addable is the kinds of which a record of e can be given new ones: those that
// refer to it.
func (v *visit) addable(e *entity.Entity, id int64) []link {
	if !v.who.May(access.EditRecords) {
		return nil
	}
	var list []link
	for _, other := range v.s.catalog.Entities {
		for i := range other.Fields {
			f := &other.Fields[i]
			if f.Kind == entity.Reference && f.Ref == e.Name {
				list = append(list, link{
					URL:  "/" + other.Path + "/new?" + f.Name + "=" + strconv.FormatInt(id, 10),
					Name: v.say.T("entity." + other.Name + ".add"), Icon: other.Icon,
				})
			}
		}
	}
	return list
}

// link is somewhere to go.
type link struct{ URL, Name, Icon string }
