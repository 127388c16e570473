use db::Retryable;
use kernel::{Coded, Denied, ErrorCode, FieldError};

use crate::model::{Refusal, State};

/// Why a use case on programmes was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// An input field is not as it has to be.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is no such record in the actor's reach.
    #[error("not found")]
    NotFound,
    /// The state of the programme does not allow this.
    #[error("not allowed in state {0:?}")]
    State(State),
    /// Another officer has to do this.
    #[error("another officer has to do this")]
    FourEyes,
    /// Somebody changed the programme since it was read.
    #[error("the programme has changed")]
    Stale,
    /// The city could not be read.
    #[error(transparent)]
    Cities(#[from] cities::Error),
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::State(state) => Self::State(state),
            Refusal::FourEyes => Self::FourEyes,
            Refusal::Stale => Self::Stale,
        }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(error) => error.code(),
            Self::Field(error) => error.code(),
            Self::NotFound => ErrorCode::NotFound,
            Self::State(_) => ErrorCode::NotAllowedInState,
            Self::FourEyes => ErrorCode::FourEyes,
            Self::Stale => ErrorCode::Conflict,
            Self::Cities(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            Self::Stale => Some("expectedVersion"),
            _ => None,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Field(error) => error.params(),
            _ => Vec::new(),
        }
    }
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        match self {
            Self::Db(error) => error.retryable(),
            Self::Ledger(error) => error.retryable(),
            _ => false,
        }
    }
}
