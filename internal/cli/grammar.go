package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"nadel/internal/locale"
)

// Config is the whole configuration: each entry a flag, and an environment
// variable that stands in for it.
type Config struct {
	DB        string `name:"db" env:"NADEL_DB" default:"nadel.db" placeholder:"FILE" help:"${h_db}"`
	Workspace string `env:"NADEL_WORKSPACE" placeholder:"NAME" help:"${h_workspace_flag}"`
	Lang      string `env:"NADEL_LANG" default:"${language}" enum:"${languages}" placeholder:"${languages_shown}" help:"${h_lang}"`
	Listen    string `env:"NADEL_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"${h_listen}"`
	HTTPS     bool   `name:"https" env:"NADEL_HTTPS" help:"${h_https}"`
	// TrustedProxies are addresses and networks; Prefixes reads them.
	TrustedProxies []string `name:"trusted-proxies" env:"NADEL_TRUSTED_PROXIES" sep:"," placeholder:"NETWORK" help:"${h_trusted_proxies}"`

	Tiles       string `name:"tiles" env:"NADEL_TILES" placeholder:"ADDRESS" help:"${h_tiles}"`
	TilesCredit string `name:"tiles-credit" env:"NADEL_TILES_CREDIT" placeholder:"TEXT" help:"${h_tiles_credit}"`

	SMTPURL   string `name:"smtp-url" env:"NADEL_SMTP_URL" placeholder:"ADDRESS" help:"${h_smtp_url}"`
	PublicURL string `name:"public-url" env:"NADEL_PUBLIC_URL" placeholder:"ADDRESS" help:"${h_public_url}"`
	LogLevel  string `env:"NADEL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" placeholder:"info" help:"${h_log_level}"`
	LogFormat string `env:"NADEL_LOG_FORMAT" default:"text" enum:"text,json" placeholder:"text" help:"${h_log_format}"`
}

// languageOfEnvironment is the variable that stands in for --lang.
func languageOfEnvironment() string { return os.Getenv("NADEL_LANG") }

// grammar is everything that may be typed.
type grammar struct {
	Config
	Version kong.VersionFlag `name:"version" help:"${h_version}"`

	Demo    demoCommand    `cmd:"" help:"${h_demo}"`
	Serve   serveCommand   `cmd:"" help:"${h_serve}"`
	Migrate migrateCommand `cmd:"" help:"${h_migrate}"`
	Check   checkCommand   `cmd:"" help:"${h_check}"`
	Backup  backupCommand  `cmd:"" help:"${h_backup}"`
	Restore restoreCommand `cmd:"" help:"${h_restore}"`
	Copy    copyCommand    `cmd:"" help:"${h_copy}"`
	Conf    configCommand  `cmd:"" name:"config" help:"${h_config}"`

	Workspaces struct {
		Add  workspaceAdd  `cmd:"" help:"${h_workspace_add}"`
		List workspaceList `cmd:"" help:"${h_workspace_list}"`
		Set  workspaceSet  `cmd:"" help:"${h_workspace_set}"`
	} `cmd:"" name:"workspace" help:"${h_workspace}"`
	Seed seedCommand `cmd:"" help:"${h_seed}"`

	Template templateCommand `cmd:"" help:"${h_template}"`
	Export   exportCommand   `cmd:"" help:"${h_export}"`
	Import   importCommand   `cmd:"" help:"${h_import}"`
	Apply    applyCommand    `cmd:"" help:"${h_apply}"`
	Mend     mendCommand     `cmd:"" help:"${h_mend}"`
	Mendings mendingsCommand `cmd:"" help:"${h_mendings}"`
	Extend   extendCommand   `cmd:"" help:"${h_extend}"`
	Cancel   cancelCommand   `cmd:"" help:"${h_cancel}"`
	Undo     undoCommand     `cmd:"" help:"${h_undo}"`
	Imports  importsCommand  `cmd:"" help:"${h_imports}"`
	History  historyCommand  `cmd:"" help:"${h_history}"`

	Employee struct {
		Add        employeeAdd        `cmd:"" help:"${h_employee_add}"`
		List       employeeList       `cmd:"" help:"${h_employee_list}"`
		Password   employeePassword   `cmd:"" help:"${h_employee_password}"`
		Deactivate employeeDeactivate `cmd:"" help:"${h_employee_deactivate}"`
	} `cmd:"" help:"${h_employee}"`
	Field struct {
		Add    fieldAdd    `cmd:"" help:"${h_field_add}"`
		List   fieldList   `cmd:"" help:"${h_field_list}"`
		Retire fieldRetire `cmd:"" help:"${h_field_retire}"`
	} `cmd:"" help:"${h_field}"`
	Token tokenCommand `cmd:"" passthrough:"" help:"${h_token}"`
}

// helpTexts hands the locale's texts to the grammar: ${h_import} above is the
// message cli.help.import.
func helpTexts(say *locale.Locale) kong.Vars {
	const family = "cli.help."
	texts := kong.Vars{}
	for _, key := range say.Keys(family) {
		texts["h_"+strings.TrimPrefix(key, family)] = say.T(key)
	}
	return texts
}

// choices hands over what the grammar does not know by itself.
func choices(h House) kong.Vars {
	languages := h.Locales.Languages()
	var entities []string
	for _, e := range h.Catalog.Entities {
		entities = append(entities, e.Name)
	}
	return kong.Vars{
		"language": languages[0], "languages": strings.Join(languages, ","), "languages_shown": strings.Join(languages, "|"),
		"entities": strings.Join(entities, ","), "version": h.Version,
	}
}

// helpWriter gives the headings of kong's help, which are English, in the
// language of the rest.
type helpWriter struct {
	out io.Writer
	say *locale.Locale
}

var helpHeadings = []struct{ english, key string }{
	{"Usage: ", "cli.usage_heading"},
	{"Arguments:\n", "cli.arguments_heading"},
	{"Flags:\n", "cli.flags_heading"},
	{"Commands:\n", "cli.commands_heading"},
	{"Run \"nadel <command> --help\" for more information on a command.", "cli.more_heading"},
	{"Run \"nadel --help\" for more information.", "cli.more_heading"},
	{"Show context-sensitive help.", "cli.help.help"},
}

// Write passes on one text of kong's.
func (w *helpWriter) Write(p []byte) (int, error) {
	text := string(p)
	for _, h := range helpHeadings {
		end := ""
		if strings.HasSuffix(h.english, "\n") {
			end = "\n"
		} else if strings.HasSuffix(h.english, " ") {
			end = " "
		}
		text = strings.ReplaceAll(text, h.english, w.say.T(h.key)+end)
	}
	if _, err := io.WriteString(w.out, text); err != nil {
		return 0, fmt.Errorf("write help: %w", err)
	}
	return len(p), nil
}

// tokenCommand keeps the name of a command whose words are promised, and says
// that this version has no tokens.
type tokenCommand struct {
	Rest []string `arg:"" optional:"" hidden:""`
}

// entityArgument is the argument that names a kind of record.
type entityArgument struct {
	Entity string `arg:"" enum:"${entities}" help:"${h_entity} (${enum})"`
}

// guardsFlag is the choice of what may pass without being asked again.
type guardsFlag struct {
	Accept []string `sep:"," placeholder:"name" help:"${h_accept}"`
	Quiet  bool     `help:"${h_quiet}"`
}

// told is whether employees are told; nil is as the workspace has it.
func (g guardsFlag) told() *bool {
	if !g.Quiet {
		return nil
	}
	return new(false)
}

func (g guardsFlag) words() string { return strings.Join(slices.Concat(g.Accept), ",") }
