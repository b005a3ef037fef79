package web

import (
	"net/http"
	"net/url"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/fault"
)

// directoriesPage lists the directories of the workspace.
type directoriesPage struct {
	frame
	Directories []directoryLink
}

type directoryLink struct{ URL, Name string }

func listDirectories(v *visit) error {
	page := &directoriesPage{frame: v.frame(v.say.T("ui.directories"))}
	for _, name := range v.catalog().Directories {
		page.Directories = append(page.Directories, directoryLink{"/directories/" + name, v.say.Directory(name)})
	}
	return v.show("directories", page)
}

// directoryPage is the values of one directory, in their order.
type directoryPage struct {
	frame
	URL     string
	Values  []valueLine
	Offered []option // what a value can be merged into
	Typed   string
	Fault   string
}

type valueLine struct {
	ID       int64
	Name     string
	Retired  bool
	Count    int64
	Uses     []link
	Up, Down int64 // before which value moving up or down puts this one; 0: the end
	First    bool
	Last     bool
}

func showDirectory(v *visit) error { return v.showDirectory(http.StatusOK, "", nil) }

func (v *visit) showDirectory(status int, typed string, wrong error) error {
	name := v.r.PathValue("name")
	values, err := v.s.records.Directory(v.r.Context(), v.who, name)
	if err != nil {
		return err
	}
	page := &directoryPage{URL: "/directories/" + name, Typed: typed}
	page.frame = v.frame(v.say.Directory(name))
	if wrong != nil {
		page.Fault = v.say.Fault(wrong)
	}
	for n, value := range values {
		line := valueLine{ID: value.ID, Name: value.Name, Retired: value.Retired, Count: value.Count(), First: n == 0, Last: n == len(values)-1}
		for _, u := range value.Uses {
			line.Uses = append(line.Uses, link{
				URL:  "/" + u.Entity.Path + "?" + url.Values{u.Field: {strconv.FormatInt(value.ID, 10)}}.Encode(),
				Name: v.say.T("entity."+u.Entity.Name+".count", "count", u.Records), Icon: u.Entity.Icon,
			})
		}
		if value.Employees > 0 {
			line.Uses = append(line.Uses, link{URL: "/employees", Name: v.say.T("ui.employees.count", "count", value.Employees), Icon: "users"})
		}
		if n > 0 {
			line.Up = values[n-1].ID
		}
		if n+2 < len(values) {
			line.Down = values[n+2].ID
		}
		if !value.Retired {
			page.Offered = append(page.Offered, option{Value: strconv.FormatInt(value.ID, 10), Label: value.Name})
		}
		page.Values = append(page.Values, line)
	}
	v.render(status, "directory", page)
	return nil
}

// toDirectory goes back to the page after something was done, or shows there
// what was wrong with it.
func (v *visit) toDirectory(typed string, err error) error {
	switch fault.CodeOf(err) {
	case "":
		v.notice("ui.saved")
		return v.seeOther("/directories/" + v.r.PathValue("name"))
	case fault.Invalid:
		return v.showDirectory(statusOf(err), typed, err)
	}
	return err
}

func addValue(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	_, err = v.s.records.AddValue(v.r.Context(), v.who, v.r.PathValue("name"), form.Get("name"))
	return v.toDirectory(form.Get("name"), err)
}

func changeValue(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	ctx, name := v.r.Context(), v.r.PathValue("name")
	switch form.Get("do") {
	case "rename":
		err = v.s.records.RenameValue(ctx, v.who, name, id, form.Get("name"))
	case "retire", "offer":
		err = v.s.records.RetireValue(ctx, v.who, name, id, form.Get("do") == "retire")
	case "move":
		before, bad := strconv.ParseInt(form.Get("before"), 10, 64)
		if bad != nil {
			return fault.New(fault.Usage, "ui.error.bad_form")
		}
		err = v.s.records.MoveValue(ctx, v.who, name, id, before)
	default:
		// Whether there is such a value must be answered before how it was asked for.
		if err = v.s.records.HasValue(ctx, v.who, name, id); err == nil {
			err = fault.New(fault.Usage, "ui.error.bad_form")
		}
	}
	return v.toDirectory("", err)
}

// mergeValue begins the import that puts another value wherever this one stands.
func mergeValue(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	if err := v.s.records.HasValue(v.r.Context(), v.who, v.r.PathValue("name"), id); err != nil {
		return err
	}
	into, bad := strconv.ParseInt(form.Get("into"), 10, 64)
	if bad != nil {
		return v.toDirectory("", fault.New(fault.Invalid, "error.cannot_merge"))
	}
	i, err := v.s.bulk.MergeValues(v.r.Context(), v.who, id, into)
	if err != nil {
		return v.toDirectory("", err)
	}
	return v.seeOther("/imports/" + strconv.FormatInt(i.ID, 10))
}

// rightsPage is who may do what, read from access.
type rightsPage struct {
	frame
	Roles  []string
	Rows   []rightsRow
	Scopes []string // what each role sees, in the order of Roles
}

type rightsRow struct {
	Action string
	May    []bool
}

func showRights(v *visit) error {
	page := &rightsPage{frame: v.frame(v.say.T("ui.rights"))}
	for _, role := range access.Roles() {
		page.Roles = append(page.Roles, v.say.T("role."+string(role)))
		page.Scopes = append(page.Scopes, v.say.T("ui.rights.sees."+string(role)))
	}
	for _, a := range access.Actions() {
		row := rightsRow{Action: v.say.T("action." + string(a))}
		for _, role := range access.Roles() {
			row.May = append(row.May, access.Has(role, a))
		}
		page.Rows = append(page.Rows, row)
	}
	return v.show("rights", page)
}
