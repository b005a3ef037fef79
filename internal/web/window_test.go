package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"nadel/internal/testkit"
)

// window is a tab of a real Chromium, at the pages of a site.
type window struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	messages []string // of the console
}

// patience is how long a tab waits for anything. The machine may be busy.
const patience = 20 * time.Second

func (s *site) window(language string) *window {
	s.t.Helper()
	if !s.server.assets.built() {
		s.t.Fatal("the front end is not built: run npm ci && npm run build")
	}
	ctx, closeTab := browser(s.t, language)()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	s.t.Cleanup(func() { cancel(); closeTab() })
	w := &window{t: s.t, ctx: ctx, base: s.http.URL}
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			w.mu.Lock()
			w.messages = append(w.messages, m.String())
			w.mu.Unlock()
		}
	}()
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: leaving}); err != nil {
		s.t.Fatal(err)
	}
	w.do(chromedp.EmulateViewport(1440, 900))
	return w
}

// leaving marks a page that a link was followed from or a form sent, so that
// nothing is asked of the old page while the new one is under way. Whether the
// page keeps the event for itself is known when all its listeners have run.
const leaving = `{
	const unlessKept = (e) => {
		window.leaving = true;
		setTimeout(() => { window.leaving = !e.defaultPrevented; });
	};
	addEventListener("click", (e) => {
		const link = e.target.closest?.("a[href]:not([download], [target])");
		if (link && link.href.split("#")[0] !== location.href.split("#")[0]) unlessKept(e);
	});
	addEventListener("submit", (e) => {
		if (e.target.method !== "dialog") unlessKept(e);
	});
}`

// browsers are started once for each language. Every window has cookies and
// storage of its own in one of them.
var browsers = struct {
	sync.Mutex
	window map[string]newWindow
	stop   []func()
}{window: map[string]newWindow{}}

type newWindow func() (context.Context, context.CancelFunc)

func TestMain(m *testing.M) {
	status := m.Run()
	for _, stop := range browsers.stop {
		stop()
	}
	os.Exit(status)
}

func browser(t *testing.T, language string) newWindow {
	t.Helper()
	browsers.Lock()
	defer browsers.Unlock()
	if window := browsers.window[language]; window != nil {
		return window
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.Flag("lang", language), chromedp.Flag("accept-lang", language))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox does not work for root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	running, closeBrowser := chromedp.NewContext(allocator)
	if err := chromedp.Do(running); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	window := func() (context.Context, context.CancelFunc) {
		return chromedp.NewContext(running, chromedp.WithNewBrowserContext())
	}
	browsers.window[language] = window
	browsers.stop = append(browsers.stop, closeBrowser, stop)
	return window
}

func chromium(t *testing.T) string {
	t.Helper()
	// the shell is Chromium without a window around its pages: half the work for the same answers
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the browser tests need Chromium: apt-get install chromium-headless-shell")
	return ""
}

func (b *window) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\nat %s\nconsole: %q\npage: %.1500s", err, b.at(), b.console(), b.text("main"))
	}
}

func (b *window) open(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.base + path)) }
func (b *window) see(css string)   { b.t.Helper(); b.do(chromedp.WaitVisible(chromedp.CSS(css))) }
func (b *window) click(css string) {
	b.t.Helper()
	b.until(css+" to click", "Boolean("+visible(css)+")")
	b.do(chromedp.Click(chromedp.CSS(css)))
}

// visible is a script for the first element that matches, if it can be seen.
func visible(css string) string {
	where, _ := json.Marshal(css) // a string can always be written
	return "[document.querySelector(" + string(where) + ")].find((e) => e?.checkVisibility())"
}

func (b *window) enter(css, words string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(css), words))
}
func (b *window) choose(css, value string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(css), value))
}

// rewrite replaces what a field holds, by typing.
func (b *window) rewrite(css, words string) {
	b.t.Helper()
	b.until("a field to empty", `(() => {
		const field = `+visible(css)+`;
		field?.select();
		return Boolean(field);
	})()`)
	b.do(chromedp.KeyEvent(kb.Delete))
	if words != "" {
		b.enter(css, words)
	}
}

func (b *window) at() string {
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return strings.TrimPrefix(at, b.base)
}

// press clicks what carries the words, as a person would look for it.
func (b *window) press(words string) {
	b.t.Helper()
	quoted, _ := json.Marshal(words) // a string can always be written
	b.until("«"+words+"» to press", `(() => {
		const found = [...document.querySelectorAll("button, a, summary, label")].filter((e) =>
			e.checkVisibility() && e.textContent.replace(/\s+/g, " ").trim() === `+string(quoted)+`);
		const open = document.querySelector("dialog[open]");
		const one = open ? found.find((e) => open.contains(e)) : found[0];
		if (one) {
			window.leaving = true;
			setTimeout(() => { window.leaving = false; one.click(); }, 20); // the answer must be out before the page goes
		}
		return Boolean(one);
	})()`)
}

// says waits until the element's text has all of the words.
func (b *window) says(css string, words ...string) {
	b.t.Helper()
	for _, word := range words {
		quoted, _ := json.Marshal(word)
		where, _ := json.Marshal(css)
		b.until(css+" to say «"+word+"»", `[...document.querySelectorAll(`+string(where)+`)].some((e) =>
			e.textContent.replace(/\s+/g, " ").includes(`+string(quoted)+`))`)
	}
}

// until waits for a script to be true on a page that is there whole, across
// navigations: what is clicked on half a page is lost when the rest comes.
func (b *window) until(what, script string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		yes, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`!window.leaving && document.readyState === "complete" && (`+script+")"))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("waited for %s (%v)\nat %s\nconsole: %q\npage: %.2500s", what, err, b.at(), b.console(), b.text("body"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (b *window) text(css string) string {
	where, _ := json.Marshal(css)
	words, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector(`+string(where)+`)?.innerText ?? ""`))
	if err != nil {
		return err.Error()
	}
	return words
}

func (b *window) console() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.messages...)
}

// fetch downloads what a link leads to, with the tab's own session.
func (b *window) fetch(css string) []byte {
	b.t.Helper()
	where, _ := json.Marshal(css)
	script := `fetch(document.querySelector(` + string(where) + `).href).then((r) => r.arrayBuffer()).then((a) =>
		btoa(Array.from(new Uint8Array(a), (c) => String.fromCharCode(c)).join("")))`
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("fetch %s: %v", css, err)
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return content
}

func (b *window) signIn(login string) {
	b.t.Helper()
	b.open("/sign-in")
	b.enter("#login", login)
	b.enter("#password", testPassword+"\r")
	b.see(".top")
}

func (b *window) forgetSession() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, struct{}{}); err != nil {
		b.t.Fatal(err)
	}
}

// accessible lets axe look at the page, in both themes and widths; it must find
// nothing. Once is enough: the pages are the same on either engine.
func (b *window) accessible(what string) {
	b.t.Helper()
	if testkit.OnPostgres() {
		return
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		b.t.Fatalf("axe-core is missing, run npm ci: %v", err)
	}
	for _, look := range []struct {
		theme string
		width int64
	}{{"light", 1440}, {"dark", 390}} {
		b.do(chromedp.EmulateViewport(look.width, 900))
		b.theme(look.theme)
		script := string(axe) + `; axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.flatMap((v) =>
			v.nodes.map((n) => v.id + ": " + n.html.slice(0, 160) + " " + (n.failureSummary ?? "").slice(0, 240))))`
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
		if err != nil {
			b.t.Fatalf("axe at %s: %v", what, err)
		}
		for _, one := range found {
			b.t.Errorf("%s, %s, %d px: %s", what, look.theme, look.width, one)
		}
		wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
		if err != nil || wide {
			b.t.Errorf("%s is wider than %d px (%v)", what, look.width, err)
		}
	}
	b.do(chromedp.EmulateViewport(1440, 900))
	b.theme("light")
}

func (b *window) theme(name string) {
	b.t.Helper()
	features := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // no colour is caught halfway
	}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, features); err != nil {
		b.t.Fatal(err)
	}
	b.until("the "+name+" theme", `document.documentElement.dataset.bsTheme === "`+name+`"`)
}
