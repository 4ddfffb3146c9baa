-- Who did what with an administrator's rights: see src/audit.
CREATE TABLE audit (
    -- The time, as in src/timeline.rs.
    id INTEGER PRIMARY KEY,
    -- The account, and its name at that time: it may be renamed later.
    user_id BLOB NOT NULL,
    username TEXT NOT NULL,
    -- Id of the operation, or `console.` and the verb.
    action TEXT NOT NULL,
    -- What it was done to: a JSON object of ids and names.
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- HTTP status; NULL for the console.
    status INTEGER,
    address TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
