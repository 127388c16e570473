//! What bookings do to vouchers inside their own transaction. Every way to spend a voucher goes through here.

use db::Tx;
use kernel::{Actor, BookingId, BudgetId, Cents, PersonId, ProgrammeId, TypedId, VoucherId};
use ledger::{Account, Kind, Posting};
use sea_orm::ConnectionTrait;

use crate::model::Model as Voucher;
use crate::model::number::Number;
use crate::waiting::wake;
use crate::{Error, accounts, store};

/// A locked voucher with its locked accounts.
#[derive(Clone, Debug)]
pub struct Purse {
    /// The voucher.
    pub voucher: Voucher,
    /// What may be spent.
    pub available: Account,
    /// What open bookings hold.
    pub reserved: Account,
    /// What the voucher's own year keeps for bookings that another year is charged for, once there was one.
    pub carried: Option<Account>,
}

/// Locks the voucher of `resident` and its accounts until the transaction ends; `None` when it is not hers.
pub async fn lock(tx: &Tx, resident: PersonId, id: VoucherId) -> Result<Option<Purse>, Error> {
    let rows = store::own_with_accounts_for_update(tx, resident, id).await?;
    let account = |kind: Kind| {
        rows.iter()
            .find_map(|(_, row)| row.clone().filter(|row| row.kind == kind.name))
    };
    let voucher = rows.first().map(|(voucher, _)| voucher.clone());
    Ok(
        match (voucher, account(accounts::AVAILABLE), account(accounts::RESERVED)) {
            (Some(voucher), Some(available), Some(reserved)) => Some(Purse {
                voucher,
                available,
                reserved,
                carried: account(accounts::CARRIED),
            }),
            _ => None,
        },
    )
}

/// The vouchers of `resident` among `ids` with what may be spent of them, in cents, without a lock; for previews.
pub async fn look(
    conn: &impl ConnectionTrait,
    resident: PersonId,
    ids: &[VoucherId],
) -> Result<Vec<(Voucher, Cents)>, Error> {
    let rows = store::own_with_available(conn, resident, ids).await?;
    let held = |account: Option<Account>| account.map_or(Cents::ZERO, |account| account.cents());
    Ok(rows
        .into_iter()
        .map(|(voucher, account)| (voucher, held(account)))
        .collect())
}

/// The voucher of this number with what may be spent of it, in cents, if it is of one of `programmes`; for companies to
/// which a resident tells its number.
pub async fn look_at_number(
    conn: &impl ConnectionTrait,
    programmes: &[ProgrammeId],
    number: &Number,
) -> Result<Option<(Voucher, Cents)>, Error> {
    let found = store::by_number(conn, programmes, number).await?;
    Ok(found.map(|(voucher, account)| (voucher, account.map_or(Cents::ZERO, |account| account.cents()))))
}

/// A voucher of a resident as lists need it, by one of the published terms of its programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithTerms {
    /// The voucher.
    pub voucher: Voucher,
    /// What may be spent of it, in cents.
    pub available: Cents,
    /// The terms; the same voucher comes once for each of them.
    pub terms: programmes::Terms,
    /// The zone of the civil days of its city.
    pub zone: cities::Zone,
}

/// The vouchers of `resident` among `ids` with all published terms of their programmes, without a lock; for lists.
pub async fn look_with_terms(
    conn: &impl ConnectionTrait,
    resident: PersonId,
    ids: &[VoucherId],
) -> Result<Vec<WithTerms>, Error> {
    Ok(store::own_with_terms(conn, resident, ids).await?)
}

/// Which budget a new booking is charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The budget of the fiscal year of the visit (P5).
    pub budget: BudgetId,
    /// Whether more is promised of it than was appropriated, so that the booking takes cash (P4).
    pub overcommitted: bool,
}

/// What a booking was charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// What is given back or settled of it, in cents.
    pub cents: Cents,
    /// The booking.
    pub booking: BookingId,
    /// The budget it was charged to; none where that is the one of its voucher.
    pub budget: Option<BudgetId>,
    /// The budget that funded its voucher then; none where it still does.
    pub funding: Option<BudgetId>,
}

/// Whether money goes to the voucher or to a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Voucher,
    Budget(BudgetId),
}

/// Where the money of a booking goes that ends: what it reserved, and what the voucher's own year kept meanwhile, if another
/// year was charged. The voucher gets money of the year that funds it now, as long as it lives; everything else returns
/// to the year it came from.
fn routes(alive: bool, voucher: BudgetId, charged: BudgetId, funding: BudgetId) -> (Target, Option<Target>) {
    let to = |year: BudgetId| {
        if alive && year == voucher {
            Target::Voucher
        } else {
            Target::Budget(year)
        }
    };
    (to(charged), (charged != funding).then(|| to(funding)))
}

impl Purse {
    /// Reserves `cents` for a booking: from the voucher, or from the year of the visit while the voucher's own year keeps as
    /// much for it.
    ///
    /// # Errors
    /// `BudgetExceeded` when the year of the visit has not as much left, or no cash.
    pub async fn reserve(
        &self,
        tx: &Tx,
        actor: &Actor,
        cents: Cents,
        booking: BookingId,
        charge: Charge,
    ) -> Result<(), Error> {
        let (city, voucher) = (self.voucher.city_id, self.voucher.id.uuid());
        let own_year = charge.budget == self.voucher.budget_id;
        if own_year && !charge.overcommitted {
            let posting = Posting::new(&self.available, &self.reserved, cents, "booking.reserve", booking);
            return Ok(ledger::post(tx, actor, &[posting]).await?);
        }
        let mut wanted = Vec::new();
        if !own_year {
            wanted.push((programmes::accounts::AVAILABLE, charge.budget.uuid()));
        }
        if charge.overcommitted {
            wanted.push((programmes::accounts::CASH, charge.budget.uuid()));
            wanted.push((programmes::accounts::COMMITTED, charge.budget.uuid()));
        }
        let carried = match &self.carried {
            None if !own_year => Some(ledger::open(tx, city, voucher, [accounts::CARRIED]).await?[0].clone()),
            known => known.clone(),
        };
        let locked = ledger::lock_all(tx, city, &wanted).await?;
        let mut postings = Vec::new();
        let rest = match (locked.as_slice(), &carried) {
            ([year, rest @ ..], Some(carried)) if !own_year => {
                postings.push(Posting::new(&self.available, carried, cents, "booking.carry", booking));
                postings.push(Posting::new(year, &self.reserved, cents, "booking.reserve", booking));
                rest
            }
            (rest, _) => {
                postings.push(Posting::new(
                    &self.available,
                    &self.reserved,
                    cents,
                    "booking.reserve",
                    booking,
                ));
                rest
            }
        };
        if let [cash, committed] = rest {
            postings.push(Posting::new(cash, committed, cents, "cash.commit", booking));
        }
        match ledger::post(tx, actor, &postings).await {
            Err(ledger::Error::Insufficient { kind }) if kind != accounts::AVAILABLE.name => Err(Error::BudgetExceeded),
            outcome => Ok(outcome?),
        }
    }

    /// Lets the voucher's own year have what it kept for a booking that another year has paid.
    pub async fn settle(&self, tx: &Tx, actor: &Actor, spent: Spent) -> Result<(), Error> {
        let (charged, funding) = self.years(&spent);
        let Some(carried) = self.carried.as_ref().filter(|_| charged != funding) else {
            return Ok(());
        };
        let wanted = [(programmes::accounts::AVAILABLE, funding.uuid())];
        let [year] = ledger::lock(tx, self.voucher.city_id, wanted).await?;
        let posting = Posting::new(carried, &year, spent.cents, "booking.return", spent.booking);
        Ok(ledger::post(tx, actor, &[posting]).await?)
    }

    /// The budget that a booking was charged to and the one that funded its voucher.
    fn years(&self, spent: &Spent) -> (BudgetId, BudgetId) {
        let own = self.voucher.budget_id;
        (spent.budget.unwrap_or(own), spent.funding.unwrap_or(own))
    }
}

/// Gives money of a booking back: to the voucher while it lives and is funded by the same year, else to the budget it came
/// from, and its cash to the year that was charged.
pub async fn release(tx: &Tx, actor: &Actor, purse: &Purse, spent: Spent) -> Result<(), Error> {
    let voucher = &purse.voucher;
    let (charged, funding) = purse.years(&spent);
    let (reserved_to, carried_to) = routes(voucher.state.is_alive(), voucher.budget_id, charged, funding);
    let budget = programmes::find_budget(tx.conn(), voucher.city_id, charged).await?;
    let has_cash = budget.is_some_and(|budget| budget.is_overcommitted());
    let mut wanted = Vec::new();
    for target in [Some(reserved_to), carried_to].into_iter().flatten() {
        if let Target::Budget(year) = target {
            wanted.push((programmes::accounts::AVAILABLE, year.uuid()));
        }
    }
    if has_cash {
        wanted.push((programmes::accounts::CASH, charged.uuid()));
        wanted.push((programmes::accounts::COMMITTED, charged.uuid()));
    }
    let locked = ledger::lock_all(tx, voucher.city_id, &wanted).await?;
    let account = |kind: Kind, owner: BudgetId| {
        let found = locked
            .iter()
            .find(|row| row.kind == kind.name && row.owner == owner.uuid());
        found.ok_or_else(|| ledger::Error::Missing(format!("{} of {owner}", kind.name)))
    };
    let to = |target: Target| match target {
        Target::Voucher => Ok((&purse.available, "booking.release")),
        Target::Budget(year) => {
            Ok::<_, ledger::Error>((account(programmes::accounts::AVAILABLE, year)?, "booking.reclaim"))
        }
    };
    let (cents, booking) = (spent.cents, spent.booking);
    let (account_to, kind) = to(reserved_to)?;
    let mut postings = vec![Posting::new(&purse.reserved, account_to, cents, kind, booking)];
    if let Some((carried, target)) = purse.carried.as_ref().zip(carried_to) {
        let (account_to, kind) = to(target)?;
        postings.push(Posting::new(carried, account_to, cents, kind, booking));
    }
    if has_cash {
        let cash = account(programmes::accounts::CASH, charged)?;
        let committed = account(programmes::accounts::COMMITTED, charged)?;
        postings.push(Posting::new(committed, cash, cents, "cash.free", booking));
    }
    ledger::post(tx, actor, &postings).await?;
    if reserved_to == Target::Voucher && carried_to.is_none() {
        return Ok(());
    }
    wake(tx, voucher.city_id, voucher.programme_id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_goes_back_to_the_year_it_came_from() {
        let year = |n| BudgetId::from_uuid(sea_orm::prelude::Uuid::from_u128(n));
        let (old, new) = (year(2027), year(2028));
        let (voucher, budget) = (Target::Voucher, Target::Budget);
        assert_eq!(routes(true, old, old, old), (voucher, None));
        assert_eq!(routes(false, old, old, old), (budget(old), None));
        assert_eq!(routes(true, old, new, old), (budget(new), Some(voucher)));
        assert_eq!(routes(false, old, new, old), (budget(new), Some(budget(old))));
        // The voucher was funded anew by the next year while the booking was open.
        assert_eq!(routes(true, new, old, old), (budget(old), None));
        assert_eq!(routes(true, new, new, old), (voucher, Some(budget(old))));
    }
}
