//! The job that grants the rows of a list.

use std::collections::{HashMap, HashSet};

use audit::Act;
use db::Tx;
use identity::{Facts, Person};
use kernel::{Actor, Cents, Coded, ErrorCode, MassGrantId, PersonId, TypedId, VoucherId};
use ledger::{Account, Posting};
use programmes::eligibility::evaluate;
use programmes::{Budget, Programme};
use sea_orm::prelude::Uuid;
use serde::{Deserialize, Serialize};

use super::circumstances;
use crate::eligible::may_have;
use crate::model::decision::Rules;
use crate::model::mass_grant::{Model as MassGrant, State, row};
use crate::model::{Model as Voucher, may_decide, may_grant_today};
use crate::voucher::{draft, rules_on};
use crate::{Error, Vouchers, accounts, store};

/// The job that grants the rows of a confirmed list.
pub const MASS_GRANT: &str = "vouchers.mass_grant";

/// What [`MASS_GRANT`] is to do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MassGrantWork {
    /// The list.
    pub mass_grant: MassGrantId,
}

/// By what the rows of one transaction are granted.
struct Ground {
    programme: Programme,
    budget: Budget,
    rules: Rules,
    /// The officers who decided; neither they nor those near to them are granted anything by their list.
    officers: [PersonId; 2],
}

impl Vouchers {
    /// Handles [`MASS_GRANT`]: 500 rows in each transaction under the lock of the list, so that a job that was killed or
    /// runs twice goes on where the last one came to.
    pub async fn run_mass_grant(&self, work: MassGrantWork) -> Result<(), Error> {
        loop {
            match self.grant_rows(work.mass_grant).await {
                // Somebody may have been granted something since the budget was looked at: it is looked at again.
                Ok(true) | Err(Error::BudgetExceeded) => {}
                Ok(false) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Grants the next rows; false when none is left.
    async fn grant_rows(&self, id: MassGrantId) -> Result<bool, Error> {
        let actor = Actor::system(MASS_GRANT);
        self.db
            .write(async |tx: &Tx| {
                let list = store::mass_grant::find_for_job(tx, id).await?.ok_or(Error::NotFound)?;
                if list.state != State::Granting {
                    return Ok(false);
                }
                let rows = store::mass_grant::waiting(tx, &list).await?;
                if rows.is_empty() {
                    audit::record(tx, &actor, Act::new("finishMassGrant", id).in_city(list.city_id)).await?;
                    store::mass_grant::set_state(tx, &list, State::Done, list.confirmed_by).await?;
                    return Ok(false);
                }
                let outcomes = match self.ground(tx, &list).await? {
                    Ok(ground) => grant(tx, &actor, &ground, rows).await?,
                    // Closed meanwhile, or over: that is so for every row.
                    Err(code) => rows.iter().map(|row| (row.id, Some(code))).collect(),
                };
                store::mass_grant::set_outcomes(tx, &outcomes).await?;
                Ok(true)
            })
            .await
    }

    /// By what rows are granted now, or why none is.
    async fn ground(&self, tx: &Tx, list: &MassGrant) -> Result<Result<Ground, ErrorCode>, Error> {
        let city = self.cities.find(list.city_id).await?.ok_or(Error::NotFound)?;
        let today = city.day_of(tx.now());
        let found = programmes::keep_with_budget(tx, city.id, list.programme_id).await?;
        let (programme, budget) = found.ok_or(Error::NotFound)?;
        if let Err(refusal) = may_grant_today(&programme, today) {
            return Ok(Err(Error::from(refusal).code()));
        }
        let Some(budget) = budget else {
            return Ok(Err(ErrorCode::BudgetExceeded));
        };
        let first_day = today.max(programme.valid_from);
        let rules = match rules_on(tx, &programme, first_day).await {
            Ok(rules) => rules,
            Err(Error::NoTermsInForce) => return Ok(Err(ErrorCode::NoTermsInForce)),
            Err(error) => return Err(error),
        };
        Ok(Ok(Ground {
            programme,
            budget,
            rules,
            officers: [list.confirmed_by.unwrap_or(list.drafted_by), list.drafted_by],
        }))
    }
}

/// Grants what can be granted of `rows`; answers what became of each of them.
async fn grant(
    tx: &Tx,
    actor: &Actor,
    ground: &Ground,
    rows: Vec<row::Model>,
) -> Result<Vec<(VoucherId, Option<ErrorCode>)>, Error> {
    let emails: Vec<_> = rows.iter().map(|row| row.email.clone()).collect();
    let persons = identity::verified_at(tx.conn(), &emails).await?;
    let residents: Vec<_> = persons.values().map(|person| person.id).collect();
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    let asked: &[_] = if ground.rules.terms.conditions.rules.is_empty() {
        &[]
    } else {
        &residents
    };
    let known = Known {
        facts: identity::facts_of(tx.conn(), ground.programme.city_id, asked).await?,
        persons,
        near: identity::near_any(tx, &ground.officers, &residents).await?,
        taken: store::mass_grant::taken(tx, ground.programme.id, &residents, &keys).await?,
    };
    let (city, budget) = (ground.programme.city_id, ground.budget.id.uuid());
    let held = ledger::balances_of(tx.conn(), &[city], programmes::accounts::AVAILABLE, &[budget]).await?;
    let mut left = held.first().map_or(Cents::ZERO, |(_, cents)| *cents) + ground.budget.beyond();
    let (mut vouchers, mut outcomes) = (Vec::new(), Vec::new());
    for row in rows {
        match ground.decide(tx, &row, &known) {
            Ok(voucher) if voucher.value_cents <= left => {
                left = left - voucher.value_cents;
                vouchers.push(voucher);
            }
            Ok(voucher) => outcomes.push((voucher.id, Some(ErrorCode::BudgetExceeded))),
            Err(error) => outcomes.push((row.id, Some(error.code()))),
        }
    }
    let went_in = store::mass_grant::insert_vouchers(tx, &vouchers).await?;
    outcomes.extend(vouchers.iter().map(|voucher| {
        let there = went_in.contains(&voucher.id);
        (voucher.id, (!there).then_some(ErrorCode::AlreadyExists))
    }));
    vouchers.retain(|voucher| went_in.contains(&voucher.id));
    fund(tx, actor, ground, &vouchers).await?;
    let act = |voucher: &Voucher| {
        Act::new("grantVoucher", voucher.id)
            .in_city(city)
            .about(voucher.resident_id)
    };
    audit::record_all(tx, actor, vouchers.iter().map(act).collect()).await?;
    Ok(outcomes)
}

/// What is known of the residents of the rows of one transaction.
struct Known {
    /// Those whose address it is, by that address.
    persons: HashMap<String, Person>,
    /// Those who stand near to one of the officers.
    near: HashSet<PersonId>,
    /// What is recorded of them; nothing is read where the programme has no rules.
    facts: HashMap<PersonId, Facts>,
    /// Who holds a voucher of the programme, and the keys that were granted.
    taken: (HashSet<PersonId>, HashSet<String>),
}

impl Ground {
    /// Decides what a row is granted.
    fn decide(&self, tx: &Tx, row: &row::Model, known: &Known) -> Result<Voucher, Error> {
        let resident = known.persons.get(&row.email).ok_or(Error::NotFound)?.id;
        let (holders, keys) = &known.taken;
        if holders.contains(&resident) || keys.contains(&row.key) {
            return Err(Error::AlreadyExists);
        }
        may_decide(known.near.contains(&resident))?;
        let Rules { terms, first_day, .. } = &self.rules;
        may_grant_today(&self.programme, *first_day)?;
        if let Some(facts) = known.facts.get(&resident) {
            may_have(evaluate(&terms.conditions.rules, facts, *first_day), false)?;
        }
        let decision = circumstances(row.amount_cents, row.quantity).decide(&self.rules)?;
        let [officer, _] = self.officers;
        Ok(Voucher {
            id: row.id,
            grounds: row.grounds.clone(),
            grant_key: Some(row.key.clone()),
            ..draft(tx, &self.programme, self.budget.id, resident, officer, decision)
        })
    }
}

/// Opens the accounts of vouchers and fills them from the programme's budget.
///
/// # Errors
/// `BudgetExceeded` when somebody was granted something since the budget was looked at.
async fn fund(tx: &Tx, actor: &Actor, ground: &Ground, vouchers: &[Voucher]) -> Result<(), Error> {
    let city = ground.programme.city_id;
    let owners: Vec<_> = vouchers.iter().map(|voucher| voucher.id.uuid()).collect();
    let euros = ledger::Unit::EurCent;
    let available = by_owner(ledger::open_new(tx, city, euros, &owners, accounts::AVAILABLE).await?);
    ledger::open_new(tx, city, euros, &owners, accounts::RESERVED).await?;
    let mut units = HashMap::new();
    let mut wanted = vec![(programmes::accounts::AVAILABLE, ground.budget.id.uuid())];
    if let Some(unit) = ground.programme.unit.counts() {
        for kind in accounts::OF_UNITS {
            let opened = ledger::open_new(tx, city, unit, &owners, kind).await?;
            if kind == accounts::UNITS {
                units = by_owner(opened);
            }
        }
        wanted.push((programmes::accounts::ISSUED, ground.programme.id.uuid()));
    }
    let locked = ledger::lock_all(tx, city, &wanted).await?;
    let [budget, issued @ ..] = locked.as_slice() else {
        return Err(ledger::Error::Missing(format!("accounts of {}", ground.budget.id)).into());
    };
    let mut postings = Vec::new();
    for voucher in vouchers {
        let (owner, worth) = (voucher.id.uuid(), voucher.worth());
        let Some(account) = available.get(&owner) else { continue };
        let money = Posting::new(budget, account, worth.cents, "voucher.grant", voucher.id);
        postings.push(money);
        if let Some((issued, units)) = issued.first().zip(units.get(&owner)) {
            postings.push(money.with_units(issued, units, worth.quantity));
        }
    }
    match ledger::post(tx, actor, &postings).await {
        Err(ledger::Error::Insufficient { .. }) => Err(Error::BudgetExceeded),
        outcome => Ok(outcome?),
    }
}

/// Accounts by the voucher to which they belong.
fn by_owner(accounts: Vec<Account>) -> HashMap<Uuid, Account> {
    accounts.into_iter().map(|account| (account.owner, account)).collect()
}
