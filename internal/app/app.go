// Package app puts the house together: it reads the configuration, opens the
// store, builds the use cases on it and hands them to the doors, starts the
// server and stops it. It is the only place that knows every other package.
package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/catalog"
	"nadel/internal/cli"
	"nadel/internal/demo"
	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/notify"
	"nadel/internal/records"
	"nadel/internal/store"
)

// Main is the program. It ends the process.
func Main() {
	dropEmptyVariables()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// garbage is how much of what is not needed any more may gather, in per cent of what
// is. The check of a million rows then needs 233 MiB instead of 267, and no more time.
const garbage = 60

// Run carries out one command and returns the exit status. When ctx ends, the
// command stops as soon as it can leave everything in order.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return run(ctx, args, stdout, stderr, settings{})
}

// dropEmptyVariables makes NADEL_LANG= in an environment file mean the same as no
// such line: the default.
func dropEmptyVariables() {
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); value == "" && strings.HasPrefix(name, "NADEL_") {
			_ = os.Unsetenv(name) // fails only for names that cannot be
		}
	}
}

// settings are what tests of whole processes want otherwise. The zero value is
// for production.
type settings struct {
	store    store.Options
	patience time.Duration // with slow requests
}

// run is Run with other settings.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, o settings) int {
	locales, err := locale.Load()
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	h := &house{catalog: catalog.New(), locales: locales, stderr: stderr, settings: o}
	return cli.Run(ctx, args, cli.House{
		Catalog: h.catalog, Locales: locales, Version: version(),
		Out: stdout, Err: stderr, Terminal: isTerminal(stderr),
		Open: h.open, Serve: h.serve, Demo: demoConfig, Backup: h.backup, Restore: h.restore, Copy: h.copyOver,
	})
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// version is what the build knows of its source.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return "nadel " + info.Main.Version
	}
	return "nadel (unknown version)"
}

// house is what does not depend on a database, and the database once it is open.
type house struct {
	catalog  *entity.Catalog
	locales  *locale.Set
	stderr   io.Writer
	log      *slog.Logger
	store    *store.Store
	settings settings
}

// open opens the database, makes or migrates it, and builds the use cases.
func (h *house) open(ctx context.Context, c cli.Config) (*cli.Rooms, error) {
	h.log = newLog(h.stderr, c)
	st, err := store.Open(ctx, c.DB, h.catalog, h.settings.store)
	if err != nil {
		return nil, err
	}
	if err := st.Migrate(ctx); err != nil {
		_ = st.Close() // the reason is on its way already
		return nil, err
	}
	h.store = st
	rooms := &cli.Rooms{
		Access:     access.New(st),
		Records:    records.New(st),
		Bulk:       bulk.New(st, h.locales, bulk.Options{Log: h.log}),
		Notify:     notify.New(st, h.locales),
		Check:      h.check,
		Seed:       h.seed,
		Close:      st.Close,
		Distribute: st.Distribute,
	}
	rooms.FillDemo = func(ctx context.Context, c cli.Config) (cli.Demo, error) { return h.fillDemo(ctx, c, rooms) }
	return rooms, nil
}

func newLog(w io.Writer, c cli.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo // the grammar lets only known levels through
	}
	o := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func (h *house) check(ctx context.Context, l *locale.Locale) ([]string, error) {
	found, err := h.store.Check(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(found))
	for n, f := range found {
		lines[n] = l.FaultOf(f)
	}
	return lines, nil
}

func (h *house) seed(ctx context.Context, who access.User, s cli.Seed, made func(int)) error {
	return demo.Seed(ctx, h.store, who.WorkspaceID, demo.SeedOptions{
		Companies: s.Companies, Employees: s.Employees, Seed: s.Seed, Progress: made,
	})
}
