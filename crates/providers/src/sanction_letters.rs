//! The letters to those who lead a company when its city writes to it about an approval. They say that something waits;
//! what the city wrote is read inside the service.

use db::Tx;
use identity::{Identity, Person};
use kernel::{Lang, LocalizedText};
use mail::Letter;

use crate::events::{News, SanctionNews};
use crate::letters::{SIGN_IN, pick};
use crate::{Error, Providers, store};

impl Providers {
    /// Tells every signatory and manager of the company, once each, whichever of the company's approvals it is about.
    pub async fn tell_of_sanction(&self, identity: &Identity, told: SanctionNews) -> Result<(), Error> {
        let approval = store::approvals::find_for_job(self.db.read(), told.approval).await?;
        let Some(approval) = approval else { return Ok(()) };
        let programme = programmes::find_public(self.db.read(), approval.programme_id).await?;
        let name = programme.ok_or(Error::NotFound)?.name;
        let leaders = store::members::leaders(self.db.read(), approval.company_id).await?;
        let leaders = identity.persons_by_ids(&leaders).await?;
        let letters: Vec<_> = leaders
            .into_values()
            .map(|person| {
                (
                    format!("{:?}-{}-{}", told.news, told.about, person.id),
                    letter(&person, &name, told.news),
                )
            })
            .collect();
        self.db
            .write(async |tx: &Tx| {
                for (key, letter) in letters.clone() {
                    mail::enqueue_once(tx, &key, letter).await?;
                }
                Ok(())
            })
            .await
    }
}

fn letter(person: &Person, programme: &LocalizedText, news: News) -> Letter {
    let subject = match news {
        News::Hearing => [
            "Kaupunki kuulee yritystänne ennen päätöstä",
            "Staden hör ert företag före ett beslut",
            "The city hears your company before a decision",
        ],
        News::Decision => [
            "Kaupunki on tehnyt päätöksen hyväksynnästänne",
            "Staden har fattat ett beslut om ert godkännande",
            "The city has decided about your approval",
        ],
        News::HearingClosed => [
            "Kaupunki on päättänyt kuulemisen",
            "Staden har avslutat hörandet",
            "The city has ended the hearing",
        ],
        News::Ruling => [
            "Oikaisuvaatimukseenne on annettu päätös",
            "Ett beslut om er begäran om omprövning har fattats",
            "Your request for rectification has been decided",
        ],
    };
    let about = ["Palveluseteliohjelma", "Servicesedelprogram", "Voucher programme"];
    let about = format!("{}: {}", pick(about, person.lang), programme.get(person.lang));
    let mut paragraphs = vec![about];
    if let Some(until_when) = until_when(news, person.lang) {
        paragraphs.push(until_when.to_owned());
    }
    paragraphs.push(pick(SIGN_IN, person.lang).to_owned());
    Letter {
        to: person.email.clone(),
        lang: person.lang,
        subject: pick(subject, person.lang).to_owned(),
        paragraphs,
        link: None,
    }
}

/// What the company can do, and where it reads by when.
fn until_when(news: News, lang: Lang) -> Option<&'static str> {
    let texts = match news {
        News::Hearing => [
            "Nimenkirjoittaja voi antaa selityksen palvelussa kuulemispyynnössä mainittuun päivään asti.",
            "Firmatecknaren kan lämna en förklaring i tjänsten till och med den dag som nämns i begäran.",
            "A signatory can answer in the service until the day that the hearing names.",
        ],
        News::Decision => [
            "Päätöksestä näkyy, mihin asti siihen voi vaatia oikaisua.",
            "Av beslutet framgår till vilken dag man kan begära omprövning.",
            "The decision says until when its rectification can be asked for.",
        ],
        News::HearingClosed | News::Ruling => return None,
    };
    Some(pick(texts, lang))
}
