package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"nadel/internal/fault"
)

const maxForm = 1 << 20 // bytes of an ordinary form

// policy allows what we serve ourselves and nothing else: no script or style
// inside a page, whatever a client's name may contain. Pictures may also come
// from the tile server, where there is one.
func policy(t Tiles) string {
	images := "img-src 'self' data:"
	if t.Origin != "" {
		images += " " + t.Origin
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; " + images + "; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range s.routes() {
		mux.HandleFunc(route.method+" "+route.pattern, func(w http.ResponseWriter, r *http.Request) { s.visit(w, r, route) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.visit(w, r, nowhere) })

	crossSite := http.NewCrossOriginProtection()
	crossSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.visit(w, r, foreign) }))

	outer := http.NewServeMux()
	outer.HandleFunc("GET /static/{name}", s.assets.serve)
	outer.Handle("/", headers(policy(s.tiles), s.keepSession(crossSite.Handler(mux))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = newPatientBody(w, r, s.patience)
		outer.ServeHTTP(w, s.findOrigin(r))
	})
}

// nowhere answers what no route knows, foreign what another site sent.
var (
	nowhere = route{public: true, handle: func(*visit) error { return fault.New(fault.NotFound, "ui.error.no_page") }}
	foreign = route{public: true, handle: func(*visit) error { return fault.New(fault.Denied, "ui.error.cross_site") }}
)

// keepSession reads the session of the request and keeps what becomes of it.
func (s *server) keepSession(next http.Handler) http.Handler {
	kept := map[bool]http.Handler{false: s.sessions[false].LoadAndSave(next), true: s.sessions[true].LoadAndSave(next)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept[originFrom(r.Context()).secure].ServeHTTP(w, r)
	})
}

func headers(policy string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if originFrom(r.Context()).secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// visit runs one route: recognises the person, asks for the right that the
// route's line in the table names, and answers.
func (s *server) visit(w http.ResponseWriter, r *http.Request, to route) {
	v := &visit{s: s, w: w, r: r, id: strings.ToLower(rand.Text()[:12])}
	v.say = s.locales.Get("")
	w.Header().Set("X-Request-Id", v.id)
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			v.fail(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	limit := int64(maxForm)
	if to.maxBody > 0 {
		limit = to.maxBody
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	err := v.resume()
	v.speak()
	if err == nil {
		err = to.admit(v)
	}
	if err == nil {
		err = to.handle(v)
	}
	if err != nil && !errors.Is(err, errAnswered) {
		v.fail(err)
	}
}
