//! What the rules read about a resident.

use chrono::NaiveDate;
use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

use super::invalid::{self, Invalid, Reason};
use super::{MAX_AMOUNT, MAX_COEFFICIENT};

/// The largest household that a rule counts; the limits of larger ones are those of this size.
pub const MAX_HOUSEHOLD: i32 = 50;
/// The hours of the longest month.
const MAX_HOURS: i32 = 744;

/// The situation of a resident as an officer has assessed it, or as a visitor of the calculator has told it. A rule
/// reads only the fields it needs and takes a number outside its range as the nearest one inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sea_orm::DeriveValueType)]
#[serde(deny_unknown_fields)]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "super::stored")]
pub struct Assessment {
    /// The persons of the household, from 1 to 50. In early education the family, the child included.
    pub household_size: i32,
    /// The gross income of the household in a month, in cents; maintenance paid is deducted already. `None` when it was
    /// not given or the resident refuses to: that is the lowest value, accepted expressly (V4).
    pub monthly_income: Option<Cents>,
    /// The hours of care granted in a month, from 1; read by the hours-band rule.
    pub hours_per_month: i32,
    /// The child of an early-education voucher.
    pub child: Option<Child>,
    /// What the value of a unit (hour, piece, voucher or month) is raised by when livelihood would be endangered or
    /// social care asks for it (Act 569/2009, 8 §; E7). In cents; zero for nearly everybody.
    pub raise: Cents,
}

/// The child of an early-education voucher.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Child {
    /// The day of birth, which decides the age group.
    pub born: NaiveDate,
    /// Its place among the family's children in early education, from the youngest: 1, 2, 3 …
    pub ordinal: i32,
    /// The key of its service option in the rule.
    pub option: String,
    /// The coefficient of its need for assistance in basis points; 10 000 for most children.
    pub assistance: BasisPoints,
    /// What changes the family's fee, in the order in which it was decided.
    pub alterations: Vec<Alteration>,
}

/// A change of a family's fee (maksumuutos). Discounts and reliefs are negative, increases positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alteration {
    /// By a sum, in cents.
    Amount(Cents),
    /// By a share of the fee as it stands, in basis points from -10 000 to 10 000.
    Share(BasisPoints),
}

impl Default for Assessment {
    /// One person of whom nothing is known: what rules read that do not ask for an income.
    fn default() -> Self {
        Self {
            household_size: 1,
            monthly_income: None,
            hours_per_month: 1,
            child: None,
            raise: Cents::ZERO,
        }
    }
}

impl Assessment {
    /// Checks what every rule reads.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        if let Some(income) = self.monthly_income {
            invalid::number("monthly_income", income.0, 0, Cents::MAX_INPUT.0)?;
        }
        invalid::amount("raise", self.raise)
    }

    pub(super) fn check_household(&self) -> Result<(), Invalid> {
        invalid::number("household_size", self.household_size.into(), 1, MAX_HOUSEHOLD.into())
    }

    pub(super) fn check_hours(&self) -> Result<(), Invalid> {
        invalid::number("hours_per_month", self.hours_per_month.into(), 1, MAX_HOURS.into())
    }

    /// The raise within the range of amounts.
    pub(super) fn raise_in_range(&self) -> Cents {
        self.raise.clamp(Cents::ZERO, MAX_AMOUNT)
    }

    /// The hours within their range.
    pub(super) fn hours_in_range(&self) -> i32 {
        self.hours_per_month.clamp(1, MAX_HOURS)
    }
}

impl Child {
    /// Checks the numbers; whether the option is known only the rule can say.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        invalid::number("child.ordinal", self.ordinal.into(), 1, MAX_HOUSEHOLD.into())?;
        invalid::rate("child.assistance", self.assistance, MAX_COEFFICIENT)?;
        let alterations = i64::try_from(self.alterations.len()).unwrap_or(i64::MAX);
        invalid::number("child.alterations", alterations, 0, 50)?;
        for (index, alteration) in self.alterations.iter().enumerate() {
            let (value, max) = match alteration {
                Alteration::Amount(amount) => (amount.0, MAX_AMOUNT.0),
                Alteration::Share(share) => (share.0.into(), 10_000),
            };
            invalid::number(&format!("child.alterations[{index}]"), value, -max, max)?;
        }
        if self.option.is_empty() {
            return Err(Invalid::new("child.option", Reason::Empty));
        }
        Ok(())
    }
}
