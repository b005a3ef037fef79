package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/plan"
)

// importTabs is what a checked import shows below its numbers.
type importTabs struct {
	Tabs        []tab
	Tab         string // the one that is open
	Pager       pager
	StatusLabel string
	PeopleLabel string
	ShowFate    bool
	OnlyRecord  int64 // the rows are those about this record; 0 is all
	ShowFields  bool  // some row on the page touches a field of its own
	Rows        []planRow
	Guards      []guardBox
	Loads       []loadRow
	OpenTo      int64        // records that everybody begins to see
	ShutTo      int64        // and ceases to
	Chosen      []chosenLine // what was chosen where a field had changed since
	importMends
}

type tab struct {
	Name, Label, URL string
	Count            int64 // -1: none is shown
	Class            string
	Current          bool
}

// planRow is one row of the plan: было → стало.
type planRow struct {
	ID              int64
	Row             string // and the sheet, in a workbook
	URL, Title      string
	Being           string // the record comes or goes
	Reasons         []string
	Status, People  shownChange
	Fields          []shownChange
	Fate, FateClass string
	Stale           []staleLine
	MayUndo         bool // the row can be taken back by itself
}

type guardBox struct {
	Word, Name, Text string
	Count            int64
	Accepted         bool
	Ways             []staleWay // to choose from, in place of accepting
	Values           []string   // that would be added to directories
}

type loadRow struct {
	Name          string
	Before, After int64
	Delta, Class  string
	Gains, Loses  int64
	Moved         string // where the records are that he gains or loses; the way comes behind
}

// rowsOnTab is how many rows of a plan or problems a page shows.
const rowsOnTab = 100

func (v *visit) fillTabs(page *importPage) error {
	i, asked := page.Import, v.r.URL.Query()
	path := page.Address
	remarks := i.Counts.Failed + i.Counts.Held + i.Counts.Conflict + i.Counts.Warnings
	page.StatusLabel, page.PeopleLabel = v.say.Field(i.Entity, entity.Active), v.say.Field(i.Entity, entity.Responsibles)
	page.ShowFate = !i.StartedAt.IsZero()
	page.Tabs = []tab{
		{Name: "changes", Label: v.say.T(forMode(i, "ui.tab.changes")), Count: i.Counts.Change},
		{Name: "held", Label: v.say.T(heldTab(page)), Count: i.Counts.Held + i.Summary.Left, Class: "held"},
		{Name: "problems", Label: v.say.T("ui.tab.problems"), Count: remarks, Class: class("failed", i.Counts.Failed)},
		{Name: "load", Label: v.say.T("ui.tab.load"), Count: -1},
	}
	if err := v.fillChosen(page); err != nil {
		return err
	}
	if i.Counts.Held+i.Summary.Left == 0 && len(page.Chosen) == 0 {
		page.Tabs = append(page.Tabs[:1], page.Tabs[2:]...)
	}
	page.Tab = tabAsked(page.Tabs, asked.Get("tab"), i)
	if page.Forgotten != "" { // only sums are left
		page.Tabs, page.Tab = page.Tabs[len(page.Tabs)-1:], "load"
	}
	for n := range page.Tabs {
		t := &page.Tabs[n]
		t.URL, t.Current = path+"?tab="+t.Name, t.Name == page.Tab
	}
	page.Back = place(asked).Encode()
	var err error
	switch page.Tab {
	case "problems":
		err = v.fillCauses(page, asked)
	case "load":
		err = v.fillLoads(page)
	default:
		err = v.fillRows(page, asked)
	}
	return err
}

// heldTab is what the held rows are called: whoever was asked has answered once
// the import was started.
func heldTab(page *importPage) string {
	if page.ShowFate {
		return "ui.tab.held.then"
	}
	return "ui.tab.held"
}

// tabAsked opens what most needs a look when nothing was asked for.
func tabAsked(tabs []tab, asked string, i *plan.Import) string {
	for _, t := range tabs {
		if t.Name == asked {
			return asked
		}
	}
	if i.Counts.Change == 0 && i.Counts.Held > 0 {
		return "held"
	}
	if i.Counts.Change == 0 && i.Counts.Failed > 0 {
		return "problems"
	}
	return "changes"
}

func (v *visit) fillRows(page *importPage, asked url.Values) error {
	i, held := page.Import, page.Tab == "held"
	count := i.Counts.Change
	if held {
		count = i.Counts.Held + i.Summary.Left
		var err error
		if page.Guards, err = v.guards(i, page.MayMend && i.Mode == plan.Edit); err != nil {
			return err
		}
	}
	if asked.Get("record") != "" {
		page.OnlyRecord, count = numberOrNone(asked.Get("record")), 1
	}
	page.Pager = newPager("#import", page.Address, asked, count, rowsOnTab)
	views, err := v.s.bulk.Changes(v.r.Context(), v.who, i.ID, bulk.RowQuery{
		Held: held, Record: page.OnlyRecord, Offset: (pageAsked(asked) - 1) * rowsOnTab, Limit: rowsOnTab,
	})
	if err != nil {
		return err
	}
	for n := range views {
		row := v.planRow(i, &views[n])
		page.Rows = append(page.Rows, row)
		page.ShowFields = page.ShowFields || len(row.Fields) > 0
	}
	return nil
}

func (v *visit) planRow(i *plan.Import, c *bulk.ChangeView) planRow {
	row := planRow{Row: bulk.PlaceText(i, c.Row), ID: c.RecordID, URL: recordURL(c.Entity, c.RecordID), Title: c.Title}
	for _, p := range c.Reasons {
		row.Reasons = append(row.Reasons, bulk.Explain(v.say, v.zone, p))
	}
	for _, f := range c.Stale {
		row.Stale = append(row.Stale, v.staleLine(c, f))
	}
	if c.TouchesActive && c.ActiveBefore != c.ActiveAfter {
		row.Status = shownChange{Touched: true, Before: v.statusWord(c.ActiveBefore), After: v.statusWord(c.ActiveAfter)}
	}
	if c.TouchesResponsibles {
		row.People = shownChange{Touched: true, People: markPeople(c.Before, c.After), Emptied: len(c.ResponsiblesAfter) == 0}
	}
	row.Fields = v.shownFields(c)
	if c.Being == plan.Comes && !c.Done || c.Being == plan.Goes && c.Done {
		row.URL = "" // there is nothing there
	}
	if c.Being == plan.Comes {
		row.Being = v.say.T("ui.comes")
	}
	if c.Being == plan.Goes {
		row.Being = v.say.T("ui.goes")
	}
	fate := "left"
	switch {
	case c.Fate == plan.InConflict:
		fate = "conflict"
	case c.Fate == plan.TakenBack:
		fate = "taken_back"
	case c.Done:
		fate = "applied"
	}
	row.Fate, row.FateClass = v.say.T("ui.fate."+fate), fate
	row.MayUndo = c.Done && i.State.Final() && v.who.May(access.UndoImports)
	return row
}

// shownFields is the fields of a row: before and after, or of a record that comes
// or goes what is in them.
func (v *visit) shownFields(c *bulk.ChangeView) []shownChange {
	var list []shownChange
	for _, f := range c.Fields {
		field := c.Field(f.Field)
		switch {
		case field == nil: // of a companion: its version, and the like
		case c.Being == plan.Stays:
			list = append(list, v.shownChange(c.Entity, f, c.Names))
		case f.Field != c.Entity.Title:
			e := c.Entity
			if strings.Contains(f.Field, ".") {
				e = c.Mate
			}
			list = append(list, shownChange{Label: v.say.Field(e, field.Name), Text: v.cell(e, field, f.Before+f.After, c.Names).Text})
		}
	}
	return list
}

// guards are the reasons for holding rows, each with what accepting it means.
func (v *visit) guards(i *plan.Import, mayMend bool) ([]guardBox, error) {
	var boxes []guardBox
	for _, guard := range []plan.Guards{plan.Name, plan.Stale, plan.Visibility, plan.Blast, plan.Values, plan.Twins} {
		box := guardBox{Word: guard.Names()[0], Accepted: guard.Within(i.Accepted)}
		if guard == plan.Stale && mayMend && !box.Accepted {
			box.Ways = v.staleWays(entity.Responsibles, "")
		}
		for by, rows := range i.HeldBy {
			if by&guard != 0 {
				box.Count += rows
			}
		}
		if guard == plan.Stale {
			box.Count += i.Summary.Left
		}
		if box.Count == 0 {
			continue
		}
		box.Name, box.Text = v.say.T("ui.guard."+box.Word), v.say.T("ui.guard."+box.Word+".text")
		if guard == plan.Blast {
			box.Text += " " + bulk.BlastText(v.say, v.who.Scope(), i)
		}
		if guard == plan.Values {
			var err error
			if box.Values, err = v.valuesToCome(i); err != nil {
				return nil, err
			}
		}
		boxes = append(boxes, box)
	}
	return boxes, nil
}

// valuesToCome is what an import would add to directories, a line each.
func (v *visit) valuesToCome(i *plan.Import) ([]string, error) {
	values, err := v.s.bulk.NewValues(v.r.Context(), v.who, i.ID)
	lines := make([]string, len(values))
	for n, value := range values {
		lines[n] = v.say.T("cli.new_value", "directory", v.say.Directory(value.Directory), "name", value.Name, "count", value.Rows)
	}
	return lines, err
}

func (v *visit) fillLoads(page *importPage) error {
	loads, err := v.s.bulk.Loads(v.r.Context(), v.who, page.Import.ID)
	if err != nil {
		return err
	}
	for _, l := range loads {
		row := loadRow{Before: l.Before, After: l.After, Gains: l.Gains, Loses: l.Loses, Name: v.say.T("ui.nobody")}
		row.Moved = page.Address + "/moved?employee=0&way="
		if l.Employee != nil {
			row.Name = l.Employee.Name
			row.Moved = page.Address + "/moved?employee=" + strconv.FormatInt(l.Employee.ID, 10) + "&way="
		} else {
			page.OpenTo, page.ShutTo, row.Gains, row.Loses = l.Gains, l.Loses, 0, 0
		}
		switch d := l.After - l.Before; {
		case d > 0:
			row.Delta, row.Class = "+"+v.say.Number(d), "plus"
		case d < 0:
			row.Delta, row.Class = "−"+v.say.Number(-d), "minus"
		}
		page.Loads = append(page.Loads, row)
	}
	return nil
}

// importsPage lists the imports of the workspace.
type importsPage struct {
	frame
	Rows  []importRow
	Pager pager
}

type importRow struct {
	ID                        int64
	Name, State, Section, Who string
	Undone                    string
	At                        time.Time
	Counts                    plan.Counts
	Planned, Problems         int64
	Checked, Begun            bool // there is a plan; it has begun to be written
}

func listImports(v *visit) error {
	asked := v.r.URL.Query()
	list, total, err := v.s.bulk.List(v.r.Context(), v.who, (pageAsked(asked)-1)*pageSize, pageSize)
	if err != nil {
		return err
	}
	names, err := v.employeeNames()
	if err != nil {
		return err
	}
	page := &importsPage{frame: v.frame(v.say.T("ui.imports")), Pager: newPager("", "/imports", asked, total, pageSize)}
	for _, i := range list {
		row := importRow{
			ID: i.ID, Name: i.File.Name, State: string(i.State), Section: v.sectionName(i.Entity), At: i.CreatedAt,
			Who: v.author(i.CreatedBy, names[i.CreatedBy]), Counts: i.Counts, Planned: i.Selected(), Problems: i.Counts.Held - i.Counts.Accepted + i.Counts.Failed + i.Counts.Conflict,
			Checked: !i.CheckedAt.IsZero(), Begun: !i.StartedAt.IsZero(),
		}
		if i.Mode == plan.Create {
			row.Section += " · " + v.say.T("mode.create")
		}
		if i.Mode == plan.Undo || row.Name == "" {
			row.Name = v.importTitle(i)
		}
		if i.UndoneBy != 0 {
			row.Undone = v.say.T("ui.undone", "done", min(i.Undone, i.Counts.Applied), "total", i.Counts.Applied)
		}
		page.Rows = append(page.Rows, row)
	}
	return v.show("imports", page)
}

// seconds writes how long the work took.
func (v *visit) seconds(d time.Duration) string {
	tenths := (d + 50*time.Millisecond) / (100 * time.Millisecond)
	text := v.say.Number(int64(tenths / 10))
	if tenths < 100 {
		text += v.say.T("format.decimal") + strconv.Itoa(int(tenths%10))
	}
	return text
}
