//! The letters of this crate, in the three languages of the service.

use kernel::Lang;
use mail::{Letter, Link};

use crate::{Email, Person};

/// Text in Finnish, Swedish and English.
type Texts = [&'static str; 3];

const GREETING: Texts = ["Hei,", "Hej,", "Hello,"];
const IGNORE: Texts = [
    "Jos et pyytänyt tätä, voit jättää viestin huomiotta.",
    "Om du inte bad om detta kan du bortse från meddelandet.",
    "If you did not ask for this, you can ignore this message.",
];
const ONE_HOUR: Texts = [
    "Linkki toimii kerran ja on voimassa tunnin.",
    "Länken fungerar en gång och gäller i en timme.",
    "The link works once and is valid for one hour.",
];
const LAST_PASSWORD: Texts = [
    "Tilin salasana on se, joka viimeksi annettiin rekisteröidyttäessä tällä osoitteella. Jos palvelu ei hyväksy \
     salasanaasi, valitse kirjautumissivulla uusi.",
    "Kontots lösenord är det som senast angavs vid registrering med denna adress. Om tjänsten inte godkänner ditt \
     lösenord, välj ett nytt på inloggningssidan.",
    "The password of the account is the one last given in a registration with this address. If the service does not \
     accept yours, choose a new one on the sign-in page.",
];

/// What the owner of an address is told after a registration or the wish for a new link: the link while nobody has
/// verified the address, or that there is an account already, or that there is none.
pub(crate) fn about_registration(person: Option<&Person>, email: &Email, lang: Lang, url: &str) -> Letter {
    match person {
        None => no_account(email, lang),
        Some(person) if person.verified_at.is_some() => letter(
            (&person.email, person.lang),
            [
                "Sinulla on jo tili",
                "Du har redan ett konto",
                "You already have an account",
            ],
            &[
                [
                    "joku, ehkä sinä, yritti luoda Palvelutoriin tilin tällä sähköpostiosoitteella. Sinulla on jo tili.",
                    "någon, kanske du, försökte skapa ett konto i Palvelutori med denna e-postadress. Du har redan ett konto.",
                    "somebody, perhaps you, tried to open an account in Palvelutori with this address. You already have one.",
                ],
                [
                    "Jos olet unohtanut salasanasi, valitse kirjautumissivulla uusi.",
                    "Om du har glömt ditt lösenord, välj ett nytt på inloggningssidan.",
                    "If you have forgotten your password, choose a new one on the sign-in page.",
                ],
            ],
            None,
        ),
        // Nobody has proved yet that what the account says comes from the owner of the address.
        Some(_unverified) => letter(
            (email.written(), lang),
            [
                "Vahvista sähköpostiosoitteesi",
                "Bekräfta din e-postadress",
                "Confirm your e-mail address",
            ],
            &[
                [
                    "vahvista, että tämä on sähköpostiosoitteesi, niin voit kirjautua Palvelutoriin.",
                    "bekräfta att detta är din e-postadress, så kan du logga in i Palvelutori.",
                    "confirm that this is your e-mail address, and you can sign in to Palvelutori.",
                ],
                ONE_HOUR,
                LAST_PASSWORD,
                IGNORE,
            ],
            Some((["Vahvista osoite", "Bekräfta adressen", "Confirm the address"], url)),
        ),
    }
}

/// What the owner of an address is told after somebody has asked for a new password.
pub(crate) fn about_reset(person: Option<&Person>, email: &Email, lang: Lang, url: &str) -> Letter {
    let Some(person) = person else {
        return no_account(email, lang);
    };
    letter(
        (&person.email, person.lang),
        ["Uusi salasana", "Nytt lösenord", "New password"],
        &[
            [
                "voit valita uuden salasanan Palvelutoriin tästä linkistä.",
                "du kan välja ett nytt lösenord till Palvelutori via länken.",
                "you can choose a new password for Palvelutori by this link.",
            ],
            ONE_HOUR,
            IGNORE,
        ],
        Some((["Valitse salasana", "Välj lösenord", "Choose a password"], url)),
    )
}

/// Tells the owner of an account that its password is another one now.
pub(crate) fn password_changed(person: &Person) -> Letter {
    letter(
        (&person.email, person.lang),
        [
            "Salasanasi on vaihdettu",
            "Ditt lösenord har ändrats",
            "Your password has been changed",
        ],
        &[
            [
                "Palvelutorin salasanasi on vaihdettu, ja sinut on kirjattu ulos kaikilta laitteilta.",
                "ditt lösenord till Palvelutori har ändrats och du har loggats ut på alla enheter.",
                "your password for Palvelutori has been changed, and you have been signed out on all devices.",
            ],
            [
                "Jos et tehnyt tätä itse, valitse heti uusi salasana kirjautumissivulla ja ota yhteyttä kaupunkiisi.",
                "Om du inte gjorde detta själv, välj genast ett nytt lösenord på inloggningssidan och kontakta din stad.",
                "If this was not you, choose a new password on the sign-in page at once and contact your city.",
            ],
        ],
        None,
    )
}

/// Tells a resident that an advisor of her city acts for her.
pub(crate) fn assisted(resident: &Person, minutes: i32) -> Letter {
    let mut told = letter(
        (&resident.email, resident.lang),
        [
            "Neuvoja asioi puolestasi",
            "En rådgivare uträttar ärenden åt dig",
            "An advisor acts for you",
        ],
        &[[
            "kaupungin neuvoja on suostumuksellasi avannut asiointi-istunnon puolestasi. Kaikki, mitä hän tekee, \
             kirjataan. Voit lopettaa istunnon heti omista tiedoistasi. Jos et antanut suostumusta, ota yhteyttä kaupunkiin.",
            "stadens rådgivare har med ditt samtycke öppnat en session för att uträtta ärenden åt dig. Allt som görs \
             loggas. Du kan genast avsluta sessionen i dina egna uppgifter. Om du inte gav ditt samtycke, kontakta staden.",
            "an advisor of your city has, with your consent, opened a session to act for you. Whatever is done is \
             recorded. You can end the session at once among your own data. If you did not consent, contact your city.",
        ]],
        None,
    );
    told.paragraphs.push(match resident.lang {
        Lang::Fi => format!("Istunto kestää enintään {minutes} minuuttia."),
        Lang::Sv => format!("Sessionen varar högst {minutes} minuter."),
        Lang::En => format!("The session lasts {minutes} minutes at most."),
    });
    told
}

fn no_account(email: &Email, lang: Lang) -> Letter {
    letter(
        (email.written(), lang),
        [
            "Tällä osoitteella ei ole tiliä",
            "Det finns inget konto med denna adress",
            "There is no account with this address",
        ],
        &[
            [
                "joku, ehkä sinä, pyysi linkkiä Palvelutorin tiliin tällä sähköpostiosoitteella, mutta tiliä ei ole.",
                "någon, kanske du, bad om en länk till ett konto i Palvelutori med denna e-postadress, men det finns inget.",
                "somebody, perhaps you, asked for a link to an account in Palvelutori with this address, but there is none.",
            ],
            [
                "Ehkä rekisteröidyit toisella osoitteella.",
                "Kanske har du registrerat dig med en annan adress.",
                "Perhaps you registered with another address.",
            ],
            IGNORE,
        ],
        None,
    )
}

fn letter((to, lang): (&str, Lang), subject: Texts, body: &[Texts], link: Option<(Texts, &str)>) -> Letter {
    let say = |texts: Texts| match lang {
        Lang::Fi => texts[0].to_owned(),
        Lang::Sv => texts[1].to_owned(),
        Lang::En => texts[2].to_owned(),
    };
    Letter {
        to: to.to_owned(),
        lang,
        subject: say(subject),
        paragraphs: std::iter::once(GREETING).chain(body.iter().copied()).map(say).collect(),
        link: link.map(|(label, url)| Link {
            label: say(label),
            url: url.to_owned(),
        }),
    }
}
