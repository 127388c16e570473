//! Euro amounts as bank files spell them, without a float on the way.

/// Spells cents as euros with two decimals and a point: 5 is `0.05`.
pub(super) fn format_cents(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// Reads euros with at most two decimals into cents.
///
/// `None` for a sign, an exponent, a bare point, a third decimal or a number too large for the ledger.
pub(super) fn parse_cents(text: &str) -> Option<i64> {
    let (euros, decimals) = text.split_once('.').unwrap_or((text, "00"));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if euros.is_empty() || !digits_only(euros) || !digits_only(decimals) {
        return None;
    }
    let cents = match decimals.len() {
        1 => decimals.parse::<i64>().ok()?.checked_mul(10)?,
        2 => decimals.parse().ok()?,
        _ => return None,
    };
    euros.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{format_cents, parse_cents};

    #[test]
    fn reads_up_to_two_decimals() {
        for (text, cents) in [("0", 0), ("12", 1200), ("12.5", 1250), ("12.05", 1205), ("007.10", 710)] {
            assert_eq!(parse_cents(text), Some(cents), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "1.234",
            "-1",
            "+1",
            "1e3",
            "1,50",
            " 1",
            "1.5.0",
            "١",
            "99999999999999999999",
        ] {
            assert_eq!(parse_cents(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(cents in 0..i64::MAX) {
            prop_assert_eq!(parse_cents(&format_cents(cents)), Some(cents));
        }
    }
}
