-- +goose Up
-- The oldest version of the schema whose program may still work with this
-- database: programs of two versions work side by side while nodes are replaced
-- one by one. A migration that takes away or changes what such a program uses
-- raises it (ADR 14).
CREATE TABLE compatibility (
    id     BIGINT PRIMARY KEY,
    oldest BIGINT NOT NULL
);
INSERT INTO compatibility (id, oldest) VALUES (1, 6);
