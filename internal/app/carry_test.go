package app

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"nadel/internal/testkit"
)

// TestCarryingKilledAnywhere kills migrate, backup, restore and copy with SIGKILL
// at random moments, on both engines, and runs them again. What is left after a
// kill is what was there before or all of it; run again, they come to the end, and
// nadel check is silent. NADEL_KILLS sets how many kills each gets.
func TestCarryingKilledAnywhere(t *testing.T) {
	kills := number(t, "NADEL_KILLS", 2)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	base := &program{t: t, dir: t.TempDir()}
	base.run("seed", "--companies", "2000")
	base.run("backup", "whole.nadel")
	whole := filepath.Join(base.dir, "whole.nadel")
	source := filepath.Join(base.dir, "nadel.db")
	exported := func(address string) string {
		base.run("--db", address, "export", "company", "--for-edit", "-o", "contents.csv")
		content, err := os.ReadFile(filepath.Join(base.dir, "contents.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	want := exported("nadel.db")

	for engine, fresh := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "nadel.db") },
		"postgres": func(t *testing.T) string { return testkit.BarePostgres(t, "") },
	} {
		t.Run(engine, func(t *testing.T) {
			p := &program{t: t, dir: t.TempDir()}
			sound := func(address string) {
				t.Helper()
				if said := p.run("--db", address, "check"); said != "" {
					t.Errorf("check says: %s", said)
				}
			}
			t.Run("migrate", func(t *testing.T) {
				for range kills {
					address := fresh(t)
					p.killed(random, "--db", address, "migrate")
					p.run("--db", address, "migrate")
					sound(address)
				}
			})
			for name, command := range map[string]func(address string) []string{
				"restore": func(address string) []string { return []string{"--db", address, "restore", whole} },
				"copy":    func(address string) []string { return []string{"copy", "--from", source, "--to", address} },
			} {
				t.Run(name, func(t *testing.T) {
					address := fresh(t)
					for range kills {
						p.killed(random, command(address)...)
						// all or nothing: an empty database has no workspace to export from
						if p.run("--db", address, "workspace", "list") != "" {
							if got := exported(address); got != want {
								t.Fatal("a part has arrived")
							}
						}
						sound(address)
					}
					p.run(append(command(address), "--replace")...)
					if got := exported(address); got != want {
						t.Error("something else has arrived")
					}
					sound(address)
				})
			}
			t.Run("backup", func(t *testing.T) {
				address := fresh(t)
				p.run("--db", address, "restore", whole)
				for range kills {
					file := filepath.Join(t.TempDir(), "copy.nadel")
					done := p.killed(random, "--db", address, "backup", file)
					if _, err := os.Stat(file); err == nil && !done {
						p.run("--db", filepath.Join(t.TempDir(), "new.db"), "restore", file) // renamed, so whole
					}
					p.run("--db", address, "backup", file)
					to := filepath.Join(t.TempDir(), "new.db")
					p.run("--db", to, "restore", file)
					if got := exported(to); got != want {
						t.Error("the backup holds something else")
					}
				}
			})
		})
	}
}

// killed runs a command and kills it within the time that such commands take
// here; done says that it was faster.
func (p *program) killed(random *rand.Rand, args ...string) (done bool) {
	p.t.Helper()
	cmd := p.command(args...)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	time.Sleep(time.Duration(random.Int64N(int64(600 * time.Millisecond))))
	_ = cmd.Process.Kill() // fails when it has ended by itself, which Wait tells
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Exited() && exit.ExitCode() != 1) {
		p.t.Fatalf("nadel %v: %v", args, err)
	}
	return err == nil
}

// TestBackupsWhileAnImportRuns makes backups one after the other while an import
// is applied: each restores into a database in which everything adds up, and in
// which the import goes on to the same end.
func TestBackupsWhileAnImportRuns(t *testing.T) {
	testkit.EachAddress(t, func(t *testing.T, address string) {
		p := &program{t: t, dir: t.TempDir()}
		at := func(args ...string) []string { return append([]string{"--db", address}, args...) }
		p.run(at("seed", "--companies", "4000")...)
		p.file("edit.csv", edits(rand.New(rand.NewPCG(1, 1)), 4000))
		work := p.command(at("import", "company", "edit.csv", "--apply")...)
		if err := work.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- work.Wait() }()
		backups := 0
		for running := true; running; backups++ {
			select {
			case err := <-ended:
				if err != nil {
					t.Fatal(err)
				}
				running = false
			default:
			}
			p.run(at("backup", strconv.Itoa(backups)+".nadel")...)
		}
		p.run(at("export", "company", "--for-edit", "-o", "want.csv")...)
		want, err := os.ReadFile(filepath.Join(p.dir, "want.csv"))
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for n := range backups {
			db := strconv.Itoa(n) + ".db"
			p.run("--db", db, "restore", strconv.Itoa(n)+".nadel")
			if said := p.run("--db", db, "check"); said != "" {
				t.Errorf("backup %d: check says: %s", n, said)
			}
			q := &program{t: t, dir: t.TempDir()}
			if err := copyFile(filepath.Join(p.dir, db), filepath.Join(q.dir, "nadel.db")); err != nil {
				t.Fatal(err)
			}
			id, _, state := newest(q)
			counts[state]++
			if id == 0 {
				continue // before the file was uploaded
			}
			if state != "applied" {
				q.run("apply", strconv.FormatInt(id, 10))
			}
			q.run("export", "company", "--for-edit", "-o", "got.csv")
			got, err := os.ReadFile(filepath.Join(q.dir, "got.csv"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("backup %d, made while the import was %s, ended elsewhere", n, state)
			}
		}
		t.Logf("%d backups: %v", backups, counts)
	})
}
