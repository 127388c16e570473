//! The letters about bookings in Finnish, Swedish and English. They name the time and the money, not the service: a
//! mail may be read by others, and the service can be a sensitive matter.

use chrono_tz::Tz;
use kernel::{Cents, Lang};
use mail::Letter;

use crate::model::booking::{Model as Booking, State};

/// What has become of a booking.
pub(crate) struct News<'a> {
    pub(crate) state: State,
    pub(crate) booking: &'a Booking,
    /// The zone of its city, in which its time is told.
    pub(crate) zone: Tz,
}

/// Text in Finnish, Swedish and English.
type Texts = [&'static str; 3];

fn pick(texts: Texts, lang: Lang) -> &'static str {
    let [fi, sv, en] = texts;
    match lang {
        Lang::Fi => fi,
        Lang::Sv => sv,
        Lang::En => en,
    }
}

/// What the resident is told; nothing about what she has just done herself except that it worked.
pub(crate) fn to_resident(resident: &identity::Person, news: &News<'_>) -> Letter {
    let subject: Texts = match news.state {
        State::Requested => [
            "Varauksesi on vastaanotettu",
            "Din bokning har tagits emot",
            "Your booking was received",
        ],
        State::Confirmed => [
            "Varauksesi on vahvistettu",
            "Din bokning har bekräftats",
            "Your booking is confirmed",
        ],
        State::Declined => [
            "Varaustasi ei voitu vahvistaa",
            "Din bokning kunde inte bekräftas",
            "Your booking was declined",
        ],
        State::CancelledByClient | State::CancelledLate => [
            "Varauksesi on peruttu",
            "Din bokning har avbokats",
            "Your booking is cancelled",
        ],
        State::CancelledByProvider => [
            "Palveluntuottaja perui varauksesi",
            "Serviceproducenten avbokade din bokning",
            "The provider cancelled your booking",
        ],
        State::Delivered => [
            "Palvelu on kirjattu annetuksi",
            "Tjänsten har registrerats",
            "The service was recorded",
        ],
    };
    let booking = news.booking;
    let mut paragraphs = vec![when(news, resident.lang)];
    if matches!(news.state, State::Requested | State::Confirmed | State::Delivered) {
        paragraphs.push(shares(booking, resident.lang));
        paragraphs.extend(taken(booking, resident.lang));
    }
    if matches!(
        news.state,
        State::Declined | State::CancelledByProvider | State::CancelledByClient
    ) {
        let whole: Texts = [
            "Palvelusetelin osuus vapautettiin kokonaan.",
            "Servicesedelns andel har frigjorts i sin helhet.",
            "The share of the voucher was released in full.",
        ];
        paragraphs.push(pick(whole, resident.lang).to_owned());
    }
    if news.state == State::CancelledLate {
        paragraphs.push(late_fee(booking, resident.lang));
        let fee_is_due = booking.voucher_share_cents.share(booking.late_fee_bp).is_positive();
        paragraphs.extend(taken(booking, resident.lang).filter(|_| fee_is_due));
    }
    Letter {
        to: resident.email.clone(),
        lang: resident.lang,
        subject: pick(subject, resident.lang).to_owned(),
        paragraphs,
        link: None,
    }
}

/// Tells a resident that the company of a booking stops before it, or stays after all. It names no company and no
/// service.
pub(crate) fn resigned(resident: &identity::Person, booking: &Booking, zone: Tz, stays: bool) -> Letter {
    let subject: Texts = if stays {
        [
            "Palveluntuottajasi jatkaa sittenkin",
            "Din serviceproducent fortsätter ändå",
            "Your provider stays after all",
        ]
    } else {
        [
            "Palveluntuottajasi lopettaa ennen varaustasi",
            "Din serviceproducent slutar före din bokning",
            "Your provider stops before your booking",
        ]
    };
    let what: Texts = if stays {
        [
            "Varauksesi pysyy voimassa.",
            "Din bokning gäller.",
            "Your booking stands.",
        ]
    } else {
        [
            "Varaustasi ei voida toteuttaa. Peru se maksutta ja valitse toinen tuottaja, tai ota yhteyttä kaupunkiin.",
            "Din bokning kan inte genomföras. Avboka den utan avgift och välj en annan producent, eller kontakta staden.",
            "Your booking cannot be kept. Cancel it free of charge and choose another provider, or contact the city.",
        ]
    };
    let local = booking.starts_at.with_timezone(&zone).format("%-d.%-m.%Y %H.%M");
    Letter {
        to: resident.email.clone(),
        lang: resident.lang,
        subject: pick(subject, resident.lang).to_owned(),
        paragraphs: vec![
            format!("{}: {local}", pick(["Aika", "Tid", "Time"], resident.lang)),
            pick(what, resident.lang).to_owned(),
        ],
        link: None,
    }
}

/// What the company is told: new bookings and cancellations, without the client's name.
pub(crate) fn to_company(company: &providers::Company, news: &News<'_>) -> Option<Letter> {
    let subject: Texts = match news.state {
        State::Requested => [
            "Uusi varaus odottaa vastausta",
            "En ny bokning väntar på svar",
            "A new booking waits for your answer",
        ],
        State::CancelledByClient | State::CancelledLate => [
            "Varaus on peruttu",
            "En bokning har avbokats",
            "A booking has been cancelled",
        ],
        State::Confirmed | State::Declined | State::CancelledByProvider | State::Delivered => return None,
    };
    Some(Letter {
        to: company.email.clone(),
        lang: company.lang,
        subject: pick(subject, company.lang).to_owned(),
        paragraphs: vec![when(news, company.lang), news.booking.id.to_string()],
        link: None,
    })
}

fn when(news: &News<'_>, lang: Lang) -> String {
    let local = news.booking.starts_at.with_timezone(&news.zone);
    let local = local.format("%-d.%-m.%Y %H.%M");
    format!("{}: {local}", pick(["Aika", "Tid", "Time"], lang))
}

fn shares(booking: &Booking, lang: Lang) -> String {
    let euros = |cents: Cents| cents.to_string().replace('.', ",");
    format!(
        "{}: {} €. {}: {} €. {}: {} €.",
        pick(["Hinta", "Pris", "Price"], lang),
        euros(booking.price_cents),
        pick(
            ["Palveluseteli maksaa", "Servicesedeln betalar", "The voucher pays"],
            lang
        ),
        euros(booking.voucher_share_cents),
        pick(["Omavastuusi", "Din självriskandel", "Your own share"], lang),
        euros(booking.own_share_cents),
    )
}

/// What the booking takes of a voucher in visits or hours.
fn taken(booking: &Booking, lang: Lang) -> Option<String> {
    let text: Texts = [
        "Palvelusetelistä käytetään",
        "Av servicesedeln används",
        "Used of the voucher",
    ];
    let quantity = booking.unit.text(booking.quantity, lang);
    (!quantity.is_empty()).then(|| format!("{}: {quantity}.", pick(text, lang)))
}

fn late_fee(booking: &Booking, lang: Lang) -> String {
    let kept = booking
        .voucher_share_cents
        .share(booking.late_fee_bp)
        .to_string()
        .replace('.', ",");
    let text: Texts = [
        "Peruutus tuli määräajan jälkeen. Palvelusetelistä veloitetaan",
        "Avbokningen kom efter tidsfristen. Servicesedeln debiteras med",
        "The cancellation came after the deadline. The voucher is charged",
    ];
    format!("{} {kept} €.", pick(text, lang))
}
