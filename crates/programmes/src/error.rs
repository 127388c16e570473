use db::Retryable;
use kernel::{Cents, Coded, Denied, ErrorCode, FieldError};

use crate::model::{Refusal, State};
use crate::value::invalid::{Invalid, Reason};
use crate::value::share;

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
    /// A parameter of the value rule does not fit.
    #[error("{kind} rule: {invalid}")]
    Rule {
        /// The kind of rule, in the manner of JSON.
        kind: &'static str,
        /// Which parameter, and why.
        invalid: Invalid,
    },
    /// The decision on terms refused.
    #[error("refused: {0:?}")]
    Terms(Refusal),
    /// No terms are in force on the day.
    #[error("no terms in force")]
    NoTermsInForce,
    /// The price does not fit the terms.
    #[error(transparent)]
    Price(#[from] share::Refusal),
    /// The price is above the ceiling, in cents.
    #[error("above the ceiling of {0} cents")]
    PriceAboveCeiling(Cents),
    /// The value rule makes nothing of the visit, which a booking refuses too.
    #[error("worth nothing")]
    WorthNothing,
    /// An assessment lacks what the rule reads.
    #[error(transparent)]
    Assessment(InvalidAssessment),
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
            Refusal::TermsPublished
            | Refusal::TermsDraft
            | Refusal::PastDay
            | Refusal::PeriodsOverlap
            | Refusal::EndsBeforeItBegins
            | Refusal::LastDay { .. }
            | Refusal::OtherKindOfRule
            | Refusal::RuleOfOtherUnit
            | Refusal::RulebookPublished
            | Refusal::BudgetCommitted
            | Refusal::BudgetChangeDone => Self::Terms(refusal),
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
            Self::Rule { invalid, .. } => code_of(invalid.reason),
            Self::Terms(refusal) => match refusal {
                Refusal::PastDay => ErrorCode::TooLate,
                Refusal::PeriodsOverlap | Refusal::EndsBeforeItBegins => ErrorCode::PeriodsOverlap,
                Refusal::LastDay { .. } => ErrorCode::OutOfRange,
                Refusal::OtherKindOfRule | Refusal::RuleOfOtherUnit => ErrorCode::InvalidRule,
                Refusal::BudgetCommitted => ErrorCode::BudgetCommitted,
                _ => ErrorCode::NotAllowedInState,
            },
            Self::NoTermsInForce => ErrorCode::NoTermsInForce,
            Self::Price(share::Refusal::PriceAboveValue { .. }) => ErrorCode::PriceAboveValue,
            Self::PriceAboveCeiling(_) => ErrorCode::PriceAboveCeiling,
            Self::WorthNothing => ErrorCode::NotEligible,
            Self::Assessment(error) => error.code(),
            Self::Cities(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            Self::Stale => Some("expectedVersion"),
            Self::Db(error) => error.field(),
            Self::Terms(Refusal::LastDay { .. }) => Some("validUntil"),
            Self::Rule { .. } | Self::Terms(Refusal::RuleOfOtherUnit) => Some("terms.valueRule"),
            Self::Assessment(error) => error.field(),
            _ => None,
        }
    }

    fn inside(&self) -> Option<String> {
        match self {
            Self::Rule { kind, invalid } => Some(as_clients_spell(&format!("{kind}.{}", invalid.path))),
            Self::Assessment(error) => error.inside(),
            _ => None,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Field(error) => error.params(),
            Self::Rule { invalid, .. } => params_of(invalid.reason),
            Self::Assessment(error) => error.params(),
            Self::Terms(Refusal::LastDay { first, last }) => {
                vec![("min", first.to_string()), ("max", last.to_string())]
            }
            Self::Terms(Refusal::RuleOfOtherUnit) => vec![("reason", "OTHER_UNIT".to_owned())],
            Self::Terms(Refusal::OtherKindOfRule) => vec![("reason", "OTHER_KIND".to_owned())],
            Self::Price(share::Refusal::PriceAboveValue { value, .. }) => vec![("value", value.to_string())],
            Self::PriceAboveCeiling(ceiling) => vec![("ceiling", ceiling.to_string())],
            _ => Vec::new(),
        }
    }
}

/// An assessment lacks what a rule reads. Its fields stand in `assessment` of an input, the raise beside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("assessment: {0}")]
pub struct InvalidAssessment(pub Invalid);

impl Coded for InvalidAssessment {
    fn code(&self) -> ErrorCode {
        code_of(self.0.reason)
    }

    fn field(&self) -> Option<&'static str> {
        Some(if self.0.path == "raise" {
            "raise.cents"
        } else {
            "assessment"
        })
    }

    fn inside(&self) -> Option<String> {
        (self.0.path != "raise").then(|| as_clients_spell(&self.0.path))
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        params_of(self.0.reason)
    }
}

fn code_of(reason: Reason) -> ErrorCode {
    match reason {
        Reason::Empty | Reason::HouseholdMissing(_) => ErrorCode::Required,
        Reason::OutOfRange { .. } => ErrorCode::OutOfRange,
        Reason::Key => ErrorCode::InvalidFormat,
        Reason::Unknown => ErrorCode::NotFound,
        Reason::EndsBeforeItBegins | Reason::PeriodsOverlap => ErrorCode::PeriodsOverlap,
        Reason::NotGrowing
        | Reason::RateRises
        | Reason::AboveHighest
        | Reason::Entries(_)
        | Reason::Step
        | Reason::Twice
        | Reason::Gap(..)
        | Reason::Overlap(..)
        | Reason::PaidOnce => ErrorCode::InvalidRule,
    }
}

fn params_of(reason: Reason) -> Vec<(&'static str, String)> {
    match reason {
        Reason::OutOfRange { min, max } => vec![("min", min.to_string()), ("max", max.to_string())],
        Reason::Gap(days, minute) | Reason::Overlap(days, minute) => vec![
            ("reason", key_of(reason).to_owned()),
            ("days", format!("{days:?}").to_uppercase()),
            ("minute", minute.to_string()),
        ],
        Reason::HouseholdMissing(size) => vec![("reason", key_of(reason).to_owned()), ("household", size.to_string())],
        Reason::Entries(count) => vec![("reason", key_of(reason).to_owned()), ("entries", count.to_string())],
        reason => vec![("reason", key_of(reason).to_owned())],
    }
}

/// How clients read a reason; `api` has the words for it.
fn key_of(reason: Reason) -> &'static str {
    match reason {
        Reason::Empty => "EMPTY",
        Reason::OutOfRange { .. } => "OUT_OF_RANGE",
        Reason::HouseholdMissing(_) => "HOUSEHOLD_MISSING",
        Reason::NotGrowing => "NOT_GROWING",
        Reason::RateRises => "RATE_RISES",
        Reason::AboveHighest => "ABOVE_HIGHEST",
        Reason::Entries(_) => "ENTRIES",
        Reason::Step => "STEP",
        Reason::Twice => "TWICE",
        Reason::Gap(..) => "GAP",
        Reason::Overlap(..) => "OVERLAP",
        Reason::PaidOnce => "PAID_ONCE",
        Reason::Key => "KEY",
        Reason::Unknown => "UNKNOWN",
        Reason::EndsBeforeItBegins => "ENDS_BEFORE_IT_BEGINS",
        Reason::PeriodsOverlap => "PERIODS_OVERLAP",
    }
}

/// A path of the JSON, such as `households[2].extra_person`, as the API spells it: `households.2.extraPerson`.
fn as_clients_spell(path: &str) -> String {
    let mut spelt = String::new();
    let mut raise = false;
    for c in path.chars() {
        match c {
            '_' => raise = true,
            '[' => spelt.push('.'),
            ']' => {}
            c if raise => {
                raise = false;
                spelt.push(c.to_ascii_uppercase());
            }
            c => spelt.push(c),
        }
    }
    spelt
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_paths_as_clients_do() {
        let rule = Error::Rule {
            kind: "income_tested",
            invalid: Invalid::new("households[2].limit", Reason::HouseholdMissing(3)),
        };
        assert_eq!(rule.inside().as_deref(), Some("incomeTested.households.2.limit"));
        assert_eq!(
            (rule.field(), rule.code()),
            (Some("terms.valueRule"), ErrorCode::Required)
        );
        let raise = InvalidAssessment(Invalid::new("raise", Reason::OutOfRange { min: 0, max: 9 }));
        assert_eq!((raise.field(), raise.inside()), (Some("raise.cents"), None));
        let child = InvalidAssessment(Invalid::new("child.alterations[0]", Reason::Unknown));
        assert_eq!(child.inside().as_deref(), Some("child.alterations.0"));
    }
}
