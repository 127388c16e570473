//! Versions of a rule and the days on which each is in force.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::invalid::{Invalid, Reason};

/// The civil days on which a version is in force. A booking uses what is in force on its scheduled day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// The first day.
    pub from: NaiveDate,
    /// The last day; `None` until further notice.
    pub until: Option<NaiveDate>,
}

impl InForce {
    /// Whether the version is in force on a day.
    pub fn covers(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.last()
    }

    fn last(self) -> NaiveDate {
        self.until.unwrap_or(NaiveDate::MAX)
    }
}

/// Checks that no period ends before it begins and that no two share a day, in whatever order they are given. Days
/// that none covers are allowed: a programme may pause.
///
/// # Errors
/// The period at fault by its index; of two that share a day, the one that begins later.
pub fn check_periods(periods: &[InForce]) -> Result<(), Invalid> {
    let mut order: Vec<_> = periods.iter().enumerate().collect();
    order.sort_by_key(|(_, period)| period.from);
    let mut covered: Option<NaiveDate> = None;
    for (index, period) in order {
        if period.last() < period.from {
            return Err(Invalid::new(
                format!("periods[{index}].until"),
                Reason::EndsBeforeItBegins,
            ));
        }
        if covered.is_some_and(|last| period.from <= last) {
            return Err(Invalid::new(format!("periods[{index}].from"), Reason::PeriodsOverlap));
        }
        covered = Some(period.last());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::day;
    use super::*;

    fn period(from: &str, until: &str) -> InForce {
        InForce {
            from: day(from),
            until: (!until.is_empty()).then(|| day(until)),
        }
    }

    #[test]
    fn a_period_covers_its_first_and_its_last_day() {
        let (closed, open) = (period("2025-08-01", "2026-07-31"), period("2026-08-01", ""));
        let covered = |days: [&str; 4]| days.map(|date| (closed.covers(day(date)), open.covers(day(date))));
        assert_eq!(
            covered(["2025-07-31", "2025-08-01", "2026-07-31", "2026-08-01"]),
            [(false, false), (true, false), (true, false), (false, true)]
        );
        assert!(open.covers(day("2199-01-01")));
    }

    #[test]
    fn two_periods_share_no_day() {
        let check = |periods: &[InForce]| check_periods(periods).map_err(|invalid| invalid.to_string());
        let (old, new) = (period("2025-08-01", "2026-07-31"), period("2026-08-01", ""));
        assert_eq!(check(&[new, old]), Ok(()));
        assert_eq!(check(&[old, period("2027-01-01", "2027-01-01")]), Ok(()), "a pause");
        let same_day = check(&[old, period("2026-07-31", "2026-08-31")]);
        assert_eq!(same_day.unwrap_err(), "periods[1].from: PeriodsOverlap");
        assert_eq!(
            check(&[period("2027-01-01", ""), new]).unwrap_err(),
            "periods[0].from: PeriodsOverlap"
        );
        assert_eq!(check(&[old, old]).unwrap_err(), "periods[1].from: PeriodsOverlap");
        let backwards = period("2026-02-01", "2026-01-31");
        assert_eq!(check(&[backwards]).unwrap_err(), "periods[0].until: EndsBeforeItBegins");
    }
}
