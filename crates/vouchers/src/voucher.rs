use std::collections::BTreeSet;

use audit::Act;
use chrono::NaiveDate;
use db::{OnceKey, Tx};
use kernel::{
    Actor, BudgetId, Cents, CityId, Denied, ErrorCode, FieldError, Own, Page, PageRequest, PersonId, ProgrammeId,
    Theme, TypedId, VoucherId, field,
};
use programmes::{Budget, Programme};
use serde::Serialize;

use crate::eligible::{findings, may_have};
use crate::funding::{fund, reclaim};
use crate::model::decision::{Circumstances, Decision, Rules};
use crate::model::number::Number;
use crate::model::waiting::SetAside;
use crate::model::{Model as Voucher, State, may_decide, may_grant_today};
use crate::{Error, Vouchers, accounts, policy, store};

/// A voucher to grant.
#[derive(Clone, Debug, Serialize)]
pub struct NewVoucher {
    /// The city that grants it.
    pub city: CityId,
    /// The programme, which says what it is worth and when it is valid.
    pub programme: ProgrammeId,
    /// The verified address of the resident, or the id of a person without an account, such as a child.
    pub resident_email: String,
    /// The grounds of the decision, at most 2 000 characters.
    pub grounds: String,
    /// What the value rule reads, and what was decided beside it.
    pub circumstances: Circumstances,
    /// On what grounds the officer takes rules as met about which nothing is recorded, at most 2 000 characters.
    pub eligibility_confirmed: Option<String>,
}

/// What of a voucher is left, in cents and in its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// What may be spent.
    pub available: Cents,
    /// What open bookings hold.
    pub reserved: Cents,
    /// The same in visits or hours; zero where it is granted in euros.
    pub units: UnitBalance,
}

/// What became of the units of a voucher, in thousandths of a visit or in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitBalance {
    /// What may be spent.
    pub left: i64,
    /// What open bookings hold.
    pub booked: i64,
    /// What was used.
    pub used: i64,
}

impl Vouchers {
    /// Grants a voucher; its value leaves the programme's budget in the same transaction.
    ///
    /// # Errors
    /// `BudgetExceeded` when the remainder of the budget does not cover it, `AlreadyExists` when the resident has a
    /// voucher of the programme, `NoTermsInForce` on the first day of use, `Field` and `Assessment` when the value rule
    /// needs more, `NotEligible` and `EligibilityUnknown` by the rules of the programme, `Refused` with `FourEyes` when the
    /// officer stands near to the resident, `KeyReused`.
    pub async fn grant(&self, actor: &Actor, key: &str, new: NewVoucher) -> Result<Voucher, Error> {
        policy::GRANT.in_city(actor, new.city)?;
        let key = OnceKey::new(actor, key, "grantVoucher", &new)?;
        let grounds = field::text("grounds", &new.grounds, 2_000)?;
        let confirmed = confirmed(new.eligibility_confirmed.as_deref())?;
        let city = self.cities.find(new.city).await?.ok_or(Error::NotFound)?;
        let unknown = || FieldError::new("residentEmail", ErrorCode::NotFound);
        let resident = self
            .identity
            .find_resident(&new.resident_email)
            .await?
            .ok_or_else(unknown)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let order = Order {
                    programme: new.programme,
                    resident: resident.id,
                    grounds: grounds.clone(),
                    circumstances: new.circumstances.clone(),
                    confirmed: confirmed.clone(),
                    set_aside: None,
                };
                grant(tx, actor, &city, order).await
            })
            .await
    }

    /// Takes a voucher back; what is not reserved returns to the programme at once.
    ///
    /// # Errors
    /// `Refused` with `FourEyes` when the officer stands near to its resident, `Stale`, `KeyReused`.
    pub async fn revoke(
        &self,
        actor: &Actor,
        key: &str,
        id: VoucherId,
        expected_version: i32,
        reason: &str,
    ) -> Result<Voucher, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let key = OnceKey::new(actor, key, "revokeVoucher", &(id, expected_version, reason))?;
        let reason = field::text("reason", reason, 2_000)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let voucher = store::find_for_update(tx, &cities, id).await?.ok_or(Error::NotFound)?;
                let state = voucher.revoke(expected_version)?;
                may_decide(identity::is_near(tx, officer, voucher.resident_id).await?)?;
                reclaim(tx, actor, &voucher, "voucher.revoke").await?;
                let act = Act::new("revokeVoucher", id)
                    .in_city(voucher.city_id)
                    .about(voucher.resident_id);
                audit::record(tx, actor, act.because(reason.clone())).await?;
                Ok(store::set_state(tx, &voucher, state).await?)
            })
            .await
    }

    /// Expires the vouchers of a city whose last day lies before today; answers how many. Safe to run twice and at
    /// once: each voucher has a transaction of its own and is judged under its lock.
    pub async fn expire(&self, job: &'static str, city: &cities::City) -> Result<u64, Error> {
        let actor = Actor::system(job);
        let today = city.day_of(self.db.clock().now());
        let mut expired = 0;
        loop {
            let ended = store::ended(self.db.read(), city.id, today).await?;
            if ended.is_empty() {
                return Ok(expired);
            }
            for id in ended {
                if self.expire_one(&actor, city.id, id, today).await? {
                    expired += 1;
                }
            }
        }
    }

    async fn expire_one(&self, actor: &Actor, city: CityId, id: VoucherId, today: NaiveDate) -> Result<bool, Error> {
        self.db
            .write(async |tx: &Tx| {
                let voucher = store::find_for_update(tx, &[city], id).await?.ok_or(Error::NotFound)?;
                let Some(state) = voucher.expire(today) else {
                    return Ok(false);
                };
                reclaim(tx, actor, &voucher, "voucher.expire").await?;
                let act = Act::new("expireVoucher", id).in_city(city).about(voucher.resident_id);
                audit::record(tx, actor, act).await?;
                store::set_state(tx, &voucher, state).await?;
                Ok(true)
            })
            .await
    }

    /// Expires what has ended in every city.
    pub(crate) async fn expire_everywhere(&self, job: &'static str) -> Result<u64, Error> {
        let mut expired = 0;
        for city in self.cities.list().await? {
            expired += self.expire(job, &city).await?;
        }
        Ok(expired)
    }

    /// The vouchers among `ids` that the actor may see, in no order; looks at those of others are recorded.
    pub async fn by_ids(&self, actor: &Actor, ids: &[VoucherId]) -> Result<Vec<Voucher>, Error> {
        let person = principal(actor)?.person;
        let rows = self.visible(actor, ids).await?;
        let of_others = rows
            .iter()
            .filter(|row| row.resident_id != person || actor.acting.is_some());
        let looks: Vec<_> = of_others
            .map(|row| {
                Act::new("readVoucher", row.id)
                    .in_city(row.city_id)
                    .about(row.resident_id)
            })
            .collect();
        audit::record_reads(&self.db, actor, &looks).await?;
        Ok(rows)
    }

    /// The city of a voucher that the actor may see. Nothing else of it is told, so no look is recorded.
    pub async fn city_of(&self, actor: &Actor, id: VoucherId) -> Result<Option<CityId>, Error> {
        Ok(self.visible(actor, &[id]).await?.pop().map(|row| row.city_id))
    }

    async fn visible(&self, actor: &Actor, ids: &[VoucherId]) -> Result<Vec<Voucher>, Error> {
        let own = principal(actor)?;
        Ok(store::by_ids(self.db.read(), store::visible(own, &policy::SEE.cities(actor)), ids).await?)
    }

    /// The vouchers of the principal, oldest first. The look of somebody who acts for her is recorded.
    pub async fn own(&self, actor: &Actor, page: PageRequest<VoucherId>) -> Result<Page<Voucher>, Error> {
        let own = principal(actor)?;
        let resident = own.person;
        let rows = store::page(self.db.read(), store::of_resident(own), page).await?;
        if actor.acting.is_some() {
            let cities: BTreeSet<_> = rows.items.iter().map(|row| row.city_id).collect();
            let look = |city| Act::new("readVouchers", resident).in_city(city).about(resident);
            let looks: Vec<_> = cities.into_iter().map(look).collect();
            audit::record_reads(&self.db, actor, &looks).await?;
        }
        Ok(rows)
    }

    /// How many there are in [`Self::own`].
    pub async fn count_own(&self, actor: &Actor) -> Result<u64, Error> {
        Ok(store::count(self.db.read(), store::of_resident(principal(actor)?)).await?)
    }

    /// The vouchers of a programme of one of the actor's cities, oldest first; the look at each resident is recorded.
    pub async fn of_programme(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        page: PageRequest<VoucherId>,
    ) -> Result<Page<Voucher>, Error> {
        let city = self.city_to_see(actor, programme).await?;
        let rows = store::page(self.db.read(), store::of_programme(&[city], programme), page).await?;
        let look = Act::new("readVouchersOfProgramme", programme).in_city(city);
        let looks = look.about_each(actor, rows.items.iter().map(|row| row.resident_id));
        audit::record_reads(&self.db, actor, &looks).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::of_programme`].
    pub async fn count_of_programme(&self, actor: &Actor, programme: ProgrammeId) -> Result<u64, Error> {
        let city = self.city_to_see(actor, programme).await?;
        Ok(store::count(self.db.read(), store::of_programme(&[city], programme)).await?)
    }

    /// The city of a programme whose vouchers the actor may see. Others learn that the programme is there only when
    /// everybody may.
    pub(crate) async fn city_to_see(&self, actor: &Actor, programme: ProgrammeId) -> Result<CityId, Error> {
        policy::SEE.signed_in(actor)?;
        for city in policy::SEE.cities(actor) {
            if programmes::get(self.db.read(), city, programme).await?.is_some() {
                return Ok(city);
            }
        }
        match programmes::find_public(self.db.read(), programme).await? {
            Some(_) => Err(Denied(ErrorCode::Forbidden).into()),
            None => Err(Error::NotFound),
        }
    }

    /// What is left of vouchers. Only who was shown a voucher has its record to ask with.
    pub async fn balances(&self, vouchers: &[&Voucher]) -> Result<Vec<(VoucherId, Balance)>, Error> {
        let owners: Vec<_> = vouchers.iter().map(|voucher| voucher.id.uuid()).collect();
        let cities: Vec<_> = vouchers.iter().map(|voucher| voucher.city_id).collect();
        let rows = ledger::accounts_of(self.db.read(), &cities, &owners).await?;
        let held = |kind: ledger::Kind, id: VoucherId| {
            rows.iter()
                .find(|row| row.owner == id.uuid() && row.kind == kind.name)
                .map_or(0, ledger::Account::balance)
        };
        Ok(vouchers
            .iter()
            .map(|voucher| {
                let balance = Balance {
                    available: Cents(held(accounts::AVAILABLE, voucher.id)),
                    reserved: Cents(held(accounts::RESERVED, voucher.id)),
                    units: UnitBalance {
                        left: held(accounts::UNITS, voucher.id),
                        booked: held(accounts::BOOKED_UNITS, voucher.id),
                        used: held(accounts::USED_UNITS, voucher.id),
                    },
                };
                (voucher.id, balance)
            })
            .collect())
    }
}

/// A voucher that is to be granted, by whichever way it came.
pub(crate) struct Order {
    pub(crate) programme: ProgrammeId,
    pub(crate) resident: PersonId,
    /// Checked already.
    pub(crate) grounds: String,
    pub(crate) circumstances: Circumstances,
    /// On what grounds rules are taken as met about which nothing is recorded, checked already.
    pub(crate) confirmed: Option<String>,
    /// The money that waits for it, where it was offered from the waiting list.
    pub(crate) set_aside: Option<SetAside>,
}

/// The grounds on which an officer takes rules as met about which nothing is recorded.
pub(crate) fn confirmed(text: Option<&str>) -> Result<Option<String>, FieldError> {
    text.map(|text| field::text("eligibilityConfirmed", text, 2_000))
        .transpose()
}

/// Grants a voucher inside the transaction of a use case that has let the actor pass for `city`.
pub(crate) async fn grant(tx: &Tx, actor: &Actor, city: &cities::City, order: Order) -> Result<Voucher, Error> {
    let officer = policy::GRANT.in_city(actor, city.id)?;
    may_decide(identity::is_near(tx, officer, order.resident).await?)?;
    grant_as(tx, actor, officer, city, order).await
}

/// What would be granted today.
pub(crate) struct Outlook {
    pub(crate) programme: Programme,
    /// The budget of the present year.
    pub(crate) budget: Option<Budget>,
    pub(crate) terms: programmes::Terms,
    pub(crate) decision: Decision,
}

/// Decides on an order by the terms and rules of today, with the programme locked in share mode.
pub(crate) async fn examine(tx: &Tx, city: &cities::City, order: &Order) -> Result<Outlook, Error> {
    let today = city.day_of(tx.now());
    let (programme, budget) = programmes::keep_with_budget(tx, city.id, order.programme)
        .await?
        .ok_or(Error::NotFound)?;
    may_grant_today(&programme, today)?;
    let first_day = today.max(programme.valid_from);
    let rules = rules_on(tx, &programme, first_day).await?;
    let of_residents = &rules.terms.conditions.rules;
    let found = findings(tx.conn(), &programme, of_residents, order.resident, first_day).await?;
    may_have(found, order.confirmed.is_some())?;
    let decision = order.circumstances.decide(&rules)?;
    Ok(Outlook {
        programme,
        budget,
        terms: rules.terms,
        decision,
    })
}

/// Grants what `officer`, who is not near to the resident, has decided.
pub(crate) async fn grant_as(
    tx: &Tx,
    actor: &Actor,
    officer: PersonId,
    city: &cities::City,
    order: Order,
) -> Result<Voucher, Error> {
    let Outlook {
        programme,
        budget,
        decision,
        ..
    } = examine(tx, city, &order).await?;
    let funding = order.set_aside.map(|aside| aside.budget);
    let budget = funding
        .or(budget.map(|budget| budget.id))
        .ok_or(Error::BudgetExceeded)?;
    let voucher = Voucher {
        grounds: order.grounds,
        ..draft(tx, &programme, budget, order.resident, officer, decision)
    };
    if !store::insert(tx, voucher.clone()).await? {
        return Err(Error::AlreadyExists);
    }
    fund(tx, actor, &voucher, order.set_aside).await?;
    if let Some(grounds) = order.confirmed {
        let act = Act::new("confirmEligibility", voucher.id)
            .in_city(city.id)
            .about(order.resident);
        audit::record(tx, actor, act.because(grounds)).await?;
    }
    let mut act = Act::new("grantVoucher", voucher.id)
        .in_city(city.id)
        .about(order.resident);
    if let Some(reason) = &voucher.raise_reason {
        act = act.because(reason.clone());
    }
    audit::record(tx, actor, act).await?;
    Ok(voucher)
}

/// The terms in force on the first day on which a voucher of `programme` could be used that is granted `today`.
pub(crate) async fn terms_on(tx: &Tx, programme: &Programme, today: NaiveDate) -> Result<programmes::Terms, Error> {
    let rules = rules_on(tx, programme, today.max(programme.valid_from)).await?;
    Ok(rules.terms)
}

/// By what a voucher of `programme` is decided whose first day of use is `first_day`.
pub(crate) async fn rules_on(tx: &Tx, programme: &Programme, first_day: NaiveDate) -> Result<Rules, Error> {
    let published = programmes::published_terms(tx.conn(), programme.id).await?;
    Rules::of(programme.unit, published, first_day).ok_or(Error::NoTermsInForce)
}

/// For whom the actor looks at or spends vouchers.
pub(crate) fn principal(actor: &Actor) -> Result<Own, Error> {
    Ok(policy::OWN.own(actor)?)
}

/// For whom the actor sees to what is applied for and decided. Who may only book in somebody's stead learns nothing of
/// her circumstances.
pub(crate) fn applicant(actor: &Actor) -> Result<Own, Error> {
    Ok(policy::OWN.own_in(Theme::Applications, actor)?)
}

pub(crate) fn draft(
    tx: &Tx,
    programme: &Programme,
    budget: BudgetId,
    resident: PersonId,
    officer: PersonId,
    decision: Decision,
) -> Voucher {
    Voucher {
        id: tx.new_id(),
        city_id: programme.city_id,
        programme_id: programme.id,
        budget_id: budget,
        resident_id: resident,
        value_cents: decision.worth.cents,
        refill_cents: None,
        unit: decision.unit,
        quantity: decision.worth.quantity,
        valid_from: programme.valid_from,
        valid_until: programme.valid_until,
        state: State::Active,
        grounds: String::new(),
        granted_by: officer,
        granted_at: tx.now(),
        version: 1,
        assessment: decision.assessment,
        assessments: None,
        valuation: Some(decision.valuation),
        raise_reason: decision.raise_reason,
        number: Some(Number::from_random(tx.random())),
        grant_key: None,
    }
}
