package bulk

import (
	"maps"
	"time"

	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/plan"
)

// Explain is the sentence about a row's problem in one language: what is wrong,
// and what was probably meant. Every door shows the same one. zone is where the
// reader's clock stands.
func Explain(l *locale.Locale, zone *time.Location, p plan.Problem) string {
	args := maps.Clone(p.Args)
	if args == nil {
		args = map[string]any{}
	}
	args["value"] = p.Value
	if at, ok := number(args["at"]); ok {
		args["at"] = l.DateTime(time.UnixMilli(at).UTC(), zone)
	}
	if who, ok := args["who"]; ok && who == "" {
		args["who"] = l.T("row.operator")
	}
	if script, ok := args["script"].(string); ok {
		args["script"] = l.T("row.script." + script)
	}
	if _, ok := args["before"]; ok {
		args["before"], args["after"] = shown(l, p, args["before"]), shown(l, p, args["after"])
	}
	if p.Field != "" {
		kind, _ := args["entity"].(string)
		args["heading"] = l.FieldOf(kind, p.Field)
	}
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	key := "row." + p.Code
	if !l.Has(key) { // what a form says of a field, said of a cell
		key = "error." + p.Code
	}
	sentence := l.T(key, pairs...)
	if p.Suggestion != "" {
		sentence += " " + l.T("row.suggestion", "suggestion", p.Suggestion)
	}
	return sentence
}

// Ways is a field that somebody has changed since, in words: what the file's
// version held, what is there now, what the file wants.
func (f StaleField) Ways(l *locale.Locale) (base, now, wanted string) {
	args := f.said.Args
	return shown(l, f.said, args["base"]), shown(l, f.said, args["after"]), shown(l, f.said, args["wanted"])
}

// shown is a value of history as people read it.
func shown(l *locale.Locale, p plan.Problem, value any) string {
	text, _ := value.(string)
	_, truth := p.Args["truth"]
	switch {
	case p.Field == entity.Active && text != "":
		return l.T("status.active")
	case p.Field == entity.Active:
		return l.T("status.inactive")
	case truth && text != "":
		return l.T("row.yes")
	case truth:
		return l.T("row.no")
	case text == "" && p.Field == entity.Responsibles:
		return l.T("row.nobody")
	case text == "":
		return l.T("row.empty")
	}
	return text
}

// number reads a whole number that may have been through JSON.
func number(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case float64:
		return int64(n), true
	}
	return 0, false
}
