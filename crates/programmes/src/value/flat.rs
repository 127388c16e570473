//! Values that do not ask for an income.

use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::explanation::{Explanation, Param, TextKey};
use super::invalid::{self, Invalid, Reason};
use super::timetable::{Moment, Timetable};
use super::{WHOLE, paid};

/// The same sum for everybody (tasasuuruinen arvo): formula (d), as in leisure vouchers (V1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flat {
    /// The sum, in cents.
    pub value: Cents,
    /// What it is paid for.
    pub per: Per,
    /// Coefficients by kind of day and time of day (V6), for what is paid by the piece or the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<Timetable<BasisPoints>>,
}

/// What a flat sum is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each piece or visit.
    Piece,
    /// Each hour, by the minute.
    Hour,
    /// The whole voucher, once.
    Voucher,
}

/// A share of the price between a floor and a ceiling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentage {
    /// The share, in basis points up to 10 000.
    pub rate: BasisPoints,
    /// The least that is paid for a unit, in cents; a lower price is paid whole.
    pub floor: Cents,
    /// The most that is paid for a unit, in cents.
    pub ceiling: Cents,
}

impl Flat {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        invalid::amount("value", self.value)?;
        let Some(coefficients) = &self.coefficients else {
            return Ok(());
        };
        if self.per == Per::Voucher {
            return Err(Invalid::new("coefficients", Reason::PaidOnce));
        }
        coefficients.check_coefficients("coefficients")
    }

    pub(super) fn value(
        &self,
        assessment: &Assessment,
        units: i32,
        moment: Moment,
        explanation: &mut Explanation,
    ) -> Cents {
        explanation.add(TextKey::FlatValue, [Param::Per(self.per)], self.value);
        let unit = paid::raised(self.value, assessment, explanation);
        let coefficients = self.coefficients.as_ref();
        match self.per {
            Per::Piece => paid::pieces(unit, coefficients, units, moment, explanation),
            Per::Hour => paid::hours(unit, coefficients, units, moment, explanation),
            Per::Voucher => unit,
        }
    }
}

impl Percentage {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        invalid::rate("rate", self.rate, WHOLE)?;
        invalid::amount("floor", self.floor)?;
        invalid::amount("ceiling", self.ceiling)?;
        invalid::at_most("floor", self.floor, self.ceiling)
    }

    pub(super) fn value(
        &self,
        assessment: &Assessment,
        price: Option<Cents>,
        units: i32,
        explanation: &mut Explanation,
    ) -> Cents {
        let (floor, ceiling) = (self.floor.times(units), self.ceiling.times(units));
        let mut value = ceiling;
        if let Some(price) = price.map(|price| price.max(Cents::ZERO)) {
            value = price.share(self.rate);
            explanation.add(
                TextKey::ShareOfPrice,
                [Param::Rate(self.rate), Param::Price(price)],
                value,
            );
            if value < floor {
                value = floor;
                explanation.add(TextKey::RaisedToFloor, [], value);
            } else if value > ceiling {
                value = ceiling;
                explanation.add(TextKey::LoweredToCeiling, [], value);
            }
        } else {
            explanation.add(TextKey::Ceiling, [], value);
        }
        let raise = paid::raised(Cents::ZERO, assessment, explanation);
        value + raise.times(units)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, nobody};
    use super::super::{ValueRule, share};
    use super::*;
    use share::Mode;

    fn flat(value: i64, per: Per) -> ValueRule {
        ValueRule::Flat(Flat {
            value: Cents(value),
            per,
            coefficients: None,
        })
    }

    fn moment(start: i32, end: i32) -> Moment {
        Moment {
            day: day("2026-11-23"),
            start_minute: start,
            end_minute: end,
        }
    }

    /// Formula (d): 100 € a season pays 100 € of 130 € and 80 € of 80 €.
    #[test]
    fn pays_the_worked_rows_of_a_leisure_voucher() {
        let rule = flat(10_000, Per::Voucher);
        let shares = |price| {
            let value = rule.value(&nobody(), Some(Cents(price)), 1, moment(600, 660)).value;
            share(Cents(price), value, Mode::Copay).unwrap()
        };
        assert_eq!(
            (shares(13_000).voucher_share, shares(13_000).own_share),
            (Cents(10_000), Cents(3_000))
        );
        assert_eq!(
            (shares(8_000).voucher_share, shares(8_000).own_share),
            (Cents(8_000), Cents(0))
        );
    }

    #[test]
    fn counts_pieces_hours_or_the_voucher() {
        let value = |rule: ValueRule, units| rule.value(&nobody(), None, units, moment(600, 690)).value;
        assert_eq!(value(flat(1_501, Per::Piece), 3), Cents(4_503));
        assert_eq!(value(flat(1_501, Per::Hour), 1), Cents(2_252), "22.515 is rounded up");
        assert_eq!(value(flat(1_501, Per::Hour), 2), Cents(4_503));
        assert_eq!(value(flat(1_501, Per::Voucher), 3), Cents(1_501));
        assert_eq!(value(flat(1_501, Per::Piece), 0), Cents(0));
    }

    #[test]
    fn pays_a_share_between_floor_and_ceiling_but_never_more_than_the_price() {
        let rule = ValueRule::Percentage(Percentage {
            rate: BasisPoints(5_000),
            floor: Cents(500),
            ceiling: Cents(2_000),
        });
        assert_eq!(rule.check(), Ok(()));
        let value = |price, units| rule.value(&nobody(), price, units, moment(600, 660)).value;
        let cases = [(300, 300), (800, 500), (2_001, 1_001), (4_000, 2_000), (9_000, 2_000)];
        for (price, expected) in cases {
            assert_eq!(value(Some(Cents(price)), 1), Cents(expected), "{price}");
        }
        assert_eq!(value(Some(Cents(9_000)), 2), Cents(4_000));
        assert_eq!(value(None, 1), Cents(2_000));
    }

    #[test]
    fn a_hardship_raise_is_a_line_of_its_own() {
        let mut poor = nobody();
        poor.raise = Cents(500);
        let valuation = flat(1_500, Per::Piece).value(&poor, Some(Cents(10_000)), 2, moment(600, 660));
        let lines: Vec<_> = valuation.lines.iter().map(|line| (line.key, line.cents.0)).collect();
        let expected = [
            (TextKey::FlatValue, 1_500),
            (TextKey::HardshipRaise, 500),
            (TextKey::Units, 4_000),
            (TextKey::Value, 4_000),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn names_the_parameter_that_does_not_fit() {
        let wrong = |rule: ValueRule| rule.check().unwrap_err();
        assert_eq!(wrong(flat(-1, Per::Piece)).path, "value");
        let percentage = |rate, floor| {
            ValueRule::Percentage(Percentage {
                rate: BasisPoints(rate),
                floor: Cents(floor),
                ceiling: Cents(100),
            })
        };
        assert_eq!(wrong(percentage(10_001, 0)).path, "rate");
        assert_eq!(wrong(percentage(1, 101)), Invalid::new("floor", Reason::AboveHighest));
        let mut once = Flat {
            value: Cents(1),
            per: Per::Voucher,
            coefficients: Some(Timetable(Vec::new())),
        };
        assert_eq!(once.check(), Err(Invalid::new("coefficients", Reason::PaidOnce)));
        once.per = Per::Hour;
        assert_eq!(once.check(), Err(Invalid::new("coefficients", Reason::Empty)));
    }
}
