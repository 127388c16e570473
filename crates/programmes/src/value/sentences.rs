//! The sentences that explain the value of a voucher, in Finnish, Swedish and English.

use super::explanation::Param;
use super::flat::Per;
use super::timetable::DayKind;
use super::{Line, TextKey};
use kernel::{BasisPoints, Cents, Lang};

/// How clients spell a key.
pub fn key(key: TextKey) -> String {
    let name = serde_json::to_value(key).ok();
    name.and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A step of the calculation as a sentence.
pub fn sentence(line: &Line, lang: Lang) -> String {
    let text = pick(sentences(line.key), lang).replace("{cents}", &euros(line.cents, lang));
    line.params.iter().fold(text, |text, named| {
        let (name, value) = param(named, lang);
        text.replace(&format!("{{{name}}}"), &value)
    })
}

/// The name of a value in a sentence, and the value as the language writes it.
pub fn param(param: &Param, lang: Lang) -> (&'static str, String) {
    match param {
        Param::Per(per) => ("per", pick(of_per(*per), lang).to_owned()),
        Param::Price(cents) => ("price", euros(*cents, lang)),
        Param::Income(cents) => ("income", euros(*cents, lang)),
        Param::Limit(cents) => ("limit", euros(*cents, lang)),
        Param::Household(persons) => ("household", persons.to_string()),
        Param::Rate(rate) => ("rate", percent(*rate, lang)),
        Param::Step(cents) => ("step", euros(*cents, lang)),
        Param::Smallest(cents) => ("smallest", euros(*cents, lang)),
        Param::Hours(hours) => ("hours", hours.to_string()),
        Param::Hourly(cents) => ("hourly", euros(*cents, lang)),
        Param::Minutes(minutes) => ("minutes", format!("{minutes} min")),
        Param::Units(units) => ("units", units.to_string()),
        Param::Days(days) => ("days", pick(of_days(*days), lang).to_owned()),
        Param::From(minute) => ("from", time(*minute, lang)),
        Param::To(minute) => ("to", time(*minute, lang)),
        Param::Option(option) => ("option", option.clone()),
        Param::Ordinal(ordinal) => ("ordinal", ordinal.to_string()),
    }
}

type Texts = [&'static str; 3];

fn pick([fi, sv, en]: Texts, lang: Lang) -> &'static str {
    match lang {
        Lang::Fi => fi,
        Lang::Sv => sv,
        Lang::En => en,
    }
}

/// An amount as the language writes it, with the sign of the euro.
pub fn euros(cents: Cents, lang: Lang) -> String {
    format!("{} €", decimal(cents.to_string(), lang))
}

/// A rate as a percentage: 3 500 basis points are 35 %.
fn percent(rate: BasisPoints, lang: Lang) -> String {
    let text = Cents(rate.0.into()).to_string();
    let text = text.strip_suffix(".00").map_or(text.as_str(), |whole| whole);
    format!("{} %", decimal(text.to_owned(), lang))
}

/// A number with the decimal mark of the language.
fn decimal(number: String, lang: Lang) -> String {
    match lang {
        Lang::Fi | Lang::Sv => number.replace('.', ","),
        Lang::En => number,
    }
}

fn time(minute: i32, lang: Lang) -> String {
    let mark = if lang == Lang::En { ':' } else { '.' };
    format!("{}{mark}{:02}", minute / 60, minute % 60)
}

fn of_per(per: Per) -> Texts {
    match per {
        Per::Piece => ["kerralta", "per gång", "a piece"],
        Per::Hour => ["tunnilta", "per timme", "an hour"],
        Per::Voucher => ["yhteensä", "sammanlagt", "in all"],
    }
}

fn of_days(days: DayKind) -> Texts {
    match days {
        DayKind::Weekday => ["Arkisin", "Vardagar", "Weekdays"],
        DayKind::Saturday => ["Lauantaisin", "Lördagar", "Saturdays"],
        DayKind::SundayOrHoliday => [
            "Sunnuntaisin ja pyhinä",
            "Söndagar och helgdagar",
            "Sundays and public holidays",
        ],
    }
}

#[expect(clippy::too_many_lines, reason = "a table of sentences")]
fn sentences(key: TextKey) -> Texts {
    match key {
        TextKey::FlatValue => [
            "Palvelusetelin arvo on {cents} {per}.",
            "Servicesedelns värde är {cents} {per}.",
            "The voucher is worth {cents} {per}.",
        ],
        TextKey::ShareOfPrice => [
            "{rate} hinnasta {price} on {cents}.",
            "{rate} av priset {price} är {cents}.",
            "{rate} of the price {price} is {cents}.",
        ],
        TextKey::Ceiling => [
            "Hinnasta maksetaan enintään {cents}.",
            "Av priset betalas högst {cents}.",
            "At most {cents} of the price is paid.",
        ],
        TextKey::RaisedToFloor => [
            "Arvo nostetaan alimpaan arvoon {cents}.",
            "Värdet höjs till det lägsta värdet {cents}.",
            "The value is raised to the lowest one, {cents}.",
        ],
        TextKey::LoweredToCeiling => [
            "Arvo lasketaan ylimpään arvoon {cents}.",
            "Värdet sänks till det högsta värdet {cents}.",
            "The value is lowered to the highest one, {cents}.",
        ],
        TextKey::HighestValue => [
            "Tunnin ylin arvo on {cents}.",
            "En timmes högsta värde är {cents}.",
            "The highest value of an hour is {cents}.",
        ],
        TextKey::LowestWithoutIncome => [
            "Tuloja ei ole ilmoitettu, joten arvo on alin: {cents}.",
            "Inkomsterna har inte uppgetts, så värdet är det lägsta: {cents}.",
            "No income was given, so the value is the lowest: {cents}.",
        ],
        TextKey::IncomeWithinLimit => [
            "Tulot {income} kuukaudessa eivät ylitä tulorajaa {limit} (henkilöitä {household}).",
            "Inkomsterna {income} i månaden överstiger inte inkomstgränsen {limit} (personer {household}).",
            "The income of {income} a month is not above the limit of {limit} (persons: {household}).",
        ],
        TextKey::IncomeReduction => [
            "Tulot {income} kuukaudessa ylittävät tulorajan {limit} (henkilöitä {household}). Ylityksestä otetaan \
             huomioon {rate}, mikä muuttaa tunnin arvoa: {cents}.",
            "Inkomsterna {income} i månaden överstiger inkomstgränsen {limit} (personer {household}). Av överskottet \
             beaktas {rate}, vilket ändrar timmens värde: {cents}.",
            "The income of {income} a month is above the limit of {limit} (persons: {household}). Of the excess {rate} \
             counts, which changes the value of an hour: {cents}.",
        ],
        TextKey::RoundedUp => [
            "Arvo pyöristetään ylöspäin ({step}): {cents}.",
            "Värdet avrundas uppåt ({step}): {cents}.",
            "The value is rounded up ({step}): {cents}.",
        ],
        TextKey::MonthlyOwnShare => [
            "Kuukauden omavastuu on {rate} siitä, mitä tulot {income} ylittävät rajan {limit} (henkilöitä {household}): \
             {cents}.",
            "Månadens självriskandel är {rate} av det som inkomsterna {income} överstiger gränsen {limit} (personer \
             {household}): {cents}.",
            "The resident's part of a month is {rate} of what the income of {income} is above the limit of {limit} \
             (persons: {household}): {cents}.",
        ],
        TextKey::HourlyOwnShare => [
            "Omavastuu tuntia kohti, kun tunteja on {hours}: {cents}.",
            "Självriskandelen per timme, då timmarna är {hours}: {cents}.",
            "The resident's part of an hour of {hours}: {cents}.",
        ],
        TextKey::Hours => [
            "{minutes} × {units}, tunnilta {hourly}: {cents}.",
            "{minutes} × {units}, per timme {hourly}: {cents}.",
            "{minutes} × {units} at {hourly} an hour: {cents}.",
        ],
        TextKey::HoursInSlot => [
            "{days} klo {from}–{to}: {minutes} × {units}, tunnilta {hourly}: {cents}.",
            "{days} kl. {from}–{to}: {minutes} × {units}, per timme {hourly}: {cents}.",
            "{days} {from}–{to}: {minutes} × {units} at {hourly} an hour: {cents}.",
        ],
        TextKey::TimeCoefficient => [
            "{days} klo {from}–{to} arvosta maksetaan {rate}: {cents}.",
            "{days} kl. {from}–{to} betalas {rate} av värdet: {cents}.",
            "{days} {from}–{to} {rate} of the value is paid: {cents}.",
        ],
        TextKey::Units => [
            "Määrä {units}: {cents}.",
            "Antal {units}: {cents}.",
            "Number of units {units}: {cents}.",
        ],
        TextKey::OptionValue => [
            "Palveluntarpeen {option} arvo on {cents}.",
            "Servicebehovet {option} har värdet {cents}.",
            "The service need {option} is worth {cents}.",
        ],
        TextKey::OptionValueUnderThree => [
            "Palveluntarpeen {option} arvo alle kolmivuotiaalle on {cents}.",
            "Servicebehovet {option} har för barn under tre år värdet {cents}.",
            "The service need {option} is worth {cents} for a child under three.",
        ],
        TextKey::OptionUnknown => [
            "Palveluntarve ei kuulu ohjelman valikoimaan.",
            "Servicebehovet ingår inte i programmets urval.",
            "The service need is none of the programme's options.",
        ],
        TextKey::Assistance => [
            "Lapsen tuen tarpeen kerroin on {rate}: {cents}.",
            "Koefficienten för barnets stödbehov är {rate}: {cents}.",
            "The coefficient of the child's need for assistance is {rate}: {cents}.",
        ],
        TextKey::FeeByIncome => [
            "Perheen maksu on {rate} siitä, mitä tulot {income} ylittävät rajan {limit} (henkilöitä {household}): {cents}.",
            "Familjens avgift är {rate} av det som inkomsterna {income} överstiger gränsen {limit} (personer \
             {household}): {cents}.",
            "The family's fee is {rate} of what the income of {income} is above the limit of {limit} (persons: \
             {household}): {cents}.",
        ],
        TextKey::HighestFeeWithoutIncome => [
            "Tuloja ei ole ilmoitettu, joten maksu on ylin: {cents}.",
            "Inkomsterna har inte uppgetts, så avgiften är den högsta: {cents}.",
            "No income was given, so the fee is the highest: {cents}.",
        ],
        TextKey::HighestFee => [
            "Maksu on enintään ylin maksu {cents}.",
            "Avgiften är högst den högsta avgiften {cents}.",
            "The fee is at most the highest fee, {cents}.",
        ],
        TextKey::SiblingDiscount => [
            "Sisarusalennus ({ordinal}. lapsi) on {rate}: maksu {cents}.",
            "Syskonrabatten (barn {ordinal}) är {rate}: avgift {cents}.",
            "The discount of siblings (child {ordinal}) is {rate}: fee {cents}.",
        ],
        TextKey::FeeByServiceNeed => [
            "Palveluntarpeen mukaan maksusta peritään {rate}: {cents}.",
            "Enligt servicebehovet tas {rate} av avgiften ut: {cents}.",
            "By the service need {rate} of the fee is charged: {cents}.",
        ],
        TextKey::FeeNotCharged => [
            "Maksua, joka on alle {smallest}, ei peritä: {cents}.",
            "En avgift under {smallest} tas inte ut: {cents}.",
            "A fee below {smallest} is not charged: {cents}.",
        ],
        TextKey::FeeAlteration => [
            "Maksua on päätöksellä muutettu: {cents}.",
            "Avgiften har ändrats genom beslut: {cents}.",
            "The fee was changed by a decision: {cents}.",
        ],
        TextKey::FamilyFee => [
            "Perheen maksu, jota palveluseteli ei kata: {cents}.",
            "Familjens avgift, som servicesedeln inte täcker: {cents}.",
            "The family's fee, which the voucher does not cover: {cents}.",
        ],
        TextKey::HardshipRaise => [
            "Arvoa on korotettu toimeentulon tai sosiaalihuollon perusteella: {cents}.",
            "Värdet har höjts av skäl som gäller utkomst eller socialvård: {cents}.",
            "The value was raised for the sake of livelihood or social care: {cents}.",
        ],
        TextKey::PriceLimit => [
            "Kaupunki maksaa enintään hinnan: {cents}.",
            "Staden betalar högst priset: {cents}.",
            "The city pays no more than the price: {cents}.",
        ],
        TextKey::Value => [
            "Palvelusetelin arvo: {cents}.",
            "Servicesedelns värde: {cents}.",
            "Value of the voucher: {cents}.",
        ],
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    /// A line that names every value there is.
    fn line(key: TextKey) -> Line {
        let params = vec![
            Param::Per(Per::Hour),
            Param::Price(Cents(4_000)),
            Param::Income(Cents(140_000)),
            Param::Limit(Cents(56_300)),
            Param::Household(1),
            Param::Rate(BasisPoints(3_550)),
            Param::Step(Cents(5)),
            Param::Smallest(Cents(2_800)),
            Param::Hours(15),
            Param::Hourly(Cents(2_700)),
            Param::Minutes(90),
            Param::Units(2),
            Param::Days(DayKind::Saturday),
            Param::From(420),
            Param::To(1_080),
            Param::Option("full".to_owned()),
            Param::Ordinal(2),
        ];
        Line {
            key,
            params,
            cents: Cents(-488),
        }
    }

    #[test]
    fn every_key_has_a_sentence_in_each_language() {
        for key in TextKey::iter() {
            let [fi, sv, en] = sentences(key);
            assert!(fi != sv && sv != en && fi != en, "{key:?}");
            for lang in [Lang::Fi, Lang::Sv, Lang::En] {
                let text = sentence(&line(key), lang);
                assert!(!text.contains('{') && text.ends_with('.'), "{key:?}: {text}");
            }
            assert!(
                super::key(key).chars().all(|c| c.is_ascii_uppercase() || c == '_'),
                "{key:?}"
            );
        }
    }

    #[test]
    fn writes_numbers_in_the_manner_of_the_language() {
        let shown = |param: Param, lang| super::param(&param, lang).1;
        assert_eq!(shown(Param::Rate(BasisPoints(3_500)), Lang::Fi), "35 %");
        assert_eq!(shown(Param::Rate(BasisPoints(3_550)), Lang::Sv), "35,50 %");
        assert_eq!(shown(Param::Income(Cents(140_005)), Lang::En), "1400.05 €");
        assert_eq!(shown(Param::From(425), Lang::Fi), "7.05");
        let text = sentence(&line(TextKey::TimeCoefficient), Lang::En);
        assert_eq!(text, "Saturdays 7:00–18:00 35.50 % of the value is paid: -4.88 €.");
    }
}
