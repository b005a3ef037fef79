package store

import (
	"fmt"

	"nadel/internal/fault"
	"nadel/internal/plan"
)

// AddApproval stores a request for approval as the import's newest and sets a.N.
// The transaction has read the import before, so that it is locked.
func (tx *Tx) AddApproval(importID int64, a *plan.Approval) error {
	a.AskedAt = tx.at
	_, err := tx.one(`INSERT INTO import_approvals (workspace_id, import_id, n, plan, asked_by, asked_at, expires_at)
		VALUES (?, ?, COALESCE((SELECT MAX(p.n) FROM import_approvals p WHERE p.workspace_id = ? AND p.import_id = ?), 0) + 1, ?, ?, ?, ?)
		RETURNING n`,
		[]any{tx.workspace, importID, tx.workspace, importID, a.Plan, a.AskedBy, millis(a.AskedAt), millis(a.ExpiresAt)}, &a.N)
	return err
}

// LastApproval is the import's newest request for approval; found is false when
// nobody has asked for one.
func (tx *Tx) LastApproval(importID int64) (a plan.Approval, found bool, err error) {
	var asked, expires, answered int64
	found, err = tx.one(`SELECT n, plan, asked_by, asked_at, expires_at, answer, answered_by, answered_at, word
		FROM import_approvals WHERE workspace_id = ? AND import_id = ? ORDER BY n DESC LIMIT 1`, []any{tx.workspace, importID},
		&a.N, &a.Plan, &a.AskedBy, &asked, &expires, &a.Answer, &a.AnsweredBy, &answered, &a.Word)
	if err != nil {
		return a, false, fmt.Errorf("read a request for approval: %w", err)
	}
	a.AskedAt, a.ExpiresAt, a.AnsweredAt = instant(asked), instant(expires), instant(answered)
	return a, found, nil
}

// AnswerApproval stores the answer to a request that has none yet.
func (tx *Tx) AnswerApproval(importID int64, a *plan.Approval) error {
	n, err := tx.exec(`UPDATE import_approvals SET answer = ?, answered_by = ?, answered_at = ?, word = ?
		WHERE workspace_id = ? AND import_id = ? AND n = ? AND answer = ''`,
		a.Answer, a.AnsweredBy, millis(tx.at), a.Word, tx.workspace, importID, a.N)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "error.answered_already")
	}
	return err
}
