//! The ladder of sanctions: note, warning, stop of new bookings, suspension, revocation, and the way down (A6).

use audit::Act;
use chrono::NaiveDate;
use db::Tx;
use kernel::{
    Actor, ApprovalId, CityId, CompanyId, ErrorCode, FieldError, HearingId, Page, PageRequest, PersonId, SanctionId,
    field,
};

use crate::applications::MAX_TEXT;
use crate::approvals::begin;
use crate::events::{News, SanctionNews};
use crate::hearings::Hear;
use crate::model::approval::{Model as Approval, State};
use crate::model::hearing;
use crate::model::sanction::{Model as Sanction, Step, appeal_until};
use crate::{Error, Providers, policy, store};

/// The rule by which a suspension comes before its hearing.
const URGENT: &str = "434/2003 34 § 2 mom.";

/// The rule by which a provider that does not meet its requirements any more is not approved.
const UNMET: &str = "569/2009 5 §";

/// A decision to make.
#[derive(Clone, Debug)]
pub struct NewSanction {
    /// The approval.
    pub approval: ApprovalId,
    /// Its version that was read.
    pub expected_version: i32,
    /// What is decided; everything but a lift.
    pub step: Step,
    /// Why, at most 5 000 characters.
    pub grounds: String,
    /// The rules that are applied: statutes and sections of the rulebook, at most 5 000 characters.
    pub rules: String,
    /// The hearing before it, and its version that was read.
    pub heard: Option<(HearingId, i32)>,
}

/// What a decision says beside its step.
struct Wording {
    step: Step,
    urgent: bool,
    hearing: Option<HearingId>,
    appealed: Option<SanctionId>,
    grounds: String,
    rules: Option<String>,
}

impl Providers {
    /// Decides on a rung of the ladder after the company was heard; a note needs no hearing. Its signatories and managers
    /// are told by mail.
    ///
    /// # Errors
    /// `NotHeard` without a hearing that has been answered or whose last day has passed, or when that was about something
    /// lighter; `FourEyes` when the actor works for the company, or revokes what she has heard herself; `State` where the
    /// approval does not stand so; `Stale` when approval or hearing changed since they were read.
    pub async fn impose_sanction(&self, actor: &Actor, new: NewSanction) -> Result<Sanction, Error> {
        let officer = policy::REVIEW.signed_in(actor)?;
        let grounds = field::text("grounds", &new.grounds, MAX_TEXT)?;
        let rules = field::text("rules", &new.rules, MAX_TEXT)?;
        if new.step == Step::Lift {
            return Err(FieldError::new("step", ErrorCode::InvalidFormat).into());
        }
        self.db
            .write(async |tx: &Tx| {
                let approval = lock_to_decide(tx, actor, new.approval).await?;
                let today = today(tx, approval.city_id).await?;
                let state = approval.on(new.step.event(), new.expected_version)?;
                let heard = match new.heard.filter(|_| new.step.needs_hearing()) {
                    Some((id, version)) => {
                        let found = store::hearings::lock(tx, approval.id, id).await?;
                        let hearing = found.ok_or(Error::NotFound)?;
                        let ended = hearing.decide(new.step, officer, version, today)?;
                        Some(store::hearings::end(tx, &hearing, ended, officer, None).await?)
                    }
                    None if new.step.needs_hearing() => return Err(Error::NotHeard),
                    None => None,
                };
                let wording = Wording {
                    step: new.step,
                    urgent: false,
                    hearing: heard.map(|hearing| hearing.id),
                    appealed: None,
                    grounds: grounds.clone(),
                    rules: Some(rules.clone()),
                };
                let (_, sanction) = decide(tx, actor, "imposeSanction", &approval, state, wording, today).await?;
                Ok(sanction)
            })
            .await
    }

    /// Suspends an approval at once, where hearing the company first would endanger people or the purpose of the decision
    /// (434/2003 34 § 2 mom.): no offers are published and no bookings made on it. The hearing follows: one is opened
    /// with the same grounds unless one that waits for an answer is about as much.
    ///
    /// # Errors
    /// `FourEyes` when the actor works for the company, `State` when it is suspended or has ended, `Stale` when it changed
    /// since `expected_version`.
    pub async fn suspend_approval(
        &self,
        actor: &Actor,
        id: ApprovalId,
        expected_version: i32,
        reason: &str,
    ) -> Result<Approval, Error> {
        let officer = policy::REVIEW.signed_in(actor)?;
        let reason = field::text("reason", reason, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let approval = lock_to_decide(tx, actor, id).await?;
                let today = today(tx, approval.city_id).await?;
                let state = approval.on(Step::Suspension.event(), expected_version)?;
                let present = store::hearings::open_of(tx, approval.id).await?;
                let follows = match present {
                    Some(open) if open.covers(Step::Suspension) => open,
                    other => {
                        // What it was about is part of what follows.
                        if let Some(lighter) = other {
                            let outcome = Some(reason.clone());
                            store::hearings::end(tx, &lighter, hearing::State::Closed, officer, outcome).await?;
                        }
                        let hear = Hear {
                            step: Step::Suspension,
                            grounds: reason.clone(),
                            days: hearing::DAYS,
                        };
                        hear.open(tx, actor, &approval, today).await?
                    }
                };
                let wording = Wording {
                    step: Step::Suspension,
                    urgent: true,
                    hearing: Some(follows.id),
                    appealed: None,
                    grounds: reason.clone(),
                    rules: Some(URGENT.to_owned()),
                };
                let (changed, _) = decide(tx, actor, "suspendApproval", &approval, state, wording, today).await?;
                Ok(changed)
            })
            .await
    }

    /// Lifts the suspension of an approval, its stop of new bookings or its warning, by a decision as well.
    ///
    /// # Errors
    /// As [`Self::suspend_approval`], `State` unless there is something to lift.
    pub async fn reinstate_approval(
        &self,
        actor: &Actor,
        id: ApprovalId,
        expected_version: i32,
        reason: &str,
    ) -> Result<Approval, Error> {
        policy::REVIEW.signed_in(actor)?;
        let reason = field::text("reason", reason, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let approval = lock_to_decide(tx, actor, id).await?;
                let state = approval.on(Step::Lift.event(), expected_version)?;
                lift(tx, actor, "reinstateApproval", &approval, state, reason.clone(), None).await
            })
            .await
    }

    /// The decisions of a city about approvals, oldest first; all, or those with a request for rectification on which an
    /// officer has to rule.
    pub async fn sanctions_of_city(
        &self,
        actor: &Actor,
        city: CityId,
        to_rule: bool,
        page: PageRequest<SanctionId>,
    ) -> Result<Page<Sanction>, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::sanctions::page(self.db.read(), store::sanctions::of_city(city, to_rule), page).await?)
    }

    /// How many there are in [`Self::sanctions_of_city`].
    pub async fn count_sanctions_of_city(&self, actor: &Actor, city: CityId, to_rule: bool) -> Result<u64, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::sanctions::count(self.db.read(), store::sanctions::of_city(city, to_rule)).await?)
    }

    /// The decisions about a company in all cities, oldest first.
    pub async fn sanctions_of_company(
        &self,
        actor: &Actor,
        company: CompanyId,
        page: PageRequest<SanctionId>,
    ) -> Result<Page<Sanction>, Error> {
        policy::SEE_APPLICATIONS.in_company(actor, company)?;
        Ok(store::sanctions::page(self.db.read(), store::sanctions::of_company(company), page).await?)
    }

    /// How many there are in [`Self::sanctions_of_company`].
    pub async fn count_sanctions_of_company(&self, actor: &Actor, company: CompanyId) -> Result<u64, Error> {
        policy::SEE_APPLICATIONS.in_company(actor, company)?;
        Ok(store::sanctions::count(self.db.read(), store::sanctions::of_company(company)).await?)
    }

    /// The decisions among `ids` that the actor may see, in no order: those of her cities and about her companies.
    pub async fn sanctions_by_ids(&self, actor: &Actor, ids: &[SanctionId]) -> Result<Vec<Sanction>, Error> {
        Ok(store::sanctions::by_ids(self.db.read(), store::sanctions::visible(actor), ids).await?)
    }
}

/// The approval, locked, for an approver of its city who neither works for the company nor stands near to who leads it.
pub(crate) async fn lock_to_decide(tx: &Tx, actor: &Actor, id: ApprovalId) -> Result<Approval, Error> {
    let found = store::approvals::find_for_update(tx, store::approvals::visible(actor), id).await?;
    let approval = found.ok_or(Error::NotFound)?;
    policy::REVIEW.in_city(actor, approval.city_id)?;
    approval.judge(actor)?;
    refuse_near(tx, policy::REVIEW.signed_in(actor)?, approval.company_id).await?;
    Ok(approval)
}

/// Refuses an officer who may act for a signatory or manager of a company, or for whom one of them may: she is as partial as
/// one who works there (434/2003 28 §).
pub(crate) async fn refuse_near(tx: &Tx, officer: PersonId, company: CompanyId) -> Result<(), Error> {
    let leaders = store::members::leaders(tx.conn(), company).await?;
    if identity::near_any(tx, &[officer], &leaders).await?.is_empty() {
        Ok(())
    } else {
        Err(Error::FourEyes)
    }
}

/// The civil day in a city, read after the locks are held.
pub(crate) async fn today(tx: &Tx, city: CityId) -> Result<NaiveDate, Error> {
    let city = cities::find(tx.conn(), city).await?.ok_or(Error::NotFound)?;
    Ok(city.day_of(tx.now()))
}

/// Lifts what stands, also upon the appeal of a decision; the nightly check begins anew.
pub(crate) async fn lift(
    tx: &Tx,
    actor: &Actor,
    action: &'static str,
    approval: &Approval,
    state: State,
    grounds: String,
    appealed: Option<SanctionId>,
) -> Result<Approval, Error> {
    let wording = Wording {
        step: Step::Lift,
        urgent: false,
        hearing: None,
        appealed,
        grounds,
        rules: None,
    };
    let today = today(tx, approval.city_id).await?;
    let (changed, _) = decide(tx, actor, action, approval, state, wording, today).await?;
    if changed.state != State::Active {
        // What stands under the decision that was lifted goes on as it was.
        return Ok(changed);
    }
    Ok(store::approvals::set_failing_since(tx, changed.id, None).await?)
}

/// Writes a decision, what it makes of the approval, and who has to know.
async fn decide(
    tx: &Tx,
    actor: &Actor,
    action: &'static str,
    approval: &Approval,
    state: State,
    wording: Wording,
    today: NaiveDate,
) -> Result<(Approval, Sanction), Error> {
    let changed = if wording.step == Step::Note {
        approval.clone()
    } else {
        begin(tx, actor, approval, state, wording.grounds.clone()).await?
    };
    let sanction = Sanction {
        id: tx.new_id(),
        city_id: approval.city_id,
        approval_id: approval.id,
        company_id: approval.company_id,
        step: wording.step,
        urgent: wording.urgent,
        hearing_id: wording.hearing,
        appealed_id: wording.appealed,
        grounds: wording.grounds,
        rules: wording.rules,
        approval_version: changed.version,
        decided_by: Some(policy::REVIEW.signed_in(actor)?),
        decided_at: tx.now(),
        appeal_until: appeal_until(today),
    };
    store::sanctions::insert(tx, sanction.clone()).await?;
    tell(tx, approval.id, News::Decision, sanction.id).await?;
    let act = Act::new(action, approval.id).in_city(approval.city_id);
    audit::record(tx, actor, act.because(sanction.grounds.clone())).await?;
    Ok((changed, sanction))
}

/// Writes the decision of the nightly check that has made `suspended` of an approval, so that the company may ask for its
/// rectification like that of an officer's (A6).
pub(crate) async fn suspended_by_check(
    tx: &Tx,
    suspended: &Approval,
    grounds: String,
    today: NaiveDate,
) -> Result<(), Error> {
    let sanction = Sanction {
        id: tx.new_id(),
        city_id: suspended.city_id,
        approval_id: suspended.id,
        company_id: suspended.company_id,
        step: Step::Suspension,
        urgent: false,
        hearing_id: None,
        appealed_id: None,
        grounds,
        rules: Some(UNMET.to_owned()),
        approval_version: suspended.version,
        decided_by: None,
        decided_at: tx.now(),
        appeal_until: appeal_until(today),
    };
    store::sanctions::insert(tx, sanction.clone()).await?;
    tell(tx, suspended.id, News::Decision, sanction.id).await
}

/// Lets the company's signatories and managers be told by mail.
pub(crate) async fn tell(
    tx: &Tx,
    approval: ApprovalId,
    news: News,
    about: impl std::fmt::Display,
) -> Result<(), Error> {
    let about = about.to_string();
    Ok(jobs::publish(tx, &SanctionNews { approval, news, about }).await?)
}

/// Whether an officer's warning stands, which the nightly check does not take back.
pub(crate) async fn is_warned_by_city(tx: &Tx, approval: &Approval) -> Result<bool, Error> {
    let last = store::sanctions::last_step(tx, approval.id).await?;
    Ok(last == Some(Step::Warning))
}
