//! Approvals that rely on another city's: one city accepts with a decision of its own what another has examined (T3).

use audit::Act;
use db::Tx;
use identity::{Identity, Person};
use kernel::{Actor, ApprovalId, ErrorCode, FieldError, ProgrammeId, StaffRole, field};
use mail::Letter;

use crate::approvals::make_room;
use crate::events::ApprovalFell;
use crate::letters::{self, SIGN_IN, pick};
use crate::model::Refusal;
use crate::model::approval::{Model as Approval, State};
use crate::model::area::{Area, Municipalities};
use crate::model::company::Model as Company;
use crate::sanctions::refuse_near;
use crate::{ApprovalTerms, Error, Providers, policy, store};

/// An approval of another city to rely on.
#[derive(Clone, Debug)]
pub struct Reliance {
    /// That approval.
    pub approval: ApprovalId,
    /// Its version that was read.
    pub expected_version: i32,
    /// The programme of the actor's city.
    pub programme: ProgrammeId,
    /// For how long, within the days of that approval, and why.
    pub terms: ApprovalTerms,
}

impl Providers {
    /// Approves a company for a programme because another city has approved it for one of the same service class: a
    /// decision of its own with days of its own, which refers to the other one. The company is told by mail.
    ///
    /// # Errors
    /// `NotApproved` when the other approval is not active today or relies on another one itself, `FourEyes` when the
    /// actor decided it or works for the company, `Stale` when it changed since it was read, `State` when the programme is
    /// not published or the approval is of the same city, `AlreadyExists` when the company has an approval that ends later
    /// than 180 days from now, `Field` for another service class and days outside the other approval's.
    pub async fn accept_approval(&self, actor: &Actor, new: Reliance) -> Result<Approval, Error> {
        let approver = policy::REVIEW.signed_in(actor)?;
        let programme = self
            .programmes
            .find(actor, new.programme)
            .await?
            .ok_or(Error::NotFound)?;
        policy::REVIEW.in_city(actor, programme.city_id)?;
        let city = self.cities.find(programme.city_id).await?.ok_or(Error::NotFound)?;
        let seen = self.approvals_by_ids(actor, &[new.approval]).await?.pop();
        let seen = seen.ok_or(Error::NotFound)?;
        let terms = new.terms.clone().checked()?;
        let area = Area::checked(terms.area.clone())?;
        let municipalities = Municipalities::checked(terms.municipalities.clone())?;
        self.db
            .write(async |tx: &Tx| {
                // In the order of locks: company, programme, approvals.
                let company = store::companies::lock(tx, seen.company_id)
                    .await?
                    .ok_or(Error::NotFound)?;
                crate::applications::published(tx, &programme).await?;
                let origin = store::approvals::lock(tx, seen.city_id, seen.id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                relied(&origin, actor, new.expected_version, today)?;
                refuse_near(tx, policy::REVIEW.signed_in(actor)?, company.id).await?;
                if origin.city_id == city.id {
                    return Err(Error::State);
                }
                let there = programmes::get(tx.conn(), origin.city_id, origin.programme_id).await?;
                if there.ok_or(Error::NotFound)?.service_class != programme.service_class {
                    return Err(FieldError::new("programmeId", ErrorCode::OtherServiceClass).into());
                }
                terms.reaches(today)?;
                field::number("validFrom", terms.valid_from, origin.valid_from, origin.valid_until)?;
                field::number("validUntil", terms.valid_until, terms.valid_from, origin.valid_until)?;
                crate::drafts::may_apply(tx, company.id, programme.id, today).await?;
                make_room(tx, actor, (company.id, programme.id), &terms, today).await?;
                let approval = Approval {
                    id: tx.new_id(),
                    city_id: city.id,
                    programme_id: programme.id,
                    company_id: company.id,
                    application_id: None,
                    relies_on: Some(origin.id),
                    state: State::Active,
                    valid_from: terms.valid_from,
                    valid_until: terms.valid_until,
                    grounds: terms.grounds.clone(),
                    conditions: terms.conditions.clone(),
                    area: area.clone(),
                    municipalities: municipalities.clone(),
                    failing_since: None,
                    decided_by: approver,
                    decided_at: tx.now(),
                    version: 1,
                };
                if !store::approvals::insert(tx, approval.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                mail::enqueue(tx, letters::accepted(&company, &programme.name)).await?;
                let act = Act::new("acceptApproval", approval.id).in_city(city.id);
                audit::record(tx, actor, act.because(terms.grounds.clone())).await?;
                Ok(approval)
            })
            .await
    }

    /// Tells the approvers of every city that relies on an approval by which the company may not sell any more, once each.
    /// What becomes of their own approvals is theirs to decide.
    pub async fn tell_of_fall(&self, identity: &Identity, fell: ApprovalFell) -> Result<(), Error> {
        for relying in store::approvals::relying_on(self.db.read(), fell.approval).await? {
            let company = store::companies::addressee(self.db.read(), relying.city_id, relying.company_id).await?;
            let company = company.ok_or(Error::NotFound)?;
            let approvers = self.cities.holders_of(relying.city_id, StaffRole::Approver).await?;
            let approvers = identity.persons_by_ids(&approvers).await?;
            let letters: Vec<_> = approvers
                .into_values()
                .map(|person| {
                    let key = format!("{}-{}-{}-{}", relying.id, fell.approval, fell.version, person.id);
                    (key, letter(&person, &company))
                })
                .collect();
            self.db
                .write(async |tx: &Tx| {
                    for (key, letter) in letters.clone() {
                        mail::enqueue_once(tx, &key, letter).await?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
        Ok(())
    }
}

/// Decides whether the actor may rely on an approval; one that is not active there is not approved there.
fn relied(origin: &Approval, actor: &Actor, expected: i32, today: chrono::NaiveDate) -> Result<(), Error> {
    origin.rely(actor, expected, today).map_err(|refusal| match refusal {
        Refusal::State => Error::NotApproved,
        refusal => refusal.into(),
    })
}

fn letter(person: &Person, company: &Company) -> Letter {
    let subject = [
        "Toisen kaupungin hyväksyntä, johon päätös nojaa, ei ole voimassa",
        "Ett godkännande av en annan stad som ett beslut stöder sig på gäller inte längre",
        "The other city's approval that a decision relies on is not in force any more",
    ];
    let about = ["Tuottaja", "Producent", "Provider"];
    let about = format!(
        "{}: {} ({})",
        pick(about, person.lang),
        company.name,
        company.business_id
    );
    let what = [
        "Kaupunkinne on hyväksynyt tuottajan toisen kaupungin hyväksynnän perusteella. Arvioikaa, mitä päätöksellenne tehdään.",
        "Er stad har godkänt producenten med stöd av en annan stads godkännande. Bedöm vad som ska göras med ert beslut.",
        "Your city has approved the provider because another city had. Judge what is to become of your decision.",
    ];
    let paragraphs = [pick(what, person.lang), pick(SIGN_IN, person.lang)].map(str::to_owned);
    Letter {
        to: person.email.clone(),
        lang: person.lang,
        subject: pick(subject, person.lang).to_owned(),
        paragraphs: [vec![about], paragraphs.to_vec()].concat(),
        link: None,
    }
}
