package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nadel/internal/fault"
)

// Distribute spreads the database over the nodes of a Citus cluster: whatever
// belongs to a workspace by workspace_id, so that all rows of one workspace lie
// together. Tables that are distributed already stay as they are, so it can be
// run again after an update. Where there is no Citus it changes nothing and says
// what is missing.
func (s *Store) Distribute(ctx context.Context) error {
	if s.dialect.file {
		return fault.New(fault.Usage, "error.distribute_file", "name", s.name)
	}
	return s.writeAll(ctx, func(tx *Tx) error {
		found, err := tx.one("SELECT 1 FROM pg_extension WHERE extname = 'citus'", nil, new(int64))
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.Conflict, "error.no_citus", "name", s.name)
		}
		steps, err := tx.distribution("SELECT logicalrelid::regclass::text FROM pg_dist_partition")
		if err != nil {
			return err
		}
		return wrapIf("distribute", tx.each(steps))
	})
}

// distribution is the statements that distribute what is not distributed yet,
// which a query lists.
func (tx *Tx) distribution(done string) ([]string, error) {
	ready, err := tx.names(done)
	if err != nil {
		return nil, err
	}
	tables, err := tx.names(`SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	refers := map[string][]string{}
	if err := tx.query(`SELECT r.relname::text, p.relname::text FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid
		JOIN pg_class p ON p.oid = k.confrelid WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace ORDER BY 1, 2`,
		nil, func(scan func(...any) error) error {
			var from, to string
			err := scan(&from, &to)
			refers[from] = append(refers[from], to)
			return err
		}); err != nil {
		return nil, err
	}
	return distributing(parentsFirst(tables, refers), ready), nil
}

func (tx *Tx) names(query string) ([]string, error) {
	var list []string
	err := tx.query(query, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		list = append(list, name)
		return err
	})
	return list, err
}

// parentsFirst puts every table behind those that it refers to.
func parentsFirst(tables []string, refers map[string][]string) []string {
	var ordered []string
	var place func(name string)
	seen := map[string]bool{}
	place = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		for _, parent := range refers[name] {
			place(parent)
		}
		if slices.Contains(tables, name) {
			ordered = append(ordered, name)
		}
	}
	for _, name := range tables {
		place(name)
	}
	return ordered
}

// openPolicy is the wall's condition without the subqueries by which it is read
// once a statement: Citus takes none in the policies of distributed tables.
const openPolicy = `workspace_id = CAST(NULLIF(NULLIF(current_setting('nadel.workspace', true), ''), 'all') AS BIGINT)
	OR current_setting('nadel.workspace', true) = 'all'`

// distributing is the statements for the tables, parents first, but for those
// that are ready. workspaces is on every node, because everything refers to it;
// what no workspace owns (sessions, the schema's version) stays where it is.
func distributing(tables, ready []string) []string {
	steps := []string{
		// a transaction says on every node which workspace it may see
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET citus.propagate_set_commands = ''local''', current_database()); END $$`,
		// the triggers of the search tables write only into the shard beside
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET citus.enable_unsafe_triggers = on', current_database()); END $$`,
		"SET LOCAL citus.enable_unsafe_triggers = on",
		"SET LOCAL citus.multi_shard_modify_mode = 'sequential'", // later tables refer to earlier ones
	}
	if !slices.Contains(ready, "workspaces") {
		steps = append(steps, "SELECT create_reference_table('workspaces')")
	}
	beside := "none"
	for _, name := range tables {
		if slices.Contains(ready, name) {
			beside = name
		}
	}
	for _, name := range tables {
		if slices.Contains(ready, name) {
			continue
		}
		if !strings.HasSuffix(name, "_search") { // those have no wall (search_postgres.go)
			steps = append(steps, "ALTER POLICY own_workspace ON "+quote(name)+" USING ("+openPolicy+")")
		}
		steps = append(steps, fmt.Sprintf("SELECT create_distributed_table('%s', 'workspace_id', colocate_with => '%s')", quote(name), beside))
		beside = name
	}
	return steps
}
