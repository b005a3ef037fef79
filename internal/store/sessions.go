package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Sessions keeps the sessions of browsers; it is what scs asks of a store. Only
// the hash of a token is stored, so a stolen copy of the database opens no door.
type Sessions struct {
	store *Store
}

// Sessions is the keeper of sessions in this database.
func (s *Store) Sessions() *Sessions { return &Sessions{s} }

// FindCtx gives the data of a session that has not expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.store.Read(ctx, 0, func(tx *Tx) error {
		found, err = tx.one("SELECT data FROM sessions WHERE token = ? AND expiry > ?", []any{hashed(token), millis(tx.at)}, &data)
		return err
	})
	return data, found, err
}

// expirySlack is how much earlier than asked for a session may expire. Every
// page somebody opens moves the expiry; without slack every page would write,
// wait for the disk and stand in the queue of writers.
const expirySlack = time.Minute

// CommitCtx stores a session until expiry, and forgets those that have expired.
// It writes nothing when only the expiry has moved, and by less than a minute. A
// session that is stored already stays as it is when the disk is full: people go
// on reading, and what they were to be told once they are told twice.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	found, stands, err := s.stands(ctx, token, data, expiry)
	if err != nil || stands {
		return err
	}
	err = s.store.Write(ctx, 0, func(tx *Tx) error {
		if _, err := tx.exec("DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expiry <= ?"+tx.dialect.skipLocked+")",
			millis(tx.at)); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO sessions (token, data, expiry) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expiry = excluded.expiry`,
			hashed(token), data, millis(expiry))
		return err
	})
	if found && s.store.Unwell(err) {
		return nil
	}
	return err
}

// stands tells whether the session is stored, and whether it is as it shall be, or
// nearly.
func (s *Sessions) stands(ctx context.Context, token string, data []byte, expiry time.Time) (found, stands bool, err error) {
	err = s.store.Read(ctx, 0, func(tx *Tx) error {
		var stored []byte
		var until int64
		found, err = tx.one("SELECT data, expiry FROM sessions WHERE token = ?", []any{hashed(token)}, &stored, &until)
		moved := expiry.Sub(instant(until))
		stands = found && bytes.Equal(stored, data) && moved >= 0 && moved < expirySlack
		return err
	})
	return found, stands, err
}

// DeleteCtx ends a session; one that does not exist is no error.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.store.Write(ctx, 0, func(tx *Tx) error {
		_, err := tx.exec("DELETE FROM sessions WHERE token = ?", hashed(token))
		return err
	})
}

// Find is FindCtx for callers without a context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for callers without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx for callers without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
