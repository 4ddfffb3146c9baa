-- What people made of an error: 0 open, 1 resolved, 2 ignored (see src/telemetry/errors/state.rs).
ALTER TABLE error_groups ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
-- 1 when it was seen again after it was resolved.
ALTER TABLE error_groups ADD COLUMN regressed INTEGER NOT NULL DEFAULT 0;
-- When the state last changed.
ALTER TABLE error_groups ADD COLUMN state_at INTEGER;
CREATE INDEX error_groups_state ON error_groups (state, last_seen);

-- How often an error was seen in each hour since 1970, for its trend; those of the last month.
CREATE TABLE error_group_hours (
    group_id INTEGER NOT NULL REFERENCES error_groups (id) ON DELETE CASCADE,
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (group_id, hour)
) STRICT, WITHOUT ROWID;
-- The id of a signal is its time in milliseconds, and a sequence of 20 bits.
INSERT INTO error_group_hours (group_id, hour, count)
SELECT s.group_id, (s.id >> 20) / 3600000, COUNT(*) FROM signals s JOIN error_groups g ON g.id = s.group_id GROUP BY 1, 2;
