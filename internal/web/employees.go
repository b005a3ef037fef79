package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// employeesPage lists who works here.
type employeesPage struct {
	frame
	Search   string
	Statuses []option
	Rows     []employeeRow
}

type employeeRow struct {
	*entity.Employee
	Groups, Position string
}

func listEmployees(v *visit) error {
	asked := v.r.URL.Query()
	q := access.EmployeeQuery{Search: asked.Get("q"), Active: activeAsked(asked)}
	people, err := v.s.access.Employees(v.r.Context(), v.who, q)
	if err != nil {
		return err
	}
	positions, err := v.s.access.Positions(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	page := &employeesPage{frame: v.frame(v.say.T("ui.employees")), Search: q.Search, Statuses: v.statuses(asked, "ui.employee")}
	for _, p := range people {
		row := employeeRow{Employee: p}
		for _, value := range positions {
			if value.ID == p.Position {
				row.Position = value.Name
			}
		}
		names := make([]string, len(p.Groups))
		for i, g := range p.Groups {
			names[i] = g.Name
		}
		row.Groups = strings.Join(names, ", ")
		page.Rows = append(page.Rows, row)
	}
	return v.show("employees", page)
}

// activeAsked reads the filter by status: both unless one is named.
func activeAsked(asked url.Values) *bool {
	switch asked.Get(entity.Active) {
	case "active":
		yes := true
		return &yes
	case "inactive":
		no := false
		return &no
	}
	return nil
}

// statuses are the choices of the filter by status. family is the beginning of
// the message keys.
func (v *visit) statuses(asked url.Values, family string) []option {
	now := asked.Get(entity.Active)
	choices := []option{
		{Value: "", Label: v.say.T("ui.list.all")},
		{Value: "active", Label: v.say.T(family + ".actives")},
		{Value: "inactive", Label: v.say.T(family + ".inactives")},
	}
	for i := range choices {
		choices[i].Selected = choices[i].Value == now
	}
	return choices
}

// employeePage is the form of one employee, new or known.
type employeePage struct {
	frame
	ID, Version int64
	Active      bool
	Action      string
	Password    string // made just now, to be told to the employee; shown this once
	Fields      []recordField
	Groups      []groupLine
	NewGroup    string
	Has         *belongings // his records; nil when there are none
	Faults      int
	General     []string
}

type groupLine struct {
	Name      string
	In, Leads bool
}

func newEmployee(v *visit) error {
	return v.employeeForm(http.StatusOK, &employeePage{}, access.Person{Role: entity.FieldStaff}, nil)
}

func showEmployee(v *visit) error { return v.showEmployee(http.StatusOK, "") }

func (v *visit) showEmployee(status int, password string) error {
	p, err := v.employee()
	if err != nil {
		return err
	}
	return v.knownEmployee(status, p, password, nil)
}

// knownEmployee is the page of an employee as he is; wrong is about handing his
// records over.
func (v *visit) knownEmployee(status int, p *entity.Employee, password string, wrong error) error {
	page := &employeePage{ID: p.ID, Version: p.Version, Active: p.Active, Password: password}
	page.Title = p.Name
	has, err := v.belongings(p, wrong)
	if err != nil {
		return err
	}
	if len(has.Kinds) > 0 {
		page.Has = has
	}
	return v.employeeForm(status, page, personOf(p), nil)
}

func (v *visit) employee() (*entity.Employee, error) {
	id, err := v.number()
	if err != nil {
		return nil, err
	}
	return v.s.access.Employee(v.r.Context(), v.who, id)
}

func personOf(p *entity.Employee) access.Person {
	given := access.Person{Login: p.Login, Name: p.Name, Email: p.Email, Phone: p.Phone, Position: p.Position, Role: p.Role}
	for _, g := range p.Groups {
		given.Groups = append(given.Groups, g.Name)
		if g.Leads {
			given.Leads = append(given.Leads, g.Name)
		}
	}
	return given
}

func (v *visit) employeeForm(status int, page *employeePage, given access.Person, wrong error) error {
	positions, err := v.s.access.Positions(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	groups, err := v.s.access.Groups(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	title := page.Title
	if title == "" {
		title = v.say.T("ui.employee.new")
	}
	page.frame = v.frame(title)
	page.Action = "/employees/new"
	if page.ID != 0 {
		page.Action = "/employees/" + strconv.FormatInt(page.ID, 10)
	}
	f := v.faultsIn(wrong)
	page.Faults = f.count
	page.Fields = []recordField{
		{Name: "name", Label: v.say.T("ui.employee.name"), Control: "text", Value: given.Name, Required: true},
		{Name: "login", Label: v.say.T("ui.login"), Control: "text", Value: given.Login, Required: true},
		{Name: "email", Label: v.say.T("ui.employee.email"), Control: "email", Value: given.Email},
		{Name: "phone", Label: v.say.T("ui.employee.phone"), Control: "tel", Value: given.Phone},
		{Name: "position", Label: v.say.T("ui.employee.position"), Control: "choice", Options: valueOptions(positions, idText(given.Position))},
		{Name: "role", Label: v.say.T("ui.employee.role"), Control: "choice", Required: true, Options: v.roleOptions(given.Role)},
	}
	for i := range page.Fields {
		page.Fields[i].Fault = f.of(page.Fields[i].Name)
	}
	for _, g := range groups {
		page.Groups = append(page.Groups, groupLine{g.Name, slices.Contains(given.Groups, g.Name), slices.Contains(given.Leads, g.Name)})
	}
	page.General = f.general()
	v.render(status, "employee", page)
	return nil
}

func (v *visit) roleOptions(chosen entity.Role) []option {
	var options []option
	for _, role := range []entity.Role{entity.Administrator, entity.Manager, entity.FieldStaff} {
		options = append(options, option{Value: string(role), Label: v.say.T("role." + string(role)), Selected: role == chosen})
	}
	return options
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func addEmployee(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	given := personGiven(form)
	p, password, err := v.s.access.AddEmployee(v.r.Context(), v.who, given)
	if fault.CodeOf(err) == fault.Internal {
		return err
	}
	if err != nil {
		return v.employeeForm(statusOf(err), &employeePage{NewGroup: form.Get("new_group")}, given, err)
	}
	page := &employeePage{ID: p.ID, Version: p.Version, Active: true, Password: password}
	page.Title = p.Name
	return v.employeeForm(http.StatusCreated, page, personOf(p), nil)
}

func updateEmployee(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	old, err := v.employee()
	if err != nil {
		return err
	}
	given := personGiven(form)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return fault.New(fault.Usage, "ui.error.bad_form")
	}
	_, err = v.s.access.UpdateEmployee(v.r.Context(), v.who, old.ID, version, given)
	if fault.CodeOf(err) == fault.Internal {
		return err
	}
	if err != nil {
		page := &employeePage{ID: old.ID, Version: old.Version, Active: old.Active, NewGroup: form.Get("new_group")}
		page.Title = old.Name
		return v.employeeForm(statusOf(err), page, given, err)
	}
	v.notice("ui.employee.saved", "name", given.Name)
	return v.seeOther("/employees")
}

func personGiven(form url.Values) access.Person {
	given := access.Person{
		Login: form.Get("login"), Name: form.Get("name"), Email: form.Get("email"), Phone: form.Get("phone"),
		Role: entity.Role(form.Get("role")), Groups: slices.Clone(form["group"]), Leads: slices.Clone(form["leads"]),
	}
	given.Position, _ = strconv.ParseInt(form.Get("position"), 10, 64) // anything but a number is no position
	if name := strings.TrimSpace(form.Get("new_group")); name != "" {
		given.Groups = append(given.Groups, name)
	}
	return given
}

func resetPassword(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	password, err := v.s.access.ResetPassword(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	return v.showEmployee(http.StatusOK, password)
}

func setEmployeeActive(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	if form.Get("active") == "1" {
		err = v.s.access.Activate(v.r.Context(), v.who, id)
	} else {
		err = v.s.access.Deactivate(v.r.Context(), v.who, id)
	}
	if err != nil {
		return err
	}
	return v.seeOther("/employees/" + strconv.FormatInt(id, 10))
}

// employeeNames are the names of all employees, by id.
func (v *visit) employeeNames() (map[int64]string, error) {
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{})
	names := make(map[int64]string, len(people))
	for _, p := range people {
		names[p.ID] = p.Name
	}
	return names, err
}
