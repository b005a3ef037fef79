-- +goose Up
-- What people have said that cells of a file mean which were not understood. The
-- file stays as it is; whoever checks it reads the replacement.
CREATE TABLE import_mendings (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    source_row   BIGINT NOT NULL, -- the one row it is about; 0: every row where value is wrong
    field        TEXT   NOT NULL,
    value        TEXT   NOT NULL,
    replacement  TEXT   NOT NULL,
    memory_id    BIGINT NOT NULL DEFAULT 0, -- the remembered mending that it follows
    off          BIGINT NOT NULL DEFAULT 0, -- a remembered one that is not to be used here
    rows_mended  BIGINT NOT NULL DEFAULT 0,
    made_by      BIGINT NOT NULL, -- 0: the operator
    made_at      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, import_id, id),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id)
) /*CLUSTERED*/;
/*WALLED import_mendings*/

-- Which rows were read with which mending.
CREATE TABLE import_mended (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    source_row   BIGINT NOT NULL,
    mending_id   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, import_id, source_row, mending_id)
) /*CLUSTERED*/;
/*WALLED import_mended*/

-- Mendings that are to be used on later files too.
CREATE TABLE remembered_mendings (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    id           BIGINT NOT NULL,
    kind         BIGINT NOT NULL, -- 0: the field is one that all kinds have
    field        TEXT   NOT NULL,
    value_folded TEXT   NOT NULL,
    value        TEXT   NOT NULL,
    replacement  TEXT   NOT NULL,
    made_by      BIGINT NOT NULL, -- 0: the operator
    made_at      BIGINT NOT NULL,
    import_id    BIGINT NOT NULL, -- on which it was made
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, kind, field, value_folded)
);
/*WALLED remembered_mendings*/

ALTER TABLE workspaces ADD COLUMN next_mending_id BIGINT NOT NULL DEFAULT 1;
ALTER TABLE imports ADD COLUMN rows_mended BIGINT NOT NULL DEFAULT 0;
-- grows whenever the plan is made anew, so that nobody applies another plan than he saw
ALTER TABLE imports ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
-- the mending whose rows alone are to be planned anew; 0: all rows are
ALTER TABLE imports ADD COLUMN replans BIGINT NOT NULL DEFAULT 0;
-- the import whose left rows the file brought back
ALTER TABLE imports ADD COLUMN corrects BIGINT NOT NULL DEFAULT 0;
CREATE INDEX imports_corrects ON imports (workspace_id, corrects) WHERE corrects > 0;
