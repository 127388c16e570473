//! Budgets by fiscal year: another year for a published programme, a raise, a cut. Two officers each time.

use audit::Act;
use chrono::Datelike;
use db::{OnceKey, Tx};
use kernel::{Actor, BasisPoints, BudgetChangeId, BudgetId, Cents, CityId, ProgrammeId, TypedId, field};
use ledger::{Account, Kind, Posting};
use sea_orm::ConnectionTrait;

use crate::events::BudgetRaised;
use crate::model::Model as Programme;
use crate::model::budget::change::{Model as Change, State};
use crate::model::budget::{MAX_OVERCOMMIT, Model as Budget, NO_OVERCOMMIT};
use crate::{Error, Programmes, accounts, policy, store};

/// What the budget of a year is to be.
#[derive(Clone, Copy, Debug)]
pub struct NewBudgetChange {
    /// The calendar year, one of those in which the programme's vouchers are used.
    pub fiscal_year: i32,
    /// What the appropriation of the year is to be in all, in cents.
    pub amount: Cents,
    /// How much of it may be promised, 10 000 to 15 000 basis points.
    pub overcommit: BasisPoints,
}

/// Checks an appropriation and how much of it may be promised.
pub(crate) fn checked(amount: Cents, overcommit: BasisPoints) -> Result<(), Error> {
    field::cents("budget", amount, Cents(1), Cents(100 * Cents::MAX_INPUT.0))?;
    let (least, most) = (NO_OVERCOMMIT.0, MAX_OVERCOMMIT.0);
    field::number("overcommitBasisPoints", overcommit.0, least, most)?;
    Ok(())
}

impl Programmes {
    /// Proposes what the budget of a programme for a year is to be; nothing moves before another officer confirms it.
    ///
    /// # Errors
    /// `State` for a draft, whose budget stands in its content; `Field` for a year in which nothing of it is used.
    pub async fn propose_budget(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        new: NewBudgetChange,
    ) -> Result<Change, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        checked(new.amount, new.overcommit)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_for_update(tx, &cities, programme).await?;
                let programme = found.ok_or(Error::NotFound)?;
                programme.take_budget()?;
                let (first, last) = (programme.valid_from.year(), programme.valid_until.year());
                field::number("fiscalYear", new.fiscal_year, first, last)?;
                let present = store::budget::of_year(tx.conn(), programme.id, new.fiscal_year).await?;
                if let Some(budget) = present {
                    let (least, most) = budget.ratios();
                    field::number("overcommitBasisPoints", new.overcommit.0, least.0, most.0)?;
                }
                let change = Change {
                    id: tx.new_id(),
                    city_id: programme.city_id,
                    programme_id: programme.id,
                    fiscal_year: new.fiscal_year,
                    amount_cents: new.amount,
                    overcommit_bp: new.overcommit,
                    state: State::Proposed,
                    proposed_by: officer,
                    confirmed_by: None,
                    created_at: tx.now(),
                    version: 1,
                };
                store::budget::insert_change(tx, change.clone()).await?;
                let act = Act::new("proposeBudget", change.id).in_city(programme.city_id);
                audit::record(tx, actor, act).await?;
                Ok(change)
            })
            .await
    }

    /// Confirms a change that another officer proposed: opens the budget of the year, or moves the difference between the
    /// appropriation and what may be granted, and the cash behind it.
    ///
    /// # Errors
    /// `FourEyes` for the officer who proposed it, `Stale`, `Terms` when it is confirmed or withdrawn already or when more
    /// is committed than would be left, `KeyReused`.
    pub async fn confirm_budget(
        &self,
        actor: &Actor,
        key: &str,
        id: BudgetChangeId,
        expected_version: i32,
    ) -> Result<Change, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let key = OnceKey::new(actor, key, "confirmBudget", &(id, expected_version))?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let (programme, change) = lock(tx, &cities, id).await?;
                let state = change.confirm(officer, expected_version)?;
                if identity::is_near(tx, officer, change.proposed_by).await? {
                    return Err(Error::FourEyes);
                }
                programme.take_budget()?;
                let present = store::budget::of_year(tx.conn(), programme.id, change.fiscal_year).await?;
                match &present {
                    None => open_year(tx, actor, &change).await?,
                    Some(budget) => resize(tx, actor, budget, &change).await?,
                }
                if present.is_none_or(|budget| change.raises(&budget)) {
                    let raised = BudgetRaised {
                        city: programme.city_id,
                        programme: programme.id,
                    };
                    jobs::publish(tx, &raised).await?;
                }
                let act = Act::new("confirmBudget", id).in_city(programme.city_id);
                audit::record(tx, actor, act).await?;
                Ok(store::budget::set_change_state(tx, &change, state, Some(officer)).await?)
            })
            .await
    }

    /// Takes a proposed change back.
    pub async fn withdraw_budget(
        &self,
        actor: &Actor,
        id: BudgetChangeId,
        expected_version: i32,
    ) -> Result<Change, Error> {
        policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        self.db
            .write(async |tx: &Tx| {
                let (programme, change) = lock(tx, &cities, id).await?;
                let state = change.withdraw(expected_version)?;
                let act = Act::new("withdrawBudget", id).in_city(programme.city_id);
                audit::record(tx, actor, act).await?;
                Ok(store::budget::set_change_state(tx, &change, state, None).await?)
            })
            .await
    }

    /// The changes of a programme's budgets for the staff of its city, newest first, at most 100.
    pub async fn budget_changes(&self, actor: &Actor, programme: ProgrammeId) -> Result<Vec<Change>, Error> {
        let city = self.city_to_see(actor, programme).await?;
        Ok(store::budget::changes(self.db.read(), &[city], programme).await?)
    }

    /// The budgets of programmes, for staff of their cities only, with what may still be granted and booked.
    pub async fn budgets(&self, actor: &Actor, programmes: &[ProgrammeId]) -> Result<Vec<BudgetStatus>, Error> {
        let cities = policy::SEE_DRAFTS.cities(actor);
        let budgets = store::budget::of_programmes(self.db.read(), &cities, programmes).await?;
        let owners: Vec<_> = budgets.iter().map(|budget| budget.id.uuid()).collect();
        let held = ledger::accounts_of(self.db.read(), &cities, &owners).await?;
        let of = |budget: &Budget, kind: Kind| {
            let own = |account: &&Account| account.owner == budget.id.uuid() && account.kind == kind.name;
            held.iter().find(own).map(Account::cents)
        };
        let status = |budget: Budget| BudgetStatus {
            available: of(&budget, accounts::AVAILABLE).unwrap_or_default(),
            cash: of(&budget, accounts::CASH),
            budget,
        };
        Ok(budgets.into_iter().map(status).collect())
    }
}

/// A budget with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetStatus {
    /// The budget.
    pub budget: Budget,
    /// What may still be granted without overcommitting, in cents; below zero for what was promised beyond it.
    pub available: Cents,
    /// What may still be booked, in cents; none where nothing is promised beyond the appropriation.
    pub cash: Option<Cents>,
}

/// A change of one of `cities` with its programme, both locked, the programme first: two changes wait for each other.
async fn lock(tx: &Tx, cities: &[CityId], id: BudgetChangeId) -> Result<(Programme, Change), Error> {
    let seen = store::budget::find_change(tx.conn(), cities, id).await?;
    let programme = store::find_for_update(tx, cities, seen.ok_or(Error::NotFound)?.programme_id).await?;
    let change = store::budget::find_change_for_update(tx, cities, id).await?;
    programme.zip(change).ok_or(Error::NotFound)
}

async fn open_year(tx: &Tx, actor: &Actor, change: &Change) -> Result<(), Error> {
    let budget = Budget {
        id: tx.new_id(),
        city_id: change.city_id,
        programme_id: change.programme_id,
        fiscal_year: change.fiscal_year,
        amount_cents: change.amount_cents,
        overcommit_bp: change.overcommit_bp,
    };
    store::budget::insert(tx, budget.clone()).await?;
    appropriate(tx, actor, &budget).await
}

/// Opens the accounts of a budget and moves the appropriation to what may be granted, and as much to the cash behind it where
/// more may be promised.
pub(crate) async fn appropriate(tx: &Tx, actor: &Actor, budget: &Budget) -> Result<(), Error> {
    let (city, owner, amount) = (budget.city_id, budget.id.uuid(), budget.amount_cents);
    let promises = [accounts::APPROPRIATION, budget.available()];
    let [source, available] = ledger::open(tx, city, owner, promises).await?;
    let mut postings = vec![Posting::new(
        &source,
        &available,
        amount,
        "budget.appropriate",
        budget.id,
    )];
    let cash;
    if budget.is_overcommitted() {
        let kinds = [accounts::CASH_APPROPRIATION, accounts::CASH, accounts::COMMITTED];
        cash = ledger::open(tx, city, owner, kinds).await?;
        let [source, cash, _] = &cash;
        postings.push(Posting::new(source, cash, amount, "cash.appropriate", budget.id));
    }
    Ok(ledger::post(tx, actor, &postings).await?)
}

async fn resize(tx: &Tx, actor: &Actor, budget: &Budget, change: &Change) -> Result<(), Error> {
    let resized = Budget {
        amount_cents: change.amount_cents,
        overcommit_bp: change.overcommit_bp,
        ..budget.clone()
    };
    if resized.is_overcommitted() != budget.is_overcommitted() {
        return Err(Error::Stale);
    }
    let mut wanted = vec![accounts::APPROPRIATION, accounts::AVAILABLE];
    if budget.is_overcommitted() {
        wanted.extend([accounts::CASH_APPROPRIATION, accounts::CASH]);
    }
    let wanted: Vec<_> = wanted.into_iter().map(|kind| (kind, budget.id.uuid())).collect();
    let held = ledger::lock_all(tx, budget.city_id, &wanted).await?;
    let [source, available, cash @ ..] = held.as_slice() else {
        return Err(ledger::Error::Missing("accounts of a budget".to_owned()).into());
    };
    let with_ratio = Budget {
        overcommit_bp: change.overcommit_bp,
        ..budget.clone()
    };
    let booked = cash.last().map(Account::cents);
    let added = with_ratio.resize(change.amount_cents, available.cents(), booked)?;
    // The floor goes out of the way of the money and stands behind it afterwards.
    let floor = resized.available().floor;
    let lowered = ledger::set_floor(tx, available, available.floor.min(floor)).await?;
    let mut postings = vec![between(source, &lowered, added, budget.id)];
    if let [cash_source, cash] = cash {
        postings.push(between(cash_source, cash, added, budget.id));
    }
    ledger::post(tx, actor, &postings).await?;
    ledger::set_floor(tx, &lowered, floor).await?;
    Ok(store::budget::set_amount(tx, budget.id, change.amount_cents, change.overcommit_bp).await?)
}

/// Moves `added` from the source to the account, or back where it is below zero.
fn between<'a>(source: &'a Account, account: &'a Account, added: Cents, id: BudgetId) -> Posting<'a> {
    if added < Cents::ZERO {
        Posting::new(account, source, -added, "budget.cut", id)
    } else {
        Posting::new(source, account, added, "budget.raise", id)
    }
}

/// A budget of a city, for contexts that charge it.
pub async fn find_budget(conn: &impl ConnectionTrait, city: CityId, id: BudgetId) -> Result<Option<Budget>, db::Error> {
    store::budget::find(conn, city, id).await
}
