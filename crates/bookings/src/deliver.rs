use audit::Act;
use db::{OnceKey, Tx};
use kernel::{Actor, BookingId, field};
use serde::Serialize;

use crate::book::principal;
use crate::cancel::owe;
use crate::events::BookingChanged;
use crate::model::booking::{Model as Booking, code_from};
use crate::model::delivery::{Kind, Model as Delivery};
use crate::store::Scope;
use crate::{Bookings, Error, policy, store};

/// A delivery to record.
#[derive(Clone, Debug, Serialize)]
pub struct NewDelivery {
    /// The booking.
    pub booking: BookingId,
    /// The resident's one-time code, which proves that she was there.
    pub code: String,
    /// The company's own reference, at most 35 characters; shown back on its statement.
    pub claim_reference: Option<String>,
}

impl Bookings {
    /// Records that the service was given; the voucher share is then owed to the company.
    ///
    /// # Errors
    /// `TooEarly` before the visit, `WrongCode`, `CodeLocked` after too many, `State` when it is not confirmed or
    /// delivered already, `NotApproved` when no approval covered the day, `KeyReused`.
    pub async fn deliver(&self, actor: &Actor, key: &str, new: NewDelivery) -> Result<Booking, Error> {
        policy::DELIVER.signed_in(actor)?;
        let scope = Scope::Companies(policy::DELIVER.companies(actor));
        let key = OnceKey::new(actor, key, "recordDelivery", &new)?;
        let claim = new
            .claim_reference
            .as_deref()
            .map(|text| field::line("claimReference", text, 35))
            .transpose()?;
        let outcome = self
            .db
            .write_once(key, async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, new.booking)
                    .await?
                    .ok_or(Error::NotFound)?;
                let delivered = deliver(tx, actor, &booking, &new.code, claim.clone()).await?;
                jobs::publish(
                    tx,
                    &BookingChanged {
                        booking: booking.id,
                        state: delivered.state,
                    },
                )
                .await?;
                let act = Act::new("recordDelivery", booking.id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act).await?;
                Ok(delivered)
            })
            .await;
        if matches!(outcome, Err(Error::WrongCode)) {
            // In a transaction of its own, so that the guess counts although the delivery was rolled back.
            self.db
                .write::<_, Error, _>(async |tx: &Tx| Ok(store::count_wrong_code(tx, new.booking).await?))
                .await?;
        }
        outcome
    }

    /// Gives the resident's booking a new one-time code and unlocks it.
    pub async fn renew_code(&self, actor: &Actor, id: BookingId) -> Result<Booking, Error> {
        let scope = Scope::Resident(principal(actor)?);
        self.db
            .write(async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                if !booking.state.holds() {
                    return Err(Error::State(booking.state));
                }
                let act = Act::new("renewDeliveryCode", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act).await?;
                Ok(store::set_code(tx, &booking, code_from(tx.random())).await?)
            })
            .await
    }
}

async fn deliver(
    tx: &Tx,
    actor: &Actor,
    booking: &Booking,
    code: &str,
    claim_reference: Option<String>,
) -> Result<Booking, Error> {
    let visits = store::visits(tx.conn(), &[booking.id]).await?;
    let visit = visits.first().ok_or(Error::NotFound)?;
    let state = booking.deliver(code, visit.starts_at, tx.now())?;
    let day = store::day_of(tx, booking, visit).await?;
    let (company, programme) = (booking.company_id, booking.programme_id);
    if !providers::approvals::was_in_force(tx, company, programme, day, visit.starts_at).await? {
        return Err(Error::NotApproved);
    }
    let delivery = Delivery {
        claim_reference,
        recorded_by: policy::DELIVER.signed_in(actor)?,
        ..Delivery::of(tx, booking, visit, Kind::Service, day)
    };
    let purse = vouchers::spend::lock(tx, booking.resident_id, booking.voucher_id)
        .await?
        .ok_or(Error::NotFound)?;
    owe(tx, actor, &purse, &delivery).await?;
    store::insert_deliveries(tx, vec![delivery]).await?;
    Ok(store::set_state(tx, booking, state).await?)
}
