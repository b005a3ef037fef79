package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// settingsPage is what the administrators decide about the workspace, and who
// has decided what.
type settingsPage struct {
	frame
	Parts   []settingsPart
	Faults  int
	Forgets string // the days of a shorter keeping time that waits for a word of its own; "" when none does
	General []string
	Log     []settingsEvent
}

type settingsPart struct {
	Title, Text string
	Fields      []settingField
}

type settingField struct {
	recordField
	Hint string
}

// AsField is the setting as the forms of records show a field: a template sees no
// unexported name.
func (f settingField) AsField() recordField { return f.recordField }

type settingsEvent struct {
	At      time.Time
	Who     string
	Changes []settingChange
}

type settingChange struct{ Label, Before, After string }

func showSettings(v *visit) error { return v.showSettings(http.StatusOK, nil, nil) }

// showSettings shows the settings as they are, or as they were typed when
// something was wrong with that.
func (v *visit) showSettings(status int, typed url.Values, wrong error) error {
	w, log, err := v.s.access.Settings(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	names, err := v.employeeNames()
	if err != nil {
		return err
	}
	f := v.faultsIn(wrong)
	page := &settingsPage{frame: v.frame(v.say.T("ui.settings")), Faults: f.count, Forgets: forgets(typed, wrong)}
	for n := range entity.Settings {
		s := &entity.Settings[n]
		if last := len(page.Parts) - 1; last < 0 || s.Part != entity.Settings[n-1].Part {
			page.Parts = append(page.Parts, settingsPart{Title: v.say.T("settings." + s.Part), Text: v.say.T("settings." + s.Part + ".text")})
		}
		text := s.Text(w)
		if typed != nil {
			text = typed.Get(s.Name)
		}
		part := &page.Parts[len(page.Parts)-1]
		part.Fields = append(part.Fields, v.settingField(s, text, f))
	}
	if from := w.KeptFrom(); from != "" { // its part comes last
		last := &page.Parts[len(page.Parts)-1]
		last.Text += " " + v.say.T("history.from", "day", from)
	}
	page.General = f.general()
	for _, c := range log {
		event := settingsEvent{At: c.At, Who: v.author(c.EmployeeID, names[c.EmployeeID])}
		for _, one := range c.Changes {
			event.Changes = append(event.Changes, v.settingChange(one))
		}
		page.Log = append(page.Log, event)
	}
	v.render(status, "settings", page)
	return nil
}

// forgets is for how many days history would be kept, where all that is wrong is
// that nobody has said yet that the rest may be forgotten.
func forgets(typed url.Values, wrong error) string {
	if all := fault.All(wrong); len(all) != 1 || all[0].Key != "error.forgets" {
		return ""
	}
	return typed.Get("history_days")
}

func (v *visit) settingField(s *entity.Setting, text string, f *faulty) settingField {
	field := settingField{
		recordField: recordField{
			Name: s.Name, Label: v.say.T("setting." + s.Name), Value: text, Control: "text", Required: s.Required, Fault: f.of(s.Name),
		},
		Hint: v.say.T("setting." + s.Name + ".hint"),
	}
	if c, ok := controls[s.Kind]; ok {
		field.Control, field.Mode = c.control, c.mode
	}
	if s.Kind == entity.Text {
		field.Most = s.Most()
	}
	if s.Choices != nil {
		field.Control = "choice"
		for _, choice := range s.Choices {
			field.Options = append(field.Options, option{Value: choice, Label: v.say.Setting(s, choice), Selected: choice == text})
		}
	}
	return field
}

func (v *visit) settingChange(c entity.Change) settingChange {
	if name, aspect, is := strings.Cut(c.Field, "."); is && entity.IsOwnName(name) {
		return v.ownFieldChange(c, name, aspect)
	}
	s := entity.FindSetting(c.Field)
	if s == nil { // one that a later version has taken out
		return settingChange{c.Field, c.Before, c.After}
	}
	return settingChange{v.say.T("setting." + s.Name), v.say.Setting(s, c.Before), v.say.Setting(s, c.After)}
}

// ownFieldChange is a line of the log about a field of the workspace's own, by the
// heading that it has now.
func (v *visit) ownFieldChange(c entity.Change, name, aspect string) settingChange {
	label := name
	for _, e := range v.catalog().Entities {
		if e.Has(name) {
			label = v.say.T("entity."+e.Name+".many") + " · " + v.say.Field(e, name)
		}
	}
	text := func(stored string) string {
		switch {
		case stored == "1":
			return v.say.T("setting.yes")
		case aspect == "mandatory", aspect == "retired":
			return v.say.T("setting.no")
		case stored == "":
			return "—"
		case aspect == "kind":
			return v.say.T("ownkind." + stored)
		}
		return stored
	}
	return settingChange{label + " · " + v.say.T("setting.own."+aspect), text(c.Before), text(c.After)}
}

func saveSettings(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	given := map[string]string{}
	for n := range entity.Settings {
		given[entity.Settings[n].Name] = form.Get(entity.Settings[n].Name)
	}
	given[access.Forget] = form.Get(access.Forget)
	_, err = v.s.access.SetSettings(v.r.Context(), v.who, given)
	switch fault.CodeOf(err) {
	case "":
		v.notice("ui.settings.saved")
		return v.seeOther("/settings")
	case fault.Invalid:
		return v.showSettings(statusOf(err), form, err)
	}
	return err
}
