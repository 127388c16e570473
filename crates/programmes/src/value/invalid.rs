//! What can be wrong with the parameters of a rule.

use kernel::{BasisPoints, Cents};

use super::MAX_AMOUNT;
use super::timetable::DayKind;

/// A parameter that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason:?}")]
pub struct Invalid {
    /// Where it stands, as in `households[2].limit`.
    pub path: String,
    /// Why it does not fit.
    pub reason: Reason,
}

/// Why a parameter does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It needs at least one entry or character.
    Empty,
    /// It lies outside the range, both ends included. In the unit of the parameter: cents, basis points, hours, minutes.
    OutOfRange {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// Here the row for a household of this size should stand; rows go without a gap from the smallest size.
    HouseholdMissing(i32),
    /// It has to be larger than the one before.
    NotGrowing,
    /// A larger household may not pay a larger share of its income.
    RateRises,
    /// The smallest amount is above the largest.
    AboveHighest,
    /// There have to be this many entries.
    Entries(usize),
    /// The rounding step is none of those that the rule knows.
    Step,
    /// The same key stands there twice.
    Twice,
    /// From this minute of such days on nothing is paid; every minute needs an entry.
    Gap(DayKind, i32),
    /// This minute of such days has two entries.
    Overlap(DayKind, i32),
    /// What is paid once for the whole voucher has no time of day.
    PaidOnce,
    /// A key has 1 to 50 letters from `a` to `z`, digits, `-` and `_`.
    Key,
    /// The rule does not know such an option.
    Unknown,
    /// It ends before it begins.
    EndsBeforeItBegins,
    /// It begins before the one before has ended.
    PeriodsOverlap,
}

impl Invalid {
    /// Says that the parameter at `path` does not fit.
    pub fn new(path: impl Into<String>, reason: Reason) -> Self {
        Self {
            path: path.into(),
            reason,
        }
    }
}

/// Checks a number in its range, both ends included.
pub(super) fn number(path: &str, value: i64, min: i64, max: i64) -> Result<(), Invalid> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(Invalid::new(path, Reason::OutOfRange { min, max }))
    }
}

/// Checks an amount from zero to the largest that a rule may name.
pub(super) fn amount(path: &str, value: Cents) -> Result<(), Invalid> {
    number(path, value.0, 0, MAX_AMOUNT.0)
}

/// Checks a rate from zero to `max`.
pub(super) fn rate(path: &str, value: BasisPoints, max: BasisPoints) -> Result<(), Invalid> {
    number(path, value.0.into(), 0, max.0.into())
}

/// Checks the key of an option, which people read and type.
pub(super) fn key(path: &str, key: &str) -> Result<(), Invalid> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match key {
        "" => Err(Invalid::new(path, Reason::Empty)),
        _ if key.len() > 50 || !key.chars().all(fits) => Err(Invalid::new(path, Reason::Key)),
        _ => Ok(()),
    }
}

/// Checks that `low` at `path` is not above `high`.
pub(super) fn at_most(path: &str, low: Cents, high: Cents) -> Result<(), Invalid> {
    if low > high {
        return Err(Invalid::new(path, Reason::AboveHighest));
    }
    Ok(())
}

/// Checks that `next` at `path` is larger than the one before, if there is one.
pub(super) fn grows<N: Copy + PartialOrd>(path: &str, before: Option<N>, next: N) -> Result<(), Invalid> {
    if before.is_some_and(|before| next <= before) {
        return Err(Invalid::new(path, Reason::NotGrowing));
    }
    Ok(())
}
