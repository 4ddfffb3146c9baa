//! The aggregates in the database.

use sea_orm::{ConnectionTrait, DbErr, Value};

use super::hours::Row;
use super::key::{Group, Key};
use crate::db::statement;

/// Bits of an id that are the series.
const SERIES_BITS: u32 = 24;
/// Mask of these bits.
const SERIES: i64 = (1 << SERIES_BITS) - 1;
/// Rows of one statement: few statements, and far from SQLite's 32,766 parameters.
const ROWS: usize = 100;

/// The id of an hour or a day of a series.
fn id(time: i64, series: u32) -> i64 {
    time << SERIES_BITS | i64::from(series)
}

fn whole(count: u64) -> Value {
    i64::try_from(count).unwrap_or(i64::MAX).into()
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
fn places(rows: usize, columns: usize) -> String {
    let row =
        |r: usize| (1..=columns).map(|c| format!("${}", r * columns + c)).collect::<Vec<_>>().join(", ");
    (0..rows).map(|r| format!("({})", row(r))).collect::<Vec<_>>().join(", ")
}

/// Every series: id, what it is about, last day. What this version does not know is left out.
pub async fn series(conn: &impl ConnectionTrait) -> Result<Vec<(u32, Key, i64)>, DbErr> {
    let sql = "SELECT id, metric, dimension, name, label, last_day FROM series ORDER BY id";
    let mut all = Vec::new();
    for row in conn.query_all_raw(statement(conn, sql, [])).await? {
        let (id, last_day): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(5)?);
        let (metric, dimension): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let (name, label): (String, String) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        if let (Some(group), Ok(id)) = (Group::stored(&metric, &dimension), u32::try_from(id)) {
            all.push((id, Key { group, name: name.into(), label: label.into() }, last_day));
        }
    }
    Ok(all)
}

/// Series and minutes of an hour.
pub async fn hour(conn: &impl ConnectionTrait, hour: i64) -> Result<Vec<(u32, Vec<u8>)>, DbErr> {
    let sql = "SELECT id, minutes FROM series_hour WHERE id BETWEEN $1 AND $2";
    let values = [id(hour, 0).into(), (id(hour + 1, 0) - 1).into()];
    let rows = conn.query_all_raw(statement(conn, sql, values)).await?;
    rows.iter()
        .map(|row| Ok(((row.try_get_by_index::<i64>(0)? & SERIES) as u32, row.try_get_by_index(1)?)))
        .collect()
}

/// Writes hours; what was there of them is replaced.
pub async fn write_hours(conn: &impl ConnectionTrait, rows: &[Row]) -> Result<(), DbErr> {
    for rows in rows.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO series_hour (id, count, errors, total, minutes) VALUES {} ON CONFLICT (id) DO UPDATE SET \
             count = excluded.count, errors = excluded.errors, total = excluded.total, minutes = excluded.minutes",
            places(rows.len(), 5)
        );
        let values = rows.iter().flat_map(|row| -> [Value; 5] {
            let id = id(row.hour, row.series).into();
            [id, whole(row.count), whole(row.errors), row.total.clone().into(), row.minutes.clone().into()]
        });
        conn.execute_raw(statement(conn, &sql, values)).await?;
    }
    Ok(())
}

/// Writes series: what is new, and the last day of what is known. One of the same key and another id is replaced.
pub async fn write_series(conn: &impl ConnectionTrait, rows: &[(u32, Key, i64)]) -> Result<(), DbErr> {
    for rows in rows.chunks(ROWS) {
        let sql = format!(
            "INSERT OR REPLACE INTO series (id, metric, dimension, name, label, last_day) VALUES {}",
            places(rows.len(), 6)
        );
        let values = rows.iter().flat_map(|(id, key, day)| -> [Value; 6] {
            let text = |text: &str| Value::from(text.to_owned());
            let group = [text(key.group.metric()), text(key.group.dimension())];
            let [metric, dimension] = group;
            [i64::from(*id).into(), metric, dimension, text(&key.name), text(&key.label), (*day).into()]
        });
        conn.execute_raw(statement(conn, &sql, values)).await?;
    }
    Ok(())
}

/// Adds hours before `hour` to their days, at most `most` of them. False when all are there.
///
/// Rows and mark change together, so an hour is added once, whatever happens in between.
pub async fn fold(conn: &impl ConnectionTrait, hour: i64, most: u64) -> Result<bool, DbErr> {
    let next = "SELECT max(id) AS id FROM (SELECT id FROM series_hour \
                WHERE id > (SELECT hour_id FROM series_fold) AND id < $1 ORDER BY id LIMIT $2)";
    let values = [id(hour, 0).into(), whole(most)];
    let found = conn.query_one_raw(statement(conn, next, values)).await?;
    let Some(until) = found.map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?.flatten() else {
        return Ok(false);
    };
    // Joining bytes gives what SQLite calls a text, of the same bytes.
    let add = "INSERT INTO series_day (id, count, errors, hours) \
               SELECT ((id >> $1) / 24) << $1 | (id & $2), count, errors, total FROM series_hour \
               WHERE id > (SELECT hour_id FROM series_fold) AND id <= $3 ORDER BY id \
               ON CONFLICT (id) DO UPDATE SET count = count + excluded.count, errors = errors + excluded.errors, \
               hours = CAST(hours || excluded.hours AS BLOB)";
    let values = [i64::from(SERIES_BITS).into(), SERIES.into(), until.into()];
    conn.execute_raw(statement(conn, add, values)).await?;
    conn.execute_raw(statement(conn, "UPDATE series_fold SET hour_id = $1", [until.into()])).await?;
    Ok(true)
}

/// Deletes at most `most` rows of each table that are older than `hour`; gives how many.
pub async fn delete_before(conn: &impl ConnectionTrait, hour: i64, most: u64) -> Result<u64, DbErr> {
    let mut deleted = 0;
    for (table, first) in [("series_hour", id(hour, 0)), ("series_day", id(hour.div_euclid(24), 0))] {
        let sql = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id < $1 ORDER BY id LIMIT $2)"
        );
        deleted +=
            conn.execute_raw(statement(conn, &sql, [first.into(), whole(most)])).await?.rows_affected();
    }
    Ok(deleted)
}

/// Deletes what series have from the hour `first` to `last`: one look-up for each.
pub async fn delete_data(
    conn: &impl ConnectionTrait,
    ids: &[u32],
    first: i64,
    last: i64,
) -> Result<(), DbErr> {
    for (table, first, last) in [("series_hour", first, last), ("series_day", first / 24, last / 24)] {
        let sql = format!(
            "WITH RECURSIVE time (n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM time WHERE n < $2) \
             DELETE FROM {table} WHERE id IN \
             (SELECT (time.n << $4) | s.value FROM time CROSS JOIN json_each($3) s)"
        );
        let values = [first.into(), last.into(), list(ids), i64::from(SERIES_BITS).into()];
        conn.execute_raw(statement(conn, &sql, values)).await?;
    }
    Ok(())
}

/// Deletes series.
pub async fn delete_series(conn: &impl ConnectionTrait, ids: &[u32]) -> Result<(), DbErr> {
    let sql = "DELETE FROM series WHERE id IN (SELECT value FROM json_each($1))";
    conn.execute_raw(statement(conn, sql, [list(ids)])).await.map(drop)
}

fn list(ids: &[u32]) -> Value {
    serde_json::to_string(ids).expect("numbers are JSON").into()
}

/// Lists of cells by series and hour, from `first` to `last` (hours): of minutes, by minute of the hour.
pub async fn minutes(
    conn: &impl ConnectionTrait,
    ids: &[u32],
    first: i64,
    last: i64,
) -> Result<Vec<(u32, i64, Vec<u8>)>, DbErr> {
    if first > last {
        return Ok(Vec::new());
    }
    // One look-up for each hour of each series, in this order; nothing in between is read.
    let sql = "WITH RECURSIVE time (n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM time WHERE n < $2) \
               SELECT r.id, r.minutes FROM time CROSS JOIN json_each($3) s \
               CROSS JOIN series_hour r ON r.id = (time.n << $4) | s.value";
    let values = [first.into(), last.into(), list(ids), i64::from(SERIES_BITS).into()];
    lists(conn, sql, values).await
}

/// Lists of cells by series and day, from the hour `first` to `last`: of hours, by hour of the day. A list may hold hours
/// outside.
pub async fn hours(
    conn: &impl ConnectionTrait,
    ids: &[u32],
    first: i64,
    last: i64,
) -> Result<Vec<(u32, i64, Vec<u8>)>, DbErr> {
    if first > last {
        return Ok(Vec::new());
    }
    // One statement is one state of the database: an hour is in its day or still by itself.
    let sql = "WITH RECURSIVE time (n) AS (SELECT $1 / 24 UNION ALL SELECT n + 1 FROM time WHERE n < $2 / 24) \
               SELECT r.id, r.hours FROM time CROSS JOIN json_each($3) s \
               CROSS JOIN series_day r ON r.id = (time.n << $4) | s.value \
               UNION ALL SELECT ((id >> $4) / 24) << $4 | (id & $5), total FROM series_hour \
               WHERE id > (SELECT hour_id FROM series_fold) AND id < ($2 + 1) << $4 \
               AND (id & $5) IN (SELECT value FROM json_each($3))";
    let bits = i64::from(SERIES_BITS);
    lists(conn, sql, [first.into(), last.into(), list(ids), bits.into(), SERIES.into()]).await
}

async fn lists<const N: usize>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<(u32, i64, Vec<u8>)>, DbErr> {
    let rows = conn.query_all_raw(statement(conn, sql, values)).await?;
    let parts = |row: &sea_orm::QueryResult| {
        let id: i64 = row.try_get_by_index(0)?;
        Ok(((id & SERIES) as u32, id >> SERIES_BITS, row.try_get_by_index(1)?))
    };
    rows.iter().map(parts).collect()
}

/// How often something happened, and how often it went wrong, from the hour `first` to `last`, by series. Over more than
/// two days whole days are counted.
pub async fn counts(
    conn: &impl ConnectionTrait,
    ids: &[u32],
    first: i64,
    last: i64,
) -> Result<Vec<(u32, u64, u64)>, DbErr> {
    if first > last {
        return Ok(Vec::new());
    }
    let (table, first, last) = if last - first < 48 {
        ("series_hour r", first, last)
    } else {
        ("series_day r INDEXED BY series_day_counts", first / 24, last / 24)
    };
    let sql = format!(
        "WITH RECURSIVE time (n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM time WHERE n < $2) \
         SELECT s.value, sum(r.count), sum(r.errors) FROM json_each($3) s CROSS JOIN time \
         CROSS JOIN {table} ON r.id = (time.n << $4) | s.value GROUP BY s.value"
    );
    let values = [first.into(), last.into(), list(ids), i64::from(SERIES_BITS).into()];
    let rows = conn.query_all_raw(statement(conn, &sql, values)).await?;
    let parts = |row: &sea_orm::QueryResult| {
        let (id, count, errors): (i64, i64, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        Ok((id as u32, count.unsigned_abs(), errors.unsigned_abs()))
    };
    rows.iter().map(parts).collect()
}
