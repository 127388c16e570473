//! The letters to residents about their applications and vouchers, in the three languages of the service. They say that something
//! waits, not what: questions and decisions are read inside the service, and the name of a programme can say much of somebody.

use chrono::NaiveDate;
use kernel::Lang;
use mail::Letter;

/// Text in Finnish, Swedish and English.
type Texts = [&'static str; 3];

/// What has become of an application, or is asked about a voucher.
#[derive(Clone, Copy)]
pub(crate) enum News {
    /// The city asks.
    Question,
    /// The city has decided; what, is in the decision.
    Decision,
    /// Another guardian, or the child, has applied and every guardian is asked.
    Consent,
    /// It is on the waiting list.
    Waiting,
    /// A voucher waits for her answer until this civil day.
    Offer(NaiveDate),
    /// She has not answered an offer in time.
    Lapse,
    /// She is asked for her income until this civil day (V7).
    IncomeAsked(NaiveDate),
    /// The city has decided on her income.
    IncomeDecided,
}

/// Tells a resident, or who acts for her, what has become of her application or is asked about her voucher.
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
        News::Waiting => [
            "Hakemuksesi on jonossa",
            "Din ansökan är i kö",
            "Your application is on the waiting list",
        ],
        News::Offer(_) => [
            "Sinulle tarjotaan palveluseteliä",
            "Du erbjuds en servicesedel",
            "You are offered a voucher",
        ],
        News::Lapse => [
            "Tarjous palvelusetelistä on rauennut",
            "Erbjudandet om en servicesedel har förfallit",
            "The offer of a voucher has lapsed",
        ],
        News::IncomeAsked(_) => [
            "Ilmoita tulotietosi palveluseteliä varten",
            "Uppge dina inkomster för servicesedeln",
            "Tell your income for the voucher",
        ],
        News::IncomeDecided => [
            "Palvelusetelisi arvo on tarkistettu",
            "Värdet på din servicesedel har justerats",
            "The value of your voucher has been reviewed",
        ],
    };
    let sign_in: Texts = [
        "Kirjaudu Palvelutoriin lukeaksesi sen.",
        "Logga in i Palvelutori för att läsa det.",
        "Sign in to Palvelutori to read it.",
    ];
    let lang = reader.lang;
    let mut paragraphs = Vec::new();
    if let News::Offer(until) | News::IncomeAsked(until) = news {
        let answer: Texts = ["Vastaa viimeistään", "Svara senast", "Answer by"];
        paragraphs.push(format!("{} {}.", pick(answer, lang), until.format("%-d.%-m.%Y")));
    }
    paragraphs.push(pick(sign_in, lang).to_owned());
    Letter {
        to: reader.email.clone(),
        lang,
        subject: pick(subject, lang).to_owned(),
        paragraphs,
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
