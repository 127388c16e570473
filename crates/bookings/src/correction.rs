//! A decision on an income from a day that has passed corrects what was delivered since (V7, C5). Nothing re-prices a booking: the
//! facts written here are what the settlement turns into lines and what residents are owed or owe.

use audit::Act;
use db::Tx;
use kernel::{Actor, BookingId, CityId, CorrectionId, Page, PageRequest};
use programmes::value::Assessment;
use vouchers::{Revaluation, Voucher, VoucherRevalued};

use crate::model::correction::{Model as Correction, corrected, owed};
use crate::model::delivery::Kind;
use crate::store::Scope;
use crate::{Bookings, Error, policy, store};

/// Who writes corrections.
const REVALUED: &str = "bookings.revalued";

impl Bookings {
    /// Writes what a decision changes in the shares of what was delivered on its days. Safe to run twice and at once: each booking
    /// has a transaction of its own, and a delivery gets one correction by each decision. What is open, or is delivered after
    /// the decision, keeps its price.
    pub async fn correct_after(&self, revalued: VoucherRevalued) -> Result<(), Error> {
        let found = vouchers::revaluation(self.db.read(), revalued.review).await?;
        let decision = found.ok_or(Error::NotFound)?;
        for booking in store::correction::affected(self.db.read(), &decision).await? {
            self.correct(revalued, &decision, booking).await?;
        }
        Ok(())
    }

    async fn correct(&self, revalued: VoucherRevalued, decision: &Revaluation, id: BookingId) -> Result<(), Error> {
        let (actor, scope) = (Actor::system(REVALUED), Scope::Cities(vec![decision.city]));
        self.db
            .write(async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let zone = store::zone(tx.conn(), &booking).await?;
                let published = programmes::published_terms(tx.conn(), decision.programme).await?;
                let visits = store::visits(tx.conn(), &[&booking]).await?;
                let deliveries = store::deliveries(tx.conn(), &[&booking]).await?;
                let ids: Vec<_> = deliveries.iter().map(|delivery| delivery.id).collect();
                let so_far = store::correction::of_deliveries(tx, &ids).await?;
                for delivery in deliveries.iter().filter(|delivery| delivery.kind == Kind::Service) {
                    let visit = visits.iter().find(|visit| visit.id == delivery.visit_id);
                    let terms = published.iter().find(|terms| terms.period().covers(delivery.day));
                    let Some((visit, terms)) = visit.zip(terms) else {
                        continue;
                    };
                    let of_it: Vec<_> = so_far.iter().filter(|row| row.delivery_id == delivery.id).collect();
                    let (old, unknown) = (owed(delivery, &of_it), Assessment::default());
                    let before = decision.before.on(delivery.day);
                    let before = before.map_or(&unknown, |dated| &dated.assessment);
                    let done = of_it.iter().any(|row| row.review_id == revalued.review);
                    let new = corrected(visit, terms, zone, (before, &decision.after), old);
                    let Some(new) = new.filter(|_| !done) else { continue };
                    let row = Correction {
                        id: tx.new_id(),
                        city_id: decision.city,
                        voucher_id: decision.voucher,
                        delivery_id: delivery.id,
                        review_id: revalued.review,
                        old_cents: old,
                        new_cents: new,
                        difference_cents: new - old,
                        reason: decision.reason.clone(),
                        created_at: tx.now(),
                    };
                    let act = Act::new("correctDelivery", row.id).in_city(row.city_id);
                    if store::correction::insert_once(tx, row).await? {
                        audit::record(tx, &actor, act.about(booking.resident_id)).await?;
                    }
                }
                Ok(())
            })
            .await
    }

    /// What was corrected of deliveries that vouchers have paid, oldest first. Only who was shown a voucher has its record to ask
    /// with.
    pub async fn corrections_of(&self, vouchers: &[&Voucher]) -> Result<Vec<Correction>, Error> {
        let ids: Vec<_> = vouchers.iter().map(|voucher| voucher.id).collect();
        let cities: Vec<_> = vouchers.iter().map(|voucher| voucher.city_id).collect();
        Ok(store::correction::of_vouchers(self.db.read(), &cities, &ids).await?)
    }

    /// What was corrected in a city, oldest first, without whose it was.
    pub async fn corrections(
        &self,
        actor: &Actor,
        city: CityId,
        page: PageRequest<CorrectionId>,
    ) -> Result<Page<Correction>, Error> {
        policy::OVERSEE.in_city(actor, city)?;
        Ok(store::correction::page(self.db.read(), city, page).await?)
    }

    /// How many there are in [`Self::corrections`].
    pub async fn count_corrections(&self, actor: &Actor, city: CityId) -> Result<u64, Error> {
        policy::OVERSEE.in_city(actor, city)?;
        Ok(store::correction::count(self.db.read(), city).await?)
    }
}
