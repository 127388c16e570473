//! The public holidays of Finland (arkipyhät).
//!
//! Church holidays stand in the Church Act (652/2023), which puts Midsummer Day and All Saints' Day on Saturdays; the
//! first of May and Independence Day have acts of their own (272/1944, 388/1937). Christmas Eve and Midsummer Eve are
//! free by collective agreements, not by law, so they are ordinary days here. Epiphany and Ascension Day stand where the
//! law has had them since 1992. No kept crate knows these days: those with a Finnish calendar list the days on which the
//! stock exchange is closed.

use chrono::{Datelike, NaiveDate, Weekday};

/// Whether a day is a public holiday, whatever its weekday. Sundays as such are none; Easter and Pentecost are.
pub fn is_holiday(day: NaiveDate) -> bool {
    let saturday = day.weekday() == Weekday::Sat;
    match (day.month(), day.day()) {
        // New Year, Epiphany (loppiainen), May Day (vappu), Independence Day, Christmas and St Stephen's Day.
        (1, 1 | 6) | (5, 1) | (12, 6 | 25 | 26) => return true,
        // Midsummer Day (juhannuspäivä) and All Saints' Day (pyhäinpäivä): the Saturday of the week given.
        (6, 20..=26) | (10, 31) | (11, 1..=6) if saturday => return true,
        _ => {}
    }
    let after_easter = day.signed_duration_since(easter(day.year())).num_days();
    // Good Friday, Easter, Easter Monday, Ascension Day (helatorstai), Pentecost (helluntai).
    matches!(after_easter, -2 | 0 | 1 | 39 | 49)
}

/// Easter Sunday of a year by the Gregorian computus (in the form of Meeus, Jones and Butcher).
#[expect(clippy::many_single_char_names, reason = "the letters of the published algorithm")]
fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year.rem_euclid(19), year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let g = (8 * b + 13).div_euclid(25);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 19 * l) / 433;
    let n = h + l - 7 * m;
    let month = (n + 90) / 25;
    let day = (n + 33 * month + 19) % 32;
    // March or April always, so a date of every year that the calendar holds.
    let date = |month, day| NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    date(month, day).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::super::samples::day;
    use super::*;

    fn weekday_holidays(year: i32) -> Vec<String> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let days = first.iter_days().take_while(|day| day.year() == year);
        let named = days.filter(|day| is_holiday(*day) && day.weekday() != Weekday::Sun);
        named.map(|day| day.format("%m-%d").to_string()).collect()
    }

    #[test]
    fn knows_easter() {
        let dates = [
            "1818-03-22",
            "1943-04-25",
            "2000-04-23",
            "2008-03-23",
            "2011-04-24",
            "2019-04-21",
            "2023-04-09",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2029-04-01",
            "2030-04-21",
            "2035-03-25",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2299-04-16",
        ];
        for date in dates {
            assert_eq!(easter(day(date).year()), day(date));
        }
    }

    /// The holidays as calendars print them, but for those on Sundays.
    #[test]
    fn agrees_with_printed_calendars() {
        let year_2024 = [
            "01-01", "01-06", "03-29", "04-01", "05-01", "05-09", "06-22", "11-02", "12-06", "12-25", "12-26",
        ];
        assert_eq!(weekday_holidays(2024), year_2024);
        let year_2025 = [
            "01-01", "01-06", "04-18", "04-21", "05-01", "05-29", "06-21", "11-01", "12-06", "12-25", "12-26",
        ];
        assert_eq!(weekday_holidays(2025), year_2025);
        // Independence Day is a Sunday; All Saints' Day falls on its first possible day.
        let year_2026 = [
            "01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "06-20", "10-31", "12-25", "12-26",
        ];
        assert_eq!(weekday_holidays(2026), year_2026);
        // Saint Stephen's Day is a Sunday; Midsummer falls on its last possible day.
        let year_2027 = [
            "01-01", "01-06", "03-26", "03-29", "05-01", "05-06", "06-26", "11-06", "12-06", "12-25",
        ];
        assert_eq!(weekday_holidays(2027), year_2027);
        // Epiphany is a Sunday, and Ascension Day falls on the first of May.
        let year_2008 = [
            "01-01", "03-21", "03-24", "05-01", "06-21", "11-01", "12-06", "12-25", "12-26",
        ];
        assert_eq!(weekday_holidays(2008), year_2008);
    }

    #[test]
    fn eves_are_ordinary_days_and_pentecost_is_a_holiday() {
        assert!(!is_holiday(day("2026-06-19")) && !is_holiday(day("2026-12-24")));
        assert!(is_holiday(day("2026-05-24")) && is_holiday(day("2026-04-05")));
        assert!(!is_holiday(day("2026-05-31")), "an ordinary Sunday");
    }

    #[test]
    fn holds_for_the_ends_of_the_calendar() {
        assert!(is_holiday(NaiveDate::MIN) && !is_holiday(NaiveDate::MAX));
    }
}
