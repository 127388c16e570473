//! The sentences of errors in Finnish, Swedish and English.

pub(crate) mod eligibility;
mod sentences;

use async_graphql::{ServerError, Value};
use kernel::{ErrorCode as Code, Lang};
use programmes::eligibility::Outcome;

use crate::error::ErrorCode;
use sentences::sentences;

/// The language that a client asked for in `Accept-Language`; Finnish where it names none of ours.
pub(crate) fn preferred(header: Option<&str>) -> Lang {
    let mut best = (0, Lang::Fi);
    for part in header.unwrap_or_default().split(',').take(20) {
        let mut pieces = part.trim().split(';');
        let tag = pieces.next().unwrap_or_default().to_ascii_lowercase();
        let lang = match tag.split('-').next() {
            Some("fi") => Lang::Fi,
            Some("sv") => Lang::Sv,
            Some("en") => Lang::En,
            _ => continue,
        };
        let weight = pieces
            .find_map(|piece| piece.trim().strip_prefix("q=").map(quality))
            .unwrap_or(1_000);
        if weight > best.0 {
            best = (weight, lang);
        }
    }
    best.1
}

/// A weight such as `0.8` in thousandths.
fn quality(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    format!("{whole}{digits}").parse().unwrap_or(0).min(1_000)
}

/// Gives a value that is not of its type, as the library found it, a code and a field like those of a user error.
///
/// The library names the place and the fault in one English sentence. A field that no input has keeps that sentence: it
/// speaks to the developer of the client.
pub(crate) fn classify(error: &mut ServerError) {
    let read = |message: &str| {
        if message.starts_with("Failed to parse \"") || message.starts_with("Expected input type \"") {
            return Some(("INVALID_FORMAT", None));
        }
        let (place, fault) = message
            .strip_prefix("Invalid value for argument \"")?
            .split_once("\", ")?;
        let missing = fault.strip_prefix("field \"").and_then(|rest| rest.split_once('"'));
        let code = match missing {
            Some(_) => "REQUIRED",
            None if fault.starts_with("unknown field") => return None,
            None => "INVALID_FORMAT",
        };
        let path = place.split('.').chain(missing.map(|(name, _)| name));
        Some((code, Some(path.map(Value::from).collect::<Vec<_>>())))
    };
    if error.extensions.is_none()
        && error.source.is_none()
        && let Some((code, field)) = read(&error.message)
    {
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", code);
        if let Some(field) = field {
            extensions.set("field", Value::List(field));
        }
    }
}

/// The values that sentences name.
const PARAMS: [&str; 14] = [
    "min",
    "max",
    "ceiling",
    "value",
    "reason",
    "requirements",
    "left",
    "needed",
    "retryAfterSeconds",
    "rule",
    "from",
    "to",
    "municipalities",
    "segment",
];

/// Puts the sentence of its code into an error of ours.
pub(crate) fn translate(error: &mut ServerError, lang: Lang) {
    let Some(extensions) = &error.extensions else { return };
    let Some(Value::String(name)) = extensions.get("code") else {
        return;
    };
    let known = <ErrorCode as async_graphql::EnumType>::items();
    let Some(code) = known.iter().find(|item| item.name == name).map(|item| item.value) else {
        return;
    };
    let value = |name: &'static str| match extensions.get(name)? {
        Value::Number(number) => Some((name, number.to_string())),
        Value::String(text) => Some((name, text.clone())),
        _ => None,
    };
    let params: Vec<_> = PARAMS.into_iter().filter_map(value).collect();
    error.message = sentence(code.into(), &params, lang);
}

/// What went wrong and what to do about it.
pub(crate) fn sentence(code: Code, params: &[(&'static str, String)], lang: Lang) -> String {
    let [fi, sv, en] = sentences(code);
    let text = match lang {
        Lang::Fi => fi,
        Lang::Sv => sv,
        Lang::En => en,
    };
    // A condition of the programme is named as `myEligibility` does.
    match code {
        Code::NotEligible => {
            if let Some(condition) = eligibility::of_params(params, Outcome::NotMet, lang) {
                return condition;
            }
        }
        Code::EligibilityUnknown => {
            if let Some(condition) = eligibility::of_params(params, Outcome::Unknown, lang) {
                return format!("{condition} {text}");
            }
        }
        _ => {}
    }
    params.iter().fold(text.to_owned(), |text, (name, value)| {
        let value = match code {
            Code::InvalidRule => misfit(value, lang).unwrap_or(value),
            _ => value,
        };
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// How a parameter of a value rule fails to fit, by the key that `programmes` gives it.
fn misfit(key: &str, lang: Lang) -> Option<&'static str> {
    let [fi, sv, en] = match key {
        "NOT_GROWING" => [
            "sen on oltava edellistä suurempi",
            "den ska vara större än den föregående",
            "it has to be larger than the one before",
        ],
        "RATE_RISES" => [
            "suurempi talous ei maksa tuloistaan suurempaa osuutta",
            "ett större hushåll betalar inte en större del av inkomsten",
            "a larger household does not pay a larger share of its income",
        ],
        "ABOVE_HIGHEST" => [
            "pienin on suurempi kuin suurin",
            "det minsta är större än det största",
            "the smallest is above the largest",
        ],
        "ENTRIES" => [
            "kohtia on väärä määrä",
            "antalet punkter är fel",
            "the number of entries is wrong",
        ],
        "STEP" => [
            "sääntö ei tunne tätä pyöristystä",
            "regeln känner inte till denna avrundning",
            "the rule does not know this rounding",
        ],
        "TWICE" => [
            "sama on kahdesti",
            "samma finns två gånger",
            "the same stands there twice",
        ],
        "GAP" => [
            "osa vuorokaudesta puuttuu",
            "en del av dygnet saknas",
            "a part of the day is missing",
        ],
        "OVERLAP" => [
            "osa vuorokaudesta on kahdesti",
            "en del av dygnet finns två gånger",
            "a part of the day is there twice",
        ],
        "PAID_ONCE" => [
            "kerralla maksettavalla summalla ei ole kellonaikoja",
            "en summa som betalas på en gång har inga klockslag",
            "a sum that is paid once has no times of day",
        ],
        "OTHER_KIND" => [
            "voimassa olevat ehdot on arvotettu toisin, joten tee uusi ohjelma",
            "de publicerade villkoren värderas på annat sätt, så gör ett nytt program",
            "the published terms are valued otherwise, so make a new programme",
        ],
        "OTHER_UNIT" => [
            "käynneistä maksetaan kerralta tai osuus hinnasta, tunneista tunnilta",
            "för besök betalas per gång eller en andel av priset, för timmar per timme",
            "visits are paid by the piece or as a share of the price, hours by the hour",
        ],
        _ => return None,
    };
    Some(match lang {
        Lang::Fi => fi,
        Lang::Sv => sv,
        Lang::En => en,
    })
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn reads_the_preferred_language() {
        assert_eq!(preferred(None), Lang::Fi);
        assert_eq!(preferred(Some("sv-FI, fi;q=0.9, en;q=0.8")), Lang::Sv);
        assert_eq!(preferred(Some("de, en;q=0.5, sv;q=0.7")), Lang::Sv);
        assert_eq!(preferred(Some("fi;q=0, *;q=0.1, en;q=0.001")), Lang::En);
        assert_eq!(preferred(Some("q=;,;;=")), Lang::Fi);
    }

    #[test]
    fn a_value_that_is_not_of_its_type_is_told_like_a_user_error() {
        let at = |parts: &[&str]| Some(Value::List(parts.iter().map(|part| Value::from(*part)).collect()));
        let not_of_the_form = sentence(Code::InvalidFormat, &[], Lang::Sv);
        for (message, expected, field) in [
            (
                "Invalid value for argument \"input.occurrences.0.startsAt\", expected type \"DateTime\"",
                Some("INVALID_FORMAT"),
                at(&["input", "occurrences", "0", "startsAt"]),
            ),
            (
                "Invalid value for argument \"input\", field \"price\" of type \"Cents!\" is required but not provided",
                Some("REQUIRED"),
                at(&["input", "price"]),
            ),
            ("Failed to parse \"Int\": too large", Some("INVALID_FORMAT"), None),
            ("Expected input type \"Int\", found true.", Some("INVALID_FORMAT"), None),
            (
                "Invalid value for argument \"input\", unknown field \"a\" of type \"B\"",
                None,
                None,
            ),
            ("connection refused", None, None),
        ] {
            let mut error = ServerError::new(message, None);
            classify(&mut error);
            let extension = |key: &str| error.extensions.as_ref().and_then(|known| known.get(key)).cloned();
            assert_eq!(extension("code"), expected.map(Value::from), "{message}");
            assert_eq!(extension("field"), field, "{message}");
            translate(&mut error, Lang::Sv);
            assert_eq!(error.message == message, expected.is_none(), "{message}");
            assert_eq!(
                error.message == not_of_the_form,
                expected == Some("INVALID_FORMAT"),
                "{message}"
            );
        }
    }

    #[test]
    fn every_code_has_a_sentence_in_each_language() {
        for code in Code::iter() {
            let [fi, sv, en] = sentences(code);
            assert!(fi != sv && sv != en && fi != en, "{code:?}");
            assert!(
                [fi, sv, en]
                    .iter()
                    .all(|text| text.ends_with('.') || text.ends_with('}')),
                "{code:?}"
            );
        }
    }

    #[test]
    fn every_value_that_a_sentence_names_is_known() {
        for code in Code::iter() {
            let mut text = sentences(code).join(" ");
            for name in PARAMS {
                text = text.replace(&format!("{{{name}}}"), "");
            }
            assert!(!text.contains('{'), "{code:?}: {text}");
        }
    }

    #[test]
    fn puts_the_values_into_the_sentence() {
        let text = sentence(Code::TooLong, &[("max", "20".to_owned())], Lang::En);
        assert_eq!(text, "Shorten the text to at most 20 characters.");
    }
}
