package cli

import (
	"regexp"
	"strings"

	"nadel/internal/fault"
	"nadel/internal/locale"
)

// misuses are the ways in which the arguments can be wrong, as kong finds them,
// and our messages for them. The groups of a pattern are the arguments of its
// message, in the order of names. What no pattern knows is said in kong's words.
var misuses = []struct {
	pattern *regexp.Regexp
	key     string
	names   []string
}{
	{regexp.MustCompile(`^unexpected argument (.+?)(?:, did you mean (?:one of )?(.+)\?)?$`), "cli.misuse.unexpected", []string{"given", "near"}},
	{regexp.MustCompile(`^unknown flag (\S+?)(?:, did you mean (?:one of )?(.+)\?)?$`), "cli.misuse.unknown_flag", []string{"given", "near"}},
	{regexp.MustCompile(`^missing flags: (.+)$`), "cli.misuse.missing_flags", []string{"missing"}},
	{regexp.MustCompile(`^expected one of (.+)$`), "cli.misuse.which_command", []string{"choices"}},
	{regexp.MustCompile(`^expected "(.+)"$`), "cli.misuse.missing_arguments", []string{"missing"}},
	{regexp.MustCompile(`^(\S+) must be one of (.+) but got "(.*)"$`), "cli.misuse.choice", []string{"name", "choices", "given"}},
	{regexp.MustCompile(`^(\S+): expected a valid \d+ bit u?int but got "(.*)"$`), "cli.misuse.number", []string{"name", "given"}},
	{regexp.MustCompile(`^(\S+): (?:missing value|expected string value but got "EOL").*$`), "cli.misuse.no_value", []string{"name"}},
	{regexp.MustCompile(`^(\S+): bool value must be .* but got "(.*)"$`), "cli.misuse.truth", []string{"name", "given"}},
}

// plainList takes the quotation marks out of kong's lists, which come with and
// without spaces.
var plainList = strings.NewReplacer(`","`, ", ", `"`, "", "...", "…")

// misuse says what is wrong with the arguments.
func misuse(say *locale.Locale, err error) string {
	text := err.Error()
	for _, m := range misuses {
		found := m.pattern.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		args := make([]any, 0, 2*len(m.names))
		for n, name := range m.names {
			args = append(args, name, plainList.Replace(found[n+1]))
		}
		text = say.T(m.key, args...)
		if near := found[len(found)-1]; len(m.names) == 2 && m.names[1] == "near" && near != "" {
			text += " " + say.T("row.suggestion", "suggestion", plainList.Replace(near))
		}
		break
	}
	return say.T("cli.usage", "problem", text)
}

// sentences are the faults in err, each with the field that it is about, for
// here no form shows it.
func sentences(say *locale.Locale, err error) string {
	var all []string
	for _, f := range fault.All(err) {
		sentence := say.FaultOf(f)
		if f.Field != "" && !strings.Contains(sentence, say.Heading(f.Field)) {
			sentence = say.Heading(f.Field) + ": " + sentence
		}
		all = append(all, sentence)
	}
	return strings.Join(all, "\n")
}
