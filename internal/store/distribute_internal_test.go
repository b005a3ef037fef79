package store

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// TestDistributing: Citus is not installed where this is tested, so the statements
// are tested as text: what they distribute, and in which order.
func TestDistributing(t *testing.T) {
	refers := map[string][]string{"assets": {"locations", "companies"}, "locations": {"companies"}, "companies": {"workspaces"}}
	tables := parentsFirst([]string{"assets", "companies", "companies_search", "locations"}, refers)
	if want := []string{"companies", "locations", "assets", "companies_search"}; !slices.Equal(tables, want) {
		t.Fatalf("order %v, want %v", tables, want)
	}
	text := strings.Join(distributing(tables, nil), "\n")
	at := -1
	for _, step := range []string{
		"create_reference_table('workspaces')",
		`ALTER POLICY own_workspace ON "companies" USING`,
		`create_distributed_table('"companies"', 'workspace_id', colocate_with => 'none')`,
		`create_distributed_table('"locations"', 'workspace_id', colocate_with => 'companies')`,
		`create_distributed_table('"assets"', 'workspace_id', colocate_with => 'locations')`,
		`create_distributed_table('"companies_search"', 'workspace_id', colocate_with => 'assets')`,
	} {
		next := strings.Index(text, step)
		if next <= at {
			t.Errorf("%s is not there, or too early:\n%s", step, text)
		}
		at = next
	}
	if strings.Contains(openPolicy, "SELECT") {
		t.Error("the wall's condition has a subquery, which Citus refuses")
	}

	again := strings.Join(distributing(tables, []string{"workspaces", "companies", "locations"}), "\n")
	if strings.Contains(again, "create_reference_table") || strings.Contains(again, "'\"companies\"'") ||
		!strings.Contains(again, `create_distributed_table('"assets"', 'workspace_id', colocate_with => 'locations')`) {
		t.Errorf("run again:\n%s", again)
	}
}

// EveryDistribution is for the test of the whole schema.
func (s *Store) EveryDistribution(ctx context.Context) (steps []string, err error) {
	err = s.readAll(ctx, func(tx *Tx) error {
		steps, err = tx.distribution("SELECT relname::text FROM pg_class WHERE relname = 'nothing'")
		return err
	})
	return steps, err
}
