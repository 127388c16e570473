//! How a value came about, in lines that the API turns into sentences.

use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

use super::flat::Per;
use super::timetable::DayKind;

/// The value of a voucher with its explanation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "super::stored")]
pub struct Valuation {
    /// What the voucher is worth, in cents.
    pub value: Cents,
    /// How it came about, in the order of the calculation; the last line is [`TextKey::Value`].
    pub lines: Vec<Line>,
}

/// A step of the calculation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// Its sentence.
    pub key: TextKey,
    /// The values that the sentence names beside the amount.
    pub params: Vec<Param>,
    /// The amount that the line is about, in cents; negative where it lowers the value or a fee.
    pub cents: Cents,
}

/// The sentences of explanations, one closed list. Keys are stored with decisions, so they keep their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sea_orm::EnumIter)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TextKey {
    /// The value is the same for everybody: amount, `per`.
    FlatValue,
    /// The share of the price: amount, `rate`, `price`.
    ShareOfPrice,
    /// The most that is paid of a price not known yet: amount.
    Ceiling,
    /// Raised to the lowest value: amount.
    RaisedToFloor,
    /// Lowered to the highest value: amount.
    LoweredToCeiling,
    /// The highest value of an hour: amount.
    HighestValue,
    /// No income was given, so this is the lowest value: amount.
    LowestWithoutIncome,
    /// The income does not pass the limit of the household: amount zero, `income`, `limit`, `household`.
    IncomeWithinLimit,
    /// What the income above the limit takes off an hour: negative amount, `income`, `limit`, `household`, `rate`.
    IncomeReduction,
    /// Rounded up in the client's favour: amount, `step`.
    RoundedUp,
    /// The resident's part of a month: amount, `income`, `limit`, `household`, `rate`.
    MonthlyOwnShare,
    /// The resident's part of an hour: negative amount, `hours`.
    HourlyOwnShare,
    /// Hours at one rate: amount, `hourly`, `minutes`, `units`.
    Hours,
    /// Hours on such days between two times of day: amount, `hourly`, `minutes`, `units`, `days`, `from`, `to`.
    HoursInSlot,
    /// The coefficient of the time of day: amount of a unit with it, `rate`, `days`, `from`, `to`.
    TimeCoefficient,
    /// A number of units: amount, `units`.
    Units,
    /// The voucher value of the service option: amount, `option`.
    OptionValue,
    /// The voucher value of the option for a child under three: amount, `option`.
    OptionValueUnderThree,
    /// The assessment names no option of the rule: amount zero.
    OptionUnknown,
    /// Raised for a child's need for assistance: amount, `rate`.
    Assistance,
    /// The family's fee by income: amount, `income`, `limit`, `household`, `rate`.
    FeeByIncome,
    /// No income was given, so this is the highest fee: amount.
    HighestFeeWithoutIncome,
    /// Lowered to the highest fee: amount.
    HighestFee,
    /// The fee with the discount of siblings: amount, `ordinal`, `rate`.
    SiblingDiscount,
    /// The fee by the service need: amount, `rate`.
    FeeByServiceNeed,
    /// A fee below the smallest one is not charged: amount zero, `smallest`.
    FeeNotCharged,
    /// What a decision changes in the fee: amount, negative for a discount.
    FeeAlteration,
    /// The family's fee, which the voucher does not cover: negative amount.
    FamilyFee,
    /// Raised because livelihood would be endangered (8 §): amount added to a unit.
    HardshipRaise,
    /// The city pays no more than the price: amount.
    PriceLimit,
    /// The value: amount. Always the last line.
    Value,
}

/// A value that a sentence names, with its type, so that it is written in the manner of the language.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Param {
    /// What is paid at a time.
    Per(Per),
    /// The price, in cents.
    Price(Cents),
    /// A monthly income, in cents.
    Income(Cents),
    /// The income that counts for nothing, in cents a month.
    Limit(Cents),
    /// The persons of the household.
    Household(i32),
    /// A share or a coefficient, in basis points.
    Rate(BasisPoints),
    /// A step of rounding, in cents.
    Step(Cents),
    /// The smallest fee, in cents.
    Smallest(Cents),
    /// Granted hours in a month.
    Hours(i32),
    /// The value of an hour, in cents.
    Hourly(Cents),
    /// Paid minutes of one unit.
    Minutes(i32),
    /// Pieces, places or months.
    Units(i32),
    /// The kind of day.
    Days(DayKind),
    /// A minute of the day from which a rate holds.
    From(i32),
    /// The minute of the day up to which it holds.
    To(i32),
    /// The key of a service option.
    Option(String),
    /// The place of a child among siblings.
    Ordinal(i32),
}

/// Collects the lines while a value is computed.
#[derive(Default)]
pub(super) struct Explanation(Vec<Line>);

impl Explanation {
    /// Adds a line.
    pub(super) fn add<const N: usize>(&mut self, key: TextKey, params: [Param; N], cents: Cents) {
        self.0.push(Line {
            key,
            params: params.into(),
            cents,
        });
    }

    /// Ends with the value: from zero to the price, if there is one.
    pub(super) fn finish(mut self, value: Cents, price: Option<Cents>) -> Valuation {
        let mut value = value.max(Cents::ZERO);
        if let Some(price) = price.map(|price| price.max(Cents::ZERO)).filter(|price| *price < value) {
            value = price;
            self.add(TextKey::PriceLimit, [], value);
        }
        self.add(TextKey::Value, [], value);
        Valuation { value, lines: self.0 }
    }
}
