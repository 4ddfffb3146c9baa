-- For whoever asks what is kept about them.
CREATE INDEX server_logs_account ON server_logs (account_id) WHERE account_id IS NOT NULL;
