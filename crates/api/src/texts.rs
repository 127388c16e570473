//! The sentences of errors in Finnish, Swedish and English.

use async_graphql::{ServerError, Value};
use kernel::{ErrorCode as Code, Lang};

use crate::error::ErrorCode;

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
const PARAMS: [&str; 6] = ["min", "max", "ceiling", "value", "reason", "retryAfterSeconds"];

/// Puts the sentence of its code into an error of ours; leaves errors of the GraphQL library alone.
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
    params.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[expect(clippy::too_many_lines, reason = "a table of sentences")]
fn sentences(code: Code) -> [&'static str; 3] {
    match code {
        Code::Unauthenticated => [
            "Kirjaudu sisään ja yritä uudelleen.",
            "Logga in och försök igen.",
            "Sign in and try again.",
        ],
        Code::Forbidden => [
            "Sinulla ei ole oikeutta tähän. Pyydä oikeutta kaupungin tai yrityksen pääkäyttäjältä.",
            "Du har inte rätt att göra detta. Be om rätten av stadens eller företagets huvudanvändare.",
            "You may not do this. Ask an administrator of the city or the company for the right.",
        ],
        Code::RateLimited => [
            "Liian monta yritystä. Yritä uudelleen {retryAfterSeconds} sekunnin kuluttua.",
            "För många försök. Försök igen om {retryAfterSeconds} sekunder.",
            "Too many tries. Try again in {retryAfterSeconds} seconds.",
        ],
        Code::Unavailable => [
            "Palvelu ei juuri nyt vastaa. Yritä hetken kuluttua uudelleen samalla pyynnöllä.",
            "Tjänsten svarar inte just nu. Försök igen om en stund med samma begäran.",
            "The service cannot answer just now. Send the same request again in a moment.",
        ],
        Code::Internal => [
            "Palvelussa tapahtui virhe. Ilmoita virhetunnus tukeen.",
            "Ett fel inträffade i tjänsten. Meddela felkoden till supporten.",
            "The service failed. Tell the error id to support.",
        ],
        Code::NotFound => [
            "Kohdetta ei löydy. Tarkista tunniste.",
            "Objektet hittades inte. Kontrollera identifieraren.",
            "There is no such thing. Check the id.",
        ],
        Code::Required => ["Täytä tämä kenttä.", "Fyll i detta fält.", "Fill in this field."],
        Code::TooLong => [
            "Lyhennä teksti enintään {max} merkkiin.",
            "Förkorta texten till högst {max} tecken.",
            "Shorten the text to at most {max} characters.",
        ],
        Code::ControlCharacters => [
            "Poista tekstistä ohjausmerkit.",
            "Ta bort styrtecknen ur texten.",
            "Remove the control characters from the text.",
        ],
        Code::OutOfRange => [
            "Anna arvo väliltä {min}–{max}.",
            "Ange ett värde mellan {min} och {max}.",
            "Give a value from {min} to {max}.",
        ],
        Code::InvalidFormat => [
            "Arvo ei ole oikeassa muodossa. Tarkista kirjoitusasu.",
            "Värdet har inte rätt form. Kontrollera stavningen.",
            "The value is not of the right form. Check its spelling.",
        ],
        Code::InvalidId => [
            "Tunniste on virheellinen tai toisenlaisen kohteen.",
            "Identifieraren är felaktig eller hör till ett annat slags objekt.",
            "The id is malformed or names another kind of thing.",
        ],
        Code::SwedishMissing => [
            "Lisää ruotsinkielinen teksti: kaupunki on kaksikielinen.",
            "Lägg till en svensk text: staden är tvåspråkig.",
            "Add a Swedish text: the city is bilingual.",
        ],
        Code::TooManyItems => [
            "Luettelossa saa olla enintään {max} riviä.",
            "Listan får ha högst {max} rader.",
            "The list may have at most {max} items.",
        ],
        Code::AlreadyExists => ["Tämä on jo olemassa.", "Detta finns redan.", "This exists already."],
        Code::Conflict => [
            "Joku muu on muuttanut tietoja. Hae uusin versio ja tee muutos siihen.",
            "Någon annan har ändrat uppgifterna. Hämta den senaste versionen och ändra den.",
            "Somebody else has changed this. Fetch the newest version and change that.",
        ],
        Code::NotAllowedInState => [
            "Tätä ei voi tehdä nykyisessä tilassa. Katso sallitut toiminnot.",
            "Detta kan inte göras i nuvarande läge. Se tillåtna åtgärder.",
            "This cannot be done in the present state. See the allowed actions.",
        ],
        Code::KeyReused => [
            "Tunnistetta (idempotencyKey) on käytetty toiseen pyyntöön. Luo uusi tunniste.",
            "Nyckeln (idempotencyKey) har använts för en annan begäran. Skapa en ny nyckel.",
            "The idempotency key was used for another request. Make a new key.",
        ],
        Code::FourEyes => [
            "Toisen henkilön on tehtävä tämä vaihe.",
            "En annan person måste göra detta steg.",
            "Another person has to do this step.",
        ],
        Code::WeakPassword => [
            "Salasana on liian lyhyt tai liian yleinen. Valitse vähintään 8 merkin salasana, jota muut eivät arvaa.",
            "Lösenordet är för kort eller för vanligt. Välj ett lösenord på minst 8 tecken som andra inte gissar.",
            "The password is too short or too common. Choose one of at least 8 characters that others will not guess.",
        ],
        Code::WrongCredentials => [
            "Sähköposti tai salasana on väärin.",
            "E-postadressen eller lösenordet är fel.",
            "The address or the password is wrong.",
        ],
        Code::InvalidToken => [
            "Linkki tai tunniste on käytetty tai vanhentunut. Pyydä uusi.",
            "Länken eller koden är använd eller har gått ut. Be om en ny.",
            "The link or token is used or has expired. Ask for a new one.",
        ],
        Code::NotVerified => [
            "Vahvista ensin sähköpostiosoite siihen lähetetyllä linkillä.",
            "Bekräfta först e-postadressen med länken som skickats till den.",
            "Verify the e-mail address first with the link sent to it.",
        ],
        Code::InvalidBusinessId => [
            "Y-tunnus on virheellinen. Tarkista numerot ja tarkistusmerkki.",
            "FO-numret är felaktigt. Kontrollera siffrorna och kontrolltecknet.",
            "The business id is wrong. Check its digits and its check digit.",
        ],
        Code::InvalidIban => [
            "Tilinumero (IBAN) on virheellinen. Tarkista numerot.",
            "Kontonumret (IBAN) är felaktigt. Kontrollera siffrorna.",
            "The account number (IBAN) is wrong. Check its digits.",
        ],
        Code::BudgetExceeded => [
            "Ohjelman määräraha ei riitä.",
            "Programmets anslag räcker inte till.",
            "The budget of the programme does not cover this.",
        ],
        Code::InsufficientBalance => [
            "Saldo ei riitä. Tarkista palvelusetelin saldo.",
            "Saldot räcker inte till. Kontrollera servicesedelns saldo.",
            "The balance does not cover this. Check the balance of the voucher.",
        ],
        Code::SoldOut => [
            "Paikkoja ei ole jäljellä. Valitse toinen aika.",
            "Det finns inga platser kvar. Välj en annan tid.",
            "No places are left. Choose another time.",
        ],
        Code::PriceAboveCeiling => [
            "Hinta ylittää ohjelman enimmäishinnan, joka on {ceiling} €.",
            "Priset överstiger programmets högsta pris, som är {ceiling} €.",
            "The price is above the ceiling of the programme, which is {ceiling} €.",
        ],
        Code::PriceAboveValue => [
            "Hinta ylittää palvelusetelin arvon {value} €, eikä maksuttomasta palvelusta saa jäädä maksettavaa. Valitse \
             edullisempi palvelu.",
            "Priset överstiger servicesedelns värde {value} €, och för en avgiftsfri tjänst får inget återstå att betala. \
             Välj en förmånligare tjänst.",
            "The price is above the value of the voucher, {value} €, and a free service may leave nothing to pay. Choose \
             a cheaper one.",
        ],
        Code::NoTermsInForce => [
            "Ohjelmalla ei ole voimassa olevia ehtoja tuona päivänä. Valitse toinen päivä.",
            "Programmet har inga gällande villkor den dagen. Välj en annan dag.",
            "The programme has no terms in force on that day. Choose another day.",
        ],
        Code::PeriodsOverlap => [
            "Ajanjakso on päällekkäin toisten ehtojen kanssa. Päätä ensin aiemmat ehdot.",
            "Perioden överlappar andra villkor. Avsluta de tidigare villkoren först.",
            "The period overlaps other terms. End the earlier ones first.",
        ],
        Code::InvalidRule => [
            "Arvosäännön kohta ei sovi muihin ({reason}). Korjaa se.",
            "Värderegelns punkt passar inte ihop med de andra ({reason}). Rätta den.",
            "This part of the value rule does not fit the others ({reason}). Correct it.",
        ],
        Code::NotApproved => [
            "Yrityksellä ei ole voimassa olevaa hyväksyntää tähän ohjelmaan.",
            "Företaget har inget gällande godkännande för detta program.",
            "The company has no approval in force for this programme.",
        ],
        Code::NotEligible => [
            "Palveluseteli ei kelpaa tähän palveluun tai tähän aikaan.",
            "Servicesedeln gäller inte för denna tjänst eller denna tid.",
            "The voucher is not valid for this service or this time.",
        ],
        Code::TooLate => [
            "Määräaika on mennyt.",
            "Tidsfristen har gått ut.",
            "The deadline has passed.",
        ],
        Code::TooEarly => [
            "Tätä ei voi tehdä vielä.",
            "Detta kan inte göras ännu.",
            "This cannot be done yet.",
        ],
        Code::WrongCode => [
            "Koodi on väärin. Pyydä asiakasta näyttämään varauksen koodi.",
            "Koden är fel. Be kunden visa bokningens kod.",
            "The code is wrong. Ask the customer to show the code of the booking.",
        ],
        Code::CodeLocked => [
            "Liian monta väärää koodia. Pyydä asiakasta uusimaan varauksen koodi.",
            "För många felaktiga koder. Be kunden förnya bokningens kod.",
            "Too many wrong codes. Ask the customer to renew the code of the booking.",
        ],
        Code::NothingToSettle => [
            "Kaudella ei ole maksettavia toimituksia.",
            "Det finns inga leveranser att betala för perioden.",
            "There are no deliveries to pay in this period.",
        ],
        Code::InvalidBankFile => [
            "Pankin tiedostoa ei voi lukea: {reason}",
            "Bankens fil kan inte läsas: {reason}",
            "The bank's file cannot be read: {reason}",
        ],
        Code::DuplicateFile => [
            "Tiedosto on jo luettu.",
            "Filen har redan lästs in.",
            "The file was taken in before.",
        ],
    }
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
