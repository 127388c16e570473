use audit::Act;
use chrono::NaiveDate;
use db::{OnceKey, Tx};
use documents::{Decision as Document, Grant, Request};
use kernel::{Actor, CityId, DecisionId, Page, PageRequest, VoucherApplicationId};
use programmes::deadlines::appeal_until;
use programmes::value::{Assessment, sentences};
use serde::Serialize;

use crate::application::tell;
use crate::consent;
use crate::letters::News;
use crate::model::application::{Event, Model as Application};
use crate::model::decision::{Circumstances, Raise};
use crate::model::ruling::{COURT_DAYS, Model as Decision, Outcome, Ruling};
use crate::model::{Model as Voucher, may_decide};
use crate::voucher::{Order, applicant, confirmed, grant};
use crate::{Error, Vouchers, policy, store, waiting};

/// A voucher to grant on an application.
#[derive(Clone, Debug, Serialize)]
pub struct NewGrant {
    /// The application.
    pub application: VoucherApplicationId,
    /// The version that the officer read.
    pub expected_version: i32,
    /// What the decision says.
    pub ruling: Ruling,
    /// The resident's situation as the officer has assessed it; as she has told it when there is none.
    pub assessment: Option<Assessment>,
    /// That assessment has no income, and the resident has accepted expressly that the value is then the lowest (V4).
    pub accepts_without_income: bool,
    /// What the voucher may pay in all where the rule values each visit, in cents.
    pub amount: Option<kernel::Cents>,
    /// What the voucher grants in a programme in visits or hours, in thousandths of a visit or in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i32>,
    /// The hardship raise.
    pub raise: Option<Raise>,
    /// On what grounds the officer takes rules as met about which nothing is recorded, at most 2 000 characters.
    pub eligibility_confirmed: Option<String>,
}

/// An application to reject.
#[derive(Clone, Debug, Serialize)]
pub struct Rejection {
    /// The application.
    pub application: VoucherApplicationId,
    /// The version that the officer read.
    pub expected_version: i32,
    /// What the decision says.
    pub ruling: Ruling,
}

/// Who decides about whom.
#[derive(Clone)]
pub(crate) struct Parties {
    pub(crate) city: cities::City,
    pub(crate) resident: identity::Person,
    /// Who reads letters: she herself, or her guardians and trustees.
    pub(crate) readers: Vec<identity::Person>,
    pub(crate) officer: identity::Person,
}

impl Vouchers {
    /// Grants a voucher on an application and freezes the decision, in one transaction.
    ///
    /// # Errors
    /// Those of [`Self::grant`]; `Refused` for the officer's own application, one that is decided or withdrawn or was
    /// changed since it was read.
    pub async fn grant_application(&self, actor: &Actor, key: &str, new: NewGrant) -> Result<Decision, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let key = OnceKey::new(actor, key, "grantVoucherApplication", &new)?;
        let ruling = new.ruling.checked()?;
        let confirmed = confirmed(new.eligibility_confirmed.as_deref())?;
        let parties = self.parties(actor, new.application).await?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let application = lock(tx, &cities, new.application).await?;
                application.judge(officer)?;
                let state = application.on(Event::Grant, new.expected_version)?;
                consent::require(tx, &parties.city, &application).await?;
                let order = Order {
                    programme: application.programme_id,
                    resident: application.resident_id,
                    grounds: ruling.grounds.clone(),
                    circumstances: circumstances(&application, &new),
                    confirmed: confirmed.clone(),
                    set_aside: None,
                };
                let voucher = grant(tx, actor, &parties.city, order).await?;
                store::application::set_state(tx, &application, state).await?;
                let decision = freeze(
                    tx,
                    &application,
                    &parties,
                    &ruling,
                    first(Outcome::Granted, Some(&voucher)),
                )
                .await?;
                finish(tx, actor, "grantVoucherApplication", &parties, &decision).await?;
                Ok(decision)
            })
            .await
    }

    /// Rejects an application and freezes the decision.
    ///
    /// # Errors
    /// `Refused` for the officer's own application, one that is decided or withdrawn or was changed since it was read.
    pub async fn reject_application(&self, actor: &Actor, new: Rejection) -> Result<Decision, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let ruling = new.ruling.checked()?;
        let parties = self.parties(actor, new.application).await?;
        self.db
            .write(async |tx: &Tx| {
                let application = lock(tx, &cities, new.application).await?;
                application.judge(officer)?;
                may_decide(identity::is_near(tx, officer, application.resident_id).await?)?;
                let state = application.on(Event::Reject, new.expected_version)?;
                waiting::leave(tx, actor, &application).await?;
                store::application::set_state(tx, &application, state).await?;
                let decision = freeze(tx, &application, &parties, &ruling, first(Outcome::Rejected, None)).await?;
                finish(tx, actor, "rejectVoucherApplication", &parties, &decision).await?;
                Ok(decision)
            })
            .await
    }

    /// What the document names beside the decision itself, read before the transaction: none of it changes in it.
    pub(crate) async fn parties(&self, actor: &Actor, id: VoucherApplicationId) -> Result<Parties, Error> {
        let (application, readers) = self.applicant(actor, id).await?;
        let resident = self.identity.person(application.resident_id).await?;
        let officer = self.identity.person(policy::GRANT.signed_in(actor)?).await?;
        let city = self.cities.find(application.city_id).await?;
        Ok(Parties {
            city: city.ok_or(Error::NotFound)?,
            resident: resident.ok_or(Error::NotFound)?,
            readers,
            officer: officer.ok_or(Error::NotFound)?,
        })
    }

    /// The decisions among `ids` that the actor may see, in no order; looks at those about others are recorded.
    pub async fn decisions_by_ids(&self, actor: &Actor, ids: &[DecisionId]) -> Result<Vec<Decision>, Error> {
        let scope = store::application::decisions_visible(applicant(actor)?, &policy::SEE.cities(actor));
        let rows = store::application::decisions_by_ids(self.db.read(), scope, ids).await?;
        self.record_decision_looks(actor, &rows).await?;
        Ok(rows)
    }

    /// Records the looks at decisions about others, also about whom the actor acts for.
    async fn record_decision_looks(&self, actor: &Actor, rows: &[Decision]) -> Result<(), Error> {
        let about_others = rows
            .iter()
            .filter(|row| Some(row.resident_id) != actor.principal || actor.acting.is_some());
        let looks: Vec<_> = about_others
            .map(|row| {
                Act::new("readVoucherDecision", row.id)
                    .in_city(row.city_id)
                    .about(row.resident_id)
            })
            .collect();
        Ok(audit::record_reads(&self.db, actor, &looks).await?)
    }

    /// The decisions on those of `applications` that the actor may see. They are reached from the applications, and the
    /// look at those is recorded.
    pub async fn decisions_on(
        &self,
        actor: &Actor,
        applications: &[VoucherApplicationId],
    ) -> Result<Vec<Decision>, Error> {
        let scope = store::application::decisions_visible(applicant(actor)?, &policy::SEE.cities(actor));
        Ok(store::application::decisions_on(self.db.read(), scope, applications).await?)
    }

    /// The decisions about the principal, oldest first. The look of somebody who acts for her is recorded.
    pub async fn own_decisions(&self, actor: &Actor, page: PageRequest<DecisionId>) -> Result<Page<Decision>, Error> {
        let own = store::application::decisions_of(applicant(actor)?);
        let rows = store::application::page_of_decisions(self.db.read(), own, page).await?;
        self.record_decision_looks(actor, &rows.items).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::own_decisions`].
    pub async fn count_own_decisions(&self, actor: &Actor) -> Result<u64, Error> {
        let own = store::application::decisions_of(applicant(actor)?);
        Ok(store::application::count_decisions(self.db.read(), own).await?)
    }
}

/// The first decision on an application.
pub(crate) fn first(outcome: Outcome, voucher: Option<&Voucher>) -> Outcomes<'_> {
    Outcomes {
        outcome,
        voucher,
        about: None,
    }
}

pub(crate) async fn lock(tx: &Tx, cities: &[CityId], id: VoucherApplicationId) -> Result<Application, Error> {
    let scope = store::application::in_cities(cities);
    let found = store::application::find_for_update(tx, scope, id).await?;
    found.ok_or(Error::NotFound)
}

/// What the value rule reads: the officer's assessment before the resident's own words.
pub(crate) fn circumstances(application: &Application, new: &NewGrant) -> Circumstances {
    Circumstances {
        assessment: new.assessment.clone().or_else(|| application.assessment.clone()),
        accepts_without_income: application.accepts_without_income || new.accepts_without_income,
        amount: new.amount,
        quantity: new.quantity,
        raise: new.raise.clone(),
    }
}

/// What was decided on an application or on a request for rectification.
pub(crate) struct Outcomes<'a> {
    pub(crate) outcome: Outcome,
    /// The voucher that was granted or raised.
    pub(crate) voucher: Option<&'a Voucher>,
    /// The decision that rectification was asked of, and what was asked.
    pub(crate) about: Option<(&'a Decision, &'a str)>,
}

/// Writes the decision with its document, which is made here and never again.
pub(crate) async fn freeze(
    tx: &Tx,
    application: &Application,
    parties: &Parties,
    ruling: &Ruling,
    what: Outcomes<'_>,
) -> Result<Decision, Error> {
    let found = programmes::get(tx.conn(), application.city_id, application.programme_id).await?;
    let programme = found.ok_or(Error::NotFound)?;
    let (now, lang) = (tx.now(), parties.resident.lang);
    let today = parties.city.day_of(now);
    let days = match what.about {
        None => appeal_days(tx, &programme, today).await?,
        Some(_) => COURT_DAYS,
    };
    let (id, until) = (tx.new_id::<DecisionId>(), appeal_until(today, days));
    let document = Document {
        lang,
        authority: parties.city.name.get(lang).to_owned(),
        number: id.to_string(),
        day: today,
        resident: full_name(&parties.resident),
        programme: programme.name.get(lang).to_owned(),
        outcome: what.outcome.into(),
        request: what.about.map(|(decision, demand)| Request {
            decision: decision.id.to_string(),
            day: parties.city.day_of(decision.decided_at),
            demand: demand.to_owned(),
        }),
        grant: what.voucher.map(|voucher| granted(voucher, lang)),
        grounds: ruling.grounds.clone(),
        rules_applied: ruling.rules_applied.clone(),
        officer: full_name(&parties.officer),
        contact: ruling.contact.clone(),
        appeal_days: days,
        appeal_until: until,
    };
    let sheet = document.sheet();
    let page = sheet.page()?;
    let decision = Decision {
        id,
        city_id: application.city_id,
        programme_id: application.programme_id,
        application_id: application.id,
        previous_id: what.about.map(|(decision, _)| decision.id),
        resident_id: application.resident_id,
        outcome: what.outcome,
        voucher_id: what.voucher.map(|voucher| voucher.id),
        grounds: ruling.grounds.clone(),
        rules_applied: ruling.rules_applied.clone(),
        contact: ruling.contact.clone(),
        appeal_days: days,
        appeal_until: until,
        lang,
        sheet: serde_json::to_string(&sheet).map_err(|error| documents::Error::Pdf(error.to_string()))?,
        html: page.html,
        sha256: page.sha256,
        decided_by: parties.officer.id,
        decided_at: now,
    };
    store::application::insert_decision(tx, decision.clone()).await?;
    Ok(decision)
}

/// The days by the terms in force on the day of the decision, else by those that came before it: an application is
/// decided also when the programme's time is over.
async fn appeal_days(tx: &Tx, programme: &programmes::Programme, today: NaiveDate) -> Result<i32, Error> {
    let published = programmes::published_terms(tx.conn(), programme.id).await?;
    let begun = published.iter().rfind(|terms| terms.valid_from <= today);
    let terms = begun.or(published.first()).ok_or(Error::NoTermsInForce)?;
    Ok(terms.appeal_days)
}

impl From<Outcome> for documents::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Granted => Self::Granted,
            Outcome::Rejected => Self::Rejected,
            Outcome::Amended => Self::Amended,
            Outcome::Upheld => Self::Upheld,
            Outcome::NotExamined => Self::NotExamined,
        }
    }
}

fn full_name(person: &identity::Person) -> String {
    format!("{} {}", person.given_name, person.family_name)
}

fn granted(voucher: &Voucher, lang: kernel::Lang) -> Grant {
    let lines = voucher.valuation.iter().flat_map(|valuation| &valuation.lines);
    Grant {
        value: sentences::euros(voucher.value_cents, lang),
        quantity: Some(voucher.unit.text(voucher.quantity, lang)).filter(|text| !text.is_empty()),
        explanation: lines.map(|line| sentences::sentence(line, lang)).collect(),
        from: voucher.valid_from,
        until: voucher.valid_until,
    }
}

/// Tells the resident and records the decision.
pub(crate) async fn finish(
    tx: &Tx,
    actor: &Actor,
    action: &'static str,
    parties: &Parties,
    decision: &Decision,
) -> Result<(), Error> {
    tell(tx, &parties.readers, News::Decision).await?;
    let act = Act::new(action, decision.id).in_city(decision.city_id);
    Ok(audit::record(tx, actor, act.about(decision.resident_id)).await?)
}
