package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nadel/internal/testkit"
)

// backup is taken while an import is applied, and killed while it is taken: what
// stands under its name is whole, and what is restored from it is sound and goes
// on.
func (f *faults) backup(t *testing.T) {
	p := f.seeded(t, f.rows)
	began := time.Now()
	p.run("backup", "calm.nadel")
	usual, made := time.Since(began), 0
	for made < max(2, f.kills/20) {
		if ended := f.killCommand(p, usual, "backup", "killed.nadel"); ended {
			continue
		}
		made++
		if _, err := os.Stat(filepath.Join(p.dir, "killed.nadel")); err == nil {
			f.restored(t, p, "killed.nadel")
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	p.run("import", "company", "edit.csv")
	applying := p.command("apply", "1")
	if err := applying.Start(); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for done := false; !done; {
		p.run("backup", "during.nadel")
		taken++
		done = p.state(1) == "applied"
		f.restored(t, p, "during.nadel")
	}
	if err := applying.Wait(); err != nil {
		t.Fatal(err)
	}
	f.sound(p)
	f.count("%d kills, %d backups beside an import", made, taken)
}

// restored restores a backup into an empty database, sees that it is sound, and
// lets what was under way come to its end there.
func (f *faults) restored(t *testing.T, p *program, name string) {
	t.Helper()
	other := &program{t: t, dir: t.TempDir()}
	if f.engine.postgres {
		other.db = testkit.BarePostgres(t, "")
	}
	other.run("restore", filepath.Join(p.dir, name))
	f.sound(other)
	if id, _, state := newest(other); id > 0 && state != "applied" {
		letTheLeaseRunOut(other)
		other.run("apply", "1")
		f.sound(other)
		other.see(1)
	}
}
