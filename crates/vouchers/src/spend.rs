//! What bookings do to vouchers inside their own transaction. Every way to spend a voucher goes through here.

use db::Tx;
use kernel::{Actor, BookingId, BudgetId, Cents, PersonId, ProgrammeId, TypedId, VoucherId};
use ledger::{Account, Kind, Posting};
use sea_orm::ConnectionTrait;

use crate::model::number::Number;
use crate::model::{Model as Voucher, Worth};
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
    /// The same in visits or hours; none where it is granted in euros.
    pub units: Option<Units>,
}

/// The accounts of a voucher in visits or hours, locked with it.
#[derive(Clone, Debug)]
pub struct Units {
    /// What may be spent.
    left: Account,
    /// What open bookings hold.
    booked: Account,
    /// What was used.
    used: Account,
}

/// Locks the voucher of `resident` and its accounts until the transaction ends; `None` when it is not hers.
pub async fn lock(tx: &Tx, resident: PersonId, id: VoucherId) -> Result<Option<Purse>, Error> {
    let rows = store::own_with_accounts_for_update(tx, resident, id).await?;
    let account = |kind: Kind| {
        rows.iter()
            .find_map(|(_, row)| row.clone().filter(|row| row.kind == kind.name))
    };
    let voucher = rows.first().map(|(voucher, _)| voucher.clone());
    let [left, booked, used] = accounts::OF_UNITS.map(account);
    let units = left.zip(booked).zip(used);
    Ok(
        match (voucher, account(accounts::AVAILABLE), account(accounts::RESERVED)) {
            (Some(voucher), Some(available), Some(reserved)) => Some(Purse {
                voucher,
                available,
                reserved,
                carried: account(accounts::CARRIED),
                units: units.map(|((left, booked), used)| Units { left, booked, used }),
            }),
            _ => None,
        },
    )
}

/// The voucher of `resident` with what may be spent of it, without a lock; for previews.
pub async fn look(
    conn: &impl ConnectionTrait,
    resident: PersonId,
    id: VoucherId,
) -> Result<Option<(Voucher, Worth)>, Error> {
    Ok(with_worth(store::own_with_available(conn, resident, id).await?))
}

/// The voucher of this number with what may be spent of it, if it is of one of `programmes`; for companies to which a
/// resident tells its number.
pub async fn look_at_number(
    conn: &impl ConnectionTrait,
    programmes: &[ProgrammeId],
    number: &Number,
) -> Result<Option<(Voucher, Worth)>, Error> {
    Ok(with_worth(store::by_number(conn, programmes, number).await?))
}

/// A voucher that comes once with each of the accounts from which it may spend.
fn with_worth(rows: Vec<(Voucher, Option<Account>)>) -> Option<(Voucher, Worth)> {
    let mut left = Worth::default();
    for account in rows.iter().filter_map(|(_, account)| account.as_ref()) {
        match account.unit {
            ledger::Unit::EurCent => left.cents = account.cents(),
            ledger::Unit::VisitMilli | ledger::Unit::Minute => left.quantity = account.balance(),
        }
    }
    rows.into_iter().next().map(|(voucher, _)| (voucher, left))
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
    /// What is given back or settled of it.
    pub worth: Worth,
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
    /// What may be spent.
    pub fn left(&self) -> Worth {
        Worth {
            cents: self.available.cents(),
            quantity: self.units.as_ref().map_or(0, |units| units.left.balance()),
        }
    }

    /// The visits or minutes that go with `money` from what may be spent to what open bookings hold.
    fn book_units<'a>(&'a self, money: &Posting<'_>, quantity: i64) -> Option<Posting<'a>> {
        let units = self.units.as_ref()?;
        Some(money.with_units(&units.left, &units.booked, quantity))
    }

    /// The visits or minutes that go with `money` from what open bookings hold to what was used.
    pub fn use_units<'a>(&'a self, money: &Posting<'_>, quantity: i64) -> Option<Posting<'a>> {
        let units = self.units.as_ref()?;
        Some(money.with_units(&units.booked, &units.used, quantity))
    }

    /// Reserves what a booking takes: its units and money from the voucher, or the money from the year of the visit while the
    /// voucher's own year keeps as much for it.
    ///
    /// # Errors
    /// `BudgetExceeded` when the year of the visit has not as much left, or no cash.
    pub async fn reserve(
        &self,
        tx: &Tx,
        actor: &Actor,
        worth: Worth,
        booking: BookingId,
        charge: Charge,
    ) -> Result<(), Error> {
        let cents = worth.cents;
        let (city, voucher) = (self.voucher.city_id, self.voucher.id.uuid());
        let own_year = charge.budget == self.voucher.budget_id;
        if own_year && !charge.overcommitted {
            let money = Posting::new(&self.available, &self.reserved, cents, "booking.reserve", booking);
            let units = self.book_units(&money, worth.quantity);
            let postings: Vec<_> = [Some(money), units].into_iter().flatten().collect();
            return Ok(ledger::post(tx, actor, &postings).await?);
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
        let reserving = postings.iter().find(|posting| posting.kind == "booking.reserve");
        let units = reserving.and_then(|money| self.book_units(money, worth.quantity));
        postings.extend(units);
        match ledger::post(tx, actor, &postings).await {
            Err(ledger::Error::Insufficient { kind }) if kind != accounts::AVAILABLE.name => Err(Error::BudgetExceeded),
            outcome => Ok(outcome?),
        }
    }

    /// Lets the voucher's own year have what it kept for a booking that another year has paid, and its budget what is left
    /// of the money once every unit is used.
    pub async fn settle(&self, tx: &Tx, actor: &Actor, spent: Spent) -> Result<(), Error> {
        let (charged, funding) = self.years(&spent);
        let carried = self.carried.as_ref().filter(|_| charged != funding);
        let rest = Some(&self.available).filter(|rest| self.ends_with(spent) && rest.cents().is_positive());
        let mut wanted = Vec::new();
        wanted.extend(carried.map(|_| (programmes::accounts::AVAILABLE, funding.uuid())));
        wanted.extend(rest.map(|_| (programmes::accounts::AVAILABLE, self.voucher.budget_id.uuid())));
        let locked = ledger::lock_all(tx, self.voucher.city_id, &wanted).await?;
        let mut years = locked.iter();
        let mut postings = Vec::new();
        if let Some((carried, year)) = carried.and_then(|carried| Some((carried, years.next()?))) {
            let (cents, booking) = (spent.worth.cents, spent.booking);
            postings.push(Posting::new(carried, year, cents, "booking.return", booking));
        }
        if let Some((rest, year)) = rest.and_then(|rest| Some((rest, years.next()?))) {
            let (cents, voucher) = (rest.cents(), self.voucher.id);
            postings.push(Posting::new(rest, year, cents, "voucher.spent", voucher));
        }
        Ok(ledger::post(tx, actor, &postings).await?)
    }

    /// True when a booking uses the last unit of the voucher.
    fn ends_with(&self, spent: Spent) -> bool {
        let units = self.units.as_ref();
        units.is_some_and(|units| units.left.balance() == 0 && units.booked.balance() == spent.worth.quantity)
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
    // Its units are the voucher's again only where money for them is.
    let units = purse.units.as_ref();
    let hers = [Some(reserved_to), carried_to].contains(&Some(Target::Voucher));
    if units.is_some() && !hers {
        wanted.push((programmes::accounts::ISSUED, voucher.programme_id.uuid()));
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
    let (cents, booking) = (spent.worth.cents, spent.booking);
    let (account_to, kind) = to(reserved_to)?;
    let mut postings = vec![Posting::new(&purse.reserved, account_to, cents, kind, booking)];
    if let Some((carried, target)) = purse.carried.as_ref().zip(carried_to) {
        let (account_to, kind) = to(target)?;
        postings.push(Posting::new(carried, account_to, cents, kind, booking));
    }
    let to_voucher = postings.iter().find(|money| money.kind == "booking.release");
    let money = to_voucher.or(postings.first()).copied();
    if let Some((units, money)) = units.zip(money) {
        let issued = locked.iter().find(|row| row.kind == programmes::accounts::ISSUED.name);
        let back = issued.unwrap_or(&units.left);
        postings.push(money.with_units(&units.booked, back, spent.worth.quantity));
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
