-- +goose Up
-- Where a company went that was merged into another one. No foreign key: SQLite
-- adds none of several columns to a table that exists.
ALTER TABLE companies ADD COLUMN merged_into BIGINT;
CREATE INDEX companies_merged ON companies (workspace_id, merged_into, id) WHERE merged_into IS NOT NULL;
