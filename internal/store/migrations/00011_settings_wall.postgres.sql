-- +goose Up
SELECT wall_off('workspace_changes');
SELECT wall_off('import_approvals');
SELECT wall_off('import_choices');
SELECT wall_off('notices');
