package notify_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/mail"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/notify"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// postOffice is a mail server that keeps what it is given, unless it is told to
// be busy.
type postOffice struct {
	mu   sync.Mutex
	busy bool
	got  []letter
}

type letter struct {
	to      string
	content []byte
}

type postSession struct {
	office *postOffice
	to     string
}

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &postSession{office: o}, nil
}
func (s *postSession) Reset()                               {}
func (s *postSession) Logout() error                        { return nil }
func (s *postSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	if s.office.busy {
		return &smtp.SMTPError{Code: 451, Message: "later"}
	}
	s.to += to
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	s.office.got = append(s.office.got, letter{s.to, content})
	return err
}

func newPostOffice(t *testing.T) (*postOffice, *notify.Mailer) {
	t.Helper()
	o := &postOffice{}
	server := smtp.NewServer(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Errorf("mail server: %v", err)
		}
	}()
	t.Cleanup(func() { _ = server.Close() })
	m, err := notify.ParseMailer("smtp://127.0.0.1:"+strconv.Itoa(l.Addr().(*net.TCPAddr).Port)+"?from=nadel@example.by&tls=none", "https://nadel.example.by/")
	if err != nil {
		t.Fatal(err)
	}
	return o, m
}

// A notice is sent once, after the server has been busy, and no name adds a
// header or an addressee.
func TestNoticesByMail(t *testing.T) {
	testkit.EachClock(t, func(t *testing.T, st *store.Store, clock *testkit.Clock) {
		locales, err := locale.Load()
		if err != nil {
			t.Fatal(err)
		}
		s := notify.New(st, locales)
		admin := testkit.Admin(t, st)
		o, m := newPostOffice(t)
		o.busy = true
		evil := &entity.Employee{Login: "evil", Name: "Злой\r\nBcc: all@example.by\r\n\r\nтекст", Email: "evil@example.by", Role: entity.FieldStaff, Active: true}
		silent := &entity.Employee{Login: "silent", Name: "Без адреса", Role: entity.FieldStaff, Active: true}
		testkit.Write(t, st, admin.WorkspaceID, func(tx *store.Tx) error {
			if err := errors.Join(tx.InsertEmployee(evil), tx.InsertEmployee(silent)); err != nil {
				return err
			}
			args := map[string]any{"received": 37, "handed_over": 12, "who": "Анна\r\nX-Evil: 1"}
			return tx.AddNotices([]plan.Notice{{EmployeeID: evil.ID, Kind: plan.Digest, ImportID: 7, Args: args}, {EmployeeID: silent.ID, Kind: plan.Digest, ImportID: 7, Args: args}})
		})
		send := func(wantFound bool, wantLetters int) {
			t.Helper()
			found, err := s.DeliverOne(context.Background(), m)
			if found != wantFound || (err != nil) != (found && o.busy) || len(o.got) != wantLetters {
				t.Fatalf("found %v, %v, %d letters; want %v, %d", found, err, len(o.got), wantFound, wantLetters)
			}
		}
		send(true, 0)  // the server is busy
		send(false, 0) // not due yet
		clock.Advance(2 * time.Minute)
		o.mu.Lock()
		o.busy = false
		o.mu.Unlock()
		send(true, 1)
		clock.Advance(24 * time.Hour)
		send(false, 1) // once, and nobody without an address
		if o.got[0].to != "evil@example.by" {
			t.Errorf("it went to %q", o.got[0].to)
		}
		message, err := mail.ReadMessage(bytes.NewReader(o.got[0].content))
		if err != nil {
			t.Fatal(err)
		}
		if message.Header.Get("Bcc") != "" || message.Header.Get("X-Evil") != "" {
			t.Errorf("a name has added a header: %v", message.Header)
		}
		if to, err := message.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != "evil@example.by" {
			t.Errorf("To: %v, %v", to, err)
		}
	})
}
