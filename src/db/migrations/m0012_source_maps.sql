-- Source maps of client applications, by version and file: see src/telemetry/maps.
CREATE TABLE source_maps (
    id BLOB PRIMARY KEY,
    app TEXT NOT NULL,
    version TEXT NOT NULL,
    -- Path of the script, without scheme, host and query.
    file TEXT NOT NULL,
    -- SHA-256 of the map as it was sent.
    digest BLOB NOT NULL,
    -- Bytes of the map as it was sent.
    size INTEGER NOT NULL,
    -- Bytes that count against the bounds: those of `content`, and at least a page.
    stored INTEGER NOT NULL,
    sources INTEGER NOT NULL,
    uploaded_at INTEGER NOT NULL,
    uploaded_by BLOB NOT NULL,
    -- The map, compressed with gzip. Last, so that who reads the rest does not pass through it.
    content BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX source_maps_file ON source_maps (app, version, file);
-- Has all that the bounds are counted from.
CREATE INDEX source_maps_usage ON source_maps (app, version, stored, uploaded_at);
