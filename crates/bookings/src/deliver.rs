use audit::Act;
use chrono::NaiveDate;
use db::{OnceKey, Tx};
use kernel::{Actor, BookingId, field};
use serde::Serialize;

use crate::book::principal;
use crate::cancel::owe;
use crate::confirm::{covered, refuse_near};
use crate::eligible::refuse_ineligible;
use crate::events::BookingChanged;
use crate::model::booking::{Model as Booking, NoAnswer, code_from};
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
    /// `TooEarly` before the visit, `TooLate` long after it, `FourEyes` for the resident herself and whoever stands near to her, `WrongCode`,
    /// `CodeLocked` after too many, `State` when it is not confirmed or delivered already, `NotApproved` when no approval
    /// covered the day, `NotEligible` when a rule of the programme is not met on the day, `KeyReused`.
    pub async fn deliver(&self, actor: &Actor, key: &str, new: NewDelivery) -> Result<Booking, Error> {
        policy::DELIVER.signed_in(actor)?;
        let scope = Scope::Companies(policy::DELIVER.companies(actor));
        let key = OnceKey::new(actor, key, "recordDelivery", &new)?;
        let claim = new
            .claim_reference
            .as_deref()
            .map(|text| field::line("claimReference", text, 35))
            .transpose()?;
        self.count_wrong_code(actor, &scope, &new).await?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let found = store::find_for_update(tx, &scope, new.booking).await?;
                let booking = found.ok_or(Error::NotFound)?;
                let delivered = deliver(tx, actor, &booking, &new.code, claim.clone()).await?;
                let (booking, state) = (delivered.id, delivered.state);
                jobs::publish(tx, &BookingChanged { booking, state }).await?;
                let act = Act::new("recordDelivery", booking)
                    .in_city(delivered.city_id)
                    .about(delivered.resident_id);
                audit::record(tx, actor, act).await?;
                Ok(delivered)
            })
            .await
    }

    /// Refuses a wrong code and counts it under the lock of its booking, before anything else is tried: guesses sent
    /// at once wait for each other and meet the limit.
    async fn count_wrong_code(&self, actor: &Actor, scope: &Scope, new: &NewDelivery) -> Result<(), Error> {
        let member = policy::DELIVER.signed_in(actor)?;
        let wrong = self
            .db
            .write::<_, Error, _>(async |tx: &Tx| {
                let found = store::find_for_update(tx, scope, new.booking).await?;
                let booking = found.ok_or(Error::NotFound)?;
                let wrong = booking.deliver(member, &new.code, tx.now()) == Err(NoAnswer::WrongCode);
                if wrong {
                    store::count_wrong_code(tx, &booking).await?;
                }
                Ok(wrong)
            })
            .await?;
        if wrong { Err(Error::WrongCode) } else { Ok(()) }
    }

    /// Gives the resident's booking a new one-time code and unlocks it.
    pub async fn renew_code(&self, actor: &Actor, id: BookingId) -> Result<Booking, Error> {
        let scope = Scope::Own(principal(actor)?);
        self.db
            .write(async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                booking.renew_code().map_err(Error::State)?;
                let act = Act::new("renewDeliveryCode", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, actor, act).await?;
                Ok(store::set_code(tx, &booking, code_from(tx.random())).await?)
            })
            .await
    }
}

/// Refuses a client who does not meet the rules by which the booking was made on the day of the visit. Which rule that is the
/// company does not learn: it can be a sensitive matter.
async fn refuse_client(tx: &Tx, booking: &Booking, day: NaiveDate) -> Result<(), Error> {
    let conditions = if let Some(frozen) = &booking.conditions {
        frozen.clone()
    } else {
        let published = programmes::published_terms(tx.conn(), booking.programme_id).await?;
        let of_day = published.into_iter().find(|terms| terms.period().covers(day));
        of_day.map(|terms| terms.conditions).unwrap_or_default()
    };
    let (city, resident) = (booking.city_id, booking.resident_id);
    match refuse_ineligible(tx.conn(), city, resident, &conditions.rules, day).await {
        Err(Error::NotEligible(_)) => Err(Error::ClientNotEligible),
        outcome => outcome,
    }
}

/// Owes the company every visit of the booking.
async fn deliver(
    tx: &Tx,
    actor: &Actor,
    booking: &Booking,
    code: &str,
    claim_reference: Option<String>,
) -> Result<Booking, Error> {
    let member = policy::DELIVER.signed_in(actor)?;
    let state = booking.deliver(member, code, tx.now())?;
    refuse_near(tx, member, booking).await?;
    let zone = store::zone(tx.conn(), booking).await?;
    let day = kernel::civil_day(booking.starts_at, zone);
    if !covered(tx, booking, day).await? {
        return Err(Error::NotApproved);
    }
    refuse_client(tx, booking, day).await?;
    let mut deliveries = Vec::new();
    for visit in store::visits(tx.conn(), &[booking]).await? {
        deliveries.push(Delivery {
            claim_reference: claim_reference.clone(),
            recorded_by: member,
            ..Delivery::of(tx, booking, &visit, Kind::Service, zone)
        });
    }
    let purse = vouchers::spend::lock(tx, booking.resident_id, booking.voucher_id)
        .await?
        .ok_or(Error::NotFound)?;
    owe(tx, actor, &purse, booking, &deliveries).await?;
    store::insert_deliveries(tx, deliveries).await?;
    Ok(store::set_state(tx, booking, state).await?)
}
