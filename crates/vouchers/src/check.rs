use kernel::{Cents, TypedId, VoucherId};
use ledger::Difference;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::model::{Column, Entity, Model as Voucher, State};
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
        let available = ledger::balances_of(conn, &cities, accounts::AVAILABLE, &owners).await?;
        let of = |rows: &[(Uuid, Cents)], id: VoucherId| {
            rows.iter()
                .find(|(owner, _)| *owner == id.uuid())
                .map_or(0, |(_, cents)| cents.0)
        };
        for voucher in &vouchers {
            let derived = of(&granted, voucher.id);
            if voucher.value_cents.0 != derived {
                let what = format!("value of {}", voucher.id);
                differences.push(Difference {
                    what,
                    stored: voucher.value_cents.0,
                    derived,
                });
            }
            let left = of(&available, voucher.id);
            if !voucher.state.is_alive() && left != 0 {
                let what = format!("balance of the ended {}", voucher.id);
                differences.push(Difference {
                    what,
                    stored: left,
                    derived: 0,
                });
            }
        }
        differences.extend(without_task(conn, &vouchers).await?);
    }
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
