//! The number of a voucher: what a resident tells or shows a company.

use kernel::{ErrorCode, FieldError};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// What a number is written with: digits and capital letters without those that are mistaken for each other, `0` and `O`,
/// `1`, `I` and `L`. They are a prime number of characters, so that one sum finds every single mistake.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// How many of the characters are random: 74 bits.
const RANDOM: usize = 15;

/// With the check character.
const LENGTH: usize = RANDOM + 1;

/// How many characters stand together when it is shown.
const GROUP: usize = 4;

/// The number of a voucher: 15 random characters and a check character, stored without hyphens. The check character finds
/// every wrong character and every two that changed places.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, DeriveValueType)]
pub struct Number(String);

impl Number {
    /// A number from random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        let mut rest = u128::from_be_bytes(random);
        let mut digits = Vec::with_capacity(LENGTH);
        for _ in 0..RANDOM {
            digits.push(usize::try_from(rest % 31).unwrap_or_default());
            rest /= 31;
        }
        // 16 times 2 is 1 modulo 31, so twice what is missing, at the sixteenth place, makes the sum nothing.
        digits.push((31 - weighed(&digits)) * 2 % 31);
        Self(digits.into_iter().map(|digit| char::from(ALPHABET[digit])).collect())
    }

    /// Reads a number as people write it: in capitals or not, with hyphens, spaces or nothing between its characters.
    ///
    /// # Errors
    /// `InvalidVoucherNumber` for another length, a character that no number has, or a wrong check character.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = || FieldError::new("number", ErrorCode::InvalidVoucherNumber);
        let written: Vec<u8> = text
            .bytes()
            .filter(|byte| !b" -".contains(byte))
            .take(LENGTH + 1)
            .collect();
        let capital = written.iter().map(u8::to_ascii_uppercase);
        let digits = capital
            .map(|byte| ALPHABET.iter().position(|known| *known == byte))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(wrong)?;
        if digits.len() != LENGTH || weighed(&digits) != 0 {
            return Err(wrong());
        }
        Ok(Self(
            digits.into_iter().map(|digit| char::from(ALPHABET[digit])).collect(),
        ))
    }
}

/// The sum of the digits, each times its place from 1, modulo 31.
fn weighed(digits: &[usize]) -> usize {
    digits
        .iter()
        .zip(1..)
        .map(|(digit, place)| digit * place)
        .sum::<usize>()
        % 31
}

/// In groups of four, as it is printed and read aloud: `7K3M-Q2WX-RT4A-9HNB`.
impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, character) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{character}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_read_as_it_is_shown(random: [u8; 16]) {
            let number = Number::from_random(random);
            let shown = number.to_string();
            prop_assert_eq!(shown.len(), 19);
            prop_assert!(!shown.contains(['0', 'O', '1', 'I', 'L']));
            prop_assert_eq!(Number::parse(&shown), Ok(number.clone()));
            let typed = shown.to_lowercase().replace('-', " ");
            prop_assert_eq!(Number::parse(&typed), Ok(number));
        }

        #[test]
        fn one_wrong_character_is_found(random: [u8; 16], place in 0usize..16, other in 0usize..31) {
            let mut typed = Number::from_random(random).0.into_bytes();
            prop_assume!(typed[place] != ALPHABET[other]);
            typed[place] = ALPHABET[other];
            prop_assert!(Number::parse(&String::from_utf8(typed).unwrap()).is_err());
        }

        #[test]
        fn two_that_changed_places_are_found(random: [u8; 16], one in 0usize..16, other in 0usize..16) {
            let mut typed = Number::from_random(random).0.into_bytes();
            prop_assume!(typed[one] != typed[other]);
            typed.swap(one, other);
            prop_assert!(Number::parse(&String::from_utf8(typed).unwrap()).is_err());
        }

        #[test]
        fn other_texts_are_no_numbers(text: String) {
            let error = Number::parse(&text).unwrap_err();
            prop_assert_eq!((error.field, error.code), ("number", ErrorCode::InvalidVoucherNumber));
        }
    }
}
