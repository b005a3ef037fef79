-- +goose Up
-- The map counts records cell by cell: in the order of this index, and from it
-- alone. The expressions are those of clusters.go, letter by letter.
CREATE INDEX locations_place ON locations (workspace_id, FLOOR(latitude / 0.010986328125), FLOOR(longitude / 0.02197265625), latitude, longitude, id)
    WHERE latitude IS NOT NULL;
