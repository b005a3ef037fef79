package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"nadel/internal/cli"
	"nadel/internal/demo"
	"nadel/internal/fault"
)

const (
	usualDatabase = "nadel.db"
	usualAddress  = "127.0.0.1:8080"
	demoDatabase  = "nadel-demo.db"
)

// demoConfig keeps the demonstration apart from a real database, and lets it
// start while something else has the usual port.
func demoConfig(c cli.Config) cli.Config {
	if c.DB == usualDatabase {
		c.DB = demoDatabase
	}
	if c.Listen == usualAddress && taken(usualAddress) {
		c.Listen = "127.0.0.1:0"
	}
	return c
}

func taken(address string) bool {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err == nil {
		_ = l.Close() // it was opened only to see whether it can be
	}
	return errors.Is(err, syscall.EADDRINUSE)
}

// fillDemo makes the demonstration's data in a fresh database and finds them
// again in one of its own; any other database is left alone.
func (h *house) fillDemo(ctx context.Context, c cli.Config, r *cli.Rooms) (cli.Demo, error) {
	fresh, err := r.Access.IsEmpty(ctx)
	if err != nil {
		return cli.Demo{}, err
	}
	if fresh {
		if err := demo.Fill(ctx, h.store, r.Access); err != nil {
			return cli.Demo{}, err
		}
	}
	who, err := r.Access.Operator(ctx, demo.Workspace)
	if fault.CodeOf(err) == fault.Usage {
		return cli.Demo{}, fault.New(fault.Usage, "error.not_a_demo", "name", c.DB)
	}
	if err != nil {
		return cli.Demo{}, err
	}
	path, err := filepath.Abs(strings.TrimSuffix(c.DB, filepath.Ext(c.DB)) + "-edit.xlsx")
	if err != nil {
		return cli.Demo{}, fmt.Errorf("place of the sample file: %w", err)
	}
	if _, err := os.Stat(path); err != nil || fresh { // a sample that is there may have been worked on
		s := &sampleFile{rooms: r, who: who, say: h.locales.Get(c.Lang), entity: h.catalog.ByName("company")}
		if err := s.write(ctx, path); err != nil {
			return cli.Demo{}, fmt.Errorf("write the sample file: %w", err)
		}
	}
	return cli.Demo{Workspace: demo.Workspace, Login: demo.Login, Password: demo.Password, Sample: path}, nil
}
