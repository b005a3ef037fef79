-- +goose Up
-- A program of before does not know rows that bring records into being or take
-- them away (00016), and looks for the rows of imports whose history is forgotten
-- (ADR 24): it may finish no import here, and look for none.
UPDATE compatibility SET oldest = 23;
