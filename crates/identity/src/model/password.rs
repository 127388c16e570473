use std::collections::HashSet;
use std::sync::LazyLock;

use kernel::{ErrorCode, FieldError};

use super::email::Email;

/// More than this is refused before it is hashed or even counted, in bytes.
pub(crate) const MAX_BYTES: usize = 1024;
const MIN_CHARS: usize = 8;
const MAX_CHARS: usize = 128;

/// Passwords that are tried first by anybody who guesses, in lower case, one a line.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Checks a new password of the account with `email`: 8 to 128 characters, not a common one, not the address.
/// There are no rules of composition (NIST SP 800-63B, section 3.1.1.2).
pub(crate) fn check_new(field: &'static str, password: &str, email: &str) -> Result<(), FieldError> {
    if password.len() > MAX_BYTES || password.chars().count() > MAX_CHARS {
        return Err(FieldError::new(field, ErrorCode::TooLong).with("max", MAX_CHARS));
    }
    let folded = kernel::fold(password);
    let weak = password.chars().count() < MIN_CHARS
        || COMMON.contains(folded.as_str())
        || repeats_one_character(&folded)
        || folded == kernel::fold(email);
    if weak {
        return Err(FieldError::new(field, ErrorCode::WeakPassword).with("min", MIN_CHARS));
    }
    Ok(())
}

fn repeats_one_character(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first)
}

/// Checks a new password against the address as typed at registration.
pub(crate) fn check_first(password: &str, email: &Email) -> Result<(), FieldError> {
    check_new("password", password, email.folded())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<ErrorCode> {
        check_new("password", password, "asiakas@esimerkki.fi")
            .err()
            .map(|e| e.code)
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(code("öljykäs"), Some(ErrorCode::WeakPassword));
        assert_eq!(code("öljykäsi"), None);
        assert_eq!(code(&"öljy".repeat(32)), None);
        assert_eq!(code(&format!("{}x", "öljy".repeat(32))), Some(ErrorCode::TooLong));
        assert_eq!(code(&"🐟🐠".repeat(129)), Some(ErrorCode::TooLong));
    }

    #[test]
    fn no_rules_of_composition() {
        assert_eq!(code("kolme punaista tuolia"), None);
        assert_eq!(code("qpwoeirutyvm"), None);
    }

    #[test]
    fn refuses_what_is_tried_first() {
        for password in [
            "password1",
            "Password1",
            "salasana123",
            "ZZZZZZZZZZ",
            "Asiakas@Esimerkki.FI",
        ] {
            assert_eq!(code(password), Some(ErrorCode::WeakPassword), "{password}");
        }
    }

    #[test]
    fn every_listed_password_can_be_met() {
        assert!(COMMON.len() >= 190, "{}", COMMON.len());
        for password in COMMON.iter() {
            assert_eq!(*password, kernel::fold(password));
            assert!(password.chars().count() >= MIN_CHARS, "{password} is too short anyway");
        }
    }
}
