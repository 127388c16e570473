//! The letters to companies, in the three languages of the service. They say that something waits, not what: what
//! the city wrote is read inside the service, and an account number is not mailed.

use chrono::NaiveDate;
use kernel::{Lang, LocalizedText};
use mail::Letter;

use crate::model::company::Model as Company;

/// Text in Finnish, Swedish and English.
pub(crate) type Texts = [&'static str; 3];

/// What has become of an application.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Question,
    Approved,
    Rejected,
}

/// What a company owes.
#[derive(Clone, Copy)]
pub(crate) enum Duty {
    /// A document ends soon.
    EndsSoon,
    /// The approval itself ends soon.
    ApprovalEnds,
    /// A requirement is not met any more.
    Fails,
    /// It was not met in time.
    Suspended,
}

pub(crate) const SIGN_IN: Texts = [
    "Kirjaudu Palvelutoriin lukeaksesi kaupungin viestin.",
    "Logga in i Palvelutori för att läsa stadens meddelande.",
    "Sign in to Palvelutori to read what the city wrote.",
];
const NOT_YOU: Texts = [
    "Jos muutos ei ole teidän tekemänne, ottakaa heti yhteyttä kaupunkiin.",
    "Om ni inte har gjort ändringen, kontakta staden genast.",
    "If you did not make this change, contact the city at once.",
];

/// Tells a company what has become of its application to a programme.
pub(crate) fn application(company: &Company, programme: &LocalizedText, outcome: Outcome) -> Letter {
    let subject = match outcome {
        Outcome::Question => [
            "Hakemukseenne pyydetään lisätietoja",
            "Staden ber om tilläggsuppgifter till er ansökan",
            "The city asks for more information on your application",
        ],
        Outcome::Approved => [
            "Hakemuksenne on hyväksytty",
            "Er ansökan har godkänts",
            "Your application has been approved",
        ],
        Outcome::Rejected => [
            "Hakemuksenne on hylätty",
            "Er ansökan har avslagits",
            "Your application has been rejected",
        ],
    };
    let about = ["Palveluseteliohjelma", "Servicesedelprogram", "Voucher programme"];
    let about = format!("{}: {}", pick(about, company.lang), programme.get(company.lang));
    letter(company, subject, vec![about, pick(SIGN_IN, company.lang).to_owned()])
}

/// Tells a company that a city has approved it because another city had.
pub(crate) fn accepted(company: &Company, programme: &LocalizedText) -> Letter {
    let subject = [
        "Teidät on hyväksytty toisen kaupungin hyväksynnän perusteella",
        "Ni har godkänts med stöd av en annan stads godkännande",
        "You have been approved because another city has approved you",
    ];
    let about = ["Palveluseteliohjelma", "Servicesedelprogram", "Voucher programme"];
    let about = format!("{}: {}", pick(about, company.lang), programme.get(company.lang));
    letter(company, subject, vec![about, pick(SIGN_IN, company.lang).to_owned()])
}

/// Tells a company that a new version of a programme's rulebook waits for its signatory, until the end of `accept_by`.
pub(crate) fn rulebook(company: &Company, programme: &LocalizedText, accept_by: NaiveDate) -> Letter {
    let subject = [
        "Sääntökirjasta on uusi versio",
        "Regelboken har en ny version",
        "There is a new version of the rulebook",
    ];
    let about = ["Palveluseteliohjelma", "Servicesedelprogram", "Voucher programme"];
    let about = format!("{}: {}", pick(about, company.lang), programme.get(company.lang));
    let day = accept_by.format("%-d.%-m.%Y");
    let deadline = match company.lang {
        Lang::Fi => format!(
            "Nimenkirjoittajan on hyväksyttävä se viimeistään {day}. Sen jälkeen uusia varauksia ei oteta ilman hyväksyntää."
        ),
        Lang::Sv => format!(
            "Firmatecknaren ska godkänna den senast {day}. Därefter tas inga nya bokningar emot utan godkännande."
        ),
        Lang::En => format!("A signatory has to accept it by {day}. After that no new bookings are taken without it."),
    };
    letter(company, subject, vec![about, deadline])
}

/// Tells a company what it owes in a programme.
pub(crate) fn duty(company: &Company, programme: &LocalizedText, duty: Duty) -> Letter {
    let subject = match duty {
        Duty::EndsSoon => [
            "Hyväksyntänne edellytys on päättymässä",
            "Ett krav för ert godkännande upphör snart",
            "A requirement of your approval ends soon",
        ],
        Duty::ApprovalEnds => [
            "Hyväksyntänne on päättymässä",
            "Ert godkännande upphör snart",
            "Your approval ends soon",
        ],
        Duty::Fails => [
            "Hyväksyntänne edellytys ei täyty",
            "Ett krav för ert godkännande är inte uppfyllt",
            "A requirement of your approval is not met",
        ],
        Duty::Suspended => [
            "Hyväksyntänne on keskeytetty",
            "Ert godkännande har avbrutits",
            "Your approval has been suspended",
        ],
    };
    let what = match duty {
        Duty::EndsSoon => [
            "Toimittakaa uusi asiakirja hakemuksen tarkistuslistaan ennen päättymispäivää.",
            "Lämna ett nytt dokument i ansökans checklista före slutdagen.",
            "Add a new document to the checklist of your application before the last day.",
        ],
        Duty::ApprovalEnds => [
            "Hakekaa uutta hyväksyntää ennen päättymispäivää, jotta varaukset jatkuvat.",
            "Ansök om ett nytt godkännande före slutdagen så att bokningarna kan fortsätta.",
            "Apply for the next approval before the last day so that bookings go on.",
        ],
        Duty::Fails => [
            "Korjatkaa puute 30 päivän kuluessa. Muuten hyväksyntä keskeytetään.",
            "Åtgärda bristen inom 30 dagar. Annars avbryts godkännandet.",
            "Cure this within 30 days. Otherwise the approval is suspended.",
        ],
        Duty::Suspended => [
            "Uusia varauksia ei oteta vastaan. Ottakaa yhteyttä kaupunkiin.",
            "Nya bokningar tas inte emot. Kontakta staden.",
            "No new bookings are taken. Contact the city.",
        ],
    };
    let about = ["Palveluseteliohjelma", "Servicesedelprogram", "Voucher programme"];
    let about = format!("{}: {}", pick(about, company.lang), programme.get(company.lang));
    let paragraphs = [pick(what, company.lang), pick(SIGN_IN, company.lang)].map(str::to_owned);
    letter(company, subject, [vec![about], paragraphs.to_vec()].concat())
}

/// How far a change of the account has come.
#[derive(Clone, Copy)]
pub(crate) enum AccountNews {
    Proposed,
    Confirmed,
}

/// Tells the contact address `to` of a company that another account is proposed or has taken the place of the one
/// before (A10).
pub(crate) fn account(company: &Company, to: &str, news: AccountNews) -> Letter {
    let subject = match news {
        AccountNews::Proposed => [
            "Tilinumeronne muutosta on ehdotettu",
            "En ändring av ert kontonummer har föreslagits",
            "A change of your account number has been proposed",
        ],
        AccountNews::Confirmed => [
            "Tilinumeronne on muutettu",
            "Ert kontonummer har ändrats",
            "Your account number has been changed",
        ],
    };
    let what = match news {
        AccountNews::Proposed => [
            "Yritykselle on ehdotettu uutta tilinumeroa Palvelutorissa. Se tulee voimaan, kun toinen henkilö vahvistaa sen.",
            "Ett nytt kontonummer har föreslagits för ert företag i Palvelutori. Det börjar gälla när en annan person bekräftar det.",
            "Another account number has been proposed for your company in Palvelutori. It counts once a second person has confirmed it.",
        ],
        AccountNews::Confirmed => [
            "Yrityksenne tilinumero on muutettu Palvelutorissa. Uudet tilitykset maksetaan uudelle tilille.",
            "Ert företags kontonummer har ändrats i Palvelutori. Nya utbetalningar går till det nya kontot.",
            "The account number of your company has been changed in Palvelutori. New settlements are paid to the new account.",
        ],
    };
    let letter = change(company, subject, what);
    Letter {
        to: to.to_owned(),
        ..letter
    }
}

/// Tells the contact address before that another one has taken its place.
pub(crate) fn email_changed(before: &Company) -> Letter {
    let subject = [
        "Yhteysosoitteenne on vaihdettu",
        "Er kontaktadress har bytts ut",
        "Your contact address has been replaced",
    ];
    let what = [
        "Yrityksenne yhteysosoite on vaihdettu Palvelutorissa. Tähän osoitteeseen ei enää lähetetä viestejä.",
        "Ert företags kontaktadress har bytts ut i Palvelutori. Inga fler meddelanden skickas till den här adressen.",
        "The contact address of your company has been replaced in Palvelutori. No more letters go to this address.",
    ];
    change(before, subject, what)
}

fn change(company: &Company, subject: Texts, what: Texts) -> Letter {
    let paragraphs = [what, NOT_YOU].map(|text| pick(text, company.lang).to_owned());
    letter(company, subject, paragraphs.to_vec())
}

fn letter(company: &Company, subject: Texts, paragraphs: Vec<String>) -> Letter {
    Letter {
        to: company.email.clone(),
        lang: company.lang,
        subject: pick(subject, company.lang).to_owned(),
        paragraphs,
        link: None,
    }
}

pub(crate) fn pick(texts: Texts, lang: Lang) -> &'static str {
    let [fi, sv, en] = texts;
    match lang {
        Lang::Fi => fi,
        Lang::Sv => sv,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;
    use sea_orm::prelude::Uuid;

    use super::*;
    use crate::model::company::{Details, Kind};

    fn company() -> Company {
        let details = Details {
            name: "Siivous Oy".into(),
            kind: Kind::Company,
            email: "info@siivous.example.fi".into(),
            iban: "FI5542345670000081".into(),
            lang: Lang::Sv,
        };
        let id = kernel::CompanyId::from_uuid(Uuid::from_u128(1));
        Company::new(id, "0201256-6".into(), details, chrono::DateTime::UNIX_EPOCH)
    }

    #[test]
    fn are_written_in_the_companys_language() {
        let name = LocalizedText {
            fi: "Siivous".into(),
            sv: Some("Städning".into()),
            en: None,
        };
        let letter = application(&company(), &name, Outcome::Approved);
        assert_eq!((letter.to.as_str(), letter.lang), ("info@siivous.example.fi", Lang::Sv));
        assert_eq!(letter.subject, "Er ansökan har godkänts");
        assert_eq!(letter.paragraphs[0], "Servicesedelprogram: Städning");
    }

    #[test]
    fn carry_no_account_number() {
        for news in [AccountNews::Proposed, AccountNews::Confirmed] {
            let letter = account(&company(), "ennen@siivous.example.fi", news);
            let text = letter.paragraphs.join(" ");
            assert_eq!(letter.to, "ennen@siivous.example.fi");
            assert!(text.contains("kontonummer") && !text.contains("FI55"), "{text}");
        }
    }
}
