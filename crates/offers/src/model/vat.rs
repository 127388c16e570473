//! VAT classes and their rates.

use chrono::NaiveDate;
use kernel::BasisPoints;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// The class of value added tax of a service (arvonlisävero). The rate follows from the day of delivery, because the
/// law changes rates and not classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VatClass {
    /// What no other class covers (VAT Act 1501/1993, section 84), such as cleaning.
    General,
    /// Sport, culture, passenger transport, accommodation (section 85 a).
    Reduced,
    /// Social welfare and health care (sections 34 to 38): no tax is due.
    Exempt,
}

/// From which day (year, month, day) which rate in basis points is in force, newest first.
type Rates = &'static [((i32, u32, u32), i32)];

/// Amended by act 405/2024 for September 2024; the rate before it holds for all earlier days that this system can meet.
const GENERAL: Rates = &[((2024, 9, 1), 2_550), ((2013, 1, 1), 2_400)];
/// Moved from 10 % to the middle rate in 2025, which itself falls in 2026.
const REDUCED: Rates = &[((2026, 1, 1), 1_350), ((2025, 1, 1), 1_400), ((2013, 1, 1), 1_000)];
const EXEMPT: Rates = &[((2013, 1, 1), 0)];

impl VatClass {
    /// The rate for a service delivered on the civil day `day`; days before 2013 get the rate of 2013.
    pub fn rate_on(self, day: NaiveDate) -> BasisPoints {
        let rates = match self {
            Self::General => GENERAL,
            Self::Reduced => REDUCED,
            Self::Exempt => EXEMPT,
        };
        let in_force = rates.iter().find(|((year, month, first), _)| {
            NaiveDate::from_ymd_opt(*year, *month, *first).is_some_and(|from| from <= day)
        });
        let (_, rate) = in_force.unwrap_or(&rates[rates.len() - 1]);
        BasisPoints(*rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_changes_on_the_day_the_law_says() {
        let table = [
            (VatClass::General, "2024-08-31", 2_400),
            (VatClass::General, "2024-09-01", 2_550),
            (VatClass::General, "2027-01-01", 2_550),
            (VatClass::Reduced, "2024-12-31", 1_000),
            (VatClass::Reduced, "2025-01-01", 1_400),
            (VatClass::Reduced, "2025-12-31", 1_400),
            (VatClass::Reduced, "2026-01-01", 1_350),
            (VatClass::Exempt, "2024-08-31", 0),
            (VatClass::Exempt, "2026-01-01", 0),
            (VatClass::General, "2001-01-01", 2_400),
        ];
        for (class, day, rate) in table {
            assert_eq!(
                class.rate_on(day.parse().unwrap()),
                BasisPoints(rate),
                "{class:?} on {day}"
            );
        }
    }
}
