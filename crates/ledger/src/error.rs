use kernel::{Coded, ErrorCode};

/// Why a posting did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account does not hold as much as was to be taken.
    #[error("account {kind} holds too little")]
    Insufficient {
        /// The kind of the account at fault.
        kind: String,
    },
    /// An account that ought to be there is missing: a fault of ours.
    #[error("no account {0}")]
    Missing(String),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Db(error.into())
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Insufficient { .. } => ErrorCode::InsufficientBalance,
            Self::Missing(_) => ErrorCode::Internal,
            Self::Db(error) => error.code(),
        }
    }
}

impl db::Retryable for Error {
    fn retryable(&self) -> bool {
        matches!(self, Self::Db(error) if error.retryable())
    }
}
