//! Checks of single input fields, shared by every context so that the same mistake gets the same answer.

use crate::error::{ErrorCode, FieldError};
use crate::money::Cents;

/// A required text: trimmed, 1 to `max` characters, without control characters other than line breaks and tabs and
/// without the marks that reverse the direction of writing.
pub fn text(name: &'static str, value: &str, max: usize) -> Result<String, FieldError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(FieldError::new(name, ErrorCode::Required));
    }
    if value.chars().count() > max {
        return Err(FieldError::new(name, ErrorCode::TooLong).with("max", max));
    }
    let forbidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if value.chars().any(forbidden) {
        return Err(FieldError::new(name, ErrorCode::ControlCharacters));
    }
    Ok(value.to_owned())
}

/// A required text on one line.
pub fn line(name: &'static str, value: &str, max: usize) -> Result<String, FieldError> {
    let value = text(name, value, max)?;
    if value.contains(char::is_control) {
        return Err(FieldError::new(name, ErrorCode::ControlCharacters));
    }
    Ok(value)
}

/// An amount from `min` to `max`, both included.
pub fn cents(name: &'static str, value: Cents, min: Cents, max: Cents) -> Result<Cents, FieldError> {
    number(name, value.0, min.0, max.0).map(Cents)
}

/// A whole number from `min` to `max`, both included.
pub fn number<N: PartialOrd + std::fmt::Display>(
    name: &'static str,
    value: N,
    min: N,
    max: N,
) -> Result<N, FieldError> {
    if value < min || value > max {
        return Err(FieldError::new(name, ErrorCode::OutOfRange)
            .with("min", min)
            .with("max", max));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_good_text_and_names_what_is_wrong_with_bad() {
        assert_eq!(text("name", " Uimakoulu\nalkeet ", 20).unwrap(), "Uimakoulu\nalkeet");
        let code = |value: &str| line("name", value, 5).unwrap_err().code;
        assert_eq!(code("   "), ErrorCode::Required);
        assert_eq!(code("äääääö"), ErrorCode::TooLong);
        assert_eq!(code("a\nb"), ErrorCode::ControlCharacters);
        assert_eq!(code("a\u{0}b"), ErrorCode::ControlCharacters);
        assert_eq!(code("a\u{202e}b"), ErrorCode::ControlCharacters);
    }

    #[test]
    fn keeps_numbers_inside_their_range() {
        assert_eq!(cents("price", Cents(5), Cents(1), Cents(9)), Ok(Cents(5)));
        let refused = cents("price", Cents(0), Cents(1), Cents(9)).unwrap_err();
        assert_eq!((refused.field, refused.code), ("price", ErrorCode::OutOfRange));
    }
}
