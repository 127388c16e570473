use db::Retryable;
use kernel::{Coded, Denied, ErrorCode, FieldError};

use crate::bank::answer::AnswerError;
use crate::bank::pain001::PaymentFileError;
use crate::bank::reference::ReferenceError;
use crate::model::run::{Refusal, State};

/// Why a use case of settlement was refused or failed.
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
    /// The city has a run of this month already.
    #[error("there is a run of this month already")]
    AlreadyExists,
    /// No delivery and no failed payment waits, or every company had to be left out.
    #[error("nothing is there to settle")]
    NothingToSettle,
    /// The state of the run does not allow this.
    #[error("not allowed in state {0:?}")]
    State(State),
    /// Another clerk has to do this.
    #[error("another clerk has to do this")]
    FourEyes,
    /// Somebody changed the run since it was read.
    #[error("the run has changed")]
    Stale,
    /// A run of the same city took a delivery at the same moment; the next attempt sees what it left.
    #[error("another run takes the same deliveries")]
    Taken,
    /// The bank's answer cannot be read.
    #[error(transparent)]
    BankFile(#[from] AnswerError),
    /// The same answer was taken in before.
    #[error("the file was taken in before")]
    DuplicateFile,
    /// A statement's number makes no reference: a fault of ours.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The payment file cannot be written: a fault in the city's own data.
    #[error(transparent)]
    PaymentFile(#[from] PaymentFileError),
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
            Self::AlreadyExists => ErrorCode::AlreadyExists,
            Self::NothingToSettle => ErrorCode::NothingToSettle,
            Self::State(_) => ErrorCode::NotAllowedInState,
            Self::FourEyes => ErrorCode::FourEyes,
            Self::Stale => ErrorCode::Conflict,
            Self::Taken => ErrorCode::Unavailable,
            Self::BankFile(_) => ErrorCode::InvalidBankFile,
            Self::DuplicateFile => ErrorCode::DuplicateFile,
            Self::Reference(_) | Self::PaymentFile(_) => ErrorCode::Internal,
            Self::Cities(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            Self::Stale => Some("expectedVersion"),
            Self::BankFile(_) | Self::DuplicateFile => Some("content"),
            Self::AlreadyExists => Some("month"),
            Self::Db(error) => error.field(),
            _ => None,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Field(error) => error.params(),
            Self::BankFile(error) => vec![("reason", error.to_string())],
            _ => Vec::new(),
        }
    }
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        match self {
            Self::Taken => true,
            Self::Db(error) => error.retryable(),
            Self::Ledger(error) => error.retryable(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_lost_the_race_for_a_delivery_is_made_anew() {
        assert!(Error::Taken.retryable());
        assert_eq!(
            (Error::Taken.code(), Error::Taken.field()),
            (ErrorCode::Unavailable, None)
        );
    }
}
