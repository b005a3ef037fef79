-- +goose Up
-- What the administrators of a workspace decide about it: one column for each
-- line of entity.Settings, of the same name.
ALTER TABLE workspaces ADD COLUMN lists TEXT NOT NULL DEFAULT 'replace';
-- The blast guard: an import that would deactivate or move more records than
-- this number and more than this share of the kind (percent) waits for a word.
ALTER TABLE workspaces ADD COLUMN blast_records BIGINT NOT NULL DEFAULT 1000;
ALTER TABLE workspaces ADD COLUMN blast_share BIGINT NOT NULL DEFAULT 30;
ALTER TABLE workspaces ADD COLUMN second_administrator BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN approval_days BIGINT NOT NULL DEFAULT 7;
ALTER TABLE workspaces ADD COLUMN notices BIGINT NOT NULL DEFAULT 1;

-- Who has changed a setting, when, from what to what.
CREATE TABLE workspace_changes (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    n            BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL, -- 0: the operator
    fields       TEXT   NOT NULL, -- JSON: [{"field","before","after"}]
    PRIMARY KEY (workspace_id, n)
);
/*WALLED workspace_changes*/

-- Requests for the approval of an import by a second administrator. plan is the
-- fingerprint of the plan that was shown: any other plan is not approved.
CREATE TABLE import_approvals (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    n            BIGINT NOT NULL,
    plan         TEXT   NOT NULL,
    asked_by     BIGINT NOT NULL,
    asked_at     BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    answer       TEXT   NOT NULL DEFAULT '', -- approved, rejected; '' while nobody has answered
    answered_by  BIGINT NOT NULL DEFAULT 0,
    answered_at  BIGINT NOT NULL DEFAULT 0,
    word         TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, import_id, n),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id)
);
/*WALLED import_approvals*/

-- What was chosen where a record had changed after the file was made: the
-- file's value, the present one, or both merged. Record 0 stands for all rows.
CREATE TABLE import_choices (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    record_id    BIGINT NOT NULL,
    field        TEXT   NOT NULL,
    choice       TEXT   NOT NULL, -- mine, theirs, merge
    PRIMARY KEY (workspace_id, import_id, record_id, field),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id)
);
/*WALLED import_choices*/

-- What is told to one employee, in the program and by e-mail. The sentence is
-- made when it is shown: kind is its key, args what it names.
ALTER TABLE workspaces ADD COLUMN next_notice_id BIGINT NOT NULL DEFAULT 1;
CREATE TABLE notices (
    workspace_id BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    import_id    BIGINT NOT NULL DEFAULT 0,
    args         TEXT   NOT NULL DEFAULT '',
    read_at      BIGINT NOT NULL DEFAULT 0,
    mail         TEXT   NOT NULL DEFAULT '', -- '' for none; waiting, sending, sent, failed
    mail_tries   BIGINT NOT NULL DEFAULT 0,
    mail_after   BIGINT NOT NULL DEFAULT 0,  -- not before this instant
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, employee_id) REFERENCES employees (workspace_id, id)
);
/*WALLED notices*/
CREATE INDEX notices_employee ON notices (workspace_id, employee_id, id);
CREATE INDEX notices_waiting ON notices (mail_after) WHERE mail = 'waiting';

ALTER TABLE imports ADD COLUMN notices BIGINT NOT NULL DEFAULT 0;       -- those concerned are told
ALTER TABLE import_loads ADD COLUMN received BIGINT NOT NULL DEFAULT 0; -- of delta: what came, without what went
