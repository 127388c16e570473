use db::Retryable;
use kernel::{Coded, Denied, ErrorCode, FieldError};

use crate::model::Refusal;
use crate::model::item::Refused;

/// Why a use case on providers was refused or failed.
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
    /// The person is a member already, or the company has an open application or an approval.
    #[error("there is one already")]
    AlreadyExists,
    /// The state of the record, or of its programme, does not allow this.
    #[error("not allowed in this state")]
    State,
    /// Another person has to do this.
    #[error("another person has to do this")]
    FourEyes,
    /// Somebody changed the record since it was read.
    #[error("the record has changed")]
    Stale,
    /// These requirements are open, refused or out of date.
    #[error("open requirements: {0}")]
    RequirementsOpen(String),
    /// The last day for it has passed.
    #[error("too late")]
    TooLate,
    /// The company has to be heard first.
    #[error("the company has not been heard")]
    NotHeard,
    /// The other city's approval is not in force today.
    #[error("not approved there")]
    NotApproved,
    /// The public register of companies could not be read.
    #[error("the register of companies: {0}")]
    Register(#[from] std::io::Error),
    /// Those who lead a company could not be read.
    #[error(transparent)]
    Identity(#[from] identity::Error),
    /// The city could not be read.
    #[error(transparent)]
    Cities(#[from] cities::Error),
    /// The programme could not be read.
    #[error(transparent)]
    Programmes(#[from] programmes::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::State => Self::State,
            Refusal::FourEyes => Self::FourEyes,
            Refusal::Stale => Self::Stale,
            Refusal::TooLate => Self::TooLate,
            Refusal::NotHeard => Self::NotHeard,
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Record(refusal) => refusal.into(),
            Refused::Field(error) => error.into(),
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
            Self::State => ErrorCode::NotAllowedInState,
            Self::FourEyes => ErrorCode::FourEyes,
            Self::Stale => ErrorCode::Conflict,
            Self::RequirementsOpen(_) => ErrorCode::RequirementsOpen,
            Self::TooLate => ErrorCode::TooLate,
            Self::NotHeard => ErrorCode::NotHeard,
            Self::NotApproved => ErrorCode::NotApproved,
            Self::Register(_) => ErrorCode::Unavailable,
            Self::Identity(error) => error.code(),
            Self::Cities(error) => error.code(),
            Self::Programmes(error) => error.code(),
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
            Self::RequirementsOpen(open) => vec![("requirements", open.clone())],
            _ => Vec::new(),
        }
    }
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        matches!(self, Self::Db(error) if error.retryable())
    }
}
