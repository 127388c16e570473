//! Where a company may serve by an approval.

use kernel::{ErrorCode, FieldError};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// Where a company may serve: the first digits, one to five, of postal codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Area(pub Vec<String>);

impl Area {
    /// At most so many beginnings of postal codes.
    const MOST: usize = 100;

    /// Checks the beginnings of postal codes; an empty list stands for everywhere.
    ///
    /// # Errors
    /// `TooManyItems` or `InvalidFormat` on the field `area`.
    pub fn checked(codes: Vec<String>) -> Result<Option<Self>, FieldError> {
        if codes.len() > Self::MOST {
            return Err(FieldError::new("area", ErrorCode::TooManyItems).with("max", Self::MOST));
        }
        let digits = |code: &String| (1..=5).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        if !codes.iter().all(digits) {
            return Err(FieldError::new("area", ErrorCode::InvalidFormat));
        }
        Ok((!codes.is_empty()).then_some(Self(codes)))
    }
}

/// The municipalities that an approval is for, by their codes of three digits, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Municipalities(pub Vec<String>);

impl Municipalities {
    /// More than the country has municipalities.
    const MOST: usize = 400;

    /// Checks codes of municipalities and sorts them; an empty list stands for the whole city.
    ///
    /// # Errors
    /// `TooManyItems` or `InvalidFormat` on the field `municipalities`.
    pub fn checked(mut codes: Vec<String>) -> Result<Option<Self>, FieldError> {
        if codes.len() > Self::MOST {
            return Err(FieldError::new("municipalities", ErrorCode::TooManyItems).with("max", Self::MOST));
        }
        if !codes.iter().all(|code| identity::is_municipality(code)) {
            return Err(FieldError::new("municipalities", ErrorCode::InvalidFormat));
        }
        codes.sort_unstable();
        codes.dedup();
        Ok((!codes.is_empty()).then_some(Self(codes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_a_list_of_beginnings_of_postal_codes() {
        let area = |codes: &[&str]| Area::checked(codes.iter().map(|&code| code.to_owned()).collect());
        assert_eq!(area(&[]), Ok(None));
        assert_eq!(
            area(&["33", "33100"]),
            Ok(Some(Area(vec!["33".into(), "33100".into()])))
        );
        for wrong in [&["331000"][..], &[""], &["33", "3a"], &["٣"]] {
            assert_eq!(area(wrong).unwrap_err().code, ErrorCode::InvalidFormat, "{wrong:?}");
        }
        assert_eq!(area(&["1"; 101]).unwrap_err().code, ErrorCode::TooManyItems);
    }

    #[test]
    fn municipalities_are_codes_of_three_digits() {
        let checked = |codes: &[&str]| Municipalities::checked(codes.iter().map(|&code| code.to_owned()).collect());
        assert_eq!(checked(&[]), Ok(None));
        let sorted = Municipalities(vec!["091".into(), "837".into()]);
        assert_eq!(checked(&["837", "091", "837"]), Ok(Some(sorted)));
        for wrong in [&["37"][..], &["8370"], &["837", "Ä37"], &[""]] {
            assert_eq!(checked(wrong).unwrap_err().code, ErrorCode::InvalidFormat, "{wrong:?}");
        }
        assert_eq!(checked(&["091"; 401]).unwrap_err().code, ErrorCode::TooManyItems);
    }
}
