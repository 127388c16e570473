//! What a voucher is worth: the value rule of the programme's terms on the circumstances of a resident.

use chrono::NaiveDate;
use kernel::{Cents, ErrorCode, FieldError, field};
use programmes::InvalidAssessment;
use programmes::model::terms::moment_of_decision;
use programmes::value::{Assessment, Valuation, ValueRule};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

use crate::Error;

/// What the value rule reads about a resident, and what an officer decides beside it. A rule that asks for nothing takes
/// the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, DeriveValueType)]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "stored")]
pub struct Circumstances {
    /// The situation of the resident; its raise is that of `raise`.
    pub assessment: Option<Assessment>,
    /// The resident has accepted expressly that without an income the value is the lowest (V4).
    pub accepts_without_income: bool,
    /// What the voucher may pay in all where the rule values each visit, in cents.
    pub amount: Option<Cents>,
    /// The hardship raise.
    pub raise: Option<Raise>,
}

/// A raise of the value of a unit, because livelihood would be endangered or social care asks for it (Act 569/2009, 8 §;
/// E7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// By how much, in cents.
    pub cents: Cents,
    /// Why, at most 2 000 characters.
    pub reason: String,
}

/// As circumstances and situations stand in the database: JSON in a text column, which SQL never looks into.
pub(super) fn stored<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain records always have a JSON text")
}

/// What is written into the voucher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it may pay in all, in cents.
    pub purse: Cents,
    /// By which situation each visit is valued.
    pub assessment: Option<Assessment>,
    /// What a unit is worth, and why.
    pub valuation: Valuation,
    /// Why it was raised.
    pub raise_reason: Option<String>,
}

impl Circumstances {
    /// Decides by `rule` for a voucher whose first day of use is `first_day`.
    ///
    /// # Errors
    /// `Field` and `Assessment` when something is missing that the rule reads, by its place in the input.
    pub fn decide(&self, rule: &ValueRule, first_day: NaiveDate) -> Result<Decision, Error> {
        let raise_reason = self.raise.as_ref().map(Raise::checked).transpose()?;
        let assessment = self.check(rule)?;
        let valuation = rule.value(&assessment, None, 1, moment_of_decision(first_day));
        let kept = !rule.is_paid_once() || self.assessment.is_some() || self.raise.is_some();
        Ok(Decision {
            purse: self.purse(rule, valuation.value)?,
            assessment: kept.then_some(assessment),
            valuation,
            raise_reason,
        })
    }

    /// The assessment that `rule` reads, with the raise.
    ///
    /// # Errors
    /// `Field` and `Assessment` when something is missing that the rule reads, by its place in the input.
    pub fn check(&self, rule: &ValueRule) -> Result<Assessment, Error> {
        if rule.reads_income() && self.assessment.is_none() {
            return Err(FieldError::new("assessment", ErrorCode::Required).into());
        }
        let assessment = Assessment {
            raise: self.raise.as_ref().map_or(Cents::ZERO, |raise| raise.cents),
            ..self.assessment.clone().unwrap_or_default()
        };
        rule.check_assessment(&assessment).map_err(InvalidAssessment)?;
        if rule.reads_income() && assessment.monthly_income.is_none() && !self.accepts_without_income {
            return Err(FieldError::new("assessment.acceptsWithoutIncome", ErrorCode::Required).into());
        }
        Ok(assessment)
    }

    /// The value where the rule makes one sum, else the amount.
    fn purse(&self, rule: &ValueRule, value: Cents) -> Result<Cents, FieldError> {
        match self.amount {
            None if rule.is_paid_once() => Ok(value),
            None => Err(FieldError::new("amount", ErrorCode::Required)),
            Some(amount) if rule.is_paid_once() => field::cents("amount", amount, value, value),
            Some(amount) => field::cents("amount", amount, Cents(1), Cents::MAX_INPUT),
        }
    }
}

impl Raise {
    /// The reason, when the raise is one.
    fn checked(&self) -> Result<String, FieldError> {
        field::cents("raise.cents", self.cents, Cents(1), Cents::MAX_INPUT)?;
        field::text("raise.reason", &self.reason, 2_000)
    }
}

#[cfg(test)]
mod tests {
    use kernel::Coded;
    use programmes::value::TextKey;
    use programmes::value::flat::{Flat, Per};
    use programmes::value::home_care::{IncomeRow, IncomeTested};
    use programmes::value::households::ExtraPerson;

    use super::*;

    fn flat(per: Per) -> ValueRule {
        ValueRule::Flat(Flat {
            value: Cents(10_000),
            per,
            coefficients: None,
        })
    }

    /// Formula (a) for one person.
    fn home_care() -> ValueRule {
        ValueRule::IncomeTested(IncomeTested {
            vmax: Cents(2_700),
            floor: Cents(700),
            households: vec![IncomeRow {
                household: 1,
                limit: Cents(56_300),
                rate: kernel::BasisPoints(3_500),
            }],
            extra_person: ExtraPerson {
                limit: Cents(34_200),
                rate: kernel::BasisPoints(100),
            },
            round_up_to: Cents(1),
            coefficients: None,
        })
    }

    fn decide(circumstances: &Circumstances, rule: &ValueRule) -> Result<Decision, Error> {
        circumstances.decide(rule, "2027-01-01".parse().unwrap())
    }

    fn wrong(circumstances: &Circumstances, rule: &ValueRule) -> (ErrorCode, Option<&'static str>, Option<String>) {
        let error = decide(circumstances, rule).unwrap_err();
        (error.code(), error.field(), error.inside())
    }

    #[test]
    fn one_sum_is_granted_whole() {
        let granted = decide(&Circumstances::default(), &flat(Per::Voucher)).unwrap();
        assert_eq!((granted.purse, granted.assessment), (Cents(10_000), None));
        let other = Circumstances {
            amount: Some(Cents(9_999)),
            ..Circumstances::default()
        };
        let refused = (ErrorCode::OutOfRange, Some("amount"), None);
        assert_eq!(wrong(&other, &flat(Per::Voucher)), refused);
    }

    #[test]
    fn a_raise_has_a_reason_and_a_line_of_its_own() {
        let mut raised = Circumstances {
            raise: Some(Raise {
                cents: Cents(2_500),
                reason: "Toimeentulo vaarantuisi.".into(),
            }),
            ..Circumstances::default()
        };
        let granted = decide(&raised, &flat(Per::Voucher)).unwrap();
        assert_eq!(granted.purse, Cents(12_500));
        assert!(
            granted
                .valuation
                .lines
                .iter()
                .any(|line| line.key == TextKey::HardshipRaise)
        );
        assert_eq!(granted.raise_reason.as_deref(), Some("Toimeentulo vaarantuisi."));
        raised.raise = Some(Raise {
            cents: Cents(2_500),
            reason: " ".into(),
        });
        assert_eq!(
            wrong(&raised, &flat(Per::Voucher)),
            (ErrorCode::Required, Some("raise.reason"), None)
        );
    }

    #[test]
    fn a_rule_by_income_asks_for_what_it_reads() {
        let rule = home_care();
        let mut told = Circumstances::default();
        assert_eq!(wrong(&told, &rule), (ErrorCode::Required, Some("assessment"), None));
        told.assessment = Some(Assessment {
            household_size: 0,
            monthly_income: Some(Cents(140_000)),
            ..Assessment::default()
        });
        let size = Some("householdSize".to_owned());
        assert_eq!(wrong(&told, &rule), (ErrorCode::OutOfRange, Some("assessment"), size));
        told.assessment = Some(Assessment {
            monthly_income: Some(Cents(140_000)),
            ..Assessment::default()
        });
        assert_eq!(wrong(&told, &rule), (ErrorCode::Required, Some("amount"), None));
        told.amount = Some(Cents(50_000));
        let granted = decide(&told, &rule).unwrap();
        assert_eq!((granted.purse, granted.valuation.value), (Cents(50_000), Cents(2_212)));
    }

    #[test]
    fn the_lowest_value_without_an_income_is_accepted_expressly() {
        let mut silent = Circumstances {
            assessment: Some(Assessment::default()),
            amount: Some(Cents(50_000)),
            ..Circumstances::default()
        };
        let consent = Some("assessment.acceptsWithoutIncome");
        assert_eq!(wrong(&silent, &home_care()), (ErrorCode::Required, consent, None));
        silent.accepts_without_income = true;
        assert_eq!(decide(&silent, &home_care()).unwrap().valuation.value, Cents(700));
    }
}
