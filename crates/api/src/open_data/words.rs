//! The words of the pages in Finnish, Swedish and English.

use chrono::NaiveDate;
use kernel::{Cents, Lang, LocalizedText};

/// The languages of the pages, by their own names.
pub(super) const LANGUAGES: [(&str, &str); 3] = [("fi", "Suomi"), ("sv", "Svenska"), ("en", "English")];

/// What stands on the pages besides data.
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) languages: &'static str,
    pub(super) catalogue: &'static str,
    pub(super) about: &'static str,
    pub(super) cities: &'static str,
    pub(super) city: &'static str,
    pub(super) page: &'static str,
    pub(super) register: &'static str,
    pub(super) approved_on: &'static str,
    pub(super) prices_of: &'static str,
    pub(super) no_history: &'static str,
    pub(super) day: &'static str,
    pub(super) show: &'static str,
    pub(super) provider: &'static str,
    pub(super) business_id: &'static str,
    pub(super) programme: &'static str,
    pub(super) approved: &'static str,
    pub(super) service: &'static str,
    pub(super) price: &'static str,
    pub(super) no_service: &'static str,
    pub(super) nobody: &'static str,
    pub(super) download: &'static str,
    pub(super) licence: &'static str,
}

const FI: Words = Words {
    lang: "fi",
    languages: "Kielet",
    catalogue: "Palvelutorin avoin data",
    about: "Kaupunkien hyväksymät palveluntuottajat, niiden palvelut ja hinnat.",
    cities: "Kaupungit ja niiden rekisterit",
    city: "Kaupunki",
    page: "Sivu",
    register: "Hyväksytyt palveluntuottajat",
    approved_on: "Palveluntuottajat, jotka oli hyväksytty",
    prices_of: "Palvelut ja hinnat ovat päivältä",
    no_history: "Aiempia hintoja ei säilytetä.",
    day: "Päivä",
    show: "Näytä",
    provider: "Palveluntuottaja",
    business_id: "Y-tunnus",
    programme: "Palveluseteli",
    approved: "Hyväksytty",
    service: "Palvelu",
    price: "Hinta (sis. alv)",
    no_service: "Ei palveluja tarjolla",
    nobody: "Ei hyväksyttyjä palveluntuottajia.",
    download: "Lataa",
    licence: "Lisenssi: Creative Commons Nimeä 4.0",
};

const SV: Words = Words {
    lang: "sv",
    languages: "Språk",
    catalogue: "Öppna data från Palvelutori",
    about: "Serviceproducenter som städerna har godkänt, deras tjänster och priser.",
    cities: "Städerna och deras register",
    city: "Stad",
    page: "Sida",
    register: "Godkända serviceproducenter",
    approved_on: "Serviceproducenter som var godkända",
    prices_of: "Tjänsterna och priserna gäller",
    no_history: "Tidigare priser sparas inte.",
    day: "Dag",
    show: "Visa",
    provider: "Serviceproducent",
    business_id: "FO-nummer",
    programme: "Servicesedel",
    approved: "Godkänd",
    service: "Tjänst",
    price: "Pris (inkl. moms)",
    no_service: "Inga tjänster i utbudet",
    nobody: "Inga godkända serviceproducenter.",
    download: "Ladda ner",
    licence: "Licens: Creative Commons Erkännande 4.0",
};

const EN: Words = Words {
    lang: "en",
    languages: "Languages",
    catalogue: "Open data of Palvelutori",
    about: "Service providers that the cities have approved, their services and prices.",
    cities: "Cities and their registers",
    city: "City",
    page: "Page",
    register: "Approved service providers",
    approved_on: "Service providers approved on",
    prices_of: "Services and prices are those of",
    no_history: "Earlier prices are not kept.",
    day: "Day",
    show: "Show",
    provider: "Provider",
    business_id: "Business id",
    programme: "Voucher programme",
    approved: "Approved",
    service: "Service",
    price: "Price (with VAT)",
    no_service: "No services on offer",
    nobody: "There are no approved service providers.",
    download: "Download",
    licence: "Licence: Creative Commons Attribution 4.0",
};

/// The words in a language.
pub(super) fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::Fi => &FI,
        Lang::Sv => &SV,
        Lang::En => &EN,
    }
}

/// The same words in every language, as a text.
pub(super) fn all(word: fn(&Words) -> &'static str) -> LocalizedText {
    LocalizedText {
        fi: word(&FI).to_owned(),
        sv: Some(word(&SV).to_owned()),
        en: Some(word(&EN).to_owned()),
    }
}

/// A text with the language that it is in, which is Finnish where the wanted one is missing.
pub(super) struct Spoken<'a> {
    pub(super) lang: &'static str,
    pub(super) text: &'a str,
}

impl<'a> Spoken<'a> {
    pub(super) fn of(text: &'a LocalizedText, lang: Lang) -> Self {
        let own = match lang {
            Lang::Fi => None,
            Lang::Sv => text.sv.as_deref(),
            Lang::En => text.en.as_deref(),
        };
        match own {
            Some(text) => Self {
                lang: words(lang).lang,
                text,
            },
            None => Self {
                lang: FI.lang,
                text: &text.fi,
            },
        }
    }
}

/// A civil day as people write it.
pub(super) fn day(day: NaiveDate, lang: Lang) -> String {
    let form = match lang {
        Lang::Fi | Lang::Sv => "%-d.%-m.%Y",
        Lang::En => "%-d %B %Y",
    };
    day.format(form).to_string()
}

/// An amount as people write it; the space before the sign does not break.
pub(super) fn euros(amount: Cents, lang: Lang) -> String {
    match lang {
        Lang::Fi | Lang::Sv => format!("{}\u{a0}€", amount.to_string().replace('.', ",")),
        Lang::En => format!("€{amount}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_amounts_are_written_as_in_the_country() {
        let date = "2027-02-01".parse().unwrap();
        assert_eq!(day(date, Lang::Sv), "1.2.2027");
        assert_eq!(day(date, Lang::En), "1 February 2027");
        assert_eq!(euros(Cents(13_050), Lang::Fi), "130,50\u{a0}€");
        assert_eq!(euros(Cents(13_050), Lang::En), "€130.50");
    }

    #[test]
    fn a_text_says_in_which_language_it_is() {
        let text = LocalizedText {
            fi: "Uinti".into(),
            sv: Some("Simning".into()),
            en: None,
        };
        let spoken = |lang| {
            let Spoken { lang, text } = Spoken::of(&text, lang);
            (lang, text)
        };
        assert_eq!(spoken(Lang::Sv), ("sv", "Simning"));
        assert_eq!(spoken(Lang::En), ("fi", "Uinti"));
    }
}
