//! Values of early education (varhaiskasvatus) by income, family and service need, per month.

use chrono::{Datelike, Months, NaiveDate};
use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

use super::assessment::{Alteration, Assessment, Child};
use super::explanation::{Explanation, Param, TextKey};
use super::households::{check_limit, check_sizes, locate};
use super::invalid::{self, Invalid, Reason};
use super::timetable::Moment;
use super::{MAX_AMOUNT, MAX_COEFFICIENT, WHOLE, income_in_range, paid, quotient};

/// The value of a month of early education: formula (c), as the cities' own system computes it (V3). The value is the
/// voucher value of the service option less the family's fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyEducation {
    /// The share of the income above the threshold that makes the fee, in basis points; 1 070 in 2023.
    pub multiplier: BasisPoints,
    /// The income thresholds of families from two persons on.
    pub families: Vec<FamilyRow>,
    /// What each person beyond the last row adds to both thresholds, in cents a month.
    pub extra_person: Cents,
    /// The discount of a second child, in basis points.
    pub second_child: BasisPoints,
    /// The discount of a third child and those after it, in basis points.
    pub later_children: BasisPoints,
    /// The highest fee of a month, in cents; also the fee without an income.
    pub max_fee: Cents,
    /// A smaller fee is not charged, in cents.
    pub min_fee: Cents,
    /// The service options with their values.
    pub options: Vec<ServiceOption>,
    /// What a part of a month is rounded to: 1 for a cent, 100 for a whole euro.
    pub prorate_to: Cents,
}

/// The income thresholds of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyRow {
    /// The persons of the family.
    pub household: i32,
    /// The gross income that counts for nothing, in cents a month.
    pub min: Cents,
    /// The gross income above which no more counts, in cents a month.
    pub max: Cents,
}

/// A service option (palveluntarve), such as full days or at most 25 hours a week. Its values are those that the city has
/// decided: they are not always the base value times a coefficient (683.00 € where 911 × 0.75 makes 683.25 €).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceOption {
    /// The key by which a child's assessment names it.
    pub key: String,
    /// The coefficient of the family's fee, in basis points.
    pub fee_coefficient: BasisPoints,
    /// The voucher value of a child of three and more, in cents a month.
    pub value: Cents,
    /// The voucher value of a child under three, in cents a month.
    pub value_under_three: Cents,
}

impl EarlyEducation {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        invalid::rate("multiplier", self.multiplier, WHOLE)?;
        let sizes: Vec<_> = self.families.iter().map(|row| row.household).collect();
        check_sizes("families", 2, &sizes)?;
        let mut before: Option<&FamilyRow> = None;
        for (index, row) in self.families.iter().enumerate() {
            let path = format!("families[{index}]");
            check_limit(&format!("{path}.min"), before.map(|before| before.min), row.min)?;
            check_limit(&format!("{path}.max"), before.map(|before| before.max), row.max)?;
            invalid::at_most(&format!("{path}.min"), row.min, row.max)?;
            before = Some(row);
        }
        invalid::amount("extra_person", self.extra_person)?;
        invalid::rate("second_child", self.second_child, WHOLE)?;
        invalid::rate("later_children", self.later_children, WHOLE)?;
        invalid::amount("max_fee", self.max_fee)?;
        invalid::amount("min_fee", self.min_fee)?;
        invalid::at_most("min_fee", self.min_fee, self.max_fee)?;
        if ![1, 100].contains(&self.prorate_to.0) {
            return Err(Invalid::new("prorate_to", Reason::Step));
        }
        self.check_options()
    }

    fn check_options(&self) -> Result<(), Invalid> {
        if self.options.is_empty() {
            return Err(Invalid::new("options", Reason::Empty));
        }
        let options = i64::try_from(self.options.len()).unwrap_or(i64::MAX);
        invalid::number("options", options, 1, 100)?;
        for (index, option) in self.options.iter().enumerate() {
            let path = format!("options[{index}]");
            invalid::key(&format!("{path}.key"), &option.key)?;
            if self.options.iter().take(index).any(|other| other.key == option.key) {
                return Err(Invalid::new(format!("{path}.key"), Reason::Twice));
            }
            invalid::rate(&format!("{path}.fee_coefficient"), option.fee_coefficient, WHOLE)?;
            invalid::amount(&format!("{path}.value"), option.value)?;
            invalid::amount(&format!("{path}.value_under_three"), option.value_under_three)?;
        }
        Ok(())
    }

    /// Checks that the assessment names a child with an option of this rule.
    pub(super) fn check_child(&self, assessment: &Assessment) -> Result<(), Invalid> {
        let missing = || Invalid::new("child", Reason::Empty);
        let child = assessment.child.as_ref().ok_or_else(missing)?;
        child.check()?;
        match self.option(child) {
            Some(_) => Ok(()),
            None => Err(Invalid::new("child.option", Reason::Unknown)),
        }
    }

    pub(super) fn value(
        &self,
        assessment: &Assessment,
        months: i32,
        moment: Moment,
        explanation: &mut Explanation,
    ) -> Cents {
        let known = assessment
            .child
            .as_ref()
            .and_then(|child| Some((child, self.option(child)?)));
        let Some((child, option)) = known else {
            explanation.add(TextKey::OptionUnknown, [], Cents::ZERO);
            return Cents::ZERO;
        };
        let voucher_value = voucher_value(option, child, moment.day, explanation);
        let fee = self.fee(assessment, child, option, explanation);
        explanation.add(TextKey::FamilyFee, [], -fee);
        let monthly = (voucher_value - fee).max(Cents::ZERO);
        let monthly = paid::raised(monthly, assessment, explanation);
        paid::pieces(monthly, None, months, moment, explanation)
    }

    /// The family's fee (asiakasmaksu) with its alterations, not below zero.
    fn fee(
        &self,
        assessment: &Assessment,
        child: &Child,
        option: &ServiceOption,
        explanation: &mut Explanation,
    ) -> Cents {
        let mut fee = self.base_fee(assessment, explanation);
        let discount = match child.ordinal {
            ..=1 => BasisPoints(0),
            2 => self.second_child,
            _ => self.later_children,
        };
        if discount.0 != 0 {
            fee = euros(fee, BasisPoints(WHOLE.0 - discount.0));
            let params = [Param::Ordinal(child.ordinal), Param::Rate(discount)];
            explanation.add(TextKey::SiblingDiscount, params, fee);
        }
        if option.fee_coefficient != WHOLE {
            fee = euros(fee, option.fee_coefficient);
            explanation.add(TextKey::FeeByServiceNeed, [Param::Rate(option.fee_coefficient)], fee);
        }
        if fee < self.min_fee {
            fee = Cents::ZERO;
            explanation.add(TextKey::FeeNotCharged, [Param::Smallest(self.min_fee)], fee);
        }
        for alteration in &child.alterations {
            let change = alteration.of(fee);
            fee = fee + change;
            explanation.add(TextKey::FeeAlteration, [], change);
        }
        fee
    }

    /// The fee by income before discounts, in whole euros (step 1).
    fn base_fee(&self, assessment: &Assessment, explanation: &mut Explanation) -> Cents {
        let size = assessment.household_size;
        let row =
            locate(2, self.families.len(), size).and_then(|(index, more)| Some((self.families.get(index)?, more)));
        let (Some(income), Some((row, more))) = (assessment.monthly_income.map(income_in_range), row) else {
            explanation.add(TextKey::HighestFeeWithoutIncome, [], self.max_fee);
            return self.max_fee;
        };
        let more = self.extra_person.times(more);
        let (min, max) = (row.min + more, row.max + more);
        let above = (income.min(max) - min).max(Cents::ZERO);
        let fee = euros(above, self.multiplier);
        let params = [
            Param::Income(income),
            Param::Limit(min),
            Param::Household(size),
            Param::Rate(self.multiplier),
        ];
        explanation.add(TextKey::FeeByIncome, params, fee);
        if fee > self.max_fee {
            explanation.add(TextKey::HighestFee, [], self.max_fee);
        }
        fee.min(self.max_fee)
    }

    fn option(&self, child: &Child) -> Option<&ServiceOption> {
        self.options.iter().find(|option| option.key == child.option)
    }
}

/// The voucher value of an option for a child on a day (step 4).
fn voucher_value(option: &ServiceOption, child: &Child, day: NaiveDate, explanation: &mut Explanation) -> Cents {
    let (key, mut value) = if day < three_from(child.born) {
        (TextKey::OptionValueUnderThree, option.value_under_three)
    } else {
        (TextKey::OptionValue, option.value)
    };
    explanation.add(key, [Param::Option(option.key.clone())], value);
    let assistance = child.assistance.clamp(BasisPoints(0), MAX_COEFFICIENT);
    if assistance != WHOLE {
        value = value.share(assistance);
        explanation.add(TextKey::Assistance, [Param::Rate(assistance)], value);
    }
    value
}

/// The first day on which a child counts as three years old: the first of the month after the birthday, or the birthday
/// itself when it is a first. A decision on a voucher may not cover this day and the one before.
pub fn three_from(born: NaiveDate) -> NaiveDate {
    let months = if born.day() == 1 { 36 } else { 37 };
    let month = born.checked_add_months(Months::new(months));
    month.and_then(|day| day.with_day(1)).unwrap_or(NaiveDate::MAX)
}

/// A share of an amount, rounded half up to a whole euro, as every fee is.
fn euros(amount: Cents, rate: BasisPoints) -> Cents {
    quotient(amount.0 * i64::from(rate.0), 1_000_000).times(100)
}

impl Alteration {
    /// What it changes in a fee that is not below zero: the fee stays at zero or above. A share is in whole euros.
    fn of(self, fee: Cents) -> Cents {
        let change = match self {
            Self::Amount(amount) => amount.clamp(-MAX_AMOUNT, MAX_AMOUNT),
            Self::Share(share) if share.0 < 0 => -euros(fee, BasisPoints(share.0.max(-WHOLE.0).abs())),
            Self::Share(share) => euros(fee, share.min(WHOLE)),
        };
        change.max(-fee)
    }
}

#[cfg(test)]
mod tests;
