//! The Finnish personal identity code (henkilötunnus), decree 128/2010: `DDMMYY`, a sign of the century, three digits, a check character.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{CityId, ErrorCode, FieldError, PersonId};
use sea_orm::entity::prelude::*;

/// The check characters by the remainder of the nine digits divided by 31.
const CHECKS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// A personal identity code whose form, day and check character are right. All eleven characters count: two codes that
/// differ in the sign of the century only are two people. It never shows in logs or answers.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PersonalCode {
    text: String,
    born: NaiveDate,
}

impl std::fmt::Debug for PersonalCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalCode(******-****)")
    }
}

impl PersonalCode {
    /// Takes a code as it is written in a passport, with small letters too. Numbers 900 to 999 belong to nobody; they
    /// are taken where `artificial` codes are allowed.
    ///
    /// # Errors
    /// `InvalidFormat` on the field `personalCode`; it does not repeat the text.
    pub(crate) fn parse(text: &str, artificial: bool) -> Result<Self, FieldError> {
        Self::read(&text.trim().to_ascii_uppercase(), artificial)
            .ok_or_else(|| FieldError::new("personalCode", ErrorCode::InvalidFormat))
    }

    fn read(text: &str, artificial: bool) -> Option<Self> {
        let bytes: [u8; 11] = text.as_bytes().try_into().ok()?;
        let [d1, d2, m1, m2, y1, y2, sign, n1, n2, n3, check] = bytes;
        let digits = [d1, d2, m1, m2, y1, y2, n1, n2, n3];
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let number = |digits: &[u8]| {
            digits
                .iter()
                .fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
        };
        let century = match sign {
            b'+' => 1800,
            b'-' | b'Y' | b'X' | b'W' | b'V' | b'U' => 1900,
            b'A'..=b'F' => 2000,
            _ => return None,
        };
        let year = century + i32::try_from(number(&[y1, y2])).ok()?;
        let born = NaiveDate::from_ymd_opt(year, number(&[m1, m2]), number(&[d1, d2]))?;
        let highest = if artificial { 999 } else { 899 };
        let remainder = usize::try_from(number(&digits) % 31).ok()?;
        let good = (2..=highest).contains(&number(&[n1, n2, n3])) && CHECKS.get(remainder) == Some(&check);
        good.then(|| Self {
            text: text.to_owned(),
            born,
        })
    }

    /// The eleven characters; for sealing and look-up only.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }

    /// The code as officers see it: the day of birth and the sign, the rest hidden (X4).
    pub(crate) fn masked(&self) -> String {
        self.text.chars().take(7).chain("****".chars()).collect()
    }

    /// The day of birth.
    pub(crate) fn born(&self) -> NaiveDate {
        self.born
    }
}

/// The code of a person as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "personal_code")]
pub(crate) struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// HMAC-SHA-256 of the eleven characters, in hexadecimal: unique among people.
    pub lookup: String,
    /// The key that sealed it.
    pub key_id: String,
    /// Nonce and ciphertext in Base64; the person's id is bound to it.
    pub sealed: String,
    /// The day of birth that the code tells.
    pub born: NaiveDate,
    /// The city whose officer recorded it.
    pub city_id: CityId,
    /// The officer.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// The person is read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The day on which somebody comes of age (Guardianship Act 442/1999, section 2). Whoever was born on 29 February does so
/// on 1 March of a year without that day.
pub(crate) fn comes_of_age(born: NaiveDate) -> Option<NaiveDate> {
    let year = born.year() + 18;
    born.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_sign_of_every_century() {
        for (code, born) in [
            ("131052-308T", "1952-10-13"),
            ("010594Y9032", "1994-05-01"),
            ("020594X903P", "1994-05-02"),
            ("010516B903X", "2016-05-01"),
            ("131052+308T", "1852-10-13"),
            ("131052v308t", "1952-10-13"),
        ] {
            let code = PersonalCode::parse(code, true).unwrap();
            assert_eq!(code.born(), born.parse().unwrap());
        }
        for sign in "YXWVU-".chars() {
            assert!(
                PersonalCode::parse(&format!("131052{sign}308T"), false).is_ok(),
                "{sign}"
            );
        }
        for sign in "ABCDEF".chars() {
            let code = PersonalCode::parse(&format!("131052{sign}308T"), false).unwrap();
            assert_eq!(code.born().year(), 2052);
        }
    }

    #[test]
    fn refuses_what_is_no_code_and_does_not_repeat_it() {
        for code in [
            "131052-308U",
            "131052G308T",
            "311152-308T",
            "290201-9994",
            "010190-999K",
            "131052308T",
            "131052-001L",
            "",
            "131052-308T1",
            "1310ö2-308T",
        ] {
            let error = PersonalCode::parse(code, true).unwrap_err();
            assert_eq!(
                (error.field, error.code),
                ("personalCode", ErrorCode::InvalidFormat),
                "{code}"
            );
            assert!(error.params.is_empty());
        }
        assert!(PersonalCode::parse("010594Y9032", false).is_err(), "artificial");
    }

    #[test]
    fn two_signs_are_two_people_and_neither_shows() {
        let [one, other] = ["131052-308T", "131052Y308T"].map(|code| PersonalCode::parse(code, false).unwrap());
        assert_ne!(one, other);
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert!(!format!("{one:?}").contains("131052"));
    }

    #[test]
    fn comes_of_age_also_when_born_on_a_leap_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(comes_of_age(day("2008-02-29")), Some(day("2026-03-01")));
        assert_eq!(comes_of_age(day("2010-07-15")), Some(day("2028-07-15")));
    }
}
