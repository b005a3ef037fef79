-- +goose Up
-- One file for both engines. BIGINT, BYTEA and DOUBLE PRECISION mean the same
-- to both (SQLite reads them by affinity); /*CLUSTERED*/ is replaced by the
-- dialect ("WITHOUT ROWID" on SQLite, nothing on PostgreSQL), and so is the type
-- TEXT, which everywhere means text compared by its bytes. Instants are
-- milliseconds UTC, dates ISO text, truths 0 and 1.

CREATE TABLE workspaces (
    id               BIGINT PRIMARY KEY,
    name             TEXT   NOT NULL,
    name_folded      TEXT   NOT NULL UNIQUE,
    language         TEXT   NOT NULL DEFAULT 'ru',
    time_zone        TEXT   NOT NULL DEFAULT 'Europe/Minsk',
    -- who sees a record without responsibles, and whether responsibles narrow
    -- sight at all: 'everyone', 'administrators', 'off'
    unassigned_seen  TEXT   NOT NULL DEFAULT 'everyone',
    next_record_id   BIGINT NOT NULL DEFAULT 1,
    next_employee_id BIGINT NOT NULL DEFAULT 1,
    next_import_id   BIGINT NOT NULL DEFAULT 1,
    next_value_id    BIGINT NOT NULL DEFAULT 1,
    created_at       BIGINT NOT NULL
);

CREATE TABLE directory_values (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    id           BIGINT NOT NULL,
    directory    TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    name_folded  TEXT   NOT NULL,
    place        BIGINT NOT NULL DEFAULT 0,
    retired      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, directory, name_folded)
);

CREATE TABLE employees (
    workspace_id   BIGINT NOT NULL REFERENCES workspaces (id),
    id             BIGINT NOT NULL,
    login          TEXT   NOT NULL,
    login_folded   TEXT   NOT NULL,
    -- the login with look-alike letters of all scripts made one, so that no two
    -- logins can be mistaken for each other
    login_skeleton TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    email          TEXT   NOT NULL DEFAULT '',
    phone          TEXT   NOT NULL DEFAULT '',
    position       BIGINT,
    role           TEXT   NOT NULL,
    active         BIGINT NOT NULL DEFAULT 1,
    language       TEXT   NOT NULL DEFAULT '',
    password_hash  TEXT   NOT NULL DEFAULT '',
    -- grows when every session of the employee must end
    session_epoch  BIGINT NOT NULL DEFAULT 1,
    must_change    BIGINT NOT NULL DEFAULT 0,
    version        BIGINT NOT NULL DEFAULT 1,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, login_folded),
    UNIQUE (workspace_id, login_skeleton),
    FOREIGN KEY (workspace_id, position) REFERENCES directory_values (workspace_id, id)
);

CREATE TABLE employee_groups (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    id           BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    name_folded  TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name_folded)
);

CREATE TABLE group_members (
    workspace_id BIGINT NOT NULL,
    group_id     BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL,
    leads        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, group_id, employee_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES employee_groups (workspace_id, id),
    FOREIGN KEY (workspace_id, employee_id) REFERENCES employees (workspace_id, id)
);
CREATE INDEX group_members_employee ON group_members (workspace_id, employee_id);

-- What mass editing touches, apart from the wide rows: one row per record of
-- any kind. responsibles is the packed set of employee ids.
CREATE TABLE records (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    kind         BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    active       BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    responsibles BYTEA  NOT NULL,
    PRIMARY KEY (workspace_id, kind, id)
) /*CLUSTERED*/;

-- The reverse of records.responsibles, for lists "of this employee". A record
-- without responsibles stands under employee 0. It has no foreign keys: it is
-- written only together with records, and the bulk path pays for every check.
CREATE TABLE responsibilities (
    workspace_id BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    record_id    BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, employee_id, kind, record_id)
) /*CLUSTERED*/;

CREATE TABLE companies (
    workspace_id  BIGINT NOT NULL REFERENCES workspaces (id),
    id            BIGINT NOT NULL,
    sort_key      TEXT   NOT NULL,
    search_text   TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    name          TEXT   NOT NULL,
    city          BIGINT,
    email         TEXT   NOT NULL DEFAULT '',
    phone         TEXT   NOT NULL DEFAULT '',
    description   TEXT   NOT NULL DEFAULT '',
    region        BIGINT,
    subregion     BIGINT,
    industry      BIGINT,
    contract      BIGINT,
    revenue       BIGINT,
    headcount     BIGINT,
    client_status BIGINT,
    type          BIGINT,
    size          BIGINT,
    priority      BIGINT,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX companies_sort ON companies (workspace_id, sort_key, id);

CREATE TABLE locations (
    workspace_id    BIGINT NOT NULL REFERENCES workspaces (id),
    id              BIGINT NOT NULL,
    sort_key        TEXT   NOT NULL,
    search_text     TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    company         BIGINT NOT NULL,
    name            TEXT   NOT NULL DEFAULT '',
    address         TEXT   NOT NULL,
    radius          BIGINT NOT NULL,
    latitude        DOUBLE PRECISION,
    longitude       DOUBLE PRECISION,
    main            BIGINT NOT NULL DEFAULT 0,
    region          BIGINT,
    "group"         BIGINT,
    location_status BIGINT,
    priority        BIGINT,
    type            BIGINT,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, company) REFERENCES companies (workspace_id, id)
);
CREATE INDEX locations_sort ON locations (workspace_id, sort_key, id);
CREATE INDEX locations_company ON locations (workspace_id, company, id);
CREATE UNIQUE INDEX locations_one_main ON locations (workspace_id, company) WHERE main = 1;

CREATE TABLE assets (
    workspace_id     BIGINT NOT NULL REFERENCES workspaces (id),
    id               BIGINT NOT NULL,
    sort_key         TEXT   NOT NULL,
    search_text      TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    name             TEXT   NOT NULL,
    company          BIGINT,
    location         BIGINT,
    type             BIGINT,
    serial_number    TEXT   NOT NULL DEFAULT '',
    inventory_number TEXT   NOT NULL DEFAULT '',
    model            TEXT   NOT NULL DEFAULT '',
    manufacturer     TEXT   NOT NULL DEFAULT '',
    installed_on     TEXT   NOT NULL DEFAULT '',
    warranty_until   TEXT   NOT NULL DEFAULT '',
    description      TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, company) REFERENCES companies (workspace_id, id),
    FOREIGN KEY (workspace_id, location) REFERENCES locations (workspace_id, id)
);
CREATE INDEX assets_sort ON assets (workspace_id, sort_key, id);
CREATE INDEX assets_company ON assets (workspace_id, company, id);
CREATE INDEX assets_location ON assets (workspace_id, location, id);

CREATE TABLE contacts (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    id           BIGINT NOT NULL,
    sort_key     TEXT   NOT NULL,
    search_text  TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    company      BIGINT,
    location     BIGINT,
    position     BIGINT,
    phone        TEXT   NOT NULL DEFAULT '',
    email        TEXT   NOT NULL DEFAULT '',
    description  TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, company) REFERENCES companies (workspace_id, id),
    FOREIGN KEY (workspace_id, location) REFERENCES locations (workspace_id, id)
);
CREATE INDEX contacts_sort ON contacts (workspace_id, sort_key, id);
CREATE INDEX contacts_company ON contacts (workspace_id, company, id);
CREATE INDEX contacts_location ON contacts (workspace_id, location, id);

-- History of changes made by hand, append-only: the record stood at
-- version - 1 before and at version after. Changes made by imports are not
-- written again here: they are the applied rows of import_changes.
CREATE TABLE changes (
    workspace_id BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    record_id    BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL, -- 0: the operator
    at           BIGINT NOT NULL,
    fields       TEXT   NOT NULL, -- JSON: [{"field","before","after"}]
    PRIMARY KEY (workspace_id, kind, record_id, version)
);

-- An import is its own job: claimed with a lease, carrying a fencing number
-- that every transaction working on it checks.
CREATE TABLE imports (
    workspace_id   BIGINT NOT NULL REFERENCES workspaces (id),
    id             BIGINT NOT NULL,
    kind           BIGINT NOT NULL,
    mode           TEXT   NOT NULL, -- edit, create, undo
    state          TEXT   NOT NULL,
    reason         TEXT   NOT NULL DEFAULT '', -- JSON of a fault: why refused, failed or cancelled
    options        TEXT   NOT NULL,            -- JSON: lists, rename, sheet, hidden, language
    all_or_nothing BIGINT NOT NULL DEFAULT 0,
    undoes         BIGINT NOT NULL DEFAULT 0,
    file_name      TEXT   NOT NULL DEFAULT '',
    file_sha256    TEXT   NOT NULL DEFAULT '',
    file_size      BIGINT NOT NULL DEFAULT 0,
    accepted       BIGINT NOT NULL DEFAULT 0,  -- guards accepted, a set of bits
    summary        TEXT   NOT NULL DEFAULT '', -- JSON: what the check found out about the file as a whole
    rows_read      BIGINT NOT NULL DEFAULT 0,
    rows_change    BIGINT NOT NULL DEFAULT 0,
    rows_unchanged BIGINT NOT NULL DEFAULT 0,
    rows_held      BIGINT NOT NULL DEFAULT 0,
    rows_failed    BIGINT NOT NULL DEFAULT 0,
    rows_accepted  BIGINT NOT NULL DEFAULT 0,
    rows_applied   BIGINT NOT NULL DEFAULT 0,
    rows_conflict  BIGINT NOT NULL DEFAULT 0,
    rows_blank     BIGINT NOT NULL DEFAULT 0,
    warnings       BIGINT NOT NULL DEFAULT 0,
    held_by        TEXT   NOT NULL DEFAULT '{}', -- JSON: held rows for each set of guards
    -- applied as far as this record id: rows of import_changes up to it that are
    -- neither left out nor in conflict are history
    applied_upto   BIGINT NOT NULL DEFAULT 0,
    taking_back    BIGINT NOT NULL DEFAULT 0, -- all or nothing failed: what was applied up to this id is still to be taken back
    progress_done  BIGINT NOT NULL DEFAULT 0,
    progress_total BIGINT NOT NULL DEFAULT 0,
    created_by     BIGINT NOT NULL, -- 0: the operator
    created_at     BIGINT NOT NULL,
    checked_at     BIGINT NOT NULL DEFAULT 0,
    applied_by     BIGINT NOT NULL DEFAULT 0,
    started_at     BIGINT NOT NULL DEFAULT 0, -- applying began
    finished_at    BIGINT NOT NULL DEFAULT 0,
    worked_ms      BIGINT NOT NULL DEFAULT 0,
    cancel_asked   BIGINT NOT NULL DEFAULT 0,
    lease_owner    TEXT   NOT NULL DEFAULT '',
    lease_until    BIGINT NOT NULL DEFAULT 0,
    fence          BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX imports_undoes ON imports (workspace_id, undoes) WHERE undoes > 0;
CREATE INDEX imports_waiting ON imports (state) WHERE state IN ('uploaded', 'checking', 'applying');

-- The uploaded file, in parts of at most 1 MiB.
CREATE TABLE import_files (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    part         BIGINT NOT NULL,
    content      BYTEA  NOT NULL,
    PRIMARY KEY (workspace_id, import_id, part),
    FOREIGN KEY (workspace_id, import_id) REFERENCES imports (workspace_id, id)
);

-- The plan, and once applied the history: one row for each record that the
-- import changes or holds. A null "after" means that the field is not touched.
CREATE TABLE import_changes (
    workspace_id        BIGINT NOT NULL,
    import_id           BIGINT NOT NULL,
    record_id           BIGINT NOT NULL,
    source_row          BIGINT NOT NULL,           -- the file's row; for an undo, the undone import's
    guards              BIGINT NOT NULL,           -- 0: change; else held by this set of bits
    fate                BIGINT NOT NULL DEFAULT 0, -- 0 as the import's progress says, 1 conflict, 2 taken back
    version             BIGINT NOT NULL,           -- seen by the plan; the change makes it one more
    active_before       BIGINT,
    active_after        BIGINT,
    responsibles_before BYTEA,
    responsibles_after  BYTEA,
    PRIMARY KEY (workspace_id, import_id, record_id)
) /*CLUSTERED*/;

-- When the chunks were applied: a change with a record id up to last_record
-- and after the chunk before it happened at this instant.
CREATE TABLE import_chunks (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    last_record  BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, import_id, last_record)
) /*CLUSTERED*/;

-- What is to be said about rows: why failed, why held, what is worth a warning.
CREATE TABLE import_problems (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    source_row   BIGINT NOT NULL,
    n            BIGINT NOT NULL,
    record_id    BIGINT NOT NULL DEFAULT 0,
    outcome      TEXT   NOT NULL, -- failed, held, warning, conflict
    field        TEXT   NOT NULL DEFAULT '',
    code         TEXT   NOT NULL,
    args         TEXT   NOT NULL DEFAULT '',
    value        TEXT   NOT NULL DEFAULT '',
    suggestion   TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, import_id, source_row, n)
) /*CLUSTERED*/;

-- Load of the employees before, and what each class of rows (by guards) adds.
CREATE TABLE import_loads (
    workspace_id BIGINT NOT NULL,
    import_id    BIGINT NOT NULL,
    employee_id  BIGINT NOT NULL,
    guards       BIGINT NOT NULL,
    before       BIGINT NOT NULL,
    delta        BIGINT NOT NULL,
    gains        BIGINT NOT NULL, -- records the employee begins to see
    loses        BIGINT NOT NULL, -- records the employee ceases to see
    PRIMARY KEY (workspace_id, import_id, employee_id, guards)
) /*CLUSTERED*/;

CREATE TABLE sessions (
    token  TEXT   PRIMARY KEY,
    data   BYTEA  NOT NULL,
    expiry BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

-- Failed sign-ins of a login from an address since the last pause of a quarter
-- of an hour, so that guessing is slowed on every node alike. Unknown
-- workspaces count under 0.
CREATE TABLE sign_in_failures (
    workspace_id BIGINT NOT NULL,
    login_folded TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    n            BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, login_folded, address)
);
CREATE INDEX sign_in_failures_address ON sign_in_failures (address, last_at);
