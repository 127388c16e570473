//! Until when somebody may ask for another decision.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::value::holidays;

/// On which day after its sending an electronic notice counts as heard of (13/2003, 19 §).
const NOTICE: Days = Days::new(3);

/// The last civil day for a request for rectification, or an appeal, of a decision of the civil day `decided`: `days` after
/// it counts as heard of, or the next working day where that is no working day (Act 150/1930, 5 §, which also names
/// Christmas Eve, Midsummer Eve and every Saturday).
pub fn appeal_until(decided: NaiveDate, days: i32) -> NaiveDate {
    let days = Days::new(u64::try_from(days).unwrap_or_default());
    let heard = decided.checked_add_days(NOTICE).unwrap_or(NaiveDate::MAX);
    let last = heard.checked_add_days(days).unwrap_or(NaiveDate::MAX);
    last.iter_days().find(|day| is_working(*day)).unwrap_or(last)
}

/// No Saturday, Sunday or holiday, neither Christmas Eve nor the Friday before Midsummer Day.
fn is_working(day: NaiveDate) -> bool {
    let eve = match (day.month(), day.day()) {
        (12, 24) => true,
        (6, 19..=25) => day.weekday() == Weekday::Fri,
        _ => false,
    };
    !eve && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays::is_holiday(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_begins_on_the_third_day_and_ends_on_a_working_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        // Monday the 11th, heard of on the 14th; thirty days later is Saturday the 13th of February.
        assert_eq!(appeal_until(day("2027-01-11"), 30), day("2027-02-15"));
        assert_eq!(appeal_until(day("2027-01-11"), 14), day("2027-01-28"));
        // Christmas Eve, Christmas and St Stephen's Day, then a Sunday.
        assert_eq!(appeal_until(day("2027-12-07"), 14), day("2027-12-27"));
        // Midsummer Eve of 2027 is Friday the 25th of June.
        assert_eq!(appeal_until(day("2027-06-08"), 14), day("2027-06-28"));
    }
}
