-- What the server told each account, so that a client that was away catches up: the stream behind `user:<id>`.
CREATE TABLE inbox (
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    offset     INTEGER NOT NULL CHECK (offset > 0),
    -- The publication as it was sent, in JSON.
    data       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, offset)
) STRICT, WITHOUT ROWID;
