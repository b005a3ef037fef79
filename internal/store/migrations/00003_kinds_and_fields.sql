-- +goose Up
-- A plan may hold records of several kinds and touch any of their fields. Rows of
-- the import's own kind that touch only what lies in records have neither.
ALTER TABLE imports ADD COLUMN kinds BIGINT NOT NULL DEFAULT 0; -- of the plan's rows, a set of bits by the kind's number; 0: the import's kind alone
ALTER TABLE import_changes ADD COLUMN kind BIGINT; -- null: the import's kind
ALTER TABLE import_changes ADD COLUMN fields TEXT; -- JSON: [{"field","before","after"}], apart from status and responsibles
