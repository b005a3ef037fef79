-- +goose Up
-- Which search tables have been made: one for each kind of record, as the
-- catalog asks for at present. The tables themselves are made by the program.
CREATE TABLE search_tables (
    kind       BIGINT NOT NULL PRIMARY KEY,
    version    BIGINT NOT NULL,
    definition TEXT   NOT NULL,
    filled     BIGINT NOT NULL DEFAULT 0 -- the records that were there before are entered
);
