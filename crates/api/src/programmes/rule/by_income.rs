//! The rules that read an income.

use async_graphql::{InputObject, SimpleObject};
use kernel::BasisPoints;
use programmes::value;
use programmes::value::households as rows;

use super::{CoefficientSlot, ValueSlot, timetable};
use crate::scalars::Cents;

/// What each person beyond the last row changes.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "ExtraPerson", input_name = "ExtraPersonInput")]
pub struct ExtraPerson {
    /// Raises the income limit.
    limit: Cents,
    /// Lowers the rate, in basis points.
    rate: i32,
}

impl From<ExtraPerson> for rows::ExtraPerson {
    fn from(input: ExtraPerson) -> Self {
        Self {
            limit: input.limit.0,
            rate: BasisPoints(input.rate),
        }
    }
}

impl From<rows::ExtraPerson> for ExtraPerson {
    fn from(rule: rows::ExtraPerson) -> Self {
        Self {
            limit: Cents(rule.limit),
            rate: rule.rate.0,
        }
    }
}

/// The income limit and the rate of a household.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "IncomeRow", input_name = "IncomeRowInput")]
pub struct IncomeRow {
    /// The persons of the household.
    household: i32,
    /// The gross monthly income that counts for nothing.
    limit: Cents,
    /// The share of the income above it that the resident pays, in basis points.
    rate: i32,
}

impl From<IncomeRow> for value::home_care::IncomeRow {
    fn from(input: IncomeRow) -> Self {
        Self {
            household: input.household,
            limit: input.limit.0,
            rate: BasisPoints(input.rate),
        }
    }
}

impl From<value::home_care::IncomeRow> for IncomeRow {
    fn from(rule: value::home_care::IncomeRow) -> Self {
        Self {
            household: rule.household,
            limit: Cents(rule.limit),
            rate: rule.rate.0,
        }
    }
}

/// The value of an hour of home care by income and household.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "IncomeTestedRule", input_name = "IncomeTestedRuleInput")]
pub struct IncomeTestedRule {
    /// The highest value of an hour.
    vmax: Cents,
    /// The lowest value of an hour; also the value without an income.
    floor: Cents,
    /// The limits and rates of households from one person on.
    households: Vec<IncomeRow>,
    /// What each person beyond the last row changes.
    extra_person: ExtraPerson,
    /// Rounds up to the next 1 (not at all), 5 or 10 cents.
    #[graphql(default_with = "Cents(kernel::Cents(1))")]
    round_up_to: Cents,
    /// Coefficients for every minute of every kind of day.
    coefficients: Option<Vec<CoefficientSlot>>,
}

impl From<IncomeTestedRule> for value::home_care::IncomeTested {
    fn from(input: IncomeTestedRule) -> Self {
        Self {
            vmax: input.vmax.0,
            floor: input.floor.0,
            households: input.households.into_iter().map(Into::into).collect(),
            extra_person: input.extra_person.into(),
            round_up_to: input.round_up_to.0,
            coefficients: input.coefficients.map(timetable),
        }
    }
}

impl From<value::home_care::IncomeTested> for IncomeTestedRule {
    fn from(rule: value::home_care::IncomeTested) -> Self {
        Self {
            vmax: Cents(rule.vmax),
            floor: Cents(rule.floor),
            households: rule.households.into_iter().map(Into::into).collect(),
            extra_person: rule.extra_person.into(),
            round_up_to: Cents(rule.round_up_to),
            coefficients: rule
                .coefficients
                .map(|slots| slots.0.into_iter().map(Into::into).collect()),
        }
    }
}

/// The income limit of a household and its rate in each band of hours.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "BandRow", input_name = "BandRowInput")]
pub struct BandRow {
    /// The persons of the household.
    household: i32,
    /// The gross monthly income that counts for nothing.
    limit: Cents,
    /// The share of the income above it that the resident pays, in basis points, for each band.
    rates: Vec<i32>,
}

impl From<BandRow> for value::home_care::BandRow {
    fn from(input: BandRow) -> Self {
        Self {
            household: input.household,
            limit: input.limit.0,
            rates: input.rates.into_iter().map(BasisPoints).collect(),
        }
    }
}

impl From<value::home_care::BandRow> for BandRow {
    fn from(rule: value::home_care::BandRow) -> Self {
        Self {
            household: rule.household,
            limit: Cents(rule.limit),
            rates: rule.rates.into_iter().map(|rate| rate.0).collect(),
        }
    }
}

/// The value of an hour of regular home care by income, household and hours granted.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "HoursBandRule", input_name = "HoursBandRuleInput")]
pub struct HoursBandRule {
    /// The lowest value of an hour; also the value without an income.
    floor: Cents,
    /// What an hour is worth without income, for every minute of every kind of day.
    bases: Vec<ValueSlot>,
    /// The last hour of each band but the last one, which is open.
    band_ends: Vec<i32>,
    /// The limits and rates of households from one person on.
    households: Vec<BandRow>,
    /// What each person beyond the last row changes.
    extra_person: ExtraPerson,
}

impl From<HoursBandRule> for value::home_care::HoursBand {
    fn from(input: HoursBandRule) -> Self {
        Self {
            floor: input.floor.0,
            bases: timetable(input.bases),
            band_ends: input.band_ends,
            households: input.households.into_iter().map(Into::into).collect(),
            extra_person: input.extra_person.into(),
        }
    }
}

impl From<value::home_care::HoursBand> for HoursBandRule {
    fn from(rule: value::home_care::HoursBand) -> Self {
        Self {
            floor: Cents(rule.floor),
            bases: rule.bases.0.into_iter().map(Into::into).collect(),
            band_ends: rule.band_ends,
            households: rule.households.into_iter().map(Into::into).collect(),
            extra_person: rule.extra_person.into(),
        }
    }
}

/// The income thresholds of a family.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "FamilyRow", input_name = "FamilyRowInput")]
pub struct FamilyRow {
    /// The persons of the family.
    household: i32,
    /// The gross monthly income that counts for nothing.
    min: Cents,
    /// The gross monthly income above which no more counts.
    max: Cents,
}

impl From<FamilyRow> for value::early_education::FamilyRow {
    fn from(input: FamilyRow) -> Self {
        Self {
            household: input.household,
            min: input.min.0,
            max: input.max.0,
        }
    }
}

impl From<value::early_education::FamilyRow> for FamilyRow {
    fn from(rule: value::early_education::FamilyRow) -> Self {
        Self {
            household: rule.household,
            min: Cents(rule.min),
            max: Cents(rule.max),
        }
    }
}

/// A service option with the values that the city has decided.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "ServiceOption", input_name = "ServiceOptionInput")]
pub struct ServiceOption {
    /// The key by which a child names it: letters, digits, `-` and `_`.
    key: String,
    /// The coefficient of the family's fee, in basis points.
    fee_coefficient: i32,
    /// The voucher value of a child of three and more, a month.
    value: Cents,
    /// The voucher value of a child under three, a month.
    value_under_three: Cents,
}

impl From<ServiceOption> for value::early_education::ServiceOption {
    fn from(input: ServiceOption) -> Self {
        Self {
            key: input.key,
            fee_coefficient: BasisPoints(input.fee_coefficient),
            value: input.value.0,
            value_under_three: input.value_under_three.0,
        }
    }
}

impl From<value::early_education::ServiceOption> for ServiceOption {
    fn from(rule: value::early_education::ServiceOption) -> Self {
        Self {
            key: rule.key,
            fee_coefficient: rule.fee_coefficient.0,
            value: Cents(rule.value),
            value_under_three: Cents(rule.value_under_three),
        }
    }
}

/// The value of a month of early education.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "EarlyEducationRule", input_name = "EarlyEducationRuleInput")]
pub struct EarlyEducationRule {
    /// The share of the income above the threshold that makes the fee, in basis points.
    multiplier: i32,
    /// The income thresholds of families from two persons on.
    families: Vec<FamilyRow>,
    /// What each person beyond the last row adds to both thresholds.
    extra_person: Cents,
    /// The discount of a second child, in basis points.
    second_child: i32,
    /// The discount of later children, in basis points.
    later_children: i32,
    /// The highest fee of a month; also the fee without an income.
    max_fee: Cents,
    /// A smaller fee is not charged.
    min_fee: Cents,
    /// The service options.
    options: Vec<ServiceOption>,
    /// What a part of a month is rounded to: 1 or 100 cents.
    #[graphql(default_with = "Cents(kernel::Cents(1))")]
    prorate_to: Cents,
}

impl From<EarlyEducationRule> for value::early_education::EarlyEducation {
    fn from(input: EarlyEducationRule) -> Self {
        Self {
            multiplier: BasisPoints(input.multiplier),
            families: input.families.into_iter().map(Into::into).collect(),
            extra_person: input.extra_person.0,
            second_child: BasisPoints(input.second_child),
            later_children: BasisPoints(input.later_children),
            max_fee: input.max_fee.0,
            min_fee: input.min_fee.0,
            options: input.options.into_iter().map(Into::into).collect(),
            prorate_to: input.prorate_to.0,
        }
    }
}

impl From<value::early_education::EarlyEducation> for EarlyEducationRule {
    fn from(rule: value::early_education::EarlyEducation) -> Self {
        Self {
            multiplier: rule.multiplier.0,
            families: rule.families.into_iter().map(Into::into).collect(),
            extra_person: Cents(rule.extra_person),
            second_child: rule.second_child.0,
            later_children: rule.later_children.0,
            max_fee: Cents(rule.max_fee),
            min_fee: Cents(rule.min_fee),
            options: rule.options.into_iter().map(Into::into).collect(),
            prorate_to: Cents(rule.prorate_to),
        }
    }
}
