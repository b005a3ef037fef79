package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones on machines that have none installed

	"github.com/alexedwards/scs/v2"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
)

// visit is one request: who asks, in which language, and how to answer.
type visit struct {
	s        *server
	w        http.ResponseWriter
	r        *http.Request
	id       string // of the request, as the log has it
	who      access.User
	signedIn bool
	say      *locale.Locale
	zone     *time.Location
}

// speak chooses language and time zone: the person's own, else what was chosen
// before signing in, else what the browser asks for among ours.
func (v *visit) speak() {
	tag := v.who.Language
	if !v.signedIn {
		tag = v.sessions().GetString(v.r.Context(), sessionLanguage)
	}
	if tag == "" && !v.signedIn {
		tag = v.preferred()
	}
	v.say = v.s.locales.Get(tag).With(v.catalog())
	v.zone = time.UTC
	if zone, err := time.LoadLocation(v.who.TimeZone); err == nil && v.signedIn {
		v.zone = zone
	}
}

// catalog is the declarations as the person's workspace sees them.
func (v *visit) catalog() *entity.Catalog {
	if v.who.Catalog != nil {
		return v.who.Catalog
	}
	return v.s.catalog
}

// preferred is the first of the browser's languages that we speak.
func (v *visit) preferred() string {
	for part := range strings.SplitSeq(v.r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		for _, ours := range v.s.locales.Languages() {
			if tag == ours {
				return tag
			}
		}
	}
	return ""
}

func (v *visit) wantsJSON() bool {
	return strings.HasPrefix(v.r.Header.Get("Accept"), "application/json")
}

func (v *visit) json(status int, answer any) {
	v.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	v.w.WriteHeader(status)
	if err := json.NewEncoder(v.w).Encode(answer); err != nil {
		v.s.log.DebugContext(v.r.Context(), "answer not delivered", "request", v.id, "error", err)
	}
}

// seeOther sends the browser on after something was done.
func (v *visit) seeOther(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// notice is a sentence for the next page.
func (v *visit) notice(key string, args ...any) {
	v.sessions().Put(v.r.Context(), sessionNotice, v.say.T(key, args...))
}

// number reads the id in the address. Whatever is not one answers like an absent
// record: there is nothing at this address.
func (v *visit) number() (int64, error) {
	text := v.r.PathValue("id")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != text {
		return 0, fault.New(fault.NotFound, "ui.error.no_page")
	}
	return n, nil
}

// form reads a posted form.
func (v *visit) form() (url.Values, error) {
	if err := v.r.ParseForm(); err != nil {
		return nil, broken(err)
	}
	return v.r.PostForm, nil
}

// formAbout reads a posted form and the id in the address that it is about.
func (v *visit) formAbout() (url.Values, int64, error) {
	form, err := v.form()
	if err != nil {
		return nil, 0, err
	}
	id, err := v.number()
	return form, id, err
}

// address is where the request comes from, for slowing down guessing.
func (v *visit) address() string { return originFrom(v.r.Context()).address }

// sessions keeps this visit's session.
func (v *visit) sessions() *scs.SessionManager {
	return v.s.sessions[originFrom(v.r.Context()).secure]
}

// back is a path of ours that the request names, for returning after signing
// in; anything that could lead elsewhere is dropped.
func back(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
