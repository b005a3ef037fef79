// Package notify is what is told to employees: their notices in the program, and
// the same by e-mail. What there is to tell is decided by others and stored with
// what they do; here it is shown, marked as read, and sent. It knows nothing of
// pages.
package notify

import (
	"context"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/locale"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// Service is the notices of employees.
type Service struct {
	store   *store.Store
	locales *locale.Set
}

// New makes the service.
func New(st *store.Store, locales *locale.Set) *Service {
	return &Service{store: st, locales: locales}
}

// List is a page of the user's own notices, newest first, and how many he has.
func (s *Service) List(ctx context.Context, who access.User, offset int64, limit int) (list []plan.Notice, total int64, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return nil, 0, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		list, total, err = tx.Notices(who.EmployeeID, offset, limit)
		return err
	})
	return list, total, err
}

// Get finds one of the user's own notices; another's is absent.
func (s *Service) Get(ctx context.Context, who access.User, id int64) (n plan.Notice, err error) {
	if err := who.Must(access.ReadRecords); err != nil {
		return n, err
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		n, err = tx.Notice(who.EmployeeID, id)
		return err
	})
	return n, err
}

// Unread counts what the user has not read.
func (s *Service) Unread(ctx context.Context, who access.User) (n int64, err error) {
	if !who.May(access.ReadRecords) {
		return 0, nil
	}
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		n, err = tx.UnreadNotices(who.EmployeeID)
		return err
	})
	return n, err
}

// MarkRead notes that the user has read one of his notices, or all of them for 0.
func (s *Service) MarkRead(ctx context.Context, who access.User, id int64) error {
	if err := who.Must(access.ReadRecords); err != nil {
		return err
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		if id != 0 {
			if _, err := tx.Notice(who.EmployeeID, id); err != nil {
				return err
			}
		}
		return tx.ReadNotice(who.EmployeeID, id)
	})
}

// Title is a notice in a few words.
func Title(l *locale.Locale, n plan.Notice) string {
	if n.Kind == plan.Digest && number(n.Args["undoes"]) > 0 {
		return l.T("told.undo.title", "import", n.ImportID, "undoes", number(n.Args["undoes"]))
	}
	return l.T("told."+string(n.Kind)+".title", "import", n.ImportID)
}

// Text is what a notice says.
func Text(l *locale.Locale, n plan.Notice) string {
	who, _ := n.Args["who"].(string)
	if who == "" {
		who = l.T("ui.operator")
	}
	word, _ := n.Args["word"].(string)
	switch n.Kind {
	case plan.ApprovalDue:
		return l.T("told.approval", "who", who, "count", number(n.Args["count"]))
	case plan.WasApproved, plan.WasRejected:
		text := l.T("told."+string(n.Kind), "who", who)
		if word != "" {
			text += " " + l.T("told.word", "word", word)
		}
		return text
	}
	var parts []string
	for _, way := range []string{"received", "handed_over"} {
		if count := number(n.Args[way]); count > 0 {
			parts = append(parts, l.T("told."+way, "count", count))
		}
	}
	return strings.Join(append(parts, l.T("told.by", "who", who)), " ")
}

// number reads an argument that has been through JSON.
func number(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// Path is where in the program a notice leads.
func Path(n plan.Notice) string {
	if n.Kind == plan.Digest {
		return "/notices/" + itoa(n.ID)
	}
	return "/imports/" + itoa(n.ImportID)
}

// tooOld is the age from which a notice is not worth an e-mail any more: it is in
// the program, and who sets up e-mail should not be flooded with the past.
const tooOld = 48 * time.Hour
