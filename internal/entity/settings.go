package entity

import (
	"slices"
	"strconv"
	"time"

	"nadel/internal/fault"
)

// Setting is something that the administrators of a workspace decide about it.
// Its name is also its column in the database and its word on the command line.
type Setting struct {
	Field
	Part    string                       // of the settings page
	Choices []string                     // the words to choose from; nil: what Field takes
	Check   func(canonical string) error // what Field cannot know; may be nil

	place func(*Workspace) any // where it is kept: a *string, *int64 or *bool
}

// Settings is the one table of settings. To add one: its line here, a field of
// Workspace, a column, and its messages setting.NAME and setting.NAME.hint.
var Settings = []Setting{
	{Field: Field{Name: "name", Kind: Text, Required: true, Max: 100}, Part: "workspace", place: func(w *Workspace) any { return &w.Name }},
	{Field: Field{Name: "language", Required: true}, Part: "workspace", Choices: []string{"ru", "be", "en"}, place: func(w *Workspace) any { return &w.Language }},
	{Field: Field{Name: "time_zone", Kind: Text, Required: true, Max: 64}, Part: "workspace", Check: checkZone, place: func(w *Workspace) any { return &w.TimeZone }},
	{Field: Field{Name: "unassigned_seen", Required: true}, Part: "sight", Choices: []string{string(SightEveryone), string(SightAdministrators), string(SightOff)}, place: func(w *Workspace) any { return (*string)(&w.Sight) }},
	{Field: Field{Name: "lists", Required: true}, Part: "imports", Choices: []string{"replace", "add", "remove"}, place: func(w *Workspace) any { return &w.Lists }},
	{Field: Field{Name: "blast_records", Kind: Integer, Required: true, Bounded: true, Min: 0, Top: 100_000_000}, Part: "blast", place: func(w *Workspace) any { return &w.BlastRecords }},
	{Field: Field{Name: "blast_share", Kind: Integer, Required: true, Bounded: true, Min: 0, Top: 100}, Part: "blast", place: func(w *Workspace) any { return &w.BlastShare }},
	{Field: Field{Name: "second_administrator", Kind: Bool}, Part: "blast", place: func(w *Workspace) any { return &w.SecondAdministrator }},
	{Field: Field{Name: "approval_days", Kind: Integer, Required: true, Bounded: true, Min: 1, Top: 365}, Part: "blast", place: func(w *Workspace) any { return &w.ApprovalDays }},
	{Field: Field{Name: "notices", Kind: Bool}, Part: "notices", place: func(w *Workspace) any { return &w.Notices }},
	{Field: Field{Name: "history_days", Kind: Integer, Required: true, Bounded: true, Min: 0, Top: 36_500}, Part: "history", Check: checkKeeping, place: func(w *Workspace) any { return &w.HistoryDays }},
}

// FindSetting finds a setting by name; nil when there is none.
func FindSetting(name string) *Setting {
	at := slices.IndexFunc(Settings, func(s Setting) bool { return s.Name == name })
	if at < 0 {
		return nil
	}
	return &Settings[at]
}

// Place is where w keeps the setting: a *string, *int64 or *bool, for whoever
// reads it from a database.
func (s *Setting) Place(w *Workspace) any { return s.place(w) }

// Text is the canonical text of the setting in w.
func (s *Setting) Text(w *Workspace) string {
	switch at := s.place(w).(type) {
	case *string:
		return *at
	case *int64:
		return strconv.FormatInt(*at, 10)
	case *bool:
		return BoolText(*at)
	}
	panic("setting " + s.Name + " is kept in no known way")
}

// Set reads what was given and keeps it in w.
func (s *Setting) Set(w *Workspace, raw string) error {
	canonical, err := s.Parse(raw)
	if err == nil && s.Choices != nil && !slices.Contains(s.Choices, canonical) {
		err = fault.New(fault.Invalid, "error.no_such_choice").In(s.Name)
	}
	if err == nil && s.Check != nil {
		err = s.Check(canonical)
	}
	if err != nil {
		return err
	}
	switch at := s.place(w).(type) {
	case *string:
		*at = canonical
	case *int64:
		*at, _ = strconv.ParseInt(canonical, 10, 64) // Parse has seen that it is one
	case *bool:
		*at = canonical == "1"
	}
	return nil
}

func checkZone(name string) error {
	if zone, err := time.LoadLocation(name); err != nil || zone == time.Local {
		return fault.New(fault.Invalid, "error.no_such_zone", "zone", name).In("time_zone")
	}
	return nil
}

// leastKept is for how many days history is kept at least: a mistake is noticed
// when the month's figures are looked at.
const leastKept = 30

func checkKeeping(days string) error {
	if n, err := strconv.ParseInt(days, 10, 64); err == nil && n > 0 && n < leastKept {
		return fault.New(fault.Invalid, "error.kept_too_short", "least", leastKept).In("history_days")
	}
	return nil
}

// DiffSettings lists the settings in which two states of a workspace differ.
func DiffSettings(before, after *Workspace) []Change {
	var list []Change
	for i := range Settings {
		s := &Settings[i]
		if a, b := s.Text(before), s.Text(after); a != b {
			list = append(list, Change{Field: s.Name, Before: a, After: b})
		}
	}
	return list
}
