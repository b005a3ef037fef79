package bulk

import (
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/plan"
)

// Notices are the sentences about a file as a whole that did not keep it from
// being read: hidden rows, unknown columns, guards that cannot work. Every door
// shows the same ones.
func Notices(l *locale.Locale, scope entity.Scope, i *plan.Import) []string {
	s := i.Summary
	var list []string
	if s.HiddenRows > 0 {
		key := "notice.hidden"
		if s.HiddenLeft {
			key = "notice.hidden_left"
		}
		list = append(list, l.T(key, "count", s.HiddenRows, "rows", firstRows(s.HiddenSeen, s.HiddenRows)))
	}
	if len(s.Parts) > 0 {
		var names []string
		for _, p := range s.Parts {
			names = append(names, p.Sheet)
		}
		list = append(list, l.T("notice.workbook", "sheets", names))
	}
	if s.Following > 0 {
		list = append(list, l.T(pastTense(i, "notice.following", "notice.followed"), "count", s.Following))
	}
	if len(s.Ignored) > 0 {
		list = append(list, l.T("notice.ignored", "columns", s.Ignored))
	}
	if left := i.LeftOut(); left > 0 {
		list = append(list, l.T(pastTense(i, "notice.left", "notice.was_left"), "count", left))
	}
	if s.Blast {
		list = append(list, l.T("notice.blast")+" "+BlastText(l, scope, i))
	}
	if i.Mode != plan.Undo {
		for _, missing := range []struct {
			is  bool
			key string
		}{{s.NoVersion, "notice.no_version"}, {s.NoStatus, "notice.no_status"}, {s.NoPeople, "notice.no_people"}} {
			if missing.is {
				list = append(list, l.T(missing.key))
			}
		}
	}
	for n := range s.Warnings {
		list = append(list, l.FaultOf(&s.Warnings[n]))
	}
	return list
}

// pastTense is one key, or the other of an import that has been applied.
func pastTense(i *plan.Import, key, past string) string {
	if i.State == plan.Applied {
		return past
	}
	return key
}

// firstRows names the first of the rows.
func firstRows(seen []int, total int64) string {
	const shown = 10
	text := ""
	for n, row := range seen {
		if n == shown {
			return text + "…"
		}
		if n > 0 {
			text += ", "
		}
		text += strconv.Itoa(row)
	}
	if int64(len(seen)) < total {
		text += "…"
	}
	return text
}

// BlastText is how many of how many records would be deactivated or change hands,
// kind by kind. How many there are in all is told to whoever sees them all.
func BlastText(l *locale.Locale, scope entity.Scope, i *plan.Import) string {
	parts := make([]string, len(i.Summary.Moves))
	for n, b := range i.Summary.Moves {
		if !scope.All {
			parts[n] = l.T("blast.rows", "rows", b.Rows, "section", l.T("entity."+b.Kind+".many"))
			continue
		}
		parts[n] = l.T("blast.share", "rows", b.Rows, "of", b.Of, "section", l.T("entity."+b.Kind+".many"), "percent", b.Rows*100/max(b.Of, 1))
	}
	return strings.Join(parts, "; ") + "."
}
