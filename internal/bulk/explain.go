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
		args["before"], args["after"] = shown(l, p.Field, args["before"]), shown(l, p.Field, args["after"])
	}
	if p.Field != "" {
		args["heading"] = l.Field(nil, p.Field)
	}
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	sentence := l.T("row."+p.Code, pairs...)
	if p.Suggestion != "" {
		sentence += " " + l.T("row.suggestion", "suggestion", p.Suggestion)
	}
	return sentence
}

// shown is a value of history as people read it.
func shown(l *locale.Locale, field string, value any) string {
	text, _ := value.(string)
	switch {
	case field == entity.Active && text != "":
		return l.T("status.active")
	case field == entity.Active:
		return l.T("status.inactive")
	case text == "":
		return l.T("row.nobody")
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
