-- Installations that had errors before their last one was noted (m0015). The id of a signal is its time in milliseconds, and a
-- sequence of 20 bits; 1 is an exception; as many characters as are kept (see src/clients/sighting.rs).
UPDATE installation SET last_error = substr(l.message, 1, 128), last_error_at = l.id >> 20
FROM (SELECT c.installation_id, MAX(s.id) AS id, s.message FROM signals s JOIN signal_contexts c ON c.id = s.context_id
      WHERE s.kind = 1 AND c.installation_id IS NOT NULL GROUP BY c.installation_id) AS l
WHERE l.installation_id = installation.id AND installation.last_error_at IS NULL;
