//! Queries of the fleet, a file for each noun.

pub mod diagnostics;
pub mod installations;
pub mod journal;
pub mod list;
pub mod orders;
pub mod own;
pub mod versions;

/// The places of `rows` rows with `columns` values each: `($1, $2), ($3, $4)`.
fn places(rows: usize, columns: usize) -> String {
    let row = |r: usize| {
        let cells: Vec<String> = (0..columns).map(|c| format!("${}", r * columns + c + 1)).collect();
        format!("({})", cells.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// The places `$first` to the last of `count` values.
fn list_of(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
