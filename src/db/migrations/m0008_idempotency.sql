-- What creating calls with an `Idempotency-Key` made, for a day. The object may be gone.
CREATE TABLE idempotency_keys (
    user_id     BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the key.
    key         BLOB NOT NULL,
    -- Method and path.
    operation   TEXT NOT NULL,
    -- SHA-256 of the key and the body.
    body        BLOB NOT NULL,
    -- What was answered: the status, and the id of the object.
    status      INTEGER NOT NULL,
    response_id BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The agenda's own, which this replaces.
DROP TABLE agenda_keys;
