// Package web is the pages: what people see and press in the browser. It turns
// requests into use cases of access, records and bulk, and their answers into
// HTML. It holds no rule of its own and never touches the store; every section
// is derived from the catalog.
package web

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/alexedwards/scs/v2"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/notify"
	"nadel/internal/records"
)

// Config is what the pages are made of.
type Config struct {
	Catalog  *entity.Catalog
	Access   *access.Service
	Records  *records.Service
	Bulk     *bulk.Service
	Notify   *notify.Service
	Locales  *locale.Set
	Sessions scs.Store    // where sessions live; shared by all nodes
	Log      *slog.Logger // nil: the default logger

	// Secure says that people reach us by HTTPS, whatever a request says: the
	// cookie is then bound to this host and never sent in the clear.
	Secure bool
	// Proxies are the addresses of those who pass requests on to us: what they
	// say about a request's address and scheme is believed, and nobody else.
	Proxies []netip.Prefix

	Tiles Tiles // the server of the maps' pictures

	Idle     time.Duration // a session nobody uses ends after this; 0 is 8 hours
	Patience time.Duration // slow requests are given up after this; 0 is a minute
	Lifetime time.Duration // any session ends after this; 0 is 7 days
}

// server is the pages at work. Nothing in it changes after New.
type server struct {
	catalog  *entity.Catalog
	access   *access.Service
	records  *records.Service
	bulk     *bulk.Service
	notify   *notify.Service
	locales  *locale.Set
	log      *slog.Logger
	sessions map[bool]*scs.SessionManager // by whether the request came by HTTPS: the cookies differ
	pages    *pages
	assets   *assets
	secure   bool
	proxies  []netip.Prefix
	tiles    Tiles
	patience time.Duration // with the bytes of a request
}

// New builds the pages. It fails when a template is broken or a part is
// missing.
func New(c Config) (http.Handler, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	return s.handler(), nil
}

func newServer(c Config) (*server, error) {
	if c.Catalog == nil || c.Access == nil || c.Records == nil || c.Bulk == nil || c.Notify == nil || c.Locales == nil || c.Sessions == nil {
		return nil, errors.New("web: the configuration lacks a part")
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	if !assets.built() {
		c.Log.Warn("the front end is not built: pages come without style; run npm ci && npm run build")
	}
	pages, err := parsePages(c.Locales, assets)
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	return &server{
		catalog: c.Catalog, access: c.Access, records: c.Records, bulk: c.Bulk, notify: c.Notify, locales: c.Locales,
		log: c.Log, sessions: map[bool]*scs.SessionManager{false: newSessions(c, false), true: newSessions(c, true)}, pages: pages, assets: assets, secure: c.Secure, proxies: c.Proxies, tiles: c.Tiles,
		patience: cmp.Or(c.Patience, bodyPatience),
	}, nil
}
