use db::Retryable;
use kernel::{Cents, Coded, Denied, ErrorCode, FieldError};

use crate::model::Refusal;

/// Why a use case on offers was refused or failed.
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
    /// The state of the offer, the occurrence or the programme does not allow this.
    #[error("not allowed in this state")]
    State,
    /// The company has no approval in force for the programme.
    #[error("the company has no approval in force")]
    NotApproved,
    /// The price is above this ceiling of the programme.
    #[error("the price is above {0}")]
    PriceAboveCeiling(Cents),
    /// The offer has an occurrence at one of these times already.
    #[error("there is an occurrence at this time already")]
    Duplicate,
    /// Somebody changed the record since it was read.
    #[error("the record has changed")]
    Stale,
    /// The city could not be read.
    #[error(transparent)]
    Cities(#[from] cities::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::State | Refusal::ProgrammeNotOpen => Self::State,
            Refusal::Stale => Self::Stale,
            Refusal::PriceAboveCeiling(ceiling) => Self::PriceAboveCeiling(ceiling),
        }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(error) => error.code(),
            Self::Field(error) => error.code(),
            Self::NotFound => ErrorCode::NotFound,
            Self::State => ErrorCode::NotAllowedInState,
            Self::NotApproved => ErrorCode::NotApproved,
            Self::PriceAboveCeiling(_) => ErrorCode::PriceAboveCeiling,
            Self::Duplicate => ErrorCode::AlreadyExists,
            Self::Stale => ErrorCode::Conflict,
            Self::Cities(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            Self::PriceAboveCeiling(_) => Some("price"),
            Self::Duplicate => Some("occurrences"),
            Self::Stale => Some("expectedVersion"),
            _ => None,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Field(error) => error.params(),
            Self::PriceAboveCeiling(ceiling) => vec![("ceiling", ceiling.to_string())],
            _ => Vec::new(),
        }
    }
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        matches!(self, Self::Db(error) if error.retryable())
    }
}
