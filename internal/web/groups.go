package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// groupsPage lists the groups of employees.
type groupsPage struct {
	frame
	Groups []entity.Group
	Typed  string
	Fault  string
}

func listGroups(v *visit) error { return v.showGroups(http.StatusOK, "", nil) }

func (v *visit) showGroups(status int, typed string, wrong error) error {
	groups, err := v.s.access.Groups(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	page := &groupsPage{frame: v.frame(v.say.T("ui.groups")), Groups: groups, Typed: typed}
	if wrong != nil {
		page.Fault = v.say.Fault(wrong)
	}
	v.render(status, "groups", page)
	return nil
}

func addGroup(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, err := v.s.access.AddGroup(v.r.Context(), v.who, form.Get("name"))
	if fault.CodeOf(err) == fault.Invalid {
		return v.showGroups(statusOf(err), form.Get("name"), err)
	}
	if err != nil {
		return err
	}
	return v.seeOther("/groups/" + strconv.FormatInt(id, 10))
}

// groupPage is the form of one group.
type groupPage struct {
	frame
	Group            entity.Group
	Name             recordField
	Members, Leaders recordField
	Seen, SeenLeads  string // who was in it, and who led it, when the form was made
	Faults           int
	General          []string
}

func showGroup(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	g, members, err := v.s.access.Group(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	return v.groupForm(http.StatusOK, g, g.Name, members, members, nil)
}

func (v *visit) groupForm(status int, g entity.Group, name string, seen, members []access.Member, wrong error) error {
	people, err := v.s.access.Employees(v.r.Context(), v.who, access.EmployeeQuery{})
	if err != nil {
		return err
	}
	f := v.faultsIn(wrong)
	page := &groupPage{frame: v.frame(g.Name), Group: g, Faults: f.count}
	all, leads := sides(members)
	page.Name = recordField{Name: "name", Label: v.say.T("ui.group.name"), Control: "text", Value: name, Required: true, Most: 100, Fault: f.of("name")}
	page.Members = recordField{Name: "members", Label: v.say.T("ui.group.members"), Options: peopleOptions(people, all), Fault: f.of("members")}
	page.Leaders = recordField{Name: "leaders", Label: v.say.T("ui.group.leaders"), Options: peopleOptions(people, leads)}
	seenAll, seenLeads := sides(seen)
	page.Seen, page.SeenLeads = entity.IDsText(seenAll), entity.IDsText(seenLeads)
	page.General = f.general()
	v.render(status, "group", page)
	return nil
}

func sides(members []access.Member) (all, leads []int64) {
	for _, m := range members {
		all = append(all, m.EmployeeID)
		if m.Leads {
			leads = append(leads, m.EmployeeID)
		}
	}
	return all, leads
}

// membersOf puts members and leaders together; a leader is a member.
func membersOf(all, leads []int64) []access.Member {
	var members []access.Member
	for _, id := range entity.SortedSet(slices.Concat(all, leads)) {
		members = append(members, access.Member{EmployeeID: id, Leads: slices.Contains(leads, id)})
	}
	return members
}

func updateGroup(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	seen := membersOf(entity.ParseIDs(form.Get("seen")), entity.ParseIDs(form.Get("seen_leads")))
	wanted := membersOf(idsGiven(form, "members"), idsGiven(form, "leaders"))
	err = v.s.access.UpdateGroup(v.r.Context(), v.who, id, form.Get("name"), seen, wanted)
	if fault.CodeOf(err) == fault.Invalid {
		g, _, again := v.s.access.Group(v.r.Context(), v.who, id)
		if again != nil {
			return again
		}
		return v.groupForm(statusOf(err), g, form.Get("name"), seen, wanted, err)
	}
	if err != nil {
		return err
	}
	v.notice("ui.saved")
	return v.seeOther("/groups")
}

// idsGiven reads a control of several choices; what is no id is none of them.
func idsGiven(form url.Values, name string) []int64 {
	var ids []int64
	for _, text := range form[name] {
		ids = append(ids, entity.ParseIDs(text)...)
	}
	return entity.SortedSet(ids)
}

func dropGroup(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	if err := v.s.access.DropGroup(v.r.Context(), v.who, id); err != nil {
		return err
	}
	v.notice("ui.group.dropped")
	return v.seeOther("/groups")
}
