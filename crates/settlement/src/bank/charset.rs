//! The characters a SEPA payment may carry, and what becomes of all others.
//!
//! Banks guarantee only Latin letters without marks, digits, space and `/ - ? : ( ) . , ' +` (European Payments
//! Council, EPC217-08). The rule here, in this order, for each character:
//!
//! 1. an allowed character stays; white space and control characters become a space;
//! 2. a character of the table `replacement` becomes what stands there (`&` is `+`, `ß` is `ss`, `€` is `EUR`);
//! 3. marks are taken off the letter (`ä` is `a`, `é` is `e`), compatibility forms are unfolded (`ﬁ` is `fi`);
//! 4. what remains, such as Cyrillic or an emoji, becomes `.`.
//!
//! Then runs of spaces and of slashes become one, spaces and slashes at both ends go (a slash there or a double slash
//! has a meaning to banks), and the text is cut. A text of which nothing remains becomes `.`.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest name of a party in characters, as SEPA limits it (ISO 20022 itself allows 140).
pub const NAME_MAX: usize = 70;
/// The longest free remittance text in characters.
pub const TEXT_MAX: usize = 140;
/// The longest message, instruction or end-to-end id in characters.
pub const ID_MAX: usize = 35;

/// What banks put where the payer gave no end-to-end id; therefore no id itself.
pub const NO_ID: &str = "NOTPROVIDED";

/// Whether a character may stand in any SEPA field.
pub fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || " /-?:().,'+".contains(character)
}

/// Whether a text may be the id of a message or payment: 1 to 35 allowed characters, no slash or space at either end,
/// no double slash, and not [`NO_ID`].
pub fn is_id(text: &str) -> bool {
    (1..=ID_MAX).contains(&text.len())
        && text.chars().all(is_allowed)
        && !text.starts_with(['/', ' '])
        && !text.ends_with(['/', ' '])
        && !text.contains("//")
        && text != NO_ID
}

/// Rewrites any text with allowed characters only, 1 to `max` of them, by the rule of this module.
///
/// The answer depends on nothing but the arguments, and rewriting it again changes nothing.
pub fn transliterate(text: &str, max: usize) -> String {
    let mut rewritten = String::with_capacity(text.len());
    for character in text.chars() {
        push(&mut rewritten, character);
    }
    let cut: String = single(&rewritten).trim_matches([' ', '/']).chars().take(max).collect();
    match cut.trim_end_matches([' ', '/']) {
        "" => ".".to_owned(),
        rest => rest.to_owned(),
    }
}

fn push(out: &mut String, character: char) {
    if is_allowed(character) {
        out.push(character);
    } else if character.is_whitespace() || character.is_control() {
        out.push(' ');
    } else if let Some(replacement) = replacement(character) {
        out.push_str(replacement);
    } else {
        for part in character.nfkd().filter(|part| !is_combining_mark(*part)) {
            match replacement(part) {
                _ if is_allowed(part) => out.push(part),
                Some(replacement) => out.push_str(replacement),
                None => out.push('.'),
            }
        }
    }
}

/// The table for characters that are no letter with a mark.
fn replacement(character: char) -> Option<&'static str> {
    Some(match character {
        '&' => "+",
        '€' => "EUR",
        '@' => "(at)",
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ø' => "o",
        'Ø' => "O",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ħ' => "h",
        'Ħ' => "H",
        'ı' => "i",
        'ł' => "l",
        'Ł' => "L",
        'ŋ' => "n",
        'Ŋ' => "N",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ǥ' => "g",
        'Ǥ' => "G",
        'ʒ' | 'ǯ' => "z",
        'Ʒ' | 'Ǯ' => "Z",
        'þ' => "th",
        'Þ' => "TH",
        '‘' | '’' | '‚' | '“' | '”' | '„' | '«' | '»' | '"' | '`' | '´' => "'",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '_' | '~' => "-",
        '[' | '{' | '<' => "(",
        ']' | '}' | '>' => ")",
        '|' | '\\' | '⁄' => "/",
        ';' => ",",
        '×' => "x",
        _ => return None,
    })
}

/// The text with each run of spaces, and each run of slashes, shortened to one.
fn single(text: &str) -> String {
    let mut last = None;
    text.chars()
        .filter(|&next| last.replace(next) != Some(next) || !matches!(next, ' ' | '/'))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NAME_MAX, is_allowed, is_id, transliterate};

    #[test]
    fn follows_the_table() {
        for (text, expected) in [
            ("Höyläämö Åström & Pojat Oy", "Hoylaamo Astrom + Pojat Oy"),
            ("Café Größe, 12 €", "Cafe Grosse, 12 EUR"),
            ("Čáhcesuolu Ŋuorgu Sámi", "Cahcesuolu Nuorgu Sami"),
            ("Łódź – Ærø", "Lodz - AEro"),
            ("a\u{308}o\u{308}", "ao"),
            ("ﬁlmi ½ №", "filmi 1/2 No"),
            ("Привет", "......"),
            ("koti 🏠", "koti ."),
            ("<script>alert(1)</script>", "(script)alert(1)(/script)"),
            ("  //a\t\r\n b\u{0}//c/ ", "a b /c"),
            ("", "."),
            (" / ", "."),
            ("\u{308}", "."),
        ] {
            assert_eq!(transliterate(text, NAME_MAX), expected, "{text:?}");
        }
    }

    #[test]
    fn cuts_by_characters_and_leaves_no_loose_end() {
        assert_eq!(transliterate(&"ä".repeat(200), 70), "a".repeat(70));
        assert_eq!(transliterate("abc def", 4), "abc");
        assert_eq!(transliterate("abc/def", 4), "abc");
        assert_eq!(transliterate("ß", 1), "s");
    }

    #[test]
    fn knows_ids() {
        for id in ["A", "RUN-2026-11/7", &"x".repeat(35)] {
            assert!(is_id(id), "{id}");
        }
        for id in [
            "",
            "/a",
            "a/",
            "a//b",
            " a",
            "a ",
            "ä",
            "a_b",
            "a\nb",
            "NOTPROVIDED",
            &"x".repeat(36),
        ] {
            assert!(!is_id(id), "{id}");
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_sepa_text(text in any::<String>(), max in 1usize..150) {
            let rewritten = transliterate(&text, max);
            prop_assert!(rewritten.chars().all(is_allowed));
            prop_assert!((1..=max).contains(&rewritten.chars().count()));
            prop_assert!(!rewritten.starts_with(['/', ' ']) && !rewritten.ends_with(['/', ' ']));
            prop_assert!(!rewritten.contains("//"));
            prop_assert_eq!(transliterate(&rewritten, max), rewritten);
        }
    }
}
