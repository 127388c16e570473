//! References a payer copies from a bill so that the payee recognises the payment.

use std::fmt;

const NATIONAL_WEIGHTS: [u32; 3] = [7, 3, 1];
const NATIONAL_BODY_DIGITS: std::ops::RangeInclusive<usize> = 3..=19;
const CREDITOR_BODY_MAX: usize = 21;

/// Why a text is not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// A national reference has other characters than digits or a creditor reference others than A to Z and digits.
    #[error("The reference contains a character that references do not have.")]
    Character,
    /// The reference is shorter or longer than its standard allows.
    #[error("The reference is too short or too long.")]
    Length,
    /// A creditor reference does not begin with `RF` and two digits.
    #[error("A creditor reference begins with RF and two digits.")]
    Prefix,
    /// The check digits do not match the rest, so something was mistyped.
    #[error("The check digits of the reference are wrong.")]
    CheckDigits,
}

/// The national reference number of Finland (viitenumero): 3 to 19 digits and a check digit, without leading zeros.
///
/// The check digit follows the weights 7, 3, 1 from the right (Finance Finland, reference number standard).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NationalReference(String);

impl NationalReference {
    /// Appends the check digit to a body of 3 to 19 digits; leading zeros do not count.
    pub fn from_body(body: &str) -> Result<Self, ReferenceError> {
        let digits = digits(body)?;
        if !NATIONAL_BODY_DIGITS.contains(&digits.len()) {
            return Err(ReferenceError::Length);
        }
        let check = national_check_digit(&digits);
        Ok(Self(
            digits
                .into_iter()
                .chain([check])
                .map(|digit| digit.to_string())
                .collect(),
        ))
    }

    /// Reads a reference as people write it: spaces between groups and leading zeros are dropped.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let compact = without_spaces(text);
        let body = compact
            .get(..compact.len().saturating_sub(1))
            .ok_or(ReferenceError::Character)?;
        let reference = Self::from_body(body)?;
        if !compact.ends_with(|last: char| last.is_ascii_digit()) {
            return Err(ReferenceError::Character);
        }
        if reference.0 == compact.trim_start_matches('0') {
            Ok(reference)
        } else {
            Err(ReferenceError::CheckDigits)
        }
    }

    /// The digits including the check digit, without spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NationalReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A structured creditor reference (RF-viite) as in ISO 11649: `RF`, two check digits and up to 21 letters or digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreditorReference(String);

impl CreditorReference {
    /// Puts `RF` and the check digits before a body of 1 to 21 letters or digits.
    pub fn from_body(body: &str) -> Result<Self, ReferenceError> {
        let body = without_spaces(body).to_ascii_uppercase();
        if body.is_empty() || body.chars().count() > CREDITOR_BODY_MAX {
            return Err(ReferenceError::Length);
        }
        let check = 98 - remainder_97(body.chars().chain("RF00".chars()))?;
        Ok(Self(format!("RF{check:02}{body}")))
    }

    /// Reads a reference as people write it: spaces are dropped, letters become capitals.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let compact = without_spaces(text).to_ascii_uppercase();
        let after_rf = compact.strip_prefix("RF").ok_or(ReferenceError::Prefix)?;
        let (check, body) = after_rf.split_at_checked(2).ok_or(ReferenceError::Prefix)?;
        if !check.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ReferenceError::Prefix);
        }
        let reference = Self::from_body(body)?;
        if reference.0 == compact {
            Ok(reference)
        } else {
            Err(ReferenceError::CheckDigits)
        }
    }

    /// The reference without spaces, as payment files carry it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&NationalReference> for CreditorReference {
    fn from(national: &NationalReference) -> Self {
        // "RF00" in digits; a body of digits alone cannot fail.
        let digits = national.0.bytes().chain(*b"271500").map(|byte| u32::from(byte - b'0'));
        let check = 98 - digits.fold(0, |remainder, digit| (remainder * 10 + digit) % 97);
        Self(format!("RF{check:02}{national}"))
    }
}

impl fmt::Display for CreditorReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|character| *character != ' ').collect()
}

/// The digits of `text` from the first that is not zero.
fn digits(text: &str) -> Result<Vec<u32>, ReferenceError> {
    let digits: Option<Vec<u32>> = without_spaces(text)
        .trim_start_matches('0')
        .chars()
        .map(|c| c.to_digit(10))
        .collect();
    digits.ok_or(ReferenceError::Character)
}

fn national_check_digit(body: &[u32]) -> u32 {
    let sum: u32 = body
        .iter()
        .rev()
        .zip(NATIONAL_WEIGHTS.iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// The remainder by 97 of the number that arises when letters become 10 to 35 (ISO 7064 as ISO 11649 uses it).
fn remainder_97(mut characters: impl Iterator<Item = char>) -> Result<u32, ReferenceError> {
    characters.try_fold(0, |remainder, character| {
        let value = character.to_digit(36).ok_or(ReferenceError::Character)?;
        let shift = if value < 10 { 10 } else { 100 };
        Ok((remainder * shift + value) % 97)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CreditorReference, NationalReference, ReferenceError};

    #[test]
    fn builds_national_references() {
        for (body, whole) in [
            ("123456", "1234561"),
            ("1000", "10003"),
            ("202500001", "2025000012"),
            ("123", "1232"),
            ("000123", "1232"),
        ] {
            assert_eq!(NationalReference::from_body(body).unwrap().as_str(), whole);
        }
    }

    #[test]
    fn builds_creditor_references() {
        for (body, whole) in [
            ("1234561", "RF341234561"),
            ("10003", "RF6810003"),
            ("2025000012", "RF862025000012"),
            ("1232", "RF111232"),
            ("539007547034", "RF18539007547034"),
        ] {
            assert_eq!(CreditorReference::from_body(body).unwrap().as_str(), whole);
            assert_eq!(CreditorReference::parse(whole).unwrap().as_str(), whole);
        }
    }

    #[test]
    fn reads_grouped_and_lower_case_writing() {
        assert_eq!(NationalReference::parse("00 12345 61").unwrap().as_str(), "1234561");
        assert_eq!(
            CreditorReference::parse("rf18 5390 0754 7034").unwrap().as_str(),
            "RF18539007547034"
        );
    }

    #[test]
    fn refuses_what_is_no_reference() {
        use ReferenceError as E;
        for (text, error) in [
            ("", E::Length),
            ("12", E::Length),
            ("0000000000", E::Length),
            ("123456789012345678901", E::Length),
            ("12a2", E::Character),
            ("123x", E::Character),
            ("123\u{e4}", E::Character),
            ("1233", E::CheckDigits),
        ] {
            assert_eq!(NationalReference::parse(text), Err(error), "{text}");
        }
        for (text, error) in [
            ("1234561", E::Prefix),
            ("RF3", E::Prefix),
            ("RFA41234561", E::Prefix),
            ("RF34", E::Length),
            ("RF341234567890123456789012", E::Length),
            ("RF34\u{e4}", E::Character),
            ("RF34-1", E::Character),
            ("RF351234561", E::CheckDigits),
        ] {
            assert_eq!(CreditorReference::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_built_reference_checks_and_survives_as_rf(body in "[1-9][0-9]{2,18}") {
            let national = NationalReference::from_body(&body).unwrap();
            prop_assert_eq!(&NationalReference::parse(national.as_str()).unwrap(), &national);
            let creditor = CreditorReference::from(&national);
            prop_assert_eq!(&CreditorReference::parse(creditor.as_str()).unwrap(), &creditor);
        }

        #[test]
        fn one_wrong_digit_is_noticed(body in "[1-9][0-9]{2,18}", place in 0usize..20, by in 1u8..10) {
            let mut digits = CreditorReference::from(&NationalReference::from_body(&body).unwrap()).0.into_bytes();
            let place = 4 + place % (digits.len() - 4);
            digits[place] = b'0' + (digits[place] - b'0' + by) % 10;
            let mistyped = String::from_utf8(digits).unwrap();
            prop_assert!(CreditorReference::parse(&mistyped).is_err());
            prop_assert!(NationalReference::parse(&mistyped[4..]).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            if let Ok(reference) = NationalReference::parse(&text) {
                prop_assert!((4..=20).contains(&reference.as_str().len()));
            }
            if let Ok(reference) = CreditorReference::parse(&text) {
                prop_assert!((5..=25).contains(&reference.as_str().len()));
            }
        }
    }
}
