use audit::Act;
use db::{OnceKey, Tx};
use kernel::{Actor, Cents, OccurrenceId, PersonId, VoucherId, field};
use serde::Serialize;
use vouchers::Voucher;

use crate::events::BookingChanged;
use crate::model::booking::{Model as Booking, State, code_from};
use crate::model::terms::{Quote, Terms};
use crate::model::visit::Model as Visit;
use crate::{Bookings, Error, policy, store};

/// The most places that one booking takes.
const MAX_UNITS: i32 = 10;

/// What a resident books.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewBooking {
    /// The occurrence.
    pub occurrence: OccurrenceId,
    /// The voucher that pays.
    pub voucher: VoucherId,
    /// How many places, 1 to 10.
    pub units: i32,
}

/// What a booking would cost, as of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The price with its parts.
    pub quote: Quote,
    /// Until when cancelling would cost nothing.
    pub free_cancellation_until: chrono::DateTime<chrono::Utc>,
    /// What would be paid of the voucher share after that, in cents.
    pub late_fee: Cents,
}

impl Bookings {
    /// What a booking would cost the resident, by the same rules and refusals as [`Self::book`]; nothing is held.
    pub async fn preview(&self, actor: &Actor, new: NewBooking) -> Result<Preview, Error> {
        let resident = principal(actor)?;
        field::number("units", new.units, 1, MAX_UNITS)?;
        let terms = store::terms(self.db.read(), new.occurrence)
            .await?
            .ok_or(Error::NotFound)?;
        terms.bookable(new.units, self.db.clock().now())?;
        let found = vouchers::spend::look(self.db.read(), resident, &[new.voucher])
            .await?
            .pop();
        let (voucher, balance) = found.ok_or(Error::NotFound)?;
        voucher.may_pay(terms.programme_id, terms.day())?;
        let quote = quote(&terms, new.units, balance)?;
        Ok(Preview {
            quote,
            free_cancellation_until: terms.free_cancellation_until(),
            late_fee: quote.voucher_share.share(terms.late_fee_bp),
        })
    }

    /// The vouchers of the principal among `ids` with what may be spent of them, in cents; for the shares of a list.
    pub async fn purses(&self, actor: &Actor, ids: &[VoucherId]) -> Result<Vec<(Voucher, Cents)>, Error> {
        Ok(vouchers::spend::look(self.db.read(), principal(actor)?, ids).await?)
    }

    /// Books: takes places and reserves the voucher share in one transaction.
    ///
    /// # Errors
    /// `NotFound` when it is not on sale: not published, called off, the company suspended; `SoldOut`, `EmptyVoucher`,
    /// `TooLate` once the visit has begun, `NotApproved` when the approval does not cover the day, `NotEligible` when
    /// the voucher is for another service or day, `KeyReused`.
    pub async fn book(&self, actor: &Actor, key: &str, new: NewBooking) -> Result<Booking, Error> {
        let resident = principal(actor)?;
        let key = OnceKey::new(actor, key, "bookOffer", &new)?;
        field::number("units", new.units, 1, MAX_UNITS)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let terms = store::terms_with_approval_shared(tx, new.occurrence)
                    .await?
                    .ok_or(Error::NotFound)?;
                terms.bookable(new.units, tx.now())?;
                if !offers::places::take(tx, new.occurrence, new.units).await? {
                    return Err(Error::SoldOut);
                }
                let purse = vouchers::spend::lock(tx, resident, new.voucher)
                    .await?
                    .ok_or(Error::NotFound)?;
                purse.voucher.may_pay(terms.programme_id, terms.day())?;
                let quote = quote(&terms, new.units, purse.available.cents())?;
                let (booking, visit) = draft(tx, &terms, resident, new, quote);
                store::insert(tx, booking.clone(), visit).await?;
                purse.reserve(tx, actor, quote.voucher_share, booking.id).await?;
                jobs::publish(
                    tx,
                    &BookingChanged {
                        booking: booking.id,
                        state: booking.state,
                    },
                )
                .await?;
                let act = Act::new("bookOffer", booking.id)
                    .in_city(booking.city_id)
                    .about(resident);
                audit::record(tx, actor, act).await?;
                Ok(booking)
            })
            .await
    }
}

/// For whom the actor books.
pub(crate) fn principal(actor: &Actor) -> Result<PersonId, Error> {
    policy::OWN.signed_in(actor)?;
    actor.principal.ok_or(Error::NotFound)
}

/// The shares of a price; an empty voucher books nothing.
fn quote(terms: &Terms, units: i32, balance: Cents) -> Result<Quote, Error> {
    let quote = terms.quote(units, balance);
    if quote.voucher_share.is_positive() {
        Ok(quote)
    } else {
        Err(Error::EmptyVoucher)
    }
}

fn draft(tx: &Tx, terms: &Terms, resident: PersonId, new: NewBooking, quote: Quote) -> (Booking, Visit) {
    let booking = Booking {
        id: tx.new_id(),
        city_id: terms.city_id,
        company_id: terms.company_id,
        programme_id: terms.programme_id,
        offer_id: terms.offer_id,
        resident_id: resident,
        voucher_id: new.voucher,
        state: State::Requested,
        price_cents: quote.price,
        voucher_share_cents: quote.voucher_share,
        own_share_cents: quote.own_share,
        vat_class: sea_orm::ActiveEnum::to_value(&terms.vat_class),
        vat_bp: terms.vat_bp(),
        starts_at: terms.starts_at,
        ends_at: terms.ends_at,
        free_cancellation_until: terms.free_cancellation_until(),
        late_fee_bp: terms.late_fee_bp,
        code: code_from(tx.random()),
        wrong_codes: 0,
        reason: None,
        created_at: tx.now(),
        changed_at: tx.now(),
        version: 1,
    };
    let visit = Visit {
        id: tx.new_id(),
        city_id: terms.city_id,
        booking_id: booking.id,
        occurrence_id: terms.occurrence_id,
        starts_at: terms.starts_at,
        ends_at: terms.ends_at,
        units: new.units,
        price_cents: quote.price,
        voucher_share_cents: quote.voucher_share,
        own_share_cents: quote.own_share,
    };
    (booking, visit)
}
