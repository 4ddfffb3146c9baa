-- The server's own lines: a ring, see src/logs/ring.rs. The id is a time, as in signals.
CREATE TABLE server_logs (
    id INTEGER PRIMARY KEY,
    level INTEGER NOT NULL,
    target TEXT NOT NULL,
    message TEXT NOT NULL,
    -- JSON object.
    fields TEXT NOT NULL,
    account_id BLOB,
    installation_id BLOB,
    trace_id TEXT
) STRICT;
CREATE INDEX server_logs_trace ON server_logs (trace_id) WHERE trace_id IS NOT NULL;
