//! What the waiting list does by itself (E8): what comes back to a budget is offered to the first who fits, and an offer
//! that nobody answers goes to the next.

use audit::Act;
use db::Tx;
use kernel::{Actor, Cents, ProgrammeId, TypedId};
use ledger::Posting;
use programmes::BudgetRaised;

use crate::application::{record, tell};
use crate::letters::News;
use crate::model::application::{Model as Application, Turn};
use crate::model::may_grant_today;
use crate::model::waiting::Model as Place;
use crate::voucher::{Outlook, examine, terms_on};
use crate::waiting::{OfferWork, leave, order, send_back};
use crate::{Error, Vouchers, accounts, store};

/// The job that lets offers lapse that nobody has answered, and offers what came back unseen.
pub const WAITING_LISTS: &str = "vouchers.waiting_lists";

impl Vouchers {
    /// Handles [`WAITING_LISTS`]. Safe to run twice and at once: each application has a transaction of its own and is
    /// judged under its lock.
    pub async fn run_waiting_lists(&self) -> Result<(), Error> {
        let actor = Actor::system(WAITING_LISTS);
        let mut failed = None;
        for city in self.cities.list().await? {
            let today = city.day_of(self.db.clock().now());
            for place in store::waiting::overdue(self.db.read(), city.id, today).await? {
                // One offer that cannot lapse does not keep the others.
                if let Err(error) = self.lapse(&actor, &city, &place).await {
                    failed.get_or_insert(error);
                }
            }
            for programme in store::waiting::programmes(self.db.read(), city.id).await? {
                if let Err(error) = self.offer_all(&actor, &city, programme).await {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Handles [`crate::OFFER`]: offers what a programme has. Safe to run twice and at once: the second finds the money set aside.
    pub async fn run_offer(&self, work: OfferWork) -> Result<(), Error> {
        let city = self.cities.find(work.city).await?.ok_or(Error::NotFound)?;
        let actor = Actor::system(crate::waiting::OFFER);
        self.offer_all(&actor, &city, work.programme).await
    }

    /// Offers what a raise of a budget has brought.
    pub async fn offer_after_raise(&self, raised: BudgetRaised) -> Result<(), Error> {
        let BudgetRaised { city, programme } = raised;
        self.run_offer(OfferWork { city, programme }).await
    }

    /// Each turn sets money aside, takes somebody off the list or corrects what she is to be granted, so it ends.
    async fn offer_all(&self, actor: &Actor, city: &cities::City, programme: ProgrammeId) -> Result<(), Error> {
        while let Some(place) = self.next_in_turn(city, programme).await? {
            let readers = self.identity.readers_for(place.resident_id).await?;
            self.db
                .write(async |tx: &Tx| {
                    let scope = store::application::in_cities(&[city.id]);
                    let found = store::application::find_for_update(tx, scope, place.application_id).await?;
                    // She may have left the list meanwhile, or a rival has offered it to her.
                    let application = found.filter(|found| found.state.turns(Turn::Offer).is_some());
                    match application {
                        Some(application) => offer(tx, actor, city, &application, &readers).await,
                        None => Ok(()),
                    }
                })
                .await?;
        }
        Ok(())
    }

    /// The first on the list whom the budget carries; once the programme is over, whoever is left on it.
    async fn next_in_turn(&self, city: &cities::City, programme: ProgrammeId) -> Result<Option<Place>, Error> {
        self.db
            .write(async |tx: &Tx| {
                let kept = programmes::keep_with_budget(tx, city.id, programme).await?;
                let (programme, budget) = kept.ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                if may_grant_today(&programme, today).is_err() {
                    return Ok(store::waiting::first(tx.conn(), programme.id, None).await?);
                }
                let Some(budget) = budget else { return Ok(None) };
                if let Err(Error::NoTermsInForce) = terms_on(tx, &programme, today).await {
                    return Ok(None);
                }
                let available = programmes::accounts::AVAILABLE;
                let held = ledger::lock(tx, city.id, [(available, budget.id.uuid())]).await?;
                let [available] = held;
                let free = Cents(available.balance() - available.floor.unwrap_or_default());
                Ok(store::waiting::first(tx.conn(), programme.id, Some(free)).await?)
            })
            .await
    }

    /// Lets an offer lapse whose time is over.
    async fn lapse(&self, actor: &Actor, city: &cities::City, place: &Place) -> Result<(), Error> {
        let readers = self.identity.readers_for(place.resident_id).await?;
        self.db
            .write(async |tx: &Tx| {
                let scope = store::application::in_cities(&[city.id]);
                let found = store::application::find_for_update(tx, scope, place.application_id).await?;
                let Some(application) = found else { return Ok(()) };
                let present = store::waiting::find(tx.conn(), application.id).await?;
                let over = present.is_some_and(|place| place.is_over(city.day_of(tx.now())));
                let Some(state) = application.state.turns(Turn::Lapse).filter(|_| over) else {
                    return Ok(());
                };
                leave(tx, actor, &application).await?;
                let lapsed = store::application::set_state(tx, &application, state).await?;
                tell(tx, &readers, News::Lapse).await?;
                record(tx, actor, "lapseVoucherOffer", &lapsed).await
            })
            .await
    }
}

/// Offers to the resident of a locked application that waits, or sends it back to the officers when it cannot be granted any
/// more. What she is to get is reckoned anew by the terms of today; where that is another sum, only the sum is written, and the
/// list is looked at once more.
async fn offer(
    tx: &Tx,
    actor: &Actor,
    city: &cities::City,
    application: &Application,
    readers: &[identity::Person],
) -> Result<(), Error> {
    let place = store::waiting::find(tx.conn(), application.id).await?;
    let place = place.ok_or(Error::NotFound)?;
    let near = identity::is_near(tx, place.decided_by, place.resident_id).await?;
    let holds = store::holds(tx, place.programme_id, place.resident_id).await?;
    let outlook = match examine(tx, city, &order(&place)).await {
        Ok(outlook) if !near && !holds => outlook,
        Ok(_) => return send_back(tx, actor, application).await,
        Err(error) if error.is_of_the_resident() => return send_back(tx, actor, application).await,
        Err(error) => return Err(error),
    };
    let Outlook {
        budget,
        terms,
        decision,
        ..
    } = outlook;
    if decision.worth.cents != place.cents {
        return Ok(store::waiting::set_cents(tx, application.id, decision.worth.cents).await?);
    }
    let Some(budget) = budget else { return Ok(()) };
    let kinds = [budget.available(), accounts::OFFERED];
    let [available, offered] = ledger::open(tx, city.id, budget.id.uuid(), kinds).await?;
    if !available.covers(place.cents.0) {
        return Ok(());
    }
    let posting = Posting::new(&available, &offered, place.cents, "offer.set_aside", application.id);
    ledger::post(tx, actor, &[posting]).await?;
    let place = place.offered(budget.id, city.day_of(tx.now()), terms.parameters.offer_days);
    store::waiting::set_offer(tx, &place).await?;
    let Some(state) = application.state.turns(Turn::Offer) else {
        return Ok(());
    };
    store::application::set_state(tx, application, state).await?;
    if let Some(until) = place.offered_until {
        tell(tx, readers, News::Offer(until)).await?;
    }
    let act = Act::new("offerVoucher", application.id).in_city(city.id);
    Ok(audit::record(tx, actor, act.about(application.resident_id)).await?)
}
