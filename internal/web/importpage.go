package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

// importPage is one import from the upload to the receipt.
type importPage struct {
	frame
	Source      *changeSource // of one that was begun on a list
	Import      *plan.Import
	Author      string
	SectionName string
	SectionPath string
	Fault       string // why what was just asked cannot be done
	kin         string // of sentences: what the import does to records, behind their keys

	Working bool
	Work    work

	ReasonTitle, ReasonText string
	Calm                    bool // nothing went wrong: somebody cancelled
	Refused                 bool
	Sheets                  []string

	Checked     bool
	Ready       bool
	DoneTitle   string
	LeftOver    int64 // rows that were not applied and can be downloaded
	UndoneLine  string
	Forgotten   string // says that rows and file are not kept any more; "" while they are
	Sums        [][]tile
	Asides      []string
	Warnings    []string
	DecideTitle string
	DecideText  string
	ApplyLabel  string
	ApplyAsk    string
	Selected    int64
	Decisions   []decisionLine
	Approval    approvalBox

	MayApply, MayCancel, MayUndo bool
	People                       []option // to choose from, when a part is to be undone
	MayMend                      bool
	MayExtend                    bool
	Again                        string // the address of this place on the page

	importTabs
}

// tile is one number of a sum.
type tile struct {
	Sign, Label, Class string
	Count              int64
}

func showImport(v *visit) error { return v.showImport(http.StatusOK, nil) }

func (v *visit) showImport(status int, wrong error) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	i, err := v.s.bulk.Get(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	page := &importPage{Import: i, SectionName: v.sectionName(i.Entity), SectionPath: "/" + i.Entity.Path, Fault: v.say.Fault(wrong)}
	page.frame = v.frame(v.importTitle(i))
	page.Address = "/imports/" + strconv.FormatInt(id, 10)
	if page.Author, err = v.authorOf(i.CreatedBy); err != nil {
		return err
	}
	page.Working, page.Ready = i.State.Working(), i.State == plan.Ready
	page.Checked = !i.CheckedAt.IsZero() && i.State != plan.Refused
	mayImport := v.who.May(access.ImportRecords)
	page.MayApply = mayImport
	page.MayMend = mayImport && page.Ready && i.Mode != plan.Undo && i.Options.Task == nil
	page.MayExtend = mayImport && page.Ready && v.s.bulk.Extends(i)
	page.Again = page.Address + "?" + place(v.r.URL.Query()).Encode()
	page.MayCancel = mayImport && (page.Ready || page.Working && !i.CancelAsked)
	if page.MayUndo, err = v.s.bulk.MayUndo(v.r.Context(), v.who, i); err != nil {
		return err
	}
	if page.MayUndo {
		if page.People, err = v.peopleToChoose(); err != nil {
			return err
		}
	}
	if page.kin, err = v.kinOf(i); err != nil {
		return err
	}
	if page.Source, err = v.changeSource(i); err != nil {
		return err
	}
	page.Work = v.workOn(i)
	if !i.ForgottenAt.IsZero() {
		page.Forgotten = v.say.T("ui.import.forgotten", "day", i.ForgottenAt.In(v.zone).Format(time.DateOnly))
	}
	v.tellReason(page)
	if page.Checked {
		v.tellReceipt(page)
		v.tellDecision(page)
		if err := v.tellApproval(page); err != nil {
			return err
		}
	}
	if page.Checked && !page.Working {
		if err := v.fillTabs(page); err != nil {
			return err
		}
	}
	if page.Decisions, err = v.decisions(id); err != nil {
		return err
	}
	if err := v.hideImports(page); err != nil {
		return err
	}
	v.render(status, "import", page)
	return nil
}

// hideImports leaves out the imports beside this one that the viewer does not
// know: of his own import he may see that an administrator has taken it back, but
// he cannot open how.
func (v *visit) hideImports(page *importPage) error {
	ids := []*int64{&page.Import.Corrects, &page.Import.CorrectedBy}
	for n := range page.Decisions {
		ids = append(ids, &page.Decisions[n].Import)
	}
	for _, id := range ids {
		if *id == 0 {
			continue
		}
		known, err := v.mayOpen(*id)
		if err != nil {
			return err
		}
		if !known {
			*id = 0
		}
	}
	return nil
}

func (v *visit) importTitle(i *plan.Import) string {
	if i.Mode == plan.Undo {
		return v.say.T("ui.undo_no", "id", i.ID, "undoes", i.Undoes)
	}
	if t := i.Options.Task; t != nil {
		return v.say.T("ui.import_no", "id", i.ID) + ": " + v.say.T("task."+string(t.What))
	}
	if i.Mode == plan.Create {
		return v.say.T("ui.import_no", "id", i.ID) + ": " + v.say.T("mode.create")
	}
	return v.say.T("ui.import_no", "id", i.ID)
}

func (v *visit) authorOf(employee int64) (string, error) {
	if employee == 0 {
		return v.author(0, ""), nil
	}
	p, err := v.s.access.Employee(v.r.Context(), v.who, employee)
	if err != nil {
		return "", err
	}
	return p.Name, nil
}

func (v *visit) tellReason(page *importPage) {
	i := page.Import
	if i.Reason == nil || !i.State.Final() || i.State == plan.Applied {
		return // one that is being cancelled has its reason already
	}
	page.ReasonText = v.say.FaultOf(i.Reason)
	page.ReasonTitle = v.say.T("ui.ended." + string(i.State))
	page.Calm = i.State == plan.Cancelled
	page.Refused = i.State == plan.Refused
	page.Sheets = i.Summary.Sheets
}

func (v *visit) tellReceipt(page *importPage) {
	i, c := page.Import, page.Import.Counts
	label := func(name string) string {
		if i.Mode == plan.Create {
			name = cmp.Or(map[string]string{"change": "create", "applied": "created"}[name], name)
		}
		if !i.StartedAt.IsZero() && slices.Contains([]string{"change", "create", "held"}, name) {
			name = "was_" + name
		}
		return v.say.T("count." + name)
	}
	page.Sums = [][]tile{{
		{"", label("read"), "", c.Read},
		{"=", label("change"), class("change", c.Change), c.Change},
		{"+", label("unchanged"), "", c.Unchanged},
		{"+", label("held"), class("held", c.Held), c.Held},
		{"+", label("failed"), class("failed", c.Failed), c.Failed},
	}}
	if !i.StartedAt.IsZero() {
		page.Sums = append(page.Sums, []tile{
			{"", label("change"), "", c.Change},
			{"+", label("accepted"), "", c.Accepted},
			{"=", label("applied"), class("applied", c.Applied), c.Applied},
			{"+", label("conflict"), class("conflict", c.Conflict), c.Conflict},
			{"+", label("remaining"), class("held", c.Remaining), c.Remaining},
		})
	}
	if c.Blank > 0 {
		page.Asides = append(page.Asides, v.say.T("ui.blank_rows", "count", c.Blank))
	}
	if c.Warnings > 0 {
		page.Asides = append(page.Asides, v.say.T("ui.warnings", "count", c.Warnings))
	}
	if c.Mended > 0 {
		page.Asides = append(page.Asides, v.say.T("ui.mended_rows", "count", c.Mended))
	}
	if i.Worked >= time.Second {
		page.Asides = append(page.Asides, v.say.T("ui.took", "seconds", v.seconds(i.Worked)))
	}
	page.Warnings = bulk.Notices(v.say, v.who.Scope(), i)
	if page.Forgotten == "" {
		page.LeftOver = c.Failed + c.Held - c.Accepted + c.Conflict
	}
	if i.State == plan.Applied && i.Undone < i.Counts.Applied {
		page.DoneTitle = v.say.T(forMode(i, "ui.import.done"), "count", c.Applied)
		if i.Mode == plan.Undo {
			page.DoneTitle = v.say.T("ui.undo.done"+page.kin, "count", c.Applied)
		}
	}
	if i.UndoneBy != 0 {
		page.UndoneLine = v.say.T("ui.undone", "done", min(i.Undone, c.Applied), "total", c.Applied)
	}
}

// kinOf tells sentences about changes, about records that are made, about those
// that are taken back and those that come back apart: what stands behind their keys.
func (v *visit) kinOf(i *plan.Import) (string, error) {
	back := 0
	for ; i.Mode == plan.Undo; back++ {
		var err error
		i, err = v.s.bulk.Get(v.r.Context(), v.who, i.Undoes)
		if fault.CodeOf(err) == fault.NotFound { // another's, which the viewer does not know any more
			return "", nil
		}
		if err != nil {
			return "", err
		}
	}
	switch {
	case i.Mode != plan.Create:
		return "", nil
	case back == 0:
		return ".new", nil
	case back%2 == 1:
		return ".gone", nil
	}
	return ".back", nil
}

// forMode is the key of a sentence, or its kin of an import that makes records.
func forMode(i *plan.Import, key string) string {
	if i.Mode == plan.Create {
		return key + ".new"
	}
	return key
}

func class(name string, count int64) string {
	if count == 0 {
		return ""
	}
	return name
}

func (v *visit) tellDecision(page *importPage) {
	i := page.Import
	page.Selected = i.Selected()
	page.ApplyLabel = v.say.T("ui.import")
	if i.Mode == plan.Undo {
		page.ApplyLabel = v.say.T("ui.undo.apply")
	}
	page.DecideTitle = v.say.T(forMode(i, "ui.decide.nothing"))
	if page.Selected > 0 {
		page.DecideTitle = v.say.T("ui.decide.change"+page.kin, "count", page.Selected)
		page.ApplyAsk = v.say.T("ui.decide.ask"+page.kin, "count", page.Selected)
	}
	left := i.Counts.Held - i.Counts.Accepted + i.Counts.Failed
	switch {
	case left > 0:
		page.DecideText = v.say.T("ui.decide.left", "count", left)
	case page.Selected == 0:
		page.DecideText = v.say.T(forMode(i, "ui.decide.same"))
	default:
		page.DecideText = v.say.T("ui.decide.can_undo")
	}
}

func acceptGuards(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	guards, err := plan.ParseGuards(form.Get("guard"))
	if err != nil {
		return err
	}
	i, err := v.s.bulk.Get(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	accepted := i.Accepted | guards
	if form.Get("accept") != "1" {
		accepted = i.Accepted &^ guards
	}
	_, err = v.s.bulk.Accept(v.r.Context(), v.who, id, accepted)
	return v.after(id, "?tab=held", err)
}

func applyImport(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	_, err = v.s.bulk.Apply(v.r.Context(), v.who, id, decisionGiven(form))
	return v.after(id, "", err)
}

// decisionGiven is what the form of the preview says.
func decisionGiven(form url.Values) bulk.Decision {
	all, told := form.Get("all_or_nothing") == "1", form.Get("notices") == "1"
	d := bulk.Decision{AllOrNothing: &all, Notices: &told, SHA256: form.Get("sha256")}
	if shown, err := strconv.ParseUint(form.Get("accepted"), 10, 8); err == nil {
		guards := plan.Guards(shown)
		d.Shown = &guards
	}
	if shown, err := strconv.ParseInt(form.Get("revision"), 10, 64); err == nil {
		d.Revision = &shown
	}
	return d
}

// extendImport has what belongs to the records follow them, or no longer.
func extendImport(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	_, err = v.s.bulk.Extend(v.r.Context(), v.who, id, form.Get("on") == "1")
	return v.after(id, "", err)
}

func cancelImport(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	_, err = v.s.bulk.Cancel(v.r.Context(), v.who, id)
	return v.after(id, "", err)
}

// chooseSheet reads another sheet of a workbook that was uploaded before.
func chooseSheet(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	again, err := v.s.bulk.OtherSheet(v.r.Context(), v.who, id, form.Get("sheet"))
	if err == nil {
		id = again.ID
	}
	return v.after(id, "", err)
}

// after shows the import once something was asked of it; what could not be done
// is told on the import's own page.
func (v *visit) after(id int64, tab string, err error) error {
	switch fault.CodeOf(err) {
	case "":
		return v.seeOther("/imports/" + strconv.FormatInt(id, 10) + tab)
	case fault.Conflict, fault.Invalid, fault.Usage:
		v.r.URL = &url.URL{Path: v.r.URL.Path} // the tab of the address belongs to another question
		return v.showImport(statusOf(err), err)
	}
	return err
}
