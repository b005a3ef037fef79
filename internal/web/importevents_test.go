package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/entity"
)

// events opens the stream of an import and passes on each event as "name data".
func (v *visitor) events(t *testing.T, at string) (said <-chan string, status int, leave func()) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+at+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := v.http.Do(r) //nolint:bodyclose // the goroutine that reads it closes it
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan string, 100)
	go func() {
		defer close(out)
		defer a.Body.Close()
		name := ""
		for lines := bufio.NewScanner(a.Body); lines.Scan(); {
			if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = event
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				out <- name + " " + data
			}
		}
	}()
	t.Cleanup(leave)
	return out, a.StatusCode, leave
}

func hear(t *testing.T, said <-chan string) string {
	t.Helper()
	select {
	case event, open := <-said:
		if !open {
			return "the end"
		}
		return event
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was said for ten seconds")
		return ""
	}
}

// The page hears how far an import has come, whichever process works on it, and
// hears the end; one that rests is told so at once.
func TestImportEvents(t *testing.T) {
	s := newSite(t)
	c := s.company("Первая")
	v := s.signedIn("Наша", "admin")
	at := v.upload("/companies/import", "правки.csv", "ID;Статус\n"+entity.IDsText([]int64{c.ID})+";Деактивировать\n").header.Get("Location")

	said, status, _ := v.events(t, at)
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if got := hear(t, said); got != `progress {"title":"Ждёт проверки","progress":"0 %","percent":0}` {
		t.Errorf("at first: %s", got)
	}
	s.drive(at)
	last := hear(t, said)
	for strings.HasPrefix(last, "progress") {
		last = hear(t, said)
	}
	if last != "rest {}" || hear(t, said) != "the end" {
		t.Errorf("at last: %s", last)
	}
	again, _, _ := v.events(t, at)
	if got := hear(t, again); got != "rest {}" {
		t.Errorf("asked about one that rests: %s", got)
	}
}

// Nobody takes all connections by opening an import many times; who leaves makes
// room.
func TestFewStreamsForEach(t *testing.T) {
	s := newSite(t)
	s.addForeign()
	v, other := s.signedIn("Наша", "admin"), s.signedIn("Чужая", "admin")
	const file = "ID;Статус\n1;Деактивировать\n"
	at := v.upload("/companies/import", "правки.csv", file).header.Get("Location")
	leave := func() {}
	for range 3 {
		said, status, end := v.events(t, at)
		if status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		hear(t, said)
		leave = end
	}
	if _, status, _ := v.events(t, at); status != http.StatusTooManyRequests {
		t.Errorf("the fourth stream: status %d", status)
	}
	if _, status, _ := other.events(t, other.upload("/companies/import", "правки.csv", file).header.Get("Location")); status != http.StatusOK {
		t.Errorf("another person: status %d", status)
	}
	leave()
	for n := 0; ; n++ {
		_, status, _ := v.events(t, at)
		if status == http.StatusOK {
			break
		}
		if n == 100 {
			t.Fatal("a stream that was left is counted for ever")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// An import that waits for space says so.
func TestWaitingForSpaceIsShown(t *testing.T) {
	s := newSite(t)
	v := s.signedIn("Наша", "admin")
	i, err := s.bulk.Upload(t.Context(), s.admin, bulk.Upload{
		Entity: s.server.catalog.ByName("company"), Name: "правки.csv", Content: strings.NewReader("ID;Статус\n1;Деактивировать\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	lease, found, err := s.st.ClaimOne(t.Context(), "other", i.Workspace, i.ID)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if err := s.st.Wait(t.Context(), lease, "no_space"); err != nil {
		t.Fatal(err)
	}
	v.get("/imports/1").has(t, "нет места")
	work, err := s.st.LoadWork(t.Context(), lease)
	if err == nil {
		err = s.st.Work(t.Context(), lease, work, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if a := v.get("/imports/1"); strings.Contains(a.body, "нет места") {
		t.Errorf("one that goes on still waits: %s", a)
	}
}
