//! How old somebody is.

use chrono::{Datelike, NaiveDate};

/// What a person may do by her age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Under 15: guardians act for her.
    Child,
    /// 15 to 17: by herself she takes what is free of charge for her, where the programme allows it (G5).
    Youth,
    /// 18 or more (Guardianship Act 442/1999, section 2).
    Adult,
}

impl Age {
    /// The age of somebody born on `born` on the civil day `day`.
    pub fn on(born: NaiveDate, day: NaiveDate) -> Self {
        match years_on(born, day) {
            ..15 => Self::Child,
            15..18 => Self::Youth,
            18.. => Self::Adult,
        }
    }
}

/// How many full years somebody born on `born` has lived on the civil day `day`. Whoever was born on 29 February has her
/// birthday on 1 March of a year without that day.
pub fn years_on(born: NaiveDate, day: NaiveDate) -> i32 {
    let birthday = born
        .with_year(day.year())
        .or_else(|| NaiveDate::from_ymd_opt(day.year(), 3, 1));
    let years = day.year() - born.year();
    if birthday.is_some_and(|birthday| day < birthday) {
        years - 1
    } else {
        years
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_on_the_birthday() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let born = day("2012-02-29");
        for (on, years, age) in [
            ("2027-02-28", 14, Age::Child),
            ("2027-03-01", 15, Age::Youth),
            ("2028-02-28", 15, Age::Youth),
            ("2028-02-29", 16, Age::Youth),
            ("2030-02-28", 17, Age::Youth),
            ("2030-03-01", 18, Age::Adult),
        ] {
            assert_eq!((years_on(born, day(on)), Age::on(born, day(on))), (years, age), "{on}");
        }
    }
}
