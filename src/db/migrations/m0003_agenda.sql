-- `*_local` is a wall clock: milliseconds since 1970 of the local time as if it were UTC. Other times are UTC.

CREATE TABLE agenda_events (
    id             BLOB PRIMARY KEY NOT NULL,
    owner_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- iCalendar's name of the event; an import finds it again by this.
    uid            TEXT NOT NULL,
    title          TEXT NOT NULL,
    start_local    INTEGER NOT NULL,
    length_seconds INTEGER NOT NULL CHECK (length_seconds >= 0),
    all_day        INTEGER NOT NULL CHECK (all_day IN (0, 1)),
    -- NULL for floating and all-day events.
    time_zone      TEXT,
    place          TEXT,
    notes          TEXT,
    color          TEXT,
    visibility     TEXT NOT NULL CHECK (visibility IN ('private', 'team')),
    -- JSON: who is invited, and how many minutes before the start to remind.
    attendees      TEXT NOT NULL,
    reminders      TEXT NOT NULL,
    -- RRULE with UNTIL in local time; NULL for single events.
    rule           TEXT,
    -- A bound for the start of the last occurrence; NULL for endless series and single events.
    last_local     INTEGER,
    -- JSON: occurrences that are left out or changed.
    exceptions     TEXT NOT NULL,
    -- Everything lies between these, in any time zone; no end for endless series.
    span_start     INTEGER NOT NULL,
    span_end       INTEGER,
    -- When the next reminder is due; NULL when none will be.
    next_reminder  INTEGER,
    version        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (owner_id, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX agenda_events_by_owner ON agenda_events (owner_id, span_start);
CREATE INDEX agenda_events_by_visibility ON agenda_events (visibility, span_start);
CREATE INDEX agenda_events_by_reminder ON agenda_events (next_reminder) WHERE next_reminder IS NOT NULL;

-- The accounts among the attendees, to find what someone is invited to.
CREATE TABLE agenda_attendees (
    user_id  BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event_id BLOB NOT NULL REFERENCES agenda_events (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX agenda_attendees_by_event ON agenda_attendees (event_id);

-- Reminders that came due and that nobody was connected to receive.
CREATE TABLE agenda_reminders (
    user_id          BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event_id         BLOB NOT NULL REFERENCES agenda_events (id) ON DELETE CASCADE,
    occurrence_local INTEGER NOT NULL,
    minutes          INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    PRIMARY KEY (user_id, event_id, occurrence_local, minutes)
) STRICT, WITHOUT ROWID;

CREATE INDEX agenda_reminders_by_event ON agenda_reminders (event_id);
CREATE INDEX agenda_reminders_by_due ON agenda_reminders (due_at);

-- The secret feed address of an account.
CREATE TABLE agenda_feeds (
    user_id    BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the token.
    digest     BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an account chose: the clock on which its floating and all-day events happen.
CREATE TABLE agenda_settings (
    user_id   BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    time_zone TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Idempotency keys of creating calls; pruned after some days. The event may be gone.
CREATE TABLE agenda_keys (
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,
    -- SHA-256 of the request.
    digest     BLOB NOT NULL,
    event_id   BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
