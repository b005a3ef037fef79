package store

import (
	"context"
	"time"
)

// Failures is how often sign-in has failed lately.
type Failures struct {
	Login     int64     // for this login from this address, since the last pause
	Last      time.Time // the last of them
	ByAddress int64     // from this address for any login of any workspace
}

// CountTry counts a try to sign in as failed, before the password is looked at,
// and tells how it stood until now: so a thousand tries at once cannot all pass
// the bound. allow decides on what stood; when it returns an error nothing is
// counted. Failures older than pause are forgotten.
func (s *Store) CountTry(ctx context.Context, workspace int64, loginFolded, address string, pause time.Duration, allow func(Failures, time.Time) error) error {
	return s.writeAll(ctx, func(tx *Tx) error {
		if err := tx.takeTurn("sign in from " + address); err != nil {
			return err
		}
		since := millis(tx.at.Add(-pause))
		if _, err := tx.exec(`DELETE FROM sign_in_failures WHERE (workspace_id, login_folded, address) IN
			(SELECT workspace_id, login_folded, address FROM sign_in_failures WHERE last_at <= ?`+tx.dialect.skipLocked+")", since); err != nil {
			return err
		}
		var f Failures
		var last int64
		if _, err := tx.one("SELECT n, last_at FROM sign_in_failures WHERE workspace_id = ? AND login_folded = ? AND address = ? AND last_at > ?",
			[]any{workspace, loginFolded, address, since}, &f.Login, &last); err != nil {
			return err
		}
		if _, err := tx.one("SELECT COALESCE(SUM(n), 0) FROM sign_in_failures WHERE address = ? AND last_at > ?",
			[]any{address, since}, &f.ByAddress); err != nil {
			return err
		}
		f.Last = instant(last)
		if err := allow(f, tx.at); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO sign_in_failures (workspace_id, login_folded, address, n, last_at) VALUES (?, ?, ?, 1, ?)
			ON CONFLICT (workspace_id, login_folded, address) DO UPDATE SET
				n = CASE WHEN sign_in_failures.last_at <= ? THEN 0 ELSE sign_in_failures.n END + 1, last_at = excluded.last_at`,
			workspace, loginFolded, address, millis(tx.at), since)
		return err
	})
}

// ForgetTries wipes the failures of a login from an address: it was the owner.
func (s *Store) ForgetTries(ctx context.Context, workspace int64, loginFolded, address string) error {
	return s.Write(ctx, workspace, func(tx *Tx) error {
		_, err := tx.exec("DELETE FROM sign_in_failures WHERE workspace_id = ? AND login_folded = ? AND address = ?",
			workspace, loginFolded, address)
		return err
	})
}
