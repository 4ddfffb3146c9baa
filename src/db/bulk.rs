//! Many rows in few statements.

use sea_orm::{ConnectionTrait, DbErr, Value};

use super::statement;

/// Rows of one statement, the largest first: few forms, so that every statement is found prepared.
const CHUNKS: [usize; 4] = [128, 32, 8, 1];

/// Splits `rows` into statements of few forms, in their order.
pub fn chunks<T>(mut rows: Vec<T>) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    for size in CHUNKS {
        while rows.len() >= size {
            let rest = rows.split_off(size);
            chunks.push(std::mem::replace(&mut rows, rest));
        }
    }
    chunks
}

/// Places for so many rows, such as `($1, $2), ($3, $4)`.
pub fn places(rows: usize, columns: usize) -> String {
    let row = |n: usize| {
        let places: Vec<String> = (1..=columns).map(|c| format!("${}", n * columns + c)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Adds rows; `into` is the table with its columns: `table (a, b)`.
///
/// # Errors
/// When the database fails.
pub async fn insert<const N: usize>(
    conn: &impl ConnectionTrait,
    into: &str,
    rows: Vec<[Value; N]>,
) -> Result<(), DbErr> {
    for chunk in chunks(rows) {
        let sql = format!("INSERT INTO {into} VALUES {}", places(chunk.len(), N));
        conn.execute_raw(statement(conn, &sql, chunk.into_iter().flatten())).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_order_and_number() {
        for n in [0, 1, 7, 8, 33, 300] {
            let split = chunks((0..n).collect());
            assert!(split.iter().all(|chunk| CHUNKS.contains(&chunk.len())));
            assert_eq!(split.concat(), (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn places_count_through_all_rows() {
        assert_eq!(places(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
