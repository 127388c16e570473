//! Companies that resign from a programme with notice (A8).

use audit::Act;
use chrono::NaiveDate;
use db::Tx;
use kernel::{Actor, ApprovalId, CityId, Page, PageRequest, ResignationId, field};

use crate::applications::MAX_TEXT;
use crate::approvals::begin;
use crate::events::CompanyResigned;
use crate::model::approval::{Event, Model as Approval};
use crate::model::resignation::{self, Model as Resignation, State};
use crate::sanctions::today;
use crate::{Error, Providers, policy, store};

/// The job that ends the approvals whose companies have resigned.
pub const RESIGN: &str = "providers.resign";

impl Providers {
    /// Resigns from a programme after `last_day`: from now on the approval ends on that day, and those who have booked
    /// later visits are told. The approval that was to follow it ends before it has begun.
    ///
    /// # Errors
    /// `Field` for a day less than 30 days ahead or not before the approval's own last day, `AlreadyExists` when notice has
    /// been given, `State` when the approval has ended, `Stale` when it changed since `expected_version`.
    pub async fn resign(
        &self,
        actor: &Actor,
        id: ApprovalId,
        expected_version: i32,
        last_day: NaiveDate,
        reason: &str,
    ) -> Result<Resignation, Error> {
        let signatory = policy::APPLY.signed_in(actor)?;
        let reason = field::text("reason", reason, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let approval = lock(tx, actor, id).await?;
                approval.on(Event::Resign, expected_version)?;
                let today = today(tx, approval.city_id).await?;
                let resignation = Resignation {
                    id: tx.new_id(),
                    city_id: approval.city_id,
                    approval_id: id,
                    company_id: approval.company_id,
                    state: State::Notice,
                    last_day,
                    until_before: approval.valid_until,
                    reason: reason.clone(),
                    given_by: signatory,
                    given_at: tx.now(),
                    taken_back_by: None,
                    ended_at: None,
                    version: 1,
                };
                if store::resignations::open_of(tx, id).await?.is_some() {
                    return Err(Error::AlreadyExists);
                }
                resignation::last_day(&approval, last_day, today)?;
                store::resignations::insert(tx, resignation.clone()).await?;
                store::approvals::set_valid_until(tx, id, last_day).await?;
                end_renewals(tx, actor, &approval, &reason).await?;
                tell_clients(tx, &approval, &resignation).await?;
                let act = Act::new("resignFromProgramme", resignation.id).in_city(approval.city_id);
                audit::record(tx, actor, act).await?;
                Ok(resignation)
            })
            .await
    }

    /// Takes a resignation back until the end of its last day; the approval ends again when it did before, and those who
    /// were told are told again. An approval that was to follow it has to be applied for anew.
    ///
    /// # Errors
    /// `AlreadyExists` when a new approval has begun on days that it would give back, `State` when it has ended, `TooLate` after the last day, `Stale` when it changed since `expected_version`.
    pub async fn take_back_resignation(
        &self,
        actor: &Actor,
        id: ResignationId,
        expected_version: i32,
    ) -> Result<Resignation, Error> {
        let signatory = policy::APPLY.signed_in(actor)?;
        self.db
            .write(async |tx: &Tx| {
                // In the order of locks: approval, resignation.
                let seen = store::resignations::by_ids(tx.conn(), store::resignations::visible(actor), &[id]).await?;
                let seen = seen.into_iter().next().ok_or(Error::NotFound)?;
                let approval = lock(tx, actor, seen.approval_id).await?;
                let found = store::resignations::lock(tx, seen.city_id, id).await?;
                let resignation = found.ok_or(Error::NotFound)?;
                let today = today(tx, approval.city_id).await?;
                let state = resignation.take_back(expected_version, today)?;
                // What was revoked meanwhile has no days to give back.
                approval.state.on(Event::Resign).ok_or(Error::State)?;
                // Nor has what a new approval begins within.
                let others = store::approvals::open(tx, approval.company_id, approval.programme_id).await?;
                let taken = |other: &Approval| other.follows(&approval) && other.valid_from <= resignation.until_before;
                if others.iter().any(taken) {
                    return Err(Error::AlreadyExists);
                }
                store::approvals::set_valid_until(tx, approval.id, resignation.until_before).await?;
                let ended = store::resignations::end(tx, &resignation, state, Some(signatory)).await?;
                tell_clients(tx, &approval, &ended).await?;
                let act = Act::new("takeBackResignation", id).in_city(approval.city_id);
                audit::record(tx, actor, act).await?;
                Ok(ended)
            })
            .await
    }

    /// Ends the approvals whose companies' last day has passed. Safe to run twice and at once: each has a transaction of
    /// its own and is judged under its lock.
    pub async fn run_resign(&self) -> Result<(), Error> {
        let mut failed = None;
        for (id, city) in store::resignations::noticed(self.db.read()).await? {
            // One that cannot be ended does not keep the others.
            if let Err(error) = self.end_resigned(city, id).await {
                failed.get_or_insert(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn end_resigned(&self, city: CityId, id: ResignationId) -> Result<(), Error> {
        let actor = Actor::system(RESIGN);
        self.db
            .write(async |tx: &Tx| {
                let seen = store::resignations::find_for_job(tx, city, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let approval = store::approvals::lock(tx, city, seen.approval_id).await?;
                let resignation = store::resignations::lock(tx, city, id).await?;
                let (approval, resignation) = approval.zip(resignation).ok_or(Error::NotFound)?;
                if !resignation.is_due(today(tx, city).await?) {
                    return Ok(());
                }
                // What has been revoked or replaced meanwhile stays so.
                if let Some(state) = approval.state.on(Event::Resign) {
                    begin(tx, &actor, &approval, state, resignation.reason.clone()).await?;
                }
                store::resignations::end(tx, &resignation, State::Effective, None).await?;
                audit::record(tx, &actor, Act::new("endResigned", id).in_city(city)).await?;
                Ok(())
            })
            .await
    }

    /// The resignations in a city, oldest first, for its approvers.
    pub async fn resignations(
        &self,
        actor: &Actor,
        city: CityId,
        page: PageRequest<ResignationId>,
    ) -> Result<Page<Resignation>, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::resignations::page(self.db.read(), city, page).await?)
    }

    /// How many there are in [`Self::resignations`].
    pub async fn count_resignations(&self, actor: &Actor, city: CityId) -> Result<u64, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::resignations::count(self.db.read(), city).await?)
    }

    /// The resignations among `ids` that the actor may see, in no order.
    pub async fn resignations_by_ids(&self, actor: &Actor, ids: &[ResignationId]) -> Result<Vec<Resignation>, Error> {
        Ok(store::resignations::by_ids(self.db.read(), store::resignations::visible(actor), ids).await?)
    }

    /// The resignations about `approvals` that the actor may see, oldest first.
    pub async fn resignations_of(&self, actor: &Actor, approvals: &[ApprovalId]) -> Result<Vec<Resignation>, Error> {
        let scope = store::resignations::visible(actor);
        Ok(store::resignations::of_approvals(self.db.read(), scope, approvals).await?)
    }
}

/// The approval, locked, for a signatory of its company.
async fn lock(tx: &Tx, actor: &Actor, id: ApprovalId) -> Result<Approval, Error> {
    let found = store::approvals::find_for_update(tx, store::approvals::readable(actor), id).await?;
    let approval = found.ok_or(Error::NotFound)?;
    policy::APPLY.in_company(actor, approval.company_id)?;
    Ok(approval)
}

/// Ends what was to follow an approval from which the company resigns.
async fn end_renewals(tx: &Tx, actor: &Actor, approval: &Approval, reason: &str) -> Result<(), Error> {
    for other in store::approvals::open(tx, approval.company_id, approval.programme_id).await? {
        if other.follows(approval) {
            let state = other.on(Event::Resign, other.version)?;
            begin(tx, actor, &other, state, reason.to_owned()).await?;
        }
    }
    Ok(())
}

async fn tell_clients(tx: &Tx, approval: &Approval, resignation: &Resignation) -> Result<(), Error> {
    let resigned = CompanyResigned {
        resignation: resignation.id,
        approval: approval.id,
        last_day: resignation.last_day,
        taken_back: resignation.state == State::TakenBack,
    };
    Ok(jobs::publish(tx, &resigned).await?)
}
