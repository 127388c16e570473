use std::ops::Add;

use audit::Act;
use db::{OnceKey, Tx};
use kernel::{Actor, BookingId};
use ledger::Posting;
use vouchers::Worth;

use crate::book::principal;
use crate::confirm::can_deliver;
use crate::events::BookingChanged;
use crate::model::booking::{Cancellation, Model as Booking};
use crate::model::delivery::{Kind, Model as Delivery};
use crate::model::visit::Model as Visit;
use crate::store::Scope;
use crate::{Bookings, Error, accounts, store};

impl Bookings {
    /// Cancels a booking of the principal: its places go back, and its voucher share less the late fee.
    ///
    /// # Errors
    /// `State` when it allows no cancellation, `KeyReused`.
    pub async fn cancel(&self, actor: &Actor, key: &str, id: BookingId) -> Result<Booking, Error> {
        let scope = Scope::Own(principal(actor)?);
        let key = OnceKey::new(actor, key, "cancelBooking", &id)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let can_deliver = can_deliver(tx, &booking).await?;
                let cancellation = booking
                    .cancel(tx.now(), can_deliver)
                    .ok_or(Error::State(booking.state))?;
                let visits = give_back(tx, actor, &booking, cancellation.released).await?;
                owe_late_fee(tx, actor, &booking, &visits, cancellation).await?;
                jobs::publish(
                    tx,
                    &BookingChanged {
                        booking: id,
                        state: cancellation.state,
                    },
                )
                .await?;
                let act = Act::new("cancelBooking", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act).await?;
                Ok(store::set_state(tx, &booking, cancellation.state).await?)
            })
            .await
    }
}

/// Gives the places of a booking back in the order of occurrences, then `released` of its voucher's share and units.
pub(crate) async fn give_back(tx: &Tx, actor: &Actor, booking: &Booking, released: Worth) -> Result<Vec<Visit>, Error> {
    let visits = store::visits(tx.conn(), &[booking]).await?;
    for visit in &visits {
        offers::places::give_back(tx, visit.occurrence_id, visit.units).await?;
    }
    let purse = vouchers::spend::lock(tx, booking.resident_id, booking.voucher_id)
        .await?
        .ok_or(Error::NotFound)?;
    vouchers::spend::release(tx, actor, &purse, booking.spent(released)).await?;
    Ok(visits)
}

/// Turns what is kept of a late cancellation into a delivery of its first visit, which the city settles.
async fn owe_late_fee(
    tx: &Tx,
    actor: &Actor,
    booking: &Booking,
    visits: &[Visit],
    cancellation: Cancellation,
) -> Result<(), Error> {
    let Some(visit) = visits.first().filter(|_| cancellation.kept.cents.is_positive()) else {
        return Ok(());
    };
    let zone = store::zone(tx.conn(), booking).await?;
    let own_share = booking.own_share_of_absence(booking.late_fee_bp);
    let delivery = Delivery {
        price_cents: cancellation.kept.cents + own_share,
        voucher_share_cents: cancellation.kept.cents,
        own_share_cents: own_share,
        recorded_by: actor.signed_in().unwrap_or(booking.resident_id),
        quantity: cancellation.kept.quantity,
        ..Delivery::of(tx, booking, visit, Kind::LateCancellation, zone)
    };
    let purse = vouchers::spend::lock(tx, booking.resident_id, booking.voucher_id)
        .await?
        .ok_or(Error::NotFound)?;
    let deliveries = vec![delivery];
    owe(tx, actor, &purse, booking, &deliveries).await?;
    Ok(store::insert_deliveries(tx, deliveries).await?)
}

/// Moves the voucher shares of a booking's deliveries from the reservation to what the city owes the company, and their units
/// to what was used.
pub(crate) async fn owe(
    tx: &Tx,
    actor: &Actor,
    purse: &vouchers::spend::Purse,
    booking: &Booking,
    deliveries: &[Delivery],
) -> Result<(), Error> {
    let Some(first) = deliveries.first() else { return Ok(()) };
    let owner = kernel::TypedId::uuid(first.company_id);
    let [payable] = ledger::open(tx, first.city_id, owner, [accounts::PAYABLE]).await?;
    let owed = |delivery: &Delivery| {
        let share = delivery.voucher_share_cents;
        let money = Posting::new(&purse.reserved, &payable, share, "delivery.owe", delivery.id);
        [Some(money), purse.use_units(&money, delivery.quantity)]
    };
    let postings: Vec<_> = deliveries.iter().flat_map(owed).flatten().collect();
    ledger::post(tx, actor, &postings).await?;
    let paid = deliveries.iter().map(Delivery::worth).fold(Worth::default(), Add::add);
    Ok(purse.settle(tx, actor, booking.spent(paid)).await?)
}
