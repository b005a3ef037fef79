package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// origin is where a request truly comes from.
type origin struct {
	address string // of the one who asks, for slowing down guessing
	secure  bool   // he speaks HTTPS
}

type originKey struct{}

// findOrigin finds out once for each request where it comes from.
func (s *server) findOrigin(r *http.Request) *http.Request {
	o := originOf(r, s.proxies)
	o.secure = o.secure || s.secure
	return r.WithContext(context.WithValue(r.Context(), originKey{}, o))
}

func originFrom(ctx context.Context) origin {
	o, _ := ctx.Value(originKey{}).(origin) // outside a request nobody asks
	return o
}

// originOf believes what a request says about its way only as far as those who
// pass it on are trusted: the last proxy names the one before it, and so on
// back to the first that is not ours. Whatever stands before that one in the
// headers he may have written himself.
func originOf(r *http.Request, trusted []netip.Prefix) origin {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return origin{address: r.RemoteAddr, secure: r.TLS != nil}
	}
	at := peer.Addr().Unmap()
	o := origin{secure: r.TLS != nil}
	if isTrusted(at, trusted) {
		hops, scheme := wayOf(r.Header)
		if scheme != "" {
			o.secure = strings.EqualFold(scheme, "https")
		}
		for n := len(hops) - 1; n >= 0 && isTrusted(at, trusted); n-- {
			hop, err := parseHop(hops[n])
			if err != nil {
				break // the last one that is known stands for what lies behind it
			}
			at = hop
		}
	}
	o.address = neighbourhood(at)
	return o
}

func isTrusted(at netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(at) {
			return true
		}
	}
	return false
}

// neighbourhood is the address by which somebody is known. In IPv6 one
// subscriber has a whole /64, and would be somebody else at each try.
func neighbourhood(at netip.Addr) string {
	at = at.WithZone("")
	if at.Is4() {
		return at.String()
	}
	p, err := at.Prefix(64)
	if err != nil {
		return at.String() // an address that is none
	}
	return p.String()
}

// wayOf reads the addresses that a request came by, the nearest last, and the
// scheme of the first hop. A proxy that writes one of the two headers
// passes the other on as the browser sent it, so where they disagree neither is
// believed.
func wayOf(h http.Header) (hops []string, scheme string) {
	old := list(h.Values("X-Forwarded-For"))
	var standard []string
	for _, element := range list(h.Values("Forwarded")) {
		hop := ""
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			value = strings.Trim(value, `"`)
			switch strings.ToLower(name) {
			case "for":
				hop = value
			case "proto":
				if len(standard) == 0 {
					scheme = value
				}
			}
		}
		standard = append(standard, hop)
	}
	if said := list(h.Values("X-Forwarded-Proto")); len(said) > 0 {
		scheme = said[0]
	}
	switch {
	case len(standard) == 0:
		return old, scheme
	case len(old) == 0 || sameWay(old, standard):
		return standard, scheme
	}
	return nil, scheme
}

// list joins the lines of a header and takes its elements apart. Commas within
// quotes do not occur in addresses.
func list(lines []string) []string {
	var elements []string
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			elements = append(elements, strings.TrimSpace(element))
		}
	}
	return elements
}

func sameWay(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for n := range a {
		x, err1 := parseHop(a[n])
		y, err2 := parseHop(b[n])
		if err1 != nil || err2 != nil || x != y {
			return false
		}
	}
	return true
}

// parseHop reads an address, with or without a port.
func parseHop(text string) (netip.Addr, error) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap(), nil
	}
	at, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return at.Unmap(), err //nolint:wrapcheck // only whether there is an error is looked at
}
