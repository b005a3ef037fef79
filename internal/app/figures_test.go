package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/demo"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestImportFigures measures the whole way of an edit file on both engines, as
// ratios to floors of the same run: `make bench-import`. The program runs as a
// process for each step, so that its memory and processor time are its own. In
// the ordinary run it is small, so that it cannot rot.
func TestImportFigures(t *testing.T) {
	rows := number(t, "NADEL_BENCH_ROWS", 2000)
	if rows >= 100000 {
		fmt.Printf("%s, %s, %d processors, load %s\n", processor(), runtime.Version(), runtime.NumCPU(), load())
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // the user of the PostgreSQL server reads the edits
		t.Fatal(err)
	}
	writeBenchEdits(t, dir, rows)
	for _, engine := range strings.Fields(textOr("NADEL_BENCH_ENGINES", "sqlite postgres")) {
		t.Run(engine, func(t *testing.T) {
			b := &bench{t: t, dir: dir, rows: rows}
			switch engine {
			case "sqlite":
				b.address = filepath.Join(t.TempDir(), "nadel.db")
			default:
				b.address, b.server = testkit.DurablePostgres(t)
			}
			b.run()
		})
	}
}

func textOr(variable, usual string) string {
	if text := os.Getenv(variable); text != "" {
		return text
	}
	return usual
}

// bench is a run of the whole way on one engine.
type bench struct {
	t       *testing.T
	dir     string
	rows    int
	address string
	server  func() time.Duration // processor time of the database's server; nil when it has none
}

// took is what a step takes: processor time of the program and of the server,
// time by the clock, the program's peak memory, and its longest writing transaction.
type took struct {
	cpu, wall time.Duration
	peak      int64 // bytes
	held      time.Duration
}

func (k took) plus(other took) took {
	return took{k.cpu + other.cpu, k.wall + other.wall, max(k.peak, other.peak), max(k.held, other.held)}
}

// over is the ratio of two steps: by processor time, and in brackets by the clock.
func (k took) over(floor took) string {
	return fmt.Sprintf("%.2f (%.2f)", k.cpu.Seconds()/floor.cpu.Seconds(), k.wall.Seconds()/floor.wall.Seconds())
}

func (k took) String() string { return fmt.Sprintf("%.2f s (%.2f)", k.cpu.Seconds(), k.wall.Seconds()) }

// perRow is processor time per row, in microseconds.
func (k took) perRow(rows int) float64 { return float64(k.cpu.Microseconds()) / float64(rows) }

func (b *bench) run() {
	b.seed()
	b.settle()
	bare := bareWrite(b.t, b.rows) // beside what is compared with it
	export := b.program("export", "company", "--for-edit", "-o", filepath.Join(b.t.TempDir(), "export.xlsx"))
	wide := b.floor()
	w := b.watch()
	check := b.program("import", "company", filepath.Join(b.dir, "edit.xlsx"))
	apply := b.program("apply", "1")
	planning := b.program("undo", "1")
	undo := planning.plus(b.program("apply", "2"))
	still := w.stop()
	b.sound()
	if b.rows < 10000 {
		return // too few to say anything
	}
	whole := check.plus(apply)
	fmt.Printf("\n**%s**, %d rows\n\n| what | processor time (by the clock) | µs a row | peak memory | longest transaction | ratio | goal |\n|---|---|---|---|---|---|---|\n", b.t.Name(), b.rows)
	line := func(what string, k took, ratio, goal string) {
		fmt.Printf("| %s | %v | %.1f | %d MiB | %v | %s | %s |\n", what, k, k.perRow(b.rows), k.peak>>20, k.held.Round(time.Millisecond), ratio, goal)
	}
	line("floor", wide, "", "")
	line("check (read, compare, store the plan)", check, check.over(whole)+" of the whole", "0.5")
	line("apply", apply, "", "")
	line("the whole import", whole, whole.over(wide)+" of the floor", map[bool]string{true: "1.3", false: "5"}[b.server != nil])
	line("undo (plan and apply)", undo, undo.over(apply)+" of the apply, "+undo.over(whole)+" of the whole", "1.2")
	line("of it the plan", planning, planning.over(undo)+" of the undo", "")
	line("export for editing", export, export.over(bare)+" of the bare write", "3")
	line("bare write of the sheet", bare, "", "")
	fmt.Printf("\nProgress stood still for at most %v", still.Round(time.Millisecond))
	if b.server == nil {
		fmt.Printf("; the write lock was held for at most %v at a time", whole.plus(undo).held.Round(time.Millisecond))
	}
	fmt.Printf(". Load at the end: %s.\n", load())
}

// seed makes the companies, and nothing else: a million of them are enough to wait for.
func (b *bench) seed() {
	b.t.Helper()
	ctx := context.Background()
	st := testkit.Open(b.t, b.address, store.Options{})
	who := testkit.Admin(b.t, st)
	if err := demo.Seed(ctx, st, who.WorkspaceID, demo.SeedOptions{Companies: b.rows, Seed: 1, CompaniesOnly: true}); err != nil {
		b.t.Fatal(err)
	}
	// nobody is asked whether that many may change hands at once
	if _, err := access.New(st).SetSettings(ctx, who, map[string]string{"blast_records": "100000000"}); err != nil {
		b.t.Fatal(err)
	}
}

// program runs one command of the program, which must end well.
func (b *bench) program(args ...string) took {
	b.t.Helper()
	p := &program{t: b.t, dir: b.dir}
	cmd := p.command(append(args, "--json")...)
	if args[0] == "export" {
		cmd = p.command(args...)
	}
	held := filepath.Join(b.t.TempDir(), "held")
	cmd.Env = append(cmd.Env, "NADEL_DB="+b.address, "NADEL_TEST_HELD="+held)
	k, said := b.timed(cmd)
	if args[0] == "export" {
		return k
	}
	text, err := os.ReadFile(held)
	if err == nil {
		k.held, err = time.ParseDuration(string(text))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var answer struct {
		Counts struct{ Read, Change, Failed, Held, Applied, Conflict, Remaining int }
	}
	if err := json.Unmarshal([]byte(said), &answer); err != nil {
		b.t.Fatalf("nadel %v said %q: %v", args, said, err)
	}
	n := answer.Counts
	if n.Change == 0 || n.Failed+n.Held+n.Conflict > 0 || args[0] == "apply" && n.Applied != n.Change {
		b.t.Fatalf("nadel %v went wrong: %+v", args, n)
	}
	return k
}

// timed runs a command and tells what it took, with what the server did for it.
func (b *bench) timed(cmd *exec.Cmd) (took, string) {
	b.t.Helper()
	var said, wrong strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &wrong
	before := time.Duration(0)
	if b.server != nil {
		before = b.server()
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.t.Fatalf("%v: %v", cmd.Args, err)
	}
	ended := make(chan struct{})
	peak := make(chan int64)
	go func() { peak <- peakOf(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	k := took{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	close(ended)
	k.peak = <-peak
	if err != nil {
		b.t.Fatalf("%v: %v\n%s%s", cmd.Args, err, said.String(), wrong.String())
	}
	if b.server != nil {
		k.cpu += b.server() - before
	}
	return k, said.String()
}

// peakOf is the most memory that a process has had, as it was last seen before
// its end. What the system tells at the end is no less than what this process has
// had: a new one begins as a copy of it.
func peakOf(pid int, ended chan struct{}) (peak int64) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, after, found := strings.Cut(string(status), "VmHWM:"); err == nil && found {
			var kib int64
			if _, err := fmt.Sscan(after, &kib); err == nil {
				peak = max(peak, kib<<10)
			}
		}
		select {
		case <-ended:
			return peak
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// sound asks nadel check whether all is as promised.
func (b *bench) sound() {
	b.t.Helper()
	if b.rows > 10000 {
		return // it takes longer than what is measured; the other tests ask
	}
	p := &program{t: b.t, dir: b.dir}
	cmd := p.command("check")
	cmd.Env = append(cmd.Env, "NADEL_DB="+b.address)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Errorf("check: %v\n%s", err, out)
	}
}

func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, after, _ := strings.Cut(string(info), "model name")
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimLeft(line, "\t :")
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	if _, err := strconv.ParseFloat(first, 64); err != nil {
		return "unknown"
	}
	return first
}
