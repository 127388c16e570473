//! Value rules as clients write and read them. Each type is input and output alike; amounts are in cents, rates in basis
//! points (10 000 is the whole), times of day in minutes. Fields are named as in the paths of errors.

use async_graphql::{Enum, InputObject, OneofObject, SimpleObject, Union};
use kernel::BasisPoints;
use programmes::value;
use programmes::value::households as rows;

use crate::scalars::Cents;

/// What a flat sum is paid for.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "value::flat::Per")]
pub enum PaidPer {
    /// Each piece or visit.
    Piece,
    /// Each hour, by the minute.
    Hour,
    /// The whole voucher, once.
    Voucher,
}

/// The kinds of day that a timetable tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "value::timetable::DayKind")]
pub enum DayKind {
    /// Monday to Friday, unless it is a public holiday.
    Weekday,
    /// A Saturday that is no public holiday.
    Saturday,
    /// A Sunday, or a public holiday on any day.
    SundayOrHoliday,
}

/// How a programme turns a resident's situation into the value of a voucher; exactly one kind.
#[derive(Union, OneofObject)]
#[graphql(name = "ValueRule", input_name = "ValueRuleInput")]
pub enum ValueRule {
    /// The same sum for everybody.
    Flat(FlatRule),
    /// A share of the price.
    Percentage(PercentageRule),
    /// Home care by income and household, per hour.
    IncomeTested(IncomeTestedRule),
    /// Regular home care by income, household and hours granted, per hour.
    HoursBand(HoursBandRule),
    /// Early education by income, family and service need, per month.
    EarlyEducation(EarlyEducationRule),
}

impl From<ValueRule> for value::ValueRule {
    fn from(rule: ValueRule) -> Self {
        match rule {
            ValueRule::Flat(rule) => Self::Flat(rule.into()),
            ValueRule::Percentage(rule) => Self::Percentage(rule.into()),
            ValueRule::IncomeTested(rule) => Self::IncomeTested(rule.into()),
            ValueRule::HoursBand(rule) => Self::HoursBand(rule.into()),
            ValueRule::EarlyEducation(rule) => Self::EarlyEducation(rule.into()),
        }
    }
}

impl From<value::ValueRule> for ValueRule {
    fn from(rule: value::ValueRule) -> Self {
        match rule {
            value::ValueRule::Flat(rule) => Self::Flat(rule.into()),
            value::ValueRule::Percentage(rule) => Self::Percentage(rule.into()),
            value::ValueRule::IncomeTested(rule) => Self::IncomeTested(rule.into()),
            value::ValueRule::HoursBand(rule) => Self::HoursBand(rule.into()),
            value::ValueRule::EarlyEducation(rule) => Self::EarlyEducation(rule.into()),
        }
    }
}

fn timetable<S, T>(slots: Vec<S>) -> value::timetable::Timetable<T>
where
    value::timetable::Slot<T>: From<S>,
{
    value::timetable::Timetable(slots.into_iter().map(Into::into).collect())
}

/// A coefficient between two times of day.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "CoefficientSlot", input_name = "CoefficientSlotInput")]
pub struct CoefficientSlot {
    /// On which days.
    days: DayKind,
    /// The minute of the day from which it holds.
    from_minute: i32,
    /// The minute up to which it holds, not included; 1 440 is midnight.
    to_minute: i32,
    /// The coefficient in basis points.
    rate: i32,
}

impl From<CoefficientSlot> for value::timetable::Slot<BasisPoints> {
    fn from(input: CoefficientSlot) -> Self {
        Self {
            days: input.days.into(),
            from_minute: input.from_minute,
            to_minute: input.to_minute,
            rate: BasisPoints(input.rate),
        }
    }
}

impl From<value::timetable::Slot<BasisPoints>> for CoefficientSlot {
    fn from(rule: value::timetable::Slot<BasisPoints>) -> Self {
        Self {
            days: rule.days.into(),
            from_minute: rule.from_minute,
            to_minute: rule.to_minute,
            rate: rule.rate.0,
        }
    }
}

/// The value of an hour between two times of day.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "ValueSlot", input_name = "ValueSlotInput")]
pub struct ValueSlot {
    /// On which days.
    days: DayKind,
    /// The minute of the day from which it holds.
    from_minute: i32,
    /// The minute up to which it holds, not included; 1 440 is midnight.
    to_minute: i32,
    /// The value of an hour.
    rate: Cents,
}

impl From<ValueSlot> for value::timetable::Slot<kernel::Cents> {
    fn from(input: ValueSlot) -> Self {
        Self {
            days: input.days.into(),
            from_minute: input.from_minute,
            to_minute: input.to_minute,
            rate: input.rate.0,
        }
    }
}

impl From<value::timetable::Slot<kernel::Cents>> for ValueSlot {
    fn from(rule: value::timetable::Slot<kernel::Cents>) -> Self {
        Self {
            days: rule.days.into(),
            from_minute: rule.from_minute,
            to_minute: rule.to_minute,
            rate: Cents(rule.rate),
        }
    }
}

/// The same sum for everybody.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "FlatRule", input_name = "FlatRuleInput")]
pub struct FlatRule {
    /// The sum.
    value: Cents,
    /// What it is paid for.
    #[graphql(default_with = "PaidPer::Voucher")]
    per: PaidPer,
    /// Coefficients for every minute of every kind of day, for what is paid by the piece or the hour.
    coefficients: Option<Vec<CoefficientSlot>>,
}

impl From<FlatRule> for value::flat::Flat {
    fn from(input: FlatRule) -> Self {
        Self {
            value: input.value.0,
            per: input.per.into(),
            coefficients: input.coefficients.map(timetable),
        }
    }
}

impl From<value::flat::Flat> for FlatRule {
    fn from(rule: value::flat::Flat) -> Self {
        Self {
            value: Cents(rule.value),
            per: rule.per.into(),
            coefficients: rule
                .coefficients
                .map(|slots| slots.0.into_iter().map(Into::into).collect()),
        }
    }
}

/// A share of the price between a floor and a ceiling.
#[derive(SimpleObject, InputObject)]
#[graphql(name = "PercentageRule", input_name = "PercentageRuleInput")]
pub struct PercentageRule {
    /// The share in basis points up to 10 000.
    rate: i32,
    /// The least that is paid for a unit; a lower price is paid whole.
    floor: Cents,
    /// The most that is paid for a unit.
    ceiling: Cents,
}

impl From<PercentageRule> for value::flat::Percentage {
    fn from(input: PercentageRule) -> Self {
        Self {
            rate: BasisPoints(input.rate),
            floor: input.floor.0,
            ceiling: input.ceiling.0,
        }
    }
}

impl From<value::flat::Percentage> for PercentageRule {
    fn from(rule: value::flat::Percentage) -> Self {
        Self {
            rate: rule.rate.0,
            floor: Cents(rule.floor),
            ceiling: Cents(rule.ceiling),
        }
    }
}

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
