-- +goose Up
-- The second wall between workspaces. A transaction says which one it may see
-- (nadel.workspace: a number, or "all"); one that says nothing sees nothing. The
-- queries name workspace_id themselves, so the wall costs one comparison a row:
-- the settings are read once a statement, being in subqueries. FORCE, because
-- the program owns the tables. A later migration that makes a table with
-- workspace_id calls wall_off for it, and one that changes rows begins with
-- SELECT set_config('nadel.workspace', 'all', true).

-- +goose StatementBegin
CREATE FUNCTION wall_off(walled regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format($policy$
        CREATE POLICY own_workspace ON %s USING (
            workspace_id = (SELECT CAST(NULLIF(NULLIF(current_setting('nadel.workspace', true), ''), 'all') AS BIGINT))
            OR (SELECT current_setting('nadel.workspace', true) = 'all'))$policy$, walled);
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
    walled regclass;
BEGIN
    FOR walled IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
    LOOP
        PERFORM wall_off(walled);
    END LOOP;
END
$$;
-- +goose StatementEnd
