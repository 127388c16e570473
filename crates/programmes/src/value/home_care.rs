//! Values of home care (kotihoito) by income and household, per hour.

use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::explanation::{Explanation, Param, TextKey};
use super::households::{self, ExtraPerson};
use super::invalid::{self, Invalid, Reason};
use super::timetable::{Moment, Timetable};
use super::{income_in_range, paid, quotient};

/// The value of an hour of temporary home care by the client-fee income rules: formula (a), Act 569/2009 as amended by
/// 1202/2020 (V2).
///
/// `value = max(floor, vmax − max(0, income − limit) × rate / 60)`, rounded half up to a cent and then up to the step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncomeTested {
    /// The highest value of an hour, in cents.
    pub vmax: Cents,
    /// The lowest value of an hour, in cents; also the value without an income.
    pub floor: Cents,
    /// The limits and rates of households from one person on.
    pub households: Vec<IncomeRow>,
    /// What each person beyond the last row changes.
    pub extra_person: ExtraPerson,
    /// Rounds up in the client's favour to the next 1 (not at all), 5 or 10 cents, but not above `vmax`.
    pub round_up_to: Cents,
    /// Coefficients by kind of day and time of day (V6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<Timetable<BasisPoints>>,
}

/// The income limit and the rate of a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncomeRow {
    /// The persons of the household.
    pub household: i32,
    /// The gross income that counts for nothing, in cents a month.
    pub limit: Cents,
    /// The share of the income above it that the resident pays, in basis points.
    pub rate: BasisPoints,
}

/// The value of an hour of regular home care by income, household and hours granted: formula (b), the rule of Raahe in
/// 2021.
///
/// The resident's part of a month is a share of the income above the limit; divided by the hours granted it is the part
/// of an hour, which is taken off the base value of the time of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursBand {
    /// The lowest value of an hour at any time, in cents; also the value without an income.
    pub floor: Cents,
    /// What an hour is worth without income, in cents, at every time of every kind of day.
    pub bases: Timetable<Cents>,
    /// The last hour of each band but the last one, which is open: 5, 11, 20, 29 make five bands.
    pub band_ends: Vec<i32>,
    /// The limits and rates of households from one person on.
    pub households: Vec<BandRow>,
    /// What each person beyond the last row changes.
    pub extra_person: ExtraPerson,
}

/// The income limit of a household and its rate in each band of hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandRow {
    /// The persons of the household.
    pub household: i32,
    /// The gross income that counts for nothing, in cents a month.
    pub limit: Cents,
    /// The share of the income above it that the resident pays, in basis points, for each band.
    pub rates: Vec<BasisPoints>,
}

/// What an income means for a household: the amount above the limit and the parameters that led to it.
struct Means {
    above: Cents,
    rate: BasisPoints,
    params: [Param; 3],
}

impl Means {
    fn new(income: Cents, limit: Cents, rate: BasisPoints, household: i32) -> Self {
        let income = income_in_range(income);
        Self {
            above: (income - limit).max(Cents::ZERO),
            rate,
            params: [Param::Income(income), Param::Limit(limit), Param::Household(household)],
        }
    }

    /// The parameters with the rate, for the line in which the income lowers the value.
    fn with_rate(self) -> [Param; 4] {
        let [income, limit, household] = self.params;
        [income, limit, household, Param::Rate(self.rate)]
    }
}

impl IncomeTested {
    /// The table of 2014 and 2015 behind formula (a), with 27 euros as the highest value.
    pub fn of_2014() -> Self {
        let rows = [
            (56_300, 3_500),
            (103_900, 2_200),
            (162_800, 1_800),
            (201_400, 1_500),
            (243_800, 1_300),
            (279_900, 1_100),
        ];
        let households = rows.into_iter().zip(1..).map(|((limit, rate), household)| IncomeRow {
            household,
            limit: Cents(limit),
            rate: BasisPoints(rate),
        });
        Self {
            vmax: Cents(2_700),
            floor: Cents(700),
            households: households.collect(),
            extra_person: ExtraPerson {
                limit: Cents(34_200),
                rate: BasisPoints(100),
            },
            round_up_to: Cents(1),
            coefficients: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        invalid::amount("vmax", self.vmax)?;
        invalid::amount("floor", self.floor)?;
        invalid::at_most("floor", self.floor, self.vmax)?;
        let sizes: Vec<_> = self.households.iter().map(|row| row.household).collect();
        households::check_sizes("households", 1, &sizes)?;
        let mut before: Option<&IncomeRow> = None;
        for (index, row) in self.households.iter().enumerate() {
            let path = format!("households[{index}]");
            households::check_limit(&format!("{path}.limit"), before.map(|before| before.limit), row.limit)?;
            households::check_rate(&format!("{path}.rate"), before.map(|before| before.rate), row.rate)?;
            before = Some(row);
        }
        self.extra_person.check("extra_person")?;
        if ![1, 5, 10].contains(&self.round_up_to.0) {
            return Err(Invalid::new("round_up_to", Reason::Step));
        }
        match &self.coefficients {
            Some(coefficients) => coefficients.check_coefficients("coefficients"),
            None => Ok(()),
        }
    }

    pub(super) fn value(
        &self,
        assessment: &Assessment,
        units: i32,
        moment: Moment,
        explanation: &mut Explanation,
    ) -> Cents {
        let hourly = self.hourly(assessment, explanation);
        let hourly = paid::raised(hourly, assessment, explanation);
        paid::hours(hourly, self.coefficients.as_ref(), units, moment, explanation)
    }

    /// The value of an hour before any raise.
    pub(super) fn hourly(&self, assessment: &Assessment, explanation: &mut Explanation) -> Cents {
        let Some(means) = self.means(assessment) else {
            explanation.add(TextKey::LowestWithoutIncome, [], self.floor);
            return self.floor;
        };
        explanation.add(TextKey::HighestValue, [], self.vmax);
        let mut value = self.vmax;
        if means.above == Cents::ZERO {
            explanation.add(TextKey::IncomeWithinLimit, means.params, Cents::ZERO);
        } else {
            value = self.reduced(&means);
            explanation.add(TextKey::IncomeReduction, means.with_rate(), value - self.vmax);
        }
        if value < self.floor {
            value = self.floor;
            explanation.add(TextKey::RaisedToFloor, [], value);
        }
        let step = self.round_up_to.0.max(1);
        let rounded = Cents((value.0 + step - 1) / step * step).min(self.vmax);
        if rounded > value {
            value = rounded;
            explanation.add(TextKey::RoundedUp, [Param::Step(self.round_up_to)], value);
        }
        value
    }

    /// The highest value less the resident's part of an hour, not below zero. The value is what is rounded, so half a
    /// cent goes to the resident. The 60 of the formula are the hours of a month by which it divides.
    fn reduced(&self, means: &Means) -> Cents {
        let denominator = 60 * 10_000;
        let numerator = self.vmax.0 * denominator - means.above.0 * i64::from(means.rate.0);
        quotient(numerator.max(0), denominator)
    }

    fn means(&self, assessment: &Assessment) -> Option<Means> {
        let size = assessment.household_size;
        let (index, more) = households::locate(1, self.households.len(), size)?;
        let row = self.households.get(index)?;
        let limit = self.extra_person.limit(row.limit, more);
        let rate = self.extra_person.rate(row.rate, more);
        Some(Means::new(assessment.monthly_income?, limit, rate, size))
    }
}

impl HoursBand {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        invalid::amount("floor", self.floor)?;
        self.bases.check_values("bases", self.floor)?;
        let mut before = None;
        for (index, end) in self.band_ends.iter().enumerate() {
            let path = format!("band_ends[{index}]");
            invalid::number(&path, (*end).into(), 1, 744)?;
            invalid::grows(&path, before, *end)?;
            before = Some(*end);
        }
        let sizes: Vec<_> = self.households.iter().map(|row| row.household).collect();
        households::check_sizes("households", 1, &sizes)?;
        let mut before: Option<&BandRow> = None;
        for (index, row) in self.households.iter().enumerate() {
            let path = format!("households[{index}]");
            households::check_limit(&format!("{path}.limit"), before.map(|before| before.limit), row.limit)?;
            let bands = self.band_ends.len() + 1;
            if row.rates.len() != bands {
                return Err(Invalid::new(format!("{path}.rates"), Reason::Entries(bands)));
            }
            for (band, rate) in row.rates.iter().enumerate() {
                let smaller = before.and_then(|before| before.rates.get(band)).copied();
                households::check_rate(&format!("{path}.rates[{band}]"), smaller, *rate)?;
            }
            before = Some(row);
        }
        self.extra_person.check("extra_person")
    }

    pub(super) fn value(
        &self,
        assessment: &Assessment,
        units: i32,
        moment: Moment,
        explanation: &mut Explanation,
    ) -> Cents {
        let own_share = self.own_share(assessment, explanation);
        let raise = paid::raised(Cents::ZERO, assessment, explanation);
        let parts = self.bases.over(moment);
        let hourly = |base: Cents| own_share.map_or(self.floor, |own| (base - own).max(self.floor)) + raise;
        parts
            .into_iter()
            .map(|(slot, minutes)| paid::in_slot(hourly(slot.rate), slot, minutes, units, explanation))
            .sum()
    }

    /// The value of the dearest hour before any raise.
    pub(super) fn highest(&self, assessment: &Assessment) -> Cents {
        let bases = self.bases.0.iter().map(|slot| slot.rate);
        match self.own_share(assessment, &mut Explanation::default()) {
            Some(own) => (bases.max().unwrap_or_default() - own).max(self.floor),
            None => self.floor,
        }
    }

    /// The resident's part of an hour, rounded half up to a cent like the part of the month before it; `None` without an
    /// income.
    fn own_share(&self, assessment: &Assessment, explanation: &mut Explanation) -> Option<Cents> {
        let Some(means) = self.means(assessment) else {
            explanation.add(TextKey::LowestWithoutIncome, [], self.floor);
            return None;
        };
        if means.above == Cents::ZERO {
            explanation.add(TextKey::IncomeWithinLimit, means.params, Cents::ZERO);
            return Some(Cents::ZERO);
        }
        let hours = assessment.hours_in_range();
        let monthly = means.above.share(means.rate);
        explanation.add(TextKey::MonthlyOwnShare, means.with_rate(), monthly);
        let hourly = quotient(monthly.0, hours.into());
        explanation.add(TextKey::HourlyOwnShare, [Param::Hours(hours)], -hourly);
        Some(hourly)
    }

    fn means(&self, assessment: &Assessment) -> Option<Means> {
        let size = assessment.household_size;
        let (index, more) = households::locate(1, self.households.len(), size)?;
        let row = self.households.get(index)?;
        let hours = assessment.hours_in_range();
        let band = self.band_ends.iter().filter(|end| hours > **end).count();
        let limit = self.extra_person.limit(row.limit, more);
        let rate = self.extra_person.rate(*row.rates.get(band)?, more);
        Some(Means::new(assessment.monthly_income?, limit, rate, size))
    }
}

#[cfg(test)]
mod tests;
