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
    /// The time for a transaction or a connection ran out.
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
    /// True when a commit may or may not have happened.
    fn outcome_unknown(&self) -> bool;
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        matches!(self, Self::Busy(_)) || matches!(self, Self::Unavailable(error) if connection_was_lost(error))
    }
    fn outcome_unknown(&self) -> bool {
        matches!(self, Self::UnknownOutcome(_))
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
        // Administrator's shutdown, crash of the server.
        Some(sqlx::Error::Database(error)) => matches!(error.code().as_deref(), Some("57P01" | "57P02")),
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
                .map_or_else(|| postgres(&code), sqlite)
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

/// Classes of PostgreSQL's SQLSTATE (Appendix A of its manual).
fn postgres(code: &str) -> Kind {
    match code {
        // Serialization failure, deadlock, lock timeout.
        "40001" | "40P01" | "55P03" => Kind::Busy,
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
