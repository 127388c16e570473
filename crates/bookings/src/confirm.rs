use audit::Act;
use chrono::NaiveDate;
use db::{OnceKey, Tx};
use kernel::{Actor, BookingId, PersonId, field};

use crate::events::BookingChanged;
use crate::model::booking::{Event, Model as Booking};
use crate::store::Scope;
use crate::{Bookings, Error, policy, store};

impl Bookings {
    /// Agrees to a booking of the actor's company.
    ///
    /// # Errors
    /// `TooLate` once the visit has begun, `NotApproved` when the company is approved no longer, `FourEyes` for the
    /// resident herself and whoever stands near to her.
    pub async fn confirm(&self, actor: &Actor, id: BookingId) -> Result<Booking, Error> {
        let member = policy::MANAGE.signed_in(actor)?;
        let scope = provider_scope(actor)?;
        self.db
            .write(async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let (state, free_until) = booking.confirm(member, tx.now())?;
                refuse_near(tx, member, &booking).await?;
                if !can_deliver(tx, &booking).await? {
                    return Err(Error::NotApproved);
                }
                jobs::publish(tx, &BookingChanged { booking: id, state }).await?;
                let act = Act::new("confirmBooking", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act).await?;
                Ok(store::set_confirmed(tx, &booking, state, free_until).await?)
            })
            .await
    }

    /// Refuses a booking of the actor's company; places and voucher share go back.
    pub async fn decline(&self, actor: &Actor, key: &str, id: BookingId, reason: &str) -> Result<Booking, Error> {
        self.give_up(actor, "declineBooking", key, id, Event::Decline, reason)
            .await
    }

    /// Cancels a booking of the actor's company; places and voucher share go back, whatever the hour.
    pub async fn cancel_as_provider(
        &self,
        actor: &Actor,
        key: &str,
        id: BookingId,
        reason: &str,
    ) -> Result<Booking, Error> {
        self.give_up(
            actor,
            "cancelBookingAsProvider",
            key,
            id,
            Event::CancelByProvider,
            reason,
        )
        .await
    }

    async fn give_up(
        &self,
        actor: &Actor,
        operation: &'static str,
        key: &str,
        id: BookingId,
        event: Event,
        reason: &str,
    ) -> Result<Booking, Error> {
        let (member, scope) = (policy::MANAGE.signed_in(actor)?, provider_scope(actor)?);
        let key = OnceKey::new(actor, key, operation, &(id, reason))?;
        let reason = field::text("reason", reason, 500)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let state = booking.give_up(member, event)?;
                refuse_near(tx, member, &booking).await?;
                crate::cancel::give_back(tx, actor, &booking, booking.worth()).await?;
                jobs::publish(tx, &BookingChanged { booking: id, state }).await?;
                let act = Act::new(operation, id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act.because(reason.clone())).await?;
                Ok(store::set_ended(tx, &booking, state, Some(reason.clone())).await?)
            })
            .await
    }
}

/// Refuses a member of the company who may act for the resident of a booking, or for whom that resident may.
pub(crate) async fn refuse_near(tx: &Tx, member: PersonId, booking: &Booking) -> Result<(), Error> {
    if identity::is_near(tx, member, booking.resident_id).await? {
        return Err(Error::FourEyes);
    }
    Ok(())
}

/// The bookings of the companies that the actor manages.
fn provider_scope(actor: &Actor) -> Result<Scope, Error> {
    policy::MANAGE.signed_in(actor)?;
    Ok(Scope::Companies(policy::MANAGE.companies(actor)))
}

/// Whether the company of a booking is still approved for the day of its visit.
pub(crate) async fn can_deliver(tx: &Tx, booking: &Booking) -> Result<bool, Error> {
    let day = kernel::civil_day(booking.starts_at, store::zone(tx.conn(), booking).await?);
    covered(tx, booking, day).await
}

/// Whether the company of a booking is still approved for the civil day of its visit.
pub(crate) async fn covered(tx: &Tx, booking: &Booking, day: NaiveDate) -> Result<bool, Error> {
    let (company, programme, at) = (
        booking.company_id,
        booking.programme_id,
        tx.now().min(booking.starts_at),
    );
    Ok(providers::approvals::was_in_force(tx, company, programme, day, at).await?)
}
