package app

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
)

// TestMain lets the test binary be the program itself, so that tests can start
// it as a process of its own, and kill it.
func TestMain(m *testing.M) {
	if os.Getenv("NADEL_AS_PROGRAM") == "1" {
		Main()
	}
	os.Exit(m.Run())
}

// program is the program as a process, in a folder of its own.
type program struct {
	t   *testing.T
	dir string
}

// command is the program about to be run.
func (p *program) command(args ...string) *exec.Cmd {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), self, args...) // some outlive the test's own context, for cleaning up
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "NADEL_AS_PROGRAM=1", "NADEL_DB=nadel.db", "NADEL_LANG=ru")
	return cmd
}

// run runs the program to its end, which must be a good one, and returns what
// it printed.
func (p *program) run(args ...string) string {
	p.t.Helper()
	cmd := p.command(args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("nadel %v: %v\n%s%s", args, err, out, said.String())
	}
	return string(out)
}
