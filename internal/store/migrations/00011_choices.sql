-- +goose Up
-- The row of the file that a choice was made on: where it is taken back, that row
-- is planned anew.
ALTER TABLE import_choices ADD COLUMN source_row BIGINT NOT NULL DEFAULT 0;
