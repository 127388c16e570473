use audit::Act;
use db::{OnceKey, Tx};
use kernel::{Actor, BookingId, field};

use crate::events::BookingChanged;
use crate::model::booking::{Event, Model as Booking};
use crate::store::Scope;
use crate::{Bookings, Error, policy, store};

impl Bookings {
    /// Agrees to a booking of the actor's company.
    pub async fn confirm(&self, actor: &Actor, id: BookingId) -> Result<Booking, Error> {
        let scope = provider_scope(actor)?;
        self.db
            .write(async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let state = booking.state.on(Event::Confirm).ok_or(Error::State(booking.state))?;
                jobs::publish(tx, &BookingChanged { booking: id, state }).await?;
                let act = Act::new("confirmBooking", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act).await?;
                Ok(store::set_state(tx, &booking, state).await?)
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
        let scope = provider_scope(actor)?;
        let key = OnceKey::new(actor, key, operation, &(id, reason))?;
        let reason = field::text("reason", reason, 500)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let state = booking.state.on(event).ok_or(Error::State(booking.state))?;
                crate::cancel::give_back(tx, actor, &booking, booking.voucher_share_cents).await?;
                jobs::publish(tx, &BookingChanged { booking: id, state }).await?;
                let act = Act::new(operation, id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act.because(reason.clone())).await?;
                Ok(store::set_state(tx, &booking, state).await?)
            })
            .await
    }
}

/// The bookings of the companies that the actor manages.
fn provider_scope(actor: &Actor) -> Result<Scope, Error> {
    policy::MANAGE.signed_in(actor)?;
    Ok(Scope::Companies(policy::MANAGE.companies(actor)))
}
