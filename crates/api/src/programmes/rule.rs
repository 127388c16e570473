//! Value rules as clients write and read them. Each type is input and output alike; amounts are in cents, rates in basis
//! points (10 000 is the whole), times of day in minutes. Fields are named as in the paths of errors.

mod by_income;

use async_graphql::{Enum, InputObject, OneofObject, SimpleObject, Union};
use kernel::BasisPoints;
use programmes::value;

use crate::scalars::Cents;
use by_income::{EarlyEducationRule, HoursBandRule, IncomeTestedRule};

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
