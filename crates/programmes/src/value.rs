//! What a voucher is worth: the value rules (arvosääntö) of voucher programmes as pure functions in cents.
//!
//! A [`ValueRule`] is data that a city writes and that is stored as JSON; it changes yearly, so it is kept with the
//! period in which it is [`InForce`]. [`ValueRule::check`] is called before a rule is stored. A stored rule answers for
//! every assessment without failing and explains itself in [`Line`]s, the last of which is the value. How the price is
//! then divided between voucher and resident is [`share()`].
//!
//! How to add a kind of rule: a file with its parameters, `check` and `value`, a variant here, keys in
//! [`explanation::TextKey`], and a worked row from its source as a test.

use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

pub mod assessment;
pub mod early_education;
pub mod explanation;
pub mod flat;
pub mod holidays;
pub mod home_care;
pub mod households;
pub mod in_force;
pub mod invalid;
mod most;
mod paid;
#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod samples;
pub mod sentences;
pub mod share;
pub mod timetable;

pub use assessment::Assessment;
pub use explanation::{Line, TextKey, Valuation};
pub use in_force::InForce;
pub use invalid::Invalid;
pub use share::share;
pub use timetable::Moment;

use early_education::EarlyEducation;
use explanation::Explanation;
use flat::{Flat, Percentage};
use home_care::{HoursBand, IncomeTested};

/// How a programme turns a resident's situation into the value of a voucher.
///
/// The organiser alone decides the rule (Act on service vouchers 569/2009, 7 §); in JSON the field `kind` names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sea_orm::DeriveValueType)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "stored")]
pub enum ValueRule {
    /// The same sum for everybody: formula (d).
    Flat(Flat),
    /// A share of the price between a floor and a ceiling.
    Percentage(Percentage),
    /// Home care by income and household, per hour: formula (a).
    IncomeTested(IncomeTested),
    /// Regular home care by income, household and hours granted, per hour: formula (b).
    HoursBand(HoursBand),
    /// Early education by income, family and service need, per month: formula (c).
    EarlyEducation(EarlyEducation),
}

impl ValueRule {
    /// Checks every parameter of the rule.
    ///
    /// # Errors
    /// The first parameter that does not fit, by its path in the JSON, and why.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Flat(rule) => rule.check(),
            Self::Percentage(rule) => rule.check(),
            Self::IncomeTested(rule) => rule.check(),
            Self::HoursBand(rule) => rule.check(),
            Self::EarlyEducation(rule) => rule.check(),
        }
    }

    /// True when the value is a sum for the whole voucher: that sum is granted, and a booking spends it up to its price.
    /// Every other rule values each visit, and the officer grants a sum up to which visits are paid.
    pub fn is_paid_once(&self) -> bool {
        matches!(self, Self::Flat(rule) if rule.per == flat::Per::Voucher)
    }

    /// True when the value depends on the household and its income, so that nothing is granted without an assessment.
    pub fn reads_income(&self) -> bool {
        match self {
            Self::Flat(_) | Self::Percentage(_) => false,
            Self::IncomeTested(_) | Self::HoursBand(_) | Self::EarlyEducation(_) => true,
        }
    }

    /// True when a voucher that was granted under the other rule can be valued by this one: both are paid once or neither
    /// is, and both read the income or neither does.
    pub fn reads_like(&self, other: &Self) -> bool {
        (self.is_paid_once(), self.reads_income()) == (other.is_paid_once(), other.reads_income())
    }

    /// How JSON and the API name the kind, in the manner of JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flat(_) => "flat",
            Self::Percentage(_) => "percentage",
            Self::IncomeTested(_) => "income_tested",
            Self::HoursBand(_) => "hours_band",
            Self::EarlyEducation(_) => "early_education",
        }
    }

    /// Checks that an assessment holds what this rule reads. A value is computed without it too, but a decision on such
    /// an assessment would grant nothing.
    ///
    /// # Errors
    /// The first input that is missing or out of its range, by its path in the assessment.
    pub fn check_assessment(&self, assessment: &Assessment) -> Result<(), Invalid> {
        match self {
            Self::Flat(_) | Self::Percentage(_) => assessment.check(),
            Self::IncomeTested(_) => assessment.check().and_then(|()| assessment.check_household()),
            Self::HoursBand(_) => assessment
                .check()
                .and_then(|()| assessment.check_household())
                .and_then(|()| assessment.check_hours()),
            Self::EarlyEducation(rule) => assessment
                .check()
                .and_then(|()| assessment.check_household())
                .and_then(|()| rule.check_child(assessment)),
        }
    }

    /// What the voucher is worth for `units` (pieces, places or months) at a moment. Rules by the hour pay the time of
    /// the moment for each unit.
    ///
    /// `price` is the price of all units together; the value never passes it, because the organiser pays at most the
    /// price agreed (rule L12). Without one (a decision before anything is bought) there is no such limit, and a
    /// percentage is worth its ceiling. A resident who has not given an income, or refuses to, gets the lowest value of
    /// the rule (V4).
    pub fn value(&self, assessment: &Assessment, price: Option<Cents>, units: i32, moment: Moment) -> Valuation {
        let units = units.clamp(0, MAX_UNITS);
        let mut explanation = Explanation::default();
        let value = match self {
            Self::Flat(rule) => rule.value(assessment, units, moment, &mut explanation),
            Self::Percentage(rule) => rule.value(assessment, price, units, &mut explanation),
            Self::IncomeTested(rule) => rule.value(assessment, units, moment, &mut explanation),
            Self::HoursBand(rule) => rule.value(assessment, units, moment, &mut explanation),
            Self::EarlyEducation(rule) => rule.value(assessment, units, moment, &mut explanation),
        };
        explanation.finish(value, price)
    }
}

/// As rules, assessments and valuations stand in the database: JSON in a text column, which SQL never looks into.
pub(crate) fn stored<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain records always have a JSON text")
}

/// The largest amount that a rule may name: a hundred thousand euros, so that no product passes 64 bits.
const MAX_AMOUNT: Cents = Cents(10_000_000);
/// The most units that one valuation counts.
const MAX_UNITS: i32 = 10_000;
/// One hundred per cent.
const WHOLE: BasisPoints = BasisPoints(10_000);
/// The largest coefficient: ten times the value.
const MAX_COEFFICIENT: BasisPoints = BasisPoints(100_000);

/// `numerator / denominator` cents, rounded half up by the rule of [`Cents::share`]; for numerators from zero.
///
/// The part below a cent is cut to ten-thousandths first. That loses nothing: whether it is half a cent or more can be
/// read from its first digits.
fn quotient(numerator: i64, denominator: i64) -> Cents {
    let below = Cents(numerator % denominator * 10_000 / denominator);
    Cents(numerator / denominator) + below.share(BasisPoints(1))
}

/// An income as rules read it: from zero to the largest amount of an input.
fn income_in_range(income: Cents) -> Cents {
    income.clamp(Cents::ZERO, Cents::MAX_INPUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_half_up() {
        assert_eq!(quotient(5, 10), Cents(1));
        assert_eq!(quotient(4_999_999, 10_000_000), Cents(0));
        assert_eq!(quotient(1_327_050_000, 600_000), Cents(2_212));
        assert_eq!(quotient(607_200, 21), Cents(28_914));
        assert_eq!(quotient(0, 3), Cents(0));
    }

    #[test]
    fn is_stored_as_json_with_its_kind_and_knows_no_other_field() {
        let text = r#"{"kind":"percentage","rate":5000,"floor":500,"ceiling":2000}"#;
        let rule: ValueRule = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        let unknown = text.replace("floor", "flor");
        assert!(serde_json::from_str::<ValueRule>(&unknown).is_err());
        let surplus = text.replace("\"rate\"", "\"limit\":1,\"rate\"");
        let error = serde_json::from_str::<ValueRule>(&surplus).unwrap_err();
        assert!(error.to_string().contains("limit"), "{error}");
        assert!(serde_json::from_str::<ValueRule>(&text.replace("percentage", "lottery")).is_err());
    }
}
