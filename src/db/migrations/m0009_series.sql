-- What happened in every minute of the last 30 days, by series.
CREATE TABLE series (
    -- Below 2^24: part of the ids below.
    id        INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 16777215),
    metric    TEXT NOT NULL,
    dimension TEXT NOT NULL,
    name      TEXT NOT NULL,
    -- Empty: all labels together.
    label     TEXT NOT NULL,
    -- Days since 1970 of the newest data.
    last_day  INTEGER NOT NULL,
    UNIQUE (metric, dimension, name, label)
) STRICT;

-- An hour of a series. The id is the hour since 1970 << 24 | the series, so that what is written together lies together,
-- what is too old is a range, and the hours of one series are found one by one.
CREATE TABLE series_hour (
    id      INTEGER PRIMARY KEY,
    count   INTEGER NOT NULL,
    errors  INTEGER NOT NULL,
    -- The hour as a list of one cell, by hour of the day.
    total   BLOB NOT NULL,
    -- Its minutes as a list of cells. The last column: who wants hours does not read them.
    minutes BLOB NOT NULL
) STRICT;

-- A day of a series: the totals of its hours, one after the other. The id is the day since 1970 << 24 | the series.
CREATE TABLE series_day (
    id     INTEGER PRIMARY KEY,
    count  INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    hours  BLOB NOT NULL
) STRICT;

-- The busiest series of a month are found without reading its hours.
CREATE INDEX series_day_counts ON series_day (id, count, errors);

-- Up to which row of series_hour the days have been made.
CREATE TABLE series_fold (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    hour_id INTEGER NOT NULL
) STRICT;

INSERT INTO series_fold (only, hour_id) VALUES (1, 0);
