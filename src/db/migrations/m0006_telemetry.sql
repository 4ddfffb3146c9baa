-- Application keys: what a client application shows to send telemetry. They stand in web pages, so they are no
-- secrets; they only allow to send, for one application, from the origins named.
CREATE TABLE app_keys (
    id BLOB PRIMARY KEY,
    app TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    -- JSON list; empty means the server's own origins.
    origins TEXT NOT NULL,
    -- Requests a second.
    rate INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL,
    revoked_at INTEGER
) STRICT;

-- A distinct meta, once: who and where.
CREATE TABLE signal_contexts (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    app TEXT NOT NULL,
    app_version TEXT NOT NULL,
    environment TEXT NOT NULL,
    installation_id BLOB,
    session TEXT NOT NULL,
    -- The account that was logged in, which the server knows.
    account_id BLOB,
    -- The user that the application names, which nobody checks.
    user_key TEXT NOT NULL,
    user_name TEXT NOT NULL,
    os TEXT NOT NULL,
    os_version TEXT NOT NULL,
    browser TEXT NOT NULL,
    view TEXT NOT NULL,
    page TEXT NOT NULL,
    meta TEXT NOT NULL,
    -- Not exact: within an hour of the last signal.
    last_at INTEGER NOT NULL
) STRICT;
CREATE INDEX signal_contexts_installation ON signal_contexts (installation_id) WHERE installation_id IS NOT NULL;
CREATE INDEX signal_contexts_account ON signal_contexts (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX signal_contexts_user ON signal_contexts (user_key) WHERE user_key <> '';
CREATE INDEX signal_contexts_session ON signal_contexts (session) WHERE session <> '';
CREATE INDEX signal_contexts_last ON signal_contexts (last_at);

-- The id is a time (see src/timeline.rs), so the primary key is the index by time; SQLite puts it at the end of
-- every other index, too.
CREATE TABLE signals (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    level INTEGER NOT NULL,
    context_id INTEGER NOT NULL,
    client_at INTEGER,
    group_id INTEGER,
    trace_id TEXT,
    span_id TEXT,
    message TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX signals_kind ON signals (kind);
CREATE INDEX signals_context ON signals (context_id);
CREATE INDEX signals_trace ON signals (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX signals_group ON signals (group_id) WHERE group_id IS NOT NULL;

-- How much there is of each kind and day, so that nobody counts.
CREATE TABLE signal_usage (
    day INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    signals INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (day, kind)
) STRICT, WITHOUT ROWID;

-- Batches that were stored, so that the same one sent again is not.
CREATE TABLE signal_batches (
    key BLOB PRIMARY KEY,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX signal_batches_received ON signal_batches (received_at);

-- Exceptions that are the same fault.
CREATE TABLE error_groups (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    app TEXT NOT NULL,
    type TEXT NOT NULL,
    message TEXT NOT NULL,
    culprit TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT;
CREATE INDEX error_groups_last ON error_groups (last_seen);
CREATE TABLE error_group_versions (
    group_id INTEGER NOT NULL REFERENCES error_groups (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (group_id, version)
) STRICT, WITHOUT ROWID;
-- A client is an installation, or else a session.
CREATE TABLE error_group_clients (
    group_id INTEGER NOT NULL REFERENCES error_groups (id) ON DELETE CASCADE,
    client BLOB NOT NULL,
    PRIMARY KEY (group_id, client)
) STRICT, WITHOUT ROWID;
