//! The decision on a resident's application for a voucher, and the one on a request for its rectification. It says what the Administrative Procedure Act (434/2003,
//! 43–49 c §; rule L19) asks for: authority, party, outcome, grounds, rules applied, contact and how to ask for
//! rectification.

use chrono::NaiveDate;
use kernel::Lang;

use crate::Sheet;

/// What a decision is made of; free texts are in the words of the officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The language of the resident.
    pub lang: Lang,
    /// The city.
    pub authority: String,
    /// The id of the decision.
    pub number: String,
    /// The civil day on which it was made.
    pub day: NaiveDate,
    /// The name of the resident.
    pub resident: String,
    /// The name of the programme.
    pub programme: String,
    /// What was decided.
    pub outcome: Outcome,
    /// The request for rectification that it decides on; none for the decision on an application.
    pub request: Option<Request>,
    /// What was granted or raised, where something was.
    pub grant: Option<Grant>,
    /// Why.
    pub grounds: String,
    /// The rules applied: statutes and the city's own.
    pub rules_applied: String,
    /// The name of the officer who decided.
    pub officer: String,
    /// Who tells more: name, number or address.
    pub contact: String,
    /// Days for a request for rectification, or for an appeal to a court.
    pub appeal_days: i32,
    /// The last civil day of that time.
    pub appeal_until: NaiveDate,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A voucher is granted.
    Granted,
    /// The application is rejected.
    Rejected,
    /// What the voucher pays is raised.
    Amended,
    /// The decision stays as it is.
    Upheld,
    /// The request came too late.
    NotExamined,
}

/// A request for rectification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The id of the decision that it is about.
    pub decision: String,
    /// The civil day of that decision.
    pub day: NaiveDate,
    /// What the resident asked to be changed, in her words.
    pub demand: String,
}

/// A voucher that was granted or raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it may pay in all, as the language writes it.
    pub value: String,
    /// The visits or hours that it grants, as the language writes them; none in euros.
    pub quantity: Option<String>,
    /// How the value of a unit came about, a sentence for each step.
    pub explanation: Vec<String>,
    /// The first civil day of use.
    pub from: NaiveDate,
    /// The last civil day of use.
    pub until: NaiveDate,
}

/// The words of a language.
struct Words {
    title: &'static str,
    number: &'static str,
    day: &'static str,
    resident: &'static str,
    programme: &'static str,
    outcome: &'static str,
    granted: &'static str,
    rejected: &'static str,
    amended: &'static str,
    upheld: &'static str,
    not_examined: &'static str,
    value: &'static str,
    quantity: &'static str,
    validity: &'static str,
    how_valued: &'static str,
    grounds: &'static str,
    rules: &'static str,
    officer: &'static str,
    contact: &'static str,
    appeal: &'static str,
    /// How to ask for rectification, with `{days}` and `{until}`.
    instructions: [&'static str; 3],
    of_request: OfRequest,
}

/// The words of a decision on a request for rectification.
struct OfRequest {
    title: &'static str,
    decision: &'static str,
    demand: &'static str,
    appeal: &'static str,
    /// How to appeal to a court, with `{days}` and `{until}`.
    instructions: [&'static str; 2],
}

const FI: Words = Words {
    title: "Päätös palveluseteliä koskevaan hakemukseen",
    number: "Päätöksen tunnus",
    day: "Päätöspäivä",
    resident: "Hakija",
    programme: "Palveluseteliohjelma",
    outcome: "Päätös",
    granted: "Palveluseteli myönnetään.",
    rejected: "Hakemus hylätään.",
    amended: "Oikaisuvaatimus hyväksytään ja palvelusetelin arvoa korotetaan.",
    upheld: "Oikaisuvaatimus hylätään. Päätös pysyy voimassa.",
    not_examined: "Oikaisuvaatimus on tehty myöhässä, joten sitä ei tutkita.",
    value: "Palvelusetelin arvo",
    quantity: "Palveluseteliin kuuluu",
    validity: "Voimassa",
    how_valued: "Miten arvo on laskettu",
    grounds: "Perustelut",
    rules: "Sovelletut säännökset",
    officer: "Päättäjä",
    contact: "Lisätietoja antaa",
    appeal: "Oikaisuvaatimusohje",
    instructions: [
        "Päätökseen tyytymätön saa vaatia siihen oikaisua {days} päivän kuluessa siitä, kun hän sai päätöksestä tiedon. \
         Päätös katsotaan saadun tiedoksi kolmantena päivänä siitä, kun siitä lähetettiin viesti, jollei muuta näytetä. \
         Vaatimus on tehtävä viimeistään {until}.",
        "Oikaisua vaaditaan kirjallisesti päätöksen tehneeltä kaupungilta. Vaatimuksesta on käytävä ilmi, mihin \
         päätökseen vaaditaan oikaisua, millaista oikaisua vaaditaan ja millä perusteilla.",
        "Päätökseen ei saa hakea muutosta valittamalla ennen kuin oikaisuvaatimus on ratkaistu.",
    ],
    of_request: OfRequest {
        title: "Päätös oikaisuvaatimukseen",
        decision: "Päätös, johon vaaditaan oikaisua",
        demand: "Vaatimus",
        appeal: "Valitusosoitus",
        instructions: [
            "Päätökseen saa hakea muutosta valittamalla hallinto-oikeuteen {days} päivän kuluessa siitä, kun \
             päätöksestä on saatu tieto. Päätös katsotaan saadun tiedoksi kolmantena päivänä siitä, kun siitä \
             lähetettiin viesti, jollei muuta näytetä. Valitus on toimitettava viimeistään {until}.",
            "Valitus tehdään kirjallisesti. Siinä on ilmoitettava päätös, johon haetaan muutosta, miltä kohdin ja \
             millaista muutosta haetaan, vaatimuksen perustelut sekä valittajan nimi ja yhteystiedot. Liitä mukaan \
             tämä päätös.",
        ],
    },
};
const SV: Words = Words {
    title: "Beslut om en ansökan om servicesedel",
    number: "Beslutets beteckning",
    day: "Beslutsdag",
    resident: "Sökande",
    programme: "Servicesedelprogram",
    outcome: "Beslut",
    granted: "Servicesedeln beviljas.",
    rejected: "Ansökan avslås.",
    amended: "Begäran om omprövning godkänns och servicesedelns värde höjs.",
    upheld: "Begäran om omprövning avslås. Beslutet står fast.",
    not_examined: "Begäran om omprövning har kommit för sent och prövas därför inte.",
    value: "Servicesedelns värde",
    quantity: "Servicesedeln omfattar",
    validity: "Giltig",
    how_valued: "Hur värdet har räknats ut",
    grounds: "Motivering",
    rules: "Tillämpade bestämmelser",
    officer: "Beslutsfattare",
    contact: "Mer information ges av",
    appeal: "Anvisning för omprövning",
    instructions: [
        "Den som är missnöjd med beslutet får begära omprövning inom {days} dagar från det att hen fick del av beslutet. \
         Beslutet anses ha delgetts den tredje dagen efter att ett meddelande om det sändes, om inte något annat visas. \
         Begäran ska göras senast {until}.",
        "Omprövning begärs skriftligen hos den stad som fattade beslutet. Av begäran ska framgå vilket beslut som \
         omprövningen gäller, hurdan omprövning som begärs och på vilka grunder.",
        "Beslutet får inte överklagas genom besvär innan begäran om omprövning har avgjorts.",
    ],
    of_request: OfRequest {
        title: "Beslut om en begäran om omprövning",
        decision: "Beslutet som begäran gäller",
        demand: "Yrkande",
        appeal: "Besvärsanvisning",
        instructions: [
            "Beslutet får överklagas genom besvär hos förvaltningsdomstolen inom {days} dagar från delfåendet. \
             Beslutet anses ha delgetts den tredje dagen efter att ett meddelande om det sändes, om inte något \
             annat visas. Besvären ska lämnas in senast {until}.",
            "Besvär anförs skriftligen. Av besvären ska framgå vilket beslut som överklagas, vilka ändringar som \
             yrkas och till vilka delar, grunderna för yrkandet samt den klagandes namn och kontaktuppgifter. \
             Bifoga detta beslut.",
        ],
    },
};
const EN: Words = Words {
    title: "Decision on an application for a service voucher",
    number: "Decision",
    day: "Day of the decision",
    resident: "Applicant",
    programme: "Voucher programme",
    outcome: "Decision",
    granted: "The service voucher is granted.",
    rejected: "The application is rejected.",
    amended: "The request for rectification is accepted and the value of the voucher is raised.",
    upheld: "The request for rectification is dismissed. The decision stands.",
    not_examined: "The request for rectification came too late and is not examined.",
    value: "Value of the voucher",
    quantity: "The voucher covers",
    validity: "Valid",
    how_valued: "How the value was calculated",
    grounds: "Grounds",
    rules: "Rules applied",
    officer: "Decided by",
    contact: "Further information",
    appeal: "How to ask for rectification",
    instructions: [
        "If you are not satisfied with the decision you may ask for its rectification within {days} days of hearing of it. \
         You are taken to have heard of it on the third day after the message about it was sent, unless shown otherwise. \
         The last day to ask is {until}.",
        "Ask in writing, at the city that made the decision. Say which decision you mean, what should be changed in it \
         and why.",
        "No appeal to a court is possible before the request for rectification has been decided.",
    ],
    of_request: OfRequest {
        title: "Decision on a request for rectification",
        decision: "Decision that the request is about",
        demand: "What was asked",
        appeal: "How to appeal",
        instructions: [
            "You may appeal against this decision to the administrative court within {days} days of hearing of it. \
             You are taken to have heard of it on the third day after the message about it was sent, unless shown \
             otherwise. The appeal has to arrive on {until} at the latest.",
            "Appeal in writing. Name the decision, what should be changed in it and how, why, and your name and \
             how to reach you. Enclose this decision.",
        ],
    },
};

impl Words {
    fn of(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Granted => self.granted,
            Outcome::Rejected => self.rejected,
            Outcome::Amended => self.amended,
            Outcome::Upheld => self.upheld,
            Outcome::NotExamined => self.not_examined,
        }
    }
}

impl Decision {
    /// Lays the decision out in its language.
    pub fn sheet(&self) -> Sheet {
        let words = match self.lang {
            Lang::Fi => &FI,
            Lang::Sv => &SV,
            Lang::En => &EN,
        };
        let mut facts = vec![
            (words.number.to_owned(), self.number.clone()),
            (words.day.to_owned(), self.written(self.day)),
            (words.resident.to_owned(), self.resident.clone()),
            (words.programme.to_owned(), self.programme.clone()),
            (words.outcome.to_owned(), words.of(self.outcome).to_owned()),
        ];
        let mut parts = Vec::new();
        if let Some(request) = &self.request {
            let decision = format!("{}, {}", request.decision, self.written(request.day));
            facts.insert(4, (words.of_request.decision.to_owned(), decision));
            parts.push((words.of_request.demand.to_owned(), vec![request.demand.clone()]));
        }
        if let Some(grant) = &self.grant {
            let validity = format!("{} – {}", self.written(grant.from), self.written(grant.until));
            facts.push((words.value.to_owned(), grant.value.clone()));
            let quantity = grant.quantity.clone();
            facts.extend(quantity.map(|quantity| (words.quantity.to_owned(), quantity)));
            facts.push((words.validity.to_owned(), validity));
            parts.push((words.how_valued.to_owned(), grant.explanation.clone()));
        }
        let of_request = &words.of_request;
        let (title, appeal, instructions) = if self.request.is_none() {
            (words.title, words.appeal, words.instructions.as_slice())
        } else {
            (of_request.title, of_request.appeal, of_request.instructions.as_slice())
        };
        let instruction = |text: &&str| {
            text.replace("{days}", &self.appeal_days.to_string())
                .replace("{until}", &self.written(self.appeal_until))
        };
        parts.extend([
            (words.grounds.to_owned(), vec![self.grounds.clone()]),
            (words.rules.to_owned(), vec![self.rules_applied.clone()]),
            (words.officer.to_owned(), vec![self.officer.clone()]),
            (words.contact.to_owned(), vec![self.contact.clone()]),
            (appeal.to_owned(), instructions.iter().map(instruction).collect()),
        ]);
        Sheet {
            lang: self.lang,
            authority: self.authority.clone(),
            title: title.to_owned(),
            facts,
            parts,
        }
    }

    /// A day as the language writes it.
    fn written(&self, day: NaiveDate) -> String {
        let form = match self.lang {
            Lang::Fi | Lang::Sv => "%-d.%-m.%Y",
            Lang::En => "%-d/%-m/%Y",
        };
        day.format(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(lang: Lang, grant: Option<Grant>) -> Decision {
        Decision {
            lang,
            authority: "Tampere".into(),
            number: "decision_1".into(),
            day: "2027-01-11".parse().unwrap(),
            resident: "Aino Esimerkki".into(),
            programme: "Liikuntaseteli".into(),
            outcome: if grant.is_some() {
                Outcome::Granted
            } else {
                Outcome::Rejected
            },
            request: None,
            grant,
            grounds: "Ikä täyttää ehdot.".into(),
            rules_applied: "569/2009, 7 §".into(),
            officer: "Olli Esimerkki".into(),
            contact: "Neuvonta, 03 000 000".into(),
            appeal_days: 30,
            appeal_until: "2027-02-15".parse().unwrap(),
        }
    }

    #[test]
    fn says_all_that_the_law_asks_for_in_every_language() {
        for (lang, outcome, until) in [
            (Lang::Fi, "Palveluseteli myönnetään.", "15.2.2027"),
            (Lang::Sv, "Servicesedeln beviljas.", "15.2.2027"),
            (Lang::En, "The service voucher is granted.", "15/2/2027"),
        ] {
            let grant = Grant {
                value: "100,00 €".into(),
                quantity: Some("10 käyntiä".into()),
                explanation: vec!["Arvo on 100,00 €.".into()],
                from: "2027-01-11".parse().unwrap(),
                until: "2027-06-30".parse().unwrap(),
            };
            let html = decision(lang, Some(grant)).sheet().page().unwrap().html;
            for text in [
                outcome,
                until,
                "Tampere",
                "decision_1",
                "Aino",
                "100,00",
                "10 käyntiä",
                "Ikä",
                "569/2009",
                "Olli",
                "Neuvonta",
                "30 ",
            ] {
                assert!(html.contains(text), "{text} in {html}");
            }
            assert!(!html.contains('{'), "{html}");
        }
    }

    #[test]
    fn a_rejection_states_no_value() {
        let html = decision(Lang::Fi, None).sheet().page().unwrap().html;
        assert!(html.contains("Hakemus hylätään.") && !html.contains("arvo"), "{html}");
    }

    #[test]
    fn a_decision_on_a_request_names_the_one_before_and_the_court() {
        for (lang, outcome, court) in [
            (Lang::Fi, "Päätös pysyy voimassa.", "hallinto-oikeuteen"),
            (Lang::Sv, "Beslutet står fast.", "förvaltningsdomstolen"),
            (Lang::En, "The decision stands.", "administrative court"),
        ] {
            let request = Request {
                decision: "decision_0".into(),
                day: "2027-01-04".parse().unwrap(),
                demand: "Haluan setelin <b>.".into(),
            };
            let upheld = Decision {
                outcome: Outcome::Upheld,
                request: Some(request),
                ..decision(lang, None)
            };
            let html = upheld.sheet().page().unwrap().html;
            for text in [outcome, court, "decision_0", "2027", "Haluan setelin &#60;b&#62;."] {
                assert!(html.contains(text), "{text} in {html}");
            }
        }
    }
}
