package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

type demoCommand struct{}

// Run prepares the demonstration, says how to get in, and serves it.
func (demoCommand) Run(ctx context.Context, s *session) error {
	s.config = s.house.Demo(s.config)
	rooms, err := s.open(ctx)
	if err != nil {
		return err
	}
	s.complain(s.say.T("cli.demo.preparing"))
	demo, err := rooms.FillDemo(ctx, s.config)
	if err != nil {
		return err
	}
	return s.serve(ctx, rooms, func(address string) {
		s.print("")
		for _, line := range []struct{ key, value string }{
			{"cli.demo.address", address}, {"cli.demo.workspace", demo.Workspace},
			{"cli.demo.login", demo.Login}, {"cli.demo.password", demo.Password},
			{"cli.demo.sample", demo.Sample}, {"cli.demo.database", s.config.DB},
		} {
			s.print(fmt.Sprintf("  %-18s %s", s.say.T(line.key), line.value))
		}
		s.print("\n" + s.say.T("cli.stop"))
	})
}

type serveCommand struct{}

// Run serves pages until it is told to stop.
func (serveCommand) Run(ctx context.Context, s *session) error {
	rooms, err := s.open(ctx)
	if err != nil {
		return err
	}
	return s.serve(ctx, rooms, func(address string) {
		s.print(s.say.T("cli.serving", "address", address))
	})
}

// serve runs the server; being told to stop is not an error.
func (s *session) serve(ctx context.Context, rooms *Rooms, opened func(address string)) error {
	err := s.house.Serve(ctx, s.config, rooms, opened)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

type migrateCommand struct {
	Distribute bool `help:"${h_distribute}"`
}

// Run opens, and every opening migrates; when asked to, it distributes what has
// been migrated.
func (c migrateCommand) Run(ctx context.Context, s *session) error {
	rooms, err := s.open(ctx)
	if err != nil {
		return err
	}
	if c.Distribute {
		if err := rooms.Distribute(ctx); err != nil {
			return err
		}
	}
	s.print(s.say.T("cli.migrated", "name", shownDatabase(s.config.DB)))
	return nil
}

type checkCommand struct{}

// Run is silent when all is well.
func (checkCommand) Run(ctx context.Context, s *session) error {
	rooms, err := s.open(ctx)
	if err != nil {
		return err
	}
	violations, err := rooms.Check(ctx, s.say)
	if err != nil {
		return err
	}
	for _, v := range violations {
		s.print(v)
	}
	if len(violations) > 0 {
		return ended(statusOther)
	}
	return nil
}

type configCommand struct{}

// Run prints the configuration as it takes effect, in the form of an
// environment file. Passwords are left out.
func (configCommand) Run(s *session) error {
	c := s.config
	for _, line := range [][2]string{
		{"NADEL_DB", shownDatabase(c.DB)}, {"NADEL_WORKSPACE", c.Workspace}, {"NADEL_LANG", c.Lang},
		{"NADEL_LISTEN", c.Listen}, {"NADEL_HTTPS", strconv.FormatBool(c.HTTPS)},
		{"NADEL_TRUSTED_PROXIES", strings.Join(c.TrustedProxies, ",")},
		{"NADEL_TILES", c.Tiles}, {"NADEL_TILES_CREDIT", c.TilesCredit},
		{"NADEL_SMTP_URL", shownDatabase(c.SMTPURL)}, {"NADEL_PUBLIC_URL", c.PublicURL},
		{"NADEL_LOG_LEVEL", c.LogLevel}, {"NADEL_LOG_FORMAT", c.LogFormat},
	} {
		s.print(line[0] + "=" + line[1])
	}
	return nil
}

// Prefixes reads a list of networks, each in the form 10.0.0.0/8, or of single
// addresses.
func Prefixes(texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if at, errAt := netip.ParseAddr(text); err != nil && errAt == nil {
			p, err = at.Prefix(at.BitLen())
		}
		if err != nil {
			return nil, fault.New(fault.Usage, "error.bad_network", "value", text)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// shownDatabase is an address without its password.
func shownDatabase(address string) string {
	if !strings.Contains(address, "://") {
		return address
	}
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return "(…)"
}

type seedCommand struct {
	Companies int    `required:"" placeholder:"N" help:"${h_seed_companies}"`
	Employees int    `default:"20" placeholder:"M" help:"${h_seed_employees}"`
	Seed      uint64 `default:"1" placeholder:"S" help:"${h_seed_seed}"`
}

// Run fills an empty workspace.
func (c seedCommand) Run(ctx context.Context, s *session) error {
	if c.Companies < 1 || c.Employees < 1 {
		return fault.New(fault.Usage, "error.bad_seed_size")
	}
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	bar := s.bar()
	err = rooms.Seed(ctx, who, Seed(c), func(made int) {
		bar.show(s.say.T("cli.seeding"), int64(made), int64(c.Companies))
	})
	bar.clear()
	if err != nil {
		return err
	}
	s.print(s.say.T("cli.seeded", "count", c.Companies))
	return nil
}

type workspaceAdd struct {
	Name  string `arg:"" help:"${h_workspace_name}"`
	Admin string `required:"" placeholder:"LOGIN" help:"${h_workspace_admin}"`
}

// Run prints the password that nobody will see again.
func (c workspaceAdd) Run(ctx context.Context, s *session) error {
	rooms, err := s.open(ctx)
	if err != nil {
		return err
	}
	password, err := rooms.Access.AddWorkspace(ctx, c.Name, c.Admin)
	if err != nil {
		return err
	}
	s.password(c.Admin, password)
	return nil
}

type workspaceList struct{}

// Run prints one name a line.
func (workspaceList) Run(ctx context.Context, s *session) error {
	rooms, err := s.open(ctx)
	if err != nil {
		return err
	}
	all, err := rooms.Access.Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		s.print(w.Name)
	}
	return nil
}

type workspaceSet struct {
	Settings []string `arg:"" optional:"" placeholder:"NAME=VALUE" help:"${h_workspace_settings}"`
	Forget   bool     `help:"${h_forget}"`
}

// Run changes settings of the workspace, if any are given, and prints them all.
func (c workspaceSet) Run(ctx context.Context, s *session) error {
	given := map[string]string{}
	for _, word := range c.Settings {
		name, value, found := strings.Cut(word, "=")
		if !found {
			return fault.New(fault.Usage, "error.setting_form", "given", word)
		}
		given[name] = value
	}
	if c.Forget {
		given[access.Forget] = given["history_days"]
	}
	rooms, who, err := s.enter(ctx)
	if err != nil {
		return err
	}
	w, err := rooms.Access.SetSettings(ctx, who, given)
	if all := fault.All(err); len(all) == 1 && all[0].Key == "error.forgets" {
		s.complain(s.say.Fault(err))
		s.complain(s.say.T("cli.forget.how"))
		return ended(statusUsage)
	}
	if err != nil {
		return err
	}
	for n := range entity.Settings {
		setting := &entity.Settings[n]
		s.print(setting.Name + "=" + setting.Format(setting.Text(w)))
	}
	if from := w.KeptFrom(); from != "" {
		s.print(s.say.T("history.from", "day", from))
	}
	return nil
}

// password prints a one-time password.
func (s *session) password(login, password string) {
	s.print(s.say.T("cli.password.login", "login", login))
	s.print(s.say.T("cli.password.password", "password", password))
	s.complain(s.say.T("cli.password.once"))
}

// Run says what is so.
func (tokenCommand) Run() error { return fault.New(fault.Usage, "error.no_tokens") }
