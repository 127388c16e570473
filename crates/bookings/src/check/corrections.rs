use std::collections::HashMap;

use kernel::{Cents, DeliveryId};
use ledger::Difference;
use sea_orm::ConnectionTrait;

use crate::{Error, store};

/// Each correction begins where the one before it ended, the first with what was frozen, and its difference is what it
/// changes.
pub(super) async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let mut owed: HashMap<DeliveryId, Cents> = HashMap::new();
    let mut differences = Vec::new();
    for (row, delivery) in store::correction::all(conn).await? {
        let frozen = delivery.map_or(Cents::ZERO, |delivery| delivery.voucher_share_cents);
        let before = owed.insert(row.delivery_id, row.new_cents).unwrap_or(frozen);
        let derived = row.new_cents - before;
        if row.old_cents != before || row.difference_cents != derived {
            differences.push(Difference {
                what: format!("difference of {}", row.id),
                stored: row.difference_cents.0,
                derived: derived.0,
            });
        }
    }
    Ok(differences)
}
