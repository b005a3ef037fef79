package access

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// SettingsChange is one time that somebody has changed settings.
type SettingsChange = store.SettingsChange

// settingsShown is how many changes of settings are shown; older ones stay in
// the database.
const settingsShown = 200

// Settings is the user's workspace as its administrators have set it, and who
// has changed what, newest first.
func (s *Service) Settings(ctx context.Context, who User) (w *entity.Workspace, log []SettingsChange, err error) {
	if err := who.Must(Administer); err != nil {
		return nil, nil, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if w, err = tx.OwnWorkspace(); err != nil {
			return err
		}
		log, err = tx.SettingsChanges(settingsShown)
		return err
	})
	return w, log, err
}

// Forget is, among the given settings, the number of days of whoever has read what
// so short a keeping time of history does, and wants it.
const Forget = "forget"

// SetSettings changes the given settings, by name, and notes who did. All that
// is wrong is reported at once, and then nothing changes. A shorter keeping time
// of history is a fault that says what would be forgotten, until Forget is given,
// too.
func (s *Service) SetSettings(ctx context.Context, who User, given map[string]string) (*entity.Workspace, error) {
	if err := who.Must(Administer); err != nil {
		return nil, err
	}
	var w *entity.Workspace
	err := s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) (err error) {
		if w, err = tx.LockWorkspace(); err != nil {
			return err
		}
		before := *w
		if err := readSettings(w, given); err != nil {
			return err
		}
		if err := somebodySecond(tx, &before, w); err != nil {
			return err
		}
		if err := forgetsKnowingly(tx, &before, w, given[Forget]); err != nil {
			return err
		}
		changes := entity.DiffSettings(&before, w)
		if len(changes) == 0 {
			return nil
		}
		return tx.UpdateWorkspace(w, who.EmployeeID, changes)
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

func readSettings(w *entity.Workspace, given map[string]string) error {
	var faults fault.Many
	for _, name := range slices.Sorted(maps.Keys(given)) {
		setting := entity.FindSetting(name)
		if name == Forget {
			continue
		}
		if setting == nil {
			faults = append(faults, fault.New(fault.Usage, "error.no_such_setting", "name", name))
			continue
		}
		faults = append(faults, fault.All(setting.Set(w, given[name]))...)
	}
	return faults.ErrOrNil()
}

// somebodySecond refuses to ask for a second administrator where there is none:
// nobody could approve.
func somebodySecond(tx *store.Tx, before, after *entity.Workspace) error {
	if before.SecondAdministrator || !after.SecondAdministrator {
		return nil
	}
	n, err := tx.ActiveAdministrators()
	if err == nil && n < 2 {
		err = fault.New(fault.Invalid, "error.only_administrator").In("second_administrator")
	}
	return err
}

// forgetsKnowingly refuses to keep history for a shorter time, in the words of
// what would be gone, until somebody says that he has read them.
func forgetsKnowingly(tx *store.Tx, before, after *entity.Workspace, word string) error {
	days := after.HistoryDays
	if days == 0 || before.HistoryDays != 0 && days >= before.HistoryDays || word == strconv.FormatInt(days, 10) {
		return nil
	}
	f, err := tx.Forgettable(days)
	if err != nil {
		return err
	}
	w := entity.Workspace{TimeZone: after.TimeZone, HistoryFrom: f.From}
	return fault.New(fault.Invalid, "error.forgets", "day", w.KeptFrom(), "imports", f.Imports, "changes", f.Changes).In("history_days")
}

// HistoryFrom is the day from which on the history of a user's workspace is kept,
// as ISO text by the workspace's clock; "" when all of it is. Everybody may know.
func (s *Service) HistoryFrom(ctx context.Context, who User) (day string, err error) {
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		w, err := tx.OwnWorkspace()
		if err == nil {
			day = w.KeptFrom()
		}
		return err
	})
	return day, err
}
