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
		parent, err := v.s.records.Get(v.r.Context(), v.who, v.catalog().ByName(f.Ref), id)
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

func (v *visit) newForm(status int, e *entity.Entity, from string, d draft, wrong error, twins ...twinLine) error {
	page := &recordForm{Section: e, Heading: v.say.T("entity." + e.Name + ".new"), Cancel: from, Action: "/" + e.Path + "/new"}
	if page.Cancel == "" {
		page.Cancel = "/" + e.Path
	} else {
		page.Action += "?" + url.Values{"from": {from}}.Encode()
	}
	page.Title, page.Twins = page.Heading, twins
	return v.showForm(status, page, d, wrong)
}

func addRecord(v *visit, e *entity.Entity) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	d := draftGiven(e, form, v.alongNames(e)...)
	err = v.newValues(e, form, d)
	var rec *entity.Record
	if err == nil && form.Get("alike") == "" {
		asked, again := v.askAlike(e, d)
		if asked || again != nil {
			return again
		}
	}
	if err == nil {
		rec, err = v.s.records.Create(v.r.Context(), v.who, e, d)
	}
	if fault.CodeOf(err) == fault.Invalid {
		return v.newForm(statusOf(err), e, v.cameFrom(), d, err)
	}
	if err != nil {
		return err
	}
	v.notice("ui.created")
	return v.seeOther(recordURL(e, rec.ID))
}

// cameFrom is the page of ours from which a new record was begun; "" when none.
func (v *visit) cameFrom() string {
	from := v.r.URL.Query().Get("from")
	if from == "" {
		return ""
	}
	return back(from)
}

// twinLine is a record that a new one would likely repeat.
type twinLine struct{ URL, Title, Note string }

// askAlike shows the form once more when a record like the new one is there
// already, and tells whether it did; the person may add it all the same.
func (v *visit) askAlike(e *entity.Entity, d draft) (asked bool, err error) {
	twins, err := v.s.records.Alike(v.r.Context(), v.who, e, d)
	if err != nil || len(twins) == 0 {
		return false, err
	}
	lines := make([]twinLine, len(twins))
	for n, t := range twins {
		lines[n] = twinLine{recordURL(e, t.ID), t.Title(), t.Note}
	}
	return true, v.newForm(http.StatusConflict, e, v.cameFrom(), d, nil, lines...)
}

// addable is the kinds of which a record of e can be given new ones: those that
// refer to it.
func (v *visit) addable(e *entity.Entity, id int64) []link {
	if !v.who.May(access.EditRecords) {
		return nil
	}
	var list []link
	for _, other := range v.catalog().Entities {
		for i := range other.Fields {
			if f := &other.Fields[i]; f.Kind == entity.Reference && f.Ref == e.Name && !f.Derived {
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
