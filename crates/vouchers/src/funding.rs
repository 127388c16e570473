//! The two chains from a budget to a voucher: money, and what the voucher grants beside it in visits or minutes.
//!
//! ```text
//! programme.available ⇄ voucher.available        programme.issued ⇄ voucher.units
//! ```
//!
//! Whatever moves one moves the other in the same posting, so that no unit is granted that the budget does not cover.

use db::Tx;
use kernel::{Actor, BudgetId, Cents, TypedId};
use ledger::{Account, Posting};

use crate::model::waiting::SetAside;
use crate::model::{Model as Voucher, Worth};
use crate::waiting::wake;
use crate::{Error, accounts};

/// A voucher's accounts and those that fund it, locked.
pub(crate) struct Funding {
    available: Account,
    budget: Account,
    /// The voucher's units and where they come from; none where it is granted in euros.
    units: Option<[Account; 2]>,
    /// What the budget has set aside for offers from its waiting list, where the voucher was offered.
    offered: Option<Account>,
}

impl Funding {
    /// Locks what a voucher may still spend and the budget that gives to it or takes back.
    pub(crate) async fn lock(tx: &Tx, voucher: &Voucher, budget: BudgetId) -> Result<Self, Error> {
        Self::lock_with(tx, voucher, budget, None).await
    }

    /// As [`Self::lock`], with what was `set_aside` for the voucher.
    async fn lock_with(
        tx: &Tx,
        voucher: &Voucher,
        budget: BudgetId,
        set_aside: Option<SetAside>,
    ) -> Result<Self, Error> {
        let mut wanted = vec![
            (accounts::AVAILABLE, voucher.id.uuid()),
            (programmes::accounts::AVAILABLE, budget.uuid()),
        ];
        if voucher.unit.counts().is_some() {
            wanted.push((accounts::UNITS, voucher.id.uuid()));
            wanted.push((programmes::accounts::ISSUED, voucher.programme_id.uuid()));
        }
        wanted.extend(set_aside.map(|aside| (accounts::OFFERED, aside.budget.uuid())));
        let mut locked = ledger::lock_all(tx, voucher.city_id, &wanted).await?;
        let offered = set_aside.and_then(|_| locked.pop());
        let mut locked = locked.into_iter();
        let (Some(available), Some(budget)) = (locked.next(), locked.next()) else {
            return Err(ledger::Error::Missing(format!("accounts of {}", voucher.id)).into());
        };
        Ok(Self {
            available,
            budget,
            units: locked.next().zip(locked.next()).map(|(units, issued)| [units, issued]),
            offered,
        })
    }

    /// What the voucher may still spend.
    pub(crate) fn left(&self) -> Worth {
        Worth {
            cents: self.available.cents(),
            quantity: self.units.as_ref().map_or(0, |[units, _]| units.balance()),
        }
    }

    /// Whether the budget covers as much more.
    pub(crate) fn covers(&self, cents: Cents) -> bool {
        self.budget.covers(cents.0)
    }

    /// From the budget to the voucher.
    pub(crate) fn pay_in(&self, worth: Worth, kind: &'static str, voucher: &Voucher) -> Vec<Posting<'_>> {
        let money = Posting::new(&self.budget, &self.available, worth.cents, kind, voucher.id);
        let units = self.units.as_ref();
        let units = units.map(|[units, issued]| money.with_units(issued, units, worth.quantity));
        [Some(money), units].into_iter().flatten().collect()
    }

    /// From the voucher back to the budget.
    pub(crate) fn pay_back(&self, worth: Worth, kind: &'static str, voucher: &Voucher) -> Vec<Posting<'_>> {
        let money = Posting::new(&self.available, &self.budget, worth.cents, kind, voucher.id);
        let units = self.units.as_ref();
        let units = units.map(|[units, issued]| money.with_units(units, issued, worth.quantity));
        [Some(money), units].into_iter().flatten().collect()
    }
}

/// Opens the accounts of a new voucher and fills it from its budget, to which what was `set_aside` for it returns first.
pub(crate) async fn fund(tx: &Tx, actor: &Actor, voucher: &Voucher, set_aside: Option<SetAside>) -> Result<(), Error> {
    let (city, owner) = (voucher.city_id, voucher.id.uuid());
    ledger::open(tx, city, owner, [accounts::AVAILABLE, accounts::RESERVED]).await?;
    if let Some(unit) = voucher.unit.counts() {
        ledger::open_in(tx, city, unit, owner, accounts::OF_UNITS).await?;
    }
    if let Some(aside) = set_aside {
        // Nobody else gets what lies between: the budget stays locked.
        let funding = Funding::lock_with(tx, voucher, voucher.budget_id, set_aside).await?;
        let Some(offered) = &funding.offered else {
            return Err(ledger::Error::Missing(format!("what is offered of {}", aside.budget)).into());
        };
        let back = Posting::new(offered, &funding.budget, aside.cents, "offer.return", aside.application);
        ledger::post(tx, actor, &[back]).await?;
    }
    grant(tx, actor, voucher, voucher.worth()).await
}

/// Moves what a voucher is granted, or granted more, from its budget.
///
/// # Errors
/// `BudgetExceeded` when the remainder of the budget does not cover it.
pub(crate) async fn grant(tx: &Tx, actor: &Actor, voucher: &Voucher, worth: Worth) -> Result<(), Error> {
    let funding = Funding::lock(tx, voucher, voucher.budget_id).await?;
    match ledger::post(tx, actor, &funding.pay_in(worth, "voucher.grant", voucher)).await {
        Err(ledger::Error::Insufficient { .. }) => Err(Error::BudgetExceeded),
        outcome => Ok(outcome?),
    }
}

/// Moves what may still be spent back to the programme, where the next on the waiting list gets it.
pub(crate) async fn reclaim(tx: &Tx, actor: &Actor, voucher: &Voucher, kind: &'static str) -> Result<(), Error> {
    let funding = Funding::lock(tx, voucher, voucher.budget_id).await?;
    let back = funding.pay_back(funding.left(), kind, voucher);
    ledger::post(tx, actor, &back).await?;
    wake(tx, voucher.city_id, voucher.programme_id).await
}
