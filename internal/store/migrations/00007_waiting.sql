-- +goose Up
-- What an import's work waits for, when it cannot go on though nothing is wrong
-- with it: the code of a fault. Whoever gets on again wipes it.
ALTER TABLE imports ADD COLUMN waiting TEXT NOT NULL DEFAULT '';
