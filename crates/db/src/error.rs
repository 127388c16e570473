use kernel::{Coded, ErrorCode};
use sea_orm::sqlx;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// What the database answered, sorted by what a caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another transaction was in the way (busy, serialization failure, deadlock): the same work may run again.
    #[error("the database is busy")]
    Busy(#[source] DbErr),
    /// The database cannot be reached, refuses or is full; nothing has been committed.
    #[error("the database is unavailable")]
    Unavailable(#[source] DbErr),
    /// The connection broke while the commit was on its way: only an idempotency key tells whether it happened.
    #[error("the outcome of a commit is unknown")]
    UnknownOutcome(#[source] DbErr),
    /// A constraint refused a row.
    #[error("a constraint was violated")]
    Constraint(#[source] DbErr),
    /// The time for a transaction or a connection ran out. When that happens during a COMMIT its outcome is as unknown
    /// as after [`Error::UnknownOutcome`].
    #[error("the database did not answer in time")]
    Timeout,
    /// The idempotency key belongs to another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A stored value could not be read back.
    #[error("a stored value is damaged")]
    Damaged(#[from] serde_json::Error),
    /// Anything else: a fault in a statement of ours.
    #[error("a statement failed")]
    Statement(#[source] DbErr),
}

/// Whether running the same transaction again may help.
pub trait Retryable {
    /// True when nothing was committed and the obstacle may be gone.
    fn retryable(&self) -> bool;
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        matches!(self, Self::Busy(_)) || matches!(self, Self::Unavailable(error) if connection_was_lost(error))
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Busy(_) | Self::Unavailable(_) | Self::UnknownOutcome(_) | Self::Timeout => ErrorCode::Unavailable,
            Self::KeyReused => ErrorCode::KeyReused,
            Self::Constraint(_) | Self::Damaged(_) | Self::Statement(_) => ErrorCode::Internal,
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, Self::KeyReused).then_some("idempotencyKey")
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match kind(&error) {
            Kind::Busy => Self::Busy(error),
            Kind::Unavailable => Self::Unavailable(error),
            Kind::Constraint => Self::Constraint(error),
            Kind::Statement => Self::Statement(error),
        }
    }
}

impl Error {
    /// Sorts an error of a COMMIT, where a lost connection says nothing about the outcome.
    pub(crate) fn from_commit(error: DbErr) -> Self {
        match kind(&error) {
            Kind::Unavailable if connection_was_lost(&error) => Self::UnknownOutcome(error),
            _ => Self::from(error),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Busy,
    Unavailable,
    Constraint,
    Statement,
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error.as_ref()),
        _ => None,
    }
}

fn connection_was_lost(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_)) => true,
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| ends_connection(&code)),
        _ => false,
    }
}

fn kind(error: &DbErr) -> Kind {
    if matches!(
        error,
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed)
    ) {
        return Kind::Unavailable;
    }
    match driver_error(error) {
        Some(sqlx::Error::Database(error)) => {
            let code = error.code().unwrap_or_default();
            code.parse::<u32>()
                .ok()
                .filter(|_| code.len() < 5)
                .map_or_else(|| postgres(&code, error.message()), sqlite)
        }
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => Kind::Unavailable,
        _ => Kind::Statement,
    }
}

/// True for the errors with which PostgreSQL closes the connection: the administrator's shutdown, a crash of the
/// server, a transaction that was idle for too long.
fn ends_connection(code: &str) -> bool {
    matches!(code, "57P01" | "57P02" | "25P03")
}

/// Classes of PostgreSQL's SQLSTATE (Appendix A of its manual).
fn postgres(code: &str, message: &str) -> Kind {
    match code {
        // Serialization failure, deadlock, lock timeout.
        "40001" | "40P01" | "55P03" => Kind::Busy,
        // A migration of a newer binary changed a table under a prepared statement.
        "0A000" if message.contains("cached plan must not change result type") => Kind::Busy,
        // Idle for too long in a transaction; read-only, as a standby is after a failover.
        "25P03" | "25006" => Kind::Unavailable,
        _ => match code.get(..2) {
            Some("23") => Kind::Constraint,
            // Connection trouble, out of resources, operator intervention, system error.
            Some("08" | "53" | "57" | "58") => Kind::Unavailable,
            _ => Kind::Statement,
        },
    }
}

/// Primary result codes of SQLite are the low byte of the extended ones.
fn sqlite(code: u32) -> Kind {
    match code & 0xff {
        5 | 6 => Kind::Busy,
        // Out of memory, read-only, I/O error, full, cannot open.
        7 | 8 | 10 | 13 | 14 => Kind::Unavailable,
        19 => Kind::Constraint,
        _ => Kind::Statement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_what_postgresql_says() {
        for (code, kind) in [
            ("40001", Kind::Busy),
            ("40P01", Kind::Busy),
            ("55P03", Kind::Busy),
            ("23505", Kind::Constraint),
            ("25006", Kind::Unavailable),
            ("25P03", Kind::Unavailable),
            ("53300", Kind::Unavailable),
            ("57014", Kind::Unavailable),
            ("57P01", Kind::Unavailable),
            ("0A000", Kind::Statement),
            ("25P02", Kind::Statement),
            ("42703", Kind::Statement),
        ] {
            assert_eq!(postgres(code, "something happened"), kind, "{code}");
        }
        let changed = "cached plan must not change result type";
        assert_eq!(postgres("0A000", changed), Kind::Busy);
        assert_eq!(postgres("42703", changed), Kind::Statement);
    }

    #[test]
    fn knows_which_errors_end_the_connection() {
        for code in ["57P01", "57P02", "25P03"] {
            assert!(ends_connection(code), "{code}");
            assert_eq!(postgres(code, ""), Kind::Unavailable, "{code}");
        }
        for code in ["57014", "25006", "40001"] {
            assert!(!ends_connection(code), "{code}");
        }
    }

    #[test]
    fn sorts_extended_codes_of_sqlite_by_their_low_byte() {
        assert_eq!(sqlite(0x0205), Kind::Busy);
        assert_eq!(sqlite(0x0813), Kind::Constraint);
        assert_eq!(sqlite(13), Kind::Unavailable);
        assert_eq!(sqlite(1), Kind::Statement);
    }
}
