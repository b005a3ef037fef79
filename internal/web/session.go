package web

import (
	"encoding/gob"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"nadel/internal/access"
	"nadel/internal/fault"
)

const (
	defaultIdle     = 8 * time.Hour
	defaultLifetime = 7 * 24 * time.Hour
)

// signed is what a session remembers of the person: enough to ask access who
// that is now. Rights are never kept here; they are read anew each time.
type signed struct {
	Workspace int64
	Employee  int64
	Epoch     int64
}

const (
	sessionWho      = "who"
	sessionNotice   = "notice"
	sessionLanguage = "language"
)

// newSessions keeps sessions. The cookie of HTTPS is another than that of HTTP,
// so that a session begun in the one never travels by the other.
func newSessions(c Config, secure bool) *scs.SessionManager {
	gob.Register(signed{})
	m := scs.New()
	m.Store = c.Sessions
	m.IdleTimeout, m.Lifetime = c.Idle, c.Lifetime
	if m.IdleTimeout == 0 {
		m.IdleTimeout = defaultIdle
	}
	if m.Lifetime == 0 {
		m.Lifetime = defaultLifetime
	}
	m.HashTokenInStore = true
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	m.Cookie.Secure = secure
	m.Cookie.Name = "nadel"
	if secure {
		m.Cookie.Name = "__Host-nadel"
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() != nil {
			return // nobody waits for the answer any more
		}
		c.Log.ErrorContext(r.Context(), "the session cannot be read or kept", "error", err)
		if say := c.Locales.Get(""); fault.CodeOf(err) == fault.NoSpace {
			http.Error(w, say.Fault(err), statusOf(err))
		} else {
			http.Error(w, say.T("ui.error.wrong"), http.StatusInternalServerError)
		}
	}
	return m
}

// begin makes the session this person's. The token is a new one: whoever knew
// the old one learns nothing.
func (v *visit) begin(who access.User) error {
	ctx := v.r.Context()
	if err := v.sessions().RenewToken(ctx); err != nil {
		return err
	}
	v.sessions().Remove(ctx, sessionLanguage) // everybody has his own, and one value is stored with the same bytes each time
	v.sessions().Put(ctx, sessionWho, signed{who.WorkspaceID, who.EmployeeID, who.Epoch})
	v.who, v.signedIn = who, true
	return nil
}

// resume finds out who the session belongs to. A person who was deactivated, or
// whose sessions were ended, is nobody again.
func (v *visit) resume() error {
	kept, ok := v.sessions().Get(v.r.Context(), sessionWho).(signed)
	if !ok {
		return nil
	}
	who, err := v.s.access.Resume(v.r.Context(), kept.Workspace, kept.Employee, kept.Epoch)
	if fault.CodeOf(err) == fault.Internal {
		return err
	}
	if err != nil {
		return v.sessions().Destroy(v.r.Context())
	}
	v.who, v.signedIn = who, true
	return nil
}
