//! The most that a visit or an hour can be worth, for vouchers that are granted in them.

use kernel::{BasisPoints, Cents};

use super::explanation::Explanation;
use super::flat::{Flat, Per};
use super::timetable::Timetable;
use super::{Assessment, ValueRule, WHOLE};
use crate::model::unit::Unit;

impl ValueRule {
    /// The most that this rule pays for a visit or an hour at any time of any day, in cents; none where it pays something
    /// else than the unit counts, such as a month or a sum for the whole voucher.
    pub fn most(&self, unit: Unit, assessment: &Assessment) -> Option<Cents> {
        let raise = assessment.raise_in_range();
        match (unit, self) {
            (Unit::Visit, Self::Flat(rule @ Flat { per: Per::Piece, .. }))
            | (Unit::Hour, Self::Flat(rule @ Flat { per: Per::Hour, .. })) => {
                Some(highest(rule.value + raise, rule.coefficients.as_ref()))
            }
            (Unit::Visit, Self::Percentage(rule)) => Some(rule.ceiling + raise),
            (Unit::Hour, Self::IncomeTested(rule)) => {
                let hourly = rule.hourly(assessment, &mut Explanation::default());
                Some(highest(hourly + raise, rule.coefficients.as_ref()))
            }
            (Unit::Hour, Self::HoursBand(rule)) => Some(rule.highest(assessment) + raise),
            _ => None,
        }
    }
}

/// A value with the highest coefficient of a timetable.
fn highest(value: Cents, coefficients: Option<&Timetable<BasisPoints>>) -> Cents {
    let rates = coefficients.map(|table| table.0.iter().map(|slot| slot.rate).max());
    value.share(rates.flatten().unwrap_or(WHOLE))
}
