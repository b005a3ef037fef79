package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// trusted is how an installation looks in these tests: a balancer in 10.0.0.0/8
// and a proxy on the same machine.
var trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fd00::/8")}

func TestOrigin(t *testing.T) {
	tests := []struct {
		name, peer string
		header     http.Header
		want       origin
	}{
		{"nobody in between", "203.0.113.5:40000", nil, origin{"203.0.113.5", false}},
		{"an attacker who says he is somebody else", "203.0.113.5:40000",
			http.Header{"X-Forwarded-For": {"198.51.100.1"}, "Forwarded": {"for=198.51.100.1;proto=https"}, "X-Forwarded-Proto": {"https"}},
			origin{"203.0.113.5", false}},
		{"a proxy of ours", "127.0.0.1:40000", http.Header{"X-Forwarded-For": {"203.0.113.5"}, "X-Forwarded-Proto": {"https"}}, origin{"203.0.113.5", true}},
		{"an attacker behind a proxy that adds to what he wrote", "127.0.0.1:40000",
			http.Header{"X-Forwarded-For": {"198.51.100.1, 10.0.0.7, 203.0.113.5"}}, origin{"203.0.113.5", false}},
		{"the same in several lines", "127.0.0.1:40000",
			http.Header{"X-Forwarded-For": {"198.51.100.1", "10.0.0.7", "203.0.113.5"}}, origin{"203.0.113.5", false}},
		{"two proxies of ours", "127.0.0.1:40000", http.Header{"X-Forwarded-For": {"198.51.100.1, 203.0.113.5, 10.1.2.3"}}, origin{"203.0.113.5", false}},
		{"the standard header", "10.0.0.1:40000", http.Header{"Forwarded": {`For="[2001:db8:cafe:1::17]:4711";proto=https, for=10.2.2.2`}}, origin{"2001:db8:cafe:1::/64", true}},
		{"an attacker who writes the header that the proxy does not know", "127.0.0.1:40000",
			http.Header{"X-Forwarded-For": {"203.0.113.5"}, "Forwarded": {"for=198.51.100.1"}}, origin{"127.0.0.1", false}},
		{"both headers, of one mind", "127.0.0.1:40000",
			http.Header{"X-Forwarded-For": {"203.0.113.5"}, "Forwarded": {"for=203.0.113.5"}}, origin{"203.0.113.5", false}},
		{"a hop that is no address", "127.0.0.1:40000", http.Header{"X-Forwarded-For": {"203.0.113.5, unknown, 10.0.0.9"}}, origin{"10.0.0.9", false}},
		{"an empty header", "127.0.0.1:40000", http.Header{"X-Forwarded-For": {""}}, origin{"127.0.0.1", false}},
		{"only proxies", "127.0.0.1:40000", http.Header{"X-Forwarded-For": {"10.0.0.8, 10.0.0.9"}}, origin{"10.0.0.8", false}},
		{"with a port", "127.0.0.1:40000", http.Header{"X-Forwarded-For": {"203.0.113.5:1234"}}, origin{"203.0.113.5", false}},
		{"IPv4 written as IPv6", "[::ffff:127.0.0.1]:40000", http.Header{"X-Forwarded-For": {"::ffff:203.0.113.5"}}, origin{"203.0.113.5", false}},
		{"another address of the same IPv6 subscriber", "[2001:db8:1:2:ffff::9]:40000", nil, origin{"2001:db8:1:2::/64", false}},
		{"a proxy that speaks HTTP with the browser", "127.0.0.1:40000", http.Header{"X-Forwarded-For": {"203.0.113.5"}, "X-Forwarded-Proto": {"http"}}, origin{"203.0.113.5", false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.peer
			for name, lines := range tt.header {
				r.Header[name] = lines
			}
			if got := originOf(r, trusted); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// Guesses through a proxy are counted for who guesses: he runs into the bound
// whatever he writes into the headers, and others get in.
func TestGuessingThroughAProxy(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Proxies = trusted })
	guess := func(from, password string) answer {
		form := url.Values{"workspace": {"Наша"}, "login": {"admin"}, "password": {password}}.Encode()
		return s.visitor().send("POST", "/sign-in", strings.NewReader(form), http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "X-Forwarded-For": {from},
		})
	}
	refused := 0
	for n := range 12 {
		if a := guess(fmt.Sprintf("198.51.100.%d, 203.0.113.5", n), "мимо"); a.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("an attacker guesses as he likes when he invents addresses")
	}
	if a := guess("203.0.113.77", testPassword); a.status != to {
		t.Errorf("the owner, from another address, does not get in: %s", a)
	}
}

// What came by HTTPS as a trusted proxy says gets the cookie of HTTPS, and only
// that; the sessions of HTTP and HTTPS are not each other's.
func TestSecureCookieBehindAProxy(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Proxies = trusted })
	signIn := func(scheme string) answer {
		form := url.Values{"workspace": {"Наша"}, "login": {"admin"}, "password": {testPassword}}.Encode()
		return s.visitor().send("POST", "/sign-in", strings.NewReader(form), http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "X-Forwarded-For": {"203.0.113.5"}, "X-Forwarded-Proto": {scheme},
		})
	}
	a := signIn("https")
	cookie := a.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-nadel=") || !strings.Contains(cookie, "; Secure") || a.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("by HTTPS: cookie %q, %s", cookie, a)
	}
	plain := signIn("http").header.Get("Set-Cookie")
	if !strings.HasPrefix(plain, "nadel=") || strings.Contains(plain, "; Secure") {
		t.Errorf("by HTTP: cookie %q", plain)
	}
	token, _, _ := strings.Cut(strings.TrimPrefix(cookie, "__Host-nadel="), ";")
	by := http.Header{"Cookie": {"__Host-nadel=" + token}, "Accept": {"application/json"}}
	if a := s.visitor().send("GET", "/session", nil, by); a.status != http.StatusUnauthorized {
		t.Errorf("the session of HTTPS is taken by HTTP: %s", a)
	}
	by.Set("X-Forwarded-Proto", "https")
	if a := s.visitor().send("GET", "/session", nil, by); a.status != empty {
		t.Errorf("the session of HTTPS is not taken by HTTPS: %s", a)
	}
}
