package store_test

import (
	"context"
	"strings"
	"testing"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// lived is a database with a history: three companies and a location; company 1
// changed by hand and by an import, 2 by the import, 3 held by it.
func lived(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	ivanov := testkit.Employee(t, b.st, b.ws, "ivanov", entity.FieldStaff).ID
	petrov := testkit.Employee(t, b.st, b.ws, "petrov", entity.FieldStaff).ID
	first := testkit.Company(t, b.st, b.ws, "Один", ivanov)
	testkit.Company(t, b.st, b.ws, "Два", ivanov, petrov)
	testkit.Company(t, b.st, b.ws, "Три")
	testkit.Location(t, b.st, b.ws, first, "Минск", true)
	now := first.Clone()
	now.Set("name", "Первый")
	now.Responsibles = []int64{petrov}
	b.write(func(tx *store.Tx) error {
		changes := entity.Diff(first, now)
		if err := tx.Update(first, now); err != nil {
			return err
		}
		return tx.LogChange(now, ivanov, changes)
	})
	b.apply([]plan.Change{
		{RecordID: 1, Row: 2, Version: 2, TouchesActive: true, ActiveBefore: true, TouchesResponsibles: true, ResponsiblesBefore: []int64{petrov}, ResponsiblesAfter: []int64{ivanov}},
		{RecordID: 2, Row: 3, Version: 1, TouchesResponsibles: true, ResponsiblesBefore: []int64{ivanov, petrov}, ResponsiblesAfter: nil},
		{RecordID: 3, Row: 4, Version: 1, TouchesActive: true, ActiveBefore: true, Guards: plan.Name},
	})
	return b
}

// apply does what bulk does with a plan whose guards nobody accepts.
func (b *bench) apply(changes []plan.Change) {
	b.Helper()
	i := b.imported()
	l := b.claim("t", i.ID)
	i.CheckedAt, i.State, i.HeldBy = b.clock.Now(), plan.Applying, map[plan.Guards]int64{}
	i.StartedAt, i.FinishedAt = b.clock.Now(), b.clock.Now()
	err := b.st.Work(context.Background(), l, i, func(tx *store.Tx) error {
		if err := tx.AddChanges(i.ID, changes); err != nil {
			return err
		}
		for n := range changes {
			i.Counts.Read++
			i.AppliedUpto = changes[n].RecordID
			if changes[n].Guards != 0 {
				i.Counts.Held++
				i.HeldBy[changes[n].Guards]++
				continue
			}
			i.Counts.Change++
			i.Counts.Applied++
			if conflicts, err := tx.ApplyChanges(b.firm, changes[n:n+1]); err != nil || len(conflicts) > 0 {
				b.Fatalf("apply %+v: %v, %v", changes[n], conflicts, err)
			}
		}
		i.State = plan.Applied
		return tx.AddChunk(i.ID, i.AppliedUpto, nil)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// found are the keys of what Check finds.
func (b *bench) found() string {
	b.Helper()
	broken, err := b.st.Check(context.Background())
	if err != nil {
		return "error: " + err.Error()
	}
	var keys []string
	for _, f := range broken {
		keys = append(keys, f.Key)
	}
	return strings.Join(keys, " ")
}

func TestCheckIsSilent(t *testing.T) {
	if found := lived(t).found(); found != "" {
		t.Errorf("of a sound database it says %s", found)
	}
}

// TestCheckFinds breaks each promise in a sound database, behind the store's
// back, and sees it reported.
func TestCheckFinds(t *testing.T) {
	tests := []struct{ name, damage, key string }{
		{"rows read that became nothing", "UPDATE imports SET rows_read = rows_read + 1", "check.receipt_read"},
		{"failed rows lost", "UPDATE imports SET rows_failed = rows_failed + 1", "check.receipt_read"},
		{"accepted rows that nobody accepted", "UPDATE imports SET rows_accepted = 1", "check.receipt_accepted"},
		{"a guard accepted and not counted", "UPDATE imports SET accepted = 1", "check.receipt_accepted"},
		{"a remainder of an applied import", "UPDATE imports SET rows_applied = rows_applied - 1", "check.receipt_remaining"},
		{"more applied than there was", "UPDATE imports SET rows_applied = rows_applied + 1", "check.receipt_remaining"},
		{"changes that are not in the plan", "DELETE FROM import_changes WHERE record_id = 3", "check.receipt_rows"},
		{"progress that forgets a row", "UPDATE imports SET applied_upto = 1", "check.receipt_rows"},
		{"a conflict that was applied", "UPDATE import_changes SET fate = 1 WHERE record_id = 2", "check.receipt_rows"},
		{"a row taken back in the plan only", "UPDATE import_changes SET fate = 2 WHERE record_id = 2", "check.receipt_rows"},
		{"a file of no import", "INSERT INTO import_files (workspace_id, import_id, part, content) VALUES (1, 99, 0, x'00')", "check.orphan_file"},
		{"the wide half of a record gone", "DELETE FROM contacts; DELETE FROM companies WHERE id = 3", "check.half_record"},
		{"the narrow half of a record gone", "DELETE FROM records WHERE id = 3", "check.half_record"},
		{"one id for two records", "INSERT INTO records (workspace_id, kind, id, active, version, responsibles) VALUES (1, 4, 2, 1, 1, x'00')", "check.number"},
		{"a number line behind its records", "UPDATE workspaces SET next_record_id = 2", "check.number"},
		{"a responsible who is not in the index", "DELETE FROM responsibilities WHERE record_id = 1", "check.reverse"},
		{"an unassigned record not in the index", "DELETE FROM responsibilities WHERE record_id = 3", "check.reverse"},
		{"one too many in the index", "INSERT INTO responsibilities (workspace_id, employee_id, kind, record_id) VALUES (1, 3, 1, 3)", "check.reverse"},
		{"responsibles changed without history", "UPDATE records SET responsibles = x'03' WHERE id = 1", "check.present"},
		{"active changed without history", "UPDATE records SET active = 1 WHERE id = 1", "check.present"},
		{"a name changed without history", "UPDATE companies SET name = 'Иначе' WHERE id = 1", "check.present"},
		{"a version that nothing made", "UPDATE records SET version = version + 1 WHERE id = 3", "check.version"},
		{"a change by hand lost", "DELETE FROM changes WHERE record_id = 1", "check.history_gap"},
		{"a change by hand rewritten", `UPDATE changes SET fields = REPLACE(fields, '"after":"3"', '"after":"2"')`, "check.history_chain"},
		{"a change of an import rewritten", "UPDATE import_changes SET responsibles_before = x'02' WHERE record_id = 1", "check.history_chain"},
		{"history of nothing", "INSERT INTO changes (workspace_id, kind, record_id, version, employee_id, at, fields) VALUES (1, 1, 3000, 2, 0, 1, '[]')", "check.history_of_nothing"},
		{"history of an import about nothing", "UPDATE import_changes SET record_id = 3000 WHERE record_id = 2; UPDATE imports SET applied_upto = 3000; UPDATE import_chunks SET last_record = 3000; DELETE FROM import_changes WHERE record_id = 3", "check.history_of_nothing"},
		{"history of a record of another kind", "INSERT INTO changes (workspace_id, kind, record_id, version, employee_id, at, fields) VALUES (1, 1, 4, 2, 0, 1, '[]'); UPDATE records SET kind = 1 WHERE id = 4", "check.half_record"},
		{"a reference to nothing", "UPDATE locations SET company = 77", "check.engine"},
		{"a damaged set", "UPDATE records SET responsibles = x'0280' WHERE id = 1", "error: "},
		{"a time of applying lost", "DELETE FROM import_chunks", "error: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := lived(t)
			for statement := range strings.SplitSeq(tt.damage, "; ") {
				b.sql(statement)
			}
			if found := b.found(); !strings.Contains(found, tt.key) || found == "" {
				t.Errorf("found %q, want %s", found, tt.key)
			}
		})
	}
}
