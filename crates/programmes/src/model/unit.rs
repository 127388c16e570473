//! In what a programme grants: euros, visits or hours (P1), and the pure decisions on quantities of them.
//!
//! A quantity is a number of thousandths of a visit, or of minutes; in euros there is none. A voucher in visits or hours
//! also holds the money that its quantity can cost at most, so that the budget covers every visit that is promised.

use kernel::{Cents, Lang};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::terms::Model as Terms;
use crate::value::{Assessment, Moment, ValueRule};

/// The largest quantity that is granted at once: a thousand visits, or sixteen thousand hours.
pub const MAX_QUANTITY: i32 = 1_000_000;

/// A visit in thousandths.
const VISIT: i64 = 1_000;
/// An hour in minutes.
const HOUR: i64 = 60;

/// In what the vouchers of a programme are granted. It is chosen with the draft and stays as it is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unit {
    /// In euros alone.
    #[default]
    Eur,
    /// In visits, each a place booked once.
    Visit,
    /// In hours, by the minute of each place booked.
    Hour,
}

impl Unit {
    /// What its accounts count beside cents; none in euros.
    pub fn counts(self) -> Option<ledger::Unit> {
        match self {
            Self::Eur => None,
            Self::Visit => Some(ledger::Unit::VisitMilli),
            Self::Hour => Some(ledger::Unit::Minute),
        }
    }

    /// The quantity that `places` take at a moment whose minutes are rounded already (D6).
    pub fn taken_by(self, places: i32, moment: Moment) -> i64 {
        let of_one = match self {
            Self::Eur => 0,
            Self::Visit => VISIT,
            Self::Hour => moment.minutes().into(),
        };
        of_one.saturating_mul(places.into())
    }

    /// A quantity as the language writes it, such as `2 visits` or `1 h 30 min`; empty in euros.
    pub fn text(self, quantity: i64, lang: Lang) -> String {
        match self {
            Self::Eur => String::new(),
            Self::Visit => {
                let number = visits(quantity, lang);
                let name = match (lang, quantity == VISIT) {
                    (Lang::Fi, true) => "käynti",
                    (Lang::Fi, false) => "käyntiä",
                    (Lang::Sv, _) => "besök",
                    (Lang::En, true) => "visit",
                    (Lang::En, false) => "visits",
                };
                format!("{number} {name}")
            }
            Self::Hour => hours(quantity),
        }
    }

    /// The quantity alone, where a sentence names the visits itself.
    pub fn number(self, quantity: i64) -> String {
        match self {
            Self::Eur => String::new(),
            Self::Visit => visits(quantity, Lang::Fi),
            Self::Hour => hours(quantity),
        }
    }

    /// Decides whether a programme in this unit may have a value rule: visits are paid by the piece, hours by the hour.
    pub fn takes(self, rule: &ValueRule) -> Result<(), Refusal> {
        if self == Self::Eur || rule.most(self, &Assessment::default()).is_some() {
            Ok(())
        } else {
            Err(Refusal::RuleOfOtherUnit)
        }
    }
}

/// Thousandths with the decimal mark of the language, without zeros at the end.
fn visits(thousandths: i64, lang: Lang) -> String {
    let mark = if lang == Lang::En { '.' } else { ',' };
    let text = format!("{}{mark}{:03}", thousandths / VISIT, thousandths % VISIT);
    text.trim_end_matches('0').trim_end_matches(mark).to_owned()
}

fn hours(minutes: i64) -> String {
    match (minutes / HOUR, minutes % HOUR) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

impl Terms {
    /// The most that a quantity can cost the city under these terms for a resident of this situation, in cents, whenever
    /// and in however many visits it is used. Each visit is rounded by itself, so a minute counts as a cent begun; what
    /// is left of that returns to the budget with the last use.
    pub fn most_of(&self, unit: Unit, quantity: i64, assessment: &Assessment) -> Cents {
        let most = self.value_rule.most(unit, assessment).unwrap_or_default();
        Cents(match unit {
            Unit::Eur => 0,
            // Under no mode is more paid for a place than the ceiling.
            Unit::Visit => up(most.min(self.price_ceiling_cents).0.saturating_mul(quantity), VISIT),
            Unit::Hour => up(most.0, HOUR).saturating_mul(quantity),
        })
    }
}

/// `numerator / denominator` rounded up, for numerators from zero.
fn up(numerator: i64, denominator: i64) -> i64 {
    numerator / denominator + i64::from(numerator % denominator > 0)
}

#[cfg(test)]
mod tests;
