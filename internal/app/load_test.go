package app

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"nadel/internal/testkit"
)

// TestLoad lets people work while an import of every company runs: seven in ten
// look at lists, two at cards, one changes a status. It prints how long they
// waited and what it cost the import: `make load`. In the ordinary run it is
// small, so that it cannot rot, and only errors fail it.
func TestLoad(t *testing.T) {
	for _, name := range strings.Fields(textOr("NADEL_LOAD_ENGINES", "sqlite postgres")) {
		t.Run(name, func(t *testing.T) {
			l := &work{
				rows: number(t, "NADEL_LOAD_ROWS", 3000), users: number(t, "NADEL_LOAD_USERS", 20),
				think: time.Duration(number(t, "NADEL_LOAD_THINK_MS", 1000)) * time.Millisecond,
				p:     &program{t: t, dir: t.TempDir()},
			}
			if name == "postgres" {
				l.p.db, _ = testkit.DurablePostgres(t)
			}
			l.run(t, name)
		})
	}
}

// work is a run of it on one engine.
type work struct {
	p           *program
	rows, users int
	think       time.Duration // between two pages of one person, on the average
	node        *node

	mu     sync.Mutex
	took   map[string][]time.Duration
	beaten int            // edits that lost against the import or another person
	errors map[string]int // by what came instead
}

func (l *work) run(t *testing.T, engine string) {
	l.p.run("seed", "--companies", strconv.Itoa(l.rows))
	l.node = l.p.serve()
	defer l.node.stop()
	boss := l.node.administrator("boss")
	alone := l.imported(boss, 1)
	l.took, l.errors = map[string][]time.Duration{}, map[string]int{}

	people := []*person{boss}
	for n := range min(9, l.users-1) { // several browsers of each, or signing in would be the test
		people = append(people, l.node.administrator("admin"+strconv.Itoa(n)))
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for n := range l.users {
		wg.Go(func() { l.live(people[n%len(people)], rand.New(rand.NewPCG(uint64(n), 5)), done) })
	}
	time.Sleep(2 * l.think) // until everybody is at work
	began := time.Now()
	together := l.imported(boss, 2)
	time.Sleep(max(0, 3*l.think-time.Since(began)))
	close(done)
	wg.Wait()
	peak := l.node.memory("VmHWM")
	if said := l.p.run("check"); said != "" {
		t.Errorf("nadel check:\n%s", said)
	}
	l.print(t, engine, alone, together, peak)
}

// imported imports an edit of every company through the browser, and tells how
// long its check and its applying took.
func (l *work) imported(h *person, id int64) time.Duration {
	t := h.t
	random := rand.New(rand.NewPCG(uint64(id), 7))
	if a := h.upload(l.node, []byte(edits(random, l.rows))); a.location != fmt.Sprintf("/imports/%d", id) {
		t.Fatalf("upload: %d %.300s", a.status, a.body)
	}
	wait := func(state string) {
		for began := time.Now(); l.p.state(id) != state; time.Sleep(50 * time.Millisecond) {
			if time.Since(began) > 20*time.Minute {
				t.Fatalf("import %d is %s", id, l.p.state(id))
			}
		}
	}
	wait("ready")
	if a := h.press(l.node, id); a.status != http.StatusSeeOther {
		t.Fatalf("press: %d %.300s", a.status, a.body)
	}
	wait("applied")
	ms, err := strconv.Atoi(l.p.text(fmt.Sprintf("SELECT worked_ms FROM imports WHERE id = %d", id)))
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(ms) * time.Millisecond
}

// live is somebody at work until done.
func (l *work) live(h *person, random *rand.Rand, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(l.think/2 + time.Duration(random.Int64N(int64(l.think)))):
		}
		company := fmt.Sprintf("/companies/%d", 1+random.IntN(l.rows))
		switch what := random.IntN(10); {
		case what < 7:
			l.look(h, "lists", someList(random, l.rows))
		case what < 9:
			l.look(h, "cards", company)
		default:
			l.edit(h, company)
		}
	}
}

// someList is what people ask of lists: the first page, a later one, those of
// one person, the active ones.
func someList(random *rand.Rand, rows int) string {
	return []string{
		"/companies", "/companies?active=1", "/locations", "/contacts",
		fmt.Sprintf("/companies?page=%d", 1+random.IntN(max(1, min(rows/50, 200)))),
		fmt.Sprintf("/companies?responsibles=%d", 2+random.IntN(19)),
	}[random.IntN(6)]
}

func (l *work) look(h *person, what, path string) reply {
	began := time.Now()
	a := h.get(l.node, path)
	l.note(what, time.Since(began), a, http.StatusOK)
	return a
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// edit opens a card and turns the status round.
func (l *work) edit(h *person, company string) {
	card := l.look(h, "cards", company)
	found := versionField.FindStringSubmatch(card.body)
	if found == nil {
		l.note("edits", 0, reply{status: card.status, body: "no version on the card"}, -1)
		return
	}
	began := time.Now()
	a := h.post(l.node, company+"/status", url.Values{"version": {found[1]}, "status": {[]string{"", "1"}[began.UnixMilli()%2]}})
	if a.status == http.StatusConflict {
		l.mu.Lock()
		l.beaten++
		l.mu.Unlock()
		a.status = http.StatusSeeOther
	}
	l.note("edits", time.Since(began), a, http.StatusSeeOther)
}

func (l *work) note(what string, took time.Duration, a reply, want int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took[what] = append(l.took[what], took)
	if a.status != want {
		l.errors[fmt.Sprintf("%s: %d %.100s", what, a.status, a.body)]++
	}
}

func (l *work) print(t *testing.T, engine string, alone, together time.Duration, peak float64) {
	failed := 0
	for what, n := range l.errors {
		failed += n
		t.Errorf("%d times %s", n, what)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d rows, %d people, a page each %s on the average\n", engine, l.rows, l.users, l.think)
	fmt.Fprintf(&b, "| %s | requests | p50 | p95 | p99 | longest |\n|---|---|---|---|---|---|\n", engine)
	for _, what := range []string{"lists", "cards", "edits"} {
		took := l.took[what]
		slices.Sort(took)
		at := func(share float64) string {
			if len(took) == 0 {
				return "–"
			}
			return fmt.Sprintf("%d ms", took[int(share*float64(len(took)-1))].Milliseconds())
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s |\n", what, len(took), at(0.5), at(0.95), at(0.99), at(1))
	}
	fmt.Fprintf(&b, "errors %d, edits that lost against somebody %d, peak memory %.0f MiB\n", failed, l.beaten, peak)
	fmt.Fprintf(&b, "import: alone %.1f s (%.0f rows/s), with people %.1f s (%.0f rows/s), %.2f times\n",
		alone.Seconds(), float64(l.rows)/alone.Seconds(), together.Seconds(), float64(l.rows)/together.Seconds(), together.Seconds()/alone.Seconds())
	fmt.Print(b.String())
}
