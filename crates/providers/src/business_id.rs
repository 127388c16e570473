use kernel::{ErrorCode, FieldError};

/// What each of the seven digits counts (Finnish Tax Administration).
const WEIGHTS: [u32; 7] = [7, 9, 10, 5, 8, 4, 2];

/// Reads a business id (Y-tunnus) such as `0201256-6` and checks its last digit; six-digit numbers of old are padded
/// with a leading zero.
///
/// # Errors
/// `InvalidBusinessId` on the field `businessId`.
pub(crate) fn parse(text: &str) -> Result<String, FieldError> {
    read(text.trim()).ok_or_else(|| FieldError::new("businessId", ErrorCode::InvalidBusinessId))
}

fn read(text: &str) -> Option<String> {
    let (number, check) = text.split_once('-')?;
    let all_digits = number.bytes().chain(check.bytes()).all(|byte| byte.is_ascii_digit());
    if !all_digits || !matches!(number.len(), 6 | 7) || check.len() != 1 {
        return None;
    }
    let number = format!("{number:0>7}");
    let sum: u32 = number
        .chars()
        .zip(WEIGHTS)
        .filter_map(|(digit, weight)| Some(digit.to_digit(10)? * weight))
        .sum();
    let expected = match sum % 11 {
        0 => 0,
        // Numbers with this remainder are never given out.
        1 => return None,
        remainder => 11 - remainder,
    };
    (check == expected.to_string()).then(|| format!("{number}-{check}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_ids_of_six_cities() {
        for id in [
            "0201256-6",
            "0101263-6",
            "0124610-9",
            "0211675-2",
            "0204819-8",
            "0187690-1",
        ] {
            assert_eq!(parse(id).as_deref(), Ok(id));
        }
    }

    #[test]
    fn pads_old_numbers_and_drops_spaces_around() {
        assert_eq!(parse(" 201256-6 ").as_deref(), Ok("0201256-6"));
    }

    #[test]
    fn refuses_wrong_digits_and_other_forms() {
        // 0000005-? has the remainder 10, 0000006-? the remainder 1.
        assert_eq!(parse("0000005-1").as_deref(), Ok("0000005-1"));
        for text in [
            "0201256-5",
            "0201265-6",
            "0000006-0",
            "0000006-1",
            "02012566",
            "0201256-",
            "-6",
            "FI02012566",
            "0201256-66",
            "00201256-6",
            "01256-6",
            "0201256-٦",
            "0201256-6x",
            "+201256-6",
            "",
        ] {
            assert_eq!(parse(text).unwrap_err().code, ErrorCode::InvalidBusinessId, "{text}");
        }
    }
}
