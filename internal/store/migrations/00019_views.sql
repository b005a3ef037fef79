-- +goose Up
-- Ways to look at a list, kept under a name. The query is written as the address
-- of the list has it, the columns are names joined by commas.
ALTER TABLE workspaces ADD COLUMN next_view_id BIGINT NOT NULL DEFAULT 1;
CREATE TABLE list_views (
    workspace_id BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL, -- the author
    name         TEXT   NOT NULL,
    name_folded  TEXT   NOT NULL,
    shared       BIGINT NOT NULL DEFAULT 0,
    query        TEXT   NOT NULL,
    columns      TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, employee_id) REFERENCES employees (workspace_id, id)
);
/*WALLED list_views*/
CREATE UNIQUE INDEX list_views_name ON list_views (workspace_id, employee_id, kind, name_folded);

-- How each person looks at the list of each kind: the columns he has chosen, and
-- the view that opens first (0: none).
CREATE TABLE list_habits (
    workspace_id BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    columns      TEXT   NOT NULL DEFAULT '',
    view_id      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, employee_id, kind),
    FOREIGN KEY (workspace_id, employee_id) REFERENCES employees (workspace_id, id)
);
/*WALLED list_habits*/
