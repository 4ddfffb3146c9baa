-- Bytes of what stands beside the signals: their contexts and the groups of errors. They count against the same bound.
CREATE TABLE telemetry_usage (
    what TEXT PRIMARY KEY NOT NULL CHECK (what IN ('contexts', 'groups')),
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The formulas are those of src/telemetry/store/: columns and indexes of a context repeat parts of its meta.
INSERT INTO telemetry_usage (what, bytes)
SELECT 'contexts', COALESCE(SUM(2 * length(CAST(meta AS BLOB)) + 300), 0) FROM signal_contexts;

-- How many clients are known of a group, and what it takes with its versions and clients.
ALTER TABLE error_groups ADD COLUMN clients INTEGER NOT NULL DEFAULT 0;
ALTER TABLE error_groups ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE error_groups SET clients = (SELECT COUNT(*) FROM error_group_clients c WHERE c.group_id = error_groups.id);
UPDATE error_groups SET bytes = 200 + length(CAST(app || type || message || culprit AS BLOB)) + clients * 60
    + (SELECT COUNT(*) * 20 FROM error_group_hours h WHERE h.group_id = error_groups.id)
    + (SELECT COALESCE(SUM(length(CAST(v.version AS BLOB)) + 60), 0) FROM error_group_versions v
       WHERE v.group_id = error_groups.id);
INSERT INTO telemetry_usage (what, bytes) SELECT 'groups', COALESCE(SUM(bytes), 0) FROM error_groups;

-- For whoever is erased.
CREATE INDEX error_group_clients_client ON error_group_clients (client);
