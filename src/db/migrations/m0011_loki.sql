-- How far signals are shipped to Loki: one row, from the first start with LOKI_URL on.
CREATE TABLE loki_cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    -- The last signal that Loki has, or refused.
    signal_id INTEGER NOT NULL
) STRICT;

-- Signals that Loki refused: the newest, within a bound.
CREATE TABLE loki_refused (
    signal_id INTEGER PRIMARY KEY,
    reason TEXT NOT NULL,
    refused_at INTEGER NOT NULL
) STRICT;
