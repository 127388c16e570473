use kernel::{Cents, TypedId, VoucherId};
use ledger::{Account, Difference, Kind};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::model::{Column, Entity, Model as Voucher, State, Worth};
use crate::{Error, accounts, store, waiting};

/// Compares each voucher with the ledger: its value is what was granted to it, an ended one has nothing to spend,
/// a refused one has left a task, and each granted row of a list has its voucher.
pub async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let mut differences = Vec::new();
    let mut last: Option<VoucherId> = None;
    loop {
        let mut query = Entity::find().order_by_asc(Column::Id).limit(500);
        if let Some(last) = last {
            query = query.filter(Column::Id.gt(last));
        }
        let vouchers = query.all(conn).await.map_err(db::Error::from)?;
        let Some(newest) = vouchers.last() else {
            differences.extend(granted_rows(conn).await?);
            differences.extend(waiting::check(conn).await?);
            return Ok(differences);
        };
        last = Some(newest.id);
        let owners: Vec<_> = vouchers.iter().map(|voucher| voucher.id.uuid()).collect();
        let mut cities: Vec<_> = vouchers.iter().map(|voucher| voucher.city_id).collect();
        cities.dedup();
        let granted = ledger::amounts_of(conn, "voucher.grant", &owners).await?;
        let granted_units = ledger::quantities_of(conn, "voucher.grant", &owners).await?;
        let held = ledger::accounts_of(conn, &cities, &owners).await?;
        for voucher in &vouchers {
            let owner = voucher.id.uuid();
            let cents = granted.iter().find(|(of, _)| *of == owner);
            let units = granted_units.iter().find(|(of, _)| *of == owner);
            let granted = Worth {
                cents: cents.map_or(Cents::ZERO, |(_, cents)| *cents),
                quantity: units.map_or(0, |(_, quantity)| *quantity),
            };
            let left = |kind: Kind| {
                let account = held.iter().find(|row| row.owner == owner && row.kind == kind.name);
                account.map_or(0, Account::balance)
            };
            let left = [left(accounts::AVAILABLE), left(accounts::UNITS)];
            differences.extend(of_voucher(voucher, granted, left));
        }
        differences.extend(without_task(conn, &vouchers).await?);
    }
}

/// A voucher says what was granted to it in money and in units, and an ended one has none of either to spend. What its
/// bookings hold and have used is compared with them in their own crate.
fn of_voucher(voucher: &Voucher, granted: Worth, [cents, units]: [i64; 2]) -> Vec<Difference> {
    let ended_with = |left: i64| if voucher.state.is_alive() { 0 } else { left };
    let compared = [
        ("value of", voucher.value_cents.0, granted.cents.0),
        ("quantity of", voucher.quantity, granted.quantity),
        ("balance of the ended", ended_with(cents), 0),
        ("units of the ended", ended_with(units), 0),
    ];
    let differing = compared.into_iter().filter(|(_, stored, derived)| stored != derived);
    differing
        .map(|(what, stored, derived)| Difference {
            what: format!("{what} {}", voucher.id),
            stored,
            derived,
        })
        .collect()
}

/// Each granted row of a list has its voucher.
async fn granted_rows(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let without = store::mass_grant::granted_without_voucher(conn).await?;
    let difference = |id: &VoucherId| Difference {
        what: format!("missing {id} of a granted row"),
        stored: 0,
        derived: 1,
    };
    Ok(without.iter().map(difference).collect())
}

/// Each voucher that was refused has left a task for the officers.
async fn without_task(conn: &impl ConnectionTrait, vouchers: &[Voucher]) -> Result<Vec<Difference>, Error> {
    let declined = vouchers.iter().filter(|voucher| voucher.state == State::Declined);
    let declined: Vec<_> = declined.map(|voucher| voucher.id).collect();
    if declined.is_empty() {
        return Ok(Vec::new());
    }
    let with_task = store::task::vouchers_among(conn, &declined).await?;
    let without = declined.iter().filter(|id| !with_task.contains(id));
    Ok(without
        .map(|id| Difference {
            what: format!("missing task about the refused {id}"),
            stored: 0,
            derived: 1,
        })
        .collect())
}
