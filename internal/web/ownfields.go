package web

import (
	"net/http"
	"net/url"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// ownFieldsPage is the fields that the workspace has declared for one kind of
// record, in their order.
type ownFieldsPage struct {
	frame
	URL     string
	Tabs    []sectionLink
	Fields  []ownFieldLine
	Kinds   []option
	New     ownFieldLine // what was typed into the form for a new one
	Faults  fieldFaults
	General string
}

type sectionLink struct {
	URL, Name string
	Here      bool
}

type ownFieldLine struct {
	ID                 int64
	Heading, Kind      string
	Mandatory, Retired bool
	MayBeMandatory     bool
	Records            int64
	List               string        // address of the records that have a value
	Values             string        // address of the values to choose from; "" for other kinds
	Given              ownFieldTyped // into the form that changes it
	Question           string        // to answer before the field is retired
	Up, Down           int64         // before which field moving up or down puts this one; 0: the end
	First, Last        bool
}

// ownFieldTyped is what was typed for a field that is there, and what is wrong
// with it; as it is stored when nothing was.
type ownFieldTyped struct {
	Heading   string
	Mandatory bool
	Faults    fieldFaults
}

// fieldFaults is the faults of a form of an own field, by the names of its
// controls.
type fieldFaults map[string]string

// fieldsOf is the kind in the address whose fields are meant, else the first.
func (v *visit) fieldsOf() (*entity.Entity, error) {
	path := v.r.PathValue("kind")
	if path == "" {
		return v.catalog().Entities[0], nil
	}
	e := v.catalog().ByPath(path)
	if e == nil {
		return nil, fault.New(fault.NotFound, "ui.error.no_page")
	}
	return e, nil
}

func showOwnFields(v *visit) error {
	e, err := v.fieldsOf()
	if err != nil {
		return err
	}
	return v.showOwnFields(http.StatusOK, e, ownFieldLine{}, nil)
}

// showOwnFields writes the page; typed is what was typed for a new field, or for
// the one with its ID, and wrong what is wrong with that.
func (v *visit) showOwnFields(status int, e *entity.Entity, typed ownFieldLine, wrong error) error {
	fields, err := v.s.bulk.OwnFields(v.r.Context(), v.who, e)
	if err != nil {
		return err
	}
	page := &ownFieldsPage{URL: "/fields/" + e.Path}
	page.frame = v.frame(v.say.T("ui.fields"))
	for _, other := range v.catalog().Entities {
		page.Tabs = append(page.Tabs, sectionLink{"/fields/" + other.Path, v.say.T("entity." + other.Name + ".many"), other.Number == e.Number})
	}
	f := v.faultsIn(wrong)
	faults := fieldFaults{}
	for _, name := range []string{"heading", "kind", "mandatory"} {
		if said := f.of(name); said != "" {
			faults[name] = said
		}
	}
	page.General = f.rest()
	if typed.ID == 0 {
		page.New, page.Faults = typed, faults
	}
	for _, kind := range entity.OwnKinds() {
		page.Kinds = append(page.Kinds, option{Value: string(kind), Label: v.say.T("ownkind." + string(kind)), Selected: typed.Kind == string(kind)})
	}
	for n, own := range fields {
		line := ownFieldLine{
			ID: own.ID, Heading: own.Heading, Kind: v.say.T("ownkind." + string(own.Kind)), Mandatory: own.Mandatory, Retired: own.Retired,
			MayBeMandatory: own.Kind != entity.OwnYesNo, Records: own.Records, First: n == 0, Last: n == len(fields)-1,
			Question: v.say.T("ui.field.retire.ask", "records", own.Records),
		}
		line.Given = ownFieldTyped{Heading: own.Heading, Mandatory: own.Mandatory}
		if own.ID == typed.ID {
			line.Given = ownFieldTyped{typed.Heading, typed.Mandatory, faults}
		}
		if own.Records > 0 && own.Kind != entity.OwnYesNo {
			line.List = "/" + e.Path + "?" + url.Values{own.Name() + ".is": {string(entity.Filled)}}.Encode()
		}
		if own.Kind == entity.OwnChoice {
			line.Values = "/directories/" + own.Name()
		}
		if n > 0 {
			line.Up = fields[n-1].ID
		}
		if n+2 < len(fields) {
			line.Down = fields[n+2].ID
		}
		page.Fields = append(page.Fields, line)
	}
	v.render(status, "ownfields", page)
	return nil
}

// toOwnFields goes back to the page after something was done, or shows there what
// was wrong with it.
func (v *visit) toOwnFields(e *entity.Entity, typed ownFieldLine, err error) error {
	switch fault.CodeOf(err) {
	case "":
		v.notice("ui.saved")
		return v.seeOther("/fields/" + e.Path)
	case fault.Invalid:
		return v.showOwnFields(statusOf(err), e, typed, err)
	}
	return err
}

func addOwnField(v *visit) error {
	e, err := v.fieldsOf()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	typed := ownFieldLine{Heading: form.Get("heading"), Kind: form.Get("kind"), Mandatory: form.Get("mandatory") == "1"}
	_, err = v.s.bulk.DeclareField(v.r.Context(), v.who, entity.OwnField{
		Entity: e.Name, Kind: entity.OwnKind(typed.Kind), Heading: typed.Heading, Mandatory: typed.Mandatory,
	})
	return v.toOwnFields(e, typed, err)
}

func changeOwnField(v *visit) error {
	e, err := v.fieldsOf()
	if err != nil {
		return err
	}
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	typed := ownFieldLine{}
	switch form.Get("do") {
	case "change":
		typed = ownFieldLine{ID: id, Heading: form.Get("heading"), Mandatory: form.Get("mandatory") == "1"}
		err = v.s.bulk.ChangeField(ctx, v.who, e, id, typed.Heading, typed.Mandatory)
	case "retire", "offer":
		err = v.s.bulk.RetireField(ctx, v.who, e, id, form.Get("do") == "retire")
	case "move":
		before, bad := strconv.ParseInt(form.Get("before"), 10, 64)
		if bad != nil {
			before = -1 // no field has this number
		}
		err = v.s.bulk.MoveField(ctx, v.who, e, id, before)
	default:
		// Whether there is such a field must be answered before how it was asked for.
		if err = v.s.bulk.MoveField(ctx, v.who, e, id, id); err == nil {
			err = fault.New(fault.Usage, "ui.error.bad_form")
		}
	}
	return v.toOwnFields(e, typed, err)
}
