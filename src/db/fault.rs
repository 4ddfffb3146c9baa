//! Which failures of the database pass by themselves, so that the caller may try again.

use sea_orm::{DbErr, RuntimeErr};

/// SQLite's primary result codes of a state that passes: busy, locked, I/O error, full.
const PASSING: [u32; 4] = [5, 6, 10, 13];

/// Whether the database is overloaded, closed or without room, and not at fault.
pub fn is_passing(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            let code = cause.as_database_error().and_then(|e| e.code()).and_then(|c| c.parse::<u32>().ok());
            // An extended code has the primary one in its lowest byte.
            code.is_some_and(|code| PASSING.contains(&(code & 0xff)))
        }
        _ => false,
    }
}

/// The error of whoever wrote in a transaction that SQLite gave up as a whole, which it does only for want of room,
/// memory or a lock, or when the disk fails. `cause` is what the next statement then met.
pub fn given_up(cause: &DbErr) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(format!("the transaction was given up ({cause})")))
}
