use audit::Act;
use db::{OnceKey, Tx};
use kernel::{Actor, Cents, OccurrenceId, Own, PersonId, Theme, VoucherId, field};
use programmes::Unit;
use programmes::value::Line;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use vouchers::Voucher;

use crate::eligible::refuse_ineligible;
use crate::events::BookingChanged;
use crate::model::booking::{Model as Booking, State, code_from};
use crate::model::terms::{Quote, Terms, listed};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The price with its parts.
    pub quote: Quote,
    /// In what the voucher was granted.
    pub unit: Unit,
    /// How the value of the voucher came about.
    pub explanation: Vec<Line>,
    /// Until when cancelling would cost nothing.
    pub free_cancellation_until: chrono::DateTime<chrono::Utc>,
    /// What would be paid of the voucher share after that, in cents.
    pub late_fee: Cents,
    /// What would be paid of the voucher share if nobody came, in cents.
    pub no_show_fee: Cents,
    /// Whether the same part of the own share would be due in both cases.
    pub own_share_due: bool,
}

/// A voucher of the caller as lists need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purse {
    /// The voucher.
    pub voucher: Voucher,
    /// What may be spent of it, in cents.
    pub available: Cents,
    /// The terms of its programme today, or on its first day of use.
    pub terms: programmes::Terms,
}

impl Purse {
    /// What one place at `price` cents would cost; none where the value depends on the visit, or the terms do not allow
    /// the price.
    pub fn listed(&self, price: Cents) -> Option<Quote> {
        listed(price, &self.voucher, self.available, &self.terms)
    }
}

impl Bookings {
    /// What a booking would cost the resident, by the same rules and refusals as [`Self::book`]; nothing is held.
    pub async fn preview(&self, actor: &Actor, new: NewBooking) -> Result<Preview, Error> {
        let own = principal(actor)?;
        let resident = own.person;
        field::number("units", new.units, 1, MAX_UNITS)?;
        let now = self.db.clock().now();
        let terms = on_sale(store::terms(self.db.read(), new.occurrence, resident, now).await?, own)?;
        terms.bookable(new.units, now)?;
        let found = vouchers::spend::look(self.db.read(), resident, new.voucher).await?;
        let (voucher, left) = found.ok_or(Error::NotFound)?;
        voucher.may_pay(terms.programme_id, terms.day())?;
        let rules = &terms.conditions.rules;
        refuse_ineligible(self.db.read(), terms.city_id, resident, rules, terms.day()).await?;
        allow_visit(self.db.read(), &terms, resident, voucher.id).await?;
        terms.charge()?;
        let (quote, explanation) = terms.quote(new.units, &voucher, left)?;
        if !actor.in_stead() {
            terms.alone(&quote, now)?;
        }
        Ok(Preview {
            quote,
            unit: voucher.unit,
            explanation,
            free_cancellation_until: terms.free_cancellation_until(),
            late_fee: quote.voucher_share.share(terms.late_fee_bp),
            no_show_fee: quote.voucher_share.share(terms.parameters.no_show),
            own_share_due: terms.parameters.own_share_due,
        })
    }

    /// The vouchers of the principal among `ids` for the shares of a list. Vouchers whose programme has no terms in
    /// force are left out.
    pub async fn purses(&self, actor: &Actor, ids: &[VoucherId]) -> Result<Vec<Purse>, Error> {
        let own = principal(actor)?;
        let rows = vouchers::spend::look_with_terms(self.db.read(), own.person, ids).await?;
        let now = self.db.clock().now();
        let in_force = |row: vouchers::spend::WithTerms| {
            let first_day = kernel::civil_day(now, row.zone.0).max(row.voucher.valid_from);
            row.terms.period().covers(first_day).then_some(Purse {
                voucher: row.voucher,
                available: row.available,
                terms: row.terms,
            })
        };
        let rows = rows.into_iter().filter(|row| own.is_in(row.voucher.city_id));
        Ok(rows.filter_map(in_force).collect())
    }

    /// Books: takes places and reserves the voucher share in one transaction.
    ///
    /// # Errors
    /// `NotFound` when it is not on sale: not published, called off, the company suspended; `SoldOut`, `EmptyVoucher`,
    /// `TooFewUnits` when the voucher has fewer visits or hours left than it takes,
    /// `TooLate` once the visit has begun, `NotApproved` when the approval does not cover the day, `NoTermsInForce`,
    /// `PriceAboveValue` for a free service that the voucher does not cover, `NotEligible` when the voucher is for
    /// another service or day or a rule of the programme is not met on that day, `TooMuch` when the resident comes too often
    /// or elsewhere, `NeedsGuardian` for a minor who may not book this alone, `KeyReused`.
    pub async fn book(&self, actor: &Actor, key: &str, new: NewBooking) -> Result<Booking, Error> {
        let own = principal(actor)?;
        let resident = own.person;
        let key = OnceKey::new(actor, key, "bookOffer", &new)?;
        field::number("units", new.units, 1, MAX_UNITS)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let terms = store::terms_with_approval_shared(tx, new.occurrence, resident).await?;
                let terms = on_sale(terms, own)?;
                let taken = offers::places::take(tx, new.occurrence, new.units).await?;
                // Taking waits for rivals, so only now is it this booking's turn and its time the one that counts.
                terms.bookable(new.units, tx.now())?;
                if !taken {
                    return Err(Error::SoldOut);
                }
                if !terms.parameters.may_overlap {
                    // Vouchers of two programmes do not wait for each other, but their person is one.
                    identity::keep_for_booking(tx, resident).await?;
                }
                let purse = vouchers::spend::lock(tx, resident, new.voucher)
                    .await?
                    .ok_or(Error::NotFound)?;
                purse.voucher.may_pay(terms.programme_id, terms.day())?;
                let rules = &terms.conditions.rules;
                refuse_ineligible(tx.conn(), terms.city_id, resident, rules, terms.day()).await?;
                allow_visit(tx.conn(), &terms, resident, new.voucher).await?;
                let (quote, _) = terms.quote(new.units, &purse.voucher, purse.left())?;
                let charge = terms.charge()?;
                if !actor.in_stead() {
                    terms.alone(&quote, tx.now())?;
                }
                let (booking, visit) = draft(tx, &terms, resident, new, quote, &purse.voucher);
                store::insert(tx, booking.clone(), visit).await?;
                purse.reserve(tx, actor, booking.worth(), booking.id, charge).await?;
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
pub(crate) fn principal(actor: &Actor) -> Result<Own, Error> {
    Ok(policy::OWN.own_in(Theme::Bookings, actor)?)
}

/// The terms of the day of the visit; no rows are an occurrence that is not on sale. For who may see to somebody's matters in
/// one city only, those of the others are not.
fn on_sale(of_all_periods: Vec<Terms>, own: Own) -> Result<Terms, Error> {
    if of_all_periods.iter().all(|terms| !own.is_in(terms.city_id)) {
        return Err(Error::NotFound);
    }
    Ok(Terms::in_force(of_all_periods)?)
}

/// Decides whether the resident may come once more; looks at what else she has booked only where the programme asks.
async fn allow_visit(
    conn: &impl ConnectionTrait,
    terms: &Terms,
    resident: PersonId,
    voucher: VoucherId,
) -> Result<(), Error> {
    if !terms.parameters.looks_at_others() {
        return Ok(());
    }
    let others = store::others(conn, terms, resident, voucher).await?;
    Ok(terms.allow_visit(&others)?)
}

fn draft(
    tx: &Tx,
    terms: &Terms,
    resident: PersonId,
    new: NewBooking,
    quote: Quote,
    voucher: &Voucher,
) -> (Booking, Visit) {
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
        unit: voucher.unit,
        quantity: quote.quantity,
        vat_class: sea_orm::ActiveEnum::to_value(&terms.vat_class),
        vat_bp: terms.vat_bp(),
        starts_at: terms.starts_at,
        ends_at: terms.ends_at,
        free_cancellation_until: terms.free_cancellation_until(),
        late_fee_bp: terms.late_fee_bp,
        no_show_bp: terms.parameters.no_show,
        own_share_due: terms.parameters.own_share_due,
        record_before: Some(terms.record_before(voucher)),
        budget_id: terms.budget_id,
        funding_id: Some(voucher.budget_id),
        conditions: Some(terms.conditions.clone()),
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
        quantity: quote.quantity,
    };
    (booking, visit)
}
