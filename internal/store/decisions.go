package store

import (
	"encoding/json"
	"fmt"

	"nadel/internal/plan"
)

// AddDecision writes down what employee (0 is the operator) has decided about an
// import; args are names and values by turns, for the sentence about it. The
// transaction has read the import before, so that it is locked and decisions
// have an order.
func (tx *Tx) AddDecision(importID, employee int64, what plan.Act, args ...any) error {
	text := ""
	if len(args) > 0 {
		named := make(map[string]any, len(args)/2)
		for n := 0; n+1 < len(args); n += 2 {
			named[fmt.Sprint(args[n])] = args[n+1]
		}
		content, err := json.Marshal(named)
		if err != nil {
			return fmt.Errorf("write a decision: %w", err)
		}
		text = string(content)
	}
	_, err := tx.exec(`INSERT INTO import_decisions (workspace_id, import_id, n, employee_id, at, what, args)
		VALUES (?, ?, COALESCE((SELECT MAX(d.n) FROM import_decisions d WHERE d.workspace_id = ? AND d.import_id = ?), 0) + 1, ?, ?, ?, ?)`,
		tx.workspace, importID, tx.workspace, importID, employee, millis(tx.at), what, text)
	return err
}

// Decisions lists what was decided about an import, in order.
func (tx *Tx) Decisions(importID int64) ([]plan.Decision, error) {
	var list []plan.Decision
	err := tx.query(`SELECT n, employee_id, at, what, args FROM import_decisions
		WHERE workspace_id = ? AND import_id = ? ORDER BY n`, []any{tx.workspace, importID},
		func(scan func(...any) error) error {
			var d plan.Decision
			var at int64
			var args string
			if err := scan(&d.N, &d.EmployeeID, &at, &d.What, &args); err != nil {
				return fmt.Errorf("read a decision: %w", err)
			}
			d.At = instant(at)
			if args != "" {
				if err := json.Unmarshal([]byte(args), &d.Args); err != nil {
					return fmt.Errorf("read a decision about import %d: %w", importID, err)
				}
			}
			list = append(list, d)
			return nil
		})
	return list, err
}
