-- +goose Up
/*EVERY WORKSPACE*/

-- What people have decided about an import, in order: who, when, what.
CREATE TABLE import_decisions (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    n            BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL, -- 0: the operator
    at           BIGINT NOT NULL,
    what         TEXT   NOT NULL,
    args         TEXT   NOT NULL DEFAULT '', -- JSON
    PRIMARY KEY (workspace_id, import_id, n),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id)
) /*CLUSTERED*/;
/*WALLED import_decisions*/

-- Rows of the import that stand undone, counted with each chunk of an undo.
ALTER TABLE imports ADD COLUMN rows_undone BIGINT NOT NULL DEFAULT 0;
UPDATE imports SET rows_undone = COALESCE((WITH RECURSIVE undos (id, sign, n) AS (
    SELECT u.id, 1, u.rows_applied FROM imports u
        WHERE u.workspace_id = imports.workspace_id AND u.undoes = imports.id AND u.undoes > 0
    UNION ALL
    SELECT u.id, -before.sign, u.rows_applied FROM undos before JOIN imports u ON u.undoes = before.id
        WHERE u.workspace_id = imports.workspace_id AND u.undoes > 0)
    SELECT SUM(sign * n) FROM undos), 0)
WHERE rows_applied > 0;

-- Fields of a row that go with it only when the stale guard is accepted.
ALTER TABLE import_changes ADD COLUMN left_fields TEXT;

-- Whom and which fields a chunk has touched, so that a search need not read the
-- rows of the others. NULL: nobody noted it.
ALTER TABLE import_chunks ADD COLUMN employees BYTEA;
ALTER TABLE import_chunks ADD COLUMN fields TEXT;
CREATE INDEX import_chunks_at ON import_chunks (workspace_id, at);
CREATE INDEX changes_at ON changes (workspace_id, at);

-- How long history is kept, in days (0: for ever), and since when it is complete.
ALTER TABLE workspaces ADD COLUMN history_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN history_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0; -- file and rows are not kept any more
