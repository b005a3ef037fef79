-- +goose Up
-- Fields that a workspace has declared for itself, and their values. A field is
-- never deleted: its values and its history stay what they were.
CREATE TABLE own_fields (
    workspace_id   BIGINT NOT NULL REFERENCES workspaces (id),
    id             BIGINT NOT NULL,
    kind           BIGINT NOT NULL,           -- of record
    type           TEXT   NOT NULL,           -- text, number, date, choice, yesno; never changes
    heading        TEXT   NOT NULL,
    heading_folded TEXT   NOT NULL,           -- as headings of files are compared
    mandatory      BIGINT NOT NULL DEFAULT 0,
    retired        BIGINT NOT NULL DEFAULT 0,
    place          BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, kind, heading_folded)
);
/*WALLED own_fields*/

-- One row for each value that is not empty, all of a field together in the order
-- of records: text and dates in text, numbers in number, values of a directory and
-- "yes" (1) in value. No foreign key: mass editing would pay for it with each row.
CREATE TABLE own_values (
    workspace_id BIGINT NOT NULL,
    field        BIGINT NOT NULL,
    record_id    BIGINT NOT NULL,
    text         TEXT,
    number       DOUBLE PRECISION,
    value        BIGINT,
    PRIMARY KEY (workspace_id, field, record_id)
) /*CLUSTERED*/;
/*WALLED own_values*/
CREATE INDEX own_values_value ON own_values (workspace_id, field, value, record_id) WHERE value IS NOT NULL;
CREATE INDEX own_values_number ON own_values (workspace_id, field, number, record_id) WHERE number IS NOT NULL;

-- Another number after every change of the workspace's fields: programs keep what
-- they have read of them until it changes. 0: there never was one.
ALTER TABLE workspaces ADD COLUMN fields_revision BIGINT NOT NULL DEFAULT 0;
