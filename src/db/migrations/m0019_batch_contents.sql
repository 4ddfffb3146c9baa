-- What a batch with a key of its own carried, so that another one with the same key is not taken for it. NULL for those that
-- are known by what they carry, and for those from before.
ALTER TABLE signal_batches ADD COLUMN content BLOB;
