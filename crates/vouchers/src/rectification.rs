use audit::Act;
use db::{OnceKey, Tx};
use kernel::{
    Actor, CityId, DecisionId, Denied, Page, PageRequest, RectificationId, VoucherApplicationId, VoucherId, field,
};
use programmes::Replenishment;
use serde::Serialize;

use crate::model::application::Model as Application;
use crate::model::decision::{Circumstances, Rules};
use crate::model::rectification::{Event, Model as Request, State, may_ask};
use crate::model::replenishment::raised;
use crate::model::ruling::{Model as Decision, Outcome, Ruling};
use crate::model::{Model as Voucher, Refusal, may_decide};
use crate::ruling::{Outcomes, Parties, finish, freeze, lock};
use crate::voucher::{Order, applicant, confirmed, grant};
use crate::{Error, Vouchers, consent, funding, policy, store};

/// The longest demand or grounds, in characters.
const MAX_TEXT: usize = 5_000;

/// A request for rectification to send.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The decision.
    pub decision: DecisionId,
    /// What should be changed, at most 5 000 characters.
    pub demand: String,
    /// Why, at most 5 000 characters.
    pub grounds: String,
}

/// What an officer decides on a request for rectification.
#[derive(Clone, Debug, Serialize)]
pub enum Verdict {
    /// It is accepted: the voucher that was refused is granted, or what the granted one pays is raised.
    Accept(Circumstances),
    /// The decision stays as it is.
    Uphold,
    /// The request came too late.
    NotExamined,
}

/// A decision on a request for rectification.
#[derive(Clone, Debug, Serialize)]
pub struct NewVerdict {
    /// The request.
    pub request: RectificationId,
    /// The version that the officer read.
    pub expected_version: i32,
    /// What the decision says.
    pub ruling: Ruling,
    /// What is decided.
    pub verdict: Verdict,
    /// On what grounds the officer takes rules as met about which nothing is recorded, at most 2 000 characters.
    pub eligibility_confirmed: Option<String>,
}

impl Vouchers {
    /// Asks for rectification of a decision about the principal (E6). A late request is taken as well.
    ///
    /// # Errors
    /// `Refused` for a decision that was itself made on a request, `AlreadyExists` when one was sent before and not taken
    /// back, `Field`.
    pub async fn request_rectification(&self, actor: &Actor, new: NewRequest) -> Result<Request, Error> {
        let sender = actor.signed_in().map_err(Denied)?;
        let own = applicant(actor)?;
        let demand = field::text("demand", &new.demand, MAX_TEXT)?;
        let grounds = field::text("grounds", &new.grounds, MAX_TEXT)?;
        let own = store::application::decisions_of(own);
        let found = store::application::decisions_by_ids(self.db.read(), own, &[new.decision]).await?;
        // Decisions never change, so what was read outside of the transaction is as good as inside.
        let decision = found.into_iter().next().ok_or(Error::NotFound)?;
        let city = self.cities.find(decision.city_id).await?.ok_or(Error::NotFound)?;
        self.db
            .write(async |tx: &Tx| {
                let now = tx.now();
                let request = Request {
                    id: tx.new_id(),
                    city_id: city.id,
                    decision_id: decision.id,
                    decided_by: decision.decided_by,
                    resident_id: decision.resident_id,
                    demand: demand.clone(),
                    grounds: grounds.clone(),
                    late: may_ask(&decision, city.day_of(now))?,
                    state: State::Submitted,
                    created_by: sender,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                if !store::rectification::insert(tx, request.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                record(tx, actor, "requestRectification", &request).await?;
                Ok(request)
            })
            .await
    }

    /// Takes a request back that is not decided.
    ///
    /// # Errors
    /// `Refused` when it is decided or was changed since `expected_version`.
    pub async fn withdraw_rectification(
        &self,
        actor: &Actor,
        id: RectificationId,
        expected_version: i32,
    ) -> Result<Request, Error> {
        let own = store::rectification::of_resident(applicant(actor)?);
        self.db
            .write(async |tx: &Tx| {
                let found = store::rectification::find_for_update(tx, own.clone(), id).await?;
                let request = found.ok_or(Error::NotFound)?;
                let state = request.on(Event::Withdraw, expected_version)?;
                record(tx, actor, "withdrawRectification", &request).await?;
                Ok(store::rectification::set_state(tx, &request, state).await?)
            })
            .await
    }

    /// Decides on a request for rectification and freezes the decision, in one transaction. Another officer does than the
    /// one who made the decision, and it never gets worse for the resident.
    ///
    /// # Errors
    /// Those of [`Self::grant`]; `Refused` for an officer who has a part in it, a request that is decided or withdrawn, was
    /// changed since it was read, or is not late where it is not to be examined; `Field` when less would be paid.
    pub async fn decide_rectification(&self, actor: &Actor, key: &str, new: NewVerdict) -> Result<Decision, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let key = OnceKey::new(actor, key, "decideRectification", &new)?;
        let ruling = new.ruling.checked()?;
        let application = self.application_of(actor, new.request).await?;
        let parties = self.parties(actor, application).await?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let scope = store::rectification::in_cities(&cities);
                let found = store::rectification::find_for_update(tx, scope, new.request).await?;
                let request = found.ok_or(Error::NotFound)?;
                request.judge(officer)?;
                may_decide(identity::is_near(tx, officer, request.resident_id).await?)?;
                let state = request.on(Event::Decide, new.expected_version)?;
                let application = lock(tx, &cities, application).await?;
                let before = store::application::decision(tx.conn(), request.decision_id).await?;
                let before = before.ok_or(Error::NotFound)?;
                may_decide(identity::is_near(tx, officer, before.decided_by).await?)?;
                let (outcome, voucher) =
                    judge(tx, actor, (&parties, &ruling), &application, &before, &new, &request).await?;
                store::rectification::set_state(tx, &request, state).await?;
                let what = Outcomes {
                    outcome,
                    voucher: voucher.as_ref(),
                    about: Some((&before, &request.demand)),
                };
                let decision = freeze(tx, &application, &parties, &ruling, what).await?;
                finish(tx, actor, "decideRectification", &parties, &decision).await?;
                Ok(decision)
            })
            .await
    }

    /// The application behind a request that the actor may decide on.
    async fn application_of(&self, actor: &Actor, id: RectificationId) -> Result<VoucherApplicationId, Error> {
        let scope = store::rectification::visible(applicant(actor)?, &policy::SEE.cities(actor));
        let found = store::rectification::by_ids(self.db.read(), scope, &[id]).await?.pop();
        let request = found.ok_or(Error::NotFound)?;
        policy::GRANT.in_city(actor, request.city_id)?;
        let decision = store::application::decision(self.db.read(), request.decision_id).await?;
        Ok(decision.ok_or(Error::NotFound)?.application_id)
    }

    /// The requests among `ids` that the actor may see, in no order; looks at those of others are recorded.
    pub async fn rectifications_by_ids(&self, actor: &Actor, ids: &[RectificationId]) -> Result<Vec<Request>, Error> {
        let scope = store::rectification::visible(applicant(actor)?, &policy::SEE.cities(actor));
        let rows = store::rectification::by_ids(self.db.read(), scope, ids).await?;
        self.record_request_looks(actor, &rows).await?;
        Ok(rows)
    }

    /// The requests about those of `decisions` that the actor may see, oldest first. They are reached from the decisions,
    /// and the look at those is recorded.
    pub async fn rectifications_of(&self, actor: &Actor, decisions: &[DecisionId]) -> Result<Vec<Request>, Error> {
        let scope = store::rectification::visible(applicant(actor)?, &policy::SEE.cities(actor));
        Ok(store::rectification::about(self.db.read(), scope, decisions).await?)
    }

    /// The requests to a city in a state, oldest first; the look at each is recorded.
    pub async fn rectifications(
        &self,
        actor: &Actor,
        city: CityId,
        state: Option<State>,
        page: PageRequest<RectificationId>,
    ) -> Result<Page<Request>, Error> {
        policy::SEE.in_city(actor, city)?;
        let scope = store::rectification::queue(city, state);
        let rows = store::rectification::page(self.db.read(), scope, page).await?;
        self.record_request_looks(actor, &rows.items).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::rectifications`].
    pub async fn count_rectifications(&self, actor: &Actor, city: CityId, state: Option<State>) -> Result<u64, Error> {
        policy::SEE.in_city(actor, city)?;
        Ok(store::rectification::count(self.db.read(), store::rectification::queue(city, state)).await?)
    }

    async fn record_request_looks(&self, actor: &Actor, rows: &[Request]) -> Result<(), Error> {
        let of_others = rows
            .iter()
            .filter(|row| Some(row.resident_id) != actor.principal || actor.acting.is_some());
        let looks: Vec<_> = of_others
            .map(|row| {
                Act::new("readRectification", row.id)
                    .in_city(row.city_id)
                    .about(row.resident_id)
            })
            .collect();
        Ok(audit::record_reads(&self.db, actor, &looks).await?)
    }
}

/// What comes of the request: the outcome and the voucher that was granted or raised.
async fn judge(
    tx: &Tx,
    actor: &Actor,
    (parties, ruling): (&Parties, &Ruling),
    application: &Application,
    before: &Decision,
    new: &NewVerdict,
    request: &Request,
) -> Result<(Outcome, Option<Voucher>), Error> {
    match (&new.verdict, before.voucher_id) {
        (Verdict::Uphold, _) => Ok((Outcome::Upheld, None)),
        (Verdict::NotExamined, _) => {
            request.refuse_unexamined()?;
            Ok((Outcome::NotExamined, None))
        }
        (Verdict::Accept(circumstances), Some(voucher)) => {
            let voucher = amend(tx, actor, &parties.city, voucher, circumstances).await?;
            Ok((Outcome::Amended, Some(voucher)))
        }
        (Verdict::Accept(circumstances), None) => {
            consent::require(tx, &parties.city, application).await?;
            let told = application.assessment.clone();
            let order = Order {
                programme: application.programme_id,
                resident: application.resident_id,
                grounds: ruling.grounds.clone(),
                circumstances: Circumstances {
                    assessment: circumstances.assessment.clone().or(told),
                    accepts_without_income: application.accepts_without_income || circumstances.accepts_without_income,
                    ..circumstances.clone()
                },
                confirmed: confirmed(new.eligibility_confirmed.as_deref())?,
                set_aside: None,
            };
            let voucher = grant(tx, actor, &parties.city, order).await?;
            let state = application.granted_on_request()?;
            store::application::set_state(tx, application, state).await?;
            Ok((Outcome::Granted, Some(voucher)))
        }
    }
}

/// Decides anew what a voucher may pay, by the terms of its first day; what it gains leaves the budget that funds it.
async fn amend(
    tx: &Tx,
    actor: &Actor,
    city: &cities::City,
    id: VoucherId,
    circumstances: &Circumstances,
) -> Result<Voucher, Error> {
    let voucher = store::find_for_update(tx, &[city.id], id).await?;
    let voucher = voucher.ok_or(Error::NotFound)?;
    let published = programmes::published_terms(tx.conn(), voucher.programme_id).await?;
    let granted_on = city.day_of(voucher.granted_at);
    let rules = Rules::of(voucher.unit, published, granted_on.max(voucher.valid_from)).ok_or(Error::NoTermsInForce)?;
    let decision = circumstances.decide(&rules)?;
    let amended = if rules.terms.parameters.replenishment == Replenishment::None {
        voucher.amended(decision)?
    } else if voucher.unit.counts().is_some() {
        // What it has come to is the sum of its months: another decision needs another voucher.
        return Err(Refusal::State.into());
    } else {
        // What it has come to is the sum of its months; the decision is about each of them.
        let last = store::replenishment::latest(tx, id).await?;
        raised(&voucher, granted_on, last.as_ref(), decision, city.day_of(tx.now()))?
    };
    funding::grant(tx, actor, &voucher, amended.worth() - voucher.worth()).await?;
    let act = Act::new("amendVoucher", id).in_city(city.id).about(voucher.resident_id);
    let act = match &amended.raise_reason {
        Some(reason) => act.because(reason.clone()),
        None => act,
    };
    audit::record(tx, actor, act).await?;
    store::set_worth(tx, &amended).await?;
    Ok(amended)
}

/// Records what was done to a request.
async fn record(tx: &Tx, actor: &Actor, action: &'static str, request: &Request) -> Result<(), Error> {
    let act = Act::new(action, request.id).in_city(request.city_id);
    Ok(audit::record(tx, actor, act.about(request.resident_id)).await?)
}
