use db::Retryable;
use kernel::{Coded, Denied, ErrorCode, FieldError};
use programmes::InvalidAssessment;
use programmes::eligibility::Finding;

use crate::mass_grant::Fault;
use crate::model::Refusal;

/// Why a use case on vouchers was refused or failed.
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
    /// The resident has a voucher of this programme already.
    #[error("the resident has a voucher of this programme")]
    AlreadyExists,
    /// The budget does not cover another voucher.
    #[error("the budget is used up")]
    BudgetExceeded,
    /// The decision on the record refused.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The programme has no terms in force on the first day on which the voucher could be used.
    #[error("no terms in force")]
    NoTermsInForce,
    /// A rule of the programme is not met.
    #[error("a rule of the programme is not met: {0:?}")]
    NotEligible(Finding),
    /// So many guardians of the child have not consented, and the programme asks for all of them.
    #[error("{0} guardians have not consented")]
    ConsentMissing(usize),
    /// Nothing is recorded by which a rule of the programme could be decided.
    #[error("a rule of the programme cannot be decided: {0:?}")]
    EligibilityUnknown(Finding),
    /// The assessment lacks what the value rule reads.
    #[error(transparent)]
    Assessment(#[from] InvalidAssessment),
    /// The document of a decision could not be written.
    #[error(transparent)]
    Document(#[from] documents::Error),
    /// Residents could not be looked up.
    #[error(transparent)]
    Identity(#[from] identity::Error),
    /// The city could not be read.
    #[error(transparent)]
    Cities(#[from] cities::Error),
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// Lines of a list of grants are wrong.
    #[error("{} lines are wrong", .0.len())]
    Faults(Vec<Fault>),
    /// A file that comes with an application is no whole PDF, PNG or JPEG.
    #[error("not a whole PDF, PNG or JPEG")]
    InvalidAttachment,
    /// The store of files.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl Error {
    /// True when it is the resident, or what is known of her, that stands in the way of a grant, or the time of the programme:
    /// waiting does not help.
    pub(crate) fn is_of_the_resident(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::NotEligible(_)
                | Self::EligibilityUnknown(_)
                | Self::Field(_)
                | Self::Assessment(_)
        )
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(error) => error.code(),
            Self::Field(error) => error.code(),
            Self::NotFound => ErrorCode::NotFound,
            Self::AlreadyExists => ErrorCode::AlreadyExists,
            Self::BudgetExceeded => ErrorCode::BudgetExceeded,
            Self::NoTermsInForce => ErrorCode::NoTermsInForce,
            Self::Assessment(error) => error.code(),
            Self::Refused(Refusal::State) => ErrorCode::NotAllowedInState,
            Self::Refused(Refusal::Stale) => ErrorCode::Conflict,
            Self::Refused(Refusal::TooLate) => ErrorCode::TooLate,
            Self::Refused(Refusal::NotEligible) | Self::NotEligible(_) => ErrorCode::NotEligible,
            Self::EligibilityUnknown(_) => ErrorCode::EligibilityUnknown,
            Self::ConsentMissing(_) => ErrorCode::ConsentMissing,
            Self::Refused(Refusal::FourEyes) => ErrorCode::FourEyes,
            Self::Refused(Refusal::InUse) => ErrorCode::VoucherInUse,
            Self::InvalidAttachment => ErrorCode::InvalidAttachment,
            Self::Files(error) if !error.is_missing() => ErrorCode::Unavailable,
            Self::Document(_) | Self::Files(_) => ErrorCode::Internal,
            Self::Identity(error) => error.code(),
            Self::Cities(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Faults(_) => ErrorCode::InvalidGrantFile,
            Self::Db(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            Self::Refused(Refusal::Stale) => Some("expectedVersion"),
            Self::EligibilityUnknown(_) => Some("eligibilityConfirmed"),
            Self::InvalidAttachment => Some("file"),
            Self::Assessment(error) => error.field(),
            Self::Db(error) => error.field(),
            _ => None,
        }
    }

    fn inside(&self) -> Option<String> {
        match self {
            Self::Assessment(error) => error.inside(),
            _ => None,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Field(error) => error.params(),
            Self::Assessment(error) => error.params(),
            Self::NotEligible(finding) | Self::EligibilityUnknown(finding) => finding.params(),
            Self::ConsentMissing(missing) => vec![("missing", missing.to_string())],
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
