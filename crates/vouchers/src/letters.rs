//! The letters to residents about their applications, in the three languages of the service. They say that something
//! waits, not what: questions and decisions are read inside the service, and the name of a programme can say much of somebody.

use kernel::Lang;
use mail::Letter;

/// Text in Finnish, Swedish and English.
type Texts = [&'static str; 3];

/// What has become of an application.
#[derive(Clone, Copy)]
pub(crate) enum News {
    /// The city asks.
    Question,
    /// The city has decided; what, is in the decision.
    Decision,
    /// Another guardian, or the child, has applied and every guardian is asked.
    Consent,
}

/// Tells a resident, or who acts for her, what has become of her application.
pub(crate) fn application(reader: &identity::Person, news: News) -> Letter {
    let subject: Texts = match news {
        News::Question => [
            "Hakemukseesi pyydetään lisätietoja",
            "Staden ber om tilläggsuppgifter till din ansökan",
            "The city asks for more information on your application",
        ],
        News::Decision => [
            "Hakemukseesi on tehty päätös",
            "Ett beslut har fattats om din ansökan",
            "Your application has been decided",
        ],
        News::Consent => [
            "Lapsellesi on haettu palveluseteliä: suostumustasi tarvitaan",
            "En servicesedel har sökts för ditt barn: ditt samtycke behövs",
            "A voucher was applied for your child: your consent is needed",
        ],
    };
    let sign_in: Texts = [
        "Kirjaudu Palvelutoriin lukeaksesi sen.",
        "Logga in i Palvelutori för att läsa det.",
        "Sign in to Palvelutori to read it.",
    ];
    let lang = reader.lang;
    Letter {
        to: reader.email.clone(),
        lang,
        subject: pick(subject, lang).to_owned(),
        paragraphs: vec![pick(sign_in, lang).to_owned()],
        link: None,
    }
}

fn pick([fi, sv, en]: Texts, lang: Lang) -> &'static str {
    match lang {
        Lang::Fi => fi,
        Lang::Sv => sv,
        Lang::En => en,
    }
}
