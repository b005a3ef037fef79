package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
)

// cardPage is one record with everything around it.
type cardPage struct {
	frame
	Section     *entity.Entity
	SectionName string
	Path, URL   string
	Record      *entity.Record
	Facts       []fact
	People      []personName
	Related     []relatedBox
	Map         *mapView
	Add         []link // related records that can be added from here
	History     []historyLine
	MadeBy      string // who made the record; "" when history does not say
	Born        historyLine
	HistoryFrom string // says from when on history is kept, where more was there; "" when all of it is
	Question    string // to answer before the record is deactivated
}

// fact is a field and its value for reading.
type fact struct {
	Label, Text, URL string
	Wide             bool
}

type relatedBox struct {
	Icon, Name, Path string
	Total            int64
	Records          []relatedLine
	Link             string // address of the list of all of them
	All              string // address of the whole list, when there is more
}

type relatedLine struct {
	URL, Title string
	Active     bool
}

type historyLine struct {
	Who       string
	Birth     bool // the record was made
	At        time.Time
	Import    int64 // 0: by hand
	Undoes    int64
	File      string
	Row       int64
	Changes   []shownChange
	TakenBack bool   // all or nothing took it back again
	MayOpen   bool   // the viewer knows the import
	MayUndo   bool   // the change can be taken back by itself
	Being     string // in words: the record came or went by it; "" for a change
}

// shownChange is a field before and after: a set of people or a value.
type shownChange struct {
	Label         string
	Touched       bool
	Before, After string
	Text          string // of a record that comes or goes: what is in the field
	People        []markedPerson
	Emptied       bool // nobody is left
}

type markedPerson struct {
	Name string
	Mark string // "added", "removed" or ""
}

func showCard(v *visit, e *entity.Entity) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	rec, err := v.s.records.Get(ctx, v.who, e, id)
	if err != nil {
		return err
	}
	names, err := v.s.records.Names(ctx, v.who, []*entity.Record{rec})
	if err != nil {
		return err
	}
	page := &cardPage{
		Section: e, SectionName: v.say.T("entity." + e.Name + ".many"),
		Path: "/" + e.Path, URL: recordURL(e, id), Record: rec,
	}
	page.frame = v.frame(rec.Title())
	page.Facts = v.facts(e, rec, names)
	page.People = peopleNames(rec.Responsibles, names)
	if page.Related, err = v.related(e, id); err != nil {
		return err
	}
	if page.Map, err = v.cardMap(e, rec); err != nil {
		return err
	}
	page.Add = v.addable(e, id)
	page.Question = v.deactivation(rec)
	if page.History, err = v.history(e, id); err != nil {
		return err
	}
	if n := len(page.History); n > 0 && page.History[n-1].Birth {
		page.Born, page.History = page.History[n-1], page.History[:n-1]
		page.MadeBy = page.Born.Who
	}
	if page.HistoryFrom, err = v.historyFrom(); err != nil {
		return err
	}
	return v.show("card", page)
}

// historyFrom says from when on history is kept; "" when all of it is.
func (v *visit) historyFrom() (string, error) {
	day, err := v.s.access.HistoryFrom(v.r.Context(), v.who)
	if err != nil || day == "" {
		return "", err
	}
	return v.say.T("history.from", "day", day), nil
}

func (v *visit) facts(e *entity.Entity, rec *entity.Record, names records.Names) []fact {
	var list []fact
	shown := e.FormOrder()
	if f, can := e.MergedInto(); can && rec.Get(f.Name) != "" {
		shown = append([]*entity.Field{f}, shown...)
	}
	for n := range e.Fields { // one that was retired stays to be seen where it is filled
		if f := &e.Fields[n]; f.Own != 0 && f.Derived && rec.Get(f.Name) != "" {
			shown = append(shown, f)
		}
	}
	for _, f := range shown {
		c := v.cell(e, f, rec.Get(f.Name), names)
		list = append(list, fact{Label: c.Label, Text: c.Text, URL: c.URL, Wide: f.Kind == entity.LongText})
	}
	return list
}

func peopleNames(ids []int64, names records.Names) []personName {
	var list []personName
	for _, id := range ids {
		if p := names.People[id]; p != nil {
			list = append(list, personName{p.Name, p.Login, !p.Active})
		}
	}
	slices.SortStableFunc(list, func(a, b personName) int { return cmp.Compare(entity.Fold(a.Name), entity.Fold(b.Name)) })
	return list
}

func (v *visit) related(e *entity.Entity, id int64) ([]relatedBox, error) {
	list, err := v.s.records.Related(v.r.Context(), v.who, e, id)
	if err != nil {
		return nil, err
	}
	var boxes []relatedBox
	for _, r := range list {
		box := relatedBox{Icon: r.Entity.Icon, Name: v.say.T("entity." + r.Entity.Name + ".many"), Path: r.Entity.Path, Total: r.Total}
		for _, rec := range r.Records {
			box.Records = append(box.Records, relatedLine{recordURL(r.Entity, rec.ID), rec.Title(), rec.Active})
		}
		box.Link = "/" + r.Entity.Path + "?" + r.Field + "=" + strconv.FormatInt(id, 10)
		if r.Total > int64(len(r.Records)) {
			box.All = box.Link
		}
		boxes = append(boxes, box)
	}
	return boxes, nil
}

func (v *visit) history(e *entity.Entity, id int64) ([]historyLine, error) {
	entries, err := v.s.records.History(v.r.Context(), v.who, e, id)
	if err != nil {
		return nil, err
	}
	names, err := v.s.records.HistoryNames(v.r.Context(), v.who, e, entries)
	if err != nil {
		return nil, err
	}
	lines, opens := make([]historyLine, len(entries)), map[int64]bool{}
	for i, h := range entries {
		lines[i] = historyLine{
			Who: v.author(h.EmployeeID, h.Name), Birth: h.Version == 1, At: h.At, Import: h.ImportID, Undoes: h.Undoes, File: h.FileName, Row: h.ImportRow,
		}
		known, asked := opens[h.ImportID]
		if !asked && h.ImportID != 0 {
			if known, err = v.mayOpen(h.ImportID); err != nil {
				return nil, err
			}
			opens[h.ImportID] = known
		}
		lines[i].MayOpen, lines[i].MayUndo = known, known && h.MayUndo && v.who.May(access.UndoImports)
		if lines[i].Being = v.beingWord(h.Being, h.Version); lines[i].Being != "" {
			continue
		}
		for _, c := range h.Changes {
			lines[i].Changes = append(lines[i].Changes, v.shownChange(e, c, names))
		}
	}
	return lines, nil
}

// mayOpen tells whether the viewer knows an import.
func (v *visit) mayOpen(id int64) (bool, error) {
	if !v.who.May(access.SeeImports) || v.who.May(access.SeeAllImports) {
		return v.who.May(access.SeeAllImports), nil
	}
	_, err := v.s.bulk.Get(v.r.Context(), v.who, id)
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// author is who did something: employee 0 is the operator at the command line.
func (v *visit) author(employee int64, name string) string {
	if employee == 0 {
		return v.say.T("ui.operator")
	}
	return name
}

func (v *visit) shownChange(e *entity.Entity, c entity.Change, names records.Names) shownChange {
	shown := shownChange{Label: v.say.Field(e, c.Field), Touched: true}
	switch {
	case c.Field == entity.Responsibles:
		before, after := entity.ParseIDs(c.Before), entity.ParseIDs(c.After)
		shown.People = markPeople(people(before, names.People), people(after, names.People))
		shown.Emptied = len(after) == 0
	case c.Field == entity.Active:
		shown.Before, shown.After = v.statusWord(c.Before == "1"), v.statusWord(c.After == "1")
	case e.Has(c.Field):
		f := e.Field(c.Field)
		shown.Before, shown.After = v.cell(e, f, c.Before, names).Text, v.cell(e, f, c.After, names).Text
	}
	return shown
}

// beingWord says that a record came or went by an import; "" that it changed.
func (v *visit) beingWord(b plan.Being, version int64) string {
	switch {
	case b == plan.Goes:
		return v.say.T("ui.history.gone")
	case b == plan.Comes && version > 1:
		return v.say.T("ui.history.returned")
	case b == plan.Comes:
		return v.say.T("ui.history.created")
	}
	return ""
}

func (v *visit) statusWord(active bool) string {
	if active {
		return v.say.T("status.active")
	}
	return v.say.T("status.inactive")
}

func people(ids []int64, known map[int64]*entity.Employee) []*entity.Employee {
	var list []*entity.Employee
	for _, id := range ids {
		if p := known[id]; p != nil {
			list = append(list, p)
		}
	}
	return list
}

// markPeople merges two sets: those removed first, then those added, then those
// who stay.
func markPeople(before, after []*entity.Employee) []markedPerson {
	has := func(list []*entity.Employee, p *entity.Employee) bool {
		return slices.ContainsFunc(list, func(o *entity.Employee) bool { return o.ID == p.ID })
	}
	var removed, added, stay []markedPerson
	for _, p := range before {
		if !has(after, p) {
			removed = append(removed, markedPerson{p.Name, "removed"})
		}
	}
	for _, p := range after {
		if has(before, p) {
			stay = append(stay, markedPerson{p.Name, ""})
		} else {
			added = append(added, markedPerson{p.Name, "added"})
		}
	}
	return slices.Concat(removed, added, stay)
}

// deactivation is the question to answer before a record is deactivated: what
// becomes of it, and of what it is the one of (a company's main location).
func (v *visit) deactivation(rec *entity.Record) string {
	sentences := []string{v.say.T("ui.card.deactivate.ask", "title", rec.Title())}
	for i := range rec.Entity.Fields {
		if f := &rec.Entity.Fields[i]; f.OnePer != "" && rec.Values[i] == "1" {
			sentences = append(sentences, v.say.T("ui.card.deactivate.passes", "field", v.say.Field(rec.Entity, f.Name)))
		}
	}
	return strings.Join(sentences, " ")
}

// setRecordStatus activates or deactivates from the card.
func setRecordStatus(v *visit, e *entity.Entity) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return fault.New(fault.Usage, "ui.error.bad_form")
	}
	given := map[string]string{entity.Active: form.Get("status")}
	if _, err := v.s.records.Update(v.r.Context(), v.who, e, id, version, given); err != nil {
		return err
	}
	v.notice("ui.saved")
	http.Redirect(v.w, v.r, recordURL(e, id), http.StatusSeeOther)
	return nil
}
