-- The newest error of an installation, so that a list of them need not look through signals.
ALTER TABLE installation ADD COLUMN last_error TEXT NOT NULL DEFAULT '';
-- NULL when there was none.
ALTER TABLE installation ADD COLUMN last_error_at INTEGER;
