use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// An amount of euros in cents, the only form money takes in this system.
///
/// Sums of real budgets stay far below the limits of 64 bits; an operation that would pass them panics, which rolls
/// the transaction back, rather than wrapping silently.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sea_orm::DeriveValueType,
)]
pub struct Cents(pub i64);

/// A rate in basis points: 10 000 is the whole, 2 550 is the general VAT rate of 25.5 %.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sea_orm::DeriveValueType,
)]
pub struct BasisPoints(pub i32);

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest single amount that an input may carry: ten million euros.
    pub const MAX_INPUT: Self = Self(1_000_000_000);

    /// The share of this amount at `rate`, rounded half up to a cent (halves go away from zero for refunds too).
    pub fn share(self, rate: BasisPoints) -> Self {
        Self(round_half_up(i128::from(self.0) * i128::from(rate.0), 10_000))
    }

    /// The tax contained in a gross amount at `rate`, rounded half up to a cent.
    pub fn tax_included(self, rate: BasisPoints) -> Self {
        let rate = i128::from(rate.0);
        Self(round_half_up(i128::from(self.0) * rate, 10_000 + rate))
    }

    /// This amount `times` over.
    pub fn times(self, times: i32) -> Self {
        Self(self.0.checked_mul(i64::from(times)).expect("an amount fits 64 bits"))
    }

    /// True for an amount above zero.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }
}

/// `numerator / denominator` rounded half away from zero: the one rounding rule of this system.
///
/// # Panics
/// When the denominator is zero or the quotient does not fit 64 bits.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "128 bits hold the product of an amount and a rate"
)]
fn round_half_up(numerator: i128, denominator: i128) -> i64 {
    let half = denominator / 2 * numerator.signum();
    i64::try_from((numerator + half) / denominator).expect("a share is no larger than its amount")
}

impl Add for Cents {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("a sum of amounts fits 64 bits"))
    }
}

impl Sub for Cents {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(
            self.0
                .checked_sub(other.0)
                .expect("a difference of amounts fits 64 bits"),
        )
    }
}

impl Neg for Cents {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Euros with a decimal point, as logs and files want it: `1234.50`.
impl std::fmt::Display for Cents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounds_halves_away_from_zero() {
        assert_eq!(Cents(5).share(BasisPoints(5_000)), Cents(3));
        assert_eq!(Cents(-5).share(BasisPoints(5_000)), Cents(-3));
        assert_eq!(Cents(1).share(BasisPoints(4_999)), Cents(0));
    }

    #[test]
    fn splits_a_gross_price() {
        // 130.00 € at 13.5 %: net 114.54, tax 15.46.
        assert_eq!(Cents(13_000).tax_included(BasisPoints(1_350)), Cents(1_546));
        assert_eq!(Cents(13_000).tax_included(BasisPoints(0)), Cents(0));
    }

    #[test]
    fn prints_euros() {
        assert_eq!(Cents(123_450).to_string(), "1234.50");
        assert_eq!(Cents(-5).to_string(), "-0.05");
    }

    proptest! {
        #[test]
        fn a_share_lies_within_half_a_cent(cents in -1_000_000_000i64..1_000_000_000, rate in 0i32..=10_000) {
            let share = Cents(cents).share(BasisPoints(rate));
            let off = i128::from(share.0) * 10_000 - i128::from(cents) * i128::from(rate);
            prop_assert!(off.abs() <= 5_000);
        }
    }
}
