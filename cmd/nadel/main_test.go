package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"nadel/internal/app"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nadel": app.Main})
}

// TestScripts runs every file of testdata/script: what somebody types, and what
// must come of it. The scripts may use two commands of ours:
//
//	status N nadel …     runs a command, which must end with exit status N
//	json PATH VALUE      the JSON that was last printed has VALUE at PATH (a.b.0.c)
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("NADEL_DB", e.WorkDir+"/nadel.db")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status, "json": jsonValue},
	})
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json path value")
	}
	var value any
	d := json.NewDecoder(bytes.NewReader([]byte(ts.ReadFile("stdout"))))
	d.UseNumber()
	ts.Check(d.Decode(&value))
	for _, step := range strings.Split(args[0], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			n, err := strconv.Atoi(step)
			if step == "length" {
				value = len(v)
			} else if err != nil || n >= len(v) {
				ts.Fatalf("there is no %s in a list of %d", step, len(v))
			} else {
				value = v[n]
			}
		default:
			ts.Fatalf("%v has no %s", v, step)
		}
	}
	if got := fmt.Sprint(value); (got == args[1]) == neg {
		ts.Fatalf("%s is %q, want %q (or not, with !)", args[0], got, args[1])
	}
}
