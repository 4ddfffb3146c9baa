-- The greatest id that a group of errors ever had. Signals keep the id of a group that is gone: another group with it would
-- show their exceptions as its own.
CREATE TABLE error_group_ids (last INTEGER NOT NULL) STRICT;
INSERT INTO error_group_ids (last)
SELECT MAX(COALESCE((SELECT MAX(id) FROM error_groups), 0), COALESCE((SELECT MAX(group_id) FROM signals), 0));
