-- The fleet: every installation of a client application that was seen. Nothing refers to it by a foreign key: whoever
-- knows application and key knows the id, before there is a row.
CREATE TABLE installation (
    -- UUIDv8 of the first bytes of SHA-256 over app and key.
    id            BLOB PRIMARY KEY NOT NULL,
    app           TEXT NOT NULL,
    key           TEXT NOT NULL,
    -- What the key is made of.
    identified    TEXT NOT NULL CHECK (identified IN ('installation', 'user', 'session')),
    -- The account that used it last; NULL when nobody logged in from it.
    user_id       BLOB,
    -- Login name, or what the application claims.
    user_name     TEXT NOT NULL,
    app_version   TEXT NOT NULL,
    -- Text whose order is that of versions.
    version_key   TEXT NOT NULL,
    os            TEXT NOT NULL,
    os_version    TEXT NOT NULL,
    hostname      TEXT NOT NULL,
    locale        TEXT NOT NULL,
    address       TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    signals       INTEGER NOT NULL,
    errors        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX installation_by_last_seen ON installation (last_seen_at, id);
CREATE INDEX installation_by_user ON installation (user_id) WHERE user_id IS NOT NULL;

-- Which versions an installation has had.
CREATE TABLE installation_version (
    installation_id BLOB NOT NULL,
    version         TEXT NOT NULL,
    first_seen_at   INTEGER NOT NULL,
    last_seen_at    INTEGER NOT NULL,
    PRIMARY KEY (installation_id, version)
) STRICT, WITHOUT ROWID;

-- Which versions an application has: the highest one seen lately that is no pre-release is its latest.
CREATE TABLE app_version (
    app           TEXT NOT NULL,
    version       TEXT NOT NULL,
    version_key   TEXT NOT NULL,
    prerelease    INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (app, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX app_version_by_key ON app_version (app, prerelease, version_key, last_seen_at);

-- Who was active on a day (days since 1970, UTC), with the last version of that day. Days that are over become counts.
CREATE TABLE installation_day (
    day             INTEGER NOT NULL,
    installation_id BLOB NOT NULL,
    app             TEXT NOT NULL,
    version         TEXT NOT NULL,
    PRIMARY KEY (day, installation_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX installation_day_by_installation ON installation_day (installation_id);

CREATE TABLE version_day (
    day           INTEGER NOT NULL,
    app           TEXT NOT NULL,
    version       TEXT NOT NULL,
    installations INTEGER NOT NULL,
    PRIMARY KEY (day, app, version)
) STRICT, WITHOUT ROWID;

-- What happened to an installation. The id is a time: see `timeline`.
CREATE TABLE client_event (
    id              INTEGER PRIMARY KEY,
    installation_id BLOB NOT NULL,
    -- The account that it is about.
    user_id         BLOB,
    kind            TEXT NOT NULL,
    summary         TEXT NOT NULL,
    detail          TEXT NOT NULL
) STRICT;

CREATE INDEX client_event_by_installation ON client_event (installation_id, id);
CREATE INDEX client_event_by_user ON client_event (user_id, id) WHERE user_id IS NOT NULL;

-- What an admin set for an installation, for a while.
CREATE TABLE installation_settings (
    installation_id BLOB PRIMARY KEY NOT NULL,
    log_level       TEXT,
    sampling        REAL,
    set_by          TEXT NOT NULL,
    set_at          INTEGER NOT NULL,
    until           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Reports that an admin asked for; `report` is NULL until it came.
CREATE TABLE diagnostic (
    id              BLOB PRIMARY KEY NOT NULL,
    installation_id BLOB NOT NULL,
    requested_by    TEXT NOT NULL,
    requested_at    INTEGER NOT NULL,
    received_at     INTEGER,
    bytes           INTEGER NOT NULL,
    report          TEXT
) STRICT;

CREATE INDEX diagnostic_by_installation ON diagnostic (installation_id, requested_at);
