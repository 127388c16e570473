//! Bookings that no approval of their company covers any more: after a suspension, a revocation or a resignation (A7).

use audit::Act;
use chrono::{DateTime, Days, Utc};
use db::Tx;
use jobs::Job;
use kernel::{Actor, ApprovalId, BookingId, Page, PageRequest, field};
use providers::Approval;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::cancel::give_back;
use crate::events::BookingChanged;
use crate::model::booking::{Event, Model as Booking};
use crate::store::{Scope, Uncovered};
use crate::{Bookings, Error, policy, store};

/// The job that releases the bookings that no approval covers.
pub const RELEASE: &str = "bookings.release";

/// What that job has to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseWork {
    /// The approval by which the company sold.
    approval: ApprovalId,
    /// What the residents read.
    reason: String,
}

impl Bookings {
    /// The open bookings of a company in the programme of one of its approvals that no approval covers, oldest first, for
    /// an approver of the city. The look at each resident is recorded.
    ///
    /// # Errors
    /// `NotFound` when the actor does not see the approval.
    pub async fn uncovered(
        &self,
        actor: &Actor,
        id: ApprovalId,
        page: PageRequest<BookingId>,
    ) -> Result<Page<Booking>, Error> {
        let approval = self.approval_to_release(actor, id).await?;
        let scope = uncovered(self.db.read(), &approval, self.db.clock().now()).await?;
        let rows = store::page_uncovered(self.db.read(), &scope, page).await?;
        let look = Act::new("readBookingsToRelease", id).in_city(approval.city_id);
        let looks = look.about_each(actor, rows.items.iter().map(|row| row.resident_id));
        audit::record_reads(&self.db, actor, &looks).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::uncovered`].
    pub async fn count_uncovered(&self, actor: &Actor, id: ApprovalId) -> Result<u64, Error> {
        let approval = self.approval_to_release(actor, id).await?;
        let scope = uncovered(self.db.read(), &approval, self.db.clock().now()).await?;
        Ok(store::count_uncovered(self.db.read(), &scope).await?)
    }

    /// Lets a job cancel those bookings as if their provider had: places and voucher shares go back whole, and the
    /// residents are told and read `reason`, at most 500 characters. What the company may deliver again when the job comes
    /// to it stays.
    ///
    /// # Errors
    /// `NotFound` when the actor does not see the approval, [`Error::Covered`] when there is nothing to release.
    pub async fn release(&self, actor: &Actor, id: ApprovalId, reason: &str) -> Result<Approval, Error> {
        let approval = self.approval_to_release(actor, id).await?;
        approval.judge(actor).map_err(providers::Error::from)?;
        let reason = field::text("reason", reason, 500)?;
        self.db
            .write(async |tx: &Tx| {
                let scope = uncovered(tx.conn(), &approval, tx.now()).await?;
                if store::count_uncovered(tx.conn(), &scope).await? == 0 {
                    return Err(Error::Covered);
                }
                let work = ReleaseWork {
                    approval: id,
                    reason: reason.clone(),
                };
                jobs::enqueue(tx, Job::new(RELEASE, &work)).await?;
                let act = Act::new("releaseBookings", id).in_city(approval.city_id);
                audit::record(tx, actor, act.because(reason.clone())).await?;
                Ok(approval.clone())
            })
            .await
    }

    /// Does the work. Safe to run twice and at once: each booking has a transaction of its own, in which the approvals are
    /// kept as they are and the booking is judged under its lock.
    pub async fn run_release(&self, work: ReleaseWork) -> Result<(), Error> {
        let approval = providers::approvals::find_for_job(self.db.read(), work.approval).await?;
        let Some(approval) = approval else { return Ok(()) };
        let scope = uncovered(self.db.read(), &approval, self.db.clock().now()).await?;
        let mut after = None;
        loop {
            let ids = store::uncovered_ids(self.db.read(), &scope, after).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            for id in ids {
                self.release_uncovered(&approval, id, &work.reason).await?;
            }
        }
    }

    async fn release_uncovered(&self, approval: &Approval, id: BookingId, reason: &str) -> Result<(), Error> {
        let (actor, scope) = (Actor::system(RELEASE), Scope::Cities(vec![approval.city_id]));
        self.db
            .write(async |tx: &Tx| {
                // In the order of locks: approval, booking. A reinstatement waits, or has come before.
                providers::approvals::keep(tx, approval.company_id, approval.programme_id).await?;
                let uncovered = uncovered(tx.conn(), approval, tx.now()).await?;
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let Some(state) = booking.state.on(Event::CancelByProvider) else {
                    return Ok(());
                };
                if !uncovered.holds(booking.starts_at) {
                    return Ok(());
                }
                give_back(tx, &actor, &booking, booking.worth()).await?;
                jobs::publish(tx, &BookingChanged { booking: id, state }).await?;
                let act = Act::new("releaseBooking", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, &actor, act).await?;
                store::set_ended(tx, &booking, state, Some(reason.to_owned())).await?;
                Ok(())
            })
            .await
    }

    async fn approval_to_release(&self, actor: &Actor, id: ApprovalId) -> Result<Approval, Error> {
        policy::RELEASE.signed_in(actor)?;
        let found = self.providers.approvals_by_ids(actor, &[id]).await?.pop();
        let approval = found.ok_or(Error::NotFound)?;
        policy::RELEASE.in_city(actor, approval.city_id)?;
        Ok(approval)
    }
}

/// Which bookings of the company in the approval's programme no approval covers at `now`: those that are still to come on
/// days that none of the approvals that count has.
async fn uncovered(conn: &impl ConnectionTrait, approval: &Approval, now: DateTime<Utc>) -> Result<Uncovered, Error> {
    let covered = providers::approvals::covered(conn, approval.company_id, approval.programme_id).await?;
    let zone = store::zone_of_city(conn, approval.city_id).await?;
    let instants = covered.into_iter().map(|(first, last)| {
        let next = last.checked_add_days(Days::new(1)).unwrap_or(last);
        (kernel::start_of_day(first, zone), kernel::start_of_day(next, zone))
    });
    Ok(Uncovered {
        city: approval.city_id,
        company: approval.company_id,
        programme: approval.programme_id,
        from: now,
        except: instants.collect(),
    })
}
