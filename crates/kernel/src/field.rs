//! Checks of single input fields, shared by every context so that the same mistake gets the same answer.

use chrono::{DateTime, Datelike, Utc};

use crate::error::{ErrorCode, FieldError};
use crate::money::Cents;

/// A required text: trimmed, 1 to `max` characters, without control characters other than line breaks and tabs, and
/// without invisible or unassigned ones.
pub fn text(name: &'static str, value: &str, max: usize) -> Result<String, FieldError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(FieldError::new(name, ErrorCode::Required));
    }
    if value.chars().count() > max {
        return Err(FieldError::new(name, ErrorCode::TooLong).with("max", max));
    }
    if value.chars().any(forbidden) {
        return Err(FieldError::new(name, ErrorCode::ControlCharacters));
    }
    Ok(value.to_owned())
}

/// Characters that no text needs: controls, marks that reverse the direction of writing, invisible ones that make two
/// texts look alike, and code points that XML cannot carry.
fn forbidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let invisible = matches!(c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}');
    let unassigned = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..='\u{10ffff}')
        || u32::from(c) & 0xfffe == 0xfffe;
    control || invisible || unassigned
}

/// A required text on one line.
pub fn line(name: &'static str, value: &str, max: usize) -> Result<String, FieldError> {
    let value = text(name, value, max)?;
    if value.contains(char::is_control) {
        return Err(FieldError::new(name, ErrorCode::ControlCharacters));
    }
    Ok(value)
}

/// An instant of the years 2000 to 2199, which both databases and every calendar hold.
pub fn instant(name: &'static str, value: DateTime<Utc>) -> Result<DateTime<Utc>, FieldError> {
    number(name, value.year(), 2000, 2199).map(|_| value)
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
        assert_eq!(code("a\u{ffff}b"), ErrorCode::ControlCharacters);
        assert_eq!(code("\u{200b}"), ErrorCode::ControlCharacters);
        assert!(
            line("name", "👩\u{200d}🏫", 5).is_ok(),
            "joiners make one picture of two"
        );
    }

    #[test]
    fn keeps_numbers_inside_their_range() {
        assert_eq!(cents("price", Cents(5), Cents(1), Cents(9)), Ok(Cents(5)));
        let refused = cents("price", Cents(0), Cents(1), Cents(9)).unwrap_err();
        assert_eq!((refused.field, refused.code), ("price", ErrorCode::OutOfRange));
    }
}
