//! Rows by size of household, and what is beyond the last of them.

use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

use super::assessment::MAX_HOUSEHOLD;
use super::invalid::{self, Invalid, Reason};
use super::{MAX_AMOUNT, WHOLE};

/// What each person beyond the last row changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtraPerson {
    /// Raises the income limit, in cents a month.
    pub limit: Cents,
    /// Lowers the rate, in basis points; no rate falls below zero.
    pub rate: BasisPoints,
}

impl ExtraPerson {
    pub(super) fn check(self, path: &str) -> Result<(), Invalid> {
        invalid::amount(&format!("{path}.limit"), self.limit)?;
        invalid::rate(&format!("{path}.rate"), self.rate, WHOLE)
    }

    /// The limit of a household with `persons` more than the row that has `limit`.
    pub(super) fn limit(self, limit: Cents, persons: i32) -> Cents {
        limit + self.limit.times(persons)
    }

    /// The rate of a household with `persons` more than the row that has `rate`.
    pub(super) fn rate(self, rate: BasisPoints, persons: i32) -> BasisPoints {
        BasisPoints((rate.0 - self.rate.0 * persons).max(0))
    }
}

/// The index of the row for a household of `size` in a table that begins with `first`, and the persons beyond the last
/// row. Smaller households take the first row. `None` for an empty table, which no check lets pass.
pub(super) fn locate(first: i32, rows: usize, size: i32) -> Option<(usize, i32)> {
    let wanted = (size.min(MAX_HOUSEHOLD) - first).max(0);
    let last = i32::try_from(rows).ok()?.checked_sub(1).filter(|last| *last >= 0)?;
    let index = usize::try_from(wanted.min(last)).ok()?;
    Some((index, (wanted - last).max(0)))
}

/// Checks that rows stand for `first`, `first + 1` … persons, without a gap.
pub(super) fn check_sizes(path: &str, first: i32, sizes: &[i32]) -> Result<(), Invalid> {
    if sizes.is_empty() {
        return Err(Invalid::new(path, Reason::HouseholdMissing(first)));
    }
    for (index, (size, expected)) in sizes.iter().zip(first..=MAX_HOUSEHOLD).enumerate() {
        if *size != expected {
            let path = format!("{path}[{index}].household");
            return Err(Invalid::new(path, Reason::HouseholdMissing(expected)));
        }
    }
    let max = i64::from(MAX_HOUSEHOLD - first) + 1;
    invalid::number(path, i64::try_from(sizes.len()).unwrap_or(i64::MAX), 1, max)
}

/// Checks a limit: an amount, larger than that of the household before.
pub(super) fn check_limit(path: &str, before: Option<Cents>, limit: Cents) -> Result<(), Invalid> {
    invalid::number(path, limit.0, 0, MAX_AMOUNT.0)?;
    invalid::grows(path, before, limit)
}

/// Checks a rate: a share, not larger than that of the household before.
pub(super) fn check_rate(path: &str, before: Option<BasisPoints>, rate: BasisPoints) -> Result<(), Invalid> {
    invalid::rate(path, rate, WHOLE)?;
    if before.is_some_and(|before| rate > before) {
        return Err(Invalid::new(path, Reason::RateRises));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_row_and_the_persons_beyond_it() {
        assert_eq!(locate(1, 6, 1), Some((0, 0)));
        assert_eq!(locate(1, 6, 6), Some((5, 0)));
        assert_eq!(locate(1, 6, 8), Some((5, 2)));
        assert_eq!(locate(2, 5, 1), Some((0, 0)));
        assert_eq!(locate(2, 5, 7), Some((4, 1)));
        assert_eq!(locate(1, 6, i32::MAX), Some((5, 44)));
        assert_eq!(locate(1, 6, i32::MIN + 1), Some((0, 0)));
        assert_eq!(locate(1, 0, 1), None);
    }

    #[test]
    fn names_the_missing_household() {
        let wrong = |sizes: &[i32]| check_sizes("households", 1, sizes).unwrap_err();
        assert_eq!(wrong(&[]).reason, Reason::HouseholdMissing(1));
        let gap = Invalid::new("households[2].household", Reason::HouseholdMissing(3));
        assert_eq!(wrong(&[1, 2, 4]), gap);
        let all: Vec<i32> = (1..=MAX_HOUSEHOLD).collect();
        assert_eq!(check_sizes("households", 1, &all), Ok(()));
        let more: Vec<i32> = (1..=MAX_HOUSEHOLD + 1).collect();
        assert_eq!(wrong(&more).path, "households");
    }
}
