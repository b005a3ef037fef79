package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
	"nadel/sheet"
)

// seededEmployees is how many logins seeded data has unless told.
const seededEmployees = 20

// writeBenchEdits writes one table twice, as edit.xlsx for the program and as
// edit.csv for the floor: every company in shuffled order, with a status (one
// in three is left blank) and one to three logins.
func writeBenchEdits(t *testing.T, dir string, rows int) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	book, err := os.Create(filepath.Join(dir, "edit.xlsx"))
	must(err)
	plain, err := os.Create(filepath.Join(dir, "edit.csv"))
	must(err)
	csv := bufio.NewWriter(plain)
	w, err := sheet.NewWriter(book, sheet.XLSX)
	must(err)
	must(w.Sheet(sheet.Spec{Name: "Правки"}))
	text := func(s string) sheet.Value { return sheet.Value{Kind: sheet.Text, Text: s} }
	must(w.Row([]sheet.Value{text("ID"), text("Статус"), text("Ответственные")}))
	random := rand.New(rand.NewPCG(7, 1))
	for _, k := range random.Perm(rows) {
		status := random.IntN(3)
		logins := make([]string, 1+random.IntN(3))
		for n := range logins {
			logins[n] = fmt.Sprintf("user%03d", 1+random.IntN(seededEmployees))
		}
		list := strings.Join(logins, ", ")
		must(w.Row([]sheet.Value{
			{Kind: sheet.Number, Text: strconv.Itoa(k + 1)}, text([]string{"Деактивировать", "Активировать", ""}[status]), text(list),
		}))
		_, err := fmt.Fprintf(csv, "%d,%s,\"%s\"\n", k+1, []string{"0", "1", ""}[status], list)
		must(err)
	}
	must(w.Close())
	must(csv.Flush())
	must(book.Close())
	must(plain.Close())
}

// The floor: the rows are loaded, and one UPDATE … FROM brings the wide table,
// which has a column active for this purpose, to what they say. No reading of
// a workbook, no comparing, no responsibles, no history. On SQLite the edits are
// loaded in the order of ids, which halves what the UPDATE costs.
const (
	floorTable = `CREATE TABLE floor AS SELECT c.*, r.active FROM companies c
		JOIN records r ON r.workspace_id = c.workspace_id AND r.kind = 1 AND r.id = c.id;
		CREATE UNIQUE INDEX floor_key ON floor (workspace_id, id); CREATE INDEX floor_sort ON floor (workspace_id, sort_key, id);`
	floorUpdate = `UPDATE floor SET active = COALESCE(e.active, floor.active) FROM edits e WHERE floor.workspace_id = 1 AND floor.id = e.id;`
)

// floor measures the least that such an import can cost, by the programs that
// the engines come with, on the same data.
func (b *bench) floor() took {
	b.t.Helper()
	edits := filepath.Join(b.dir, "edit.csv")
	if b.server != nil {
		b.psql("SELECT set_config('nadel.workspace', 'all', false)", floorTable, "ANALYZE floor", "CHECKPOINT")
		k := b.psql("CREATE UNLOGGED TABLE edits (id BIGINT, active BIGINT, logins TEXT)", `\copy edits FROM '`+edits+`' CSV`, floorUpdate)
		b.psql("DROP TABLE floor, edits", "CHECKPOINT")
		return k
	}
	b.shell(floorTable, "PRAGMA wal_checkpoint(TRUNCATE);")
	k := b.shell("PRAGMA synchronous = FULL;", "PRAGMA temp_store = MEMORY;", "PRAGMA cache_size = -64000;",
		"CREATE TEMPORARY TABLE edits (id INTEGER PRIMARY KEY, active INTEGER, logins TEXT);",
		".mode csv", ".import --schema temp '"+edits+"' edits", "UPDATE edits SET active = NULL WHERE active = '';", floorUpdate)
	b.shell("DROP TABLE floor;", "PRAGMA wal_checkpoint(TRUNCATE);")
	return k
}

// settle lets the engine finish with what was written, so that what is measured
// next does not pay for it.
func (b *bench) settle() {
	b.t.Helper()
	if b.server != nil {
		b.psql("SELECT set_config('nadel.workspace', 'all', false)", "VACUUM (ANALYZE)", "CHECKPOINT")
		return
	}
	b.shell("PRAGMA wal_checkpoint(TRUNCATE);")
}

func (b *bench) psql(statements ...string) took {
	b.t.Helper()
	args := []string{"-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", b.address}
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	k, _ := b.timed(exec.CommandContext(context.Background(), "psql", args...))
	return k
}

func (b *bench) shell(lines ...string) took {
	b.t.Helper()
	cmd := exec.CommandContext(context.Background(), "sqlite3", "-bail", b.address)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	k, _ := b.timed(cmd)
	return k
}

// bareWrite is what it takes to write a sheet of the size of the export, from
// rows that are made beforehand.
func bareWrite(t *testing.T, rows int) took {
	t.Helper()
	made := make([][]sheet.Value, 8192)
	for n := range made {
		made[n] = []sheet.Value{
			{Kind: sheet.Number, Text: strconv.Itoa(500000 + n)}, {Kind: sheet.Text, Text: "Компания № " + strconv.Itoa(n)},
			{Kind: sheet.Text, Text: "Активен"}, {Kind: sheet.Text, Text: fmt.Sprintf("user%03d, user%03d", n%20, n*7%20)}, {Kind: sheet.Number, Text: "1"},
		}
	}
	cpu, began := ownCPU(t), time.Now()
	w, err := sheet.NewWriter(io.Discard, sheet.XLSX)
	if err == nil {
		err = w.Sheet(sheet.Spec{Name: "S", FreezeRows: 1})
	}
	for n := 0; n < rows && err == nil; n++ {
		err = w.Row(made[n%len(made)])
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return took{cpu: ownCPU(t) - cpu, wall: time.Since(began)}
}

func ownCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watching looks on while imports run: how long their progress stands still.
type watching struct {
	end   chan struct{}
	still chan time.Duration
}

func (b *bench) watch() *watching {
	b.t.Helper()
	w := &watching{end: make(chan struct{}), still: make(chan time.Duration, 1)}
	go func() { w.still <- b.standstill(w.end) }()
	return w
}

func (w *watching) stop() (still time.Duration) {
	close(w.end)
	return <-w.still
}

// standstill is the longest time for which an import at work showed no progress.
func (b *bench) standstill(end chan struct{}) (longest time.Duration) {
	ctx := context.Background()
	st := testkit.Open(b.t, b.address, store.Options{})
	who := testkit.Admin(b.t, st)
	type state struct {
		id, done, upto int64
		state          plan.State
	}
	var last state
	since := time.Now()
	for {
		select {
		case <-end:
			return longest
		case <-time.After(20 * time.Millisecond):
		}
		now := state{}
		if err := st.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
			list, _, err := tx.Imports(0, 1)
			if len(list) > 0 {
				now = state{list[0].ID, list[0].Done, list[0].AppliedUpto, list[0].State}
			}
			return err
		}); err != nil {
			b.t.Errorf("watch: %v", err)
			return longest
		}
		if now != last {
			last, since = now, time.Now()
		} else if now.state.Working() && now.state != plan.Uploaded {
			longest = max(longest, time.Since(since))
		}
	}
}
