package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"nadel/internal/fault"
	"nadel/internal/plan"
)

// AddNotices tells employees something, each notice one of them. It goes by
// e-mail too where the employee works here and has an address.
func (tx *Tx) AddNotices(notices []plan.Notice) error {
	if len(notices) == 0 {
		return nil
	}
	var first int64
	if _, err := tx.one("UPDATE workspaces SET next_notice_id = next_notice_id + ? WHERE id = ? RETURNING next_notice_id - ?",
		[]any{len(notices), tx.workspace, len(notices)}, &first); err != nil {
		return err
	}
	for n := range notices {
		one := &notices[n]
		args, err := json.Marshal(one.Args)
		if err != nil {
			return fmt.Errorf("write a notice: %w", err)
		}
		one.ID, one.At = first+int64(n), tx.at
		if _, err := tx.exec(`INSERT INTO notices (workspace_id, id, employee_id, at, kind, import_id, args, mail, mail_after)
			SELECT e.workspace_id, CAST(? AS BIGINT), e.id, CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT),
				CASE WHEN e.active = 1 AND e.email <> '' THEN 'waiting' ELSE '' END, CAST(? AS BIGINT)
			FROM employees e WHERE e.workspace_id = ? AND e.id = ?`,
			one.ID, millis(tx.at), string(one.Kind), one.ImportID, string(args), millis(tx.at), tx.workspace, one.EmployeeID); err != nil {
			return err
		}
	}
	return nil
}

const noticeColumns = "id, employee_id, at, kind, import_id, args, read_at"

func scanNotice(scan func(...any) error, more ...any) (plan.Notice, error) {
	var n plan.Notice
	var at, read int64
	var args string
	if err := scan(append([]any{&n.ID, &n.EmployeeID, &at, &n.Kind, &n.ImportID, &args, &read}, more...)...); err != nil {
		return n, fmt.Errorf("read a notice: %w", err)
	}
	n.At, n.ReadAt = instant(at), instant(read)
	if args == "" {
		return n, nil
	}
	if err := json.Unmarshal([]byte(args), &n.Args); err != nil {
		return n, fmt.Errorf("read notice %d: %w", n.ID, err)
	}
	return n, nil
}

// Notices lists an employee's notices, newest first, and how many there are.
func (tx *Tx) Notices(employee, offset int64, limit int) (list []plan.Notice, total int64, err error) {
	if _, err := tx.one("SELECT COUNT(*) FROM notices WHERE workspace_id = ? AND employee_id = ?",
		[]any{tx.workspace, employee}, &total); err != nil {
		return nil, 0, err
	}
	err = tx.query("SELECT "+noticeColumns+" FROM notices WHERE workspace_id = ? AND employee_id = ? ORDER BY id DESC LIMIT ? OFFSET ?",
		[]any{tx.workspace, employee, limit, offset}, func(scan func(...any) error) error {
			n, err := scanNotice(scan)
			list = append(list, n)
			return err
		})
	return list, total, err
}

// Notice finds one of an employee's notices. Another's is absent.
func (tx *Tx) Notice(employee, id int64) (n plan.Notice, err error) {
	found := false
	err = tx.query("SELECT "+noticeColumns+" FROM notices WHERE workspace_id = ? AND employee_id = ? AND id = ?",
		[]any{tx.workspace, employee, id}, func(scan func(...any) error) (err error) {
			found = true
			n, err = scanNotice(scan)
			return err
		})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "error.no_such_notice", "id", id)
	}
	return n, err
}

// UnreadNotices counts what an employee has not read.
func (tx *Tx) UnreadNotices(employee int64) (n int64, err error) {
	_, err = tx.one("SELECT COUNT(*) FROM notices WHERE workspace_id = ? AND employee_id = ? AND read_at = 0",
		[]any{tx.workspace, employee}, &n)
	return n, err
}

// ReadNotice notes that an employee has read a notice, or all of them for 0.
func (tx *Tx) ReadNotice(employee, id int64) error {
	_, err := tx.exec(`UPDATE notices SET read_at = ? WHERE workspace_id = ? AND employee_id = ? AND read_at = 0 AND (id = ? OR 0 = ?)`,
		millis(tx.at), tx.workspace, employee, id, id)
	return err
}

// SetNotices chooses whether an import tells those whose records change hands.
func (tx *Tx) SetNotices(importID int64, told bool) error {
	_, err := tx.exec("UPDATE imports SET notices = ? WHERE workspace_id = ? AND id = ?", truth(told), tx.workspace, importID)
	return err
}

// Mail is a notice on its way by e-mail.
type Mail struct {
	Workspace int64
	Tries     int64 // this one included
	plan.Notice
}

// ClaimMail takes the notice, of any workspace, that has waited longest for being
// sent; found is false when none is due. It is marked before it is sent: one that
// was in the hands of a process that died is not sent again, for nobody knows
// whether it was. Notices from before since are not worth an e-mail any more.
func (s *Store) ClaimMail(ctx context.Context, since time.Time) (m Mail, found bool, err error) {
	due := "mail = 'waiting' AND mail_after <= ? AND at >= ?"
	args := []any{millis(s.Now()), millis(since)}
	// the cheap look first: writing takes SQLite's only write lock
	err = s.readAll(ctx, func(tx *Tx) error {
		found, err = tx.one("SELECT id FROM notices WHERE "+due+" LIMIT 1", args, new(int64))
		return err
	})
	if err != nil || !found {
		return m, false, wrapIf("look for waiting e-mail", err)
	}
	err = s.writeAll(ctx, func(tx *Tx) error {
		found = false
		err := tx.query("SELECT "+noticeColumns+", workspace_id, mail_tries + 1 FROM notices WHERE "+due+" ORDER BY mail_after, workspace_id, id LIMIT 1"+tx.locked(),
			args, func(scan func(...any) error) error {
				found = true
				n, err := scanNotice(scan, &m.Workspace, &m.Tries)
				m.Notice = n
				return err
			})
		if err != nil || !found {
			return err
		}
		_, err = tx.exec("UPDATE notices SET mail = 'sending', mail_tries = ? WHERE workspace_id = ? AND id = ? AND mail = 'waiting'",
			m.Tries, m.Workspace, m.ID)
		return err
	})
	return m, found, wrapIf("claim an e-mail", err)
}

// MailSent notes that a notice was sent.
func (s *Store) MailSent(ctx context.Context, m *Mail) error {
	return s.setMail(ctx, m, "sent", time.Time{})
}

// MailFailed notes that a notice cannot be sent.
func (s *Store) MailFailed(ctx context.Context, m *Mail) error {
	return s.setMail(ctx, m, "failed", time.Time{})
}

// MailLater lets a notice that certainly was not sent wait for another try.
func (s *Store) MailLater(ctx context.Context, m *Mail, after time.Time) error {
	return s.setMail(ctx, m, "waiting", after)
}

func (s *Store) setMail(ctx context.Context, m *Mail, state string, after time.Time) error {
	return s.Write(ctx, m.Workspace, func(tx *Tx) error {
		_, err := tx.exec("UPDATE notices SET mail = ?, mail_after = ? WHERE workspace_id = ? AND id = ? AND mail = 'sending'",
			state, millis(after), tx.workspace, m.ID)
		return err
	})
}
