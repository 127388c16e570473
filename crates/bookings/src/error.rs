use db::Retryable;
use kernel::{Cents, Coded, Denied, ErrorCode, FieldError};
use programmes::Unit;
use programmes::eligibility::Finding;
use programmes::model::parameters::TooMuch;

use crate::model::booking::{NoAnswer, State};
use crate::model::terms::Refusal;

/// Why a use case on bookings was refused or failed.
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
    /// Not enough places are left.
    #[error("sold out")]
    SoldOut,
    /// The voucher has nothing left.
    #[error("the voucher is empty")]
    EmptyVoucher,
    /// The voucher has fewer visits or minutes left than the booking takes.
    #[error("{left} left of a voucher of which {needed} are needed")]
    TooFewUnits {
        /// What it counts.
        unit: Unit,
        /// What is left, in thousandths of a visit or in minutes.
        left: i64,
        /// What the booking takes, likewise.
        needed: i64,
    },
    /// The programme has no budget of the year of the visit.
    #[error("no budget of the year")]
    BudgetExceeded,
    /// The state of the booking does not allow this.
    #[error("not allowed in state {0:?}")]
    State(State),
    /// The visit has begun, or it is too long ago.
    #[error("too late for the visit")]
    TooLate,
    /// Nobody answers or records her own booking, or that of somebody near to her.
    #[error("another person has to do this")]
    FourEyes,
    /// The visit has not begun.
    #[error("the visit has not begun")]
    TooEarly,
    /// The programme has no terms in force on the day of the visit.
    #[error("no terms in force on the day of the visit")]
    NoTermsInForce,
    /// The price is above the value of a free service, in cents.
    #[error("above the value of {0} cents")]
    PriceAboveValue(Cents),
    /// The value rule makes nothing of the visit.
    #[error("the voucher is worth nothing for the visit")]
    WorthNothing,
    /// The company has no approval for the day of the visit.
    #[error("no approval for the day of the visit")]
    NotApproved,
    /// The price is above the programme's ceiling, in cents.
    #[error("above the ceiling of {0} cents")]
    PriceAboveCeiling(Cents),
    /// The programme does not pay by voucher.
    #[error("the programme does not pay by voucher")]
    ModeNotAccepted,
    /// The person comes too often, or has booked something else for the time.
    #[error("too many visits: {0:?}")]
    TooMuch(TooMuch),
    /// The resident's code is wrong.
    #[error("wrong code")]
    WrongCode,
    /// Too many wrong codes.
    #[error("the code is locked")]
    CodeLocked,
    /// What is recorded of the resident does not meet a rule of the programme on the day of the visit (E3).
    #[error("a rule of the programme is not met: {0:?}")]
    NotEligible(Finding),
    /// The client does not meet a rule of the programme on the day of the visit, as a company is told.
    #[error("the client does not meet a rule of the programme")]
    ClientNotEligible,
    /// A minor books what the programme does not let her book alone (G5).
    #[error("a guardian has to do this")]
    NeedsGuardian,
    /// Every booking is covered by an approval: there is nothing to release.
    #[error("every booking is covered")]
    Covered,
    /// The voucher refused.
    #[error(transparent)]
    Vouchers(#[from] vouchers::Error),
    /// The company could not be read.
    #[error(transparent)]
    Providers(#[from] providers::Error),
    /// The resident could not be read.
    #[error(transparent)]
    Identity(#[from] identity::Error),
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
            Refusal::TooLate => Self::TooLate,
            Refusal::SoldOut => Self::SoldOut,
            Refusal::NotApproved => Self::NotApproved,
            Refusal::NoTermsInForce => Self::NoTermsInForce,
            Refusal::PriceAboveValue(value) => Self::PriceAboveValue(value),
            Refusal::WorthNothing => Self::WorthNothing,
            Refusal::EmptyVoucher => Self::EmptyVoucher,
            Refusal::TooFewUnits { unit, left, needed } => Self::TooFewUnits { unit, left, needed },
            Refusal::NeedsGuardian => Self::NeedsGuardian,
            Refusal::PriceAboveCeiling(ceiling) => Self::PriceAboveCeiling(ceiling),
            Refusal::ModeNotAccepted => Self::ModeNotAccepted,
            Refusal::TooMuch(too_much) => Self::TooMuch(too_much),
            Refusal::BudgetExceeded => Self::BudgetExceeded,
        }
    }
}

impl From<NoAnswer> for Error {
    fn from(refusal: NoAnswer) -> Self {
        match refusal {
            NoAnswer::State(state) => Self::State(state),
            NoAnswer::FourEyes => Self::FourEyes,
            NoAnswer::TooLate => Self::TooLate,
            NoAnswer::TooEarly => Self::TooEarly,
            NoAnswer::WrongCode => Self::WrongCode,
            NoAnswer::CodeLocked => Self::CodeLocked,
        }
    }
}

impl From<vouchers::model::Refusal> for Error {
    fn from(refusal: vouchers::model::Refusal) -> Self {
        Self::Vouchers(refusal.into())
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(error) => error.code(),
            Self::Field(error) => error.code(),
            Self::NotFound => ErrorCode::NotFound,
            Self::SoldOut => ErrorCode::SoldOut,
            Self::EmptyVoucher => ErrorCode::InsufficientBalance,
            Self::TooFewUnits { unit: Unit::Hour, .. } => ErrorCode::TooFewHours,
            Self::TooFewUnits { .. } => ErrorCode::TooFewVisits,
            Self::BudgetExceeded => ErrorCode::BudgetExceeded,
            Self::State(_) | Self::Covered => ErrorCode::NotAllowedInState,
            Self::TooLate => ErrorCode::TooLate,
            Self::FourEyes => ErrorCode::FourEyes,
            Self::TooEarly => ErrorCode::TooEarly,
            Self::NotApproved => ErrorCode::NotApproved,
            Self::NoTermsInForce => ErrorCode::NoTermsInForce,
            Self::PriceAboveValue(_) => ErrorCode::PriceAboveValue,
            Self::WorthNothing | Self::ModeNotAccepted | Self::NotEligible(_) | Self::ClientNotEligible => {
                ErrorCode::NotEligible
            }
            Self::TooMuch(TooMuch::Limit { .. }) => ErrorCode::VisitLimitReached,
            Self::TooMuch(TooMuch::Overlap) => ErrorCode::BookingsOverlap,
            Self::PriceAboveCeiling(_) => ErrorCode::PriceAboveCeiling,
            Self::WrongCode => ErrorCode::WrongCode,
            Self::CodeLocked => ErrorCode::CodeLocked,
            Self::NeedsGuardian => ErrorCode::NeedsGuardian,
            Self::Vouchers(error) => error.code(),
            Self::Providers(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            Self::SoldOut | Self::NoTermsInForce | Self::ModeNotAccepted | Self::TooMuch(_) => Some("occurrenceId"),
            Self::EmptyVoucher
            | Self::TooFewUnits { .. }
            | Self::PriceAboveValue(_)
            | Self::WorthNothing
            | Self::Vouchers(_) => Some("voucherId"),
            Self::WrongCode | Self::CodeLocked => Some("code"),
            Self::Db(error) => error.field(),
            _ => None,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Field(error) => error.params(),
            Self::PriceAboveCeiling(ceiling) => vec![("ceiling", ceiling.to_string())],
            Self::PriceAboveValue(value) => vec![("value", value.to_string())],
            Self::TooMuch(TooMuch::Limit { visits, .. }) => vec![("max", visits.to_string())],
            Self::TooFewUnits { unit, left, needed } => {
                vec![("left", unit.number(*left)), ("needed", unit.number(*needed))]
            }
            Self::NotEligible(finding) => finding.params(),
            Self::Vouchers(error) => error.params(),
            _ => Vec::new(),
        }
    }
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        match self {
            Self::Db(error) => error.retryable(),
            Self::Ledger(error) => error.retryable(),
            Self::Vouchers(error) => error.retryable(),
            _ => false,
        }
    }
}
