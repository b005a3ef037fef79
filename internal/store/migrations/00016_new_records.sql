-- +goose Up
-- A row of a plan may bring a record into being (1), or take it away again (2):
-- the import of new records, and its undo. Null, as in every other row: a change.
ALTER TABLE import_changes ADD COLUMN being BIGINT;
-- When the record was made that such a row takes away or brings back; null: when the row is applied.
ALTER TABLE import_changes ADD COLUMN made_at BIGINT;
-- The numbers that an import has taken for the records it will make. It keeps
-- them however often its plan is made anew.
ALTER TABLE imports ADD COLUMN ids_first BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN ids_count BIGINT NOT NULL DEFAULT 0;

-- Values of directories that an import would add. Each has its number from the
-- beginning, so that rows can name it; it becomes a value with the first row
-- applied that has it.
CREATE TABLE import_values (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    value_id     BIGINT NOT NULL,
    directory    TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, import_id, value_id),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id)
);
/*WALLED import_values*/
