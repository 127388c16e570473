//! What becomes of a voucher between its grant and its end: refused by its resident, suspended and reinstated by an
//! officer, shortened because the resident moves away.

use audit::Act;
use chrono::{Days, NaiveDate};
use db::{OnceKey, Tx};
use kernel::{Actor, TypedId, VoucherId, field};
use serde::Serialize;

use crate::events::VoucherShortened;
use crate::funding::reclaim;
use crate::model::task::Kind;
use crate::model::{Model as Voucher, Refusal, State, Worth, may_decide};
use crate::voucher::applicant;
use crate::{Error, Vouchers, policy, spend, store};

/// How many days before or after today a move may be told.
const MOVES_WITHIN: Days = Days::new(366);

/// A resident's move to another municipality.
#[derive(Clone, Debug, Serialize)]
pub struct NewMove {
    /// One of her vouchers, which says who she is and which city she leaves.
    pub voucher: VoucherId,
    /// Her last civil day as a resident.
    pub moved_on: NaiveDate,
    /// How the officer knows, at most 2 000 characters.
    pub reason: String,
}

impl Vouchers {
    /// Refuses a voucher of the principal (E5, rule L5): its value returns to the programme, and the officers get a task
    /// to arrange the service otherwise.
    ///
    /// # Errors
    /// `Refused` with `InUse` when bookings hold money of it or it has paid for something; `KeyReused`.
    pub async fn decline(
        &self,
        actor: &Actor,
        key: &str,
        id: VoucherId,
        expected_version: i32,
    ) -> Result<Voucher, Error> {
        let own = applicant(actor)?;
        let resident = own.person;
        let key = OnceKey::new(actor, key, "declineVoucher", &(id, expected_version))?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let purse = spend::lock(tx, resident, id).await?;
                let purse = purse
                    .filter(|purse| own.is_in(purse.voucher.city_id))
                    .ok_or(Error::NotFound)?;
                let (left, voucher) = (purse.left(), purse.voucher);
                let money = ledger::amounts_of(tx.conn(), "voucher.lapse", &[id.uuid()]).await?;
                let units = ledger::quantities_of(tx.conn(), "voucher.lapse", &[id.uuid()]).await?;
                let lapsed = Worth {
                    cents: money.iter().map(|(_, cents)| *cents).sum(),
                    quantity: units.iter().map(|(_, quantity)| *quantity).sum(),
                };
                let state = voucher.decline(expected_version, left, lapsed)?;
                reclaim(tx, actor, &voucher, "voucher.decline").await?;
                store::task::open(tx, voucher.city_id, Kind::ArrangeOtherwise, id).await?;
                let act = Act::new("declineVoucher", id).in_city(voucher.city_id).about(resident);
                audit::record(tx, actor, act).await?;
                Ok(store::set_state(tx, &voucher, state).await?)
            })
            .await
    }

    /// Suspends a voucher: it pays for no new booking, and those that are made go on.
    ///
    /// # Errors
    /// `Refused` with `FourEyes` when the officer stands near to its resident.
    pub async fn suspend(
        &self,
        actor: &Actor,
        id: VoucherId,
        expected_version: i32,
        reason: &str,
    ) -> Result<Voucher, Error> {
        let decide = |voucher: &Voucher| voucher.suspend(expected_version);
        self.change_state(actor, "suspendVoucher", id, reason, decide).await
    }

    /// Ends the suspension of a voucher.
    ///
    /// # Errors
    /// `Refused` with `FourEyes` when the officer stands near to its resident.
    pub async fn reinstate(
        &self,
        actor: &Actor,
        id: VoucherId,
        expected_version: i32,
        reason: &str,
    ) -> Result<Voucher, Error> {
        let decide = |voucher: &Voucher| voucher.reinstate(expected_version);
        self.change_state(actor, "reinstateVoucher", id, reason, decide).await
    }

    async fn change_state(
        &self,
        actor: &Actor,
        operation: &'static str,
        id: VoucherId,
        reason: &str,
        decide: impl Fn(&Voucher) -> Result<State, Refusal>,
    ) -> Result<Voucher, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let reason = field::text("reason", reason, 2_000)?;
        self.db
            .write(async |tx: &Tx| {
                let voucher = store::find_for_update(tx, &cities, id).await?.ok_or(Error::NotFound)?;
                let state = decide(&voucher)?;
                may_decide(identity::is_near(tx, officer, voucher.resident_id).await?)?;
                let act = Act::new(operation, id)
                    .in_city(voucher.city_id)
                    .about(voucher.resident_id);
                audit::record(tx, actor, act.because(reason.clone())).await?;
                Ok(store::set_state(tx, &voucher, state).await?)
            })
            .await
    }

    /// Records that a resident moves away (T4): each of her vouchers of the city ends with that day, or today when it has
    /// passed. Bookings of later days are released; what was delivered stays. Answers the voucher that was named.
    ///
    /// # Errors
    /// `Refused` with `FourEyes` when the officer stands near to the resident, `KeyReused`.
    pub async fn record_move(&self, actor: &Actor, key: &str, new: NewMove) -> Result<Voucher, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let key = OnceKey::new(actor, key, "recordMove", &new)?;
        let reason = field::text("reason", &new.reason, 2_000)?;
        let named = store::by_ids(self.db.read(), store::in_cities(&cities), &[new.voucher]).await?;
        let named = named.into_iter().next().ok_or(Error::NotFound)?;
        let city = self.cities.find(named.city_id).await?.ok_or(Error::NotFound)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let vouchers = store::alive_for_update(tx, city.id, named.resident_id).await?;
                let today = city.day_of(tx.now());
                may_decide(identity::is_near(tx, officer, named.resident_id).await?)?;
                field::number("movedOn", new.moved_on, today - MOVES_WITHIN, today + MOVES_WITHIN)?;
                let mut answer = None;
                for voucher in vouchers {
                    let after = match voucher.ends_by_moving(new.moved_on, today) {
                        Some(last_day) => shorten(tx, actor, &voucher, last_day, &reason).await?,
                        None => voucher,
                    };
                    answer = answer.or(Some(after).filter(|after| after.id == named.id));
                }
                answer.ok_or(Error::Refused(Refusal::State))
            })
            .await
    }
}

/// Ends a voucher on `last_day` and tells it to whom bookings are.
pub(crate) async fn shorten(
    tx: &Tx,
    actor: &Actor,
    voucher: &Voucher,
    last_day: NaiveDate,
    reason: &str,
) -> Result<Voucher, Error> {
    let shortened = VoucherShortened {
        voucher: voucher.id,
        city: voucher.city_id,
        last_day,
    };
    jobs::publish(tx, &shortened).await?;
    let act = Act::new("recordMove", voucher.id)
        .in_city(voucher.city_id)
        .about(voucher.resident_id);
    audit::record(tx, actor, act.because(reason)).await?;
    Ok(store::set_last_day(tx, voucher, last_day).await?)
}
