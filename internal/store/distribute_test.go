package store_test

import (
	"context"
	"strings"
	"testing"

	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestDistributeNeedsCitus: elsewhere nothing is changed, and what is missing is
// said.
func TestDistributeNeedsCitus(t *testing.T) {
	for engine, want := range map[string]string{"sqlite": "error.distribute_file", "postgres": "error.no_citus"} {
		t.Run(engine, func(t *testing.T) {
			address := t.TempDir() + "/nadel.db"
			if engine == "postgres" {
				address = testkit.Postgres(t)
			}
			err := testkit.Open(t, address, store.Options{}).Distribute(context.Background())
			if all := fault.All(err); len(all) != 1 || all[0].Key != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// TestEveryTableWouldBeDistributed: each table with workspace_id, once, and its
// condition is one that the server takes for a policy.
func TestEveryTableWouldBeDistributed(t *testing.T) {
	address := testkit.BarePostgres(t, "")
	st := testkit.Open(t, address, store.Options{})
	steps, err := st.EveryDistribution(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(steps, "\n")
	for _, table := range texts(t, direct(t, address), tablesOf(true)) {
		_, excused := ofNoWorkspace[table]
		if n := strings.Count(text, `create_distributed_table('"`+table+`"'`); (n == 1) == excused || n > 1 {
			t.Errorf("%s is distributed %d times", table, n)
		}
	}
	for _, step := range steps {
		if strings.HasPrefix(step, "ALTER POLICY") {
			testkit.PostgresSQL(t, address, step)
		}
	}
}

// TestUniqueRulesCarryTheWorkspace: a rule of uniqueness can be kept on one node
// only when all it compares lies there.
func TestUniqueRulesCarryTheWorkspace(t *testing.T) {
	loose := texts(t, direct(t, migratedPostgres(t)), `SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
		WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND NOT a.attnum = ANY (i.indkey)`)
	if len(loose) > 0 {
		t.Errorf("these leave the workspace out: %q", loose)
	}
}
