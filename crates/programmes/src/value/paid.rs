//! The steps that rules share: raising a unit's value and paying for time or pieces.

use kernel::{BasisPoints, Cents};

use super::assessment::Assessment;
use super::explanation::{Explanation, Param, TextKey};
use super::quotient;
use super::timetable::{Moment, Slot, Timetable};

/// A unit's value with the raise of the assessment, on a line of its own. The raise comes before time-of-day
/// coefficients and is not held by the highest value of the rule: only the price limits it.
pub(super) fn raised(unit: Cents, assessment: &Assessment, explanation: &mut Explanation) -> Cents {
    let raise = assessment.raise_in_range();
    if raise.is_positive() {
        explanation.add(TextKey::HardshipRaise, [], raise);
    }
    unit + raise
}

/// The value of the moment's time for `units` at an hourly rate, each kind of time rounded half up to a cent.
pub(super) fn hours(
    hourly: Cents,
    coefficients: Option<&Timetable<BasisPoints>>,
    units: i32,
    moment: Moment,
    explanation: &mut Explanation,
) -> Cents {
    let Some(coefficients) = coefficients else {
        let minutes = moment.minutes();
        let amount = time(hourly, minutes, units);
        let params = [Param::Hourly(hourly), Param::Minutes(minutes), Param::Units(units)];
        explanation.add(TextKey::Hours, params, amount);
        return amount;
    };
    let parts = coefficients.over(moment);
    parts
        .into_iter()
        .map(|(slot, minutes)| in_slot(hourly.share(slot.rate), slot, minutes, units, explanation))
        .sum()
}

/// The value of minutes that lie in one slot of a timetable.
pub(super) fn in_slot<T>(
    hourly: Cents,
    slot: &Slot<T>,
    minutes: i32,
    units: i32,
    explanation: &mut Explanation,
) -> Cents {
    let amount = time(hourly, minutes, units);
    let params = [
        Param::Hourly(hourly),
        Param::Minutes(minutes),
        Param::Units(units),
        Param::Days(slot.days),
        Param::From(slot.from_minute),
        Param::To(slot.to_minute),
    ];
    explanation.add(TextKey::HoursInSlot, params, amount);
    amount
}

/// The value of pieces, by the coefficient of the time at which they begin.
pub(super) fn pieces(
    mut unit: Cents,
    coefficients: Option<&Timetable<BasisPoints>>,
    units: i32,
    moment: Moment,
    explanation: &mut Explanation,
) -> Cents {
    if let Some(slot) = coefficients.and_then(|coefficients| coefficients.at_start(moment)) {
        unit = unit.share(slot.rate);
        let params = [
            Param::Rate(slot.rate),
            Param::Days(slot.days),
            Param::From(slot.from_minute),
            Param::To(slot.to_minute),
        ];
        explanation.add(TextKey::TimeCoefficient, params, unit);
    }
    let amount = unit.times(units);
    if units != 1 {
        explanation.add(TextKey::Units, [Param::Units(units)], amount);
    }
    amount
}

fn time(hourly: Cents, minutes: i32, units: i32) -> Cents {
    quotient(hourly.times(units).times(minutes).0, 60)
}
