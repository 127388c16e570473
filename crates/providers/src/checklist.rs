//! Requirements of programmes, and the checklists of applications in which companies meet them (A3).

use audit::Act;
use chrono::NaiveDate;
use db::Tx;
use kernel::{Actor, ApplicationId, ProgrammeId, field};

use crate::applications::lock;
use crate::company_register::Entry;
use crate::model::application::Model as Application;
use crate::model::item::{Model as Item, Verdict};
use crate::model::requirement::{Model as Asked, Proof, Requirement};
use crate::sanctions::refuse_near;
use crate::{Error, Providers, policy, store};

/// The longest note on a line or name of a document, in characters.
const MAX_LINE: usize = 1_000;

/// A requirement to set.
#[derive(Clone, Copy, Debug)]
pub struct SetRequirement {
    /// The programme.
    pub programme: ProgrammeId,
    /// What is asked for.
    pub requirement: Requirement,
    /// How it is proved.
    pub proof: Proof,
    /// Whether new applications have it in their checklist.
    pub demanded: bool,
    /// The version that was read; none where it was never set.
    pub expected_version: Option<i32>,
}

/// What a company says to a line of its checklist.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The application.
    pub application: ApplicationId,
    /// The line.
    pub requirement: Requirement,
    /// The version of the line that was read.
    pub expected_version: i32,
    /// The document or reference, at most 1 000 characters. It is asked for where the requirement is evidenced and
    /// refused for what is shown only.
    pub evidence: Option<String>,
    /// The last civil day on which it holds.
    pub valid_until: Option<NaiveDate>,
}

/// What an approver says to a line of a checklist.
#[derive(Clone, Debug)]
pub struct Review {
    /// The application.
    pub application: ApplicationId,
    /// The line.
    pub requirement: Requirement,
    /// The version of the line that was read.
    pub expected_version: i32,
    /// Whether the requirement is met.
    pub accepted: bool,
    /// Why, at most 1 000 characters; asked for with a refusal and refused for what is shown only.
    pub note: Option<String>,
}

impl Providers {
    /// Asks the providers of a programme for a requirement, in another way or no more. Applications that have begun
    /// keep their checklists; a draft gets new lines when it is submitted.
    ///
    /// # Errors
    /// `Stale` when somebody set it since `expected_version`, `Field` for a proof by the register of what no register
    /// says.
    pub async fn set_requirement(&self, actor: &Actor, set: SetRequirement) -> Result<Asked, Error> {
        policy::SET_REQUIREMENTS.signed_in(actor)?;
        let programme = self
            .programmes
            .find(actor, set.programme)
            .await?
            .ok_or(Error::NotFound)?;
        let set_by = policy::SET_REQUIREMENTS.in_city(actor, programme.city_id)?;
        set.requirement.provable(set.proof)?;
        self.db
            .write(async |tx: &Tx| {
                let row = Asked {
                    programme_id: programme.id,
                    requirement: set.requirement,
                    city_id: programme.city_id,
                    proof: set.proof,
                    demanded: set.demanded,
                    set_by,
                    version: set.expected_version.unwrap_or_default().saturating_add(1),
                    set_at: tx.now(),
                };
                if !store::checklist::set_requirement(tx, row.clone(), set.expected_version).await? {
                    return Err(Error::Stale);
                }
                let act = Act::new("setProgrammeRequirement", programme.id).in_city(programme.city_id);
                audit::record(tx, actor, act).await?;
                Ok(row)
            })
            .await
    }

    /// What a programme asks its providers for, also what it asks for no more; public like the programme.
    ///
    /// # Errors
    /// `NotFound` when the actor does not see the programme.
    pub async fn requirements(&self, actor: &Actor, programme: ProgrammeId) -> Result<Vec<Asked>, Error> {
        let programme = self.programmes.find(actor, programme).await?.ok_or(Error::NotFound)?;
        Ok(store::checklist::requirements(self.db.read(), programme.id).await?)
    }

    /// Completes a line of a company's checklist; the city looks at it anew. Also after the approval, for what is
    /// renewed.
    ///
    /// # Errors
    /// `State` when the application is refused or withdrawn or the line is for the register to say, `Stale` when the
    /// line changed since `expected_version`, `Field` for missing evidence or for one that is not to be stored.
    pub async fn provide_evidence(&self, actor: &Actor, given: Evidence) -> Result<Application, Error> {
        policy::COMPLETE.signed_in(actor)?;
        let evidence = line("evidence", given.evidence.as_deref())?;
        if let Some(day) = given.valid_until {
            crate::approvals::year("validUntil", day)?;
        }
        self.db
            .write(async |tx: &Tx| {
                let application = lock(tx, actor, given.application).await?;
                let member = policy::COMPLETE.in_company(actor, application.company_id)?;
                if !application.state.takes_evidence() {
                    return Err(Error::State);
                }
                let item = find(tx, &application, given.requirement).await?;
                item.provide(given.expected_version, evidence.as_deref())?;
                let provided = Item {
                    evidence: evidence.clone(),
                    valid_until: given.valid_until,
                    provided_by: Some(member),
                    provided_at: Some(tx.now()),
                    verdict: Verdict::Open,
                    note: None,
                    judged_by: None,
                    judged_at: None,
                    version: item.version + 1,
                    ..item
                };
                store::checklist::update(tx, provided).await?;
                let act = Act::new("provideEvidence", application.id).in_city(application.city_id);
                audit::record(tx, actor, act).await?;
                Ok(application)
            })
            .await
    }

    /// Accepts or refuses a line of a checklist.
    ///
    /// # Errors
    /// `FourEyes` when the actor applied herself or works for the company, `State` when the application is refused or
    /// withdrawn or the company has not completed the line, `Stale` when it changed since `expected_version`, `Field`
    /// for a refusal without a note or a note that is not to be stored.
    pub async fn review_requirement(&self, actor: &Actor, review: Review) -> Result<Application, Error> {
        policy::REVIEW.signed_in(actor)?;
        let note = line("note", review.note.as_deref())?;
        let verdict = if review.accepted {
            Verdict::Accepted
        } else {
            Verdict::Refused
        };
        self.db
            .write(async |tx: &Tx| {
                let application = lock(tx, actor, review.application).await?;
                let approver = policy::REVIEW.in_city(actor, application.city_id)?;
                application.judge(actor)?;
                refuse_near(tx, policy::REVIEW.signed_in(actor)?, application.company_id).await?;
                if !application.state.is_reviewed() {
                    return Err(Error::State);
                }
                let item = find(tx, &application, review.requirement).await?;
                item.judge(review.expected_version, verdict, note.as_deref())?;
                let judged = Item {
                    verdict,
                    note: note.clone(),
                    judged_by: Some(approver),
                    judged_at: Some(tx.now()),
                    version: item.version + 1,
                    ..item
                };
                store::checklist::update(tx, judged).await?;
                let act = Act::new("reviewRequirement", application.id).in_city(application.city_id);
                audit::record(tx, actor, act).await?;
                Ok(application)
            })
            .await
    }

    /// The checklists of those of `applications` that the actor may see, in the order of applications and names.
    pub async fn checklists(&self, actor: &Actor, applications: &[ApplicationId]) -> Result<Vec<Item>, Error> {
        let scope = store::applications::visible(actor);
        Ok(store::checklist::of_applications(self.db.read(), scope, applications).await?)
    }
}

/// Gives an application a line for everything that its programme asks for and that it has no line for. What the register
/// says of the company, `entry`, is judged at once.
pub(crate) async fn fill(tx: &Tx, application: &Application, entry: Option<&Entry>) -> Result<(), Error> {
    let now = tx.now();
    let asked = store::checklist::requirements(tx.conn(), application.programme_id).await?;
    let lines = asked.into_iter().filter(|asked| asked.demanded).map(|asked| Item {
        application_id: application.id,
        requirement: asked.requirement,
        city_id: application.city_id,
        proof: match (asked.proof, entry) {
            // What the register does not know, the company says.
            (Proof::Computed, None) => Proof::Attested,
            (proof, _) => proof,
        },
        evidence: None,
        valid_until: None,
        provided_by: None,
        provided_at: None,
        verdict: Verdict::Open,
        note: None,
        judged_by: None,
        judged_at: None,
        version: 1,
    });
    let judged = lines.map(|item| entry.and_then(|entry| item.by_register(entry, now)).unwrap_or(item));
    Ok(store::checklist::fill(tx, judged.collect()).await?)
}

/// The checklist of an application that the caller has locked, with what the register says of the company now.
pub(crate) async fn refreshed(tx: &Tx, application: ApplicationId, entry: Option<&Entry>) -> Result<Vec<Item>, Error> {
    let mut checklist = store::checklist::of_application(tx, application).await?;
    for item in &mut checklist {
        if let Some(item_now) = entry.and_then(|entry| item.by_register(entry, tx.now())) {
            *item = store::checklist::update(tx, item_now).await?;
        }
    }
    Ok(checklist)
}

async fn find(tx: &Tx, application: &Application, requirement: Requirement) -> Result<Item, Error> {
    store::checklist::find(tx, application.id, requirement)
        .await?
        .ok_or(Error::NotFound)
}

fn line(name: &'static str, text: Option<&str>) -> Result<Option<String>, kernel::FieldError> {
    text.map(|text| field::text(name, text, MAX_LINE)).transpose()
}
