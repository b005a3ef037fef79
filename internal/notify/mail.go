package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Mailer sends notices by e-mail.
type Mailer struct {
	Host     string
	Port     int
	User     string // "" signs in nowhere
	Password string
	From     string
	Security Security
	Link     string // address of the program, for links; "" leaves them out
}

// Security is how the connection to the mail server is protected.
type Security string

// The kinds of security.
const (
	Implicit Security = "tls"      // from the first byte
	StartTLS Security = "starttls" // demanded before anything is said
	Plain    Security = "none"     // not at all: for a server on this machine
)

// ParseMailer reads the address of a mail server:
//
//	smtps://USER:PASSWORD@HOST:465?from=nadel@example.by
//	smtp://USER:PASSWORD@HOST:587?from=nadel@example.by            STARTTLS is demanded
//	smtp://localhost:25?from=nadel@example.by&tls=none             in the clear
func ParseMailer(address, link string) (*Mailer, error) {
	wrong := fault.New(fault.Usage, "error.smtp_address")
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, wrong
	}
	m := &Mailer{Host: u.Hostname(), User: u.User.Username(), From: u.Query().Get("from"), Link: strings.TrimRight(link, "/")}
	m.Password, _ = u.User.Password()
	usual := "587"
	switch tls := u.Query().Get("tls"); {
	case u.Scheme == "smtps" && tls == "":
		m.Security, usual = Implicit, "465"
	case u.Scheme == "smtp" && (tls == "" || tls == "starttls"):
		m.Security = StartTLS
	case u.Scheme == "smtp" && tls == "none":
		m.Security, usual = Plain, "25"
	default:
		return nil, wrong
	}
	port := u.Port()
	if port == "" {
		port = usual
	}
	if m.Port, err = strconv.Atoi(port); err != nil {
		return nil, wrong
	}
	sender := &entity.Field{Name: "from", Kind: entity.Email, Required: true}
	if m.From, err = sender.Parse(m.From); err != nil {
		return nil, fault.New(fault.Usage, "error.smtp_from")
	}
	return m, nil
}

const (
	sendPatience = 30 * time.Second
	// lookAround is how often waiting e-mail is looked for.
	lookAround = 2 * time.Second
)

// waits is how long after each failure the next try comes; after the last one
// the e-mail is given up. The notice stays in the program.
var waits = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour}

// Deliver sends waiting notices of every workspace until ctx ends, beside the
// work on imports and never in its way.
func (s *Service) Deliver(ctx context.Context, m *Mailer, log *slog.Logger) {
	for ctx.Err() == nil {
		sent, err := s.DeliverOne(ctx, m)
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "e-mail not sent", "error", err)
		}
		if sent && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookAround):
		}
	}
}

// DeliverOne sends the notice that has waited longest; found is false when none
// is due. A notice is sent at most once: it is tried again only when the server
// certainly has not taken it.
func (s *Service) DeliverOne(ctx context.Context, m *Mailer) (found bool, err error) {
	claimed, found, err := s.store.ClaimMail(ctx, s.store.Now().Add(-tooOld))
	if err != nil || !found {
		return false, err
	}
	after := context.WithoutCancel(ctx) // what became of it is noted in any case
	message, err := s.message(ctx, m, &claimed)
	if err != nil {
		return true, errors.Join(err, s.store.MailFailed(after, &claimed))
	}
	err = m.send(after, message)
	switch outcomeOf(err) {
	case taken:
		return true, s.store.MailSent(after, &claimed)
	case notTaken:
		if tries := int(claimed.Tries); tries <= len(waits) {
			return true, errors.Join(err, s.store.MailLater(after, &claimed, s.store.Now().Add(waits[tries-1])))
		}
	}
	return true, errors.Join(err, s.store.MailFailed(after, &claimed))
}

// outcome is what became of an e-mail.
type outcome int

const (
	taken    outcome = iota
	notTaken         // certainly, and trying again may help
	lost             // refused for good, or nobody knows
)

func outcomeOf(err error) outcome {
	var e *mail.SendError
	switch {
	case err == nil:
		return taken
	case !errors.As(err, &e): // the server was not reached
		return notTaken
	case e.Reason == mail.ErrSMTPReset: // the farewell, after it was taken
		return taken
	case e.ErrorCode() >= 500:
		return lost
	case e.ErrorCode() >= 400:
		return notTaken
	case e.Reason == mail.ErrSMTPDataClose: // sent whole, and no answer came
		return lost
	}
	return notTaken
}

// message writes a notice as an e-mail, in the language of whom it is for. The
// library encodes every header, so that no name can add another.
func (s *Service) message(ctx context.Context, m *Mailer, c *store.Mail) (*mail.Msg, error) {
	var p *entity.Employee
	var w *entity.Workspace
	err := s.store.Read(ctx, c.Workspace, func(tx *store.Tx) (err error) {
		if w, err = tx.OwnWorkspace(); err != nil {
			return err
		}
		p, err = tx.Employee(c.EmployeeID)
		return err
	})
	if err != nil {
		return nil, err
	}
	language := p.Language
	if language == "" {
		language = w.Language
	}
	l := s.locales.Get(language)
	message := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8))
	if err := errors.Join(message.FromFormat(entity.Squeeze(w.Name), m.From), message.AddToFormat(entity.Squeeze(p.Name), p.Email)); err != nil {
		return nil, fmt.Errorf("address notice %d: %w", c.ID, err)
	}
	message.Subject(entity.Squeeze(Title(l, c.Notice)))
	message.SetMessageIDWithValue(fmt.Sprintf("nadel.%d.%d.%d@%s", c.Workspace, c.ID, c.At.UnixMilli(), m.From[strings.LastIndexByte(m.From, '@')+1:]))
	message.SetDateWithValue(c.At)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	text := Text(l, c.Notice)
	if m.Link != "" {
		text += "\n\n" + m.Link + Path(c.Notice)
	}
	message.SetBodyString(mail.TypeTextPlain, text+"\n")
	return message, nil
}

func (m *Mailer) send(ctx context.Context, message *mail.Msg) error {
	options := []mail.Option{mail.WithPort(m.Port), mail.WithTimeout(sendPatience), mail.WithoutNoop()}
	switch m.Security {
	case Implicit:
		options = append(options, mail.WithSSL())
	case StartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if m.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	client, err := mail.NewClient(m.Host, options...)
	if err != nil {
		return fmt.Errorf("prepare e-mail: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	err = client.Send(message)
	_ = client.Close() // the server has said yes or no already
	if err != nil {
		return fmt.Errorf("send e-mail: %w", err)
	}
	return nil
}
