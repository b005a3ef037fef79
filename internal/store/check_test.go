package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// lived is a database with a history: three companies and a location; company 1
// changed by hand and by an import, 2 by the import, 3 held by it.
func lived(t *testing.T, address string) *bench {
	t.Helper()
	b := benchAt(t, address)
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
		return tx.AddChunk(i.ID, i.AppliedUpto, store.Touched{})
	})
	if err != nil {
		b.Fatal(err)
	}
}

// found is what Check finds, each with what it says of where.
func (b *bench) found() string {
	b.Helper()
	broken, err := b.st.Check(context.Background())
	if err != nil {
		return "error: " + err.Error()
	}
	var list []string
	for _, f := range broken {
		var args []string
		for name, value := range f.Args {
			if name != "workspace" || value == "" {
				args = append(args, fmt.Sprintf("%s=%v", name, value))
			}
		}
		slices.Sort(args)
		list = append(list, f.Key+" {"+strings.Join(args, " ")+"}")
	}
	return strings.Join(list, "\n")
}

func TestCheckIsSilent(t *testing.T) {
	testkit.EachAddress(t, func(t *testing.T, address string) {
		if found := lived(t, address).found(); found != "" {
			t.Errorf("of a sound database it says %s", found)
		}
	})
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
		{"a file of no import", "INSERT INTO import_files (workspace_id, import_id, part, content) VALUES (1, 99, 0, x'00')", "check.orphans {id=99 table=import_files target=imports}"},
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
		{"a damaged set", "UPDATE records SET responsibles = x'0280' WHERE id = 1", "record 1: stored data are damaged: a packed set of employees is 02 80}"},
		{"damaged history", "UPDATE changes SET fields = '{'", "check.unreadable {detail=stored data are damaged: read history of company 1: "},
		{"a damaged import", "UPDATE imports SET held_by = '{'", "check.unreadable {detail=stored data are damaged: read import 1: "},
		{"a time of applying lost", "DELETE FROM import_chunks", "check.chunks {chunks=0 import=1 says=3}"},
		{"a chunk that the import does not know of", "INSERT INTO import_chunks (workspace_id, import_id, last_record, at) VALUES (1, 1, 9, 1)", "check.chunks {chunks=9 import=1 says=3}"},
		{"a version moved by hand and by an import", "INSERT INTO changes (workspace_id, kind, record_id, version, employee_id, at, fields) VALUES (1, 1, 1, 3, 0, 1, '[]')", "check.history_gap {id=1 kind=company version=3 wanted_version=4}"},
		{"a city that is none", "UPDATE companies SET city = 77 WHERE id = 2", "check.value {field=city id=2 kind=company}"},
		{"a city that is a region", "INSERT INTO directory_values (workspace_id, id, directory, name, name_folded) VALUES (1, 900, 'region', 'р', 'р'); UPDATE companies SET city = 900 WHERE id = 2", "check.value {field=city id=2 kind=company}"},
		{"a position that is none", "UPDATE employees SET position = 77 WHERE id = 2", "check.reference {column=position id=77 row=2 table=employees target=directory_values}"},
		{"a company that is none", "UPDATE locations SET company = 77", "check.reference {column=company id=77 row=4 table=locations target=companies}"},
		{"merged into nothing", "UPDATE companies SET merged_into = 77 WHERE id = 2", "check.reference {column=merged_into id=77 row=2 table=companies target=companies}"},
		{"no main location", "UPDATE locations SET main = 0", "check.one_each {field=main id=1 kind=location n=0 per=company}"},
		{"changes of nobody", "UPDATE changes SET employee_id = 77", "check.reference {column=employee_id id=77 row=1 table=changes target=employees}"},
		{"an import of nobody", "UPDATE imports SET created_by = 77", "check.reference {column=created_by id=77 row=1 table=imports target=employees}"},
		{"an undo of nothing", "UPDATE imports SET undoes = 77", "check.reference {column=undoes id=77 row=1 table=imports target=imports}"},
		{"a member of no group", "INSERT INTO group_members (workspace_id, group_id, employee_id) VALUES (1, 5, 2)", "check.reference {column=group_id id=5 row=5 table=group_members target=employee_groups}"},
		{"a member who is nobody", "INSERT INTO employee_groups (workspace_id, id, name, name_folded) VALUES (1, 5, 'г', 'г'); INSERT INTO group_members (workspace_id, group_id, employee_id) VALUES (1, 5, 77)", "check.reference {column=employee_id id=77 row=5 table=group_members target=employees}"},
		{"a notice to nobody", "INSERT INTO notices (workspace_id, id, employee_id, at, kind) VALUES (1, 9, 77, 1, 'digest')", "check.reference {column=employee_id id=77 row=9 table=notices target=employees}"},
		{"a notice of no import", "INSERT INTO notices (workspace_id, id, employee_id, at, kind, import_id) VALUES (1, 9, 2, 1, 'digest', 77)", "check.reference {column=import_id id=77 row=9 table=notices target=imports}"},
		{"settings changed by nobody", "INSERT INTO workspace_changes (workspace_id, n, at, employee_id, fields) VALUES (1, 1, 1, 77, '[]')", "check.reference {column=employee_id id=77 row=1 table=workspace_changes target=employees}"},
		{"a change of settings lost", "INSERT INTO workspace_changes (workspace_id, n, at, employee_id, fields) VALUES (1, 2, 1, 2, '[]')", "check.numbered {id=1 last=2 rows=1 table=workspace_changes}"},
		{"a decision lost", "INSERT INTO import_decisions (workspace_id, import_id, n, employee_id, at, what) VALUES (1, 1, 2, 2, 1, 'cancel')", "check.numbered {id=1 last=2 rows=1 table=import_decisions}"},
		{"a decision about nothing", "INSERT INTO import_decisions (workspace_id, import_id, n, employee_id, at, what) VALUES (1, 99, 1, 2, 1, 'cancel')", "check.orphans {id=99 table=import_decisions target=imports}"},
		{"approved by himself", "INSERT INTO import_approvals (workspace_id, import_id, n, plan, asked_by, asked_at, expires_at, answer, answered_by, answered_at) VALUES (1, 1, 1, '', 2, 1, 1, 'approved', 2, 1)", "check.approval {import=1 n=1}"},
		{"answered at no time", "INSERT INTO import_approvals (workspace_id, import_id, n, plan, asked_by, asked_at, expires_at, answer, answered_by) VALUES (1, 1, 1, '', 2, 1, 1, 'rejected', 3)", "check.approval {import=1 n=1}"},
		{"a choice about nothing", "INSERT INTO import_choices (workspace_id, import_id, record_id, field, choice) VALUES (1, 1, 77, 'name', 'mine')", "check.choice {import=1 n=77}"},
		{"mended by nothing", "INSERT INTO import_mended (workspace_id, import_id, source_row, mending_id) VALUES (1, 1, 2, 7)", "check.mended {import=1 n=2}"},
		{"a mending of no import", "INSERT INTO import_mendings (workspace_id, import_id, id, source_row, field, value, replacement, made_by, made_at) VALUES (1, 99, 1, 2, 'name', '', '', 2, 1)", "check.orphans {id=99 table=import_mendings target=imports}"},
		{"a memory of no import", "INSERT INTO remembered_mendings (workspace_id, id, kind, field, value_folded, value, replacement, made_by, made_at, import_id) VALUES (1, 1, 1, 'name', '', '', '', 2, 1, 99)", "check.reference {column=import_id id=99 row=1 table=remembered_mendings target=imports}"},
		{"a problem of no import", "INSERT INTO import_problems (workspace_id, import_id, source_row, n, outcome, code) VALUES (1, 99, 1, 1, 'failed', 'x')", "check.orphans {id=99 table=import_problems target=imports}"},
		{"a load of nobody", "INSERT INTO import_loads (workspace_id, import_id, employee_id, guards, before, delta, gains, loses) VALUES (1, 1, 77, 0, 0, 0, 0, 0)", "check.reference {column=employee_id id=77 row=1 table=import_loads target=employees}"},
		{"responsible who is nobody", "UPDATE records SET responsibles = x'4d' WHERE id = 3; UPDATE responsibilities SET employee_id = 77 WHERE record_id = 3", "check.orphans {id=77 table=responsibilities target=employees}"},
		{"rows of no workspace", "INSERT INTO changes (workspace_id, kind, record_id, version, employee_id, at, fields) VALUES (55, 1, 1, 2, 0, 1, '[]')", "check.no_workspace {id=55 table=changes workspace=}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			testkit.EachAddress(t, func(t *testing.T, address string) {
				b := lived(t, address)
				for statement := range strings.SplitSeq(tt.damage, "; ") {
					b.sql(statement)
				}
				if found := b.found(); !strings.Contains(found, tt.key) || found == "" {
					t.Errorf("found %q, want %s", found, tt.key)
				}
			})
		})
	}
}

// TestCheckFindsSearch spoils what the search tables know.
func TestCheckFindsSearch(t *testing.T) {
	testkit.EachAddress(t, func(t *testing.T, address string) {
		b := lived(t, address)
		forget, extra := "DELETE FROM companies_search WHERE rowid = (1 << 40) | 2", "INSERT INTO companies_search (rowid, text) VALUES ((1 << 40) | 77, 'абв')"
		if b.onPostgres() {
			forget, extra = "DELETE FROM companies_search WHERE id = 2", "INSERT INTO companies_search (workspace_id, id, numbers) VALUES (1, 77, '{1}')"
		}
		b.sql(forget)
		b.sql(extra)
		if found := b.found(); found != "check.not_searchable {id=2 kind=company}\ncheck.search_of_nothing {id=77 kind=company}" {
			t.Errorf("found %s", found)
		}
	})
}

// TestCheckFindsIndex makes an index of PostgreSQL lie about its order. Without
// the extension that looks, or the right to call it, nothing is said.
func TestCheckFindsIndex(t *testing.T) {
	address := testkit.BarePostgres(t, "")
	b := lived(t, address)
	for _, statement := range []string{
		"CREATE FUNCTION way(BIGINT, BIGINT) RETURNS INT LANGUAGE sql IMMUTABLE AS 'SELECT btint8cmp($1, $2)'",
		"CREATE OPERATOR CLASS wayward FOR TYPE BIGINT USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 way(BIGINT, BIGINT)",
		"CREATE INDEX wayward_index ON companies (id wayward)",
		"CREATE OR REPLACE FUNCTION way(BIGINT, BIGINT) RETURNS INT LANGUAGE sql IMMUTABLE AS 'SELECT btint8cmp($2, $1)'",
	} {
		b.sql(statement)
	}
	if found := b.found(); found != "" {
		t.Errorf("without amcheck it says %s", found)
	}
	b.sql("CREATE EXTENSION amcheck")
	if found := b.found(); found != "" {
		t.Errorf("without the right it says %s", found)
	}
	b.sql("GRANT EXECUTE ON FUNCTION bt_index_check(regclass) TO nadel")
	if found := b.found(); !strings.Contains(found, "check.engine") || !strings.Contains(found, "wayward_index") || strings.Contains(found, "\n") {
		t.Errorf("found %q", found)
	}
}
