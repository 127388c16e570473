//! The waiting list of applications that the budget does not carry (E8): an officer decides and puts on the list, the
//! resident accepts what is offered. What the list does by itself stands in [`crate::offering`].

use std::collections::HashMap;

use audit::Act;
use db::{OnceKey, Tx};
use jobs::Job;
use kernel::{Actor, Cents, CityId, ProgrammeId, TypedId, VoucherApplicationId, field};
use ledger::Posting;
use serde::{Deserialize, Serialize};

use crate::application::{record, tell};
use crate::letters::News;
use crate::model::application::{Event, Model as Application};
use crate::model::may_decide;
use crate::model::ruling::{Model as Decision, Outcome};
use crate::model::waiting::{MOST_URGENT, Model as Place};
use crate::ruling::{NewGrant, Parties, circumstances, finish, first, freeze, lock};
use crate::voucher::{Order, applicant, confirmed, examine, grant_as};
use crate::{Error, Vouchers, accounts, consent, policy, store};

/// The job that offers what has come back to a programme.
pub const OFFER: &str = "vouchers.offer";

/// Whose waiting list is to be looked at.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct OfferWork {
    /// The city.
    pub city: CityId,
    /// The programme.
    pub programme: ProgrammeId,
}

/// A place on the waiting list for an application.
#[derive(Clone, Debug)]
pub struct NewPlace {
    /// What would be granted.
    pub grant: NewGrant,
    /// From 0 to 9, the most urgent.
    pub priority: i32,
    /// Why it has this priority, at most 2 000 characters.
    pub priority_grounds: String,
}

/// A place on the waiting list, with what is counted.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The place.
    pub place: Place,
    /// Counted from 1; none while it is offered.
    pub position: Option<i64>,
}

impl Vouchers {
    /// Puts an application on the waiting list with what would be granted, or gives it another place there; a letter tells
    /// the resident.
    ///
    /// # Errors
    /// Those of [`Self::grant_application`], but for `BudgetExceeded`.
    pub async fn waitlist_application(&self, actor: &Actor, new: NewPlace) -> Result<Application, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let ruling = new.grant.ruling.checked()?;
        let confirmed = confirmed(new.grant.eligibility_confirmed.as_deref())?;
        let priority = field::number("priority", new.priority, 0, MOST_URGENT)?;
        let priority_grounds = field::text("priorityGrounds", &new.priority_grounds, 2_000)?;
        let parties = self.parties(actor, new.grant.application).await?;
        self.db
            .write(async |tx: &Tx| {
                let application = lock(tx, &cities, new.grant.application).await?;
                application.judge(officer)?;
                may_decide(identity::is_near(tx, officer, application.resident_id).await?)?;
                let state = application.on(Event::Waitlist, new.grant.expected_version)?;
                let order = Order {
                    programme: application.programme_id,
                    resident: application.resident_id,
                    grounds: ruling.grounds.clone(),
                    circumstances: circumstances(&application, &new.grant),
                    confirmed: confirmed.clone(),
                    set_aside: None,
                };
                consent::require(tx, &parties.city, &application).await?;
                let outlook = examine(tx, &parties.city, &order).await?;
                if store::holds(tx, order.programme, order.resident).await? {
                    return Err(Error::AlreadyExists);
                }
                let place = Place {
                    application_id: application.id,
                    city_id: application.city_id,
                    programme_id: order.programme,
                    resident_id: order.resident,
                    priority,
                    priority_grounds: priority_grounds.clone(),
                    cents: outlook.decision.worth.cents,
                    circumstances: order.circumstances,
                    confirmed: order.confirmed,
                    grounds: ruling.grounds.clone(),
                    rules_applied: ruling.rules_applied.clone(),
                    contact: ruling.contact.clone(),
                    decided_by: officer,
                    decided_at: tx.now(),
                    budget_id: None,
                    offered_until: None,
                };
                store::waiting::put(tx, place).await?;
                let changed = store::application::set_state(tx, &application, state).await?;
                tell(tx, &parties.readers, News::Waiting).await?;
                wake(tx, changed.city_id, changed.programme_id).await?;
                let act = Act::new("waitlistVoucherApplication", changed.id).in_city(changed.city_id);
                let act = act.about(changed.resident_id).because(priority_grounds.clone());
                audit::record(tx, actor, act).await?;
                Ok(changed)
            })
            .await
    }

    /// Accepts what was offered from the waiting list to the principal: the voucher is granted and the decision frozen, as
    /// of the officer who had decided it.
    ///
    /// # Errors
    /// Those of [`Self::grant`]; `Refused` when nothing is offered, the time to answer is over or the application was
    /// changed since `expected_version`.
    pub async fn accept_offer(
        &self,
        actor: &Actor,
        key: &str,
        id: VoucherApplicationId,
        expected_version: i32,
    ) -> Result<Decision, Error> {
        let own = store::application::of_resident(applicant(actor)?);
        let key = OnceKey::new(actor, key, "acceptVoucherOffer", &(id, expected_version))?;
        let found = store::application::by_ids(self.db.read(), own.clone(), &[id])
            .await?
            .pop();
        let parties = self.parties_of_place(&found.ok_or(Error::NotFound)?).await?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let found = store::application::find_for_update(tx, own.clone(), id).await?;
                let application = found.ok_or(Error::NotFound)?;
                let state = application.on(Event::Accept, expected_version)?;
                let parties = parties.as_ref().ok_or(Error::NotFound)?;
                let place = store::waiting::find(tx.conn(), id).await?.ok_or(Error::NotFound)?;
                let officer = parties.officer.id;
                let near = identity::is_near(tx, officer, application.resident_id).await?;
                place.accept(officer, near, parties.city.day_of(tx.now()))?;
                consent::require(tx, &parties.city, &application).await?;
                let voucher = grant_as(tx, actor, officer, &parties.city, order(&place)).await?;
                store::waiting::delete(tx, id).await?;
                store::application::set_state(tx, &application, state).await?;
                let outcome = first(Outcome::Granted, Some(&voucher));
                let decision = freeze(tx, &application, parties, &place.ruling(), outcome).await?;
                finish(tx, actor, "acceptVoucherOffer", parties, &decision).await?;
                Ok(decision)
            })
            .await
    }

    /// Who decides about whom, for an application on the waiting list; `None` for one that is not there.
    async fn parties_of_place(&self, application: &Application) -> Result<Option<Parties>, Error> {
        let Some(place) = store::waiting::find(self.db.read(), application.id).await? else {
            return Ok(None);
        };
        let resident = self.identity.person(application.resident_id).await?;
        let officer = self.identity.person(place.decided_by).await?;
        let city = self.cities.find(application.city_id).await?;
        Ok(Some(Parties {
            city: city.ok_or(Error::NotFound)?,
            resident: resident.ok_or(Error::NotFound)?,
            readers: self.identity.readers_for(application.resident_id).await?,
            officer: officer.ok_or(Error::NotFound)?,
        }))
    }

    /// The places on the waiting list of those of `ids` that the actor may see, in no order. They are reached from the
    /// applications, and the look at those is recorded.
    pub async fn waiting(&self, actor: &Actor, ids: &[VoucherApplicationId]) -> Result<Vec<Waiting>, Error> {
        let scope = store::application::visible(applicant(actor)?, &policy::SEE.cities(actor));
        let places = store::waiting::by_ids(self.db.read(), scope, ids).await?;
        let waits = places.iter().filter(|place| place.budget_id.is_none());
        let waits: Vec<_> = waits.map(|place| place.application_id).collect();
        let ahead: HashMap<_, _> = store::waiting::ahead_of(self.db.read(), &waits)
            .await?
            .into_iter()
            .collect();
        let with_position = |place: Place| Waiting {
            position: ahead.get(&place.application_id).map(|ahead| ahead + 1),
            place,
        };
        Ok(places.into_iter().map(with_position).collect())
    }
}

/// The voucher that is to be granted for a place.
pub(crate) fn order(place: &Place) -> Order {
    Order {
        programme: place.programme_id,
        resident: place.resident_id,
        grounds: place.grounds.clone(),
        circumstances: place.circumstances.clone(),
        confirmed: place.confirmed.clone(),
        set_aside: place.set_aside(),
    }
}

/// Takes a locked application off the waiting list, if it is on it; what was set aside for it returns to its budget and is
/// offered to the next.
pub(crate) async fn leave(tx: &Tx, actor: &Actor, application: &Application) -> Result<(), Error> {
    if !application.state.is_queued() {
        return Ok(());
    }
    let place = store::waiting::find(tx.conn(), application.id).await?;
    let place = place.ok_or(Error::NotFound)?;
    store::waiting::delete(tx, application.id).await?;
    let Some(aside) = place.set_aside() else { return Ok(()) };
    let wanted = [
        (accounts::OFFERED, aside.budget.uuid()),
        (programmes::accounts::AVAILABLE, aside.budget.uuid()),
    ];
    let [offered, available] = ledger::lock(tx, place.city_id, wanted).await?;
    let posting = Posting::new(&offered, &available, aside.cents, "offer.return", application.id);
    ledger::post(tx, actor, &[posting]).await?;
    wake(tx, place.city_id, place.programme_id).await
}

/// Has what came back to a programme offered, if somebody waits for it.
pub(crate) async fn wake(tx: &Tx, city: CityId, programme: ProgrammeId) -> Result<(), Error> {
    if store::waiting::somebody_waits(tx.conn(), programme).await? {
        jobs::enqueue(tx, Job::new(OFFER, &OfferWork { city, programme })).await?;
    }
    Ok(())
}

/// Takes an application off the list that can be offered no more, and lets an officer look at it anew.
pub(crate) async fn send_back(tx: &Tx, actor: &Actor, application: &Application) -> Result<(), Error> {
    use crate::model::application::Turn;
    let Some(state) = application.state.turns(Turn::SendBack) else {
        return Ok(());
    };
    leave(tx, actor, application).await?;
    store::application::set_state(tx, application, state).await?;
    record(tx, actor, "returnVoucherApplication", application).await
}

/// What is set aside of budgets is what is offered, and every application on the list has its place.
pub(crate) async fn check(conn: &impl sea_orm::ConnectionTrait) -> Result<Vec<ledger::Difference>, Error> {
    let mut offered: HashMap<_, Cents> = HashMap::new();
    for aside in store::waiting::offered(conn).await?.iter().filter_map(Place::set_aside) {
        let sum = offered.entry(aside.budget.uuid()).or_default();
        *sum = *sum + aside.cents;
    }
    let mut differences = Vec::new();
    let mut compare = |what: String, stored: i64, derived: i64| {
        if stored != derived {
            differences.push(ledger::Difference { what, stored, derived });
        }
    };
    for account in ledger::accounts_of_kind(conn, accounts::OFFERED).await? {
        let derived = offered.remove(&account.owner).unwrap_or_default();
        compare(format!("set aside of {}", account.owner), account.balance(), derived.0);
    }
    for (budget, cents) in offered {
        compare(format!("set aside of {budget}"), 0, cents.0);
    }
    let (places, queued) = store::waiting::counts(conn).await?;
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    compare("places on waiting lists".to_owned(), count(places), count(queued));
    Ok(differences)
}
