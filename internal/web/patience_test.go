package web

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A sender who falls silent in the middle of a request is not waited for: not
// where the form is read, nor where the answer does not need it, nor in a file.
func TestSilentSenders(t *testing.T) {
	s := newSite(t)
	s.server.patience = 200 * time.Millisecond
	at, err := url.Parse(s.http.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookie := s.signedIn("Наша", "admin").http.Jar.Cookies(at)[0].String()
	const form = "application/x-www-form-urlencoded"
	tests := []struct{ name, path, kind, cookie, begins, status string }{
		{"a form", "/sign-in", form, "", "login=", "408"},
		{"something sent where nothing is read", "/static/favicon.svg", form, "", "x", "404"},
		{"a form that nobody reads", "/profile/password", form, "", "old=", "401"},
		{"a file", "/companies/import", "multipart/form-data; boundary=x", cookie,
			"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nID;", "408"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.http.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: nadel\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n%s",
				tt.path, tt.cookie, tt.kind, tt.begins); err != nil {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn) // ends when the server hangs up
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+tt.status) {
				t.Errorf("error %v, answer %.100q; want %s and the connection closed", err, answer, tt.status)
			}
		})
	}
}
